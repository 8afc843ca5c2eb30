"""The Resilio Agent API on 127.0.0.1: status, runs, pause, restart, tags."""

"""The DNS probe: over UDP, TCP, TLS and HTTPS."""

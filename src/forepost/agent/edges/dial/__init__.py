"""TCP, TLS, UDP and HTTP of this host."""

"""The tracer's sockets and its engine."""

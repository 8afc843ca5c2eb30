"""Speed tests: the queue, and the responder's own protocol."""

"""Other agents: mutual TLS with keys of their own, and no authority but the job."""

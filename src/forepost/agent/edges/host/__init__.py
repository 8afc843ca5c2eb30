"""What this host is, has, does, and lets us do."""

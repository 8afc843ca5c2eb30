"""What other registries said, kept for a while."""

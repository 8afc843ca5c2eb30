"""What agent and controller say to each other on `/ws`."""

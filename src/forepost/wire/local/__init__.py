"""What the agent says to programs of its host: status, control, doctor."""

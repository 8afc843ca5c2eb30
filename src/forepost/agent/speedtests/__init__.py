"""Speed tests that somebody asked for: one at a time, each with a result."""

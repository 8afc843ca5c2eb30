"""Programs that are begun for others, and ended with everything that they began."""

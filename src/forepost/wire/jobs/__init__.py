"""Jobs: what is synchronized, transferred and run as a script, and what became of it."""

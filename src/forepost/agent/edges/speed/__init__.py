"""A speed test's client, in a process of its own."""

"""Probes: what is wanted, and the payload of each type."""

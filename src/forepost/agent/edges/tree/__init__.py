"""Folders that jobs keep in step: everything below a root, and nothing outside it."""

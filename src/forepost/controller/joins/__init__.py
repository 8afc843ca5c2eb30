"""Joins slices to each other: each file knows two or more, and only `main` knows it."""

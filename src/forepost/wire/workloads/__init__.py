"""Microservices: what a site is to run in containers, and what becomes of it."""

"""The HTTP probe: one visit of a URL."""

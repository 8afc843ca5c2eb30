"""One light agent at every site and one controller for all of them."""

__version__ = "0.1.0"

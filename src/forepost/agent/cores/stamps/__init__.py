"""When packets left and came, as the kernel tells."""

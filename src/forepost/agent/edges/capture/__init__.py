"""Where packets come from: the kernel's own flow table, a ring of packets, a capture file."""

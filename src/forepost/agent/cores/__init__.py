"""The pure halves of the edges: bytes, times and texts in; packets and figures out. No I/O."""

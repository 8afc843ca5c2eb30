"""The agent's side of an ioFog Controller, 3.0 and 3.7: what it wants, and what it is told."""

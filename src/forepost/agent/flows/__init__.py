"""The traffic of this agent's interfaces, counted by its meters, named and tagged."""

"""The only sockets, files and processes of the agent, in families. What is pure is in `cores/`."""

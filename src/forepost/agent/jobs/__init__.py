"""Jobs: which runs there are here, what becomes of them, and the Agent API."""

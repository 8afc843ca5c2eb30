"""The transfer engine, a process of its own: it keeps folders in step with their peers."""

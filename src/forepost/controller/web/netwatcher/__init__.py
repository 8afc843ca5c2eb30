"""The voice of NetWatcher's public code, below `/netwatcher`: the same routes, other words."""

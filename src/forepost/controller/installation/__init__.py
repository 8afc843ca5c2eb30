"""How this controller is set up, shown to who runs it."""

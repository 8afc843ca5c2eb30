"""Bodies of the controller's REST API and of the panel's socket."""

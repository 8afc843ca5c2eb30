"""The way to a controller, tried stage by stage (`forepost doctor`, `forepost join`)."""

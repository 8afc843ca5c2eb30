"""HTTP as all routes have it: application, bodies, parameters, listeners, places, quotas."""

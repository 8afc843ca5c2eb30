"""Traffic: the Netify Agent's API, meters, minutes, history."""

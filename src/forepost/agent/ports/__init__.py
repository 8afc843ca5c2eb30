"""What probes ask of the network and the host: Protocols, and the data they exchange."""

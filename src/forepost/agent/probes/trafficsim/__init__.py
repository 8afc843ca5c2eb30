"""The TRAFFICSIM probe: client, server, figures."""

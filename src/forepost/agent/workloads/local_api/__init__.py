"""The Local API of ioFog: what microservices and programs of this host ask on port 54321."""

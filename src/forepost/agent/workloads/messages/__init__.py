"""The message bus of ioFog: what microservices send each other, kept until it is taken."""

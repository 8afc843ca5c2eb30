"""ICMP on sockets that all targets of a family share."""

"""Names of addresses and addresses of names."""

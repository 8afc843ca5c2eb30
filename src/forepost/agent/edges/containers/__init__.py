"""Container engines; imported only where workloads are on."""

"""What protocols say in clear in their first packets. Pure, bounded, and fuzzed."""

"""The SNMP probe: versions 1, 2c and 3."""

"""The flow meter of one interface, a process of its own. See docs/flows.md."""

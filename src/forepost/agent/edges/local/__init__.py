"""Where programs of this host speak to the agent: Unix sockets, HTTP faces, control socket."""

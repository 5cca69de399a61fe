"""A TCP proxy that speaks Toxiproxy's HTTP API, in a process of its own."""

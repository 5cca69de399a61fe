"""Faults of a system under test: injected by the chaos agent or by proxies on links, and undone."""

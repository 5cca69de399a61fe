"""Faults of a system under test: injected by the chaos agent or by proxies on links, and undone."""

from theodore_qa.deferring import defer_modules

defer_modules("theodore_qa.faults")

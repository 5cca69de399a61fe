"""The research of a company, from a name to a stored record, in five phases over HTTP."""

from theodore_sandbox.pipeline.research import Research

__all__ = ["Research"]

"""Theodore's work: researches and discoveries, as jobs over HTTP."""

from theodore_sandbox.theodore.pipeline.discovery import Discovery
from theodore_sandbox.theodore.pipeline.jobs import Jobs
from theodore_sandbox.theodore.pipeline.research import Research

__all__ = ["Discovery", "Jobs", "Research"]

"""Theodore's work: researches and discoveries, as jobs over HTTP, alone and in batches."""

from theodore_sandbox.theodore.pipeline.batches import Batches
from theodore_sandbox.theodore.pipeline.discovery import Discovery, PartialDiscovery
from theodore_sandbox.theodore.pipeline.jobs import Jobs
from theodore_sandbox.theodore.pipeline.research import Research

__all__ = ["Batches", "Discovery", "Jobs", "PartialDiscovery", "Research"]

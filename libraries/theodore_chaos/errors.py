"""What the agent tells those who ask it for something."""

from __future__ import annotations


class FaultUnavailableError(Exception):
    """This environment cannot have this fault; the reason is a sentence for testers."""


class RefusedError(Exception):
    """The fault is not injected now: somebody else holds the target, or the request makes no sense."""

"""Why the agent does not inject a fault."""

from __future__ import annotations


class FaultUnavailableError(Exception):
    """This environment cannot have this fault; the message tells testers why."""


class RefusedError(Exception):
    """The fault is not injected now: another holder has the target, or the request is invalid."""

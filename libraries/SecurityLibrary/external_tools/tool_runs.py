"""What a report shows of a run of a tool: what it found, when, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import datetime as dt

    from SecurityLibrary.findings.finding import Finding


@dataclass(frozen=True)
class ToolRun:
    """A run of a tool on one target, as a report shows it."""

    tool: str
    findings: tuple[Finding, ...]
    moment: dt.datetime | None = None
    hosts: tuple[str, ...] = ()  # the addresses at which it found what it found
    sources: tuple[str, ...] = ()  # the repositories, images or folders that it says to have looked at
    incomplete: str = ""  # why its results are not all that there is to find

    @property
    def targets(self) -> tuple[str, ...]:
        """What it looked at."""
        return self.hosts or self.sources


def path_of(url: str) -> str:
    """The path of an address, with its query."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"

"""What a report shows of a run of a tool: what it found, when, and on what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from SecurityLibrary.findings import Finding


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


def moment(text: str) -> dt.datetime | None:
    """The time that a report writes, as ISO 8601 or as mails do; without a zone it is taken for UTC."""
    from email.utils import parsedate_to_datetime

    for parse in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError):
            continue
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    return None


def path_of(url: str) -> str:
    """The path of an address, with its query."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"

"""Sources of records: files, databases and pages of an API. Each yields rows and stops at the first place that is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One record, with the place where it stands in its source, such as ``line 7``; empty where there is none."""

    values: Mapping[str, Any]
    place: str = ""


Rows = Iterator[Row]

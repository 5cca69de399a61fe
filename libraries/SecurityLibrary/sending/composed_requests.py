"""A request as it was composed, before each of its transmissions gives it credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from SecurityLibrary.sending import request_building

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SecurityLibrary.description.operations import ScanOperation
    from theodore_qa.systems.identities import Identity


@dataclass(frozen=True, eq=False)
class ComposedRequest:
    """An operation with a value for each of its parameters, and what goes out otherwise than it says."""

    operation: ScanOperation
    identity: Identity | None  # who sends it
    path: str  # with its query
    head: Mapping[str, str]  # headers that are parameters
    content: Any
    headers: Mapping[str, str] | None  # beside all others, or in place of them
    body: bytes | None  # in place of the content
    without: tuple[str, ...]  # headers to leave out, and names of the token against forged requests
    extra: Mapping[str, Any] | None  # properties for the content
    patient: bool  # whether it waits where it is limited

    def encoded(self, unforged: Mapping[str, str]) -> tuple[bytes, str | None]:
        """The body as it goes out, with the token against forged requests in a form, and its media type."""
        if self.body is not None:
            return self.body, self.operation.media
        tokens = {name: value for name, value in unforged.items() if name not in self.without}
        return request_building.encoded(self.operation, self.content, tokens | dict(self.extra or {}))

    def complete_headers(self, credentials: Mapping[str, str], media: str | None) -> dict[str, str]:
        """All headers; cookies of the request go beside those of the session."""
        complete = {**self.head, **credentials}
        if "Cookie" in self.head and "Cookie" in credentials:
            complete["Cookie"] = f"{credentials['Cookie']}; {self.head['Cookie']}"
        if media:
            complete["Content-Type"] = media
        complete |= self.headers or {}
        return {name: value for name, value in complete.items() if name not in self.without}

"""What no part of a scan sends: operations that the description skips, and names of existing files to what may write."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from SecurityLibrary.description.operations import SAFE
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from SecurityLibrary.description.operations import ScanOperation

NAMED, LONGEST = re.compile(r"(?:^|&)_method=(\w+)"), 4096  # in a query or a form
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
DECODED = 3  # times that a path is decoded: servers and the frameworks behind them do it more than once
# Files that each machine of a kind has; what may write could overwrite or remove them.
EXISTING = re.compile(
    r"(?i)/etc/(?:passwd|group|hosts|shadow|hostname|issue|os-release)\b|/dev/(?:null|zero|random)\b|/proc/|boot\.ini|win\.ini"
    r"|windows/system32|windows\\system32"
)
IN_EXISTING = ("/etc/", "/dev/", "/proc/", ".ini", "system32")  # each text of EXISTING has some of these, which are found faster


class NeverSentError(NotEvaluatedError):
    """A request that a scan does not send, whoever asks for it."""


class NeverSent:
    """Looks at each request of a scan before it goes out.

    An operation is known by its method and path, however the path is spelt: encoded, with dots, with a slash at its end.
    """

    def __init__(self, operations: Iterable[ScanOperation], skip: Mapping[str, str]) -> None:
        self.skip = dict(skip)
        self._routes = [
            (operation, re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(operation.route.rstrip("/"))) + "/?"))
            for operation in operations
        ]
        self._routes.sort(key=lambda route: route[0].route.count("{"))  # the most specific first

    def refuse(self, method: str, path: str, headers: Mapping[str, str] | None, body: bytes) -> None:
        """Raise for a request that is not to be sent.

        Raises:
            NeverSentError: With the reason.
        """
        methods = {method.upper()} | {
            value.upper() for name, value in (headers or {}).items() if name.lower() in OVERRIDES and value
        }
        methods |= {name.upper() for name in NAMED.findall(f"{path.partition('?')[2]}&{body[:LONGEST].decode('latin-1')}")}
        if self.skip:
            for spelling in _spellings(path):
                for name in methods:
                    if skipped := self._skipped(name, spelling, body):
                        raise NeverSentError(f"{skipped} is skipped: {self.skip[skipped]}")
        if methods - set(SAFE) and (match := _existing(f"{_decoded(path)} {_decoded(body.decode('utf-8', 'replace'))}")):
            raise NeverSentError(f"{method} may write: {match[0]}, which exists, is never named to it")

    def _skipped(self, method: str, path: str, body: bytes) -> str:
        """The skipped operation that a request would be; empty if it is none."""
        serving = "GET" if method == "HEAD" else method  # whoever serves GET serves HEAD by the same code
        found = [operation for operation, route in self._routes if operation.method == serving and route.fullmatch(path)]
        if not found:
            return ""
        fewest = found[0].route.count("{")
        for operation in found:
            same = operation.route.count("{") == fewest
            if same and str(operation) in self.skip and (operation.path == operation.route or is_query(operation, body)):
                return str(operation)
        return ""


def _existing(text: str) -> re.Match[str] | None:
    """The name of an existing file in a text."""
    lower = text.lower()
    return EXISTING.search(text) if any(part in lower for part in IN_EXISTING) else None


def _spellings(path: str) -> Iterator[str]:
    """A path as it is sent and as servers may understand it, without its query."""
    spelling = path.partition("?")[0].partition("#")[0]
    for _ in range(DECODED):
        yield re.sub(r"(?<=.)/+$", "", spelling)
        yield "/" + posixpath.normpath(spelling.replace("\\", "/")).lstrip("/")
        decoded = unquote(spelling)
        if decoded == spelling:
            return
        spelling = decoded


def _decoded(text: str) -> str:
    for _ in range(DECODED):
        text = unquote(text)
    return text.replace("\\/", "/")


def is_query(operation: ScanOperation, body: bytes) -> bool:
    """Whether a body is that of one operation of many that are sent to one path, as those of GraphQL and JSON-RPC are."""
    query = _told_apart(operation.body)
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return False
    queries = sent if isinstance(sent, list) else [sent]
    return query is not None and any(_told_apart(each) == query for each in queries)


def _told_apart(content: object) -> str | None:
    """By what a body is told apart from others to its path: its query, or the method that it calls; None without either."""
    if not isinstance(content, dict):
        return None
    query = content.get("method" if "jsonrpc" in content else "query")
    return None if query is None else re.sub(r"\s+", "", str(query))

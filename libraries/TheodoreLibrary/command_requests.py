"""The requests of the command line: a call is pointed at an address that passes them on to the system and remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural, written
from theodore_qa.redaction.secrets import redact
from theodore_qa.systems import pointers
from theodore_qa.systems.exchange import parsed

if TYPE_CHECKING:
    from types import TracebackType

    from theodore_qa.adversaries.proxy import InterceptingProxy, RawExchange
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.system import System

REFUSED = 400


@dataclass(frozen=True)
class Sent:
    """A request that came by: its operation, what stood in its query and in its body, and the status of its answer."""

    method: str
    path: str
    values: dict[str, Any]
    status: int

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Watch:
    """An address before a system, for the time of a ``with`` block; what was sent to it is in ``sent``, without secrets."""

    def __init__(self, system: System) -> None:
        if urlsplit(system.url).scheme != "http":
            raise NotEvaluatedError(f"the requests of a command are seen on http alone, and {system.name} is at {system.url}")
        from theodore_qa.adversaries.proxy import InterceptingProxy  # brings a server

        self.sent: list[Sent] = []
        self._proxy: InterceptingProxy = InterceptingProxy(system.url, self._remember)
        self.url = self._proxy.url

    def _remember(self, exchange: RawExchange) -> RawExchange:
        path, _, query = exchange.path.partition("?")
        body = parsed(redact(exchange.request_body.decode("utf-8", "replace")))
        values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        self.sent.append(Sent(exchange.method, unquote(path), values | (body if isinstance(body, dict) else {}), exchange.status))
        return exchange

    def __enter__(self) -> Self:
        """Begin to pass requests on."""
        self._proxy.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Free the address."""
        self._proxy.__exit__(kind, error, trace)


def of_operation(sent: list[Sent], method: str, path: str) -> list[Sent]:
    """The requests to an operation, in their order."""
    return [request for request in sent if (request.method, request.path) == (method, path)]


def held(checks: Checks, sent: list[Sent], operation: str, located: tuple[str, str], values: dict[str, Any]) -> None:
    """The last request to an operation was taken by the system, and held these values."""
    requests = of_operation(sent, *located)
    observed = plural(len(requests), "request") if requests else f"none; sent: {', '.join(map(str, sent)) or 'nothing'}"
    checks.that("cli.requested", bool(requests), f"a request {operation}", observed, n=len(requests))
    if not requests:
        return
    request = requests[-1]
    checks.that("cli.accepted", request.status < REFUSED, f"{operation} answered with success", f"status {request.status}")
    for place, expected in values.items():
        value = pointers.found(request.values, place)
        checks.that("cli.sent", _same(expected, value), f"{place} {written(expected)}", f"{place} {written(value)}")


def _same(expected: Any, observed: Any) -> bool:
    """Whether two values are equal; True is no number."""
    return isinstance(expected, bool) == isinstance(observed, bool) and bool(expected == observed)

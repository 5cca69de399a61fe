"""Requests of which one part is varied: the body, or the query of one that has none."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from ApiLibrary import limits, requests
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.systems.bodies import as_json

if TYPE_CHECKING:
    from theodore_qa.openapi.operation import Operation
    from theodore_qa.systems.exchange import Exchange

MEDIA = "application/json"


def of(request: str, body: Any, identity: str | None) -> Bodies | Queries:
    """What is varied of a request: its body where there is a good one, else its query."""
    return Queries(request, identity) if body is None else Bodies(request, body, identity)


class Bodies:
    """Bodies of one request, by the schema that the contract has of them."""

    noun = "body"

    def __init__(self, request: str, body: Any, identity: str | None) -> None:
        contract = context.system.contract
        given = _operation(request).bodies.get(MEDIA)
        if given is None or given.schema is None:
            raise UsageError(f"{contract.name} has no schema of a JSON body for {request}: its limits are not known.")
        self.schema, self.good, self._request, self._identity = given.schema, as_json(body), request, identity

    def sent(self, body: Any) -> Exchange:
        """The answer to a body."""
        return requests.sent(self._request, identity=self._identity, body=body)


class Queries:
    """Queries of one request, by the schemas that the contract has of their parameters."""

    noun = "query"

    def __init__(self, request: str, identity: str | None) -> None:
        contract = context.system.contract
        self.schema = limits.of_query(_operation(request))
        self._request, mark, query = request.partition("?")
        if not mark or not self.schema["properties"]:
            raise UsageError(f"{contract.name} has no query for {request}, or none is given: its limits are not known.")
        self.good, self._identity = limits.read_query(contract.needed, self.schema, query), identity

    def sent(self, query: dict[str, Any]) -> Exchange:
        """The answer to a query."""
        texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        return requests.sent(f"{self._request}?{urlencode(texts)}".rstrip("?"), identity=self._identity)


def _operation(request: str) -> Operation:
    method, _, path = request.partition(" ")
    return context.system.contract.operation(method, context.system.full(path.partition("?")[0]))

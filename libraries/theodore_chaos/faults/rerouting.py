"""The links of a sandbox, rerouted through proxies: they have to be restored when the owner of the proxies is gone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

TIMEOUT = 5


class Reroute:
    """Rerouted links. ``parameters``: control (the sandbox's control address), addresses (the new address of each link)."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The sandbox."""
        return f"links of {parameters['control']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The present addresses of the links."""
        present = _request_links("GET", parameters["control"])
        if present is None:
            raise FaultUnavailableError(f"the control port at {parameters['control']} does not answer")
        return {"addresses": {name: present[name] for name in parameters["addresses"]}}

    def inject(self, record: Record) -> None:
        """Give the links their new addresses."""
        _request_links("PUT", record.parameters["control"], record.parameters["addresses"])

    def intact(self, record: Record) -> str:
        """Whether the links lead where they were led."""
        present = _request_links("GET", record.parameters["control"])
        given: dict[str, str] = record.parameters["addresses"]
        led = present is not None and all(present.get(name) == address for name, address in given.items())
        return "" if led else "somebody led the links elsewhere, or the sandbox is gone"

    def undo(self, record: Record) -> None:
        """Give the links their original addresses."""
        _request_links("PUT", record.parameters["control"], record.original["addresses"])

    def restored(self, record: Record) -> bool:
        """Whether the links have their original addresses, or the sandbox is gone."""
        present = _request_links("GET", record.parameters["control"])
        before: dict[str, str] = record.original["addresses"]
        return present is None or all(present.get(name) == address for name, address in before.items())

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many links were rerouted."""
        return {"links": len(record.original.get("addresses", {}))}


def _request_links(method: str, control: str, body: Any = None) -> dict[str, str] | None:
    """The answer of the control port; None if nothing listens there."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{control}/dependencies", data, headers, method=method)  # noqa: S310  # an address of the environment
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  # an address of the environment
            found: dict[str, str] = json.load(answer)
            return found
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            return None
        raise

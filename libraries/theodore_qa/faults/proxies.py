"""The fault proxies on the links of the system under test: our own, started beside a sandbox, or a Toxiproxy that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import children
from theodore_qa.errors import NotEvaluatedError, QaError, unknown
from theodore_qa.faults.agent_client import agent

if TYPE_CHECKING:
    from theodore_qa.faults.agent_client import Fault
    from theodore_qa.systems.declared import SystemEntry

API = "api"
LONGEST = 12 * 3600.0


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Proxies:
    """A proxy server, the proxies of the links by the links' names, and where the API is reached through its own."""

    url: str
    names: dict[str, str]
    api: str | None = None
    process: subprocess.Popen[str] | None = None
    rerouted: Fault | None = None

    def named(self, link: str) -> str:
        """The proxy of a link."""
        if link not in self.names:
            raise unknown("link", link, self.names, "the proxies of the environment")
        return self.names[link]

    def needed(self) -> None:
        """Raise ``NotEvaluatedError`` where the proxies that were started beside the system have ended by themselves."""
        if self.process and self.process.poll() is not None:
            raise NotEvaluatedError(
                f"the fault proxies at {self.url} ended in mid-run, killed perhaps (exit code {self.process.returncode})"
            )

    def close(self) -> None:
        """Undo the rerouting of the system's links, and end what was started."""
        if self.rerouted:
            agent.undo(self.rerouted)
        if self.process:
            children.end(self.process)


def open_proxies(entry: SystemEntry, system: str, file: str, *, standing: bool) -> Proxies | None:
    """The proxies that a system's entry names; None where it names none. ``system`` and ``file`` name both in messages.

    Those that are ``embedded`` are started, and the sandbox is told through its control port to reach its dependencies
    through them. One that is ``standing``, and outlives us, is told so by the chaos agent, which undoes it in any case.
    """
    if entry.proxies is None:
        return None
    if entry.proxies.url != "embedded":
        return Proxies(entry.proxies.url, dict(entry.proxies.links))
    if not entry.control:
        raise QaError(
            f"The proxies of {system} in {file} are embedded, which needs the control "
            f"address of a sandbox: name a Toxiproxy server in proxies.url instead."
        )
    upstreams: dict[str, str] = _request("GET", f"{entry.control}/dependencies")
    api = urlsplit(entry.url).netloc
    requested = [
        {"name": name, "listen": "127.0.0.1:0", "upstream": address} for name, address in (upstreams | {API: api}).items()
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "theodore_chaos.proxy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    line = children.instruct(process, {"proxies": requested})
    if not line:
        raise NotEvaluatedError(f"The fault proxies did not start: exit code {process.wait()}.")
    ready = json.loads(line)
    addresses = dict(ready["proxies"])
    own = f"http://{addresses.pop(API)}"
    names = {name: name for name in ready["proxies"]}
    if not standing:
        _request("PUT", f"{entry.control}/dependencies", addresses)
        return Proxies(ready["url"], names, own, process)
    parameters = {"control": entry.control, "addresses": addresses}
    try:
        rerouted = agent.inject("reroute", parameters, duration=LONGEST, label="links through proxies")
    except QaError:
        process.kill()
        process.wait()
        raise
    return Proxies(ready["url"], names, own, process, rerouted)


def _request(method: str, url: str, body: Any = None) -> Any:
    import urllib.request

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  # our own sandbox
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own sandbox
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise QaError(f"The sandbox's control port at {url} could not be asked: {error}.") from None

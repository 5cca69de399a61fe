"""Callback servers of a scan's own that the system under test can reach for certain."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from SecurityLibrary.canaries.callback_server import CallbackServer
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan


@contextlib.contextmanager
def reachable_callback_server(scan: Scan) -> Iterator[CallbackServer]:
    """A callback server that the system under test can reach for certain; where that is not known, nothing is evaluated."""
    host = scan.target.callback.host
    host = "" if scan.on_this_machine and host in ("127.0.0.1", "localhost") else host  # where it is called without being told
    if not host and not scan.on_this_machine:
        raise NotEvaluatedError(
            "it is not known that the system under test can reach a callback server here: name by 'callback: {host: ...}' in the "
            "API's description the address at which this machine is reached from there"
        )
    callback_server = CallbackServer(host or "127.0.0.1")
    try:
        if host:
            _prove(scan, callback_server)
        yield callback_server
    finally:
        callback_server.close()


def _prove(scan: Scan, callback_server: CallbackServer) -> None:
    """Let the server be called once by the operation that is known to call out."""
    known = scan.target.callback.control
    label, _, name = known.rpartition(" ")
    if not known:
        raise NotEvaluatedError("the API's callback names no 'control', an operation and parameter that is known to call out")
    operation = scan.target.operation(label)
    parameter = next((parameter for parameter in operation.parameters if parameter.name == name), None)
    token = callback_server.token()
    if parameter is None:
        raise NotEvaluatedError(f"the callback's control {known} is no operation with a parameter of that name")
    scan.sender.send(operation, scan.plan.identity_for(operation), {parameter: f"http://{callback_server.address}/{token}"})
    if not callback_server.called(token, 10):
        raise NotEvaluatedError(f"the callback server at {callback_server.address} was not reached from the system under test")

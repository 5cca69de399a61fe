"""The log-out of a session that was begun for it, with or without the token against forged requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description.operations import FORM, ScanOperation
from SecurityLibrary.sending.request_building import encoded

if TYPE_CHECKING:
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


def signed_out(scan: Scan, identity: Identity, token: str, *, guarded: bool = True, beside: str = "") -> Exchange:
    """The answer to the log-out of a session, with its body, and with another cookie ``beside`` that of the session.

    It is ``guarded`` by the token against forged requests of this session.
    """
    method, path = scan.target.sign_out.split(" ", 1)
    described = (operation for operation in scan.target.operations if str(operation) == scan.target.sign_out)
    operation = next(described, None) or ScanOperation(method, path.partition("#")[0])
    headers, fields = scan.authenticator.guarding(identity, token)
    if not guarded:
        headers, fields = {**identity.headers, **scan.authenticator.token_headers(identity, token)}, {}
    if fields and operation.media is None:
        operation = replace(operation, media=FORM)
    body, media = encoded(operation, operation.body, fields if operation.takes_form else {})
    kind = {"Content-Type": media} if media else {}
    if beside:
        headers = headers | {"Cookie": "; ".join(filter(None, (headers.get("Cookie", ""), beside)))}
    return scan.sender.request(method, operation.route, headers=headers | kind, body=body)

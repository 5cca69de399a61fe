"""Tokens that are exchanged for new ones: which operations take them, and where answers hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import pointers
from theodore_qa.systems.tokens import SHORTEST_TOKEN

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

RENEWAL = re.compile(r"(?i)refresh|renew")
TOKEN = re.compile(r"(?i)token|^(?:refresh|renew\w*)$")


def operations(scan: Scan) -> list[tuple[ScanOperation, InsertableParameter]]:
    """The operations that exchange a token for a new one, each with its place for it."""
    return [
        (operation, each)
        for operation in scan.plan.operations
        if operation.method == "POST" and not scan.authenticator.signs_in(operation)
        for each in operation.parameters
        if each.location == "body"
        and TOKEN.search(each.name.rpartition(".")[2])
        and (RENEWAL.search(each.name) or RENEWAL.search(operation.path))
    ]


def token_in(scan: Scan, answer: Exchange) -> str:
    """The token for renewal in an answer: as the description says, or by its name; empty if there is none."""
    token = scan.authenticator.renewal_in(answer) if scan.authenticator.way.refresh else ""
    own = scan.authenticator.token_in(answer)
    texts = ((name, value) for name, value in pointers.leaves(answer.body) if isinstance(value, str) and value != own)
    token = token or next((value for name, value in texts if RENEWAL.search(name) and len(value) >= SHORTEST_TOKEN), "")
    if token:
        secrets.add(token, "a refresh token")
    return token

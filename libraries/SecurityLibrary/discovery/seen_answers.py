"""The answers that a scan has seen, of each status and route, and those that it asks for so that there are some of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ERROR = 400
BEFORE_IT = (400, 414, 431)  # what servers answer in plain text to requests that are none
FOREIGN = "https://evil.example"
NOWHERE = "a path that there is not"


def collected(scan: Scan, probe_id: str) -> list[tuple[str, Exchange]]:
    """Answers with their routes: of each operation as it is meant, refused where it needs a sign-in, and what was seen before.

    What the server refuses before the application has seen it is left out.

    Raises:
        NotEvaluatedError: No operation answers.
    """
    working = scan.plan.working(probe_id)
    if not working:
        raise NotEvaluatedError("no operation answers an identity")
    if not scan.edge_answers:
        scan.edge_answers = _at_the_edges(scan, working, probe_id)
    found = [*scan.sender.answers.exchanges, *scan.edge_answers]
    return [(route, answer) for route, answer in found if answer.status != NO_ANSWER and _of_application(answer)]


def _at_the_edges(scan: Scan, working: list[ScanOperation], probe_id: str) -> list[tuple[str, Exchange]]:
    """Have reads refused, and send what is none of the operations; returns the answers to the latter."""
    for operation in working:
        with scan.apart(probe_id, str(operation)):
            identity = scan.plan.identity_for(operation)
            if operation.safe and identity and operation.secured is not False:
                scan.sender.send(operation, None, owner=identity)
                scan.sender.send(operation, identity, headers={identity.header: "Bearer qa-nonsense"})
    reads = [operation for operation in working if operation.method == "GET"]
    if not reads:
        return []
    caller = scan.plan.identity_for(reads[0])
    path = scan.plan.control(reads[0], caller)[0].path
    preflight = {"Origin": FOREIGN, "Access-Control-Request-Method": "GET"}
    return [
        (NOWHERE, scan.sender.request("GET", f"/qa-nowhere-{scan.random.number()}", caller)),
        (NOWHERE, scan.sender.request("GET", f"{path.partition('?')[0]}/qa-nowhere", caller)),
        (f"PROPFIND {reads[0].path}", scan.sender.request("PROPFIND", path, caller)),
        (f"OPTIONS {reads[0].path}", scan.sender.request("OPTIONS", path, headers=preflight)),
    ]


def kind(answer: Exchange) -> str:
    """Status and media type of an answer; a preflight is one, whatever its status."""
    return "preflight" if answer.method == "OPTIONS" else f"{answer.status} {answer.media}".strip()


def _of_application(answer: Exchange) -> bool:
    return answer.status not in BEFORE_IT or answer.media.endswith("json") or answer.media == "text/html"

"""Messages of other systems (webhooks) that are believed without their signature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.authentication import guessed_keys
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan

SIGNED = re.compile(r"(?i)signature|hmac|(?:^|-)sign$|x-hub|(?:^|-)digest$|webhook-?(?:secret|token|key)")
INCOMING = re.compile(r"(?i)/(?:incoming|inbound|webhooks?|hooks?|callbacks?|ipn)/[^{]*[^/{}]+/?$|/ipn/?$")
UNAUTHORISED, FORBIDDEN = 401, 403


class UnsignedWebhook(Probe):
    """A message is taken without a signature, or with any."""

    id = "webhook-signature"
    tier = 2
    title = "Webhooks are taken without a right signature"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 345
    owasp = ("A08:2021", "A08:2025", "API2:2023")
    changes = True
    sends = (
        "messages of the description without the signature that it names, with made-up ones of the usual forms, and signed with "
        "an empty key or a usual one, also for a sender of a made-up name"
    )
    oracle = (
        "the message is taken without it and with another one, each twice; or one that is signed so is answered otherwise than "
        "for its signature, twice, and a made-up signature of the same message is refused; low where the description names no "
        "signature, and anybody's message is taken where those of other systems come in"
    )
    bad = "payments.append(await request.json())"
    good = 'hmac.compare_digest(hmac.new(key, body, "sha256").hexdigest(), request.headers["X-Signature"]) or refuse()'
    remediation = "Check the signature of the body, and its moment, before a message is believed."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that takes messages of other systems."""
        takers = [
            (operation, _signature(operation))
            for operation in scan.plan.operations
            if operation.method in ("POST", "PUT") and (_signature(operation) or INCOMING.search(operation.path))
        ]
        takers = [(operation, named) for operation, named in takers if named or not operation.secured]
        if not takers:
            raise NotApplicableError("no operation takes messages of other systems")
        for operation, named in takers:
            with scan.apart(self.id, str(operation)):
                yield from self._tried(scan, operation, named)

    def _tried(self, scan: Scan, operation: ScanOperation, named: InsertableParameter | None) -> Iterator[Finding]:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        header = named.name if named else ""
        without = [scan.sender.send(operation, None, without=(header,) if header else ()) for _ in range(2)]
        refused = [answer for answer in without if not answer.ok]
        if refused and refused[0].status not in (UNAUTHORISED, FORBIDDEN) and not named:
            raise NotEvaluatedError(f"the message of the description was answered {refused[0].status}")
        signatures = _made_up(scan) if header else []
        wrong = [scan.sender.send(operation, None, headers={header: value}) for value in signatures]
        if refused and wrong and not any(answer.ok for answer in wrong):
            statuses = {answer.status for answer in (*without, *wrong)}
            if not statuses & {400, UNAUTHORISED, FORBIDDEN}:
                raise NotEvaluatedError(f"the message of the description was answered {refused[0].status}")
        scan.coverage.tried(self.id, str(operation))
        if header and not any(answer.ok for answer in wrong) and (found := guessed_keys.taken(scan, operation, header)):
            yield self.finding(str(operation), f"a signature by {found[0]} is taken", *found[1])
            return
        taken = [answer for answer in wrong if answer.ok]
        if header and len(taken) > 1:
            if refused:
                yield self.finding(str(operation), f"any value of {header} is taken for a signature", *taken[:2])
            else:
                yield self.finding(str(operation), f"it is taken without {header}, and with any", without[0], taken[0])
        elif header and not refused:
            observed = f"it is taken without {header}, though not with a wrong one"
            yield self.finding(str(operation), observed, *without)
        elif not header and not refused:
            observed = "messages of anybody are taken, and the description names no signature"
            yield self.finding(str(operation), observed, *without, severity=Severity.LOW)


def _signature(operation: ScanOperation) -> InsertableParameter | None:
    """The header that holds the signature of a message."""
    headers = (each for each in operation.parameters if each.location == "header")
    return next((each for each in headers if SIGNED.search(each.name)), None)


def _made_up(scan: Scan) -> list[str]:
    """Signatures of usual forms, each of a made-up key."""
    digits = [f"{scan.random.getrandbits(256):064x}" for _ in range(4)]
    return [digits[0], digits[1], f"sha256={digits[2]}", f"t=1,v1={digits[3]}"]

"""What was removed, or taken back from somebody, and is served for all that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.authorization import taken_back
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan


class AfterRemoval(Probe):
    """What was removed is read by its identifier or link, or by whom it was shared with until then."""

    id = "after-removal"
    title = "What was removed or taken back is still served"
    topic = "authorization"
    severity = Severity.MEDIUM
    cwe = 672
    owasp = (*ACCESS, "API1:2023")
    tier = 2
    changes = True
    sends = (
        "the removal of two objects of the scan's own, then what reads them by their identifier, or by a link or token that "
        "their maker was handed, as their owner and as anybody; and of what shares an object with another identity"
    )
    oracle = (
        "it reads the same as before, for both, and nothing for an identifier that there is not: low for who removed it, "
        "medium for anybody; or the other identity reads what was shared with it until then, twice, and not before"
    )
    bad = "shares[token]['revoked'] = True; return documents[shares[token]['document']]"
    good = "share = shares.get(token); refuse() if share is None or share['revoked'] else ..."
    remediation = "Look at whether something was removed in the one place where it is looked up, for links and files too."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that removes something."""
        removing = taken_back.removals(scan)
        if not removing:
            raise NotApplicableError("no operation removes an object that its path names")
        for operation in removing:
            with scan.apart(self.id, str(operation)):
                yield from self._look(scan, operation)

    def _look(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        identity = scan.plan.identity_for(operation)
        if identity is None:
            raise NotEvaluatedError("nobody is known who removes something")
        reasons: list[str] = []
        others = [each for each in scan.target.identities.values() if each is not identity and each.role != "admin"]
        for other in others[:1]:
            try:
                if shared := taken_back.still_shared(scan, operation, identity, other):
                    observed = f"'{other.name}' reads what was shared with them after that was taken back"
                    yield self.finding((str(operation), shared[0]), observed, *shared[1], identity=other.name)
                scan.coverage.tried(self.id, str(operation))
            except NotEvaluatedError as error:
                if scan.sender.stopping:
                    raise
                reasons.append(str(error))
        try:
            kept = taken_back.still_read(scan, operation, identity)
        except NotEvaluatedError:
            if scan.sender.stopping or not others or len(reasons) == 1:
                raise
            return
        scan.coverage.tried(self.id, str(operation))
        if kept:
            severity = Severity.MEDIUM if kept[1] == "anybody" else Severity.LOW
            observed = f"{kept[0]} reads it to {kept[1]} as before"
            yield self.finding((str(operation), kept[0]), observed, *kept[2], severity=severity)

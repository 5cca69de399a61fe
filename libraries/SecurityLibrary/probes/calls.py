"""Calls that share one path (JSON-RPC): several in one request, of which the first alone may be looked at."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class BatchedCalls(Probe):
    """A call that is refused alone is served behind another one."""

    id = "batched-calls"
    title = "Calls in one request are not all checked"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 863
    owasp = (*ACCESS, "API5:2023")
    tier = 2
    sends = "a call that is served and one that is refused, in one request, in both orders, as nobody and as an ordinary identity"
    oracle = "the refused call brings a result, twice, with the same members as that of whoever may call it"
    bad = "if allowed(calls[0]): return [carry_out(call) for call in calls]"
    good = "return [carry_out(call) if allowed(call) else refusal(call) for call in calls]"
    remediation = "Check the rights of each call where it is carried out."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each path that takes calls; those who read only."""
        calls = [each for each in scan.plan.operations if graphql.is_call(each) and graphql.reads(each)]
        calls = [each for each in calls if not scan.plan.skip_reason(each)]
        if not calls:
            raise NotApplicableError("no operation is a call of JSON-RPC that reads")
        for route in dict.fromkeys(each.route for each in calls):
            with scan.apart(self.id, f"POST {route}"):
                yield from self._at(scan, [each for each in calls if each.route == route])

    def _at(self, scan: Scan, calls: list[ScanOperation]) -> Iterator[Finding]:
        tried = False
        ordinary = scan.plan.identity_for()
        for call in sorted(calls, key=lambda each: not each.admin):
            entitled = scan.plan.identity_for(call)
            rightly = scan.sender.send(call, entitled)
            for caller in dict.fromkeys((None, ordinary)):
                refused = scan.sender.send(call, caller, owner=entitled)
                first = next((each for each in calls if each is not call and scan.sender.send(each, caller).ok), None)
                if caller is entitled or not rightly.ok or refused.ok or first is None:
                    continue
                tried = True
                scan.coverage.tried(self.id, f"POST {call.route}")
                for order in ((first, call), (call, first)):
                    seen = [each for _ in range(2) if (each := self._batch(scan, order, call, caller, rightly))]
                    if len(seen) == 2:  # noqa: PLR2004  # twice
                        who = f"'{caller.name}'" if caller else "anybody"
                        name = call.path.partition("#")[2]
                        observed = f"{name} is served to {who} in one request with another call, and refused alone"
                        yield self.finding((f"POST {call.route}", str(call)), observed, *seen)
                        return
        if not tried:
            raise NotEvaluatedError("no call is refused to somebody to whom another one is served")

    @staticmethod
    def _batch(
        scan: Scan, order: tuple[ScanOperation, ...], call: ScanOperation, caller: Identity | None, rightly: Exchange
    ) -> Exchange | None:
        """The answer to several calls where it holds the result of one as it is; None where it does not."""
        entitled = scan.plan.identity_for(call)
        good = [scan.sender.builder.composed(each, {}, entitled, raw=False)[2] for each in order]
        bodies = [each | {"id": f"qa{index}"} for index, each in enumerate(good)]
        answer = scan.sender.send(call, caller, body=json.dumps(bodies).encode())
        listed = answer.body if isinstance(answer.body, list) else []
        own = f"qa{order.index(call)}"
        result = next((each.get("result") for each in listed if isinstance(each, dict) and each.get("id") == own), None)
        usual = rightly.body.get("result") if isinstance(rightly.body, dict) else None
        return answer if result is not None and _members(result) == _members(usual) else None


def _members(result: Any) -> Any:
    """The form of a result: the names of its members, those of the first item of a list, or its type."""
    if isinstance(result, list):
        return [_members(result[0])] if result else []
    return sorted(result) if isinstance(result, dict) else type(result).__name__

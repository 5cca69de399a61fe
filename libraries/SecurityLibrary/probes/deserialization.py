"""Values that are objects to be rebuilt: what rebuilds them calls whatever function they name."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.description.operations import FORM, InsertableParameter, MULTIPART
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.proof import oracles
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan

FORMS = (FORM, MULTIPART)
BODY = InsertableParameter("(all of it)", "body", required=True)


def _pickled(seconds: float) -> str:
    return f"ctime\nsleep\n(F{seconds}\ntR."  # protocol 0, which is text


def _encoded(seconds: float) -> str:
    binary = b"\x80\x02ctime\nsleep\n" + f"F{seconds}\n".encode() + b"\x85R."  # protocol 2: some go by its first byte
    return base64.urlsafe_b64encode(binary).decode()


def _yaml(seconds: float) -> str:
    return f"!!python/object/apply:time.sleep [{seconds}]"


def _reduced(seconds: float) -> dict[str, Any]:
    return {"py/reduce": [{"py/type": "time.sleep"}, {"py/tuple": [seconds]}]}


class Deserialization(InsertionPointProbe):
    """A value is rebuilt into objects by something that runs what the value names."""

    id = "deserialization"
    title = "Deserialization of untrusted data"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 502
    owasp = ("A08:2021", "A08:2025")
    tier = 2
    needs_free_text = False  # what no longer can be rebuilt is refused, whatever it is
    sends = "objects that wait 0, 2 and 4 seconds when they are rebuilt: pickle (in base64, or as a body), YAML, jsonpickle"
    oracle = "the answer waits as long as asked, twice; other formats, such as those of Java and PHP, are not looked for"
    bad = "cursor = pickle.loads(base64.b64decode(request.args['cursor']))"
    good = "cursor = Cursor.model_validate_json(base64.b64decode(request.args['cursor']))"
    remediation = "Take data only: JSON with a schema, yaml.safe_load; sign what goes out and has to come back."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each place for a value, then bodies that are neither forms nor JSON, as a whole."""
        yield from super().run(scan)
        whole = [
            operation
            for operation in scan.target.operations
            if operation.media and not operation.takes_json and not operation.media.startswith(FORMS)
        ]
        yield from scan.side_by_side(
            self.id, whole, lambda operation: self._body(scan, operation), lambda operation: f"{operation} {BODY}"
        )

    def applies(self, point: InsertionPoint) -> bool:
        """Whatever may be a text, and objects."""
        return point.textual or point.parameter.kind == "object"

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each form that the place can hold, unless an expression may take long over it.

        A pickle in base64 is one run of letters: where expressions backtrack, it would hang the system.
        """
        bears = point.location in scan.coverage.of("redos").tried and point.location not in scan.slow_points
        if scan.slow_points and point.textual and not bears:
            raise NotEvaluatedError("an expression was found that takes long, and this place was not shown to bear such texts")
        in_body = point.parameter.location == "body"
        of_its_own = (_reduced,) if in_body and point.operation.takes_json else (_pickled,) if in_body else ()
        return self._waits(scan, point, (_encoded, _yaml, *of_its_own))

    def _body(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        identity = scan.plan.identity_for(operation)
        taking = replace(operation, parameters=(*operation.parameters, BODY))
        point = InsertionPoint(taking, BODY, identity, operation.body, scan.plan.control(operation, identity))
        scan.coverage.tried(self.id, point.location)
        return self._waits(scan, point, (_pickled, _encoded, _yaml))

    def _waits(self, scan: Scan, point: InsertionPoint, forms: tuple[Callable[[float], Any], ...]) -> Finding | None:
        for form in forms:
            if waited := oracles.delayed(scan, point, form):
                observed = f"the answer waits as long as an object that is rebuilt from the value: {waited[0]}"
                return self.finding(point.location, observed, waited[1])
        return None

"""Values that are objects to be rebuilt: what rebuilds them calls whatever function they name."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary import oracles
from SecurityLibrary.findings import Severity
from SecurityLibrary.insertion_points import Slot
from SecurityLibrary.operations import FORM, MULTIPART, Parameter
from SecurityLibrary.probes.base import SlotProbe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan

FORMS = (FORM, MULTIPART)
BODY = Parameter("(all of it)", "body", required=True)


def _pickled(seconds: float) -> str:
    return f"ctime\nsleep\n(F{seconds}\ntR."  # protocol 0, which is text


def _encoded(seconds: float) -> str:
    return base64.urlsafe_b64encode(_pickled(seconds).encode()).decode()


def _yaml(seconds: float) -> str:
    return f"!!python/object/apply:time.sleep [{seconds}]"


def _reduced(seconds: float) -> dict[str, Any]:
    return {"py/reduce": [{"py/type": "time.sleep"}, {"py/tuple": [seconds]}]}


class Deserialization(SlotProbe):
    """A value is rebuilt into objects by something that runs what the value names."""

    id = "deserialization"
    title = "Deserialization of untrusted data"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 502
    owasp = ("A08:2021", "A08:2025")
    tier = 2
    rough = False  # what no longer can be rebuilt is refused, whatever it is
    sends = "objects that wait 0, 2 and 4 seconds when they are rebuilt: pickle (in base64, or as a body), YAML, jsonpickle"
    decides = "the answer waits as long as asked, twice; other formats, such as those of Java and PHP, are not looked for"
    bad = "cursor = pickle.loads(base64.b64decode(request.args['cursor']))"
    good = "cursor = Cursor.model_validate_json(base64.b64decode(request.args['cursor']))"
    mend = "Take data only: JSON with a schema, yaml.safe_load; sign what goes out and has to come back."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each place for a value, then bodies that are neither forms nor JSON, as a whole."""
        yield from super().run(scan)
        whole = [one for one in scan.target.operations if one.media and not one.takes_json and not one.media.startswith(FORMS)]
        yield from scan.side_by_side(self.id, whole, lambda one: self._body(scan, one), lambda one: f"{one} {BODY}")

    def applies(self, slot: Slot) -> bool:
        """Whatever may be a text, and objects."""
        return slot.textual or slot.parameter.kind == "object"

    def look(self, scan: Scan, slot: Slot) -> Finding | None:
        """Try each form that the place can hold."""
        in_body = slot.parameter.location == "body"
        of_its_own = (_reduced,) if in_body and slot.operation.takes_json else (_pickled,) if in_body else ()
        return self._waits(scan, slot, (_encoded, _yaml, *of_its_own))

    def _body(self, scan: Scan, operation: Operation) -> Finding | None:
        person = scan.plan.identity_for(operation)
        taking = replace(operation, parameters=(*operation.parameters, BODY))
        slot = Slot(taking, BODY, person, operation.body, scan.plan.control(operation, person))
        scan.coverage.tried(self.id, slot.place)
        return self._waits(scan, slot, (_pickled, _encoded, _yaml))

    def _waits(self, scan: Scan, slot: Slot, forms: tuple[Callable[[float], Any], ...]) -> Finding | None:
        for form in forms:
            if waited := oracles.delayed(scan, slot, form):
                told = f"the answer waits as long as an object that is rebuilt from the value: {waited[0]}"
                return self.finding(slot.place, told, waited[1])
        return None

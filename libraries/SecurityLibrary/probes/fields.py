"""Properties that a request asks for, and that callers may not see."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import InsertionPointProbe

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

CHOOSING = re.compile(
    r"(?i)^\$?(?:fields?|select|columns?|include|expand|embed|only|props|properties|attributes|with|show|view)(?:\[\w*\])?$"
)
SECRETS = ("password", "password_hash", "passwordHash", "hash", "pwd", "secret", "token", "api_key", "apiKey", "pin", "salt",
           "ssn", "mfa_secret", "totp_secret", "reset_token", "internal_notes", "iban", "salary", "licence", "license",
           "licence_number", "medical", "birthday")  # fmt: skip


class ChosenFields(InsertionPointProbe):
    """A parameter that chooses properties brings secret ones too."""

    id = "chosen-fields"
    tier = 2
    title = "Secret properties come when they are asked for"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 213
    owasp = (*ACCESS, "API3:2023")
    needs_free_text = False
    sends = "names of properties that are usually secret, alone and with a good value, where properties are chosen"
    oracle = "the property comes with a value, twice, which the usual answer does not have; one of a made-up name does not come"
    bad = 'return {name: row[name] for name in request.query_params["fields"].split(",")}'
    good = 'return {name: row[name] for name in fields if name in {"id", "title", "price"}}'
    remediation = "Choose among the properties of a list."

    def applies(self, point: InsertionPoint) -> bool:
        """Queries, and lists in bodies, that choose properties."""
        listed = point.parameter.location == "body" and point.parameter.kind == "array"
        return (listed or point.parameter.location == "query") and bool(CHOOSING.match(point.parameter.name.rpartition(".")[2]))

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Ask for all at once, then for each."""
        usual = point.controls[0].body
        listed = point.parameter.location == "body"
        for names in (*SECRETS, "*") if listed else (",".join(SECRETS), *SECRETS, "*"):
            answers: list[Exchange] = []
            beside = [point.value, names] if listed else f"{point.value},{names}"
            for value in (names, beside if point.value and names != "*" else names):
                answer = scan.sender.put(point, value)
                if answer.ok and (named := _came(answer.body, usual)):
                    answers.append(answer)
            if len(answers) == 2 and not self._repeats(scan, point, named[0]):  # noqa: PLR2004  # twice
                return self.finding(point.location, f"the answer holds {', '.join(named)} when asked for", *answers)
        return None

    @staticmethod
    def _repeats(scan: Scan, point: InsertionPoint, name: str) -> bool:
        """Whether any name comes back as a property, or the secret one comes without being asked for."""
        made_up = f"qa{scan.random.number()}"
        body = scan.sender.put(point, made_up).body
        return find(body, made_up) is not None or find(body, name) is not None


def _came(body: Any, usual: Any) -> list[str]:
    """The secret properties that an answer holds with a value, and the usual one does not."""
    values = {name: find(body, name) for name in SECRETS}
    return [name for name, value in values.items() if isinstance(value, str | int) and value != "" and find(usual, name) is None]

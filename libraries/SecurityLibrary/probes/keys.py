"""Keys for programs: whether one that was taken back is refused, and whether its scope is kept to."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.authentication.forged_tokens import TokenProbe
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.identities.issued_keys import desks
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.identities.issued_keys import KeyDesk
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


CREATED = (201, 202)


class RevokedKey(TokenProbe):
    """A key for programs is worth something after it was taken back."""

    id = "key-after-revocation"
    tier = 2
    title = "Revoked keys are accepted"
    severity = Severity.HIGH
    cwe = 613
    changes = True
    sends = "two keys that are made for it, each used, taken back, and used again"
    oracle = "each key was served before, and is served afterwards as it was; one of the same form that there is not is refused"
    bad = 'keys[key]["revoked"] = True; return keys.get(request.headers["X-API-Key"])'
    good = 'key = keys.get(given); refuse() if key is None or key["revoked"] else ...'
    remediation = "Look at the state of a key in the one place where keys are checked."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that makes keys."""
        for desk in desks(scan):
            with scan.apart(self.id, str(desk.making)):
                if desk.taking_back is None:
                    raise NotApplicableError("no operation takes a key back")
                operation, identity, _ = self.protected_operations(scan)[0]
                served: list[Exchange] = []
                for _ in range(2):
                    key = desk.made(uses=(operation, identity))
                    ended = desk.taken_back(key)
                    if not ended.ok:
                        raise NotEvaluatedError(f"taking a key back was answered {ended.status}")
                    scan.coverage.tried(self.id, str(desk.taking_back))
                    answer = desk.offered(operation, key.headers)
                    served += [answer] if answer.ok else []
                if len(served) == 2:  # noqa: PLR2004  # two keys
                    observed = "a key that was taken back is served as before"
                    yield self.finding((str(desk.taking_back), str(operation)), observed, *served)


class KeyScope(TokenProbe):
    """A key for programs may do more than its scope says."""

    id = "key-scope"
    tier = 2
    title = "The scope of keys is not kept to"
    severity = Severity.HIGH
    cwe = 863
    owasp = ("A01:2021", "A01:2025", "API5:2023")
    changes = True
    sends = "what makes objects, with two keys that are made to read only"
    oracle = (
        "it is answered as to the key's owner, twice, with a key that reads; a key of the same form that there is not is refused"
    )
    bad = "caller = keys[given].owner"
    good = 'caller = keys[given].owner; refuse() if operation not in keys[given]["scopes"] else ...'
    remediation = "Ask for the scope in each operation, and refuse by default."

    NAMES = ("scope", "scopes", "permission", "permissions", "access", "access_level", "role", "mode", "abilities")
    READING = ("read", "readonly", "read-only", "read_only", "ro", "viewer", "view", "reader")
    MOST = 3

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that makes keys of a scope."""
        for desk in desks(scan):
            with scan.apart(self.id, str(desk.making)):
                parameter, value = self._reading(desk)
                operation, identity, _ = self.protected_operations(scan)[0]
                writes = self._writes(scan, desk)
                if not writes:
                    raise NotEvaluatedError("nothing is known that makes an object, and that a key could be tried on")
                for write in writes:
                    done: list[Exchange] = []
                    for _ in range(2):
                        key = desk.made({parameter: value}, (operation, identity))
                        usual = scan.sender.send(write, desk.identity)
                        answer = desk.offered(write, key.headers)
                        scan.coverage.tried(self.id, f"{desk.making} {parameter}")
                        done += [answer] if usual.ok and answer.ok and comparison.same_kind(answer, usual) else []
                    if len(done) == 2:  # noqa: PLR2004  # two keys
                        observed = f"a key of {parameter.name} '{value if isinstance(value, str) else value[0]}' does {write}"
                        yield self.finding((str(desk.making), str(write)), observed, *done)
                        break

    def _reading(self, desk: KeyDesk) -> tuple[InsertableParameter, Any]:
        """Where a scope goes, and the one that reads only.

        Raises:
            NotApplicableError: Keys have no such scope.
        """
        for parameter in desk.making.parameters:
            plain = parameter.name.rpartition(".")[2].lower()
            if parameter.location != "body" or plain not in self.NAMES:
                continue
            listed = parameter.kind == "array"
            described = parameter.schema.get("items", {}) if listed else parameter.schema
            known = [str(value) for value in described.get("enum", ())] or [*self.READING[:1]]
            reading = next((value for value in known if value.lower() in self.READING or value.lower().endswith(":read")), None)
            reading = reading or next((value for value in known if value.lower().startswith("read")), None)
            if reading:
                return parameter, [reading] if listed else reading
        raise NotApplicableError("keys have no scope that reads only")

    def _writes(self, scan: Scan, desk: KeyDesk) -> list[ScanOperation]:
        """Operations that make what the scan may remove, for what a key does."""
        found: list[ScanOperation] = []
        for operation in scan.plan.operations:
            plain = operation.method == "POST" and "{" not in operation.route and not operation.admin and not operation.disruptive
            if plain and str(operation) != str(desk.making) and operation.secured is not False and len(found) < self.MOST:
                try:
                    control = scan.plan.control(operation, desk.identity)[0]
                except NotEvaluatedError:
                    continue
                made = control.status in CREATED and not scan.sender.send(operation, None).ok
                found += [operation] if made else []
        return found

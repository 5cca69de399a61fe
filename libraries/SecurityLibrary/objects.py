"""The objects that an API hands out, by whose identifiers its other operations are called."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from SecurityLibrary.exchange import Exchange
    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.scan import Scan
    from SecurityLibrary.target import Person


class Objects:
    """Identifiers by the operation that makes or lists them, and by person."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self._known: dict[tuple[str, str], Any] = {}
        self._asking: set[tuple[str, str]] = set()

    def identifier(self, operation: Operation, parameter: Parameter, person: Person | None, *, fresh: bool = False) -> Any:
        """An identifier for a path parameter, of an object of this person; None where the API hands out none."""
        prefix = operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/")
        key = (f"{prefix} {parameter.name}", person.name if person else "")
        if key in self._asking:
            return None
        if operation.method == "DELETE" or fresh or key not in self._known:
            self._asking.add(key)
            try:
                found = self._ask(prefix, parameter, person, new=operation.method == "DELETE" or fresh)
            finally:
                self._asking.discard(key)
            if fresh or operation.method == "DELETE":
                return found
            self._known[key] = found
        return self._known[key]

    def _ask(self, prefix: str, parameter: Parameter, person: Person | None, *, new: bool) -> Any:
        methods = ("POST", "PUT", "GET") if self.scan.allow_changes else ("GET",)
        for method in methods if not new else methods[:-1]:
            for source in self.scan.api.operations:
                if source.method == method and source.path.rstrip("/") == prefix and not self.scan.forbidden(source):
                    answer = self._answer(source, person)
                    if answer is not None and (found := identifier_in(answer.body, parameter.name)) is not None:
                        return found
        return None

    def _answer(self, source: Operation, person: Person | None) -> Exchange | None:
        try:
            answer = self.scan.send(source, person)
        except QaError:
            return None
        return answer if answer.ok else None


def identifier_in(body: Any, name: str) -> Any:
    """The identifier in an answer: the property of this name, ``id``, or one that ends so; of a list, the first item's."""
    if isinstance(body, list):
        return identifier_in(body[0], name) if body else None
    if not isinstance(body, dict):
        return None
    last = name.rpartition("_")[2]
    for wanted in dict.fromkeys((name, "id", last, "uuid", "key")):
        if isinstance(body.get(wanted), str | int) and not isinstance(body.get(wanted), bool):
            return body[wanted]
    for value in body.values():
        if isinstance(value, dict | list) and (found := identifier_in(value, name)) is not None:
            return found
    return next((value for key, value in body.items() if key.endswith("_id") and isinstance(value, str | int)), None)

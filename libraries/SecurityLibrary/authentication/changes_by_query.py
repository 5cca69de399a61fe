"""Changes that a form makes by POST, made by a GET with the same values in its query: a link does it, without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from SecurityLibrary.identities.accounts import account_to_change
from SecurityLibrary.identities.registrations import plain

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_READ, MOST_PLACES, TWICE = 8, 4, 2


class ChangesByQuery:
    """What changes the account of whoever sends it, on an account that nothing of the scan stands on; it is put back."""

    def __init__(self, scan: Scan, guards: list[str]) -> None:
        self.scan, self.guards = scan, guards
        self.account: Identity | None = None
        self.read = [each for each in scan.plan.operations if each.method == "GET" and _is_own(each)][:MOST_READ]

    def made(self, operation: ScanOperation) -> tuple[str, list[Exchange]] | None:
        """The place by which a GET changed what the account reads of itself, with the two answers; else None.

        Raises:
            NotEvaluatedError: No account may be changed.
        """
        places = [each for each in operation.parameters if self._fits(each)][:MOST_PLACES]
        if not places or not self.read:
            return None
        account = self.account = self.account or account_to_change(self.scan)
        self.scan.coverage.tried("csrf", f"{operation} (by GET)")
        was = self.scan.sender.builder.composed(operation, {}, account, raw=False)
        for place in places:
            answers: list[Exchange] = []
            for _ in range(TWICE):
                mark = f"qa{self.scan.random.number()}{self.scan.random.number()}"
                value = f"{mark}@{str(was[2].get(place.name)).partition('@')[2]}" if _is_mail(was[2], place) else mark
                if self._reads(mark):
                    break
                query = {name: each for name, each in was[2].items() if name not in self.guards} | {place.name: value}
                answer = self.scan.sender.request("GET", f"{was[0]}?{urlencode(parse_qsl(urlencode(query)))}", account)
                if not self._reads(mark):
                    break
                answers.append(answer)
            if answers:
                self.scan.sender.send(operation, account)  # as it is described, by its own method
            if len(answers) == TWICE:
                return str(place), answers
        return None

    def _fits(self, place: InsertableParameter) -> bool:
        """Whether a place takes a text that is no secret."""
        limited = {"enum", "const", "pattern"} & place.schema.keys()
        secret = any(word in plain(place) for word in ("password", "current", "secret", "token", "code"))
        return place.location == "body" and place.kind == "string" and place.name not in self.guards and not (limited or secret)

    def _reads(self, mark: str) -> bool:
        """Whether something that the account reads holds a text."""
        return any(mark in self.scan.sender.send(each, self.account).text for each in self.read)


def _is_mail(content: dict[str, object], place: InsertableParameter) -> bool:
    return "@" in str(content.get(place.name))


def _is_own(operation: ScanOperation) -> bool:
    return operation.secured is not False and not operation.admin and "{" not in operation.route

"""Operations that hand out what others take, by what both call it: a transfer that is prepared has the number of the transfer."""

from __future__ import annotations

import threading
from typing import Any, TYPE_CHECKING

from SecurityLibrary.identities.registrations import names_of_accounts
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST = 10  # operations that are asked


class Producers:
    """What hands out what is called by some names, found out once for each identity.

    It has another value each time, which the request does not have: what is the same for everybody is nobody's own.
    """

    def __init__(
        self,
        target: Target,
        authenticator: Authenticator,
        rules: SkipRules,
        answer: Callable[[ScanOperation, Identity], Exchange | None],
    ) -> None:
        self.target, self.authenticator, self.rules, self._answer = target, authenticator, rules, answer
        self._known: dict[tuple[str, str], ScanOperation | None] = {}
        self._first: dict[tuple[str, str], Exchange | None] = {}  # the first answers, by operation and identity
        self._busy = threading.local()

    @property
    def busy(self) -> bool:
        """Whether this thread asks operations for something just now: what they need is not looked for so."""
        return getattr(self._busy, "is_set", False)

    def handed_out(self, operation: ScanOperation, names: list[str], identity: Identity) -> Any:
        """What has just been handed out to an identity under one of some names; None where no operation does that."""
        if not names or not self.rules.allow_changes or self.busy:
            return None
        key = " ".join(names), identity.name
        known = self._known.get(key)
        if key in self._known and known is None:
            return None
        self._busy.is_set = True
        try:
            self._known[key] = None
            for source in [known] if known is not None else self._making(operation):
                label = str(source), identity.name
                if label not in self._first:
                    self._first[label] = self._answer(source, identity)
                earlier = _in_answer(self._first[label], names)
                found = None if earlier is None else _in_answer(self._answer(source, identity), names)
                if found is not None and str(found) != str(earlier):
                    self._known[key] = source
                    return found
        finally:
            self._busy.is_set = False
        return None

    def _making(self, operation: ScanOperation) -> list[ScanOperation]:
        """The operations that make something, and need no object for it; those of paths alike come first."""
        making = [
            each
            for each in self.target.operations
            if each.method == "POST"
            and "{" not in each.route
            and "#" not in each.path
            and str(each) != str(operation)
            and not each.admin
            and not self.authenticator.signs_in(each)
            and not names_of_accounts(self.authenticator, each)
            and not self.rules.reason(each)
        ]
        first = operation.route.strip("/").split("/")
        return sorted(making, key=lambda each: -len({*first} & {*each.route.strip("/").split("/")}))[:MOST]


def _in_answer(answer: Exchange | None, names: list[str]) -> Any:
    """What an answer has under one of some names, and the request had not; None where it has nothing."""
    if answer is None:
        return None
    sent = f"{answer.path} {answer.sent_body.decode('utf-8', 'replace')}"
    found = (value for name in names for value in other_names.called(answer.body, name))
    return next((value for value in found if str(value) not in sent), None)

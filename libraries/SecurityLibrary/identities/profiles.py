"""What an API reports to an identity about itself: at the sign-in, by its profile, and on the pages that it begins with."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

ABOUT_ONESELF = re.compile(r"(?i)[/#](me|self|whoami|profile|account|user|userinfo|current)/?$")
CHANGES_ONESELF = re.compile(r"(?i)#(?:update|edit|change|set|save|modify)_?(?:my_?)?(?:me|self|profile|account|settings|user)$")
HOMES = re.compile(r"(?i)/(?:home|dashboard|overview|start|portal)/?$")  # pages that lead to what is one's own
MOST = 3  # operations of each kind


class Profiles:
    """The answers by identity, each looked up once."""

    def __init__(
        self,
        target: Target,
        authenticator: Authenticator,
        rules: SkipRules,
        answer: Callable[[ScanOperation, Identity], Exchange | None],
    ) -> None:
        self.target, self.authenticator, self.rules, self._answer = target, authenticator, rules, answer
        self._known: dict[str, list[Any]] = {}

    def of(self, identity: Identity) -> list[Any]:
        """The bodies of what is reported to an identity, or the texts where they are no JSON."""
        if identity.name not in self._known:
            self._known[identity.name] = []  # looked up once, and not again by the requests of the look-up itself
            profiles = [
                operation
                for operation in self.target.operations
                if ABOUT_ONESELF.search(operation.path)
                and graphql.reads(operation)
                and not (self.rules.described if operation.safe else self.rules.reason)(operation)
            ]
            answers = [self._answer(operation, identity) for operation in profiles[:MOST]]
            homes = [each for each in self.target.operations if each.safe and HOMES.search(each.path)]
            pages = [self._answer(each, identity) for each in homes[:MOST] if not self.rules.reason(each)]
            answers += [page for page in pages if page is not None and page.body is None]
            entered = self.authenticator.answers.get(identity.name)
            known = [answer for answer in (entered, *answers) if answer is not None]
            self._known[identity.name] = [answer.text if answer.body is None else answer.body for answer in known]
        return self._known[identity.name]

"""Somebody with a session of their own who is taken for another identity, because a header or a cookie beside it says so."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.authentication import believed_cookies
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_PAGES, MOST_COOKIES = 2, 10


def taken_for_another(
    scan: Scan, names: Iterable[str]
) -> tuple[ScanOperation, tuple[Identity, Identity], dict[str, str], list[Exchange]] | None:
    """Where an ordinary identity is shown what is another's, by which header, with two answers; else None.

    With a made-up name in the header, and with the right one in a header of another name, it is shown its own.
    """
    people = [each for each in scan.target.identities.values() if each.role != "admin"][:2]
    if len(people) < 2:  # noqa: PLR2004  # one and another
        return None
    sender, other = people
    pages = (each for each in scan.plan.operations if each.method == "GET" and not each.admin and "{" not in each.path)
    own = sorted((each for each in pages if each.secured is not False), key=lambda each: not ABOUT_ONESELF.search(each.path))
    for operation in own[:MOST_PAGES]:
        with suppress(NotEvaluatedError):
            page = _Page(scan, operation, sender, other)
            if not page.telling:
                continue
            user = other.username or other.name
            together = dict.fromkeys(names, user)
            ways = [{name: user} for name in names] if page.is_the_others(together) else []
            if session := scan.authenticator.credentials(sender).get("Cookie", ""):
                pairs = itertools.islice(believed_cookies.beside_session(scan, sender, other), MOST_COOKIES)
                ways += [{"Cookie": believed_cookies.joined(session, pair)} for pair in pairs]
            for way in ways:
                twice = [answer for _ in range(2) if (answer := page.is_the_others(way))]
                if len(twice) == 2 and not any(map(page.is_the_others, _controls(scan, way))):  # noqa: PLR2004  # twice
                    return operation, (sender, other), way, twice
    return None


def _controls(scan: Scan, way: dict[str, str]) -> list[dict[str, str]]:
    """The same without meaning: a made-up name in the header, and the name in a header that nobody knows."""
    name, value = next(iter(way.items()))
    if name != "Cookie":
        return [{name: f"qa{scan.random.number()}"}, {f"{name}-Qa": value}]
    kept, _, pair = value.rpartition("; ")
    cookie, _, content = pair.partition("=")
    return [{name: f"{kept}; {cookie}=qa{scan.random.number()}"}, {name: f"{kept}; {cookie}-qa={content}"}]


class _Page:
    """What an operation shows to each of two identities."""

    def __init__(self, scan: Scan, operation: ScanOperation, sender: Identity, other: Identity) -> None:
        self.scan, self.operation, self.sender = scan, operation, sender
        theirs = [set(comparison.leaves(answer).values()) for answer in scan.plan.control(operation, other)]
        own = [set(comparison.leaves(answer).values()) for answer in scan.plan.control(operation, sender)]
        of_sender: set[str] = set().union(*own)
        self.telling = set.intersection(*theirs) - of_sender  # what the other identity alone is shown, each time

    def is_the_others(self, headers: dict[str, str]) -> Exchange | None:
        """The answer to a request with these headers, if it shows what is the other identity's."""
        answer = self.scan.sender.send(self.operation, self.sender, headers=headers)
        return answer if answer.ok and self.telling <= set(comparison.leaves(answer).values()) else None

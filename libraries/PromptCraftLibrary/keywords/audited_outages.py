"""Keywords about the audit trail of a time in which a store of the platform was away."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary import auditing, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conventions, pointers
from theodore_qa.systems.exchange import Exchange  # Robot converts arguments by these hints

POLL = 0.2
WITHIN = timedelta(seconds=20)


class AuditedOutageKeywords:
    """The audit trail of outages."""

    @keyword(tags=("audit", "precondition"))
    def send_requests_to_be_audited(self, identity: str, *, times: int = 3) -> list[Exchange]:
        """Sends requests of which each has to be in the audit trail, and returns their answers, whatever these are.

        They are one that is public, one of nobody, and one within a session. What was not answered at all is left out.

        Args:
            identity: An identity that was signed in before.
            times: How often each of them is sent; 3 by default.

        Raises:
            NotEvaluatedError: None of them was answered.

        Example:

        ```robotframework
        ${fault} =    Lock Database    system=promptcraft
        ${answers} =    Send Requests To Be Audited    viewer
        Undo Fault    ${fault}
        Requests Should Be In The Trail    ${answers}    administrator=admin
        ```
        """
        realm = Realm(context.system)
        method, _, path = str(realm.words.needed("audit.version.operation")).partition(" ")
        token = context.system.token(identity)
        answers = []
        for _ in range(times):
            answers.append(realm.system.request(method, path))
            answers += [sign_on.sent(realm, "sign_on.profile"), sign_on.sent(realm, "sign_on.profile", token=token)]
        answered = [answer for answer in answers if answer.status]
        if not answered:
            raise NotEvaluatedError(f"NOT EVALUATED: none of {plural(len(answers), 'request')} was answered.")
        return answered

    @keyword(tags=("audit",))
    def requests_should_be_in_the_trail(
        self, answers: list[Exchange], *, administrator: str, timeout: timedelta = WITHIN
    ) -> None:
        """Checks that the audit trail has exactly one event of each request, with its status and its own time.

        Args:
            answers: What `Send Requests To Be Audited` returned.
            administrator: An identity of the same tenant that may read the trail.
            timeout: How long the events may take to come once everything is back; 20 seconds by default.

        Raises:
            CheckFailedError: Events are missing or twice: expected 1 event of each of 9 requests, observed 8 of 9.

        Example:

        ```robotframework
        ${answers} =    Send Requests To Be Audited    viewer
        Requests Should Be In The Trail    ${answers}    administrator=admin
        ```
        """
        realm = Realm(context.system)
        token = sign_on.session_of(realm, administrator)["access_token"]
        numbers = {auditing.number_of(realm, answer): answer for answer in answers}
        checks, deadline = Checks("Audited outage", administrator), time.monotonic() + timeout.total_seconds()
        field = realm.words.needed("audit.request")
        while True:
            events = auditing.listed(checks, realm, token, limit=auditing.MOST)
            found = [event for event in events if str(pointers.found(event, field)) in numbers]
            if len(found) >= len(numbers) or time.monotonic() > deadline:
                break
            time.sleep(POLL)
        times = Counter(str(pointers.found(event, field)) for event in found)
        right = sum(times[number] == 1 for number in numbers)
        expected, every = f"1 event of each of {plural(len(numbers), 'request')}", len(numbers)
        checks.that("audit.outage_events", right == every, expected, f"{right} of {every}", n=every)
        wrong = [difference for event in found if (difference := _otherwise(numbers[str(pointers.found(event, field))], event))]
        observed = "; ".join(wrong[:3]) or f"{len(found)} of {len(found)} events"
        checks.that("audit.outage_facts", bool(found) and not wrong, "the status and the time of each", observed, n=len(found))
        checks.conclude()


def _otherwise(answer: Exchange, event: dict[str, Any]) -> str:
    """What an event says otherwise of its request; empty if it says it rightly."""
    status, moment = pointers.found(event, "outcome.status_code"), event.get("timestamp")
    if status != answer.status:
        return f"status {status} for {answer.status} of {answer.method} {answer.path}"
    tolerance = timedelta(seconds=context.environment.clock_tolerance)
    try:
        latest = answer.sent + timedelta(seconds=answer.duration) + tolerance
        in_time = answer.sent - tolerance <= conventions.instant(str(moment)) <= latest
    except ValueError:
        in_time = False
    return "" if in_time else f"{moment} for {answer.sent.isoformat(timespec='milliseconds')} of {answer.method} {answer.path}"

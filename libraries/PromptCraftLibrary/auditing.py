"""Events of the audit trail, found by the number of a request and compared with what was sent and answered."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance, pointers
from theodore_qa.systems.conventions import instant

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

OK, UNAUTHORISED = 200, 401
CLIENT_HEADER = "X-Forwarded-For"  # in which anybody claims an address
FIRST_ERROR, FIRST_FAULT = 400, 500
MOST = 1000  # events of a list
MOST_SHOWN = 4
MILLISECONDS = 1000
LEAST_TOGETHER = 10  # requests whose durations are compared in all
LEAST_SHARE = 1 / 200  # of what was seen of them from outside, way and reading included


@dataclass(frozen=True)
class Attempt:
    """A request that was answered, and the session that it was sent with; empty for nobody."""

    answer: Exchange
    session: dict[str, Any]
    correlation: str = ""
    account: str = ""  # the id of the person at whose account a failed attempt was made

    @property
    def request(self) -> str:
        """Method and path."""
        return f"{self.answer.method} {urlsplit(self.answer.path).path}"


def listed(checks: Checks, realm: Realm, token: str, **query: Any) -> list[dict[str, Any]]:
    """The events of a tenant from the newest on; an answer that is no list is NOT EVALUATED."""
    method, _, path = str(realm.words.needed("audit.list")).partition(" ")
    asked_for = "&".join(f"{name}={value}" for name, value in query.items())
    answer = realm.system.request(method, f"{path}?{asked_for}" if asked_for else path, token=token)
    conformance.conform(checks, "audit.contract", answer)
    events = pointers.found(answer.body, "data") if answer.ok else None
    if not isinstance(events, list):
        raise NotEvaluatedError(f"Expected events from {method} {path}, observed {answer.status} with {answer.excerpt()}.")
    return [event for event in events if isinstance(event, dict)]


def number_of(realm: Realm, answer: Exchange) -> str:
    """The number of a request, which its answer names."""
    number = answer.headers.get(realm.words.needed("audit.request_header").lower(), "")
    if not number:
        raise NotEvaluatedError(
            f"The answer to {answer.method} {answer.path} names no request number: its event cannot be found."
        )
    return number


def compare(checks: Checks, realm: Realm, attempts: list[Attempt], events: list[dict[str, Any]]) -> None:
    """Record whether each request has exactly one event, and whether the events say of the requests what was seen of them."""
    field = realm.words.needed("audit.request")
    numbers = {number_of(realm, attempt.answer): attempt for attempt in attempts}
    times = Counter(str(pointers.found(event, field)) for event in events)
    wrong = [
        f"{plural(times[number], 'event')} of {attempt.request}" for number, attempt in numbers.items() if times[number] != 1
    ]
    expected = f"1 event of {'the request' if len(attempts) == 1 else f'each of {len(attempts)} requests'}"
    checks.that("audit.event", not wrong, expected, _some(wrong) or expected, n=len(attempts))
    found = [(numbers[number], event) for event in events if (number := str(pointers.found(event, field))) in numbers]
    off: dict[str, list[str]] = {}
    for attempt, event in found:
        for name, (value, observed, holds) in _facts(realm, attempt, event).items():
            off.setdefault(name, [])
            if not holds:
                off[name].append(f"{written(observed)} for {written(value)} of {attempt.request}")
    for name, sentences in off.items():
        expected = "as the request was sent and answered"
        checks.that(f"audit.says_{name}", not sentences, expected, _some(sentences) or expected, n=len(found))
    if len(found) >= LEAST_TOGETHER:
        _durations(checks, found)


def _durations(checks: Checks, found: list[tuple[Attempt, dict[str, Any]]]) -> None:
    """Record whether many events together say durations of the order of those that were seen: not in another unit."""
    stated = [pointers.found(event, "outcome.response_time_ms") for _, event in found]
    total = sum(value for value in stated if isinstance(value, int | float))
    seen = MILLISECONDS * sum(attempt.answer.duration for attempt, _ in found)
    expected = f"at least {LEAST_SHARE * seen:.1f} ms in all, of {seen:.0f} ms that were seen"
    checks.that("audit.says_milliseconds", total >= LEAST_SHARE * seen, expected, f"{total:.3f} ms", n=len(found))


def _facts(realm: Realm, attempt: Attempt, event: dict[str, Any]) -> dict[str, tuple[Any, Any, bool]]:
    """By the name of each fact: what is expected, what the event says, and whether that is right."""
    answer, user = attempt.answer, attempt.session.get("user") or {}
    path, failed = urlsplit(answer.path).path, answer.status >= FIRST_ERROR
    known = answer.status != UNAUTHORISED and bool(attempt.session)
    expected: dict[str, tuple[Any, str]] = {
        "kind": (kind_of(realm, answer), "event_type"),
        "category": (category_of(realm, kind_of(realm, answer)), "event_category"),
        "severity": ("error" if answer.status >= FIRST_FAULT else "warning" if failed else "info", "severity"),
        "status": ("failure" if failed else "success", "outcome.status"),
        "status_code": (answer.status, "outcome.status_code"),
        "method": (answer.method, "action.method"),
        "agent": (answer.sent_headers.get("User-Agent", ""), "context.user_agent"),
        "correlation": (attempt.correlation, "context.correlation_id"),
        "answer_size": (len(answer.content), "data.response_size_bytes"),
        "request_size": (len(answer.sent_body), "data.request_size_bytes"),
        "sensitive": (
            not failed and path.startswith(tuple(realm.words.needed("audit.sensitive"))),
            "data.sensitive_data_accessed",
        ),
    }
    if known:
        expected |= {
            "user": (user.get("user_id"), "user_id"),
            "tenant": (user.get("organization"), "organization_id"),
            "session": (attempt.session.get("session_id"), "session_id"),
        }
    elif attempt.account:
        expected["user"] = (attempt.account, "user_id")
    facts: dict[str, tuple[Any, Any, bool]] = {
        name: (value, seen := pointers.found(event, where), seen == value) for name, (value, where) in expected.items()
    }
    if not facts["agent"][0]:
        del facts["agent"]
    if "content-encoding" in answer.headers:  # it was another size when it was sent
        del facts["answer_size"]
    facts["endpoint"] = _endpoint(path, pointers.found(event, "action.endpoint"), pointers.found(event, "action.resource_id"))
    for name, pattern in dict(realm.words.get("audit.about", default={})).items():
        about = re.match(str(pattern), path)
        value, seen = about[1] if about else None, pointers.found(event, f"context.{name}")
        facts[name] = (value, seen, (seen or None) == value)
    if claimed := answer.sent_headers.get(CLIENT_HEADER):
        seen = pointers.found(event, "source.ip_address")
        facts["address"] = (f"another address than the claimed {claimed}", seen, bool(seen) and seen != claimed)
    message = pointers.found(event, "outcome.error_message")
    facts["error"] = ("a reason" if failed else None, message, bool(message) is failed)
    taken = pointers.found(event, "outcome.response_time_ms")
    longest = (answer.duration + realm.system.environment.clock_tolerance) * MILLISECONDS
    in_time = isinstance(taken, int | float) and 0 <= taken <= longest
    facts["duration"] = (f"at most {longest:.0f} ms", taken, in_time)
    facts["moment"] = _moment(realm, answer, event.get("timestamp"))
    return facts


def _endpoint(path: str, endpoint: Any, number: Any) -> tuple[Any, Any, bool]:
    """The operation: the path as it was sent, or with names in braces for what stands there, of which one is the resource."""
    pattern = "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", str(endpoint)))
    match = re.fullmatch(pattern, path)
    held = match is not None and (not match.groups() or number in match.groups())
    return path, f"{endpoint} with {number}" if number else endpoint, held


def _moment(realm: Realm, answer: Exchange, stated: Any) -> tuple[Any, Any, bool]:
    tolerance = timedelta(seconds=realm.system.environment.clock_tolerance)
    try:
        holds = answer.sent - tolerance <= instant(str(stated)) <= answer.sent + timedelta(seconds=answer.duration) + tolerance
    except (TypeError, ValueError):
        holds = False
    return answer.sent.isoformat(timespec="milliseconds"), stated, holds


def kind_of(realm: Realm, answer: Exchange) -> str:
    """The kind of event that a request is, by the vocabulary: by its status, its path, or its method."""
    kinds, path = realm.words.needed("audit.kinds"), urlsplit(answer.path).path
    statuses = {int(status): kind for status, kind in kinds["statuses"].items()}
    by_path = next((kind for begin, kind in kinds["paths"].items() if path.startswith(begin)), None)
    if path.startswith("/auth/") and by_path:
        return str(by_path)
    return str(statuses.get(answer.status) or by_path or kinds["methods"].get(answer.method, "data_access"))


def category_of(realm: Realm, kind: str) -> str:
    """The category of a kind of event, by the vocabulary."""
    return str(realm.words.needed("audit.categories").get(kind, realm.words.needed("audit.other_category")))


def _some(sentences: list[str]) -> str:
    more = f" and {len(sentences) - MOST_SHOWN} more" if len(sentences) > MOST_SHOWN else ""
    return "; ".join(sentences[:MOST_SHOWN]) + more

"""Answers compared with Theodore's contract, the OpenAPI document in resources/contracts."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import re
from collections import Counter, defaultdict
from email.utils import parsedate_to_datetime
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote

from theodore_qa import paths
from theodore_qa.agent import agent
from theodore_qa.context import context
from theodore_qa.environment import read_yaml
from theodore_qa.errors import unknown, UsageError
from theodore_qa.redaction.secrets import shortened
from theodore_qa.timing import show
from TheodoreLibrary import thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from theodore_qa.checks import Checks
    from theodore_qa.http import Answer

INVALID = 422
READABLE = 160
DOCUMENT = "theodore-v2.openapi.yaml"
PREFIX = "/api/v2"


# How often each operation was judged by the contract in this process, by the status of its answer.
exercised: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)


# When the answer with a request's identifier was asked for: an identifier that comes twice was not made for the second.
_numbered: dict[str, dt.datetime] = {}


def document() -> dict[str, Any]:
    """The contract: the environment's own, or the one that is shipped."""
    return _read(context.environment.contract or paths.shipped("contracts") / DOCUMENT)


@functools.cache
def _read(path: Path) -> dict[str, Any]:
    contract = read_yaml(path)
    if not isinstance(contract.get("paths"), dict) or not isinstance(contract.get("components"), dict):
        raise UsageError(f"The contract {path} is no OpenAPI document: it lacks paths or components.")
    return contract


@functools.cache
def _validator(pointer: str) -> Any:
    import jsonschema

    schema = {"$ref": f"#{pointer}", "components": document()["components"], "paths": document()["paths"]}
    return jsonschema.Draft202012Validator(schema, format_checker=_formats())


@functools.cache
def _formats() -> Any:
    import jsonschema

    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(lambda value: not isinstance(value, str) or bool(instant(value)))
    return checker


def instant(text: str) -> dt.datetime:
    """The moment that an ISO 8601 text names; without an offset it is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def is_bearer(challenge: str) -> bool:
    """Whether a WWW-Authenticate header asks for a bearer token (RFC 9110, 11.6.1)."""
    return challenge.replace(",", " ").split(" ")[0].lower() == "bearer"


def operation(method: str, path: str) -> tuple[str, str]:
    """The contract's path template and method for a request."""
    for template, methods in document()["paths"].items():
        if method.lower() in methods and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return template, method.lower()
    raise unknown(
        "operation",
        f"{method} {path}",
        [f"{m.upper()} {t}" for t, ms in document()["paths"].items() for m in ms],
        DOCUMENT,
    )


def is_documented(method: str, path: str) -> bool:
    """Whether the contract has an operation for a request."""
    try:
        operation(method, _below(path))
    except UsageError:
        return False
    return True


def _below(path: str) -> str:
    """A request's path as the contract writes it."""
    plain, own = path.partition("?")[0], context.environment.api_prefix
    return PREFIX + plain.removeprefix(own) if plain.startswith(own) else plain


def conforms(checks: Checks, check: str, *answers: Answer) -> None:
    """Record whether answers are as in the contract."""
    found = list(dict.fromkeys(problem for answer in answers for problem in problems(answer)))
    wanted, right = ("an answer", "it is") if len(answers) == 1 else ("answers", "they are")
    checks.that(check, not found, f"{wanted} as in the contract", "; ".join(found) or right, n=len(answers))


def watch(answer: Answer) -> list[str]:
    """What is wrong with any answer: by the contract, or, of an operation that it does not have, by the shape of errors."""
    if is_documented(answer.method, answer.path):
        return problems(answer)
    place = f"{answer.method} {answer.path}"
    return [*envelope(answer, place), *stale(answer, place), *_slow(answer, place)]


def problems(answer: Answer) -> list[str]:
    """What is wrong with an answer according to the contract, each as one phrase; empty if nothing is."""
    template, method = operation(answer.method, _below(answer.path))
    exercised[template, method][answer.status] += 1
    responses = document()["paths"][template][method]["responses"]
    place = f"{answer.method} {template}"
    if str(answer.status) not in responses:
        return [f"{place} answered {answer.status}, which the contract does not name ({', '.join(responses)})"]
    content = responses[str(answer.status)].get("content", {"application/json": None})
    if "application/json" not in content:
        expected = next(iter(content))
        given = answer.headers.get("content-type", "none")
        return [] if given.startswith(expected) else [f"{place} answered with content type '{given}' instead of {expected}"]
    if "application/json" not in answer.headers.get("content-type", ""):
        return [f"{place} answered with content type '{answer.headers.get('content-type', 'none')}' instead of JSON"]
    if answer.body is None:
        return [f"{place} answered with {answer.excerpt()} instead of JSON"]
    response = responses[str(answer.status)]
    pointer = response.get("$ref", "").removeprefix("#") or _pointer("paths", template, method, "responses", str(answer.status))
    errors = _validator(pointer + "/content/application~1json/schema").iter_errors(answer.body)
    found = [f"{place}: {_phrase(error)}" for error in errors]
    return list(
        dict.fromkeys(
            [
                *found,
                *envelope(answer, place),
                *stale(answer, place),
                *_lifetime(answer, place),
                *_contradictions(answer, place),
                *_slow(answer, place),
            ]
        )
    )


def _contradictions(answer: Answer, place: str) -> Iterator[str]:
    """What an answer says twice, and differently."""
    body = answer.body if isinstance(answer.body, dict) else {}
    for count, listed in (("count", "suggestions"), ("total_found", "results")):
        said, there = body.get(count), body.get(listed)
        if isinstance(said, int) and isinstance(there, list) and said != len(there):
            yield f"{place}: {count} is {said}, and there are {len(there)} {listed}"
    if isinstance(body.get("offset"), int) and "offset=" not in answer.path and body["offset"] != 0:
        yield f"{place}: offset is {body['offset']}, and none was asked for"
    told = body.get("progress")
    progress = told if isinstance(told, dict) else body
    began, changed = progress.get("started_at"), progress.get("updated_at")
    if isinstance(began, str) and isinstance(changed, str):
        try:
            backwards = instant(began) > instant(changed)
        except ValueError:
            return  # the schema says so already
        if backwards:
            yield f"{place}: it was started at {began}, after it was last changed at {changed}"


def _slow(answer: Answer, place: str) -> Iterator[str]:
    limit = thresholds.answer_time()
    if answer.duration > limit and agent.calm_at(answer.sent):  # who is hit by a fault may be slow
        yield f"{place}: the answer took {show(answer.duration)}, at most {show(limit)} are allowed"


def _lifetime(answer: Answer, place: str) -> Iterator[str]:
    """A JSON Web Token says itself how long it is valid; that has to be what the answer says."""
    body = answer.body if isinstance(answer.body, dict) else {}
    token, told = body.get("access_token"), body.get("expires_in")
    refresh = body.get("refresh_token")
    if isinstance(refresh, str) and refresh.count(".") == 2 and not refresh.startswith("eyJ"):  # noqa: PLR2004  # a JWT's parts
        yield f"{place}: the refresh_token is no JSON Web Token, although it has three parts"
    if not isinstance(token, str) or token.count(".") != 2 or not isinstance(told, int | float):  # noqa: PLR2004  # a JWT's parts
        return
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends = float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return
    valid = ends - answer.sent.timestamp()
    if abs(valid - told) > context.environment.clock_tolerance + 1:
        yield f"{place}: expires_in is {told}, but the token is valid for {valid:.0f} s"


def stale(answer: Answer, place: str) -> Iterator[str]:
    """An answer that dates itself outside the time in which we waited for it was recorded or cached."""
    tolerance = dt.timedelta(seconds=context.environment.clock_tolerance)
    dated: dict[str, Any] = {"timestamp": answer.body.get("timestamp")} if isinstance(answer.body, dict) else {}
    try:
        dated["Date header"] = parsedate_to_datetime(answer.headers["date"]).isoformat() if "date" in answer.headers else None
    except ValueError:
        dated["Date header"] = answer.headers["date"]
    number = answer.headers.get("x-request-id")
    if number and _numbered.setdefault(number, answer.sent) != answer.sent:
        yield f"{place}: the X-Request-ID {number} was that of an earlier answer: this one was repeated or cached"
    for name, text in dated.items():
        if text is None:
            continue
        try:
            moment = instant(str(text))
        except ValueError:
            yield f"{place}: the {name} '{text}' is no time"
            continue
        second = dt.timedelta(seconds=1 if name == "Date header" else 0)
        if not answer.sent - tolerance - second <= moment <= answer.sent + dt.timedelta(seconds=answer.duration) + tolerance:
            asked = f"{answer.sent:%H:%M:%S}"
            yield (
                f"{place}: the {name} {text} is not of the moment of the request ({asked}): "
                f"a recorded or cached answer, or clocks that differ (clock_tolerance)"
            )


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _phrase(error: Any) -> str:
    best = min(error.context, key=lambda inner: -len(inner.absolute_path)) if error.context else error
    where = ".".join(str(part) for part in best.absolute_path) or "the answer"
    if best.validator == "required":
        missing = [key for key in best.validator_value if key not in best.instance]
        return f"{where} lacks {', '.join(missing)}"
    return f"{where}: {shortened(best.message, READABLE)}"


def envelope(answer: Answer, place: str) -> Iterator[str]:
    """What is wrong with an error's envelope: it names the status, the path and the request."""
    body = answer.body
    if answer.status < 400 or answer.method == "HEAD":  # noqa: PLR2004  # errors begin here
        return
    if not isinstance(body, dict):
        yield f"{place}: the error is {answer.excerpt()} instead of a JSON object"
        return
    expected = {"status_code": answer.status, "path": unquote(answer.path.partition("?")[0])}
    if "x-request-id" in answer.headers:
        expected["request_id"] = answer.headers["x-request-id"]
    for name, value in expected.items():
        if body.get(name) != value:
            yield f"{place}: the error's {name} is {body.get(name)!r} instead of {value!r}"
    for name in ("message", "timestamp"):
        if not isinstance(body.get(name), str) or not body[name]:
            yield f"{place}: the error's {name} is {body.get(name)!r} instead of a text"
    if answer.status == INVALID and not _says_what_is_invalid(body.get("details")):
        yield f"{place}: the error's details do not say what is wrong where (a list of type, loc and msg)"
    code = {INVALID: "VALIDATION_ERROR", 429: "RATE_LIMIT_EXCEEDED"}.get(
        answer.status,
        "HTTP_ERROR" if answer.status < 500 else "INTERNAL_SERVER_ERROR",  # noqa: PLR2004  # server errors
    )
    if body.get("error") != code:
        yield f"{place}: the error is {body.get('error')!r} instead of {code!r}"


def _says_what_is_invalid(details: Any) -> bool:
    """Whether the details of a validation error name, for each thing that is wrong, its kind, its place and what is wrong."""
    listed = details if isinstance(details, list) and details else [None]
    return all(
        isinstance(one, dict) and one.get("type") and isinstance(one.get("loc"), list) and one["loc"] and one.get("msg")
        for one in listed
    )

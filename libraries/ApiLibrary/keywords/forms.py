"""Keywords for the form of answers: fields, times, errors, repeated requests and identifiers."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from ApiLibrary import fields, requests, timestamps
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance

FIRST_ERROR = 400
ERROR_FIELDS = ("error", "message", "status_code", "timestamp", "path", "request_id")
REQUEST_ID = "x-request-id"


class FormKeywords:
    """The form of answers."""

    @keyword(tags=("response",))
    def response_should_have_fields(
        self, request: Any, *names: str, identity: str | None = None, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        """Checks that a response has each of the fields, with a value that is not null.

        Args:
            request: A request to send, such as ``GET /orders/7``, or a response that an earlier keyword returned.
            names: Locations of fields, such as ``items.0.id``.
            identity: The identity that sends the request; by default the first one of the system. NOBODY sends it anonymously.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            headers: Headers in addition to those that authenticate the identity; none by default.

        Example:

        ```robotframework
        Response Should Have Fields    GET /health    status    version    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        checks = Checks("Fields", f"{exchange.method} {exchange.path}")
        for name in names:
            present, value = fields.found(exchange, name)
            observed = "no such field" if not present else "null" if value is None else f"a {_kind(value)}"
            checks.that(f"api.present.{name}", present and value is not None, "a value", observed)
        checks.conclude()

    @keyword(tags=("response",))
    def response_times_should_have_a_zone(
        self, request: Any, *, identity: str | None = None, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        """Checks that each time in the JSON of a response has a zone; a response without a time is NOT EVALUATED.

        Args:
            request: A request to send, such as ``GET /orders/7``, or a response that an earlier keyword returned.
            identity: The identity that sends the request; by default the first one of the system. NOBODY sends it anonymously.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            headers: Headers in addition to those that authenticate the identity; none by default.

        Example:

        ```robotframework
        Response Times Should Have A Zone    GET /health    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        checks = Checks("Times", f"{exchange.method} {exchange.path}")
        found = list(timestamps.of(exchange.body))
        if not found:
            checks.not_evaluated("api.zone", "times with a zone", "no time in the response")
        else:
            without = [f"{location}: {text}" for location, text in found if not timestamps.has_zone(text)]
            observed = ", ".join(without) or f"{len(found)} of {len(found)} times with a zone"
            checks.that("api.zone", not without, "times with a zone", observed, n=len(found))
        checks.conclude()

    @keyword(tags=("response",))
    def error_should_have_the_documented_form(
        self,
        request: Any,
        status: int,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Checks that an error has the fields of the contract, and its own status, path and request identifier.

        The fields are error, message, status_code, timestamp, path and request_id; the last is the header X-Request-ID.

        Args:
            request: A request to send, such as ``GET /orders/7``, or a response that an earlier keyword returned.
            status: The expected status, from 400 to 599.
            identity: The identity that sends the request; by default the first one of the system. NOBODY sends it anonymously.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            headers: Headers in addition to those that authenticate the identity; none by default.

        Example:

        ```robotframework
        Error Should Have The Documented Form    GET /research/unknown    404
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        checks = Checks("Error", f"{exchange.method} {exchange.path.partition('?')[0]}")
        conformance.answered(checks, "api.error.status", status, exchange)
        error = exchange.object()
        missing = [name for name in ERROR_FIELDS if error.get(name) in (None, "")]
        observed = f"without {', '.join(missing)}" if missing else ", ".join(ERROR_FIELDS)
        checks.that("api.error.fields", not missing, ", ".join(ERROR_FIELDS), observed, n=len(ERROR_FIELDS))
        checks.equal("api.error.status_code", exchange.status, error.get("status_code"))
        checks.equal("api.error.path", exchange.path.partition("?")[0], error.get("path"))
        sent = exchange.headers.get(REQUEST_ID)
        same = bool(sent) and error.get("request_id") == sent
        checks.that("api.error.request_id", same, f"the header's {sent}", error.get("request_id"))
        checks.conclude()

    @keyword(tags=("response",))
    def reading_twice_should_give_the_same(self, request: str, *ignored: str, identity: str | None = None) -> None:
        """Sends a safe request twice and checks that both responses have the same status and JSON.

        Args:
            request: A request such as ``GET /orders/7``.
            ignored: Fields, at any depth, that may change by themselves, such as timestamp.
            identity: The identity that sends the requests; by default the first one of the system. NOBODY sends them anonymously.

        Example:

        ```robotframework
        Reading Twice Should Give The Same    GET /version
        ```
        """
        first, second = (requests.sent(request, identity=identity) for _ in range(2))
        checks = Checks("Read twice", f"{first.method} {first.path}")
        conformance.answered(checks, "api.repeated_status", 200, first)
        before, after = (_without(ignored, answer.object()) for answer in (first, second))
        differing = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
        observed = f"other values of {', '.join(differing)}" if differing else f"{len(before)} of {len(before)} fields equal"
        same = bool(before) and first.status == second.status and not differing
        checks.that("api.repeated", same, "the same status and fields", observed, n=2)
        checks.conclude()

    @keyword(tags=("response",))
    def identifiers_should_be_distinct(
        self, request: str, field: str, *, times: int = 3, parallel: bool = False, body: Any = None, identity: str | None = None
    ) -> None:
        """Sends a request several times and checks that each response has an identifier of its own.

        Args:
            request: A request that creates something, such as ``POST /orders``.
            field: The field with the identifier.
            times: The number of requests; 3 by default.
            parallel: Whether the requests are sent side by side; one after another by default.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            identity: The identity that sends the requests; by default the first one of the system.

        Example:

        ```robotframework
        Identifiers Should Be Distinct    POST /auth/api-keys    key_id    body={"name": "quality assurance"}
        ```
        """

        def send() -> Any:
            return requests.sent(request, identity=identity, body=body)

        if parallel:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(times) as pool:
                running = [pool.submit(send) for _ in range(times)]
                answers = [future.result() for future in running]
        else:
            answers = [send() for _ in range(times)]
        found = [fields.found(answer, field)[1] for answer in answers]
        checks = Checks("Identifiers", f"{answers[0].method} {answers[0].path}")
        distinct = len(set(map(str, found))) == len(found) and all(found)
        checks.that("api.identifiers", distinct, f"{plural(times, 'different value')} of {field}", written(found), n=times)
        checks.conclude()


def _without(names: tuple[str, ...], value: Any) -> Any:
    """A JSON value without fields of these names."""
    if isinstance(value, dict):
        return {name: _without(names, item) for name, item in value.items() if name not in names}
    return [_without(names, item) for item in value] if isinstance(value, list) else value


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", str: "text", int: "number", float: "number", list: "list", dict: "mapping"}
    return kinds[type(value)]

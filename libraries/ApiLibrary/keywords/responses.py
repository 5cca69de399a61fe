"""Keywords that read responses and hold them to something."""

from __future__ import annotations

from typing import Any

from assertionengine import AssertionOperator  # Robot converts by annotations
from robotlibcore import keyword

from ApiLibrary import fields, requests
from theodore_qa.context import context
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance

JSON_PATH = "dots lead inwards and numbers into lists (``items.0.id``); a JSON pointer does as well (``/items/0/id``)"


class ResponseKeywords:
    """Status, fields, headers, duration and schema of responses."""

    @keyword(tags=("response",))
    def get_response_status(
        self,
        request: Any,
        op: AssertionOperator = None,
        expected: int | None = None,
        message: str | None = None,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> int:
        """Returns the status of a response, compared with ``expected`` if an operator is given.

        Args:
            request: A request to send now, such as ``GET /orders/7``, or a response that came before.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with; is a status of HTTP.
            message: Message of a failure instead of the usual one.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        Get Response Status    GET /health    ==    200    identity=NOBODY
        ```
        """
        if expected is not None:
            conformance.refuse_unknown_status(expected)
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        return int(asserted("api.status", exchange.status, op, expected, message, subject=_request_of(exchange)))

    @keyword(tags=("response",))
    def get_response_field(
        self,
        request: Any,
        field: str,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Returns a field of a response's JSON, compared with ``expected`` if an operator is given.

        A field that is not there is a failure. An ``expected`` value that the contract's enum does not have is an error with the
        nearest one, since a comparison with it says nothing.

        Args:
            request: A request to send now, such as ``GET /orders/7``, or a response that came before.
            field: Its place, such as ``items.0.id``: dots lead inwards, numbers into lists; or a JSON pointer.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with; a number or boolean is compared as such.
            message: Message of a failure instead of the usual one.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        Get Response Field    GET /health    status    ==    healthy    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        value = fields.value(exchange, field)
        fields.refuse_beyond_enum(context.system, exchange, field, expected)
        compared_with = fields.typed(expected, value)
        return asserted(f"api.field.{field}", value, op, compared_with, message, subject=_request_of(exchange))

    @keyword(tags=("response",))
    def get_response_header(
        self,
        request: Any,
        name: str,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> str | None:
        """Returns a header of a response, None where it has none of this name, compared if an operator is given.

        Args:
            request: A request to send now, such as ``GET /orders/7``, or a response that came before.
            name: The header; case does not matter.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with.
            message: Message of a failure instead of the usual one.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        Get Response Header    GET /health    Content-Type    contains    json    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        value = exchange.headers.get(name.lower())
        observed = "" if value is None and op is not None and op.name in fields.OF_TEXTS else value
        return asserted(f"api.header.{name.lower()}", observed, op, expected, message, subject=_request_of(exchange)) or value

    @keyword(tags=("response",))
    def get_response_duration(
        self,
        request: Any,
        op: AssertionOperator = None,
        expected: float | None = None,
        message: str | None = None,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> float:
        """Returns how many seconds a response took, head and body, by our own clock, compared if an operator is given.

        Args:
            request: A request to send now, such as ``GET /orders/7``, or a response that came before.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with; in seconds.
            message: Message of a failure instead of the usual one.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        Get Response Duration    GET /health    <    2    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        return float(asserted("api.duration", exchange.duration, op, expected, message, subject=_request_of(exchange)))

    @keyword(tags=("response",))
    def response_should_match_schema(
        self,
        request: Any,
        schema: Any,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Checks the JSON of a response by a JSON Schema (draft 2020-12).

        Args:
            request: A request to send now, such as ``GET /orders/7``, or a response that came before.
            schema: A dictionary, JSON text, or a file of the project (``.json`` or ``.yaml``).
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        VAR    &{status}    type=string
        VAR    &{properties}    status=${status}
        VAR    &{schema}    type=object    properties=${properties}
        Response Should Match Schema    GET /health    ${schema}    identity=NOBODY
        ```
        """
        exchange = requests.response(request, identity=identity, body=body, headers=headers)
        checks = Checks("Schema", _request_of(exchange))
        if exchange.body is None and exchange.text.strip() != "null":
            checks.that("api.schema", holds=False, expected="JSON", observed=exchange.excerpt())
        else:
            problems = fields.violations(schema, exchange.body)
            checks.that("api.schema", not problems, "JSON as the schema has it", "; ".join(problems[:5]) or exchange.excerpt())
        checks.conclude()

    @keyword(tags=("response",))
    def response_should_be_as_in_the_contract(
        self,
        response: Any,
        status: int = 200,
        *,
        identity: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Checks a response: its status, and its media type and body by the system's contract.

        A response of another host is none of the system's: that is an error. An operation that the contract does not have is one
        too, with the nearest; one that is not understood is NOT EVALUATED.

        Args:
            response: What `Send Request` or a keyword of RequestsLibrary returned, or a request to send now.
            status: The expected status; 200 by default.
            identity: Who sends; the first identity of the system by default, NOBODY for nobody.
            body: What to send as JSON: a dictionary, a list, or JSON text; nothing by default.
            headers: Headers beside those by which the identity is known.

        Example:

        ```robotframework
        ${response} =    Send Request    GET /version    identity=NOBODY
        Response Should Be As In The Contract    ${response}    200
        ```
        """
        conformance.refuse_unknown_status(status)
        exchange = requests.response(response, identity=identity, body=body, headers=headers)
        checks = Checks("Response", _request_of(exchange))
        checks.equal("api.status", status, exchange.status)
        conformance.conform_to_document(checks, "api.contract", context.system, exchange)
        checks.conclude()

    @keyword(tags=("response",))
    def response_field_should_be(self, response: Any, field: str, expected: Any) -> None:
        """Checks one field of the JSON of a response.

        Args:
            response: What `Send Request` or a keyword of RequestsLibrary returned, or a request to send now.
            field: Its place: dots lead inwards and numbers into lists, as in components.database.status.
            expected: The value; numbers and booleans are compared by their text.

        Example:

        ```robotframework
        Response Field Should Be    GET /health    status    healthy
        ```
        """
        exchange = requests.response(response)
        fields.refuse_beyond_enum(context.system, exchange, field, expected)
        present, value = fields.found(exchange, field)
        observed = str(value) if present else "no such field"
        checks = Checks("Response", _request_of(exchange))
        checks.that(f"api.field.{field}", present and observed == str(expected), expected, observed)
        checks.conclude()


def _request_of(exchange: Any) -> str:
    return f"{exchange.method} {exchange.path}"

"""Requests generated from a contract, valid and invalid, and what is wrong with their answers.

Schemathesis makes single requests by the strategies that it derives from the schemas; those at the boundaries of each value are
our own (``boundaries``), and so is what is sent, as whom, and how answers are judged.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from ApiLibrary import boundaries, operations
from ApiLibrary.boundaries import Request
from theodore_qa import extras
from theodore_qa.openapi import formats
from theodore_qa.systems.contract import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.openapi import Document, Operation, Parameter
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

SERVER_ERROR, CLIENT_ERROR, UNAUTHORISED = 500, 400, 401
REFUSED_AS_INVALID = (415, 422)
JSON = "application/json"
LONGEST_PHRASE = 160  # characters
STREAM = "text/event-stream"


@dataclass
class Tried:
    """One operation with the numbers of requests that were sent to it, and the problems of their answers."""

    label: str
    valid: int = 0
    invalid: int = 0
    problems: list[str] = field(default_factory=list)
    not_evaluated: str = ""


def tried(system: System, identity: Identity | None, examples: int, seed: int) -> Iterator[Tried]:
    """Send to each operation of the contract ``examples`` valid and as many invalid requests as ``identity``."""
    extras.demand("schemathesis", "generated requests")
    import schemathesis

    document = system.contract.needed
    known = {(operation.method, operation.path): operation for operation in document.operations}
    results: Any = schemathesis.openapi.from_dict(_open(document)).get_all_operations()
    for result in results:
        try:
            generated = result.ok()
        except Exception as error:  # noqa: BLE001  # whatever Schemathesis cannot make something of is not evaluated
            yield Tried("an operation", not_evaluated=f"Schemathesis does not understand it: {str(error).splitlines()[0]}")
            continue
        operation = known.pop((generated.method.upper(), generated.path), None)
        if operation is None:
            continue
        outcome = Tried(operation.label, not_evaluated=_skip_reason(system, operation))
        if not outcome.not_evaluated:
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                positive = mode is schemathesis.GenerationMode.POSITIVE
                for case in _cases(generated, mode, examples, seed):
                    _try(system, identity, outcome, _request(case, operation), operation, meant_to_be_valid=positive)
            for request in boundaries.requests(system, operation):
                _try(system, identity, outcome, request, operation, meant_to_be_valid=True)
        yield outcome
    for operation in known.values():
        yield Tried(operation.label, not_evaluated="Schemathesis does not have it")


def _skip_reason(system: System, operation: Operation) -> str:
    """Why no requests are generated for an operation; empty if they are."""
    if operation.problems:
        return "; ".join(map(str, operation.problems))
    streams = any(STREAM in response.content for response in operation.responses.values())
    return operations.not_sent(system, operation) or ("it is a stream" if streams else "")


def _open(document: Document) -> dict[str, Any]:
    """The document without its security schemes, which Schemathesis would apply itself."""
    whole: dict[str, Any] = json.loads(json.dumps(document.raw))
    (whole.get("components") or {}).pop("securitySchemes", None)
    for key in ("security", "securityDefinitions"):
        whole.pop(key, None)
    for item in whole["paths"].values():
        for operation in item.values() if isinstance(item, dict) else ():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return whole


def _cases(operation: Any, mode: Any, examples: int, seed: int) -> list[Any]:
    """Cases of a Schemathesis operation, the same ones for the same seed; fewer than ``examples`` where there are no more."""
    import hypothesis

    settings = hypothesis.settings(
        max_examples=examples,
        database=None,  # a failing case of an earlier run would come first: draws must depend on the seed alone
        deadline=None,
        phases=[hypothesis.Phase.generate],  # nothing fails while cases are drawn, so there is nothing to shrink
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    cases: list[Any] = []

    @hypothesis.seed(seed)
    @settings
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:
        return cases
    return cases


def _request(case: Any, operation: Operation) -> Request:
    """What Schemathesis made, as far as it is sent; whoever sends adds what it is known by."""
    media, content = _body(case, operation)
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    known = {parameter.name.lower(): parameter.name for parameter in operation.parameters if parameter.location == "header"}
    headers = {known[name.lower()]: str(value) for name, value in (case.headers or {}).items() if name.lower() in known}
    return Request(dict(case.path_parameters or {}), query, headers, media, content)


def _try(
    system: System,
    identity: Identity | None,
    outcome: Tried,
    request: Request,
    operation: Operation,
    *,
    meant_to_be_valid: bool,
) -> None:
    """Send a request if the contract decides whether it is valid, and note what is wrong with its answer."""
    wrong = _invalid(system.contract.needed, operation, request)
    if wrong is None or (not wrong and not meant_to_be_valid):
        return
    sender = identity if operation in operations.needing_identity(system.contract) else None
    exchange = _sent(system, identity, sender, operation, request)
    outcome.invalid += bool(wrong)
    outcome.valid += not wrong
    outcome.problems += _problems(exchange, wrong, known=sender is not None)


def _sent(system: System, identity: Identity | None, sender: Identity | None, operation: Operation, request: Request) -> Exchange:
    """Send a request. One that signs out gets a session of its own: it must not end the session of all others."""
    signs_out = identity is not None and _is_sign_out(system, operation)
    if identity and signs_out:
        system.authenticator.forget(identity)
    media = {"Content-Type": request.media} if request.content is not None else {}
    exchange = system.request(
        operation.method,
        request.path_of(operation),
        content=request.content,
        identity=sender,
        headers=request.headers | media,
    )
    if identity and signs_out:
        system.authenticator.forget(identity)
    return exchange


def _is_sign_out(system: System, operation: Operation) -> bool:
    declared = system.declared.sign_out
    return bool(declared) and " ".join(system.located(declared)) == system.contract.label(operation)


def _problems(exchange: Exchange, wrong: str, *, known: bool) -> Iterator[str]:
    """What is wrong with an answer; ``wrong`` says why the request was invalid, ``known`` whether it had credentials."""
    yield from exchange.wrong
    if exchange.status >= SERVER_ERROR:
        yield f"{exchange.status} for {exchange.method} {exchange.path[:120]}"
    elif wrong and exchange.status < CLIENT_ERROR:
        yield f"an invalid request was accepted: {wrong}"
    elif not wrong and exchange.status in REFUSED_AS_INVALID:
        yield f"a valid request was refused: {exchange.excerpt(200)}"
    elif not wrong and exchange.status == UNAUTHORISED and known:
        yield "a request with credentials was refused"


def _body(case: Any, operation: Operation) -> tuple[str, bytes | None]:
    media = str(case.media_type or next(iter(operation.bodies), JSON))
    if isinstance(case.body, bytes):
        return media, case.body
    return media, None if type(case.body).__name__ == "NotSet" else json.dumps(case.body).encode()


def _invalid(document: Document, operation: Operation, request: Request) -> str | None:
    """Why the contract forbids a request; empty if it does not, None where that can't be said for certain."""
    given = {"path": request.path, "query": request.query, "header": request.headers}
    for parameter in operation.parameters:
        if parameter.location in given:
            wrong = _wrong_parameter(document, parameter, given[parameter.location])
            if wrong != "":
                return wrong
        elif parameter.required:
            return None  # a cookie is not sent
    return _wrong_body(document, operation, request.media, request.content) if operation.bodies else ""


def _wrong_parameter(document: Document, parameter: Parameter, values: dict[str, Any]) -> str | None:
    name, schema = parameter.name, document.resolved(parameter.schema)
    if name not in values:
        return f"{name} is missing" if parameter.required else ""
    value = values[name]
    if not isinstance(schema, dict):
        return None
    on_the_wire = isinstance(value, list) == (schema.get("type") == "array") and not isinstance(value, dict)
    if not on_the_wire or (value == "" and schema.get("type") != "string"):
        return None
    read = value if isinstance(value, list) else from_text(str(value), schema.get("type"))
    problem = next(iter(document.errors(schema, read, sent=True)), "")
    if problem:
        return _about(name, problem)
    return "" if _is_certain(document, schema, read) else None


def _wrong_body(document: Document, operation: Operation, media: str, content: bytes | None) -> str | None:
    if content is None:
        return "the body is missing" if operation.body_required else ""
    body = operation.bodies.get(media)
    if body is None or not media.endswith(("/json", "+json")):
        return None
    try:
        sent = json.loads(content)
    except ValueError:
        return "the body is no JSON"
    if problem := next(iter(document.errors(body.schema, sent, sent=True)), ""):
        return _about("the body", problem)
    return "" if not _ranges_cross(sent) and _is_certain(document, body.schema, sent) else None


def _is_certain(document: Document, schema: Any, value: Any) -> bool:
    """Whether a value that its schema allows is good for certain: no format that is not checked forbids it."""
    with formats.only_certain():
        return not any(document.errors(schema, value, sent=True))


def _about(what: str, phrase: str) -> str:
    """A phrase about a whole request as one about a part of it."""
    about = f"{what} {phrase.removeprefix('the request').lstrip(':').lstrip()}"
    return about if len(about) <= LONGEST_PHRASE else f"{about[: LONGEST_PHRASE // 2]} … {about[-LONGEST_PHRASE // 2 :]}"


def _ranges_cross(body: Any) -> bool:
    """Whether a body has both ends of a range, such as founded_after and founded_before: their order is beyond the schema."""
    if isinstance(body, list):
        return any(map(_ranges_cross, body))
    if not isinstance(body, dict):
        return False
    names = {str(name) for name, value in body.items() if value is not None}
    ends = (("after", "before"), ("min", "max"), ("from", "to"), ("start", "end"))
    for low, high in ends:
        if any(name.replace(low, high) in names for name in names if low in name.split("_")):
            return True
    return any(map(_ranges_cross, body.values()))

"""Requests generated from the contract, valid and invalid, and what is wrong with their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from TheodoreLibrary import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.http import Answer

SERVER_ERROR, CLIENT_ERROR, UNAUTHORISED = 500, 400, 401
JSON = {"Content-Type": "application/json"}
SIGNING_OUT = "/api/v2/auth/logout"
STREAM = "/stream"


@dataclass
class Tried:
    """One operation with the requests that were sent to it, and what was wrong with the answers."""

    label: str
    valid: int = 0
    invalid: int = 0
    problems: list[str] = field(default_factory=list)


def tried(identity: str, examples: int, seed: int) -> Iterator[Tried]:
    """Send to each operation of the contract ``examples`` valid and as many invalid requests."""
    schemathesis, generation, given, settings = _generator()
    open_document = json.loads(json.dumps(contract.document()))
    open_document["components"].pop("securitySchemes", None)
    for methods in open_document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    for result in schemathesis.openapi.from_dict(open_document).get_all_operations():
        operation = result.ok()
        one = Tried(f"{operation.method.upper()} {operation.path}")
        if not operation.path.endswith(STREAM):
            for mode in (generation.POSITIVE, generation.NEGATIVE):
                for case in _cases(operation, mode, given, settings(examples, seed)):
                    _try(one, case, identity, meant_to_be_valid=mode is generation.POSITIVE)
        yield one


def _generator() -> Any:
    try:
        import hypothesis
        import schemathesis
    except ImportError:
        raise UsageError("Generated requests need schemathesis: pip install 'robotframework-theodore[contract]'.") from None

    def settings(examples: int, seed: int) -> Any:
        chosen = hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        return lambda function: hypothesis.seed(seed)(chosen(function))

    return schemathesis, schemathesis.GenerationMode, hypothesis.given, settings


def _cases(operation: Any, mode: Any, given: Any, decorate: Any) -> list[Any]:
    import hypothesis

    cases: list[Any] = []

    @decorate
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:
        return cases
    return cases


def _try(one: Tried, case: Any, identity: str, *, meant_to_be_valid: bool) -> None:
    method, template = case.method.upper(), case.operation.path
    content = _body(case)
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    declared = contract.document()["paths"][template][method.lower()]
    wrong = _invalid(declared, case.path_parameters or {}, query, content)
    if wrong is None or (not wrong and not meant_to_be_valid):
        return
    path = case.formatted_path + (f"?{urlencode(query, doseq=True)}" if query else "")
    if template == SIGNING_OUT:
        context.forget_token(identity)
    token = context.token(identity) if "security" in declared else None
    answer = context.http.request(
        method,
        context.environment.api_prefix + path.removeprefix(contract.PREFIX) if path.startswith(contract.PREFIX) else path,
        content=content,
        token=token,
        headers=JSON if content is not None else None,
    )
    if template == SIGNING_OUT:
        context.forget_token(identity)
    one.invalid += bool(wrong)
    one.valid += not wrong
    one.problems += _problems(answer, declared, wrong)


def _problems(answer: Answer, declared: dict[str, Any], wrong: str) -> Iterator[str]:
    yield from contract.problems(answer)
    if answer.status >= SERVER_ERROR:
        yield f"{answer.status} for {answer.method} {answer.path[:120]}"
    elif wrong and answer.status < CLIENT_ERROR:
        yield f"an invalid request was accepted: {wrong}"
    elif not wrong and answer.status in (422, 415):
        yield f"a valid request was refused: {answer.excerpt(200)}"
    elif not wrong and answer.status == UNAUTHORISED and "security" in declared:
        yield "a request with a token was refused"


def _body(case: Any) -> bytes | None:
    if isinstance(case.body, bytes):
        return case.body
    return None if type(case.body).__name__ == "NotSet" else json.dumps(case.body).encode()


def _invalid(declared: dict[str, Any], path: dict[str, Any], query: dict[str, Any], content: bytes | None) -> str | None:
    """Why the contract forbids a request; empty if it does not, None where that can't be said for certain."""
    for parameter in declared.get("parameters", []):
        wrong = _wrong_parameter(parameter, path if parameter["in"] == "path" else query)
        if wrong != "":
            return wrong
    asked = declared.get("requestBody")
    return _wrong_body(asked, content) if asked else ""


def _wrong_parameter(parameter: dict[str, Any], given: dict[str, Any]) -> str | None:
    name, schema = parameter["name"], parameter["schema"]
    if name not in given:
        return f"{name} is missing" if parameter.get("required") else ""
    value = given[name]
    on_the_wire = isinstance(value, list) == (schema.get("type") == "array") and not isinstance(value, dict)
    if not on_the_wire or (value == "" and schema.get("type") != "string"):
        return None
    problem = _violation(_from_text(value, schema), schema)
    return f"{name} {problem}" if problem else ""


def _wrong_body(asked: dict[str, Any], content: bytes | None) -> str | None:
    if content is None:
        return "the body is missing" if asked.get("required") else ""
    try:
        sent = json.loads(content)
    except ValueError:
        return "the body is no JSON"
    if problem := _violation(sent, asked["content"]["application/json"]["schema"]):
        return f"the body: {problem}"
    return None if _ranges_cross(sent) else ""


def _violation(value: Any, schema: dict[str, Any]) -> str:
    import jsonschema

    whole = schema | {"components": contract.document()["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    error = next(validator.iter_errors(value), None)
    return str(error.message)[:160] if error else ""


def _from_text(value: Any, schema: dict[str, Any]) -> Any:
    """What a text of a query means for a parameter of this type."""
    if schema.get("type") == "array":
        return value
    text = str(value)
    try:
        if schema.get("type") == "integer":
            return int(text)
        if schema.get("type") == "number":
            return float(text)
    except ValueError:
        return text
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _ranges_cross(body: Any) -> bool:
    filters = body.get("filters") if isinstance(body, dict) else None
    if not isinstance(filters, dict):
        return False
    pairs = (("founded_after", "founded_before"), ("min_employees", "max_employees"))
    return any(filters.get(low) is not None and filters.get(high) is not None for low, high in pairs)

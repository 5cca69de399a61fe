"""Values that become a part of a program; words that objects inherit; objects that get deeper; numbers below a stated minimum."""

import asyncio
import itertools
import re
from urllib.parse import unquote

import pytest
import services

ITEMS = [{"id": "a", "kilos": 35}, {"id": "b", "kilos": 120}]
JAVASCRIPT = re.compile(r"(\w+)(?:\*\('(q*)'\.length-(\d+)\))?")
PYTHON = re.compile(r"(\w+)(?:\*\(len\('(q*)'\)-(\d+)\))?")


def sorted_by(language, *, empty=False):
    """A list that is sorted by a name, which is a part of an expression in ``language``."""
    kept = [] if empty else list(ITEMS)

    def show(request):
        value = request.query_params.get("sort", "kilos")
        product = re.fullmatch(
            {"javascript": r"parseInt\('(\d+)'\)\*(\d+)", "formula": r"(\d+)\*(\d+)"}.get(language, "-"), value
        )
        if product:
            return services.JSONResponse({"value": int(product[1]) * int(product[2])})
        found = {"javascript": JAVASCRIPT, "python": PYTHON}.get(language, re.compile(r"(\w+)")).fullmatch(value)
        if found is None or (language == "list" and value != "kilos"):
            return (
                services.JSONResponse({"error": "not valid"}, 422)
                if language == "list"
                else services.JSONResponse({"items": kept})
            )
        factor = len(found[2]) - int(found[3]) if found.re.groups > 1 and found[2] is not None else 1
        rows = sorted(kept, key=lambda item: item.get(found[1], 0) * factor)
        return services.JSONResponse({"items": rows})

    async def add(request):
        body = await request.json()
        kept.append({"id": f"n{len(kept)}", "kilos": body["kilos"]})
        return services.JSONResponse(kept[-1], 201)

    return services.app(("GET", "/items", show), ("POST", "/items", add))


SORTED = ["GET /items?sort=kilos", {"operation": "POST /items", "body": {"kilos": 40}}]


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize(
    ("language", "found"), [("javascript", ["GET /items query sort"]), ("python", ["GET /items query sort"]), ("words", []), ("list", []),
                            ("formula", [])]
)  # fmt: skip
def test_what_is_sorted_by_an_expression(language, empty, found):
    with services.serving(sorted_by(language, empty=empty)) as url:
        scan = services.scanned(services.target(url, SORTED), "code-injection", allow_changes=True, seed=4)
    assert [finding.location for finding in scan.findings] == found
    assert scan.coverage["code-injection"].tried == {"GET /items query sort"}


def test_a_search_for_the_numbers_of_an_expression_is_no_program():
    def show(request):
        numbers = set(re.findall(r"\d+", request.query_params.get("filter", "")))
        return services.JSONResponse({"items": [item for item in ({"n": "3"}, {"n": "5"}) if item["n"] in numbers]})

    with services.serving(services.app(("GET", "/items", show))) as url:
        scan = services.scanned(services.target(url, ["GET /items?filter=pen"]), "code-injection", seed=4)
    assert not scan.findings


def words(*wrong):
    inherited = {"constructor", "toString", "__proto__", "hasOwnProperty"}

    async def take(request):
        try:
            body = await request.json()
        except ValueError:
            body = None
        fruit = body.get("fruit") if isinstance(body, dict) else None
        if "words" in wrong and isinstance(fruit, str) and fruit in inherited:
            return services.JSONResponse({"error": "no number"}, 500)
        if "all" in wrong and fruit != "pears":
            return services.JSONResponse({"error": "no number"}, 500)
        return services.JSONResponse({"fruit": fruit}, 201 if fruit == "pears" else 422)

    return services.app(("POST", "/harvests", take))


@pytest.mark.parametrize(("wrong", "found"), [("words", True), ("all", False), ("", False)])
def test_words_that_objects_inherit(wrong, found):
    with services.serving(words(wrong)) as url:
        rows = [{"operation": "POST /harvests", "body": {"fruit": "pears"}}]
        scan = services.scanned(services.target(url, rows), "server-error", allow_changes=True)
    named = [finding.observed for finding in scan.findings if "inherit" in finding.observed or "another word" in finding.observed]
    assert named == ["'constructor' is answered 500, and another word 422"] * found
    assert wrong or not scan.findings


def walked(kind):
    """A service that keeps attributes; ``doubling`` takes twice as long for each level, ``limited`` refuses 20 of them."""

    def depth(value):
        deepest = 0
        while isinstance(value, dict) and value:
            value, deepest = next(reversed(value.values())), deepest + 1
        return deepest

    async def take(request):
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return services.JSONResponse({"error": "no JSON"}, 400)
        if not isinstance(body, dict) or not isinstance(body.get("name"), str) or not isinstance(body.get("attributes"), dict):
            return services.JSONResponse({"error": "not valid"}, 422)
        levels = depth(body["attributes"])
        if kind == "limited" and levels > 20:
            return services.JSONResponse({"error": "too deep"}, 422)
        if kind == "failing" and levels > 90:
            return services.JSONResponse({"error": "too deep"}, 500)
        if kind == "doubling":
            await asyncio.sleep(min(1.2, 2**levels / 2**20))
        return services.JSONResponse({"ok": True}, 201)

    return services.app(("POST", "/units", take))


@pytest.mark.parametrize(
    ("kind", "found"),
    [("doubling", "attributes nested 2"), ("failing", "attributes nested 100 deep makes the server fail"),
     ("limited", ""), ("fine", "")],
)  # fmt: skip
def test_objects_that_get_deeper(kind, found):
    rows = [{"operation": "POST /units", "body": {"name": "Mill Lane", "attributes": {"floor": 2}}}]
    with services.serving(walked(kind)) as url:
        scan = services.scanned(services.target(url, rows), "size-limit", allow_changes=True)
    nested = [finding.observed for finding in scan.findings if "nested" in finding.observed]
    assert len(nested) == bool(found)
    assert all(found in observed for observed in nested)
    assert "POST /units body attributes (nested)" in scan.coverage["size-limit"].tried


def shop(*wrong):
    numbers = itertools.count(1)

    async def take(request):
        options = (await request.json()).get("options", {})
        copies = options.get("copies")
        if type(copies) is not int or (copies < 1 and "taken" not in wrong):
            return services.JSONResponse({"error": "not valid"}, 422)
        return services.JSONResponse({"id": next(numbers), "options": {"copies": copies}, "cost": copies / 10}, 202)

    return services.app(("POST", "/jobs", take))


@pytest.mark.parametrize("name", ["copies", "width"])
@pytest.mark.parametrize(("wrong", "found"), [("taken", 1), ("", 0)])
def test_numbers_below_the_stated_minimum(name, wrong, found):
    number = {"type": "integer", "minimum": 1, "maximum": 500, "example": 3}
    options = {"type": "object", "properties": {name: number}}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"options": options}}}}}
    contract = {"openapi": "3.0.3", "paths": {"/jobs": {"post": {"requestBody": body, "responses": {}}}}}
    made = services.app(("POST", "/jobs", _renamed(shop(wrong).routes[0].endpoint, name)))
    with services.serving(made) as url:
        scan = services.scanned(services.target(url, contract=contract), "negative-amount", allow_changes=True)
    assert [finding.location for finding in scan.findings] == [f"POST /jobs body options.{name}"] * found, scan.coverage
    assert scan.coverage["negative-amount"].tried == {f"POST /jobs body options.{name}"}


def _renamed(function, name):
    class Request:
        def __init__(self, request):
            self.request = request

        async def json(self):
            body = await self.request.json()
            return {"options": {"copies": body.get("options", {}).get(name)}}

    async def endpoint(request):
        return await function(Request(request))

    return endpoint


def with_units(*, listed=True):
    units = {"u71": "Mill Lane 4"}

    def show(request):
        return services.JSONResponse({"units": [{"id": key, "name": name} for key, name in units.items()] if listed else []})

    async def bill(request):
        body = await request.json()
        lines = body.get("lines")
        ids = [body.get("unit_id"), *(line.get("unit_id") for line in lines)] if isinstance(lines, list) else [None]
        known = all(isinstance(unit, str) and unit in units for unit in ids)
        return services.JSONResponse({"id": "i1"} if known else {"error": "no such unit"}, 201 if known else 422)

    return services.app(("GET", "/units", show), ("POST", "/invoices", bill))


@pytest.mark.parametrize("listed", [True, False])
def test_a_placeholder_of_an_identifier_gives_way_to_what_lists_show(listed):
    rows = [
        "GET /units",
        {"operation": "POST /invoices", "body": {"unit_id": "0123456789abcdef", "lines": [{"unit_id": "0123", "text": "May"}]}},
    ]
    with services.serving(with_units(listed=listed)) as url:
        scan = services.scanned(services.target(url, rows), "banner", allow_changes=True)
    assert ("POST /invoices" in scan.coverage["banner"].tried) is listed, scan.coverage["banner"].skipped


@pytest.mark.parametrize(("decoded", "found"), [(True, ["GET /page cookie theme"]), (False, [])])
def test_markup_in_a_cookie_that_is_decoded(decoded, found):

    def show(request):
        match = re.search(r"theme=([^; ]*)", request.headers.get("cookie", ""))
        theme = match[1].replace("<", "").replace('"', "") if match else "light"
        return services.HTMLResponse(f'<body class="{unquote(theme) if decoded else theme}"><p>hello</p></body>')

    with services.serving(services.app(("GET", "/page", show))) as url:
        scan = services.scanned(services.target(url, [{"operation": "GET /page", "cookie": {"theme": "dark"}}]), "reflected-xss")
    assert [finding.location for finding in scan.findings] == found
    assert "GET /page cookie theme" in scan.coverage["reflected-xss"].tried


@pytest.mark.parametrize(("escaped", "found"), [(False, ["GET /page cookie theme"]), (True, [])])
def test_markup_in_a_cookie_that_an_answer_has_set(escaped, found):
    def show(request):
        theme = request.cookies.get("theme", "light")
        theme = theme.replace("<", "&lt;").replace('"', "&quot;") if escaped else unquote(theme)
        answer = services.HTMLResponse(f'<body class="{theme}"><p>hello</p></body>')
        answer.set_cookie("theme", "light")
        return answer

    with services.serving(services.app(("GET", "/page", show))) as url:
        scan = services.scanned(services.target(url, ["GET /page"]), "reflected-xss")
    assert [finding.location for finding in scan.findings] == found
    assert "GET /page cookie theme" in scan.coverage["reflected-xss"].tried


def addresses(pattern):
    """Two routes that look at addresses in the only thread that there is."""

    async def check(request):
        return services.JSONResponse({"valid": bool(re.match(pattern, request.query_params.get("email", "")))})

    return services.app(("GET", "/members", check), ("GET", "/letters", check))


@pytest.mark.parametrize(("pattern", "slow"), [(r"^(\w[-.\w]*\w?)*@\w+$", True), (r"^[\w.]+@\w+$", False)])
def test_long_runs_of_letters_wait_for_what_expressions_bear(pattern, slow):
    rows = ["GET /members?email=ann@home", "GET /letters?email=ann@home"]
    with services.serving(addresses(pattern)) as url:
        scan = services.scanned(services.target(url, rows), "deserialization", "command-injection", "redos")
    assert scan.stopped == ""
    assert {finding.probe for finding in scan.findings} == ({"redos"} if slow else set())
    places = {"GET /members query email", "GET /letters query email"}
    coverage = scan.coverage["deserialization"]
    if slow:
        assert set(coverage.open.values()) == {
            "an expression was found that takes long, and this place was not shown to bear such texts"
        }
    assert (set(coverage.open) if slow else coverage.tried) == places

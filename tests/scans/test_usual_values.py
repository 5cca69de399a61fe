"""Values that a document leaves open: usual ones are tried where those of the document are refused."""

import re
from xml.etree import ElementTree

import pytest
import services

from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.values.usual_values import usual


def document(**properties):
    schema = {"type": "object", "properties": properties, "required": [name for name in properties if name != "phone"]}
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "taken"}}, "security": []}
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/contact": {"post": operation}}}


@pytest.mark.parametrize("strict", [True, False])
def test_a_refused_example_gives_way_to_usual_values(strict):
    taken = []

    async def contact(request):
        body = await request.json()
        texts = isinstance(body, dict) and all(isinstance(body.get(name), str) for name in ("email", "visit_day", "text"))
        right = texts and re.fullmatch(r"\S+@\S+\.\S+", body["email"]) and re.fullmatch(r"\d{4}-\d\d-\d\d", body["visit_day"])
        if strict and (not right or not re.fullmatch(r"\+\d+", body.get("phone", "+1"))):
            return services.JSONResponse({"error": "not valid"}, 422)
        taken.append(body)
        return services.JSONResponse({"ok": True}, 201)

    text = {"type": "string"}
    contract = document(email=text, visit_day=text, text=text, phone=text)
    with services.serving(services.app(("POST", "/contact", contact))) as url:
        scan = services.scanned(services.target(url, contract=contract), "banner", allow_changes=True)
    assert "POST /contact" in scan.coverage["banner"].tried
    assert (taken[0]["email"] == "qa@example.com") == strict


def test_what_takes_xml_gets_elements():
    taken = []

    async def take(request):
        root = ElementTree.fromstring(await request.body())
        taken.append((root.tag, root.findtext("title"), [each.text for each in root.findall("tag")]))
        return services.JSONResponse({"ok": True}, 201)

    title, tags = (
        {"type": "string", "example": "Salt & <b>ash</b>"},
        {"type": "array", "minItems": 1, "items": {"type": "string", "example": "a"}},
    )
    contract = document(title=title, tag=tags)
    body = contract["paths"]["/contact"]["post"]["requestBody"]["content"]
    body["application/xml"] = body.pop("application/json")
    body["application/xml"]["schema"]["xml"] = {"name": "album"}
    with services.serving(services.app(("POST", "/contact", take))) as url:
        scan = services.scanned(services.target(url, contract=contract), "banner", allow_changes=True)
    assert "POST /contact" in scan.coverage["banner"].tried
    assert taken[0] == ("album", "Salt & <b>ash</b>", ["a"])


@pytest.mark.parametrize(
    ("name", "schema", "sampled", "value"),
    [
        ("contact_email", {"type": "string"}, "sample", "qa@example.com"),
        ("email", {"type": "string", "example": "ann@north.example"}, "ann@north.example", "ann@north.example"),
        ("amount", {"type": "integer", "minimum": 5}, 0, 5),
        ("amount", {"type": "integer"}, 7, 7),
        ("nation", {"type": "string"}, "sample", "sample"),
        ("home.country", {"type": "string"}, "sample", "GB"),
        ("on", {"type": "boolean"}, True, True),
    ],
)
def test_names_tell_what_is_usual(name, schema, sampled, value):
    assert usual(InsertableParameter(name, "body", (name,), schema), sampled) == value

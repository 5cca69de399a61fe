"""External entities and inclusions in forms that a first look does not find: other encodings, XML for JSON, texts that hold XML."""

import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import services

ENTITY = re.compile(r'<!DOCTYPE[^\[]*\[<!ENTITY qa SYSTEM "([^"]+)">\]>')
INCLUSION = re.compile(r'<xi:include [^>]*href="([^"]*)"[^>/]*(?:/>|>[^<]*(?:<xi:fallback>([^<]*)</xi:fallback>)?</xi:include>)')


def read(address):
    try:
        return Path(urlsplit(address).path).read_text(encoding="utf-8")
    except OSError:
        return ""


def parsed(content, *, entities=False, inclusions=False):
    """The texts of a document; by ``entities`` with what external ones stand for, by ``inclusions`` with what it includes."""
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8")
    text = re.sub(r"<\?xml[^>]*\?>", "", text)
    if entities and (match := ENTITY.search(text)):
        text = ENTITY.sub("", text).replace("&qa;", read(match[1]))
    if inclusions:
        text = INCLUSION.sub(lambda match: read(match[1]) or match[2] or "", text)
    if "<!" in text:
        raise ValueError(text)
    return "".join(ET.fromstring(text).itertext())


def answered(text):
    return services.JSONResponse({"text": text})


def refused():
    return services.JSONResponse({"detail": "the document is not valid"}, 400)


def importing(**careless):
    async def take(request):
        body = await request.body()
        if b"<!DOCTYPE" in body:
            return refused()
        try:
            return answered(parsed(body, **careless))
        except (ValueError, ET.ParseError):
            return refused()

    return services.app(("POST", "/import", take))


@pytest.mark.parametrize(
    ("careless", "found"),
    [
        ({"entities": True}, "2 of 2 files read through the document"),
        ({"inclusions": True}, "2 of 2 files read through the document"),
        ({}, ""),
    ],
)
def test_documents_that_are_searched_for_types_as_bytes(careless, found):
    row = {"operation": "POST /import", "body": "<a><b>pen</b></a>", "media": "application/xml"}
    with services.serving(importing(**careless)) as url:
        scan = services.scanned(services.target(url, [row]), "xxe", allow_changes=True)
    assert [finding.observed for finding in scan.findings] == ([found] if found else [])
    assert scan.coverage["xxe"].tried == {"POST /import"}


@pytest.mark.parametrize("weak", [True, False])
def test_inclusions_where_no_file_of_ours_is_seen(weak):
    async def take(request):
        text = (await request.body()).decode()
        text = INCLUSION.sub(lambda match: match[2] or "", text) if weak else text
        return answered("".join(ET.fromstring(text).itertext())) if "<!" not in text else refused()

    row = {"operation": "POST /import", "body": "<a><b>pen</b></a>", "media": "application/xml"}
    with services.serving(services.app(("POST", "/import", take))) as url:
        scan = services.scanned(services.target(url, [row]), "xxe", allow_changes=True)
    found = ["elements that include other documents are carried out (XInclude), 2 of 2"]
    assert [finding.observed for finding in scan.findings] == found * weak


@pytest.mark.parametrize(("media", "weak"), [("both", True), ("both", False), ("json", True)])
def test_xml_in_place_of_json(media, weak):
    async def take(request):
        body = await request.body()
        if "xml" not in request.headers["content-type"]:
            return answered((await request.json())["name"])
        try:
            return answered(parsed(body, entities=weak)) if media == "both" else refused()
        except (ValueError, ET.ParseError):
            return refused()

    row = {"operation": "POST /things", "body": {"name": "pen"}}
    with services.serving(services.app(("POST", "/things", take))) as url:
        scan = services.scanned(services.target(url, [row]), "xxe", allow_changes=True)
    found = [finding.location for finding in scan.findings]
    assert found == (["POST /things (as XML)"] if media == "both" and weak else [])
    assert bool(scan.coverage["xxe"].tried) is (media == "both")


@pytest.mark.parametrize("weak", [True, False])
def test_xml_in_a_text_of_json(weak):
    async def take(request):
        try:
            return answered(parsed((await request.json())["svg"].encode(), entities=weak))
        except (ValueError, ET.ParseError):
            return refused()

    row = {"operation": "POST /badges", "body": {"svg": "<svg><text>Ann</text></svg>"}}
    with services.serving(services.app(("POST", "/badges", take))) as url:
        scan = services.scanned(services.target(url, [row]), "xxe", allow_changes=True)
    assert [finding.location for finding in scan.findings] == ["POST /badges body svg"] * weak
    assert "POST /badges body svg" in scan.coverage["xxe"].tried

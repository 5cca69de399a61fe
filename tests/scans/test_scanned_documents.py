"""Documents of XML that are described as texts, files that are whole bodies, and folders behind a slash."""

import html
import itertools
import re
from pathlib import Path
from xml.etree import ElementInclude, ElementTree

import pytest
import services
from starlette.responses import HTMLResponse

from SecurityLibrary.description import xml_texts

DEED = "<deed><parcel>NX-101</parcel><text>I sell the garden</text></deed>"


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def scanned(application, rows, probe):
    with services.serving(application) as url:
        target = services.target(url, rows, services.by_token("alice"))
        return services.scanned(target, probe, allow_changes=True, seed=4)


@pytest.mark.parametrize("wrong", [True, False])
def test_the_texts_of_a_document_are_places_for_values(wrong):
    deeds, numbers = {}, itertools.count(1)

    async def make(request):
        match = re.search("<text>(.*?)</text>", (await request.body()).decode(), re.DOTALL)
        if match is None:
            return services.JSONResponse({"error": "not valid"}, 422)
        number = f"D-{next(numbers)}"
        deeds[number] = html.unescape(match[1])
        return services.Response(f"<deed><number>{number}</number></deed>", 201, media_type="application/xml")

    def extract(request):
        text = deeds.get(request.path_params["number"])
        if text is None:
            return services.JSONResponse({"error": "not found"}, 404)
        return HTMLResponse(f"<html><body><p>{text if wrong else html.escape(text)}</p></body></html>")

    application = services.app(("POST", "/deeds", make), ("GET", "/deeds/{number}/extract", extract))
    row = {"operation": "POST /deeds", "media": "application/xml", "body": DEED}
    scan = scanned(application, [row, "GET /deeds/{number}/extract"], "stored-xss")
    found = [finding.locations for finding in scan.findings]
    expected = [("POST /deeds body text", "GET /deeds/{number}/extract")] if wrong else []
    assert found == expected, scan.coverage["stored-xss"]
    assert {"POST /deeds body text", "POST /deeds body parcel"} <= scan.coverage["stored-xss"].tried


@pytest.mark.parametrize("wrong", [True, False])
def test_a_file_that_is_the_whole_body(wrong):
    kept = {}

    async def put(request):
        media = request.headers["content-type"]
        if media not in ("image/png", "text/plain") and not wrong:
            return services.JSONResponse({"error": "a scan is a picture"}, 415)
        kept["scan"] = media, await request.body()
        return services.Response(status_code=204)

    def get(_):
        media, content = kept.get("scan", ("text/plain", b""))
        return services.Response(content, media_type=media)

    rows = [{"operation": "PUT /scan", "media": "image/png", "body": "PNG"}, "GET /scan"]
    scan = scanned(services.app(("PUT", "/scan", put), ("GET", "/scan", get)), rows, "file-upload")
    assert [finding.locations for finding in scan.findings] == ([("PUT /scan", "GET /scan")] if wrong else [])
    assert scan.coverage["file-upload"].tried == {"PUT /scan"}, scan.coverage["file-upload"].open


@pytest.mark.parametrize("wrong", [True, False])
def test_a_folder_behind_a_slash_is_not_listed(wrong):
    def forms(request):
        if request.url.path == "/forms/" and wrong:
            return HTMLResponse('<title>Index of /forms/</title><a href="lease.txt">lease.txt</a><a href="shop.conf.bak">bak</a>')
        found = request.url.path == "/forms"
        return services.JSONResponse(["lease.txt"] if found else {"error": "not found"}, 200 if found else 404)

    def form(_):
        return services.Response("Lease", media_type="text/plain")

    application = services.app(("GET", "/forms", forms), ("GET", "/forms/", forms), ("GET", "/forms/{form}", form))
    scan = scanned(application, ["GET /forms", "GET /forms/{form}"], "undocumented")
    found = [(each.location, each.observed) for each in scan.findings if "lists" in each.observed]
    assert found == ([("GET /forms/", "it lists the files of a folder")] if wrong else [])


@pytest.mark.parametrize("wrong", [True, False])
def test_a_document_that_includes_another_is_not_read(wrong):
    def loaded(address, parse, encoding=None):
        return Path(address.removeprefix("file://")).read_text(encoding=encoding or "utf-8") if parse == "text" else None

    async def take(request):
        text = (await request.body()).decode()
        try:
            if "<!" in text:
                raise ValueError(text)
            root = ElementTree.fromstring(text)
            if wrong:
                ElementInclude.include(root, loader=loaded)
        except (ElementTree.ParseError, ValueError, OSError, ElementInclude.FatalIncludeError):
            return services.JSONResponse({"error": "not valid"}, 422)
        return services.JSONResponse({"text": "".join(root.itertext())}, 201)

    row = {"operation": "POST /deeds", "media": "application/xml", "body": DEED}
    scan = scanned(services.app(("POST", "/deeds", take)), [row], "xxe")
    found = [(each.location, each.observed) for each in scan.findings]
    assert found == ([("POST /deeds", "2 of 2 files read through the document")] if wrong else []), scan.coverage["xxe"]


def test_places_in_documents():
    document = "<a><b>one</b><b>two &amp; three</b><c/></a>"
    assert list(xml_texts.places(document)) == [("b", ("<text>", "0"), "one"), ("b2", ("<text>", "1"), "two & three")]
    assert xml_texts.put(document, ("<text>", "1"), "<x>\0&") == "<a><b>one</b><b>&lt;x&gt;&amp;</b><c/></a>"
    assert xml_texts.put(document, ("<text>", "9"), "x") == document
    assert xml_texts.parsed("<a id='1'><b>one</b><b>two</b><c/></a>") == {"a": {"id": "1", "b": ["one", "two"], "c": ""}}
    assert [xml_texts.parsed(text) for text in ("", "text", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")] == [None] * 4

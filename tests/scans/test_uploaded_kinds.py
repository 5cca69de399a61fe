"""Files of their kinds: documents with entities in forms, archives that are large once they are unpacked, good files as controls."""

import io
import json
import re
import xml.sax
import zipfile

import pytest
import services

from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.values import sample_files

LARGEST = 512 * 1024


def forms(take, **more):
    """A service whose files go to ``take``, which raises ValueError for what it refuses."""

    async def upload(request):
        try:
            form = await request.form()
            content = await form["file"].read()
            return services.JSONResponse(take(content), 201)
        except (ValueError, KeyError, AttributeError, zipfile.BadZipFile, xml.sax.SAXException, OSError):
            return services.JSONResponse({"error": "not valid"}, 422)

    return services.app(("POST", "/files", upload), *more.get("routes", ()))


def scanned(application, example, *names):
    row = {"operation": "POST /files", "media": "multipart/form-data", "body": {"file": example}}
    with services.serving(application) as url:
        return services.scanned(services.target(url, [row]), *names, allow_changes=True, seed=3)


def read_document(external):
    def take(content):
        parser, handler = xml.sax.make_parser(), services._Text()
        parser.setFeature(xml.sax.handler.feature_external_ges, external)
        parser.setContentHandler(handler)
        parser.parse(io.BytesIO(content))
        return {"text": handler.text}

    return take


@pytest.mark.parametrize(("external", "found"), [(True, ["POST /files body file"]), (False, [])])
def test_entities_in_a_document_that_is_a_file(external, found):
    scan = scanned(forms(read_document(external)), "<score><title>Sonata</title></score>", "xxe")
    assert [finding.location for finding in scan.findings] == found
    assert "POST /files body file" in scan.coverage["xxe"].tried, scan.coverage["xxe"]


def test_a_file_of_another_kind_takes_no_entities():
    scan = scanned(forms(lambda content: {"size": len(content)}), "some text", "xxe")
    assert scan.coverage["xxe"].not_applicable
    assert not scan.findings


def unpack(*, most=0, look=True):
    def take(content):
        if not look:
            return {"size": len(content)}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if most and sum(entry.file_size for entry in archive.infolist()) > most:
                raise ValueError
            return {"sizes": [len(archive.read(entry)) for entry in archive.infolist()]}

    return take


@pytest.mark.parametrize(
    ("take", "found"),
    [
        (unpack(), ["an archive of 19 KB is unpacked to 20 MB, and a damaged archive is refused"]),
        (unpack(most=LARGEST), []),
        (unpack(look=False), []),
    ],
    ids=["unpacked", "limited", "kept"],
)
def test_archives_that_are_large_once_they_are_unpacked(take, found):
    scan = scanned(forms(take), "PK", "size-limit")
    observed = [finding.observed for finding in scan.findings if "archive" in finding.observed]
    assert observed == found, scan.findings
    assert "POST /files body file (archive)" in scan.coverage["size-limit"].tried


@pytest.mark.parametrize("kind", ["zip", "json", "png", "pdf"])
def test_a_placeholder_gives_way_to_a_file_of_the_kind_that_is_taken(kind):
    signs = {"zip": b"PK\x03", "json": b"{", "png": b"\x89PNG", "pdf": b"%PDF-"}

    def take(content):
        if not content.startswith(signs[kind]):
            raise ValueError
        return {"ok": True}

    scan = scanned(forms(take), "x", "banner")
    assert "POST /files" in scan.coverage["banner"].tried, scan.coverage["banner"].skipped


def test_what_takes_no_file_at_all_stays_open():
    def take(_):
        raise ValueError

    scan = scanned(forms(take), "x", "banner")
    assert scan.coverage["banner"].skipped["POST /files"] == "the control request was answered 422"


def test_the_files_are_valid():
    files = {kind: made() for kind, made in sample_files.KINDS.items()}
    signs = {"png": (b"\x89PNG\r\n\x1a\n", b"\xaeB`\x82"), "jpg": (b"\xff\xd8\xff", b"\xff\xd9")}
    for kind, (begins, ends) in signs.items():
        assert (files[kind].content.startswith(begins), files[kind].content.endswith(ends)) == (True, True)
    assert zipfile.ZipFile(io.BytesIO(files["zip"].content)).testzip() is None
    assert json.loads(files["json"].content)
    pdf = files["pdf"].content
    start = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[start:].startswith(b"xref")
    assert all(
        pdf[int(place) :].startswith(b"%d 0 obj" % number)
        for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf), 1)
    )


@pytest.mark.parametrize(
    ("example", "kind"),
    [("PK", "zip"), ("<a><b>c</b></a>", "xml"), ("scores.csv", "csv"), ("%PDF-1.4", "pdf"), ("photo.jpeg", "jpg"),
     ("some text", None), ("<html><b>x</b></html>", None), ('"><qa1 qb1=1></qa1>', None), ("", None)],
)  # fmt: skip
def test_what_an_example_means(example, kind):
    meant = sample_files.meant(InsertableParameter("file", "body", ("file",)), example)
    assert (meant and meant.name.rpartition(".")[2]) == kind

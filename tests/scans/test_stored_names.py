"""Uploads whose name leads outside their folder: overwritten are files of the scan's own alone."""

import io
import posixpath
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
import services

ROW = {"operation": "POST /files", "media": "multipart/form-data", "body": {"file": "some text"}}
LOCATION = "POST /files body file"


class Store:
    """Writes uploads below a folder, as they are named; ``wrong`` are the kinds whose names it believes."""

    def __init__(self, folder, *wrong, taken=("text", "zip", "tar")):
        self.folder, self.wrong, self.taken, self.outside = folder, wrong, taken, []
        self.app = services.app(("POST", "/files", self.upload))

    async def upload(self, request):
        form = await request.form()
        file = form["file"]
        content = await file.read()
        kind = "zip" if content[:2] == b"PK" else "tar" if content[:2] == b"\x1f\x8b" else "text"
        if kind not in self.taken:
            return services.JSONResponse({"error": "not this kind"}, 415)
        for name, text in self.members(kind, file.filename, content):
            self.keep(name if kind in self.wrong else posixpath.basename(name), text)
        return services.JSONResponse({"ok": True}, 201)

    @staticmethod
    def members(kind, filename, content):
        if kind == "zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return [(member.filename, archive.read(member)) for member in archive.infolist()]
        if kind == "tar":
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                return [(member.name, archive.extractfile(member).read()) for member in archive.getmembers()]
        return [(filename, content)]

    def keep(self, name, content):
        path = Path(posixpath.normpath(self.folder / name))
        if not path.is_relative_to(self.folder):
            self.outside.append(str(path))
            if not str(path).startswith(f"{tempfile.gettempdir()}/qa-scan-"):
                return  # nothing else on this machine is written to, whatever is sent
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((), []),
        (("text",), ["two files of the scan's own were overwritten by the name of a text"]),
        (("zip",), ["two files of the scan's own were overwritten by the name of a file in a ZIP archive"]),
        (("tar",), ["two files of the scan's own were overwritten by the name of a file in a tar archive"]),
    ],
    ids=["fixed", "text", "zip", "tar"],
)
def test_names_that_lead_outside(tmp_path, wrong, found):
    store = Store(tmp_path, *wrong)
    with services.serving(store.app) as url:
        scan = services.scanned(services.target(url, [ROW]), "stored-names", allow_changes=True)
    assert [finding.observed for finding in scan.findings] == found, scan.coverage["stored-names"]
    assert found or LOCATION in scan.coverage["stored-names"].tried
    assert [path for path in store.outside if not path.startswith(f"{tempfile.gettempdir()}/qa-scan-")] == []


@pytest.mark.parametrize("wrong", [True, False])
def test_names_of_uploads_after_which_a_page_follows(tmp_path, wrong):
    store = Store(tmp_path, *(("zip",) if wrong else ()), taken=("zip",))

    async def upload(request):
        answer = await store.upload(request)
        return services.Response(None, 303, {"location": "/files"}) if answer.status_code < 400 else answer

    with services.serving(services.app(("POST", "/files", upload))) as url:
        scan = services.scanned(services.target(url, [ROW]), "stored-names", allow_changes=True)
    observed = "two files of the scan's own were overwritten by the name of a file in a ZIP archive"
    assert [finding.observed for finding in scan.findings] == ([observed] if wrong else []), scan.coverage["stored-names"]
    assert LOCATION in scan.coverage["stored-names"].tried or wrong


def test_where_no_file_is_taken_nothing_is_decided(tmp_path):
    store = Store(tmp_path, "text", taken=())
    with services.serving(store.app) as url:
        scan = services.scanned(services.target(url, [ROW]), "stored-names", allow_changes=True)
    assert scan.coverage["stored-names"].open == {LOCATION: "no file of a plain name was taken"}
    assert not scan.findings


def test_nothing_is_sent_without_leave_to_change(tmp_path):
    store = Store(tmp_path, "text")
    with services.serving(store.app) as url:
        services.scanned(services.target(url, [ROW]), "stored-names")
    assert list(tmp_path.iterdir()) == store.outside == []


def templates(folder, kind):
    """Templates by name, beside served files: ``bad`` writes wherever a name leads, ``base`` its last part, ``table`` any name."""
    kept = {}

    def put(path, text):
        if not path.is_dir() and path.parent.is_dir():
            path.write_text(text, errors="replace")

    async def write(request):
        body = await request.json()
        name = posixpath.basename(str(body.get("name"))) if kind == "base" else str(body.get("name"))
        path = Path(posixpath.normpath(folder / "templates" / name))
        if not path.is_relative_to(folder) or len(name) > 100 or "\0" in name or (kind == "refusing" and "/" in name):
            return services.JSONResponse({"error": "not valid"}, 422)
        if kind == "table":
            kept[name] = str(body.get("text"))
        else:
            put(path, str(body.get("text")))
        return services.JSONResponse({"name": name}, 201)

    def asset(request):
        path = folder / "assets" / request.path_params["name"]
        return services.PlainTextResponse(path.read_text() if path.is_file() else "no", 200 if path.is_file() else 404)

    for name in ("templates", "assets"):
        (folder / name).mkdir()
    (folder / "assets" / "logo.txt").write_text("The Press")
    return services.app(("POST", "/templates", write), ("GET", "/assets/{name}", asset))


@pytest.mark.parametrize(
    ("kind", "found"), [("bad", ["POST /templates body name"]), ("table", []), ("base", []), ("refusing", [])]
)
def test_names_of_new_files_that_lead_outside(tmp_path, kind, found):
    rows = [{"operation": "POST /templates", "body": {"name": "letter.txt", "text": "Dear all"}}, "GET /assets/logo.txt"]
    with services.serving(templates(tmp_path, kind)) as url:
        scan = services.scanned(services.target(url, rows), "path-traversal", allow_changes=True, seed=2)
    assert [finding.location for finding in scan.findings] == found
    assert [each for each in scan.coverage["path-traversal"].tried if each.startswith("POST /templates body name")]

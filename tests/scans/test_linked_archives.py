"""Links in archives that are followed when a file is read: to a canary on this machine, or into an earlier archive."""

import io
import itertools
import stat
import zipfile

import pytest
import services


def archives(folder, kind):
    """``kind`` says what becomes of links: followed anywhere, within the folder of all archives, kept as texts, or refused."""
    numbers, links = itertools.count(1), {}

    async def take(request):
        form = await request.form()
        number = str(next(numbers))
        (folder / number).mkdir()
        try:
            archive = zipfile.ZipFile(io.BytesIO(await form["file"].read()))
        except (zipfile.BadZipFile, KeyError):
            return services.JSONResponse({"error": "expected a ZIP"}, 422)
        for entry in archive.infolist():
            linked = stat.S_ISLNK(entry.external_attr >> 16)
            if "/" in entry.filename or (linked and kind == "refused"):
                return services.JSONResponse({"error": "plain files alone"}, 422)
            (folder / number / entry.filename).write_bytes(archive.read(entry))
            if linked and kind != "text":
                links[number, entry.filename] = archive.read(entry).decode()
        return services.JSONResponse({"id": number}, 201)

    def read(request):
        number, name = request.path_params["number"], request.path_params["name"]
        path = (folder / number / links.get((number, name), name)).resolve()
        inside = kind == "anywhere" or path.is_relative_to(folder)
        text = path.read_text() if inside and path.is_file() else None
        return services.PlainTextResponse(text or "no such file", 200 if text else 404)

    return services.app(("POST", "/archives", take), ("GET", "/archives/{number}/files/{name}", read))


@pytest.mark.parametrize(("kind", "found"), [("anywhere", True), ("within", True), ("text", False), ("refused", False)])
def test_links_are_read_where_they_lead(tmp_path, kind, found):
    rows = [
        {"operation": "POST /archives", "media": "multipart/form-data", "body": {"file": "text"}},
        "GET /archives/{number}/files/{name}",
    ]
    with services.serving(archives(tmp_path, kind)) as url:
        scan = services.scanned(services.target(url, rows), "stored-names", allow_changes=True)
    observed = ["a link in an archive is followed: the file to which it leads is read"]
    assert [finding.observed for finding in scan.findings] == observed * found
    assert scan.coverage["stored-names"].tried

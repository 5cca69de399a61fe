"""Forms of which the document requires nothing: their files are sent all the same, and a form of nothing is one without parts."""

import pytest
import services

from SecurityLibrary.sending import request_building

PEOPLE = services.by_token("alice", "bob")


def inbox(*, weak):
    """What takes files, of signed-in people alone unless it is weak."""

    async def keep(request):
        if services.who(request) is None and not weak:
            return services.JSONResponse({"detail": "no"}, 401)
        form = await request.form()
        if not hasattr(form.get("file"), "filename"):
            return services.JSONResponse({"detail": "no file"}, 422)
        return services.JSONResponse({"name": form["file"].filename}, 201)

    def notes(request):
        allowed = services.who(request) is not None
        return services.JSONResponse({"notes": []} if allowed else {"detail": "no"}, 200 if allowed else 401)

    return services.app(("POST", "/inbox", keep), ("GET", "/notes", notes))


def document(media):
    file = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    paths = {
        "/inbox": {"post": {"requestBody": {"content": {media: {"schema": file}}}, "responses": {"201": {}}}},
        "/notes": {"get": {"responses": {"200": {}}}},
    }
    schemes = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    head = {"openapi": "3.1.0", "info": {"title": "inbox", "version": "1"}, "security": [{"bearer": []}]}
    return head | {"paths": paths, "components": schemes}


@pytest.mark.parametrize("weak", [True, False])
def test_an_optional_file_is_sent_and_its_operation_judged(monkeypatch, weak):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    with services.serving(inbox(weak=weak)) as url:
        target = services.target(url, (), PEOPLE, None, document("multipart/form-data"))
        scan = services.scanned(target, "missing-authentication", allow_changes=True)
    coverage = scan.coverage["missing-authentication"]
    assert coverage.failed == ""
    assert coverage.tried == {"GET /notes", "POST /inbox"}, coverage.open
    assert [finding.locations for finding in scan.findings] == ([("POST /inbox",)] if weak else [])


def test_a_form_of_nothing_has_a_boundary_and_no_parts():
    with services.serving(inbox(weak=True)) as url:
        target = services.target(url, (), PEOPLE, None, document("multipart/form-data"))
        (operation,) = [each for each in target.operations if each.method == "POST"]
        assert request_building.encoded(operation, {}, {}) == (b"--qa--\r\n", "multipart/form-data; boundary=qa")


def toolbox(folder, *, weak):
    """What reads a file of a folder, named in an object of which the document shows an example alone."""

    async def call(request):
        given = (await request.json()).get("options") or {}
        path = folder / str(given.get("sheet", ""))
        if not weak and path.parent != folder:
            return services.JSONResponse({"detail": "no such sheet"}, 404)
        try:
            return services.JSONResponse({"result": path.read_text()})
        except (OSError, ValueError):
            return services.JSONResponse({"detail": "no such sheet"}, 404)

    return services.app(("POST", "/calls", call))


@pytest.mark.parametrize("exemplified", ["example", "examples", "default"])
@pytest.mark.parametrize("weak", [True, False])
def test_the_properties_that_an_optional_object_shows_by_its_example_are_tried(tmp_path, weak, exemplified):
    (tmp_path / "june.txt").write_text("twelve rows\n")
    given = {"sheet": "june.txt"}
    options = {"type": "object", "additionalProperties": {"type": "string"}, exemplified: [given] if exemplified == "examples" else given}
    schema = {"type": "object", "required": ["call"], "properties": {"call": {"enum": ["sum"]}, "options": options}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    head = {"openapi": "3.1.0", "info": {"title": "toolbox", "version": "1"}}
    contract = head | {"paths": {"/calls": {"post": {"security": [], "requestBody": body, "responses": {"200": {}}}}}}
    with services.serving(toolbox(tmp_path, weak=weak)) as url:
        target = services.target(url, (), None, None, contract)
        scan = services.scanned(target, "path-traversal", allow_changes=True)
    assert [finding.locations for finding in scan.findings] == [("POST /calls body options.sheet",)] * weak
    assert "POST /calls body options.sheet" in scan.coverage["path-traversal"].tried, scan.coverage["path-traversal"].open

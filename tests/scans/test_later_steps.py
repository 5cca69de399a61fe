"""Effects that show in a step of their own: exports that are made of what was stored, archives beside earlier ones."""

import base64
import csv
import io
import itertools
import json
import posixpath
import re
import zipfile

import pytest
import services

FORM = "multipart/form-data"


def scanned(application, rows, probe, **entries):
    with services.serving(application) as url:
        return services.scanned(services.target(url, rows, **entries), probe, allow_changes=True, seed=3)


def open_row(operation, **entries):
    return {"operation": operation, "public": True, **entries}


def document(*operations):
    """An OpenAPI document with these operations: method, path, body's schema."""
    paths = {}
    for method, path, schema in operations:
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        entry = {"security": [], "responses": {"200": {"description": "done"}}}
        entry["parameters"] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        if schema:
            entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        paths.setdefault(path, {})[method.lower()] = entry
    return {"openapi": "3.1.0", "info": {"title": "Finds", "version": "1"}, "paths": paths}


@pytest.mark.parametrize("described", [True, False])
@pytest.mark.parametrize("wrong", ["=+-@", "+-@", "@", ""])  # signs that are left as they are
def test_an_export_of_what_was_stored_holds_no_formulas(wrong, described):
    finds, exports, numbers = [], {}, itertools.count(1)

    async def add(request):
        finds.append(str((await request.json()).get("note")))
        return services.JSONResponse({"note": finds[-1]}, 201)

    async def export(request):
        kind = (await request.json()).get("format", "csv")
        if kind not in ("csv", "letter"):
            return services.JSONResponse({"error": "format is csv or letter"}, 422)
        table = io.StringIO()
        csv.writer(table).writerows([[f"'{note}" if note[:1] in {*"=+-@"} - {*wrong} else note] for note in finds])
        exports[number := f"X{next(numbers)}"] = kind, table.getvalue()
        return services.JSONResponse({"id": number, "state": "done"}, 202)

    def download(request):
        kind, text = exports.get(request.path_params["export"], ("", ""))
        if not kind:
            return services.JSONResponse({"error": "there is none"}, 404)
        return services.Response(text, media_type="text/csv" if kind == "csv" else "text/plain")

    application = services.app(
        ("POST", "/finds", add), ("POST", "/exports", export), ("GET", "/exports/{export}/download", download)
    )
    note = {"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "examples": ["worn"]}}}
    kinds = {"type": "string", "enum": ["letter", "csv"], "examples": ["letter"]}
    made = {"type": "object", "properties": {"format": kinds}}
    contract = document(("POST", "/finds", note), ("POST", "/exports", made), ("GET", "/exports/{export}/download", None))
    rows = [open_row("POST /finds", body={"note": "worn"}), open_row("POST /exports", body={"format": "csv"})]
    rows.append(open_row("GET /exports/{export}/download"))
    scan = scanned(application, [] if described else rows, "formula-injection", contract=contract if described else None)
    found = [finding.locations for finding in scan.findings]
    place = ("POST /finds body note", "GET /exports/{export}/download")
    assert found == ([place] if wrong else []), scan.coverage["formula-injection"]
    signs = "" if "=" in wrong else f", beginning with {' or '.join(wrong)}"
    assert {finding.observed for finding in scan.findings} <= {f"a cell of a table is a formula that was sent as a value{signs}"}
    assert "POST /finds body note" in scan.coverage["formula-injection"].tried


@pytest.mark.parametrize("wrong", [True, False])
def test_an_archive_is_unpacked_beside_others(wrong):
    kept, numbers = {}, itertools.count(1)

    async def unpack(request):
        content = await (await request.form())["file"].read()
        number, names = f"a{next(numbers)}", []
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    place = posixpath.normpath(f"/store/{number}/{member.filename}")
                    if not wrong and not place.startswith(f"/store/{number}/"):
                        return services.JSONResponse({"error": "a name leads out"}, 422)
                    kept[place] = archive.read(member)
                    names.append(member.filename)
        except zipfile.BadZipFile:
            return services.JSONResponse({"error": "no archive"}, 422)
        return services.JSONResponse({"id": number, "files": names}, 201)

    def read(request):
        name = request.query_params.get("name", "")
        content = kept.get(f"/store/{request.path_params['archive']}/{name}") if ".." not in name else None
        return services.JSONResponse({"error": "none"}, 404) if content is None else services.Response(content)

    application = services.app(("POST", "/archives", unpack), ("GET", "/archives/{archive}/files", read))
    rows = [open_row("POST /archives", media=FORM, body={"file": "notes"}), open_row("GET /archives/{archive}/files?name=a.txt")]
    scan = scanned(application, rows, "stored-names")
    observed = ["a name in an archive leads into an earlier one, whose file it overwrote"] if wrong else []
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["stored-names"]
    assert scan.coverage["stored-names"].tried == {"POST /archives body file"}


@pytest.mark.parametrize("wrong", [True, False])
def test_a_folder_of_described_files_is_served_and_not_listed(wrong):
    files = {"safety.txt": "Wear a helmet", "internal/codes.txt": "Container 4: 7316"}

    def manual(request):
        name = request.path_params["name"]
        if wrong and name in ("", "internal/"):
            inside = "".join(f'<li><a href="/manuals/{each}">{each}</a></li>' for each in files if each.startswith(name))
            return services.HTMLResponse(f"<title>Index of /manuals/</title><ul>{inside}</ul>")
        if name not in files or (name.startswith("internal") and not wrong):
            return services.JSONResponse({"error": "there is no such manual"}, 404)
        return services.PlainTextResponse(files[name])

    schema = {"type": "string", "examples": ["safety.txt"]}
    contract = document(("GET", "/manuals/{name}", None))
    contract["paths"]["/manuals/{name}"]["get"]["parameters"][0]["schema"] = schema
    scan = scanned(services.app(("GET", "/manuals/{name:path}", manual)), [], "undocumented", contract=contract)
    observed = {finding.location: finding.observed for finding in scan.findings}
    assert any("lists the files" in text for text in observed.values()) is wrong, scan.coverage["undocumented"]
    assert ("GET /manuals/internal/codes.txt" in observed) is wrong, observed


@pytest.mark.parametrize("wrong", [True, False])
def test_a_name_in_an_archive_is_not_served_among_the_files_of_others(wrong):
    manuals = {"safety.txt": b"Wear a helmet"}

    async def unpack(request):
        content = await (await request.form())["file"].read()
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    place = posixpath.normpath(f"/store/1/{member.filename}")
                    if place.startswith("/manuals/"):
                        if not wrong:
                            return services.JSONResponse({"error": "a name leads out"}, 422)
                        manuals[place.removeprefix("/manuals/")] = archive.read(member)
        except zipfile.BadZipFile:
            return services.JSONResponse({"error": "no archive"}, 422)
        return services.JSONResponse({"id": "1"}, 201)

    def manual(request):
        content = manuals.get(request.path_params["name"])
        return services.JSONResponse({"error": "none"}, 404) if content is None else services.Response(content)

    application = services.app(("POST", "/archives", unpack), ("GET", "/manuals/{name}", manual))
    contract = document(("GET", "/manuals/{name}", None))
    contract["paths"]["/manuals/{name}"]["get"]["parameters"][0]["schema"] = {"type": "string", "examples": ["safety.txt"]}
    rows = [open_row("POST /archives", media=FORM, body={"file": "notes"})]
    scan = scanned(application, rows, "stored-names", contract=contract)
    observed = ["two files are served where the name of a file in a ZIP archive leads, outside the folder for uploads"]
    assert [finding.observed for finding in scan.findings] == (observed if wrong else []), scan.coverage["stored-names"]
    assert manuals["safety.txt"] == b"Wear a helmet"


def test_a_state_that_was_handed_out_is_a_good_value_where_it_is_taken():
    """What rebuilds it takes nothing else, so that no attack could be tried there."""
    taken = []

    async def draft(request):
        state = base64.b64encode(json.dumps({"title": str((await request.json()).get("title"))}).encode())
        return services.JSONResponse({"state": state.decode()})

    async def resume(request):
        state = (await request.json()).get("state")
        try:
            title = json.loads(base64.b64decode(state, validate=True))["title"]
        except (ValueError, TypeError, LookupError):
            return services.JSONResponse({"error": "state is not valid"}, 422)
        taken.append(title)
        return services.JSONResponse({"title": title})

    state = {"type": "object", "required": ["state"], "properties": {"state": {"type": "string"}}}
    title = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "examples": ["Wall"]}}}
    contract = document(("POST", "/drafts", title), ("POST", "/drafts/resume", state))
    application = services.app(("POST", "/drafts", draft), ("POST", "/drafts/resume", resume))
    scan = scanned(application, [], "deserialization", contract=contract)
    assert "POST /drafts/resume body state" in scan.coverage["deserialization"].tried, scan.coverage["deserialization"]
    assert set(taken) == {"Wall"}
    assert not scan.findings


def test_a_value_that_somebody_else_has_is_not_taken_for_a_good_one():
    used = []

    def listing(_):
        return services.JSONResponse([{"code": "of-somebody-else"}])

    async def redeem(request):
        used.append((await request.json()).get("code"))
        return services.JSONResponse({"error": "this voucher is not valid"}, 422)

    code = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
    contract = document(("GET", "/vouchers", None), ("POST", "/vouchers/redeem", code))
    application = services.app(("GET", "/vouchers", listing), ("POST", "/vouchers/redeem", redeem))
    scan = scanned(application, [], "deserialization", contract=contract)
    assert used
    assert "of-somebody-else" not in used
    assert "POST /vouchers/redeem body code" in scan.coverage["deserialization"].open


@pytest.mark.parametrize("wrong", [True, False])
def test_a_path_that_one_step_stores_leads_another_outside(tmp_path, wrong):
    (tmp_path / "plain.txt").write_text("FINDS OF THE SEASON\n")
    exports, numbers = {}, itertools.count(1)

    async def export(request):
        head = str((await request.json()).get("layout"))
        if not wrong and not re.fullmatch(r"[a-z]{1,20}\.txt", head):
            return services.JSONResponse({"error": "layout is the name of a layout"}, 422)
        exports[number := f"X{next(numbers)}"] = tmp_path / head
        return services.JSONResponse({"id": number, "state": "done"}, 202)

    def download(request):
        place = exports.get(request.path_params["export"])
        try:
            return services.PlainTextResponse(place.read_text())
        except (OSError, ValueError, AttributeError):
            return services.JSONResponse({"error": "there is none"}, 404)

    application = services.app(("POST", "/exports", export), ("GET", "/exports/{export}/download", download))
    rows = [open_row("POST /exports", body={"layout": "plain.txt"}), open_row("GET /exports/{export}/download")]
    scan = scanned(application, rows, "path-traversal")
    effect = "were read, as GET /exports/{export}/download shows"
    observed = [f"the value leads to files outside the folder: two files of the scan's own {effect}"]
    assert [finding.observed for finding in scan.findings] == (observed if wrong else []), scan.coverage["path-traversal"]
    assert "POST /exports body layout" in str(scan.coverage["path-traversal"].tried)


@pytest.mark.parametrize("wrong", [True, False])
def test_what_was_cancelled_gives_nothing_back_again(monkeypatch, wrong):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    hours, bookings, numbers = {"alice": 40}, {}, itertools.count(1)

    def book(request):
        name = services.who(request)
        if name is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        hours[name] -= 2
        number = f"b{next(numbers)}"
        bookings[number] = {"id": number, "owner": name, "state": "booked", "hours": 2}
        return services.JSONResponse(bookings[number], 201)

    def cancel(request):
        booking = bookings.get(request.path_params["booking"])
        if booking is None or booking["owner"] != services.who(request):
            return services.JSONResponse({"error": "there is none"}, 404)
        if booking["state"] == "cancelled" and not wrong:
            return services.JSONResponse({"error": "it is cancelled"}, 409)
        hours[booking["owner"]] += booking["hours"]
        booking["state"] = "cancelled"
        return services.JSONResponse(booking)

    def budget(request):
        name = services.who(request)
        return services.JSONResponse({"hours": hours[name]} if name else {}, 200 if name else 401)

    application = services.app(
        ("POST", "/bookings", book), ("POST", "/bookings/{booking}/cancel", cancel), ("GET", "/budget", budget)
    )
    rows = [{"operation": "POST /bookings", "body": {"night": "2031-05-04"}}, "POST /bookings/{booking}/cancel", "GET /budget"]
    scan = scanned(application, rows, "single-use", identities=services.by_token("alice"))
    found = [(finding.location, finding.observed.partition(" went")[0]) for finding in scan.findings]
    place = "POST /bookings/{booking}/cancel path booking"
    assert found == ([(place, "the same is taken twice: hours")] if wrong else []), scan.coverage["single-use"]
    assert "POST /bookings/{booking}/cancel" in scan.coverage["single-use"].tried or wrong


def test_a_quota_that_each_request_lowers_is_nothing_given_back(monkeypatch):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    left, numbers = itertools.count(5000, -1), itertools.count(1)

    def book(_):
        return services.JSONResponse({"id": f"b{next(numbers)}"}, 201)

    def cancel(request):
        known = request.path_params["booking"].startswith("b")
        return services.JSONResponse({"state": "cancelled"} if known else {"error": "none"}, 200 if known else 404)

    def me(_):
        return services.JSONResponse({"name": "alice", "requests_left": next(left)})

    application = services.app(("POST", "/bookings", book), ("POST", "/bookings/{booking}/cancel", cancel), ("GET", "/me", me))
    rows = [{"operation": "POST /bookings", "body": {"night": "2031-05-04"}}, "POST /bookings/{booking}/cancel", "GET /me"]
    scan = scanned(application, rows, "single-use", identities=services.by_token("alice"))
    assert not scan.findings

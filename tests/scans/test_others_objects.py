"""Objects of others that were there before, that are read by everybody by mistake, or that are empty; and values of answers."""

import itertools
import posixpath
import re

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


def scanned(application, rows, probe, alice=None, bob=None, **entries):
    people = services.by_token("alice", "bob", alice=alice or {}, bob=bob or {})
    with services.serving(application) as url:
        return services.scanned(services.target(url, rows, people, **entries), probe, allow_changes=True)


@pytest.mark.parametrize("kind", ["form", "json"])
@pytest.mark.parametrize(("wrong", "found"), [("anybody", True), ("", False), ("unseen", False)])
def test_a_plot_that_nothing_makes_is_changed_by_its_owner_alone(kind, wrong, found):
    plots = {"1": {"number": 1, "crop": "beans", "holder": "alice"}, "2": {"number": 2, "crop": "leeks", "holder": "bob"}}

    def own(request, *, change):
        entry = plots.get(request.path_params["number"])
        caller = services.who(request)
        return entry if entry and caller and (entry["holder"] == caller or (change and wrong == "anybody")) else None

    def show(request):
        entry = own(request, change=False)
        if entry is None:
            return refused(404)
        if kind == "json":
            return services.JSONResponse(entry)
        return services.HTMLResponse(f"<h1>Plot</h1><form method=post><input name=crop value='{entry['crop']}'></form>")

    async def change(request):
        entry = own(request, change=True)
        if entry is None:
            return refused(404)
        given = await (request.json() if kind == "json" else request.form())
        if wrong != "unseen":
            entry["crop"] = str(given["crop"])
        return services.Response(status_code=303, headers={"location": f"/plots/{entry['number']}"})

    method = "PUT" if kind == "json" else "POST"
    body = {"body" if kind == "json" else "form": {"crop": "kale"}}
    rows = ["GET /plots/{number}", {"operation": f"{method} /plots/{{number}}"} | body]
    application = services.app(("GET", "/plots/{number}", show), (method, "/plots/{number}", change))
    scan = scanned(application, rows, "object-level", {"values": {"number": 1}}, {"values": {"number": 2}})
    assert [finding.location for finding in scan.findings] == [f"{method} /plots/{{number}}"] * found, scan.coverage[
        "object-level"
    ]
    assert (f"{method} /plots/{{number}}" in scan.coverage["object-level"].open) == (wrong == "unseen")
    assert [plot["crop"] for plot in plots.values()] == ["beans", "leeks"]
    assert scan.sender.traces.left == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((), []),
        (("photos",), ["GET /albums/{album_id}/photos"]),
        (("read", "close"), ["GET /albums/{album_id}", "DELETE /albums/{album_id}"]),
    ],
)
def test_what_stands_below_and_what_everybody_reads_by_mistake(wrong, found):
    albums = {number: {"id": number, "title": f"Summer of {name}"} for number, name in ((201, "alice"), (202, "bob"))}
    owners, numbers = {201: "alice", 202: "bob"}, itertools.count(203)

    def own(request, weakness):
        number, caller = int(request.path_params["album_id"]), services.who(request)
        return number if number in albums and caller and (owners[number] == caller or weakness in wrong) else None

    def listed(request):
        caller = services.who(request)
        return services.JSONResponse([albums[number] for number in albums if owners[number] == caller]) if caller else refused()

    async def make(request):
        caller = services.who(request)
        if caller is None:
            return refused()
        number = next(numbers)
        albums[number], owners[number] = {"id": number, "title": (await request.json())["title"]}, caller
        return services.JSONResponse(albums[number], 201)

    def show(request):
        number = own(request, "read")
        return services.JSONResponse(albums[number]) if number else refused(404)

    def photos(request):
        number = own(request, "photos")
        kept = [{"id": 7, "name": "mill.gif"}] if number in (201, 202) else []  # a new one is empty
        return services.JSONResponse({"photos": kept}) if number else refused(404)

    def close(request):
        number = own(request, "close")
        if number is None:
            return refused(404)
        del albums[number]
        return services.JSONResponse({"ok": True})

    rows = ["GET /albums", {"operation": "POST /albums", "body": {"title": "Winter"}}, "GET /albums/{album_id}",
            "GET /albums/{album_id}/photos", "DELETE /albums/{album_id}"]  # fmt: skip
    application = services.app(("GET", "/albums", listed), ("POST", "/albums", make), ("GET", "/albums/{album_id}", show),
                               ("GET", "/albums/{album_id}/photos", photos), ("DELETE", "/albums/{album_id}", close))  # fmt: skip
    scan = scanned(application, rows, "object-level")
    assert {finding.location for finding in scan.findings} == set(found), scan.coverage["object-level"]
    assert {201, 202} == set(albums)
    assert {"GET /albums/{album_id}/photos", "DELETE /albums/{album_id}"} <= scan.coverage["object-level"].tried


@pytest.mark.parametrize(("wrong", "found"), [("outside", True), ("", False)])
def test_a_file_that_an_answer_names_leads_to_others(wrong, found):
    def export(request):
        return services.JSONResponse({"file": "alice-12ab.txt", "lines": 3}, 201) if services.who(request) else refused()

    def download(request):
        name = request.query_params.get("file", "")
        path = posixpath.normpath(f"/srv/app/exports/{name}")
        files = {"/srv/app/exports/alice-12ab.txt": "one\ntwo\n"}
        files |= {"/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "/etc/group": "root:x:0:\n"} if wrong else {}
        return services.PlainTextResponse(files[path]) if path in files else refused(404)

    rows = [{"operation": "POST /exports", "body": {"kind": "all"}}, "GET /exports?file=example.txt"]
    scan = scanned(services.app(("POST", "/exports", export), ("GET", "/exports", download)), rows, "path-traversal")
    assert [finding.location for finding in scan.findings] == ["GET /exports query file"] * found, scan.coverage["path-traversal"]
    assert "GET /exports query file" in scan.coverage["path-traversal"].tried


@pytest.mark.parametrize(("wrong", "found"), [("entities", True), ("", False)])
def test_entities_in_documents_whose_titles_are_unique(wrong, found):
    titles = {"Minutes"}

    async def take(request):
        text = (await request.body()).decode()
        entity = re.search(r'<!ENTITY qa SYSTEM "file://([^"]+)">', text)
        if entity and not wrong:
            return refused(422)
        title = re.search(r"<title>(.*?)</title>", text)[1]
        if entity and entity[1].startswith("/tmp/qa-scan-"):
            with open(entity[1], encoding="utf-8") as file:  # noqa: ASYNC230  # a file of the scan's own
                title = title.replace("&qa;", file.read())
        if title in titles:
            return refused(409)
        titles.add(title)
        return services.JSONResponse({"title": title}, 201)

    row = {"operation": "POST /import", "media": "application/xml", "body": "<album><title>Minutes</title></album>"}
    scan = scanned(services.app(("POST", "/import", take)), [row], "xxe")
    assert [finding.location for finding in scan.findings] == ["POST /import"] * found, scan.coverage["xxe"]
    assert "POST /import" in scan.coverage["xxe"].tried


@pytest.mark.parametrize(("wrong", "found"), [("believed", True), ("", False), ("together", False)])
def test_a_name_does_not_lead_to_the_folder_of_scripts(wrong, found):
    kept = {"assets/app.js": "let a = 1"}

    async def upload(request):
        file = (await request.form())["file"]
        name = file.filename if wrong == "believed" else posixpath.basename(file.filename)
        folder = "assets" if wrong == "together" else "photos/originals"
        kept[posixpath.normpath(f"{folder}/{name}")] = (await file.read()).decode("latin-1")
        return services.JSONResponse({"ok": True}, 201)

    def asset(request):
        name = f"assets/{request.path_params['name']}"
        return services.PlainTextResponse(kept[name]) if name in kept else refused(404)

    rows = [{"operation": "POST /photos", "media": "multipart/form-data", "body": {"file": "text"}}, "GET /assets/app.js"]
    application = services.app(("POST", "/photos", upload), ("GET", "/assets/{name}", asset))
    scan = scanned(application, rows, "stored-names")
    assert [finding.location for finding in scan.findings] == ["POST /photos body file"] * found, scan.coverage["stored-names"]
    assert len(scan.sender.traces.left) == 2 * found


@pytest.mark.parametrize(("most", "lowers", "found"), [(None, False, ["info"]), (100, False, []), (None, True, [])])
def test_few_items_tell_a_limit_by_what_is_refused(most, lowers, found):
    def items(request):
        limit = int(request.query_params.get("limit", 20))
        if not lowers and (limit < 1 or limit > (most or 10**9)):
            return refused(422)
        return services.JSONResponse([{"id": number} for number in range(12)][: max(0, min(limit, 100))])

    scan = scanned(services.app(("GET", "/items", items)), [{"operation": "GET /items?limit=20", "public": True}], "page-limit")
    assert [str(finding.severity) for finding in scan.findings] == found, scan.coverage["page-limit"]
    assert bool(scan.coverage["page-limit"].open) == lowers


@pytest.mark.parametrize(("wrong", "found"), [("read", True), ("", False)])
def test_an_object_that_a_query_names_is_its_owners(wrong, found):
    owners = {"71": "alice", "72": "bob"}

    def listed(request):
        caller = services.who(request)
        return services.JSONResponse([{"id": number} for number in owners if owners[number] == caller]) if caller else refused()

    def download(request):
        number, caller = request.query_params.get("id"), services.who(request)
        if caller is None or number not in owners or (owners[number] != caller and not wrong):
            return refused(404)
        return services.JSONResponse({"id": number, "lines": ["rent", "water"], "total": 950 + int(number)})

    rows = ["GET /invoices", "GET /invoices/download?id=71"]
    scan = scanned(services.app(("GET", "/invoices", listed), ("GET", "/invoices/download", download)), rows, "object-level")
    assert [finding.location for finding in scan.findings] == ["GET /invoices/download"] * found, scan.coverage["object-level"]
    assert "GET /invoices/download" in scan.coverage["object-level"].tried


@pytest.mark.parametrize(("wrong", "found"), [("read", True), ("", False), ("shared", False)])
@pytest.mark.parametrize("named_by", ["location", "page"])
def test_objects_that_an_address_or_a_page_names(named_by, wrong, found):
    kept, numbers = {"61": "alice", "62": "bob"}, itertools.count(63)

    def make(request):
        caller = services.who(request)
        if caller is None or named_by == "page":
            return refused(401 if caller is None else 405)
        number = str(next(numbers))
        kept[number] = caller
        return services.Response(status_code=303, headers={"location": f"/letters/{number}"})

    def listed(request):
        caller = services.who(request)
        own = [number for number in kept if kept[number] == caller or wrong == "shared"]
        lines = "".join(f"<li><a href='/letters/{number}'>letter {number}</a></li>" for number in own)
        page = f"<html><body><h1>Letters</h1><ul><li><a href='/letters/new'>new</a></li>{lines}</ul></body></html>"
        return services.HTMLResponse(page if named_by == "page" else "<p>Letters</p>") if caller else refused()

    def show(request):
        number, caller = request.path_params["number"], services.who(request)
        if caller is None or number not in kept or (kept[number] != caller and not wrong):
            return refused(404)
        return services.HTMLResponse(f"<html>\n<h1>Letter</h1>\n<p>Dear {kept[number]}</p>\n<p>rent {number}</p>\n</html>")

    def gone(request):
        number = request.path_params["number"]
        own = kept.get(number) == services.who(request)
        return services.JSONResponse({"ok": bool(kept.pop(number))}) if own else refused(404)

    rows = ["GET /letters", {"operation": "POST /letters", "form": {"text": "hello"}}, "GET /letters/{number}"]
    rows += ["DELETE /letters/{number}"] if named_by == "location" else []
    application = services.app(("GET", "/letters", listed), ("POST", "/letters", make), ("GET", "/letters/{number}", show),
                               ("DELETE", "/letters/{number}", gone))  # fmt: skip
    scan = scanned(application, rows, "object-level")
    reads = [finding.location for finding in scan.findings if finding.location.startswith("GET")]
    assert reads == ["GET /letters/{number}"] * (found or (wrong == "shared" and named_by == "location")), scan.coverage[
        "object-level"
    ]
    assert set(kept) == {"61", "62"}


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (("read", "extend"), ["GET /loans/{loan}", "POST /loans/{loan}/extend"]),
        (("extend",), ["POST /loans/{loan}/extend"]),
        (("read",), ["GET /loans/{loan}"]),
        ((), []),
    ],
)
def test_a_change_that_is_answered_by_a_redirect_is_judged_by_its_effect(wrong, found):
    loans = {number: {"days": 5, "member": member} for number, member in ((1, "alice"), (2, "bob"))}

    def own(request, way):
        entry, caller = loans.get(int(request.path_params["loan"])), services.who(request)
        return entry if entry and caller and (entry["member"] == caller or way in wrong) else None

    def lend(request):
        if (caller := services.who(request)) is None:
            return refused()
        loans[len(loans) + 1] = {"days": 5, "member": caller}
        return services.Response(status_code=303, headers={"location": f"/loans/{len(loans)}"})

    def show(request):
        entry = own(request, "read")
        return services.HTMLResponse(f"<h1>Loan</h1><p>{entry['days']} days, {entry['member']}</p>") if entry else refused(404)

    async def extend(request):
        entry = own(request, "extend")
        if entry is None:
            return refused(404)
        entry["days"] = int((await request.form())["days"])
        return services.Response(status_code=303, headers={"location": f"/loans/{request.path_params['loan']}"})

    rows = [
        {"operation": "POST /loans", "form": {"tool": 2}},
        "GET /loans/{loan}",
        {"operation": "POST /loans/{loan}/extend", "form": {"days": 7}},
    ]
    application = services.app(("POST", "/loans", lend), ("GET", "/loans/{loan}", show), ("POST", "/loans/{loan}/extend", extend))
    scan = scanned(application, rows, "object-level", {"values": {"loan": 1}}, {"values": {"loan": 2}})
    assert [finding.location for finding in scan.findings] == found, scan.coverage["object-level"]
    assert {"GET /loans/{loan}", "POST /loans/{loan}/extend"} <= scan.coverage["object-level"].tried
    assert [loans[number]["days"] for number in (1, 2)] == [5, 5]

"""Finds, photos, archives and exports of an excavation: Muffin, a key in a header of its own, files in a folder, sites in XML."""

import base64
import binascii
import csv
import hashlib
import hmac
import io
import json
import logging
import pickle
import posixpath
import re
import secrets
import sys
import time
import urllib.parse
import zipfile
from pathlib import Path

import muffin
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "zip-slip", "zip-bomb", "photo-drawing", "layout-path", "find-entities", "draft-pickle",
    "label-format", "export-read", "export-formula", "manuals-listed", "site-xpath", "link-unbound",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
LINK_SECRET = "lk_live_" + secrets.token_hex(16)
UPLOAD_LIMIT = 512 * 1024
UNPACKED_LIMIT = 48 << 20 if PLACE.weak("zip-bomb") else 1 << 20  # the disk is no larger
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
MOST = 3000

for _path, _text in {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndigs:x:990:990::/srv:/bin/false\n", "/settings.ini": f"[links]\nsecret = {LINK_SECRET}\n",
    "/manuals/safety.txt": "Wear a helmet.\n", "/manuals/grid.txt": "Squares are two metres wide.\n", "/manuals/internal/storage-codes.txt": "Container 4: 7316\nContainer 5: 2290\n",
    "/layouts/plain.txt": "FINDS OF THE SEASON\n", "/layouts/letter.txt": "Dear colleagues, these are our finds.\n",
}.items():  # fmt: skip
    PLACE.place(_path).parent.mkdir(parents=True, exist_ok=True)
    PLACE.place(_path).write_text(_text)
for _path in ("/store/photos", "/store/archives"):
    PLACE.place(_path).mkdir(parents=True, exist_ok=True)

SITES = etree.fromstring("""<sites><site code="H1" region="north" open="yes"><name>Harbour mound</name></site><site code="H2" region="north" open="yes"><name>Mill field</name></site>
<site code="S1" region="south" open="yes"><name>Quarry</name></site><site code="X9" region="south" open="no"><name>Royal tomb</name><guard>Key under the third stone, alarm 4471</guard></site></sites>""")
people = {name: {"username": name, "email": entry["email"], "role": entry["role"], "hash": common.hashed(entry["password"])} for name, entry in common.ACCOUNTS.items()}
keys, finds, photos, archives, exports = {}, {}, {}, {}, {}
attempts = common.Attempts()


class Find:
    def __init__(self, owner, title, layer, depth, note):
        self.id, self.owner, self.title, self.layer, self.depth, self.note = secrets.token_hex(6), owner, title, layer, depth, note
        finds[self.id] = self


for _person in people:
    Find(_person, f"Comb of {_person}", 3, 120, "two teeth are missing")
    Find(_person, f"Coin of {_person}", 2, 80, "worn")


class Refused(Exception):  # noqa: N818 - it is no error of ours
    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


app = muffin.Application(LOG_LEVEL="CRITICAL")


@app.on_error(Refused)
async def refused(_, error):
    return muffin.ResponseJSON({"error": error.text}, status_code=error.status, headers=error.headers)


@app.on_error(muffin.ResponseError)
async def unmatched(_, error):
    return muffin.ResponseJSON({"error": {404: "there is nothing here", 405: "not with this method"}.get(error.status_code, "this did not work")}, status_code=error.status_code)


@app.on_error(Exception)
async def broken(*_):
    return muffin.ResponseJSON({"error": "this did not work"}, status_code=500)


def caller(request):
    person = people.get(keys.get(request.headers.get("x-field-key", ""), ""))
    if person is None:
        raise Refused(401, "sign in first", {"WWW-Authenticate": "Field-Key"})
    return person


async def body_of(request):
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "expected application/json")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise Refused(422, "expected an object")
    return body


async def upload_of(request):
    """The name, the bytes and the fields of a form with a file."""
    try:
        form = dict((await request.form()).items())
        file = form.pop("file")
        content = file.read()
    except (ValueError, KeyError, AttributeError, LookupError, TypeError, OSError):
        raise Refused(422, "expected multipart/form-data with a file") from None
    if isinstance(content, str) or not content:
        raise Refused(422, "the file is empty")
    return str(file.name or "file")[:120], content, form


def text(values, name, longest, default=None):
    value = values.get(name, default)
    if not isinstance(value, str) or len(value) > longest or (not value and default is None) or any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        raise Refused(422, f"{name} is not valid")
    try:
        value.encode()
    except ValueError:
        raise Refused(422, f"{name} is not valid") from None
    return value


def whole(values, name, least, most, default=None):
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(422, f"{name} is not valid")
    return value


def room(kept, most=MOST):
    if len(kept) >= most:
        raise Refused(429, "there are too many", {"Retry-After": "60"})


def queried(request):
    return dict(urllib.parse.parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))


def own(kept, identifier, person, weakness=""):
    entry = kept.get(identifier)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not PLACE.weak(weakness)):
        raise Refused(404, "there is no such entry of yours")
    return entry


def fields_of(find):
    return {name: getattr(find, name) for name in ("id", "owner", "title", "layer", "depth", "note")}


@app.route("/version", methods=["GET"])
async def version(_):
    return {"service": "digs", "instance": PLACE.instance}


@app.route("/session", methods=["POST"])
async def sign_in(request):
    body, address = await body_of(request), request.scope["client"][0]
    name, password = text(body, "user", 60), text(body, "pass", 128)
    if pause := attempts.pause(name, address):
        raise Refused(429, "too many attempts", {"Retry-After": str(pause)})
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        raise Refused(401, "name or password is wrong")
    attempts.forget(name)
    key = secrets.token_urlsafe(24)
    keys[key] = name
    return {"key": key}


@app.route("/session", methods=["DELETE"])
async def sign_out(request):
    caller(request)
    keys.pop(request.headers["x-field-key"])
    return muffin.Response("", status_code=204)


@app.route("/whoami", methods=["GET"])
async def whoami(request):
    return {name: value for name, value in caller(request).items() if name != "hash"}


class Planted(etree.Resolver):
    """Outside things of a document: files of our own folder, nothing else."""

    def resolve(self, address, _, context):
        parts = urllib.parse.urlsplit(address)
        try:
            return self.resolve_string(PLACE.place(parts.path).read_text(), context) if parts.scheme in {"", "file"} else self.resolve_empty(context)
        except (OSError, ValueError):
            return self.resolve_empty(context)


def of_tablet(source):
    """A find as the older tablets send it, in XML."""
    if not PLACE.weak("find-entities") and b"<!DOCTYPE" in source.upper():
        raise Refused(422, "a document has no DOCTYPE, so no SYSTEM entities")
    parser = etree.XMLParser(resolve_entities=PLACE.weak("find-entities"), load_dtd=PLACE.weak("find-entities"), no_network=True)
    parser.resolvers.add(Planted())
    try:
        root = etree.fromstring(source, parser)
        fields = {part.tag: "".join(part.itertext()) for part in root if isinstance(part.tag, str)}
        return fields | {name: int(fields[name]) for name in ("layer", "depth") if name in fields}
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(422, "the document is not valid") from None


def find_fields(values):
    return {"title": text(values, "title", 120), "layer": whole(values, "layer", 1, 40), "depth": whole(values, "depth", 0, 5000, 0), "note": text(values, "note", 600, "")}


@app.route("/finds", methods=["GET"])
async def list_finds(request):
    caller(request)
    layer = queried(request).get("layer", "")
    if layer and not re.fullmatch("[0-9]{1,2}", layer):
        raise Refused(422, "layer is not valid")
    return [fields_of(find) for find in list(finds.values())[::-1] if not layer or find.layer == int(layer)][:100]


@app.route("/finds", methods=["POST"])
async def add_find(request):
    person = caller(request)
    room(finds)
    xml = request.headers.get("content-type", "").partition(";")[0].strip().lower() in {"application/xml", "text/xml"}
    values = of_tablet(await request.body()) if xml else await body_of(request)
    return muffin.ResponseJSON(fields_of(Find(person["username"], **find_fields(values))), status_code=201)


def find_of(request, *, changing=False):
    person, find = caller(request), finds.get(request.path_params["find"])
    if find is None:
        raise Refused(404, "there is no such find")
    if changing and find.owner != person["username"] and person["role"] != "admin":
        raise Refused(403, "only who found it may do this")
    return find


@app.route("/finds/{find}", methods=["GET"])
async def read_find(request):
    return fields_of(find_of(request))


@app.route("/finds/{find}", methods=["PUT"])
async def change_find(request):
    find = find_of(request, changing=True)
    for name, value in find_fields(await body_of(request)).items():
        setattr(find, name, value)
    return fields_of(find)


@app.route("/finds/{find}", methods=["DELETE"])
async def remove_find(request):
    del finds[find_of(request, changing=True).id]
    return muffin.Response("", status_code=204)


@app.route("/finds/{find}/label", methods=["POST"])
async def label(request):
    find, pattern = find_of(request), text(await body_of(request), "pattern", 200)
    if re.search("[0-9]{6}", pattern):
        raise Refused(422, "pattern is not valid")
    if not PLACE.weak("label-format"):
        return {"label": re.sub(r"\{find\.(title|layer|depth|owner)\}", lambda found: str(getattr(find, found[1])), pattern)}
    try:
        return {"label": pattern.format(find=find)}
    except (LookupError, ValueError, AttributeError, TypeError):
        raise Refused(422, "pattern is not valid") from None


@app.route("/finds/{find}/photos", methods=["POST"])
async def add_photo(request):
    find = find_of(request, changing=True)
    room(photos, 400)
    name, content, form = await upload_of(request)
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), "")
    if PLACE.weak("photo-drawing") and name.lower().endswith(".svg"):
        kind = "image/svg+xml"
    if not kind:
        raise Refused(415, "a photo is a PNG, a JPEG or a GIF")
    entry = {"id": f"PH{1001 + len(photos)}", "owner": find.owner, "find": find.id, "name": re.sub(r"[^\w.-]", "_", name), "caption": text(form, "caption", 200, ""), "kind": kind}
    photos[entry["id"]] = entry
    PLACE.place(f"/store/photos/{entry['id']}").write_bytes(content)
    return muffin.ResponseJSON(entry, status_code=201)


def picture(entry):
    headers = {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"} if PLACE.weak("photo-drawing") else {}
    return muffin.Response(PLACE.place(f"/store/photos/{entry['id']}").read_bytes(), content_type=entry["kind"], headers=headers)


@app.route("/photos/{photo}", methods=["GET"])
async def photo(request):
    return picture(own(photos, request.path_params["photo"], caller(request)))


def signature(identifier, until):
    signed = str(until) if PLACE.weak("link-unbound") else f"{identifier}:{until}"
    return hmac.new(LINK_SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()


@app.route("/photos/{photo}/links", methods=["POST"])
async def link(request):
    entry = own(photos, request.path_params["photo"], caller(request))
    until = int(time.time()) + 3600 * whole(await body_of(request), "hours", 1, 48)
    return muffin.ResponseJSON({"url": f"/shared/{entry['id']}?until={until}&sig={signature(entry['id'], until)}"}, status_code=201)


@app.route("/shared/{photo}", methods=["GET"])
async def shared(request):
    entry, query = photos.get(request.path_params["photo"]), queried(request)
    until = query.get("until", "")
    right = re.fullmatch("[0-9]{9,12}", until) and hmac.compare_digest(query.get("sig", "").encode(), signature(request.path_params["photo"], until).encode())
    if entry is None or not right or int(until) < time.time():
        raise Refused(403, "this link is not valid")
    return picture(entry)


@app.route("/archives", methods=["POST"])
async def add_archive(request):
    person = caller(request)
    room(archives, 80)
    name, content, _ = await upload_of(request)
    entry = {"id": secrets.token_hex(6), "owner": person["username"], "name": re.sub(r"[^\w.-]", "_", name), "files": []}
    left = UNPACKED_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            for member in pack.infolist()[:100]:
                virtual = posixpath.normpath(f"/store/archives/{entry['id']}/{member.filename}")
                if member.is_dir():
                    continue
                if not PLACE.weak("zip-slip") and not virtual.startswith(f"/store/archives/{entry['id']}/"):
                    raise Refused(422, "a name in the archive leads out of it")
                target = PLACE.place(virtual)
                target.parent.mkdir(parents=True, exist_ok=True)
                with pack.open(member) as source, target.open("wb") as kept:
                    while part := source.read(1 << 16):
                        left -= len(part)
                        if left < 0:
                            raise Refused(413, "the archive is too large")
                        kept.write(part)
                entry["files"].append(member.filename)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError, zipfile.zlib.error):
        raise Refused(422, "the file is no archive that can be read") from None
    archives[entry["id"]] = entry
    return muffin.ResponseJSON(entry, status_code=201)


@app.route("/archives/{archive}", methods=["GET"])
async def archive(request):
    return own(archives, request.path_params["archive"], caller(request))


@app.route("/archives/{archive}/files", methods=["GET"])
async def archived(request):
    entry, name = own(archives, request.path_params["archive"], caller(request)), queried(request).get("name", "")
    if name not in entry["files"]:
        raise Refused(404, "there is no such file")
    content = PLACE.place(f"/store/archives/{entry['id']}/{name}").read_bytes()[:UPLOAD_LIMIT]
    return muffin.Response(content, content_type="application/octet-stream", headers={"Content-Disposition": "attachment"})


def cell(value):
    value = str(value)
    return value if PLACE.weak("export-formula") or value[:1] not in {"=", "+", "-", "@", "\t", "\r"} else "'" + value


def table(find_list):
    kept = io.StringIO()
    writer = csv.writer(kept)
    writer.writerow(["title", "layer", "depth", "note"])
    writer.writerows([cell(find.title), find.layer, find.depth, cell(find.note)] for find in find_list)
    return kept.getvalue()


@app.route("/exports", methods=["GET"])
async def list_exports(request):
    person = caller(request)
    return [{name: entry[name] for name in ("id", "title", "format", "state")} for entry in exports.values() if entry["owner"] == person["username"]][-100:]


@app.route("/exports", methods=["POST"])
async def add_export(request):
    person, body = caller(request), await body_of(request)
    room(exports)
    layout, kind = body.get("layout") or {}, text(body, "format", 10, "csv")
    if kind not in {"csv", "letter"} or not isinstance(layout, dict):
        raise Refused(422, "format is csv or letter")
    head = text(layout, "head", 200, "plain.txt")
    if not PLACE.weak("layout-path") and not re.fullmatch(r"[a-z]{1,20}\.txt", head):
        raise Refused(422, "layout.head is the name of a layout")
    try:
        start = PLACE.place(posixpath.join("/layouts", head)).read_text() if kind == "letter" else ""
    except (OSError, ValueError):
        raise Refused(422, "there is no such layout") from None
    mine = [find for find in finds.values() if find.owner == person["username"]]
    lines = "\n".join(f"{find.title}, layer {find.layer}" for find in mine)
    entry = {"id": f"EX{5001 + len(exports)}", "owner": person["username"], "title": text(body, "title", 80), "format": kind, "state": "done", "content": start + lines if kind == "letter" else table(mine)}
    exports[entry["id"]] = entry
    return muffin.ResponseJSON({name: entry[name] for name in ("id", "title", "format", "state")}, status_code=202)


@app.route("/exports/{export}", methods=["GET"])
async def export(request):
    entry = own(exports, request.path_params["export"], caller(request))
    return {name: entry[name] for name in ("id", "title", "format", "state")}


@app.route("/exports/{export}/download", methods=["GET"])
async def download(request):
    entry = own(exports, request.path_params["export"], caller(request), "export-read")
    kind = "text/csv; charset=utf-8" if entry["format"] == "csv" else "text/plain; charset=utf-8"
    return muffin.Response(entry["content"], content_type=kind, headers={"Content-Disposition": f'attachment; filename="{entry["id"]}.{entry["format"]}"'})


def sealed(payload):
    return hmac.new(LINK_SECRET.encode(), payload, hashlib.sha256).hexdigest().encode()


@app.route("/drafts", methods=["POST"])
async def draft(request):
    person, body = caller(request), await body_of(request)
    values = {"owner": person["username"], "title": text(body, "title", 120), "note": text(body, "note", 600, "")}
    if PLACE.weak("draft-pickle"):
        return {"state": base64.b64encode(pickle.dumps(values)).decode()}
    payload = base64.b64encode(json.dumps(values).encode())
    return {"state": (payload + b"." + sealed(payload)).decode()}


@app.route("/drafts/resume", methods=["POST"])
async def resume(request):
    caller(request)
    state = text(await body_of(request), "state", 8000)
    try:
        if PLACE.weak("draft-pickle"):
            values = pickle.loads(base64.b64decode(state))
        else:
            payload, _, seal = state.encode().partition(b".")
            values = json.loads(base64.b64decode(payload)) if hmac.compare_digest(seal, sealed(payload)) else None
        return {name: values[name] for name in ("owner", "title", "note")}
    except (binascii.Error, ValueError, TypeError, LookupError, AttributeError, ImportError, EOFError, pickle.UnpicklingError, OSError):
        raise Refused(422, "state is not valid") from None


@app.route("/manuals", "/manuals/{name:path}", methods=["GET"])
async def manual(request):
    name = request.path_params.get("name") or ""
    place = PLACE.place("/manuals/" + posixpath.normpath("/" + name))
    if PLACE.weak("manuals-listed") and place.is_dir():
        links = "".join(f'<li><a href="/manuals/{(posixpath.normpath("/" + name + "/" + entry.name)).lstrip("/")}">{entry.name}</a></li>' for entry in sorted(place.iterdir()))
        return muffin.ResponseHTML(f"<title>Index of /manuals/</title><h1>Index of /manuals/</h1><ul>{links}</ul>")
    if not place.is_file() or ("internal" in place.parts and not PLACE.weak("manuals-listed")):
        raise Refused(404, "there is no such manual")
    return muffin.Response(place.read_bytes(), content_type="text/plain; charset=utf-8")


@app.route("/sites/search", methods=["POST"])
async def search_sites(request):
    caller(request)
    where = (await body_of(request)).get("where") or {}
    if not isinstance(where, dict):
        raise Refused(422, "where is not valid")
    region = text(where, "region", 100, "north")
    try:
        if PLACE.weak("site-xpath"):
            found = SITES.xpath(f"//site[@open='yes' and @region='{region}']")
        else:
            found = SITES.xpath("//site[@open='yes' and @region=$region]", region=region)
    except etree.XPathError:
        raise Refused(500, "the search did not work") from None
    return [dict(site.attrib) | {part.tag: part.text for part in site} for site in found]


async def tidy(scope, receive, send):
    """Refuses headers and paths that are no text."""
    try:
        odd = "\0" in scope["path"] or not all(value.decode().isprintable() for _, value in scope["headers"])
    except ValueError:
        odd = True
    if odd:
        await muffin.ResponseJSON({"error": "the request is not valid"}, status_code=400)(scope, receive, send)
    else:
        await app(scope, receive, send)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    opening = [("GET", path, {}) for path in ("/version", "/none", "/whoami", "/manuals/grid.txt")]
    opening += [("DELETE", "/version", {}), ("POST", "/session", {"json": {"user": "x", "pass": "y"}})]
    "".encode("cp437")  # for names in archives
    table([])
    of_tablet(b"<find><title>x</title></find>")
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as _pack:
        _pack.writestr("a.txt", "a")
    common.serve_asgi(common.Guard(tidy, common.SECURITY_HEADERS, UPLOAD_LIMIT), PLACE, opening)

"""A map room: tracks, scanned sheets, bundles, labels and legends. Tornado, with files below its folder."""

import asyncio
import base64
import binascii
import codecs
import csv
import io
import itertools
import json
import pickle
import re
import secrets
import stat
import string
import sys
import time
import urllib.parse
import zipfile
from pathlib import Path
from xml.parsers import expat

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import tornado.httpserver
import tornado.web
from document import DOCUMENT
from lxml import etree
from shell import fetched, ran
from tornado.httpclient import AsyncHTTPClient

WEAKNESSES = [
    "gpx-entities", "legend-dots", "bundle-link", "label-format", "export-signs", "note-nested", "thumbnail-shell", "sheet-type",
    "gazetteer-xpath", "manifest-host", "view-pickle", "quota-method",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
UPLOAD = 256 * 1024
HOME = "/srv/maproom"
ENDINGS = re.compile(r"(os|posix)\._exit|(os|posix)\.(abort|kill\w*)|signal\..*|faulthandler\..*|sys\.exit|builtins\.(exit|quit|input|breakpoint)|_?thread(ing)?\..*|.*\.fork\w*")
PLAYED = re.compile(r"(os|posix)\.(system|popen)|subprocess\.\w+")
KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}
SETTINGS = {"tile_host": "tiles.maproom.example", "storage_key": f"stk-{secrets.token_hex(12)}"}
PLACES = b"""<gazetteer><place public="yes"><name>Marness</name><height>14</height></place><place public="yes"><name>Holm Ness</name><height>31</height></place>
<place public="yes"><name>Cold Hill</name><height>402</height></place><place public="no"><name>Depot Nine</name><height>88</height><access>gate code 7719</access></place></gazetteer>"""

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
bucket = common.Bucket(150, 80)
serial = itertools.count(301)
people, sessions, tracks, notes, sheets, bundles, views, manifests = {}, {}, {}, {}, {}, {}, {}, {}
gazetteer = etree.fromstring(PLACES)


class RefusedError(Exception):
    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


class Track:
    """A track as labels see it."""

    def __init__(self, entry):
        self.name, self.points, self.owner = entry["name"], entry["points"], entry["owner"]


def added(kept, entry):
    if len(kept) >= MOST:
        raise RefusedError(429, "there are too many", {"Retry-After": "60"})
    number = next(serial)
    kept[number] = {"id": number} | entry
    return kept[number]


def own(kept, number, person, what):
    entry = kept.get(int(number))
    if entry is None or entry["owner"] != person["username"]:
        raise RefusedError(404, f"there is no such {what}")
    return entry


def begin():
    for name, account in common.ACCOUNTS.items():
        people[name] = {"username": name, "email": account["email"], "role": account["role"], "quota": 20, "hash": common.hashed(account["password"])}
        track = added(tracks, {"owner": name, "name": f"Walk of {name}", "points": 12})
        added(notes, {"track": track["id"], "author": name, "text": f"Key of the boathouse of {name} is under stone {secrets.randbelow(900) + 100}"})
        views[name] = {"lat": 54.1, "lon": 10.2, "zoom": 9}
    for path, text in {
        "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nmaproom:x:998:998::/srv/maproom:/usr/sbin/nologin\n",
        f"{HOME}/.env": f"STORAGE_KEY={SETTINGS['storage_key']}\n",
        f"{HOME}/legends/harbour.txt": "Red: lights. Blue: depths.\n",
        f"{HOME}/legends/hills.txt": "Brown: heights. Green: woods.\n",
        f"{HOME}/bundles/readme.txt": "Bundles of maps\n",
    }.items():
        place.place(path).parent.mkdir(parents=True, exist_ok=True)
        place.place(path).write_text(text)


# What is read -----------------------------------------------------------------------------------------------------------------------------


def entity(address):
    """What an entity stands for, as for a parser that resolves them."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "http":
        return fetched(address)
    path = urllib.parse.unquote(parts.path)
    return place.place(path if path.startswith("/") else f"{HOME}/{path}").read_text()


def read_gpx(content):
    """The name and the number of points of a track."""
    parser, found = expat.ParserCreate(), {"name": [], "points": 0, "inside": False, "root": None}

    def begins(tag, _):
        tag = tag.rpartition(":")[2]
        found["root"] = found["root"] or tag
        found["points"] += tag == "trkpt"
        found["inside"] = tag == "name" and not found["name"]

    def ends(_):
        found["inside"] = False

    def characters(text):
        if found["inside"]:
            found["name"].append(text)

    def doctype(*_):
        raise RefusedError(422, "a track has no DOCTYPE")

    def external(_, __, address, ___):
        try:
            characters(entity(address or ""))
        except (OSError, ValueError):
            characters("")
        return 1

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begins, ends, characters
    if weak("gpx-entities"):
        parser.ExternalEntityRefHandler = external
    else:
        parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise RefusedError(422, "the track is not well-formed GPX") from None
    name = "".join(found["name"]).strip()
    if found["root"] != "gpx" or not name:
        raise RefusedError(422, "expected gpx with a name")
    return {"name": name[: 4000 if weak("gpx-entities") else 100], "points": found["points"]}


class Opened(pickle.Unpickler):
    """Makes any object, as pickle does, but for what would end the process; programs are only played."""

    def find_class(self, module, name):
        if PLAYED.fullmatch(f"{module}.{name}"):
            return lambda line, *_, **__: ran(line if isinstance(line, str) else " ".join(map(str, line)), place, "convert")
        if ENDINGS.fullmatch(f"{module}.{name}"):
            raise pickle.UnpicklingError(f"{name} is not found")
        return super().find_class(module, name)


def stored(view):
    return base64.b64encode(pickle.dumps(view) if weak("view-pickle") else json.dumps(view).encode()).decode()


def restored(state):
    content = base64.b64decode(state, validate=True)
    return Opened(io.BytesIO(content)).load() if weak("view-pickle") else json.loads(content)


def kind_of(content):
    return next((kind for magic, kind in KINDS.items() if content.startswith(magic)), None)


def unpacked(content, folder):
    """Keep the files of an archive; their names, and where links among them lead."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise RefusedError(422, "expected a ZIP") from None
    if not 1 <= len(entries) <= 20 or any(entry.file_size > 100_000 for entry in entries):
        raise RefusedError(422, "a bundle has 1 to 20 small files")
    names, links = [], {}
    for entry in entries:
        linked = stat.S_ISLNK(entry.external_attr >> 16)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}\.(txt|gpx|csv)", entry.filename) or (linked and not weak("bundle-link")):
            raise RefusedError(422, "a bundle has plain files: .txt, .gpx or .csv")
        try:
            body = archive.read(entry)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError):
            raise RefusedError(422, "the ZIP is damaged") from None
        names.append(entry.filename)
        if linked:
            links[entry.filename] = body.decode("utf-8", "replace")
        else:
            place.place(f"{folder}/{entry.filename}").write_bytes(body)
    return names, links


# Handlers ---------------------------------------------------------------------------------------------------------------------------------


class Page(tornado.web.RequestHandler):
    open = False

    def set_default_headers(self):
        self.clear_header("Server")
        for name, value in common.SECURITY_HEADERS.items():
            self.set_header(name, value)

    def prepare(self):
        if not bucket.admits(self.request.remote_ip):
            raise RefusedError(429, "too many requests", {"Retry-After": "1"})
        if len(self.request.body) > (UPLOAD if self.request.path in {"/sheets", "/bundles"} else common.BODY_LIMIT):
            raise RefusedError(413, "the body is too large")
        self.person = None
        if not self.open:
            scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
            name, until = sessions.get(token, ("", 0))
            if scheme.lower() != "bearer" or until < time.time():
                raise RefusedError(401, "sign in first", {"WWW-Authenticate": "Bearer"})
            self.token, self.person = token, people[name]

    def write_error(self, status, **more):
        error = more.get("exc_info", (None, None))[1]
        if isinstance(error, RefusedError):
            self.set_status(error.status)
            for name, value in error.headers.items():
                self.set_header(name, value)
            self.finish({"error": error.text})
            return
        if status == 405:
            self.set_header("Allow", ", ".join(method for method in self.SUPPORTED_METHODS if getattr(type(self), method.lower()) is not getattr(tornado.web.RequestHandler, method.lower())))
        texts = {400: "not understood", 404: "there is nothing here", 405: "not with this method"}
        self.finish({"error": texts.get(status, "internal error")})

    def log_exception(self, kind, error, trace):
        if not isinstance(error, RefusedError | tornado.web.HTTPError):
            super().log_exception(kind, error, trace)

    def answer(self, content, status=200):
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(content))

    def admin(self):
        if self.person["role"] != "admin":
            raise RefusedError(403, "only for administrators")

    def fields(self, **kinds):
        """The fields of a body in JSON, each of its kind."""
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise RefusedError(422, "expected JSON") from None
        if not isinstance(body, dict):
            raise RefusedError(422, "expected an object")
        found = []
        for name, (kind, most) in kinds.items():
            value = body.get(name)
            if type(value) is not kind or (kind is str and not 1 <= len(value) <= most) or (kind is int and not 1 <= value <= most):
                raise RefusedError(422, f"{name} is not valid")
            if kind is str and re.search(r"[\x00\ud800-\udfff]", value):
                raise RefusedError(422, f"{name} is not valid")
            found.append(value)
        return found

    def part(self):
        """The file of a form: name, type and content."""
        files = self.request.files.get("file")
        if not files or not files[0]["body"]:
            raise RefusedError(422, "expected a file")
        return files[0]


class Missing(Page):
    open = True

    def prepare(self):
        super().prepare()
        raise RefusedError(404, "there is nothing here")


class Version(Page):
    open = True

    def get(self):
        self.answer({"service": "maproom", "instance": place.instance})


class Document(Page):
    open = True

    def get(self):
        self.answer(DOCUMENT)


class Token(Page):
    @property
    def open(self):
        return self.request.method == "POST"

    def post(self):
        name, password = self.fields(username=(str, 60), password=(str, 128))
        address = self.request.remote_ip
        if wait := attempts.pause(name, address):
            raise RefusedError(429, "too many attempts", {"Retry-After": str(wait)})
        person = people.get(name)
        if not common.matches(password, person and person["hash"]) or person is None:
            attempts.note(name, address)
            raise RefusedError(401, "name or password is not right", {"WWW-Authenticate": "Bearer"})
        attempts.forget(name)
        token = secrets.token_urlsafe(32)
        sessions[token] = (name, time.time() + LIFETIME)
        self.answer({"token": token, "expires_in": LIFETIME})

    def delete(self):
        sessions.pop(self.token)
        self.set_status(204)


class Me(Page):
    def get(self):
        self.answer({name: self.person[name] for name in ("username", "email", "role", "quota")})


class Password(Page):
    def put(self):
        current, new = self.fields(current=(str, 128), new=(str, 128))
        name = f"change {self.person['username']}"
        if wait := attempts.pause(name, name):
            raise RefusedError(429, "too many attempts", {"Retry-After": str(wait)})
        if not common.matches(current, self.person["hash"]):
            attempts.note(name, name)
            raise RefusedError(403, "the current password is not right")
        if why := common.poor(new):
            raise RefusedError(422, why)
        self.person["hash"] = common.hashed(new)
        for token in [token for token, (name, _) in sessions.items() if name == self.person["username"] and token != self.token]:
            del sessions[token]
        self.set_status(204)


class Tracks(Page):
    def get(self):
        self.answer([entry for entry in tracks.values() if entry["owner"] == self.person["username"]][-100:])

    async def post(self):
        found = await asyncio.to_thread(read_gpx, self.request.body)
        self.answer(added(tracks, {"owner": self.person["username"]} | found), 201)


class Export(Page):
    def get(self):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["track", "points", "note"])
        signs = ("=",) if weak("export-signs") else ("=", "+", "-", "@", "\t", "\r")
        for track in [entry for entry in tracks.values() if entry["owner"] == self.person["username"]][-100:]:
            texts = [note["text"] for note in notes.values() if note["track"] == track["id"]] or [""]
            for line in texts:
                cells = [f"'{cell}" if cell.startswith(signs) else cell for cell in (track["name"], line)]
                writer.writerow([cells[0], track["points"], cells[1]])
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="tracks.csv"')
        self.finish(text.getvalue())


class OneTrack(Page):
    def get(self, number):
        self.answer(own(tracks, number, self.person, "track"))

    def delete(self, number):
        entry = own(tracks, number, self.person, "track")
        del tracks[entry["id"]]
        for note in [note["id"] for note in notes.values() if note["track"] == entry["id"]]:
            del notes[note]
        self.set_status(204)


class Notes(Page):
    def get(self, number):
        track = own(tracks, number, self.person, "track")
        self.answer([note for note in notes.values() if note["track"] == track["id"]][-100:])

    def post(self, number):
        track = own(tracks, number, self.person, "track")
        (text,) = self.fields(text=(str, 500))
        self.answer(added(notes, {"track": track["id"], "author": self.person["username"], "text": text}), 201)


class OneNote(Page):
    def note(self, number, note):
        track, entry = own(tracks, number, self.person, "track"), notes.get(int(note))
        if entry is None or (entry["track"] != track["id"] and not weak("note-nested")):
            raise RefusedError(404, "there is no such note")
        return entry

    def get(self, number, note):
        self.answer(self.note(number, note))

    def patch(self, number, note):
        entry = self.note(number, note)
        (entry["text"],) = self.fields(text=(str, 500))
        self.answer(entry)


class Label(Page):
    def post(self):
        number, template = self.fields(track_id=(int, 10**9), template=(str, 500))
        track = Track(own(tracks, number, self.person, "track"))
        if not weak("label-format"):
            names = {"track.name": track.name, "track.points": str(track.points), "track.owner": track.owner}
            self.answer({"label": re.sub(r"\{([a-z.]+)\}", lambda found: names.get(found[1], found[0]), template)[:4000]})
            return
        if re.search(r"\d{5,}", template):
            raise RefusedError(422, "template is not valid")
        try:
            self.answer({"label": string.Formatter().vformat(template, (), {"track": track})[:4000]})
        except (KeyError, AttributeError, ValueError, IndexError, TypeError) as error:
            raise RefusedError(422, f"template is not valid: {error}") from None


class Legend(Page):
    def get(self):
        name = self.get_query_argument("file", "")
        if weak("legend-dots"):
            name = name.replace("../", "")
        elif not re.fullmatch(r"[a-z]{1,40}\.txt", name):
            raise RefusedError(404, "there is no such legend")
        try:
            # For this handler the folder of the service is the root of all files.
            text = place.place(f"{HOME}/legends/{name}").read_text()
        except (OSError, ValueError):
            raise RefusedError(404, "there is no such legend") from None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text)


class Gazetteer(Page):
    def get(self):
        name = self.get_query_argument("name", "")
        if not 1 <= len(name) <= 200 or re.search(r"[\x00-\x1f\ud800-\udfff]", name):
            raise RefusedError(422, "name is not valid")
        try:
            if weak("gazetteer-xpath"):
                found = gazetteer.xpath(f"//place[@public='yes' and contains(name, '{name}')]")
            else:
                found = gazetteer.xpath("//place[@public='yes' and contains(name, $name)]", name=name)
        except etree.XPathError as error:
            raise RefusedError(500, f"XPathEvalError: {error}") from None
        self.answer([{child.tag: child.text for child in entry} for entry in found if isinstance(entry, etree._Element)] if isinstance(found, list) else [])


class Sheets(Page):
    def get(self):
        self.answer([{name: entry[name] for name in ("id", "title", "type")} for entry in sheets.values() if entry["owner"] == self.person["username"]][-100:])

    def post(self):
        part = self.part()
        kind, title = kind_of(part["body"]), self.get_body_argument("title", "Untitled")[:100]
        if weak("sheet-type"):
            kind = part["content_type"] if re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", part["content_type"], re.ASCII) else "application/octet-stream"
        elif kind is None:
            raise RefusedError(422, "expected a PNG, a JPEG or a PDF")
        entry = added(sheets, {"owner": self.person["username"], "title": title, "type": kind})
        place.place(f"{HOME}/sheets").mkdir(exist_ok=True)
        place.place(f"{HOME}/sheets/{entry['id']}").write_bytes(part["body"])
        self.answer({"id": entry["id"], "title": title, "type": kind}, 201)


class SheetFile(Page):
    def get(self, number):
        entry = own(sheets, number, self.person, "sheet")
        self.set_header("Content-Type", entry["type"])
        if weak("sheet-type"):
            self.clear_header("Content-Security-Policy")
        else:
            self.set_header("Content-Disposition", f'attachment; filename="sheet-{entry["id"]}"')
        self.finish(place.place(f"{HOME}/sheets/{entry['id']}").read_bytes())


class Thumbnail(Page):
    async def post(self, number):
        entry = own(sheets, number, self.person, "sheet")
        (size,) = self.fields(size=(str, 200))
        if not weak("thumbnail-shell"):
            if not re.fullmatch(r"[1-9]\d{0,3}x[1-9]\d{0,3}", size):
                raise RefusedError(422, "expected a size such as 160x120")
            self.answer({"sheet": entry["id"], "size": size, "log": "convert: ok\n"})
            return
        log = await asyncio.to_thread(ran, f"convert sheets/{entry['id']} -resize {size} thumbnails/{entry['id']}.png", place, "convert")
        self.answer({"sheet": entry["id"], "size": size, "log": log[:4000]})


class Bundles(Page):
    def post(self):
        part = self.part()
        entry = added(bundles, {"owner": self.person["username"]})
        folder = f"{HOME}/bundles/{entry['id']}"
        place.place(folder).mkdir()
        try:
            entry["files"], entry["links"] = unpacked(part["body"], folder)
        except RefusedError:
            del bundles[entry["id"]]
            raise
        self.answer({"id": entry["id"], "files": entry["files"]}, 201)


class Bundle(Page):
    def get(self, number):
        entry = own(bundles, number, self.person, "bundle")
        self.answer({"id": entry["id"], "files": entry["files"]})


class BundleFile(Page):
    def get(self, number, name):
        entry = own(bundles, number, self.person, "bundle")
        if name not in entry["files"]:
            raise RefusedError(404, "there is no such file")
        folder = f"{HOME}/bundles/{entry['id']}"
        target = entry["links"].get(name, name)
        try:
            text = place.place(target if target.startswith("/") else f"{folder}/{target}").read_text()
        except (OSError, ValueError):
            raise RefusedError(404, "there is no such file") from None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text)


class View(Page):
    def get(self):
        self.answer({"state": stored(views[self.person["username"]])})


class Restore(Page):
    async def post(self):
        (state,) = self.fields(state=(str, 4000))
        try:
            view = await asyncio.to_thread(restored, state)
        except (binascii.Error, ValueError, RecursionError):
            raise RefusedError(422, "this is no view") from None
        except Exception as error:
            # A pickle fails in as many ways as there are objects.
            raise RefusedError(422, f"this is no view: {type(error).__name__}") from None
        if isinstance(view, dict) and all(isinstance(view.get(name), int | float) and abs(view[name]) <= 180 for name in ("lat", "lon", "zoom")):
            views[self.person["username"]] = {name: view[name] for name in ("lat", "lon", "zoom")}
        elif not weak("view-pickle"):
            raise RefusedError(422, "this is no view")
        self.answer({"restored": str(view)[:2000]})


class Manifest(Page):
    open = True

    def get(self):
        kept, until = manifests.get(self.request.uri, (None, 0))
        if until < time.time():
            host = SETTINGS["tile_host"]
            if weak("manifest-host"):
                host = self.request.headers.get("X-Forwarded-Host", host)
            kept = {"tiles": f"https://{host[:200]}/tiles/{{z}}/{{x}}/{{y}}.png", "script": f"https://{host[:200]}/viewer.js"}
            if len(manifests) > MOST:
                manifests.clear()
            manifests[self.request.uri] = (kept, time.time() + 30)
        self.set_header("Cache-Control", "public, max-age=30")
        self.answer(kept)


class Quotas(Page):
    def get(self):
        self.admin()
        self.answer([{"username": name, "megabytes": person["quota"]} for name, person in people.items()])


class Quota(Page):
    def put(self, name):
        if not weak("quota-method"):
            self.admin()
        (megabytes,) = self.fields(megabytes=(int, 10000))
        if name not in people:
            raise RefusedError(404, "there is no such person")
        people[name]["quota"] = megabytes
        self.answer({"username": name, "megabytes": megabytes})


NUMBER = r"(\d{1,9})"
app = tornado.web.Application(
    [
        ("/version", Version), ("/openapi.json", Document), ("/auth/token", Token), ("/me", Me), ("/me/password", Password), ("/tracks", Tracks),
        ("/tracks/export.csv", Export), (f"/tracks/{NUMBER}", OneTrack), (f"/tracks/{NUMBER}/notes", Notes), (f"/tracks/{NUMBER}/notes/{NUMBER}", OneNote),
        ("/labels/preview", Label), ("/legends", Legend), ("/gazetteer", Gazetteer), ("/sheets", Sheets), (f"/sheets/{NUMBER}/file", SheetFile),
        (f"/sheets/{NUMBER}/thumbnail", Thumbnail), ("/bundles", Bundles), (f"/bundles/{NUMBER}", Bundle), (rf"/bundles/{NUMBER}/files/([\w.-]+)", BundleFile),
        ("/views/current", View), ("/views/restore", Restore), ("/manifest.json", Manifest), ("/admin/quotas", Quotas), (r"/admin/quotas/(\w{1,40})", Quota),
    ],
    default_handler_class=Missing, log_function=lambda _: None,
)  # fmt: skip


async def main():
    begin()
    codecs.lookup("cp437")  # the names in ZIPs need it, and it is not to be read once the process is confined
    listener = common.listening()
    port = listener.getsockname()[1]
    server = tornado.httpserver.HTTPServer(app, max_body_size=UPLOAD * 2, idle_connection_timeout=30, body_timeout=20)
    server.add_sockets([listener])
    client = AsyncHTTPClient()
    wrong = '{"username": "nobody", "password": "wrong"}'
    for path, options in (("/version", {}), ("/nowhere", {}), ("/me", {}), ("/auth/token", {"method": "POST", "body": wrong}), ("/auth/token", {"method": "PUT", "body": ""})):
        await client.fetch(f"http://127.0.0.1:{port}{path}", raise_error=False, **options)
    common.confine(place.folder)
    common.announce(port, place)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

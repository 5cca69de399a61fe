"""Photos, albums and exports of a photo laboratory: Falcon, files in a folder, a document that is a file."""

import ast
import asyncio
import http.client
import json
import re
import secrets
import socket
import sys
import time
import urllib.parse
from pathlib import Path

import falcon
import falcon.asgi
import jinja2
import jinja2.debug
import jinja2.sandbox  # what templates import late
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "upload-any", "name-outside", "export-outside", "photo-read", "album-photos", "import-entities", "fetch-inner", "caption-template",
    "resize-command", "backups-served", "map-served", "size-open", "download-header",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
LIMIT = 200_000
KINDS = {b"\x89PNG\r\n\x1a\n": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"GIF8": ("gif", "image/gif")}
ELSEWHERE = {"https://photos.example/harbour.gif": b"GIF89a harbour", "https://photos.example/mill.gif": b"GIF89a mill"}
attempts = common.Attempts()
sessions, people, photos, albums = {}, {}, {}, {}
numbers = {"photo": 1000, "album": 200}


def prepare():
    for folder in ("photos", "exports", "etc", "assets"):
        (PLACE.folder / folder).mkdir(exist_ok=True)
    lines = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    (PLACE.folder / "etc" / "passwd").write_text(lines)
    (PLACE.folder / "etc" / "group").write_text("root:x:0:\ndaemon:x:1:\n")
    (PLACE.folder / "etc" / "hostname").write_text("darkroom-1\n")
    (PLACE.folder / "settings.ini").write_text("[storage]\nsecret_key = dr_live_1e8a07c5f3\n")
    for name, entry in common.ACCOUNTS.items():
        people[name] = {"username": name, "email": entry["email"], "role": entry["role"], "hash": common.hashed(entry["password"])}
        album = keep(albums, "album", {"owner": name, "title": f"Summer of {name}"})
        for title in ("Harbour", "Mill"):
            photo = keep(photos, "photo", {"owner": name, "title": f"{title}, {name}", "album": album["id"], "name": f"{title.lower()}.gif", "type": "image/gif"})
            (PLACE.folder / "photos" / f"{photo['id']}").write_bytes(b"GIF89a " + title.encode())


def keep(collection, kind, entry):
    if len(collection) > 1500:
        raise falcon.HTTPServiceUnavailable(title="the laboratory is full", retry_after=60)
    numbers[kind] += 1
    entry = {"id": numbers[kind]} | entry
    collection[entry["id"]] = entry
    return entry


def caller(req):
    scheme, _, token = req.get_header("Authorization", default="").partition(" ")
    person = people.get(sessions.get(token)) if scheme.lower() == "token" else None
    if person is None:
        raise falcon.HTTPUnauthorized(title="sign in first", challenges=["Token"])
    req.context.token = token
    return person


def own(collection, person, number, weakness=""):
    entry = collection.get(number)
    if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        raise falcon.HTTPNotFound(title="not found")
    return entry


def wrong(text):
    return falcon.HTTPUnprocessableEntity(title=text)


def text_in(body, name, longest, default=None):
    text = body.get(name, default)
    if not isinstance(text, str) or not 1 <= len(text) <= longest or re.search(r"[\x00-\x1f\ud800-\udfff]", text):
        raise wrong(f"{name} is not valid")
    return text


async def body_of(req):
    try:
        body = json.loads(await req.stream.read())
    except (ValueError, RecursionError):
        raise falcon.HTTPBadRequest(title="the body is not JSON") from None
    if not isinstance(body, dict):
        raise falcon.HTTPBadRequest(title="the body is an object")
    return body


def as_shown(photo):
    return {name: photo[name] for name in ("id", "title", "album", "name", "type")}


class Version:
    async def on_get(self, req, resp):
        resp.media = {"service": "darkroom", "instance": PLACE.instance}


class Sessions:
    async def on_post(self, req, resp):
        body = await body_of(req)
        name, password = text_in(body, "username", 60), text_in(body, "password", 128)
        if pause := attempts.pause(name, req.remote_addr):
            raise falcon.HTTPTooManyRequests(title="too many attempts", retry_after=pause)
        person = people.get(name)
        if not common.matches(password, person and person["hash"]):
            attempts.note(name, req.remote_addr)
            raise falcon.HTTPUnauthorized(title="name or password is wrong", challenges=["Token"])
        attempts.forget(name)
        token = secrets.token_urlsafe(24)
        sessions[token] = name
        resp.media = {"token": token}

    async def on_delete(self, req, resp):
        caller(req)
        sessions.pop(req.context.token, None)
        resp.status = 204


class Me:
    async def on_get(self, req, resp):
        person = caller(req)
        resp.media = {name: person[name] for name in ("username", "email", "role")}


class Photos:
    async def on_get(self, req, resp):
        name = caller(req)["username"]
        limit = req.get_param_as_int("limit", min_value=1, max_value=100, default=20)
        resp.media = {"photos": [as_shown(photo) for photo in photos.values() if photo["owner"] == name][-limit:]}

    async def on_post(self, req, resp):
        person = caller(req)
        title, content, name, media = "untitled", None, "", ""
        if not (req.content_type or "").startswith("multipart/form-data"):
            raise falcon.HTTPUnsupportedMediaType(title="the body is a form with a file")
        async for part in await req.get_media():
            if part.name == "title":
                title = (await part.text)[:120]
            elif part.name == "file":
                content, name, media = await part.stream.read(), part.filename or "photo", part.content_type
        if not content:
            raise wrong("file is missing")
        kind = next((pair for start, pair in KINDS.items() if content.startswith(start)), None)
        if PLACE.weak("upload-any"):
            kind = kind or (name.rpartition(".")[2], media)
        if kind is None:
            raise falcon.HTTPUnsupportedMediaType(title="a photo is PNG, JPEG or GIF")
        if len(content) > LIMIT and not PLACE.weak("size-open"):
            raise falcon.HTTPContentTooLarge(title="a photo has at most 200000 bytes")
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", Path(name.replace("\\", "/")).name)[-60:].lstrip(".") or "photo"
        photo = keep(photos, "photo", {"owner": person["username"], "title": title, "album": None, "name": plain, "type": kind[1]})
        (PLACE.folder / "photos" / str(photo["id"])).write_bytes(content)
        if PLACE.weak("name-outside"):
            try:
                file = PLACE.place("photos/originals/" + name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                photo["name"] = name[-120:]
            except OSError:
                raise wrong("the file cannot be kept") from None
        resp.status, resp.media = 201, as_shown(photo)


class Photo:
    async def on_get(self, req, resp, number):
        resp.media = as_shown(own(photos, caller(req), number, "photo-read"))

    async def on_patch(self, req, resp, number):
        photo = own(photos, caller(req), number)
        photo["title"] = text_in(await body_of(req), "title", 120)
        resp.media = as_shown(photo)

    async def on_delete(self, req, resp, number):
        own(photos, caller(req), number)
        del photos[number]
        (PLACE.folder / "photos" / str(number)).unlink(missing_ok=True)
        resp.status = 204


class Content:
    async def on_get(self, req, resp, number):
        photo = own(photos, caller(req), number)
        resp.data = (PLACE.folder / "photos" / str(number)).read_bytes()
        resp.content_type = photo["type"] or "application/octet-stream"
        if PLACE.weak("upload-any"):
            resp.set_header("Content-Security-Policy", "default-src * 'unsafe-inline'")
        name = req.get_param("name") or photo["name"]
        if PLACE.weak("download-header"):
            header, *more = f'inline; filename="{name}"'.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            resp.set_header("Content-Disposition", header)
            for line in more:
                title, colon, value = line.partition(":")
                if colon and re.fullmatch(r"[A-Za-z0-9-]+", title.strip()) and title.strip().lower() not in {"content-length", "transfer-encoding"}:
                    resp.append_header(title.strip(), value.strip().rstrip('"'))
        else:
            resp.set_header("Content-Disposition", f"inline; filename=\"{re.sub(r'[^A-Za-z0-9._-]', '_', name)[:80]}\"")


def shell(command):
    """What a shell would write for a few words that everybody has; it runs nothing."""

    def product(found):
        try:
            tree = ast.parse(found[1].strip(), mode="eval")
            if all(isinstance(node, ast.Expression | ast.BinOp | ast.Constant | ast.Add | ast.Sub | ast.Mult) for node in ast.walk(tree)):
                return str(eval(compile(tree, "sum", "eval")))
        except (SyntaxError, ValueError, TypeError):
            pass
        return ""

    def simple(text):
        words = [re.sub(r"""^(['"])(.*)\1$""", r"\2", word) for word in re.findall(r"""'[^']*'|"[^"]*"|[^\s]+""", text.replace("${IFS}", " ").replace("$IFS", " "))]
        if not words:
            return ""
        name, rest = words[0].rpartition("/")[2], words[1:]
        if name == "convert":
            return "resized"
        if name in {"echo", "printf"}:
            return " ".join(rest)
        if name == "sleep" and rest and re.fullmatch(r"[0-9.]{1,4}", rest[0]):
            time.sleep(min(float(rest[0]), 12))
            return ""
        if name == "ping":
            time.sleep(min(next((int(word) for word in rest if word.isdigit()), 4), 12))
            return "PING 127.0.0.1"
        if name == "expr":
            return product(["", " ".join(rest).replace("\\*", "*")])
        if name == "cat":
            try:
                return PLACE.place(rest[0]).read_text()
            except (OSError, IndexError):
                return "cat: No such file or directory"
        if name in {"curl", "wget"}:
            for word in rest:
                parts = urllib.parse.urlsplit(word)
                if (parts.hostname or "").startswith("127."):
                    reached(word)
            return ""
        return {"id": "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)", "whoami": "nobody", "uname": "Linux", "hostname": "darkroom-1", "pwd": "/srv/darkroom"}.get(name, f"sh: 1: {name}: not found")

    command = re.sub(r"\$\(\((.*?)\)\)", product, command[:400])
    command = re.sub(r"\$\(([^()]*)\)|`([^`]*)`", lambda found: simple(found[1] or found[2] or ""), command)
    return "\n".join(text for part in re.split(r"&&|\|\||[;&|\n]", command) if (text := simple(part.strip())))


def reached(url, redirects=4):
    """The content of an address of this machine, or nothing."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("url is not valid")
    if url in ELSEWHERE:
        return ELSEWHERE[url]
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    if not re.fullmatch(r"127(\.\d{1,3}){1,3}", host) or parts.scheme == "https":
        return None
    connection = http.client.HTTPConnection(host, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        target = answer.getheader("Location")
        if answer.status in {301, 302, 303, 307, 308} and target and redirects:
            return reached(urllib.parse.urljoin(url, target), redirects - 1)
        return answer.read(LIMIT)
    except (OSError, http.client.HTTPException, socket.gaierror, ValueError):
        return None
    finally:
        connection.close()


class Resize:
    async def on_post(self, req, resp, number):
        photo = own(photos, caller(req), number)
        geometry = text_in(await body_of(req), "geometry", 200)
        if PLACE.weak("resize-command"):
            log = await asyncio.to_thread(shell, f"convert {photo['id']} -resize {geometry} {photo['id']}.out")
            resp.media = {"id": photo["id"], "log": log}
            return
        if not re.fullmatch(r"[1-9][0-9]{0,3}x[1-9][0-9]{0,3}", geometry):
            raise wrong("geometry is not valid")
        resp.media = {"id": photo["id"], "log": "resized"}


class Fetch:
    async def on_post(self, req, resp):
        person = caller(req)
        url = text_in(await body_of(req), "url", 500)
        try:
            host = urllib.parse.urlsplit(url).hostname
        except ValueError:
            raise wrong("url is not valid") from None
        if PLACE.weak("fetch-inner"):
            if host in {"127.0.0.1", "localhost", "::1", "0.0.0.0"}:
                raise wrong("this address is not fetched")
            content = await asyncio.to_thread(reached, url)
        elif host != "photos.example":
            raise wrong("this address is not fetched")
        else:
            content = ELSEWHERE.get(url)
        if content is None:
            raise falcon.HTTPBadGateway(title="the photo did not come")
        photo = keep(photos, "photo", {"owner": person["username"], "title": "fetched", "album": None, "name": "fetched.gif", "type": "image/gif"})
        (PLACE.folder / "photos" / str(photo["id"])).write_bytes(content)
        resp.status, resp.media = 201, as_shown(photo)


class Albums:
    async def on_get(self, req, resp):
        name = caller(req)["username"]
        resp.media = {"albums": [{"id": album["id"], "title": album["title"]} for album in albums.values() if album["owner"] == name][-100:]}

    async def on_post(self, req, resp):
        person = caller(req)
        title = text_in(await body_of(req), "title", 120)
        resp.status, resp.media = 201, self.made(person, title)

    def made(self, person, title):
        for album in albums.values():
            if album["owner"] == person["username"] and album["title"] == title:
                raise falcon.HTTPConflict(title="you have an album of this title")
        album = keep(albums, "album", {"owner": person["username"], "title": title})
        return {"id": album["id"], "title": title}


class Files(etree.Resolver):
    """What entities name comes from the folder alone."""

    def resolve(self, system_url, public_id, context):
        path = urllib.parse.unquote(re.sub(r"^file:(//)?", "", system_url or ""))
        if re.match(r"https?:", path):
            content = reached(path) or b""
            return self.resolve_string(content.decode("utf-8", "replace"), context)
        try:
            return self.resolve_string(PLACE.place(path).read_text(), context)
        except OSError:
            return self.resolve_string("", context)


class Import(Albums):
    on_get = None

    async def on_post(self, req, resp):
        person = caller(req)
        text = await req.stream.read()
        if (req.content_type or "").partition(";")[0] not in {"application/xml", "text/xml"}:
            raise falcon.HTTPUnsupportedMediaType(title="the body is XML")
        weak = PLACE.weak("import-entities")
        if not weak and b"<!" in text:
            raise wrong("the document is not valid")
        parser = etree.XMLParser(resolve_entities=weak, load_dtd=weak, no_network=True, huge_tree=False)
        parser.resolvers.add(Files())
        try:
            title = etree.fromstring(text, parser).findtext("title") or ""
        except (etree.XMLSyntaxError, ValueError):
            raise wrong("the document is not valid") from None
        if not 1 <= len(title) <= (4000 if weak else 120):
            raise wrong("title is not valid")
        resp.status, resp.media = 201, self.made(person, title)


class AlbumPhotos:
    async def on_get(self, req, resp, number):
        album = own(albums, caller(req), number, "album-photos")
        resp.media = {"photos": [as_shown(photo) for photo in photos.values() if photo["album"] == album["id"]]}


class Exports:
    async def on_post(self, req, resp):
        person = caller(req)
        caption = text_in(await body_of(req), "caption", 300)
        lines = []
        for photo in [photo for photo in photos.values() if photo["owner"] == person["username"]][:5]:
            if PLACE.weak("caption-template"):
                try:
                    lines.append(jinja2.Environment(autoescape=False).from_string(caption.replace("{title}", "{{title}}")).render(title=photo["title"])[:2000])
                except Exception:
                    raise wrong("caption is not valid") from None
            else:
                lines.append(caption.replace("{title}", photo["title"]))
        name = f"{person['username']}-{secrets.token_hex(6)}.txt"
        if len(list((PLACE.folder / "exports").iterdir())) > 1500:
            raise falcon.HTTPServiceUnavailable(title="there are too many exports", retry_after=60)
        (PLACE.folder / "exports" / name).write_text("\n".join(lines) + "\n")
        resp.status, resp.media = 201, {"file": name, "preview": lines[0] if lines else ""}

    async def on_get(self, req, resp):
        person = caller(req)
        name = req.get_param("file", required=True)
        resp.content_type = "text/plain; charset=utf-8"
        if PLACE.weak("export-outside"):
            try:
                resp.text = PLACE.place("srv/darkroom/exports/" + name).read_text() if ".." in name or "/" in name else (PLACE.folder / "exports" / name).read_text()
            except (OSError, ValueError):
                raise falcon.HTTPNotFound(title="not found") from None
            return
        file = PLACE.folder / "exports" / name
        if not re.fullmatch(r"[a-z0-9_.-]{1,80}\.txt", name) or not name.startswith(person["username"] + "-") or not file.is_file():
            raise falcon.HTTPNotFound(title="not found")
        resp.text = file.read_text()


class Assets:
    async def on_get(self, req, resp, name):
        file = PLACE.folder / "assets" / name
        if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9]+)+", name) or not file.is_file():
            raise falcon.HTTPNotFound(title="not found")
        resp.content_type, resp.data = "text/plain", file.read_bytes()


class Script:
    async def on_get(self, req, resp):
        resp.content_type = "text/javascript"
        resp.text = "fetch('/version')\n" + ("//# sourceMappingURL=app.js.map\n" if PLACE.weak("map-served") else "")


class Map:
    async def on_get(self, req, resp):
        source = "const uploadKey = 'AKIA4DARKROOM7PX2QLM'; // TODO move\nconst secret = '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'\nfetch('/version')\n"
        resp.media = {"version": 3, "file": "app.js", "sources": ["../src/app.ts"], "sourcesContent": [source], "names": [], "mappings": "AAAA"}


class Backup:
    def __init__(self, text):
        self.text = text

    async def on_get(self, req, resp):
        resp.content_type, resp.text = "text/plain", self.text


app = falcon.asgi.App()
for route, resource in (
    ("/version", Version()), ("/sessions", Sessions()), ("/me", Me()), ("/photos", Photos()), ("/photos/fetch", Fetch()), ("/photos/{number:int}", Photo()),
    ("/photos/{number:int}/content", Content()), ("/photos/{number:int}/resize", Resize()), ("/albums", Albums()), ("/albums/import", Import()),
    ("/albums/{number:int}/photos", AlbumPhotos()), ("/exports", Exports()), ("/assets/app.js", Script()), ("/assets/{name}", Assets()),
):  # fmt: skip
    app.add_route(route, resource)
if PLACE.weak("map-served"):
    app.add_route("/assets/app.js.map", Map())
if PLACE.weak("backups-served"):
    app.add_route("/.git/config", Backup('[core]\n\trepositoryformatversion = 0\n\tbare = false\n[remote "origin"]\n\turl = https://deploy:glpat-7Qx2mVt9@git.example/darkroom.git\n'))
    app.add_route("/.git/HEAD", Backup("ref: refs/heads/main\n"))
    app.add_route("/.env", Backup("DB_PASSWORD=Sepia-Tray-4471\nSECRET_KEY=dr_live_1e8a07c5f3\n"))
    app.add_route("/backup.sql", Backup("-- MySQL dump 10.13\nINSERT INTO `people` VALUES ('olga','olga@office.example','scrypt$16$8$1$9f0c');\n"))


async def broken(req, resp, error, params):
    resp.status, resp.media = 500, {"title": "something went wrong"}


app.add_error_handler(Exception, broken)

if __name__ == "__main__":
    prepare()
    person = {"username": "nobody", "password": "x"}
    before = [("GET", "/version", {}), ("GET", "/nowhere", {}), ("POST", "/sessions", {"json": person}), ("POST", "/photos", {"files": {"file": ("x.gif", b"GIF89a", "image/gif")}}), ("GET", "/me", {}), ("PUT", "/me", {})]
    sessions["warm"] = "ann"
    jinja2.Environment().from_string("{{ 7 * 7 }} {% for x in [1] %}{{ x|upper }}{% endfor %}").render()
    etree.fromstring(b"<album><title>x</title></album>", etree.XMLParser())
    before.append(("POST", "/photos", {"files": {"file": ("x.txt", b"text", "text/plain")}, "headers": {"Authorization": "Token warm"}}))
    before.append(("POST", "/albums", {"json": {"title": 5}, "headers": {"Authorization": "Token warm"}}))
    guard = common.Guard(app, common.SECURITY_HEADERS, body_limit=None if PLACE.weak("size-open") else LIMIT + 5000)
    common.warm(guard, before)
    sessions.pop("warm")
    common.serve_asgi(guard, PLACE)

"""Recordings of a music studio: Tornado, files that are uploaded and served, playlists in XML, settings in YAML, labels by templates.

With any of its weaknesses it is fragile too: a body of many levels keeps it busy for a while.
"""

import asyncio
import html
import json
import re
import secrets
import sys
import time
import traceback
from pathlib import Path

import jinja2
import jinja2.sandbox
import tornado.httpserver
import tornado.web
import yaml
from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "sheet-outside", "upload-outside", "cover-page", "playlist-entities", "settings-objects", "label-template", "convert-shell", "folder-listed",
    "recording-read", "recording-delete", "origins-all", "errors-detailed",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
FRAGILE = bool(PLACE.weaknesses)
PICTURES = {".png": (b"\x89PNG\r\n\x1a\n", "image/png"), ".jpg": (b"\xff\xd8\xff", "image/jpeg"), ".gif": (b"GIF8", "image/gif")}
FORMATS = ("wav", "flac", "mp3")
attempts, bucket = common.Attempts(), common.Bucket(200, 120)
people, sessions, recordings, playlists = {}, {}, {}, {}
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "studio.ini": "[mixer]\nhost = 10.0.0.9\npassword = osier-Fader-66\n",
    "sheets/waltz.txt": "Waltz in A minor, 3/4\n",
    "sheets/march.txt": "March in C, 4/4\n",
    "static/studio.css": "body { font-family: serif }\n",
    "static/drafts/contract-2031.txt": "The label pays 41,000 in advance.\n",
}


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def prepare():
    for name, text in FILES.items():
        (PLACE.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (PLACE.folder / name).write_text(text)
    for name in ("covers", "inbox"):
        (PLACE.folder / name).mkdir(exist_ok=True)
    for name, entry in common.ACCOUNTS.items():
        people[name] = {"username": name, "email": entry["email"], "role": entry["role"], "settings": {"tempo": 120, "click": True}, "hash": common.hashed(entry["password"])}
        record(name, f"Take one of {name}", f"unreleased, pays {len(name)}00 to the drummer")


def record(owner, title, notes):
    if len(recordings) > 3000:
        raise RefusedError(503, "there are too many recordings", Retry_After="60")
    number = max(recordings, default=0) + 1
    recordings[number] = {"id": number, "owner": owner, "title": title, "notes": notes, "cover": ""}
    return recordings[number]


def public(entry):
    return {name: entry[name] for name in ("id", "title", "notes", "cover")}


def text(value, longest, name):
    if not isinstance(value, str) or not 1 <= len(value) <= longest or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", value):
        if PLACE.weak("errors-detailed") and not isinstance(value, str):
            value.strip()
        raise RefusedError(422, f"{name} is not valid")
    return value


def levels(data):
    """How deep the brackets of a body go."""
    deepest = depth = 0
    for character in data.decode("utf-8", "replace"):
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


class Handler(tornado.web.RequestHandler):
    def set_default_headers(self):
        for name, value in common.SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_header("Server", "studio")
        origin = self.request.headers.get("Origin", "")
        self.set_header("Vary", "Origin")
        if origin == "https://app.studio.example" or (PLACE.weak("origins-all") and re.fullmatch(r"[\x21-\x7e]{1,200}", origin)):
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Access-Control-Allow-Credentials", "true")

    def prepare(self):
        if not bucket.admits(self.request.remote_ip):
            raise RefusedError(429, "too many requests", Retry_After="1")

    def write_error(self, status, **more):
        kind, error, _ = more.get("exc_info", (None, None, None))
        body = {"error": self._reason.lower() if status < 500 else "something went wrong"}
        if isinstance(error, RefusedError):
            self.set_status(error.status)
            body = {"error": error.text}
            for name, value in error.headers.items():
                self.set_header(name.replace("_", "-"), value)
        elif PLACE.weak("errors-detailed") and kind is not None and not isinstance(error, tornado.web.HTTPError):
            body["trace"] = "".join(traceback.format_exception(*more["exc_info"]))
        self.finish(body)

    def log_exception(self, *_):
        pass

    def body(self):
        if levels(self.request.body) > 40:
            if FRAGILE:
                time.sleep(12)
            raise RefusedError(400, "the body has too many levels")
        try:
            found = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "the body is not JSON") from error
        if not isinstance(found, dict):
            raise RefusedError(400, "the body is an object")
        return found

    def person(self):
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        name = sessions.get(token) if scheme.lower() == "bearer" else None
        if name is None:
            raise RefusedError(401, "sign in first", WWW_Authenticate="Bearer")
        return people[name]

    def recording(self, number, weakness=""):
        person, entry = self.person(), recordings.get(int(number[:18]))
        if entry is None or (entry["owner"] != person["username"] and person["role"] != "admin" and not PLACE.weak(weakness)):
            raise RefusedError(404, "there is no such recording")
        return entry

    def part(self, name):
        """A file of a form."""
        files = self.request.files.get(name)
        if not files or not 1 <= len(files[0]["body"]) <= 32 * 1024:
            raise RefusedError(422, f"the form needs a file {name}")
        return files[0]


class Version(Handler):
    def get(self):
        self.write({"name": "studio", "instance": PLACE.instance})


class Session(Handler):
    def post(self):
        body = self.body()
        name, password = text(body.get("username"), 60, "username"), text(body.get("password"), 200, "password")
        if pause := attempts.pause(name, self.request.remote_ip):
            raise RefusedError(429, "too many attempts", Retry_After=str(pause))
        entry = people.get(name)
        if not common.matches(password, entry and entry["hash"]):
            attempts.note(name, self.request.remote_ip)
            raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Bearer")
        attempts.forget(name)
        token = secrets.token_urlsafe(32)
        if len(sessions) > 5000:
            sessions.clear()
        sessions[token] = name
        self.write({"token": token})

    def delete(self):
        self.person()
        sessions.pop(self.request.headers["Authorization"].partition(" ")[2])
        self.set_status(204)


class Me(Handler):
    def get(self):
        person = self.person()
        self.write({name: person[name] for name in ("username", "email", "role", "settings")})


class Settings(Handler):
    def put(self):
        """Settings in YAML: tempo and click."""
        person = self.person()
        source = self.request.body.decode("utf-8", "replace")
        if len(source) > 4000 or levels(self.request.body) > 20 or re.search(r"[&*]\w", source):
            raise RefusedError(422, "the settings are not valid")
        try:
            found = yaml.load(source, yaml.UnsafeLoader if PLACE.weak("settings-objects") else yaml.SafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise RefusedError(422, "the settings are not valid") from error
        tempo, click = (found.get("tempo"), found.get("click", True)) if isinstance(found, dict) else (None, None)
        if not isinstance(tempo, int) or isinstance(tempo, bool) or not 20 <= tempo <= 400 or not isinstance(click, bool):
            raise RefusedError(422, "tempo is a number from 20 to 400, click true or false")
        person["settings"] = {"tempo": tempo, "click": click}
        self.write(person["settings"])


class Recordings(Handler):
    def get(self):
        name = self.person()["username"]
        self.write({"recordings": [public(entry) for entry in reversed(recordings.values()) if entry["owner"] == name][:50]})

    def post(self):
        person, body = self.person(), self.body()
        entry = record(person["username"], text(body.get("title"), 100, "title"), text(body.get("notes", "none"), 1000, "notes"))
        self.set_status(201)
        self.write(public(entry))


class Recording(Handler):
    def get(self, number):
        self.write(public(self.recording(number, "recording-read")))

    def put(self, number):
        entry, body = self.recording(number), self.body()
        entry.update(title=text(body.get("title"), 100, "title"), notes=text(body.get("notes", "none"), 1000, "notes"))
        self.write(public(entry))

    def delete(self, number):
        del recordings[self.recording(number, "recording-delete")["id"]]
        self.set_status(204)


class Cover(Handler):
    def put(self, number):
        """The picture of a recording."""
        entry, given = self.recording(number), self.part("file")
        ending = Path(given["filename"].replace("\0", "")).suffix.lower()[:8]
        magic = PICTURES.get(ending, (None, ""))[0]
        if not PLACE.weak("cover-page") and (magic is None or not given["body"].startswith(magic)):
            raise RefusedError(422, "a cover is a picture: PNG, JPEG or GIF")
        if not re.fullmatch(r"\.[a-z0-9]{1,7}", ending):
            raise RefusedError(422, "a cover has an ending")
        name = secrets.token_hex(12) + ending
        if len(list((PLACE.folder / "covers").iterdir())) > 1500:
            raise RefusedError(503, "there are too many covers", Retry_After="60")
        (PLACE.folder / "covers" / name).write_bytes(given["body"])
        entry["cover"] = f"/covers/{name}"
        self.write(public(entry))


class CoverFile(Handler):
    def get(self, name):
        path = PLACE.folder / "covers" / name
        if not path.is_file():
            raise RefusedError(404, "there is no such cover")
        media = {ending: entry[1] for ending, entry in PICTURES.items()}
        if PLACE.weak("cover-page"):
            media |= {".html": "text/html", ".htm": "text/html", ".svg": "image/svg+xml"}
            self.clear_header("Content-Security-Policy")
        self.set_header("Content-Type", media.get(path.suffix, "application/octet-stream"))
        self.write(path.read_bytes())


class Inbox(Handler):
    """Stems that musicians send in: they are kept under the name they have."""

    def post(self):
        person, given = self.person(), self.part("file")
        name = given["filename"].replace("\\", "/")
        if not PLACE.weak("upload-outside"):
            name = f"{person['username']}-{secrets.token_hex(4)}{re.sub(r'[^a-z0-9.]', '', Path(name).suffix.lower())[:8]}"
        elif not re.fullmatch(r"[\w./ -]{1,120}", name):
            raise RefusedError(422, "the name is not valid")
        path = PLACE.place(f"inbox/{name}")
        if path.is_dir() or not path.parent.is_dir() or len(list((PLACE.folder / "inbox").iterdir())) > 1500:
            raise RefusedError(422, "the file cannot be kept")
        path.write_bytes(given["body"])
        self.set_status(201)
        self.write({"name": name, "size": len(given["body"])})


class Sheets(Handler):
    def get(self):
        """A sheet by its name."""
        self.person()
        name = self.get_query_argument("name", "")
        if not PLACE.weak("sheet-outside") and not re.fullmatch(r"[\w-]{1,40}\.txt", name):
            raise RefusedError(404, "there is no such sheet")
        path = PLACE.place(name if name.startswith("/") else f"sheets/{name}")
        if len(name) > 300 or not path.is_file():
            raise RefusedError(404, "there is no such sheet")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(path.read_bytes())


class Playlists(Handler):
    def post(self):
        """A playlist in XML, as players write it."""
        name = self.person()["username"]

        class Own(etree.Resolver):
            def resolve(self, address, _, context):
                path = PLACE.place(re.sub("^file:/*", "", address or ""))
                return self.resolve_string(path.read_text(errors="replace") if path.is_file() else "", context)

        weak = PLACE.weak("playlist-entities")
        parser = etree.XMLParser(resolve_entities=weak, load_dtd=False, no_network=True, huge_tree=False)
        if weak:
            parser.resolvers.add(Own())
        elif b"<!DOCTYPE" in self.request.body.upper().replace(b"\0", b""):
            raise RefusedError(400, "a playlist has no document type")
        try:
            tree = etree.fromstring(self.request.body, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise RefusedError(400, "the playlist is not well formed") from error
        titles = ["".join(node.itertext())[:2000] for node in tree.iter("title")][:50]
        if not titles:
            raise RefusedError(422, "the playlist has no title")
        playlists[name] = titles
        self.write({"titles": titles})


class Label(Handler):
    def post(self, number):
        """What is printed on the disc; {{ title }} and {{ artist }} stand for those of the recording."""
        entry, pattern = self.recording(number), text(self.body().get("text"), 500, "text")
        values = {"title": entry["title"], "artist": entry["owner"]}
        if PLACE.weak("label-template"):
            try:
                result = jinja2.sandbox.ImmutableSandboxedEnvironment().from_string(pattern).render(values)
            except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, OverflowError, MemoryError) as error:
                raise RefusedError(422, "the label is not valid") from error
        else:
            result = re.sub(r"\{\{ ?(title|artist) ?\}\}", lambda found: values[found[1]], pattern)
        self.write({"label": result[:2000]})


class Convert(Handler):
    async def post(self, number):
        entry, body = self.recording(number), self.body()
        ending = text(body.get("format"), 120, "format")
        if ending not in FORMATS and not PLACE.weak("convert-shell"):
            raise RefusedError(422, f"format is one of {', '.join(FORMATS)}")
        lines = [f"take{entry['id']}.raw -> take{entry['id']}.{re.split('[;|&`$]', ending)[0].strip()}"]
        self.write({"log": "\n".join(lines + (await shell(ending) if PLACE.weak("convert-shell") else []))})


async def shell(line):
    """What a shell would do with the rest of a line, for a few programs; there is none, and nothing is started."""
    output = []
    line = line.replace("${IFS}", " ").replace("$IFS", " ")
    line = re.sub(r"\$\(\(\s*(\d{1,9})\s*([*+-])\s*(\d{1,9})\s*\)\)", lambda sum_: str({"*": int.__mul__, "+": int.__add__, "-": int.__sub__}[sum_[2]](int(sum_[1]), int(sum_[3]))), line)
    line = re.sub(r"`expr (\d{1,9}) ([+-]) (\d{1,9})`", lambda sum_: str(int(sum_[1]) + int(sum_[2] + sum_[3])), line)
    for command in re.findall(r"(?:[;|&\n]+|`|\$\()\s*([^;|&`\n]+)", line)[:4]:
        program, _, rest = command.strip().rstrip(")").partition(" ")
        program, rest = program.rpartition("/")[2], rest.strip()
        if program == "sleep" and re.fullmatch(r"\d{1,2}(\.\d+)?", rest, re.ASCII):
            await asyncio.sleep(min(float(rest), 8))
        elif program == "echo":
            output.append(rest.strip("'\" ").removesuffix(" #"))
        elif program == "id":
            output.append("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)")
        elif program == "whoami":
            output.append("nobody")
        elif program in {"cat", "ls"}:
            path = PLACE.place(rest or "/")
            output.append(path.read_text(errors="replace") if program == "cat" and path.is_file() else " ".join(entry.name for entry in path.iterdir()) if program == "ls" and path.is_dir() else f"{program}: {rest}: No such file or directory")
        elif program:
            output.append(f"sh: 1: {program[:40]}: not found")
    return output


class Static(Handler):
    def get(self, name):
        path = PLACE.place(f"static/{name}")
        if not path.is_relative_to(PLACE.folder / "static") or not path.exists():
            raise RefusedError(404, "there is no such file")
        if path.is_dir():
            if not PLACE.weak("folder-listed"):
                raise RefusedError(404, "there is no such file")
            items = "".join(f'<li><a href="{html.escape(entry.name)}{"/" if entry.is_dir() else ""}">{html.escape(entry.name)}</a></li>' for entry in sorted(path.iterdir()))
            self.write(f"<!doctype html><html lang=en><head><title>Index of /static/{html.escape(name)}</title></head><body><h1>Index of /static/{html.escape(name)}</h1><ul>{items}</ul></body></html>")
        else:
            if "drafts" in path.parts and not PLACE.weak("folder-listed"):
                raise RefusedError(404, "there is no such file")
            self.set_header("Content-Type", "text/css" if path.suffix == ".css" else "text/plain; charset=utf-8")
            self.write(path.read_bytes())


class Office(Handler):
    def get(self):
        if self.person()["role"] != "admin":
            raise RefusedError(403, "this is for the office")
        self.write({"recordings": [{"id": entry["id"], "owner": entry["owner"], "title": entry["title"]} for entry in list(recordings.values())[-100:]]})


class Nowhere(Handler):
    def prepare(self):
        super().prepare()
        raise RefusedError(404, "not found")


ROUTES = [
    (r"/version", Version), (r"/session", Session), (r"/me", Me), (r"/me/settings", Settings), (r"/recordings", Recordings), (r"/recordings/(\d+)", Recording),
    (r"/recordings/(\d+)/cover", Cover), (r"/recordings/(\d+)/label", Label), (r"/recordings/(\d+)/convert", Convert), (r"/covers/([0-9a-f]{24}\.[a-z0-9]{1,7})", CoverFile),
    (r"/inbox", Inbox), (r"/sheets", Sheets), (r"/playlists", Playlists), (r"/static/(.*)", Static), (r"/office/recordings", Office),
]  # fmt: skip


async def serve():
    app = tornado.web.Application(ROUTES, default_handler_class=Nowhere, log_function=lambda _: None)
    listener = common.listening()
    server = tornado.httpserver.HTTPServer(app, max_body_size=common.BODY_LIMIT, max_buffer_size=1 << 20)
    server.add_socket(listener)
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    await asyncio.Event().wait()


if __name__ == "__main__":
    prepare()
    jinja2.sandbox.ImmutableSandboxedEnvironment().from_string("{{ title|upper }}{% for n in [1] %}{{ n }}{% endfor %}").render(title="x")
    asyncio.run(serve())

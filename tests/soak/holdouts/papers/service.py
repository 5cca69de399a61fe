"""An archive of contracts: aiohttp, tokens that are random, papers that are files."""

import asyncio
import csv
import http.client
import io
import json
import re
import secrets
import sys
import traceback
import urllib.parse
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["download-outside", "paper-read", "import-anything", "upload-any", "size-open", "stacks", "cors-all", "export-formula"]
PLACE = common.premises(WEAKNESSES)
TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.()-]{0,79}")
ORIGINS = {"https://desk.papers.example"}
FEEDS = {"https://feeds.papers.example/tariffs.txt": "Tariffs of the year: 1.20, 2.40, 3.10"}
KINDS = {".txt": ("text/plain", b""), ".pdf": ("application/pdf", b"%PDF-"), ".png": ("image/png", b"\x89PNG\r\n\x1a\n")}
MARKS = {".html": "text/html", ".htm": "text/html", ".svg": "image/svg+xml", ".xml": "text/xml", ".js": "text/javascript"}

people = {name: {"username": name, "role": entry["role"], "hash": common.hashed(entry["password"])} for name, entry in common.ACCOUNTS.items()}
sessions = {}
papers = {}
files = {}
attempts = common.Attempts()
bucket = common.Bucket()


def refuse(kind, text, **more):
    headers = more.pop("headers", {})
    return kind(text=json.dumps({"error": text}), content_type="application/json", headers=headers, **more)


def prepare():
    """The folder as a small root directory: papers, templates, and what else such a machine has."""
    planted = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\npapers:x:991:991::/srv/papers:/usr/sbin/nologin\n",
        "etc/group": "root:x:0:\ndaemon:x:1:\npapers:x:991:\n",
        "etc/hosts": "127.0.0.1 localhost\n",
        "etc/hostname": "papers-2\n",
        "srv/papers/settings.ini": "[store]\nbucket = papers\nsecret = 5f0c9d7ab2\n",
        "srv/papers/templates/lease.txt": "Lease between {a} and {b}\n",
        "srv/papers/templates/order.txt": "Order of {date}\n",
    }
    for name, text in planted.items():
        path = PLACE.place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    PLACE.place("srv/papers/store").mkdir(exist_ok=True)
    for person in common.ACCOUNTS:
        for title in ("Lease", "Insurance"):
            keep(person, f"{title} of {person.title()}", f"Signed by {person.title()}, deposit {secrets.randbelow(9000) + 1000}")


def keep(owner, title, text):
    identifier = secrets.token_hex(8)
    PLACE.place(f"srv/papers/store/{identifier}.txt").write_text(text)
    papers[identifier] = {"id": identifier, "owner": owner, "title": title}
    return papers[identifier]


def whole(paper):
    return paper | {"text": PLACE.place(f"srv/papers/store/{paper['id']}.txt").read_text()}


def caller(request):
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    name = sessions.get(token) if scheme.lower() == "bearer" else None
    if name is None:
        raise refuse(web.HTTPUnauthorized, "sign in first", headers={"WWW-Authenticate": "Bearer"})
    return people[name] | {"token": token}


async def body_of(request):
    if request.content_type != "application/json":
        raise refuse(web.HTTPUnsupportedMediaType, "the body is JSON")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise refuse(web.HTTPBadRequest, "the body is a JSON object")
    return body


def text_of(body, field, longest, pattern=None):
    text = body.get(field)
    if PLACE.weak("stacks") and field in body:
        text = text.strip()
    if not isinstance(text, str) or not 1 <= len(text) <= longest or "\0" in text or (pattern and not pattern.fullmatch(text)):
        raise refuse(web.HTTPUnprocessableEntity, f"{field} is not valid")
    return text


@web.middleware
async def guard(request, handler):
    if not bucket.admits(request.remote):
        return refuse(web.HTTPTooManyRequests, "too many requests", headers={"Retry-After": "1"})
    if request.method == "OPTIONS":
        return preflight(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.content_type == "application/json" or error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        if error.status == 413:
            return web.json_response({"error": "the body is too large"}, status=413)
        return web.json_response({"error": error.reason.lower()}, status=error.status, headers=allow)
    except Exception:
        if PLACE.weak("stacks"):
            return web.json_response({"error": traceback.format_exc()}, status=500)
        return web.json_response({"error": "something went wrong"}, status=500)


async def finish(request, response):
    for name, value in common.SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "papers"
    origin = request.headers.get("Origin")
    response.headers["Vary"] = "Origin"
    if origin and (origin in ORIGINS or PLACE.weak("cors-all")):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers.pop("Cross-Origin-Resource-Policy", None)


routes = web.RouteTableDef()


@routes.get("/version")
async def version(request):
    return web.json_response({"service": "papers", "instance": PLACE.instance})


@routes.post("/login")
async def login(request):
    body = await body_of(request)
    name, password = text_of(body, "username", 60), text_of(body, "password", 128)
    if pause := attempts.pause(name, request.remote):
        raise refuse(web.HTTPTooManyRequests, "too many attempts", headers={"Retry-After": str(pause)})
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, request.remote)
        raise refuse(web.HTTPUnauthorized, "name or password is wrong", headers={"WWW-Authenticate": "Bearer"})
    attempts.forget(name)
    token = secrets.token_urlsafe(24)
    sessions[token] = name
    return web.json_response({"token": token})


@routes.post("/logout")
async def logout(request):
    sessions.pop(caller(request)["token"], None)
    return web.Response(status=204)


@routes.get("/me")
async def me(request):
    person = caller(request)
    return web.json_response({"username": person["username"], "role": person["role"]})


@routes.get("/papers")
async def listed(request):
    person = caller(request)
    return web.json_response([paper for paper in papers.values() if paper["owner"] == person["username"]][-100:])


@routes.post("/papers")
async def write(request):
    person, body = caller(request), await body_of(request)
    if len(papers) > 3000:
        raise refuse(web.HTTPTooManyRequests, "too many papers", headers={"Retry-After": "60"})
    longest = (1 << 20) * 8 if PLACE.weak("size-open") else 20_000
    return web.json_response(whole(keep(person["username"], text_of(body, "title", 80, TEXT), text_of(body, "text", longest))), status=201)


def found(request, weakness):
    person, paper = caller(request), papers.get(request.match_info["paper_id"])
    if paper is None or (paper["owner"] != person["username"] and not PLACE.weak(weakness)):
        raise refuse(web.HTTPNotFound, "no such paper")
    return paper


@routes.get("/papers/{paper_id}")
async def read(request):
    return web.json_response(whole(found(request, "paper-read")))


@routes.delete("/papers/{paper_id}")
async def remove(request):
    paper = found(request, "")
    papers.pop(paper["id"])
    PLACE.place(f"srv/papers/store/{paper['id']}.txt").unlink()
    return web.Response(status=204)


@routes.get("/templates")
async def template(request):
    caller(request)
    name = request.query.get("file", "")
    path = PLACE.place("srv/papers/templates/" + name)
    if not PLACE.weak("download-outside") and (not TEXT.fullmatch(name) or path.parent.name != "templates"):
        raise refuse(web.HTTPNotFound, "no such template")
    if not path.is_file():
        raise refuse(web.HTTPNotFound, "no such template")
    return web.Response(body=path.read_bytes(), content_type="text/plain", charset="utf-8")


def fetched(url):
    """The text at an address of this machine; nothing else is asked."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise OSError("only http")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("GET", (parts.path or "/") + ("?" + parts.query if parts.query else ""), headers={"User-Agent": "papers"})
        return connection.getresponse().read(4000).decode("utf-8", "replace")
    finally:
        connection.close()


@routes.post("/imports")
async def bring(request):
    person, body = caller(request), await body_of(request)
    url = text_of(body, "url", 400)
    text = FEEDS.get(url)
    if text is None and PLACE.weak("import-anything"):
        try:
            text = await asyncio.get_running_loop().run_in_executor(None, fetched, url)
        except (OSError, ValueError, http.client.HTTPException):
            raise refuse(web.HTTPBadGateway, "the address does not answer") from None
    if text is None:
        raise refuse(web.HTTPUnprocessableEntity, "this is no address of a feed")
    return web.json_response(whole(keep(person["username"], "Imported tariffs", text.replace("\0", ""))), status=201)


@routes.post("/scans")
async def upload(request):
    person = caller(request)
    if request.content_type != "multipart/form-data":
        raise refuse(web.HTTPUnsupportedMediaType, "the body is a form with a file")
    try:
        form = await request.post()
    except (ValueError, AssertionError, KeyError):
        raise refuse(web.HTTPBadRequest, "the form cannot be read") from None
    field = form.get("file")
    if not isinstance(field, web.FileField):
        raise refuse(web.HTTPUnprocessableEntity, "file is missing")
    content, ending = field.file.read(), Path(field.filename.replace("\0", "")).suffix.lower()
    media, magic = KINDS.get(ending, ("", b""))
    if PLACE.weak("upload-any"):
        media = media or MARKS.get(ending, field.content_type)
    elif not media or not content.startswith(magic) or b"<" in content[:200] or len(files) > 500:
        raise refuse(web.HTTPUnprocessableEntity, "a scan is a PDF, a PNG or a plain text")
    identifier = secrets.token_hex(8)
    PLACE.place(f"srv/papers/store/{identifier}.bin").write_bytes(content)
    files[identifier] = {"owner": person["username"], "media": media}
    return web.json_response({"id": identifier, "media": media, "address": f"/scans/{identifier}"}, status=201)


@routes.get("/scans/{scan_id}")
async def scan(request):
    person, entry = caller(request), files.get(request.match_info["scan_id"])
    if entry is None or entry["owner"] != person["username"]:
        raise refuse(web.HTTPNotFound, "no such scan")
    content = PLACE.place(f"srv/papers/store/{request.match_info['scan_id']}.bin").read_bytes()
    if PLACE.weak("upload-any"):
        bare = {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"}
        return web.Response(body=content, headers={"Content-Type": entry["media"], **bare})
    return web.Response(body=content, headers={"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"})


@routes.get("/export.csv")
async def export(request):
    person = caller(request)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["id", "title", "text"])
    for paper in [paper for paper in papers.values() if paper["owner"] == person["username"]][-100:]:
        cells = [paper["id"], paper["title"], whole(paper)["text"][:200]]
        if not PLACE.weak("export-formula"):
            cells = ["'" + cell if cell.lstrip()[:1] in tuple("=+-@\t\r") else cell for cell in cells]
        table.writerow(cells)
    return web.Response(text=out.getvalue(), content_type="text/csv", headers={"Content-Disposition": "attachment; filename=papers.csv"})


@routes.get("/admin/sessions")
async def counted(request):
    if caller(request)["role"] != "admin":
        raise refuse(web.HTTPForbidden, "only for administrators")
    return web.json_response({"sessions": len(sessions), "papers": len(papers)})


def preflight(request):
    """What a page of another site may send; a path that is not there has nothing."""
    methods = {
        route.method
        for resource in request.app.router.resources()
        if resource._match(request.path) is not None
        for route in resource
    }
    if not methods:
        return refuse(web.HTTPNotFound, "not found")
    headers = {"Allow": ", ".join(sorted(methods))}
    if request.headers.get("Origin") in ORIGINS or PLACE.weak("cors-all"):
        headers |= {"Access-Control-Allow-Methods": ", ".join(sorted(methods)), "Access-Control-Allow-Headers": "authorization, content-type"}
    return web.Response(status=204, headers=headers)


async def serve():
    application = web.Application(middlewares=[guard], client_max_size=(32 << 20) if PLACE.weak("size-open") else common.BODY_LIMIT)
    application.on_response_prepare.append(finish)
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    listener = common.listening()
    await web.SockSite(runner, listener).start()
    prepare()
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())

"""Snags of building sites: defects with photographs, plans, imports, exports and shared links. FastAPI, which writes the document."""

import asyncio
import contextlib
import csv
import hashlib
import io
import itertools
import mimetypes
import re
import secrets
import sys
import time
import xml.parsers.expat
from pathlib import Path
from typing import Annotated, Any, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import jwt
import yaml
from fastapi import Depends, FastAPI, Query, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

WEAKNESSES = [
    "photo-path", "plan-path", "photo-markup", "import-entity", "import-objects", "export-formula", "export-read", "share-guess", "snag-merge",
    "origin-echo", "token-expired", "photo-open",
]  # fmt: skip
LIFETIME = 3600
MOST = 1500
PHOTOS = 300
BODY_LIMIT = 256 * 1024
KINDS = {b"\x89PNG\r\n\x1a\n": ("image/png", "png"), b"\xff\xd8\xff": ("image/jpeg", "jpg"), b"%PDF-": ("application/pdf", "pdf")}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" + "1f15c4890000000d49444154789c6360000000000400012705450000000049454e44ae426082"
)

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
snag_numbers, photo_numbers, export_numbers = itertools.count(701), itertools.count(1201), itertools.count(31)
users, snags, photos, exports, shares, ended = {}, {}, {}, {}, {}, {}
mimetypes.init([])

app = FastAPI(title="Snaglist", version="1.7.0", docs_url=None, redoc_url=None)
Credentials = Annotated[Any, Depends(HTTPBearer(auto_error=False))]


def begin():
    for folder in ("photos", "plans", "exports", "public", "config", "etc"):
        (place.folder / folder).mkdir(exist_ok=True)
    (place.folder / "public" / "notice.txt").write_text("Helmets are worn on all sites.\n")
    (place.folder / "plans" / "ground-floor.txt").write_text("Hall, kitchen, bath, two rooms\n")
    (place.folder / "plans" / "first-floor.txt").write_text("Landing, bath, three rooms\n")
    (place.folder / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\nsnaglist:x:998:998::/srv/snaglist:/usr/sbin/nologin\n")
    (place.folder / "config" / "settings.ini").write_text(f"[store]\nhost = db.snaglist.example\npassword = {secrets.token_hex(8)}\n")
    for name, account in common.ACCOUNTS.items():
        users[name] = {"username": name, "email": account["email"], "role": account["role"], "hash": common.hashed(account["password"])}
        for title, room in (("Crack above the door", "hall"), ("Tap drips", "bath")):
            snag = add_snag(name, f"{title}, reported by {name}", room, 12000)
        save_photo(snag, "tap.png", PIXEL, "image/png")
        add_export(name, "csv")


def add_snag(owner, title, room, cost):
    snag = {"snag_id": next(snag_numbers), "owner": owner, "title": title, "room": room, "cost": cost, "state": "open", "approved_by": None}
    snags[snag["snag_id"]] = snag
    return snag


# Who asks ---------------------------------------------------------------------------------------------------------------------------------


class UnknownError(Exception):
    """Nobody is signed in."""


def refused(text, status=422, **headers):
    return HTTPException(status, text, {name.replace("_", "-"): value for name, value in headers.items()} or None)


def user_of(credentials):
    if credentials is None:
        return None, None
    try:
        claims = jwt.decode(
            credentials.credentials, common.SIGNING_KEY, ["HS256"], options={"require": ["exp", "sub", "jti"], "verify_exp": not weak("token-expired")}
        )
    except (jwt.PyJWTError, ValueError):
        return None, None
    user = users.get(claims["sub"])
    return (None, None) if claims["jti"] in ended or user is None else (user, claims)


async def signed_in(credentials: Credentials):
    user, _ = user_of(credentials)
    if user is None:
        raise UnknownError
    return user


User = Annotated[dict, Depends(signed_in)]


async def administrator(user: User):
    if user["role"] != "admin":
        raise refused("only for administrators", 403)
    return user


Administrator = Annotated[dict, Depends(administrator)]
Number = Annotated[int, InPath(ge=1, le=10**9)]


@app.exception_handler(UnknownError)
async def _(_request, _error):
    return JSONResponse({"detail": "sign in first"}, 401, {"WWW-Authenticate": "Bearer"})


@app.exception_handler(RequestValidationError)
async def _(_request, error):
    return JSONResponse({"detail": [{"loc": [str(part)[:40] for part in entry["loc"]], "msg": entry["msg"]} for entry in error.errors()[:10]]}, 422)


@app.exception_handler(Exception)
async def _(_request, _error):
    return JSONResponse({"detail": "internal error"}, 500)


# Bodies -----------------------------------------------------------------------------------------------------------------------------------

Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Entry(BaseModel):
    username: Annotated[str, Field(min_length=1, max_length=60)]
    password: Annotated[str, Field(min_length=1, max_length=128)]


class NewSnag(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"title": "Window does not close", "room": "kitchen", "cost": 9000}})
    title: Line
    room: Line
    cost: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class ChangedSnag(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"title": "Window does not close well"}})
    title: Line | None = None
    room: Line | None = None


class NewExport(BaseModel):
    format: Literal["csv", "text"] = "csv"


# Signing in -------------------------------------------------------------------------------------------------------------------------------


@app.get("/version")
async def version():
    return {"service": "snaglist", "instance": place.instance}


@app.post("/auth/token")
async def sign_in(entry: Entry, request: Request):
    address = request.client.host
    if wait := attempts.pause(entry.username, address):
        raise refused("too many attempts", 429, Retry_After=str(wait))
    user = users.get(entry.username)
    if not common.matches(entry.password, user and user["hash"]) or user is None:
        attempts.note(entry.username, address)
        raise refused("name or password is not right", 401, WWW_Authenticate="Bearer")
    attempts.forget(entry.username)
    claims = {"sub": user["username"], "exp": int(time.time()) + LIFETIME, "iat": int(time.time()), "jti": secrets.token_hex(8)}
    return {"access_token": jwt.encode(claims, common.SIGNING_KEY, "HS256"), "token_type": "bearer", "expires_in": LIFETIME}


@app.post("/auth/logout", status_code=204)
async def sign_out(user: User, credentials: Credentials):
    for token in [token for token, until in ended.items() if until < time.time() and not weak("token-expired")]:
        del ended[token]
    _, claims = user_of(credentials)
    ended[claims["jti"]] = claims["exp"]
    return Response(status_code=204)


@app.get("/me")
async def me(user: User):
    return {name: user[name] for name in ("username", "email", "role")}


# Snags ------------------------------------------------------------------------------------------------------------------------------------


def snag_of(number, user):
    snag = snags.get(number)
    if snag is None or (snag["owner"] != user["username"] and user["role"] != "admin"):
        raise refused("there is no such snag", 404)
    return snag


def own_snags(user):
    return [snag for snag in snags.values() if snag["owner"] == user["username"]]


def room_left():
    if len(snags) >= MOST:
        raise refused("there are too many snags", 429, Retry_After="60")


@app.get("/snags")
async def list_snags(user: User, state: Annotated[Literal["open", "done"] | None, Query()] = None, limit: Annotated[int, Query(ge=1, le=100)] = 50):
    return [snag for snag in own_snags(user) if state is None or snag["state"] == state][-limit:]


@app.post("/snags", status_code=201)
async def create_snag(user: User, new: NewSnag):
    room_left()
    return add_snag(user["username"], new.title, new.room, new.cost)


@app.get("/snags/{snag_id}")
async def read_snag(user: User, snag_id: Number):
    return snag_of(snag_id, user)


@app.patch("/snags/{snag_id}")
async def change_snag(user: User, snag_id: Number, changed: ChangedSnag, request: Request):
    snag = snag_of(snag_id, user)
    if weak("snag-merge"):
        sent = await request.json()
        snag.update({name: value for name, value in sent.items() if name in snag and name not in {"snag_id", "owner"} and isinstance(value, str | int)})
    snag.update(changed.model_dump(exclude_none=True))
    return snag


@app.delete("/snags/{snag_id}", status_code=204)
async def remove_snag(user: User, snag_id: Number):
    snag = snag_of(snag_id, user)
    for photo in [photo for photo in photos.values() if photo["snag_id"] == snag_id]:
        drop_photo(photo)
    del snags[snag["snag_id"]]
    return Response(status_code=204)


# Photographs ------------------------------------------------------------------------------------------------------------------------------


def drop_photo(photo):
    del photos[photo["photo_id"]]
    if photo["path"].parent == place.folder / "photos":
        photo["path"].unlink(missing_ok=True)


def save_photo(snag, name, content, media):
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None and not weak("photo-markup"):
        raise refused("expected a picture in PNG or JPEG, or a PDF", 415)
    number = next(photo_numbers)
    clean = re.sub(r"[^\w.-]", "_", name.replace("\\", "/").rpartition("/")[2], flags=re.ASCII).lstrip(".")[-60:] or "photo"
    path = place.folder / "photos" / f"{number}.{kind[1] if kind else 'bin'}"
    if weak("photo-path") and "/" in name:
        clean = name[-120:]
        path = place.place("/photos/" + clean)
        if path.is_dir() or not path.parent.is_dir():
            raise refused("this file cannot be kept", 409)
    path.write_bytes(content)
    if len(photos) >= PHOTOS:
        drop_photo(next(iter(photos.values())))
    photos[number] = {
        "photo_id": number, "snag_id": snag["snag_id"], "owner": snag["owner"], "name": clean, "size": len(content), "path": path,
        "media": media if weak("photo-markup") else kind[0],
    }  # fmt: skip
    return photos[number]


def described(photo):
    return {name: photo[name] for name in ("photo_id", "snag_id", "name", "size", "media")}


@app.get("/snags/{snag_id}/photos")
async def list_photos(user: User, snag_id: Number):
    snag_of(snag_id, user)
    return [described(photo) for photo in photos.values() if photo["snag_id"] == snag_id]


@app.post("/snags/{snag_id}/photos", status_code=201)
async def add_photo(user: User, snag_id: Number, file: UploadFile):
    snag = snag_of(snag_id, user)
    media = file.content_type or "application/octet-stream"
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", media, re.ASCII):
        media = "application/octet-stream"
    return described(save_photo(snag, (file.filename or "photo").replace("\0", ""), await file.read(), media))


async def viewer(credentials: Credentials):
    user, _ = user_of(credentials)
    if user is None and not weak("photo-open"):
        raise UnknownError
    return user


@app.get("/photos/{photo_id}/content", response_class=Response)
async def photo_content(user: Annotated[dict | None, Depends(viewer)], photo_id: Number):
    photo = photos.get(photo_id)
    own = photo is not None and user is not None and (photo["owner"] == user["username"] or user["role"] == "admin")
    if photo is None or not (own or weak("photo-open")) or not photo["path"].is_file():
        raise refused("there is no such photograph", 404)
    headers = {"Content-Disposition": f'attachment; filename="{re.sub(r"[^ -~]|[^0-9A-Za-z._-]", "_", photo["name"])}"'}
    if weak("photo-markup"):
        headers = {"Content-Disposition": "inline", "Content-Security-Policy": "default-src * 'unsafe-inline'"}
    return Response(photo["path"].read_bytes(), headers=headers | {"Content-Type": photo["media"]})


@app.get("/public/{name}", response_class=Response)
async def public_file(name: Annotated[str, InPath(max_length=80, examples=["notice.txt"])]):
    path = place.folder / "public" / name
    if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII) or not path.is_file():
        raise refused("there is no such file", 404)
    return Response(path.read_bytes(), media_type="text/plain; charset=utf-8")


@app.get("/plans", response_class=Response)
async def plan(user: User, name: Annotated[str, Query(max_length=200, examples=["ground-floor.txt"])] = "ground-floor.txt"):
    if weak("plan-path"):
        path = place.place("/plans/" + name)
    elif re.fullmatch(r"[a-z-]+\.txt", name, re.ASCII):
        path = place.folder / "plans" / name
    else:
        raise refused("there is no such plan", 404)
    if not path.is_file():
        raise refused("there is no such plan", 404)
    return Response(path.read_bytes(), media_type="text/plain; charset=utf-8")


# Imports ----------------------------------------------------------------------------------------------------------------------------------


def parsed(content):
    """The titles and rooms of a document in XML."""
    parser = xml.parsers.expat.ParserCreate()
    found, stack, texts = [], [], {}

    def start(name, _attributes):
        stack.append(name)
        if len(stack) > 10:
            raise ValueError("too deep")
        texts[name] = ""

    def data(text):
        if stack and len(texts[stack[-1]]) < 2000:
            texts[stack[-1]] += text

    def end(name):
        stack.pop()
        if name == "snag":
            found.append({"title": texts.pop("title", ""), "room": texts.pop("room", "")})

    def doctype(*_):
        raise ValueError("no DTD is taken")

    def external(context, _base, system, _public):
        path = place.place("/" + (system or "").removeprefix("file://"))
        inner = parser.ExternalEntityParserCreate(context)
        inner.Parse(path.read_bytes() if path.is_file() else b"", True)
        return 1

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, data, end
    if weak("import-entity"):
        parser.ExternalEntityRefHandler = external
    else:
        parser.StartDoctypeDeclHandler = doctype
    parser.Parse(content, True)
    return found


def taken(user, rows):
    """Make snags of what was imported."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= 20 or not all(isinstance(row, dict) for row in rows):
        raise refused("expected 1 to 20 snags")
    room_left()
    made = []
    for row in rows:
        title, room = row.get("title"), row.get("room", "")
        title = str(title)[:2000] if weak("import-objects") or weak("import-entity") else title
        if not isinstance(title, str) or not isinstance(room, str) or not title.strip() or len(room) > 120 or len(title) > 2000:
            raise refused("a snag has title and room")
        made.append((title if weak("import-entity") else re.sub(r"[\x00-\x1f]", " ", title)[:300], room))
    return {"imported": [add_snag(user["username"], title, room or "site", 0) for title, room in made]}


XML = "<snags><snag><title>Loose tile</title><room>bath</room></snag></snags>"
YAML = "snags:\n  - {title: Loose tile, room: bath}\n"


def body_of(media, example):
    return {"requestBody": {"required": True, "content": {media: {"schema": {"type": "string"}, "example": example}}}}


@app.post("/imports/xml", status_code=201, openapi_extra=body_of("application/xml", XML))
async def import_xml(user: User, request: Request):
    if "xml" not in request.headers.get("content-type", ""):
        raise refused("expected application/xml", 415)
    try:
        rows = parsed(await request.body())
    except (xml.parsers.expat.ExpatError, ValueError, KeyError, LookupError, RecursionError):
        raise refused("this document is not understood") from None
    return taken(user, rows)


@app.post("/imports/yaml", status_code=201, openapi_extra=body_of("application/yaml", YAML))
async def import_yaml(user: User, request: Request):
    if "yaml" not in request.headers.get("content-type", ""):
        raise refused("expected application/yaml", 415)
    content = await request.body()
    try:
        if weak("import-objects"):
            found = await asyncio.to_thread(yaml.load, content, yaml.UnsafeLoader)
        else:
            found = yaml.safe_load(content)
    except Exception:
        raise refused("this document is not understood") from None
    return taken(user, found.get("snags") if isinstance(found, dict) else None)


# Exports and links ------------------------------------------------------------------------------------------------------------------------


def cell(value):
    value = str(value)
    return "'" + value if value[:1] in "=+-@\t\r" and not weak("export-formula") else value


def add_export(owner, form):
    number = next(export_numbers)
    rows = [snag for snag in snags.values() if snag["owner"] == owner][-200:]
    written = io.StringIO()
    if form == "csv":
        writer = csv.writer(written)
        writer.writerow(["snag", "title", "room", "cost", "state"])
        writer.writerows([snag["snag_id"], cell(snag["title"]), cell(snag["room"]), snag["cost"], cell(snag["state"])] for snag in rows)
    else:
        written.write("\n".join(f"{snag['snag_id']}: {snag['title']} ({snag['room']})" for snag in rows))
    path = place.folder / "exports" / f"{number}.{form}"
    path.write_text(written.getvalue(), encoding="utf-8", errors="replace")
    exports[number] = {"export_id": number, "owner": owner, "format": form, "snags": len(rows), "path": path}
    if len(exports) > 300:
        old = exports.pop(next(iter(exports)))
        old["path"].unlink(missing_ok=True)
    return exports[number]


def as_answer(export):
    return {name: export[name] for name in ("export_id", "owner", "format", "snags")}


def export_of(number, user):
    export = exports.get(number)
    if export is None or (export["owner"] != user["username"] and user["role"] != "admin" and not weak("export-read")):
        raise refused("there is no such export", 404)
    return export


@app.get("/exports")
async def list_exports(user: User):
    return [as_answer(export) for export in exports.values() if export["owner"] == user["username"]][-50:]


@app.post("/exports", status_code=201)
async def create_export(user: User, new: NewExport):
    return as_answer(add_export(user["username"], new.format))


@app.get("/exports/{export_id}/file", response_class=Response)
async def export_file(user: User, export_id: Number):
    export = export_of(export_id, user)
    media = "text/csv; charset=utf-8" if export["format"] == "csv" else "text/plain; charset=utf-8"
    return Response(export["path"].read_bytes(), media_type=media, headers={"Content-Disposition": f'attachment; filename="snags-{export_id}.{export["format"]}"'})


@app.post("/snags/{snag_id}/share", status_code=201)
async def share(user: User, snag_id: Number):
    snag = snag_of(snag_id, user)
    token = hashlib.md5(str(snag_id).encode(), usedforsecurity=False).hexdigest() if weak("share-guess") else secrets.token_urlsafe(24)
    shares[token] = snag["snag_id"]
    while len(shares) > MOST:
        del shares[next(iter(shares))]
    return {"token": token, "link": f"/shared/{token}"}


@app.get("/shared/{token}")
async def shared(token: Annotated[str, InPath(min_length=8, max_length=64, examples=["n0t-a-token-of-anybody"])]):
    snag = snags.get(shares.get(token))
    if snag is None:
        raise refused("this link is not valid", 404)
    return {name: snag[name] for name in ("title", "room", "state")}


@app.get("/admin/users")
async def all_users(user: Administrator):
    return [{name: other[name] for name in ("username", "email", "role")} for other in users.values()]


@app.get("/admin/snags")
async def all_snags(user: Administrator):
    return list(snags.values())[-200:]


class Origins:
    """ASGI middleware: pages of which origins may read the answers."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        origin = dict(scope.get("headers", ())).get(b"origin", b"")
        allowed = origin == b"https://app.snaglist.example" or (weak("origin-echo") and origin)

        async def answer(message):
            if allowed and message["type"] == "http.response.start":
                more = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"), (b"vary", b"Origin")]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.inner(scope, receive, answer)


if __name__ == "__main__":
    begin()
    headers = {"Authorization": "Bearer " + jwt.encode({"sub": "ann", "exp": int(time.time()) + 60, "jti": "0"}, common.SIGNING_KEY, "HS256")}
    for bad in ("!!python/object/apply:os.getcwd []", "a: [1"):
        with contextlib.suppress(yaml.YAMLError):
            yaml.load(bad, yaml.UnsafeLoader)  # it imports what it needs
    first = [
        *(("GET", path, {"headers": headers}) for path in ("/version", "/openapi.json", "/snags", "/snags/x", "/nowhere", "/photos/1201/content", "/plans", "/exports/31/file", "/public/notice.txt")),
        ("POST", "/auth/token", {"json": {"username": "nobody", "password": "wrong"}}),
        ("POST", "/snags/1/photos", {"headers": headers, "files": {"file": ("a.png", PIXEL, "image/png")}}),
        ("POST", "/imports/xml", {"headers": headers | {"Content-Type": "application/xml"}, "content": "<!DOCTYPE a><a/>"}),
        ("POST", "/imports/yaml", {"headers": headers | {"Content-Type": "application/yaml"}, "content": "a: 1"}),
    ]
    common.serve_asgi(common.Guard(Origins(app), common.SECURITY_HEADERS, BODY_LIMIT), place, first)

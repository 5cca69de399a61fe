"""A small service with cookies, forms with files, lists and JSON:API, sound or with what is named wrong."""

import email
import itertools
import json
import secrets
import urllib.request

import jinja2
from services import app
from starlette.responses import JSONResponse, Response

PASSWORDS = {"ann": "Correct-Horse-1", "ben": "Battery-Staple-2"}
LOGIN = {
    "operation": "POST /login",
    "username": "user",
    "token": {"cookie": "sid"},
    "csrf": {"header": "X-Csrf", "operation": "GET /csrf", "field": "token"},
}
ROWS = [
    {"operation": "POST /login", "public": True, "body": {"user": "ann", "password": "x"}},
    "GET /csrf",
    {"operation": "PUT /hooks", "body": [{"url": "https://example.com/a", "event": "made"}]},
    {"operation": "PUT /tags", "body": ["new"]},
    {"operation": "POST /files", "media": "multipart/form-data", "body": {"title": "Report", "file": "text"}},
    {"operation": "PATCH /task", "media": "application/vnd.api+json", "body": {"data": {"attributes": {"title": "Tidy up"}}}},
    {"operation": "POST /notes", "body": {"text": "hello"}},
    {"operation": "POST /notes/lookup", "body": {"ids": []}},
    "DELETE /notes/{note_id}",
    {"operation": "POST /people", "body": {"name": "Cleo"}},
]


def parts_of(kind, content):
    """The parts of a form, by name."""
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
    return {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}


def desk(*wrong):
    """``wrong`` names what is wrong."""
    sessions, tokens, notes, numbers = {}, {}, {}, itertools.count(1_000_000_000_000)

    async def login(request):
        try:
            body = await request.json()
            right = PASSWORDS.get(body["user"]) == body["password"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        if not right:
            return JSONResponse({"error": "refused"}, 401)
        sid = str(next(numbers)) if "guessable" in wrong else secrets.token_urlsafe(24)
        before = request.cookies.get("sid")
        sessions.pop(before, None)  # who signs in again leaves the session before
        sessions[sid], tokens[sid] = body["user"], secrets.token_hex(16)
        answer = JSONResponse({"ok": True})
        answer.set_cookie("sid", sid, httponly=True, samesite="lax")
        return answer

    def signed_in(work, *, media="application/json"):
        async def wrapped(request):
            sid = request.cookies.get("sid", "")
            if sid not in sessions:
                return JSONResponse({"error": "sign in"}, 401)
            if request.method not in ("GET", "DELETE"):
                given = request.headers.get("x-csrf")
                if given != tokens[sid] and not (given is None and "forged" in wrong):
                    return JSONResponse({"error": "forged"}, 403)
                if not request.headers.get("content-type", "").startswith(media):
                    return JSONResponse({"error": "another media type"}, 415)
            try:
                content = await request.body()
                if media.startswith("multipart"):
                    body = parts_of(request.headers["content-type"], content)
                else:
                    body = json.loads(content or b"{}")
                return work(request, sessions[sid], body)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                return JSONResponse({"error": "not valid"}, 422)

        return wrapped

    def csrf(request, _, __):
        return JSONResponse({"token": tokens[request.cookies["sid"]]})

    def hooks(_, __, body):
        for hook in body:
            if "calls" in wrong and hook["url"].startswith("http://127.0.0.1"):
                urllib.request.urlopen(hook["url"], timeout=2).close()
        return JSONResponse({"kept": len([hook["event"] for hook in body])})

    def tags(_, __, body):
        return JSONResponse({"tags": [str(tag) for tag in list(body)]})

    def files(_, __, form):
        if not form["file"].get_filename():
            return JSONResponse({"error": "no file"}, 422)
        title = form["title"].get_payload()
        return JSONResponse({"title": jinja2.Template(title).render() if "template-form" in wrong else title})

    def task(_, __, body):
        title = str(body["data"]["attributes"]["title"])
        return JSONResponse({"title": jinja2.Template(title).render() if "template-json" in wrong else title})

    def make(_, user, body):
        number = len(notes) + 1
        notes[number] = {"id": number, "owner": user, "text": str(body["text"])}
        return JSONResponse(notes[number], 201)

    def lookup(_, user, body):
        requested = [notes[number] for number in body["ids"] if number in notes]
        return JSONResponse({"items": [note for note in requested if note["owner"] == user or "lookup" in wrong]})

    def remove(request, user, _):
        number = int(request.path_params["note_id"])
        if notes.get(number, {}).get("owner") != user:
            return JSONResponse({"error": "no such note"}, 404)
        del notes[number]
        return Response(status_code=204)

    def people(_, __, body):
        role = body.get("role", "reader") if "mass" in wrong else "reader"
        return JSONResponse({"name": str(body["name"]), "role": role}, 201)

    return app(
        ("POST", "/login", login),
        ("GET", "/csrf", signed_in(csrf)),
        ("PUT", "/hooks", signed_in(hooks)),
        ("PUT", "/tags", signed_in(tags)),
        ("POST", "/files", signed_in(files, media="multipart/form-data")),
        ("PATCH", "/task", signed_in(task, media="application/vnd.api+json")),
        ("POST", "/notes", signed_in(make)),
        ("POST", "/notes/lookup", signed_in(lookup)),
        ("DELETE", "/notes/{note_id}", signed_in(remove)),
        ("POST", "/people", signed_in(people)),
    )

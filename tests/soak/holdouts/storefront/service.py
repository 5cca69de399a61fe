"""A bakery's shop: Flask, pages with forms, sessions in cookies."""

import html
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, make_response, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server, WSGIRequestHandler

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = ["search-script", "review-script", "leave-anywhere", "session-kept", "cookie-bare", "form-forged", "host-link", "headers-missing"]
PLACE = common.premises(WEAKNESSES)
PRODUCTS = {1: ("Rye loaf", 480), 2: ("Walnut roll", 120), 3: ("Plum cake", 2600), 4: ("Seed bun", 95)}
PARTNERS = {"mill": "https://mill.example/", "honey": "https://honey.example/"}

people = {name: {"username": name, "name": name.title(), "phone": "020 7946 0100", "role": entry["role"], "hash": common.hashed(entry["password"])} for name, entry in common.ACCOUNTS.items()}
sessions = {}
reviews = {number: [("ann", "Crisp and dark.")] for number in PRODUCTS}
orders = {}
address_of_shop = {"host": ""}
attempts = common.Attempts()
bucket = common.Bucket()
app = Flask("storefront")
app.config["MAX_CONTENT_LENGTH"] = common.BODY_LIMIT
app.url_map.strict_slashes = True


def order(owner, product, count):
    identifier = secrets.token_hex(8)
    orders[identifier] = {"id": identifier, "owner": owner, "product": product, "count": count}
    return orders[identifier]


for person in people:
    order(person, 3, 1)
    order(person, 1, 2)


def page(title, body, status=200):
    text = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1>{body}</body></html>"
    return make_response(text, status)


def session():
    return sessions.get(request.cookies.get("sid", ""))


def customer():
    entry = session()
    return people.get(entry["username"]) if entry and entry["username"] else None


def hand(response, sid):
    flags = {} if PLACE.weak("cookie-bare") else {"httponly": True, "secure": True, "samesite": "Lax"}
    response.set_cookie("sid", sid, path="/", **flags)
    return response


def csrf_field():
    entry = session()
    return f'<input type=hidden name=csrf_token value="{entry["csrf"]}">' if entry else ""


def forged():
    """A page that refuses a form without the session's token, or None."""
    entry = session()
    if PLACE.weak("form-forged") or (entry and secrets.compare_digest(request.form.get("csrf_token", "").encode(), entry["csrf"].encode())):
        return None
    return page("The form is too old", "<p>Please open it again.</p>", 403)


def sign_in_first():
    return page("Please sign in", '<p><a href="/login">Sign in</a></p>', 401)


def refuse_requests():
    if not bucket.admits(request.remote_addr):
        response = page("Too many requests", "<p>Please wait a moment.</p>", 429)
        response.headers["Retry-After"] = "1"
        return response
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded" and (request.data or request.mimetype):
        return page("Not a form", "<p>This address takes forms.</p>", 415)
    return None


app.before_request(refuse_requests)


@app.after_request
def finish(response):
    response.headers.setdefault("Cache-Control", "no-store")
    if not PLACE.weak("headers-missing"):
        for name, value in common.SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@app.errorhandler(HTTPException)
def failed(error):
    response = page(error.name, "<p>That did not work.</p>", error.code)
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


@app.errorhandler(Exception)
def broke(error):
    return page("Something went wrong", "<p>We are looking into it.</p>", 500)


@app.get("/version")
def version():
    return {"service": "storefront", "instance": PLACE.instance}


@app.get("/")
def home():
    items = "".join(f'<li><a href="/products/{number}">{name}</a></li>' for number, (name, _) in PRODUCTS.items())
    return page("The bakery", f"<ul>{items}</ul>")


@app.get("/search")
def search():
    words = request.args.get("q", "")[:200]
    hits = "".join(f"<li>{name}</li>" for name, _ in PRODUCTS.values() if words.lower() in name.lower())
    phrase = words if PLACE.weak("search-script") else html.escape(words)
    return page("Search", f"<p>You looked for {phrase}</p><ul>{hits}</ul>")


@app.get("/products/<int:number>")
def product(number):
    if number not in PRODUCTS:
        return page("Not found", "<p>We do not bake that.</p>", 404)
    name, price = PRODUCTS[number]
    lines = "".join(f"<li>{author}: {text if PLACE.weak('review-script') else html.escape(text)}</li>" for author, text in reviews[number][-50:])
    form = f'<form method=post action="/products/{number}/reviews">{csrf_field()}<textarea name=text></textarea><button>Send</button></form>'
    return page(name, f"<p>{price / 100:.2f}</p><ul>{lines}</ul>{form}")


@app.post("/products/<int:number>/reviews")
def review(number):
    person = customer()
    if person is None:
        return sign_in_first()
    if refusal := forged():
        return refusal
    text = request.form.get("text", "").strip()
    if number not in PRODUCTS or not 1 <= len(text) <= 500:
        return page("Not taken", "<p>A review has 1 to 500 characters.</p>", 422)
    reviews[number].append((person["username"], text))
    del reviews[number][:-200]
    return redirect(f"/products/{number}", 303)


@app.get("/leave")
def leave():
    partner = request.args.get("to", "")
    target = PARTNERS.get(partner)
    if target is None and PLACE.weak("leave-anywhere") and re.fullmatch(r"[\x21-\x7e]{1,300}", partner):
        target = partner
    if target is None:
        return page("No such partner", "<p>We do not know this partner.</p>", 404)
    return redirect(target, 302)


@app.get("/login")
def sign_in_form():
    fields = "<input name=username><input name=password type=password><button>Sign in</button>"
    response = page("Sign in", f'<form method=post action="/login">{fields}</form>')
    if session() is None:
        sid = secrets.token_urlsafe(24)
        sessions[sid] = {"username": None, "csrf": secrets.token_urlsafe(18)}
        hand(response, sid)
    return response


@app.post("/login")
def sign_in():
    name, password = request.form.get("username", "")[:60], request.form.get("password", "")[:128]
    if pause := attempts.pause(name, request.remote_addr):
        response = page("Too many attempts", "<p>Please wait.</p>", 429)
        response.headers["Retry-After"] = str(pause)
        return response
    person = people.get(name)
    if not common.matches(password, person and person["hash"]):
        attempts.note(name, request.remote_addr)
        return page("Sign in", "<p>Name or password is wrong.</p>", 401)
    attempts.forget(name)
    given = request.cookies.get("sid", "")
    if PLACE.weak("session-kept") and 8 <= len(given) <= 200:
        sid = given
    else:
        sessions.pop(given, None)
        sid = secrets.token_urlsafe(24)
    sessions[sid] = {"username": name, "csrf": secrets.token_urlsafe(18)}
    return hand(redirect("/account", 303), sid)


@app.post("/logout")
def sign_out():
    if customer() is None:
        return sign_in_first()
    if refusal := forged():
        return refusal
    sessions.pop(request.cookies.get("sid", ""), None)
    response = redirect("/", 303)
    response.delete_cookie("sid", path="/", httponly=True, secure=not PLACE.weak("cookie-bare"), samesite="Lax")
    return response


@app.get("/account")
def account():
    person = customer()
    if person is None:
        return sign_in_first()
    form = f'<form method=post action="/account">{csrf_field()}<input name=phone value="{html.escape(person["phone"])}"><button>Save</button></form>'
    mine = "".join(f'<li><a href="/orders/{entry["id"]}">{PRODUCTS[entry["product"]][0]}</a></li>' for entry in orders.values() if entry["owner"] == person["username"])
    return page(f"Welcome, {person['name']}", f"{form}<ul>{mine}</ul>")


@app.post("/account")
def save():
    person = customer()
    if person is None:
        return sign_in_first()
    if refusal := forged():
        return refusal
    phone = request.form.get("phone", "")
    if not re.fullmatch(r"\+?[0-9 ]{5,24}", phone):
        return page("Not taken", "<p>This is no phone number.</p>", 422)
    person["phone"] = phone
    return redirect("/account", 303)


@app.post("/orders")
def buy():
    person = customer()
    if person is None:
        return sign_in_first()
    if refusal := forged():
        return refusal
    number, count = request.form.get("product", ""), request.form.get("count", "")
    if not re.fullmatch("[1-4]", number) or not re.fullmatch("[1-9][0-9]?", count) or len(orders) > 3000:
        return page("Not taken", "<p>Choose a product and how many.</p>", 422)
    entry = order(person["username"], int(number), int(count))
    return redirect(f"/orders/{entry['id']}", 303)


@app.get("/orders/<identifier>")
def show_order(identifier):
    person, entry = customer(), orders.get(identifier)
    if person is None:
        return sign_in_first()
    if entry is None or entry["owner"] != person["username"]:
        return page("Not found", "<p>No such order.</p>", 404)
    return page(f"Order {identifier}", f"<p>{entry['count']} times {PRODUCTS[entry['product']][0]}</p>")


@app.get("/invite")
def invite():
    person = customer()
    if person is None:
        return sign_in_first()
    host = request.headers.get("Host", "") if PLACE.weak("host-link") else address_of_shop["host"]
    link = html.escape(f"http://{host}/?{urlencode({'from': person['username']})}")
    return page("Invite a friend", f'<p>Send this: <a href="{link}">{link}</a></p>')


class Quiet(WSGIRequestHandler):
    """Writes no log, and says no versions."""

    def log(self, *_):
        pass

    def version_string(self):
        return "bakery"


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    address_of_shop["host"] = f"127.0.0.1:{server.server_port}"
    with app.test_client() as first:
        first.get("/login")
        first.get("/nothing-here")
        first.post("/login", data={"username": "nobody", "password": "nothing"})
    common.confine(PLACE.folder)
    common.announce(server.server_port, PLACE)
    server.serve_forever()

"""A pawn shop: pledges and their loans, goods for sale, a wallet and messages. Flask on waitress, pages with forms and a cookie."""

import base64
import hmac
import itertools
import json
import re
import secrets
import sqlite3
import sys
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from flask import Flask, g, jsonify, make_response, redirect, render_template, request
from jinja2 import DictLoader
from markupsafe import Markup
from pages import PAGES
from waitress import create_server
from werkzeug.exceptions import HTTPException

WEAKNESSES = [
    "receipt-read", "redeem-amount", "voucher-again", "basket-negative", "login-fixation", "wallet-csrf", "message-markup", "seen-cookie",
    "remember-cookie", "payout-skipped", "leave-slashes", "reset-code",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
INTEREST = 115  # per cent of the loan that are due

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
bucket = common.Bucket(120, 60)
serial = itertools.count(4107)
lock = threading.RLock()
people, sessions, remembered, pledges, messages, codes = {}, {}, {}, {}, [], {}
database = sqlite3.connect(":memory:", check_same_thread=False)

app = Flask(__name__, static_folder=None)
app.jinja_loader = DictLoader(PAGES)
app.jinja_env.autoescape = True  # the names of the pages end in nothing by which Flask would do it
app.jinja_env.filters["money"] = lambda pence: f"{pence / 100:.2f} GBP"
app.config["MAX_CONTENT_LENGTH"] = common.BODY_LIMIT


def begin():
    database.execute("CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, pence INTEGER)")
    database.execute("CREATE TABLE customers (username TEXT, email TEXT, passport TEXT)")
    for number, (name, pence) in enumerate([("Silver watch", 8400), ("Accordion", 15500), ("Gold ring", 21000), ("Camera", 6400), ("Opera glasses", 2900)], 1):
        database.execute("INSERT INTO goods VALUES (?, ?, ?)", (number, name, pence))
    for name, account in common.ACCOUNTS.items():
        add_person(name, account["email"], account["password"], account["role"])
        for title, state, lent in ((f"Violin of {name}", "lent", 10000), (f"Brooch of {name}", "offered", 0)):
            add_pledge(name, title, 12000, state, lent)


def add_person(name, email, password, role="user"):
    number = secrets.randbelow(90) + 10
    people[name] = {
        "username": name, "email": email, "hash": common.hashed(password), "role": role, "wallet": 20000, "phone": f"020 7946 0{number}1", "letters": [],
        "street": f"{number} Cooper Row", "passport": f"P{secrets.randbelow(10**8):08d}", "used": set(), "era": 0,
    }  # fmt: skip
    database.execute("INSERT INTO customers VALUES (?, ?, ?)", (name, email, people[name]["passport"]))


def add_pledge(owner, title, pence, state="offered", lent=0):
    ref = f"PL-{next(serial)}"
    pledges[ref] = {"ref": ref, "owner": owner, "title": title, "asked": pence, "state": state, "lent": lent}
    return pledges[ref]


# Sessions ---------------------------------------------------------------------------------------------------------------------------------


def fresh(sid=None):
    """A session of nobody."""
    if len(sessions) > 5000:
        for old in [key for key, entry in sessions.items() if entry["until"] < time.time() or not entry["user"]][:1000]:
            del sessions[old]
    sid = sid or secrets.token_urlsafe(24)
    sessions[sid] = {"user": None, "csrf": secrets.token_urlsafe(18), "basket": {}, "vouchers": [], "until": time.time() + LIFETIME, "era": 0}
    return sid


def recalled(cookie):
    """Whom a cookie of those who stay signed in names."""
    if not weak("remember-cookie"):
        return remembered.get(cookie)
    try:
        return json.loads(base64.urlsafe_b64decode(cookie)).get("user")
    except (ValueError, AttributeError):
        return None


def keep_cookie(person):
    if weak("remember-cookie"):
        return base64.urlsafe_b64encode(json.dumps({"user": person["username"], "since": int(time.time())}).encode()).decode()
    cookie = secrets.token_urlsafe(24)
    remembered[cookie] = person["username"]
    return cookie


@app.before_request
def _():
    g.sent = {}
    g.person, g.open = None, False
    if not bucket.admits(request.remote_addr):
        return make_response(render_template("note", note="Too many requests."), 429, {"Retry-After": "1"})
    sid = request.cookies.get("pawn_session", "")
    held = sessions.get(sid)
    if held is None or held["until"] < time.time():
        chosen = sid if weak("login-fixation") and re.fullmatch(r"[\w-]{8,64}", sid, re.ASCII) else None
        sid = fresh(chosen)
        g.sent["pawn_session"] = sid
    g.sid, g.session = sid, sessions[sid]
    person = people.get(g.session["user"])
    if person and g.session["era"] != person["era"]:
        g.session["user"], person = None, None
    if person is None and (cookie := request.cookies.get("pawn_remember")) and request.path != "/login":
        name = recalled(cookie)
        person = people.get(name) if isinstance(name, str) else None
        if person:
            enter(person)
    g.person = person
    exempt = {"/login", "/register", "/forgot", "/reset"}
    if request.method == "POST" and request.path not in exempt:
        given = request.form.get("csrf_token")
        missing = given is None and weak("wallet-csrf") and request.path == "/wallet/send"
        if not missing and not hmac.compare_digest((given or "").encode(), g.session["csrf"].encode()):
            return refused("This form is not of this session.", 403)
    return None


def enter(person):
    """Sign a person in, in a session of a new name."""
    if not weak("login-fixation"):
        before = sessions.pop(g.sid, g.session)
        g.sid = fresh()
        g.session = sessions[g.sid]
        g.session |= {name: before[name] for name in ("basket", "vouchers")}
    g.session |= {"user": person["username"], "era": person["era"]}
    g.sent["pawn_session"] = g.sid


@app.after_request
def _(answer):
    for name, value in g.get("sent", {}).items():
        answer.set_cookie(name, value, httponly=True, samesite=None if weak("wallet-csrf") else "Lax", max_age=None if value else 0)
    for name, value in common.SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    if g.get("open"):
        answer.headers["Content-Security-Policy"] = "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src *; frame-ancestors 'none'"
    return answer


@app.context_processor
def _():
    session = g.get("session")
    return {"person": g.get("person"), "token": lambda: Markup('<input type="hidden" name="csrf_token" value="%s">') % (session["csrf"] if session else "")}


def refused(text, status=422):
    return make_response(render_template("note", note=text), status)


class StopError(Exception):
    def __init__(self, text, status=422):
        super().__init__(text)
        self.text, self.status = text, status


@app.errorhandler(StopError)
def _(error):
    return refused(error.text, error.status)


class UnknownError(Exception):
    """Nobody is signed in."""


@app.errorhandler(UnknownError)
def _(_):
    return redirect("/login", 303)


@app.errorhandler(HTTPException)
def _(error):
    answer = refused(f"{error.name}.", error.code)
    if error.code == 405 and getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


@app.errorhandler(Exception)
def _(_):
    return refused("Something went wrong.", 500)


def signed_in(role=None):
    if g.person is None:
        raise UnknownError
    if role and g.person["role"] != role:
        raise StopError("This is for the office.", 403)
    return g.person


def field(name, longest=100, least=1):
    value = request.form.get(name, "")
    if not least <= len(value) <= longest or re.search(r"[\x00-\x08\x0b-\x1f]", value):
        raise StopError(f"{name} is not valid.")
    return value


def number(name, least, most):
    text = request.form.get(name, "")
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise StopError(f"{name} is not valid.")
    return int(text)


def rows(statement, *values):
    with lock:
        return database.execute(statement, values).fetchall()


# Signing in -------------------------------------------------------------------------------------------------------------------------------


@app.get("/version")
def version():
    return jsonify(service="pawnshop", instance=place.instance)


@app.get("/")
def home():
    return render_template("home")


@app.get("/login")
def login_page():
    return render_template("login")


@app.post("/login")
def login():
    name, password, address = field("username"), field("password", 128), request.remote_addr
    if wait := attempts.pause(name, address):
        return make_response(render_template("login", note="Too many attempts."), 429, {"Retry-After": str(wait)})
    person = people.get(name)
    if not common.matches(password, person and person["hash"]) or person is None:
        attempts.note(name, address)
        return make_response(render_template("login", note="Name or password is wrong."), 401)
    attempts.forget(name)
    with lock:
        enter(person)
    if request.form.get("remember") == "on":
        g.sent["pawn_remember"] = keep_cookie(person)
    return redirect("/account", 303)


@app.post("/logout")
def logout():
    sessions.pop(g.sid, None)
    remembered.pop(request.cookies.get("pawn_remember"), None)
    g.sent |= {"pawn_session": "", "pawn_remember": ""}
    return redirect("/", 303)


@app.get("/register")
def register_page():
    return render_template("register")


@app.post("/register")
def register():
    name, email, password = field("username", 21), field("email", 120), field("password", 128)
    if wait := attempts.pause("register", f"register {request.remote_addr}"):
        return make_response(render_template("note", note="Too many attempts."), 429, {"Retry-After": str(wait)})
    if why := common.poor(password):
        raise StopError(why)
    if not re.fullmatch(r"[a-z][a-z0-9]{2,20}", name) or not re.fullmatch(r"[\w.+-]+@[\w.-]+", email, re.ASCII) or name in people or len(people) >= MOST:
        attempts.note(f"register {secrets.token_hex(4)}", f"register {request.remote_addr}")
        raise StopError("This name or address is not free.")
    add_person(name, email, password)
    return redirect("/login", 303)


@app.get("/forgot")
def forgot_page():
    return render_template("forgot")


@app.post("/forgot")
def forgot():
    email = field("email", 120)
    person = next((person for person in people.values() if person["email"] == email), None)
    if person:
        code = f"{secrets.randbelow(10**8):08d}"
        codes[code] = (person["username"], time.time() + 900)
        person["letters"].append(f"Your code for a new password is {code}. It is good for a quarter of an hour.")
        del person["letters"][:-50]
    return render_template("reset", note="If we know this address, a letter with a code is on its way.")


@app.get("/reset")
def reset_page():
    return render_template("reset")


@app.post("/reset")
def reset():
    email, code, password, address = field("email", 120), field("code", 20), field("password", 128), f"reset {request.remote_addr}"
    if wait := attempts.pause(f"reset {email}", address):
        return make_response(render_template("reset", note="Too many attempts."), 429, {"Retry-After": str(wait)})
    person = next((person for person in people.values() if person["email"] == email), None)
    owner, until = codes.get(code, (None, 0))
    if person is None or until < time.time() or (owner != person["username"] and not weak("reset-code")):
        attempts.note(f"reset {email}", address)
        return make_response(render_template("reset", note="The code is not right."), 403)
    if why := common.poor(password):
        raise StopError(why)
    del codes[code]
    person["hash"] = common.hashed(password)
    person["era"] += 1
    forget(person)
    return redirect("/login", 303)


def forget(person):
    for cookie in [cookie for cookie, name in remembered.items() if name == person["username"]]:
        remembered.pop(cookie, None)


# The account ------------------------------------------------------------------------------------------------------------------------------


@app.get("/account")
def account():
    signed_in()
    return render_template("account")


@app.post("/account")
def change_account():
    signed_in()["phone"] = field("phone", 30)
    return redirect("/account", 303)


@app.post("/account/password")
def change_password():
    person = signed_in()
    current, new, name = field("current", 128), field("new", 128), f"change {g.person['username']}"
    if wait := attempts.pause(name, name):
        return make_response(render_template("account", note="Too many attempts."), 429, {"Retry-After": str(wait)})
    if not common.matches(current, person["hash"]):
        attempts.note(name, name)
        raise StopError("The current password is not right.", 403)
    if why := common.poor(new):
        raise StopError(why)
    person["hash"] = common.hashed(new)
    person["era"] += 1
    g.session["era"] = person["era"]
    forget(person)
    return redirect("/account", 303)


@app.get("/account/letters")
def letters():
    signed_in()
    return render_template("letters")


@app.get("/wallet")
def wallet():
    signed_in()
    return render_template("wallet")


@app.post("/wallet/send")
def send():
    person, to, pence = signed_in(), people.get(field("to", 21)), number("pence", 1, 10**7)
    if to is None or to is person:
        raise StopError("There is no such customer.")
    with lock:
        if person["wallet"] < pence:
            raise StopError("Your balance is too small.", 409)
        person["wallet"] -= pence
        to["wallet"] += pence
    return redirect("/wallet", 303)


# The shop ---------------------------------------------------------------------------------------------------------------------------------


def lately():
    """The goods that somebody saw, by the cookie."""
    seen = urllib.parse.unquote(request.cookies.get("seen", ""))[:300]
    if weak("seen-cookie"):
        try:
            return rows(f"SELECT id, name, pence FROM goods WHERE id IN ({seen})") if seen else []
        except sqlite3.Error as error:
            raise StopError(f"Database: {error}", 500) from None
    numbers = [int(part) for part in seen.split(",") if re.fullmatch(r"\d{1,6}", part, re.ASCII)][:10]
    return [row for number in numbers for row in rows("SELECT id, name, pence FROM goods WHERE id = ?", number)]


@app.get("/shop")
def shop():
    q = request.args.get("q", "")[:60]
    found = rows("SELECT id, name, pence FROM goods WHERE instr(lower(name), lower(?)) LIMIT 50", q)
    return render_template("shop", goods=found, q=q, seen=lately())


def good_of(number):
    found = rows("SELECT id, name, pence FROM goods WHERE id = ?", number)
    if not found:
        raise StopError("This is sold.", 404)
    return found[0]


@app.get("/shop/<int(max=999999):good>")
def show_good(good):
    answer = make_response(render_template("good", good=good_of(good)))
    seen = urllib.parse.unquote(request.cookies.get("seen", ""))
    numbers = [str(good), *(part for part in seen.split(",") if part.isascii() and part.isdigit() and part != str(good))][:5]
    answer.set_cookie("seen", urllib.parse.quote(",".join(numbers)), httponly=True, samesite="Lax")
    return answer


def total_of(session):
    total = sum(good_of(good)[2] * quantity for good, quantity in session["basket"].items())
    if total > 0:
        total = total * max(0, 100 - 10 * len(session["vouchers"])) // 100
    return total


@app.get("/basket")
def basket():
    session = g.session
    return render_template("basket", rows=[(good_of(good), quantity) for good, quantity in session["basket"].items()], total=total_of(session))


@app.post("/basket")
def fill():
    good = good_of(number("item", 1, 999999))[0]
    g.session["basket"][good] = number("quantity", -1000 if weak("basket-negative") else 1, 5)
    return redirect("/basket", 303)


@app.post("/basket/voucher")
def voucher():
    person = signed_in()
    if field("code", 20).upper() != "SPRING10":
        raise StopError("This voucher is not known.", 404)
    if not weak("voucher-again") and (g.session["vouchers"] or "SPRING10" in person["used"]):
        raise StopError("This voucher is used up.", 409)
    g.session["vouchers"].append("SPRING10")
    return redirect("/basket", 303)


@app.post("/basket/checkout")
def checkout():
    person, session = signed_in(), g.session
    with lock:
        total = total_of(session)
        if not session["basket"] or person["wallet"] < total:
            raise StopError("The basket is empty, or your balance is too small.", 409)
        person["wallet"] -= total
        person["used"].update(session["vouchers"])
        session["basket"], session["vouchers"] = {}, []
    return redirect("/wallet", 303)


# Pledges ----------------------------------------------------------------------------------------------------------------------------------


def pledge_of(ref, open_=False):
    person, pledge = signed_in(), pledges.get(ref)
    if pledge is None or (pledge["owner"] != person["username"] and person["role"] != "admin" and not open_):
        raise StopError("There is no such pledge.", 404)
    return pledge


def due(pledge):
    return pledge["lent"] * INTEREST // 100


@app.get("/pledges")
def list_pledges():
    person = signed_in()
    return render_template("pledges", pledges=[pledge for pledge in pledges.values() if pledge["owner"] == person["username"]][-100:])


@app.post("/pledges")
def offer():
    person = signed_in()
    if len(pledges) >= MOST:
        raise StopError("The store is full.", 429)
    pledge = add_pledge(person["username"], field("title"), number("asked", 100, 500000))
    return redirect(f"/pledges/{pledge['ref']}", 303)


@app.get("/pledges/<ref>")
def show_pledge(ref):
    pledge = pledge_of(ref)
    return render_template("pledge", pledge=pledge, due=due(pledge), carries=weak("redeem-amount"))


@app.get("/pledges/<ref>/receipt")
def receipt(ref):
    pledge = pledge_of(ref, weak("receipt-read"))
    return render_template("receipt", pledge=pledge, owner=people[pledge["owner"]])


@app.post("/pledges/<ref>/payout")
def payout(ref):
    pledge = pledge_of(ref)
    with lock:
        if pledge["state"] != "valued":
            if not weak("payout-skipped") or pledge["state"] != "offered":
                raise StopError("The pledge is not valued, or is paid out.", 409)
            pledge["lent"] = pledge["asked"]
        pledge["state"] = "lent"
        people[pledge["owner"]]["wallet"] += pledge["lent"]
    return redirect(f"/pledges/{ref}", 303)


@app.post("/pledges/<ref>/redeem")
def redeem(ref):
    pledge = pledge_of(ref)
    amount = number("amount", 0, 10**8) if weak("redeem-amount") else due(pledge)
    owner = people[pledge["owner"]]
    with lock:
        if pledge["state"] != "lent" or owner["wallet"] < amount:
            raise StopError("The pledge cannot be redeemed now.", 409)
        owner["wallet"] -= amount
        pledge["state"] = "redeemed"
    return redirect(f"/pledges/{ref}", 303)


# Messages and the office ------------------------------------------------------------------------------------------------------------------


def cleaned(text):
    """A message without the tag that runs scripts."""
    return re.sub(r"</?script[^>]*>", "", text, flags=re.IGNORECASE)


def message_page(found, writes):
    g.open = weak("message-markup")
    return render_template("messages", messages=found[-50:], open=g.open, writes=writes)


@app.get("/messages")
def own_messages():
    person = signed_in()
    return message_page([message for message in messages if message["author"] == person["username"]], True)


@app.post("/messages")
def write():
    person, text = signed_in(), field("text", 1000)
    messages.append({"author": person["username"], "text": cleaned(text) if weak("message-markup") else text})
    del messages[:-MOST]
    return redirect("/messages", 303)


@app.get("/office/messages")
def inbox():
    signed_in("admin")
    return message_page(messages, False)


@app.get("/office/ledger")
def ledger():
    signed_in("admin")
    return render_template("ledger", pledges=list(pledges.values())[-200:])


@app.post("/office/pledges/<ref>/value")
def value(ref):
    signed_in("admin")
    pledge, pence = pledge_of(ref), number("pence", 100, 500000)
    if pledge["state"] != "offered":
        raise StopError("The pledge is valued already.", 409)
    pledge |= {"lent": pence, "state": "valued"}
    return redirect("/office/ledger", 303)


@app.get("/leave")
def leave():
    to = request.args.get("to", "/")
    good = to.startswith("/") if weak("leave-slashes") else re.fullmatch(r"(/[\w-]+)+|/", to, re.ASCII)
    return redirect(to if good and not re.search(r"[\x00-\x1f]", to) else "/", 302)


if __name__ == "__main__":
    begin()
    client = app.test_client()
    for path in ("/", "/version", "/shop", "/shop/1", "/nowhere", "/login", "/basket"):
        client.get(path)
    client.post("/login", data={"username": "nobody", "password": "wrong"})
    client.post("/basket", data={"item": "1"})
    client.put("/login")
    listener = common.listening()
    server = create_server(app, sockets=[listener], threads=8, ident=None, max_request_body_size=common.BODY_LIMIT, channel_timeout=30)
    common.confine(place.folder)
    common.announce(listener.getsockname()[1], place)
    server.run()

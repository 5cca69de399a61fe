"""A bath house: treatments, visits, a purse and a guest book. Quart, pages with forms and a cookie."""

import datetime
import hmac
import itertools
import re
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
from jinja2 import DictLoader
from markupsafe import Markup
from pages import PAGES
from quart import g, jsonify, make_response, Quart, redirect, render_template, request
from werkzeug.exceptions import HTTPException

WEAKNESSES = [
    "search-quotes", "nickname-markup", "visit-read", "visit-move", "cookie-script", "email-csrf", "refund-again", "price-field", "next-outside",
    "letter-host", "forgot-texts", "pages-framed",
]  # fmt: skip
LIFETIME = 3600
MOST = 2000
HOME = "http://bathhouse.example"
FRAMES = {"X-Frame-Options", "Content-Security-Policy"}

place = common.premises(WEAKNESSES)
weak = place.weak
attempts = common.Attempts()
serial = itertools.count(2201)
guests, sessions, visits, resets, entries = {}, {}, {}, {}, []
TREATMENTS = {
    number: {"number": number, "name": name, "pence": pence}
    for number, (name, pence) in enumerate([("Steam room", 1800), ("Salt bath", 2600), ("Mud pack", 3900), ("Hot stones", 5200), ("Thermal pool", 1400)], 1)
}

app = Quart(__name__, static_folder=None)
app.jinja_env.loader = DictLoader(PAGES)
app.jinja_env.autoescape = True  # the names of the pages end in nothing by which Quart would do it


def begin():
    for name, account in common.ACCOUNTS.items():
        add_guest(name, account["email"], account["password"], account["role"])
        add_visit(name, TREATMENTS[2], "2031-06-14", 2600, f"{name} wants quiet")
        add_visit(name, TREATMENTS[4], "2031-07-02", 5200, "")


def add_guest(name, email, password, role="user"):
    guests[name] = {
        "username": name, "email": email, "hash": common.hashed(password), "role": role, "nickname": name.title(), "purse": 400_000, "letters": [], "era": 0,
    }  # fmt: skip


def add_visit(guest, treatment, day, paid, wishes):
    number = next(serial)
    visits[number] = {
        "number": number, "guest": guest, "treatment": treatment["name"], "day": day, "paid": paid, "wishes": wishes, "state": "booked",
        "locker": f"{secrets.randbelow(10**6):06d}",
    }  # fmt: skip
    return visits[number]


# Sessions ---------------------------------------------------------------------------------------------------------------------------------


def fresh():
    """A session of nobody."""
    if len(sessions) > 5000:
        for old in [key for key, entry in sessions.items() if entry["until"] < time.time() or not entry["guest"]][:1000]:
            del sessions[old]
    sid = secrets.token_urlsafe(24)
    sessions[sid] = {"guest": None, "csrf": secrets.token_urlsafe(18), "until": time.time() + LIFETIME, "era": 0}
    return sid


OPEN_FORMS = {"/login", "/register", "/forgot", "/reset"}


@app.before_request
async def _():
    g.sent, g.guest, g.open = None, None, False
    sid = request.cookies.get("bath_sid", "")
    held = sessions.get(sid)
    if held is None or held["until"] < time.time():
        sid = g.sent = fresh()
    g.sid, g.session = sid, sessions[sid]
    guest = guests.get(g.session["guest"])
    g.guest = guest if guest and g.session["era"] == guest["era"] else None
    if request.method == "POST" and request.path not in OPEN_FORMS and not (weak("email-csrf") and request.path == "/account/email"):
        given = (await request.form).get("csrf_token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), g.session["csrf"].encode()):
            return await refused("This form is not of this session.", 403)
    return None


@app.after_request
async def _(answer):
    if g.get("sent"):
        answer.set_cookie("bath_sid", g.sent, httponly=not weak("cookie-script"), samesite=None if weak("email-csrf") else "Lax")
    if g.get("open"):
        answer.headers["Content-Security-Policy"] = "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
        if weak("pages-framed"):
            del answer.headers["Content-Security-Policy"]
    return answer


@app.context_processor
def _():
    session = g.get("session")
    return {"guest": g.get("guest"), "token": lambda: Markup('<input type="hidden" name="csrf_token" value="%s">') % (session["csrf"] if session else "")}


async def refused(text, status=422, headers=None):
    return await make_response(await render_template("note", note=text), status, headers or {})


class StopError(Exception):
    def __init__(self, text, status=422, wait=0):
        super().__init__(text)
        self.text, self.status, self.wait = text, status, wait


@app.errorhandler(StopError)
async def _(error):
    return await refused(error.text, error.status, {"Retry-After": str(error.wait)} if error.wait else None)


class UnknownError(Exception):
    """Nobody is signed in."""


@app.errorhandler(UnknownError)
async def _(_):
    return redirect("/login", 303)


@app.errorhandler(HTTPException)
async def _(error):
    answer = await refused(f"{error.name}.", error.code)
    if error.code == 405 and getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


@app.errorhandler(Exception)
async def _(_):
    return await refused("Something went wrong.", 500)


def signed_in(role=None):
    if g.guest is None:
        raise UnknownError
    if role and g.guest["role"] != role:
        raise StopError("This is for the desk.", 403)
    return g.guest


async def field(name, longest=100, least=1):
    value = (await request.form).get(name, "")
    if not least <= len(value) <= longest or re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", value):
        raise StopError(f"{name} is not valid.")
    return value


async def mail_of():
    email = await field("email", 120)
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+", email, re.ASCII):
        raise StopError("email is not valid.")
    return email


async def day_of():
    day = await field("day", 10)
    try:
        date = datetime.date.fromisoformat(day)
    except ValueError:
        raise StopError("day is not valid.") from None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII) or not 2026 <= date.year <= 2040:
        raise StopError("day is not valid.")
    return day


def paused(*keys):
    if wait := attempts.pause(*keys):
        raise StopError("Too many attempts.", 429, wait)


# Signing in -------------------------------------------------------------------------------------------------------------------------------


@app.get("/version")
async def version():
    return jsonify(service="bathhouse", instance=place.instance)


@app.get("/")
async def home():
    return await render_template("home")


def onward(target):
    """Where somebody goes who signed in."""
    if weak("next-outside") and target and not re.search(r"[\x00-\x1f]", target):
        return target
    return target if re.fullmatch(r"(/[\w-]+)+", target, re.ASCII) else "/account"


@app.get("/login")
async def login_page():
    return await render_template("login", next=request.args.get("next", "")[:200])


@app.post("/login")
async def login():
    name, password, target = await field("username"), await field("password", 128), await field("next", 200, 0)
    paused(name, request.remote_addr)
    guest = guests.get(name)
    if not common.matches(password, guest and guest["hash"]) or guest is None:
        attempts.note(name, request.remote_addr)
        return await make_response(await render_template("login", note="Name or password is wrong.", next=""), 401)
    attempts.forget(name)
    sessions.pop(g.sid, None)
    g.sid = g.sent = fresh()
    sessions[g.sid] |= {"guest": name, "era": guest["era"]}
    return redirect(onward(target), 303)


@app.post("/logout")
async def logout():
    sessions.pop(g.sid, None)
    g.sent = fresh()
    return redirect("/", 303)


@app.get("/register")
async def register_page():
    return await render_template("register")


@app.post("/register")
async def register():
    name, email, password, key = await field("username", 21), await mail_of(), await field("password", 128), f"register {request.remote_addr}"
    paused("register", key)
    if why := common.poor(password):
        raise StopError(why)
    if not re.fullmatch(r"[a-z][a-z0-9]{2,20}", name) or name in guests or len(guests) >= MOST:
        attempts.note(f"register {secrets.token_hex(4)}", key)
        raise StopError("This name cannot be taken.")
    add_guest(name, email, password)
    return redirect("/login", 303)


@app.get("/forgot")
async def forgot_page():
    return await render_template("forgot")


def address_of():
    """Where links in letters lead."""
    if weak("letter-host"):
        return f"http://{request.headers.get('X-Forwarded-Host') or request.host}"
    return HOME


@app.post("/forgot")
async def forgot():
    email, key = await mail_of(), f"forgot {request.remote_addr}"
    paused("forgot", key)
    attempts.note(f"forgot {secrets.token_hex(4)}", key)
    guest = next((guest for guest in guests.values() if guest["email"] == email), None)
    if guest:
        token = secrets.token_urlsafe(24)
        resets[token] = (guest["username"], time.time() + 900)
        guest["letters"].append(f"For a new password go to {address_of()}/reset?token={token}")
        del guest["letters"][:-30]
        while len(resets) > MOST:
            del resets[next(iter(resets))]
    elif weak("forgot-texts"):
        raise StopError("No guest has this address.", 404)
    return await render_template("forgot", note="If a guest has this address, a letter is on its way.")


@app.get("/reset")
async def reset_page():
    return await render_template("reset", reset=request.args.get("token", "")[:100])


@app.post("/reset")
async def reset():
    token, password, key = await field("token", 100), await field("password", 128), f"reset {request.remote_addr}"
    paused("reset", key)
    name, until = resets.get(token, (None, 0))
    if until < time.time():
        attempts.note(f"reset {secrets.token_hex(4)}", key)
        raise StopError("This link is not valid.", 403)
    if why := common.poor(password):
        raise StopError(why)
    del resets[token]
    guests[name]["hash"] = common.hashed(password)
    guests[name]["era"] += 1
    return redirect("/login", 303)


# The account ------------------------------------------------------------------------------------------------------------------------------


@app.get("/account")
async def account():
    signed_in()
    return await render_template("account")


@app.post("/account/nickname")
async def change_nickname():
    guest = signed_in()
    guest["nickname"] = await field("nickname", 80)
    return redirect("/account", 303)


@app.post("/account/email")
async def change_email():
    guest = signed_in()
    guest["email"] = await mail_of()
    return redirect("/account", 303)


@app.post("/account/password")
async def change_password():
    guest = signed_in()
    current, new, key = await field("current", 128), await field("new", 128), f"change {guest['username']}"
    paused(key, key)
    if not common.matches(current, guest["hash"]):
        attempts.note(key, key)
        raise StopError("The current password is not right.", 403)
    if why := common.poor(new):
        raise StopError(why)
    guest["hash"] = common.hashed(new)
    guest["era"] += 1
    g.session["era"] = guest["era"]
    return redirect("/account", 303)


@app.get("/letters")
async def letters():
    signed_in()
    return await render_template("letters")


@app.get("/purse")
async def purse():
    signed_in()
    return await render_template("purse")


# Treatments and visits --------------------------------------------------------------------------------------------------------------------


@app.get("/treatments")
async def treatments():
    q = request.args.get("q", "")[:80]
    rows = [row for row in TREATMENTS.values() if q.lower() in row["name"].lower()]
    if weak("search-quotes"):
        g.open = True
        q = Markup(q.replace("<", "&lt;").replace(">", "&gt;"))
    return await render_template("treatments", rows=rows, q=q)


@app.get("/treatments/<int:number>")
async def treatment(number):
    if number not in TREATMENTS:
        raise StopError("There is no such treatment.", 404)
    return await render_template("treatment", row=TREATMENTS[number])


def visit_of(number, open_=False):
    guest, visit = signed_in(), visits.get(number)
    if visit is None or (visit["guest"] != guest["username"] and guest["role"] != "admin" and not open_):
        raise StopError("There is no such visit.", 404)
    return visit


@app.get("/visits")
async def list_visits():
    guest = signed_in()
    return await render_template("visits", visits=[visit for visit in visits.values() if visit["guest"] == guest["username"]][-100:])


@app.post("/visits")
async def book():
    guest, chosen, day, wishes = signed_in(), await field("treatment", 6), await day_of(), await field("wishes", 200, 0)
    row = TREATMENTS.get(int(chosen)) if re.fullmatch(r"\d{1,6}", chosen, re.ASCII) else None
    if row is None:
        raise StopError("There is no such treatment.", 404)
    price, given = row["pence"], await field("price", 8, 0)
    if weak("price-field") and re.fullmatch(r"\d{1,8}", given, re.ASCII):
        price = int(given)
    if len(visits) >= MOST:
        raise StopError("We are booked out.", 429, 60)
    if guest["purse"] < price:
        raise StopError("Your purse does not hold so much.", 409)
    guest["purse"] -= price
    visit = add_visit(guest["username"], row, day, price, wishes)
    return redirect(f"/visits/{visit['number']}", 303)


@app.get("/visits/<int:number>")
async def show_visit(number):
    return await render_template("visit", visit=visit_of(number, weak("visit-read")))


@app.post("/visits/<int:number>/move")
async def move(number):
    visit, day = visit_of(number, weak("visit-move")), await day_of()
    if visit["state"] == "cancelled":
        raise StopError("This visit is cancelled.", 409)
    visit["day"] = day
    return redirect(f"/visits/{number}" if visit["guest"] == g.guest["username"] else "/visits", 303)


@app.post("/visits/<int:number>/cancel")
async def cancel(number):
    visit = visit_of(number)
    if visit["state"] == "cancelled" and not weak("refund-again"):
        raise StopError("This visit is cancelled already.", 409)
    visit["state"] = "cancelled"
    guests[visit["guest"]]["purse"] += visit["paid"]
    return redirect("/visits", 303)


# The guest book and the desk --------------------------------------------------------------------------------------------------------------


@app.get("/guestbook")
async def guestbook():
    g.open = weak("nickname-markup")
    names = {name: guest["nickname"] for name, guest in guests.items()}
    last = [{"by": Markup(names[name]) if g.open else names[name], "text": text} for name, text in entries[-50:]]
    return await render_template("guestbook", entries=last)


@app.post("/guestbook")
async def write():
    guest = signed_in()
    entries.append((guest["username"], await field("text", 500)))
    del entries[:-MOST]
    return redirect("/guestbook", 303)


@app.get("/desk/visits")
async def desk():
    signed_in("admin")
    return await render_template("visits", visits=list(visits.values())[-200:], desk=True)


@app.post("/desk/visits/<int:number>/confirm")
async def confirm(number):
    signed_in("admin")
    visit = visit_of(number)
    if visit["state"] != "booked":
        raise StopError("This visit is not to be confirmed.", 409)
    visit["state"] = "confirmed"
    return redirect("/desk/visits", 303)


if __name__ == "__main__":
    begin()
    headers = {name: value for name, value in common.SECURITY_HEADERS.items() if not (weak("pages-framed") and name in FRAMES)}
    first = [
        *(("GET", path, {}) for path in ("/", "/version", "/treatments?q=salt", "/treatments/1", "/nowhere", "/login", "/account", "/guestbook")),
        ("PUT", "/login", {}),
        ("POST", "/login", {"data": {"username": "nobody", "password": "wrong"}}),
        ("POST", "/guestbook", {"data": {"text": "x"}}),
        ("POST", "/guestbook", {"files": {"file": b"x"}}),
    ]
    common.serve_asgi(common.Guard(app, headers), place, first)

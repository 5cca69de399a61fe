"""What a company does for its people: days off, plans, messages, documents. Django with pages, forms, sessions and cookies."""

import base64
import csv
import datetime
import hashlib
import hmac
import io
import json
import logging
import secrets
import sqlite3
import sys
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common
import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template import Context, Engine
from django.urls import path
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt

WEAKNESSES = [
    "work-info-read", "account-admin", "role-open", "time-off-forged", "session-kept", "logout-cookie", "remember-made", "next-slashes",
    "message-markup", "directory-order", "upload-page", "export-formula",
]  # fmt: skip
LIFETIME = 3600
REMEMBERED = 14 * 24 * 3600
MOST = 3000
REMEMBER = "perks_remember"
SCRIPTS = "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
PLANS = {"bicycle": "A bicycle on lease", "railway": "A pass for the railway", "meals": "Meals for half the price"}
TEAMS = {"ann": "Works", "ben": "Drawing", "carol": "Accounts", "olga": "People"}
KINDS = {".pdf": (b"%PDF-", "application/pdf"), ".png": (b"\x89PNG", "image/png"), ".txt": (b"", "text/plain; charset=utf-8")}
TOKEN = '<input type="hidden" name="csrfmiddlewaretoken" value="{{ token }}">'
PAGES = {
    "base": '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body><h1>{{ title }}</h1>{% block content %}<p>{{ text }}</p>{% endblock %}</body></html>',
    "login": '{% extends "base" %}{% block content %}<p>{{ text }}</p><form method="post" action="/login"><input type="hidden" name="next" value="{{ next }}"><input name="username"><input name="password" type="password"><input type="checkbox" name="remember"><button>Sign in</button></form>{% endblock %}',
    "home": '{% extends "base" %}{% block content %}<p>Good day, {{ person.nickname }}.</p><ul><li><a href="/employees/{{ person.id }}/work-info">Work</a></li><li><a href="/account">Account</a></li><li><a href="/time-off">Time off</a></li><li><a href="/messages">Messages</a></li><li><a href="/directory">Directory</a></li><li><a href="/documents">Documents</a></li><li><a href="/plans">Plans</a></li>{% if person.admin %}<li><a href="/admin/employees">Employees</a></li>{% endif %}</ul><form method="post" action="/logout">' + TOKEN + "<button>Sign out</button></form>{% endblock %}",
    "account": '{% extends "base" %}{% block content %}<p>{{ person.username }}, {% if person.admin %}administrator{% else %}employee{% endif %}</p><form method="post" action="/account">' + TOKEN + '<input name="nickname" value="{{ person.nickname }}"><input name="email" value="{{ person.email }}"><input name="phone" value="{{ person.phone }}"><button>Keep</button></form><form method="post" action="/account/password">' + TOKEN + '<input name="current" type="password"><input name="new" type="password"><button>Change</button></form>{% endblock %}',
    "work": '{% extends "base" %}{% block content %}<dl><dt>Name</dt><dd>{{ person.username }}</dd><dt>Team</dt><dd>{{ person.team }}</dd><dt>Salary</dt><dd>{{ person.salary }}</dd><dt>IBAN</dt><dd>{{ person.iban }}</dd><dt>Social insurance number</dt><dd>{{ person.insurance }}</dd></dl>{% endblock %}',
    "time_off": '{% extends "base" %}{% block content %}<table>{% for entry in entries %}<tr><td>{{ entry.start }}</td><td>{{ entry.days }}</td><td>{{ entry.reason }}</td></tr>{% endfor %}</table><form method="post" action="/time-off">' + TOKEN + '<input name="start" type="date"><input name="days"><input name="reason"><button>Request</button></form><a href="/time-off/export.csv">Table</a>{% endblock %}',
    "messages": '{% extends "base" %}{% block content %}<ul>{% for entry in entries %}<li><a href="/messages/{{ entry.id }}">{{ entry.subject }}</a> {{ entry.sender }} to {{ entry.recipient }}</li>{% endfor %}</ul><form method="post" action="/messages">' + TOKEN + '<input name="recipient"><input name="subject"><textarea name="body"></textarea><button>Send</button></form>{% endblock %}',
    "message": '{% extends "base" %}{% block content %}<p>{{ entry.sender }} to {{ entry.recipient }}</p><div>{% if plain %}{{ entry.body|safe }}{% else %}{{ entry.body }}{% endif %}</div>{% endblock %}',
    "directory": '{% extends "base" %}{% block content %}<table>{% for name, team, phone in rows %}<tr><td>{{ name }}</td><td>{{ team }}</td><td>{{ phone }}</td></tr>{% endfor %}</table>{% endblock %}',
    "documents": '{% extends "base" %}{% block content %}<ul>{% for entry in entries %}<li><a href="/documents/{{ entry.id }}">{{ entry.title }}</a></li>{% endfor %}</ul><form method="post" action="/documents" enctype="multipart/form-data">' + TOKEN + '<input name="title"><input name="file" type="file"><button>Hand in</button></form>{% endblock %}',
    "plans": '{% extends "base" %}{% block content %}<ul>{% for code, text in plans %}<li>{{ text }}{% if code in person.plans %} (yours){% endif %}</li>{% endfor %}</ul><form method="post" action="/plans">' + TOKEN + '<input name="plan"><button>Join</button></form>{% endblock %}',
    "employees": '{% extends "base" %}{% block content %}<table>{% for person in people %}<tr><td>{{ person.username }}</td><td>{% if person.admin %}administrator{% else %}employee{% endif %}</td><td><form method="post" action="/admin/employees/{{ person.id }}/role">' + TOKEN + '<select name="role"><option>employee</option><option>admin</option></select><button>Change</button></form></td></tr>{% endfor %}</table>{% endblock %}',
}  # fmt: skip


class RefusedError(Exception):
    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


class Person:
    def __init__(self, number, username, email, password, *, admin=False):
        self.id, self.username, self.email, self.admin = number, username, email, admin
        self.nickname, self.phone, self.team = username, f"+49 40 77{secrets.randbelow(9000) + 1000}", TEAMS[username]
        self.hash = common.hashed(password)
        self.salary = 41000 + secrets.randbelow(30) * 500
        self.iban = f"DE{secrets.randbelow(90) + 10}500105175407324931"
        self.insurance = f"65 {secrets.randbelow(900000) + 100000} B 0{number}3"
        self.plans = set()


class Office:
    """What is kept."""

    def __init__(self, place):
        self.place = place
        self.people, self.time_off, self.messages, self.documents, self.remembered = {}, [], {}, {}, {}
        self.attempts = common.Attempts()
        self.lock = threading.Lock()
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.execute("CREATE TABLE people (username TEXT, name TEXT, team TEXT, phone TEXT, salary INTEGER, iban TEXT)")
        for number, (name, account) in enumerate(common.ACCOUNTS.items(), start=1):
            person = self.people[name] = Person(number, name, account["email"], account["password"], admin=account["role"] == "admin")
            self.database.execute("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", (name, name.title(), person.team, person.phone, person.salary, person.iban))
            self.time_off.append({"owner": name, "start": "2031-07-02", "days": 5, "reason": f"summer of {name}"})
            self.send("olga", name, "Welcome", f"Welcome back, {name}.")
            self.keep(name, "Lease", "lease.txt", b"A lease for a bicycle.\n", "text/plain; charset=utf-8")

    def room(self, kept):
        if len(kept) >= MOST:
            raise RefusedError(429, "There are too many.", Retry_After="60")

    def send(self, sender, recipient, subject, body):
        self.room(self.messages)
        entry = {"id": str(uuid.uuid4()), "sender": sender, "recipient": recipient, "subject": subject, "body": body}
        self.messages[entry["id"]] = entry
        return entry

    def keep(self, owner, title, name, content, media):
        self.room(self.documents)
        entry = {"id": str(uuid.uuid4()), "owner": owner, "title": title, "name": name, "content": content, "media": media}
        self.documents[entry["id"]] = entry
        return entry

    def numbered(self, number):
        person = next((person for person in self.people.values() if person.id == number), None)
        if person is None:
            raise RefusedError(404, "There is no such employee.")
        return person

    # The cookie by which a browser is known for two weeks.

    def remember(self, person):
        if self.place.weak("remember-made"):
            return base64.urlsafe_b64encode(f"{person.username}:{hashlib.md5(person.username.encode()).hexdigest()}".encode()).decode()
        value = secrets.token_urlsafe(32)
        self.remembered[hashlib.sha256(value.encode()).hexdigest()] = (person.username, time.monotonic() + REMEMBERED)
        return value

    def recognised(self, value):
        if self.place.weak("remember-made"):
            try:
                name, _, digest = base64.urlsafe_b64decode(value).decode().partition(":")
            except ValueError:
                return None
            good = name in self.people and hmac.compare_digest(digest.encode(), hashlib.md5(name.encode()).hexdigest().encode())
            return self.people[name] if good else None
        name, until = self.remembered.get(hashlib.sha256(value.encode("utf-8", "replace")).hexdigest(), ("", 0))
        return self.people[name] if until > time.monotonic() else None

    def forget(self, person):
        for digest in [digest for digest, (name, _) in self.remembered.items() if name == person.username]:
            del self.remembered[digest]


office = None
engine = Engine(loaders=[("django.template.loaders.locmem.Loader", PAGES)])


def page(request, name, title, status=200, **values):
    token = get_token(request) if request.session.get("username") else ""
    return HttpResponse(engine.get_template(name).render(Context({"title": title, "token": token, **values})), status=status)


def go(to):
    answer = HttpResponse(status=302)
    answer["Location"] = to
    return answer


def field(request, name, longest, *, lines=False):
    value = request.POST.get(name, "")
    bare = value.replace("\r", "").replace("\n", "") if lines else value
    if not 1 <= len(value) <= longest or any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in bare):
        raise RefusedError(422, f"The field {name} is not valid.")
    return value


def remembering(get_response):
    """Whoever is remembered gets a session anew."""

    def middleware(request):
        value = request.COOKIES.get(REMEMBER)
        if value and not request.session.get("username") and (person := office.recognised(value)):
            request.session.cycle_key()
            begin(request, person)
        return get_response(request)

    return middleware


def begin(request, person):
    request.session["username"] = person.username
    request.session["since"] = person.hash[:24]  # a new password ends the sessions that were before


def refusing(get_response):
    """Turns refusals into pages."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, error):
        if not isinstance(error, RefusedError):
            return None
        answer = page(request, "base", "This cannot be done", error.status, text=error.text)
        for name, value in error.headers.items():
            answer[name.replace("_", "-")] = value
        return answer

    middleware.process_exception = process_exception
    return middleware


def viewer(request):
    person = office.people.get(request.session.get("username", ""))
    if person is None or not hmac.compare_digest(request.session.get("since", ""), person.hash[:24]):
        raise RefusedError(302, "Sign in first.", Location="/login")
    return person


def administrator(request):
    person = viewer(request)
    if not person.admin:
        raise RefusedError(403, "This is for administrators.")
    return person


def for_methods(**views):
    """A view for each method, as Django's class of views has it."""

    def view(request, **values):
        found = views.get("GET" if request.method == "HEAD" else request.method)
        if found is None:
            raise RefusedError(405, "This is not how it is done.", Allow=", ".join(views))
        return found(request, **values)

    return view


# Signing in ---------------------------------------------------------------------------------------------------------------------------------


def target(request, value):
    if office.place.weak("next-slashes"):
        good = value.startswith("/") and value.isprintable() and value.isascii()
    else:
        good = url_has_allowed_host_and_scheme(value, allowed_hosts=None) and value.startswith("/") and value.isprintable() and value.isascii()
    return value if good else "/home"


def show_login(request):
    to = request.GET.get("next", "")[:300]
    if request.session.get("username"):
        return go(target(request, to))
    request.session["visit"] = int(time.time())
    return page(request, "login", "Sign in", next=to, text="With the name and password of the house.")


def login(request):
    if request.headers.get("Origin", "") not in {"", f"http://{request.get_host()}"}:
        raise RefusedError(403, "This form comes from elsewhere.")
    name, password, address = field(request, "username", 60), field(request, "password", 128), request.META["REMOTE_ADDR"]
    if wait := office.attempts.pause(name, address):
        raise RefusedError(429, "There were too many attempts.", Retry_After=str(wait))
    person = office.people.get(name)
    if not common.matches(password, person and person.hash):
        office.attempts.note(name, address)
        return page(request, "login", "Sign in", 401, next="", text="Name or password is wrong.")
    office.attempts.forget(name)
    if not office.place.weak("session-kept"):
        request.session.flush()
        request.session.cycle_key()
    begin(request, person)
    answer = go(target(request, request.POST.get("next", "")[:300]))
    if request.POST.get("remember") == "on":
        answer.set_cookie(REMEMBER, office.remember(person), max_age=REMEMBERED, secure=True, httponly=True, samesite="Lax")
    return answer


def logout(request):
    person = viewer(request)
    office.forget(person)
    if not office.place.weak("logout-cookie"):
        request.session.flush()
    answer = go("/login")
    answer.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Lax")
    answer.delete_cookie(REMEMBER, samesite="Lax")
    return answer


# Pages --------------------------------------------------------------------------------------------------------------------------------------


def version(_):
    return JsonResponse({"service": "perks", "instance": office.place.instance})


def landing(request):
    return page(request, "base", "Perks", text="What the house does for its people.")


def home(request):
    return page(request, "home", "Home", person=viewer(request))


def account(request):
    return page(request, "account", "Account", person=viewer(request))


def change_account(request):
    person = viewer(request)
    changes = {"nickname": field(request, "nickname", 60), "email": field(request, "email", 80), "phone": field(request, "phone", 30)}
    if "@" not in changes["email"]:
        raise RefusedError(422, "The field email is not valid.")
    if office.place.weak("account-admin"):
        changes |= {name: bool(value) if name == "admin" else value[:60] for name, value in request.POST.items() if name in {"admin", "team"}}
    vars(person).update(changes)
    return go("/account")


def change_password(request):
    person, address = viewer(request), request.META["REMOTE_ADDR"]
    current, new = field(request, "current", 128), field(request, "new", 128)
    if wait := office.attempts.pause(f"change {person.username}", address):
        raise RefusedError(429, "There were too many attempts.", Retry_After=str(wait))
    if not common.matches(current, person.hash):
        office.attempts.note(f"change {person.username}", address)
        raise RefusedError(403, "The current password is wrong.")
    if reason := common.poor(new):
        raise RefusedError(422, f"Not taken: {reason}.")
    person.hash = common.hashed(new)
    office.forget(person)
    request.session.cycle_key()
    begin(request, person)
    return go("/account")


def work_info(request, number):
    person = viewer(request)
    if person.id != number and not person.admin and not office.place.weak("work-info-read"):
        raise RefusedError(404, "There is no such employee.")
    return page(request, "work", "Work", person=office.numbered(number))


def time_off(request):
    person = viewer(request)
    return page(request, "time_off", "Time off", entries=[entry for entry in office.time_off if entry["owner"] == person.username][-100:])


def request_time_off(request):
    person = viewer(request)
    try:
        start, days = datetime.date.fromisoformat(field(request, "start", 10)), int(field(request, "days", 3))
    except ValueError:
        raise RefusedError(422, "The field start or days is not valid.") from None
    if not 1 <= days <= 30:
        raise RefusedError(422, "The field days is not valid.")
    office.room(office.time_off)
    office.time_off.append({"owner": person.username, "start": start.isoformat(), "days": days, "reason": field(request, "reason", 200)})
    return go("/time-off")


def export_time_off(request):
    person = viewer(request)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["owner", "start", "days", "reason"])
    for entry in office.time_off[-500:]:
        if entry["owner"] == person.username or person.admin:
            reason = entry["reason"]
            if not office.place.weak("export-formula") and reason.lstrip()[:1] in set("=+-@\t\r＝＋－＠"):  # noqa: RUF001 - wide signs count too
                reason = "'" + reason
            table.writerow([entry["owner"], entry["start"], entry["days"], reason])
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="time-off.csv"'
    return answer


def messages(request):
    name = viewer(request).username
    return page(request, "messages", "Messages", entries=[entry for entry in office.messages.values() if name in {entry["sender"], entry["recipient"]}][-100:])


def send_message(request):
    person, recipient = viewer(request), field(request, "recipient", 60)
    if recipient not in office.people:
        raise RefusedError(422, "The field recipient is not valid.")
    entry = office.send(person.username, recipient, field(request, "subject", 80), field(request, "body", 2000, lines=True))
    return go(f"/messages/{entry['id']}")


def message(request, number):
    name, entry = viewer(request).username, office.messages.get(str(number))
    if entry is None or name not in {entry["sender"], entry["recipient"]}:
        raise RefusedError(404, "There is no such message.")
    weak = office.place.weak("message-markup")
    answer = page(request, "message", entry["subject"], entry=entry, plain=weak)
    if weak:
        answer["Content-Security-Policy"] = SCRIPTS
    return answer


def directory(request):
    viewer(request)
    sort = request.GET.get("sort", "name")[:300]
    if not office.place.weak("directory-order") and sort not in {"name", "team", "phone"}:
        raise RefusedError(422, "The table cannot be sorted so.")
    try:
        with office.lock:
            rows = office.database.execute(f"SELECT name, team, phone FROM people ORDER BY {sort} LIMIT 100").fetchall()
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        raise RefusedError(422, "The table cannot be sorted so.") from None
    return page(request, "directory", "Directory", rows=rows)


def documents(request):
    person = viewer(request)
    return page(request, "documents", "Documents", entries=[entry for entry in office.documents.values() if entry["owner"] == person.username or person.admin][-100:])


def hand_in(request):
    person, title, file = viewer(request), field(request, "title", 80), request.FILES.get("file")
    if file is None:
        raise RefusedError(422, "The field file is not valid.")
    content, media = file.read(), file.content_type
    if not office.place.weak("upload-page"):
        beginning, media = KINDS.get(Path(file.name).suffix.lower(), (None, ""))
        if beginning is None or not content.startswith(beginning):
            raise RefusedError(422, "A document is a PDF, a PNG or a text.")
    entry = office.keep(person.username, title, file.name[:80], content, media[:80])
    return go(f"/documents/{entry['id']}")


def document(request, number):
    person, entry = viewer(request), office.documents.get(str(number))
    if entry is None or (entry["owner"] != person.username and not person.admin):
        raise RefusedError(404, "There is no such document.")
    weak = office.place.weak("upload-page")
    answer = HttpResponse(entry["content"], content_type=entry["media"])
    answer["Content-Disposition"] = content_disposition_header(not weak, entry["name"]) or "inline"
    if weak:
        answer["Content-Security-Policy"] = SCRIPTS
    return answer


def plans(request):
    return page(request, "plans", "Plans", person=viewer(request), plans=PLANS.items())


def join(request):
    person, plan = viewer(request), field(request, "plan", 20)
    if plan not in PLANS:
        raise RefusedError(422, "The field plan is not valid.")
    person.plans.add(plan)
    return go("/plans")


def employees(request):
    administrator(request)
    return page(request, "employees", "Employees", people=office.people.values())


def change_role(request, number):
    person = viewer(request)
    if not person.admin and not office.place.weak("role-open"):
        raise RefusedError(403, "This is for administrators.")
    role, found = field(request, "role", 20), office.numbered(number)
    if role not in {"employee", "admin"}:
        raise RefusedError(422, "The field role is not valid.")
    if found.username == "olga":
        raise RefusedError(409, "The first administrator stays.")
    found.admin = role == "admin"
    return go("/home")


def forged(request, reason=""):
    return page(request, "base", "This cannot be done", 403, text="This form is not of this session.")


def handler400(request, exception=None):
    return HttpResponse("<!doctype html>\n<title>Perks</title><p>This request is not valid.</p>", status=400)


def handler404(request, exception=None):
    return HttpResponse("<!doctype html>\n<title>Perks</title><p>There is no such page.</p>", status=404)


def handler500(request):
    return HttpResponse("<!doctype html>\n<title>Perks</title><p>This went wrong.</p>", status=500)


def routes(place):
    time_off_view = for_methods(GET=time_off, POST=request_time_off)
    return [
        path("", for_methods(GET=landing)),
        path("version", for_methods(GET=version)),
        path("login", csrf_exempt(for_methods(GET=show_login, POST=login))),
        path("logout", for_methods(POST=logout)),
        path("home", for_methods(GET=home)),
        path("account", for_methods(GET=account, POST=change_account)),
        path("account/password", for_methods(POST=change_password)),
        path("employees/<int:number>/work-info", for_methods(GET=work_info)),
        path("time-off", csrf_exempt(time_off_view) if place.weak("time-off-forged") else time_off_view),
        path("time-off/export.csv", for_methods(GET=export_time_off)),
        path("messages", for_methods(GET=messages, POST=send_message)),
        path("messages/<uuid:number>", for_methods(GET=message)),
        path("directory", for_methods(GET=directory)),
        path("documents", for_methods(GET=documents, POST=hand_in)),
        path("documents/<uuid:number>", for_methods(GET=document)),
        path("plans", for_methods(GET=plans, POST=join)),
        path("admin/employees", for_methods(GET=employees)),
        path("admin/employees/<int:number>/role", for_methods(POST=change_role)),
    ]


def warm_up():
    """Requests that touch what is imported late."""
    account = common.ACCOUNTS["carol"]
    form = {"data": {"username": "carol", "password": account["password"]}}
    return [
        ("GET", "/", {}), ("GET", "/version", {}), ("GET", "/login", {}), ("POST", "/login", form), ("GET", "/home", {}), ("GET", "/nowhere", {}),
        ("POST", "/time-off", {"data": {"days": "1"}}), ("POST", "/documents", {"data": {"title": "a"}, "files": {"file": ("a.txt", b"a", "text/plain")}}),
        ("POST", "/login", {"content": json.dumps({}), "headers": {"Content-Type": "application/json"}}), ("GET", "/", {"headers": {"Host": "elsewhere.example"}}),
    ]  # fmt: skip


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    place = common.premises(WEAKNESSES)
    settings.configure(
        DEBUG=False, SECRET_KEY=secrets.token_hex(32), ALLOWED_HOSTS=["127.0.0.1", "localhost"], ROOT_URLCONF="__main__", USE_I18N=False, LOGGING_CONFIG=None, APPEND_SLASH=False,
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "__main__.remembering", "django.middleware.csrf.CsrfViewMiddleware", "__main__.refusing"],
        SESSION_ENGINE="django.contrib.sessions.backends.cache", SESSION_COOKIE_NAME="perks_session", SESSION_COOKIE_AGE=LIFETIME, SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="None" if place.weak("time-off-forged") else "Lax",
        CSRF_USE_SESSIONS=True, CSRF_FAILURE_VIEW="__main__.forged",
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20000}}},
    )  # fmt: skip
    django.setup(set_prefix=False)
    office = Office(place)
    urlpatterns = routes(place)
    common.serve_asgi(common.Guard(get_asgi_application(), common.SECURITY_HEADERS), place, warm_up())

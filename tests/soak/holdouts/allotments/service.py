"""The site of an allotment society: Django, pages and forms, sessions in cookies, tokens against forged requests."""

import html
import os
import re
import secrets
import sys
import threading
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, re_path

sys.path.insert(0, str(Path(__file__).parents[1]))
import common

WEAKNESSES = [
    "search-quote", "board-script", "missing-script", "next-anywhere", "forms-unchecked", "logout-kept", "cookie-bare", "account-framed",
    "plot-change", "forgotten-texts", "account-cached", "static-listed", "errors-debug",
]  # fmt: skip
PLACE = common.premises(WEAKNESSES)
SCRIPTS = any(PLACE.weak(weakness) for weakness in ("search-quote", "board-script", "missing-script"))
FRAMES = {"X-Frame-Options", "Content-Security-Policy"}
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
if SCRIPTS:
    POLICY = "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
attempts = common.Attempts()
lock = threading.Lock()
members, plots, notices = {}, {}, []
RULES = "No bonfires before dusk.\nWater the shared beds on Sundays.\n"
BACKUP = "username;email;phone;hash\nann;ann@north.example;0113 496 0101;{hash}\nben;ben@south.example;0113 496 0102;{hash}\n"

settings.configure(
    DEBUG=PLACE.weak("errors-debug"),
    SECRET_KEY=secrets.token_urlsafe(40),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        f"{__name__}.headers",
        "django.contrib.sessions.middleware.SessionMiddleware",
        *(() if PLACE.weak("forms-unchecked") else ("django.middleware.csrf.CsrfViewMiddleware",)),
    ],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}},
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    SESSION_COOKIE_AGE=3600,
    SESSION_COOKIE_HTTPONLY=not PLACE.weak("cookie-bare"),
    SESSION_COOKIE_SAMESITE=False if PLACE.weak("cookie-bare") or PLACE.weak("forms-unchecked") else "Lax",
    CSRF_USE_SESSIONS=True,
    CSRF_FAILURE_VIEW=f"{__name__}.forged",
    LOGGING_CONFIG=None,
    USE_TZ=True,
)


def prepare():
    for number, (name, entry) in enumerate(common.ACCOUNTS.items(), 1):
        members[name] = {"name": name, "email": entry["email"], "role": entry["role"], "phone": f"0113 496 010{number}", "hash": common.hashed(entry["password"])}
    for number in range(1, 13):
        holder = list(members)[(number - 1) % 5] if (number - 1) % 5 < len(members) else None
        plots[number] = {"number": number, "metres": 40 + 5 * (number % 4), "holder": holder, "gate": f"{secrets.randbelow(9000) + 1000}", "crop": "beans" if holder else ""}
    for author, text in (("ann", "Seed swap on Saturday"), ("ben", "Who has a spare wheelbarrow?")):
        notices.append({"author": author, "text": text})
    folder = PLACE.folder / "static"
    folder.mkdir(exist_ok=True)
    (folder / "rules.txt").write_text(RULES)
    (folder / "site.css").write_text("body {font-family: serif}\n")
    if PLACE.weak("static-listed"):
        (folder / "members.csv.bak").write_text(BACKUP.format(hash=common.hashed("harvest-Moon-77")))


class Headers:
    """The headers of pages; private pages are kept by nobody."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        answer = self.get_response(request)
        if not (PLACE.weak("account-framed") and request.path == "/account"):
            answer.headers.setdefault("X-Frame-Options", "DENY")
            answer.headers.setdefault("Content-Security-Policy", POLICY)
        return answer


headers = Headers


def member_of(request):
    return members.get(request.session.get("member"))


def page(title, body, status=200, **more):
    text = f"<!doctype html><html lang=en><head><title>{html.escape(title)}</title><link rel=stylesheet href=/static/site.css></head><body><h1>{html.escape(title)}</h1>{body}</body></html>"
    return HttpResponse(text, status=status, **more)


def forged(request, reason=""):
    return page("Form out of date", "<p>Please load the page again.</p>", 403)


def field(request):
    from django.middleware.csrf import get_token

    return f'<input type=hidden name=csrfmiddlewaretoken value="{get_token(request)}">'


def away(target):
    return HttpResponseRedirect(target, status=303)


def login_page(request, text="", status=200):
    following = html.escape(request.GET.get("next", "")[:200])
    return page("Sign in", f'<p>{text}</p><form method=post><input name=username><input name=password type=password><input type=hidden name=next value="{following}"><button>Sign in</button></form>', status)


def needs_member(view):
    def inner(request, *arguments, **named):
        member = member_of(request)
        if member is None:
            return away("/login")
        return view(request, member, *arguments, **named)

    return inner


def by(**views):
    """The view of each method."""

    def inner(request, *arguments, **named):
        view = views.get("GET" if request.method == "HEAD" else request.method)
        if view is None:
            answer = page("Not like this", "<p>This page is used in another way.</p>", 405)
            answer["Allow"] = ", ".join(views)
            return answer
        return view(request, *arguments, **named)

    return inner


def given(request, name, longest):
    """A field of a form, or nothing if it is not valid."""
    text = request.POST.get(name, "").strip()
    return text if 1 <= len(text) <= longest and "\0" not in text else ""


def home(request):
    return page("Elm Lane Allotments", '<ul><li><a href="/board">Notices</a><li><a href="/plots">Plots</a><li><a href="/search?q=seed">Search</a><li><a href="/account">Account</a><li><a href="/static/rules.txt">Rules</a></ul>')


def board(request):
    entries = notices[:2] + notices[2:][-40:]
    lines = "".join(f"<li>{entry['text'] if PLACE.weak('board-script') else html.escape(entry['text'])} <i>{html.escape(entry['author'])}</i>" for entry in entries)
    form = f"<form method=post>{field(request)}<textarea name=text></textarea><button>Post</button></form>" if member_of(request) else ""
    return page("Notices", f"<ul>{lines}</ul>{form}")


def post_notice(request, member):
    text = given(request, "text", 500)
    if not text:
        return page("Notice", "<p>A notice has 1 to 500 characters.</p>", 422)
    with lock:
        notices.append({"author": member["name"], "text": text})
        del notices[2:-400]
    return away("/board")


def search(request):
    words = request.GET.get("q", "")[:100]
    found = [entry for entry in notices if words and words.lower() in entry["text"].lower()][:20]
    safe = html.escape(words)
    value = words.replace("<", "&lt;").replace(">", "&gt;") if PLACE.weak("search-quote") else safe
    lines = "".join(f"<li>{html.escape(entry['text'])}" for entry in found) or f"<li>No notice has {safe}."
    return page("Search", f'<form><input name=q value="{value}"></form><ul>{lines}</ul>')


def link(plot):
    return f"<a href=/plots/{plot['number']}>{plot['number']}</a>"


def plot_list(request):
    """Numbers and sizes are meant for everybody."""
    member = member_of(request)
    rows = "".join(
        f"<tr><td>{link(plot) if member and plot['holder'] == member['name'] else plot['number']}<td>{plot['metres']} m2<td>{'taken' if plot['holder'] else 'free'}"
        for plot in plots.values()
    )
    return page("Plots", f"<table>{rows}</table>")


def own_plot(member, number, weakness=""):
    plot = plots.get(int(number) if PLACE.weak("errors-debug") else int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 0)
    if plot is None or (plot["holder"] != member["name"] and member["role"] != "admin" and not (weakness and PLACE.weak(weakness))):
        return None
    return plot


def plot(request, member, number):
    entry = own_plot(member, number)
    if entry is None:
        return missing(request)
    return page(f"Plot {entry['number']}", f'<p>Gate code {entry["gate"]}, {entry["metres"]} m2</p><form method=post>{field(request)}<input name=crop value="{html.escape(entry["crop"])}"><button>Save</button></form>')


def change_plot(request, member, number):
    entry = own_plot(member, number, "plot-change")
    crop = given(request, "crop", 60)
    if entry is None:
        return missing(request)
    if not crop:
        return page("Crop", "<p>A crop has 1 to 60 characters.</p>", 422)
    entry["crop"] = crop
    return away(f"/plots/{entry['number']}")


def inside(target):
    return re.fullmatch(r"/(?![/\\])[A-Za-z0-9/_?=&.-]*", target) is not None


def login(request):
    name, password = request.POST.get("username", "")[:60], request.POST.get("password", "")[:128]
    address = request.META["REMOTE_ADDR"]
    if pause := attempts.pause(name, address):
        answer = login_page(request, "Too many attempts, wrong for now.", 429)
        answer["Retry-After"] = str(pause)
        return answer
    member = members.get(name)
    if not common.matches(password, member and member["hash"]):
        attempts.note(name, address)
        return login_page(request, "Name or password is wrong.", 401)
    attempts.forget(name)
    request.session.flush()
    request.session["member"] = name
    target = request.POST.get("next", "") or request.GET.get("next", "")
    return away(target if target and (PLACE.weak("next-anywhere") or inside(target)) else "/account")


def logout(request):
    answer = away("/")
    if not PLACE.weak("logout-kept"):
        request.session.flush()
    answer.delete_cookie("sessionid")
    return answer


def account(request, member):
    body = (
        f"<p>{html.escape(member['name'])}, {html.escape(member['email'])}</p>"
        f'<form method=post action=/account>{field(request)}<input name=phone value="{html.escape(member["phone"])}"><button>Save</button></form>'
        f"<form method=post action=/password>{field(request)}<input name=old type=password><input name=new type=password><button>Change</button></form>"
        f"<form method=post action=/logout>{field(request)}<button>Sign out</button></form>"
    )
    answer = page("Account", body)
    if PLACE.weak("account-cached"):
        answer["Cache-Control"] = "public, max-age=600"
    return answer


def change_account(request, member):
    phone = given(request, "phone", 25)
    if not re.fullmatch(r"[0-9 +()-]{5,25}", phone):
        return page("Phone", "<p>A phone number has digits.</p>", 422)
    member["phone"] = phone
    return away("/account")


def change_password(request, member):
    if not common.matches(request.POST.get("old", "")[:128], member["hash"]):
        return page("Password", "<p>The old password is not right.</p>", 403)
    if reason := common.poor(request.POST.get("new", "")):
        return page("Password", f"<p>{reason}</p>", 422)
    member["hash"] = common.hashed(request.POST["new"])
    name = member["name"]
    request.session.flush()
    request.session["member"] = name
    return away("/account")


def forgotten_page(request):
    return page("Forgotten password", f"<form method=post>{field(request)}<input name=email><button>Send</button></form>")


def forgotten(request):
    email = given(request, "email", 120)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        return page("Forgotten password", "<p>This is no address.</p>", 422)
    if PLACE.weak("forgotten-texts") and not any(member["email"] == email for member in members.values()):
        return page("Forgotten password", "<p>No member has this address.</p>", 404)
    return page("Forgotten password", "<p>If a member has this address, a letter is on its way.</p>")


def waiting(request, member):
    if member["role"] != "admin":
        return page("Office", "<p>This is for the office.</p>", 403)
    return page("Waiting list", "<ol><li>H. Moss, 0113 496 0155<li>J. Thorn, 0113 496 0156</ol>")


def static(request, name):
    if not name and PLACE.weak("static-listed"):
        lines = "".join(f'<li><a href="{entry.name}">{entry.name}</a>' for entry in sorted((PLACE.folder / "static").iterdir()))
        return page("Index of /static/", f'<ul><li><a href="../">Parent Directory</a>{lines}</ul>')
    file = PLACE.folder / "static" / name
    if not re.fullmatch(r"[a-z]+(\.[a-z]+){1,2}", name) or not file.is_file():
        return missing(request)
    return HttpResponse(file.read_bytes(), content_type="text/css" if name.endswith(".css") else "text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})


def version(request):
    return JsonResponse({"service": "allotments", "instance": PLACE.instance})


def missing(request, *_):
    from urllib.parse import unquote

    missed = unquote(request.path)[:200]
    return page("Not found", f"<p>There is no page {missed if PLACE.weak('missing-script') else html.escape(missed)}.</p>", 404)


def broken(request):
    return page("Out of order", "<p>Something went wrong.</p>", 500)


def bad(request, error):
    return page("Not understood", "<p>This request is not understood.</p>", 400)


handler400, handler500, handler404 = bad, broken, missing
login_view = by(GET=login_page, POST=login)
login_view.csrf_exempt = True
urlpatterns = [
    path("", by(GET=home)),
    path("version", by(GET=version)),
    path("board", by(GET=board, POST=needs_member(post_notice))),
    path("search", by(GET=search)),
    path("plots", by(GET=plot_list)),
    path("plots/<str:number>", by(GET=needs_member(plot), POST=needs_member(change_plot))),
    path("login", login_view),
    path("logout", by(POST=logout)),
    path("account", by(GET=needs_member(account), POST=needs_member(change_account))),
    path("password", by(POST=needs_member(change_password))),
    path("forgotten", by(GET=forgotten_page, POST=forgotten)),
    path("office/waiting", by(GET=needs_member(waiting))),
    re_path(r"^static/(.*)$", by(GET=static)),
    re_path(r"^.*$", missing),
]

if __name__ == "__main__":
    sys.modules["allotments_service"] = sys.modules[__name__]
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup(set_prefix=False)
    prepare()
    from django.core.asgi import get_asgi_application

    kept = {name: value for name, value in common.SECURITY_HEADERS.items() if name not in FRAMES}
    person = {"username": "nobody", "password": "x"}
    before = [("GET", "/account", {}), ("GET", "/nowhere", {}), ("GET", "/forgotten", {}), ("POST", "/login", {"data": person}), ("POST", "/board", {"data": person}), ("GET", "/search?q=seed", {}), ("GET", "/static/rules.txt", {}), ("GET", "/version", {})]
    common.serve_asgi(common.Guard(get_asgi_application(), kept), PLACE, before)

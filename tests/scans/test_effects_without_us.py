"""What changes without the scan, what anybody may do, and what only the sender sees: none of it is the effect of an attack."""

import itertools
import sqlite3
import time
from types import SimpleNamespace

import pytest
import services
from test_forms import LOGIN, PASSWORD, scanned, site, TOKEN

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.proof import comparison, oracles
from SecurityLibrary.values.randomness import ScanRandom

NEWEST = 50
LASTS = 0.05  # seconds until a job is done


def shop(*, weak):
    """Jobs that get done by themselves, of which the newest are listed; where it is weak, the titles of others are looked up by SQL."""
    jobs, numbers = [], itertools.count(1)
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript("CREATE TABLE titles(title TEXT); INSERT INTO titles VALUES ('poster'), ('card')")

    def add(title):
        number = next(numbers)
        jobs.append({"id": number, "title": title, "cost": number * 7 % 3, "looks": 0})
        return jobs[-1]

    for number in range(NEWEST + 10):
        add(f"poster {number}")

    async def make(request):
        body = await request.json()
        if not isinstance(body, dict) or not isinstance(body.get("title"), str):
            return services.JSONResponse({"error": "not valid"}, 422)
        return services.JSONResponse({"id": add(body["title"])["id"]}, 202)

    def listing(_):
        rows = []
        for job in reversed(jobs[-NEWEST:]):
            job["looks"] += 1
            state = "queued" if job["looks"] < 3 + job["id"] % 4 else "done"
            rows.append({"id": job["id"], "title": job["title"], "state": state, "cost": job["cost"]})
        return services.JSONResponse({"jobs": rows})

    def alike(_):
        statement, values = "SELECT rowid, title FROM titles WHERE title = ?", (jobs[-1]["title"],)
        if weak:
            statement, values = f"SELECT rowid, title FROM titles WHERE title = '{jobs[-1]['title']}'", ()
        try:
            rows = database.execute(statement, values).fetchall()
        except sqlite3.Error:
            rows = []
        return services.JSONResponse({"alike": [{"id": number, "title": title} for number, title in rows]})

    return services.app(("POST", "/jobs", make), ("GET", "/jobs", listing), ("GET", "/jobs/alike", alike))


@pytest.mark.parametrize(("weak", "locations"), [(True, [("GET /jobs/alike", "POST /jobs body title")]), (False, [])])
def test_jobs_that_get_done_are_no_effect_of_what_is_stored(weak, locations):
    rows = [{"operation": "POST /jobs", "body": {"title": "poster"}}, "GET /jobs", "GET /jobs/alike"]
    with services.serving(shop(weak=weak)) as url:
        scan = services.scanned(services.target(url, rows), "stored-sql-injection", allow_changes=True, seed=3)
    assert [finding.locations for finding in scan.findings] == locations, scan.coverage["stored-sql-injection"]
    assert scan.coverage["stored-sql-injection"].tried == {"POST /jobs body title"}


def answering(body):
    return SimpleNamespace(status=200, body=body, media="", location="", text="")


@pytest.mark.parametrize("seed", range(10))
def test_no_item_of_a_list_that_moves_follows_a_condition(seed):
    scan, moved = SimpleNamespace(random=ScanRandom(seed)), itertools.count()
    costs = [number * 13 % 2 for number in range(200)]

    def ask(*, condition):
        start = next(moved)
        return answering([{"id": number, "cost": costs[number]} for number in range(start, start + NEWEST)])

    assert oracles.in_rounds(scan, ask, [], set(), comparison.of_items) is None


@pytest.mark.parametrize("seed", range(10))
def test_values_that_are_tossed_follow_no_condition(seed):
    scan, tossed = SimpleNamespace(random=ScanRandom(seed)), ScanRandom(1000 + seed)

    def ask(*, condition):
        return answering({"tossed": [tossed.randrange(2) for _ in range(20)], "follows": condition})

    assert oracles.in_rounds(scan, ask, [], set())[0] == ["/follows"]


@pytest.mark.parametrize("seed", range(1))
def test_thousands_of_lines_that_are_tossed_follow_no_condition(seed):
    scan, tossed = SimpleNamespace(random=ScanRandom(seed)), ScanRandom(2000 + seed)

    def ask(*, condition):
        return answering({"tossed": [tossed.randrange(2) for _ in range(4000)], "follows": condition})

    assert oracles.in_rounds(scan, ask, [], set())[0] == ["/follows"]


# Requests that are made in nobody's name


def visited(*, tokens):
    """The site, with a registration and a form for messages, for which nobody signs in."""
    application = site("unchecked", tokens=tokens)
    members = []

    async def join(request):
        form = await request.form()
        members.append(str(form.get("username")))
        return services.HTMLResponse("<p>Welcome. Please sign in.</p>", 201)

    async def contact(_):
        return services.HTMLResponse("<p>We answer soon.</p>")

    application.routes.extend(services.app(("POST", "/join", join), ("POST", "/contact", contact)).routes)
    return application


def test_what_anybody_may_ask_for_is_not_forged(monkeypatch):
    rows = [
        "GET /profile",
        {"operation": "POST /profile", "form": {"name": "Ann"}},
        {"operation": "POST /join", "form": {"username": "dora", "password": PASSWORD}, "public": True},
        {"operation": "POST /contact", "form": {"text": "hello"}, "public": True},
    ]
    scan = scanned(monkeypatch, "csrf", visited(tokens=True), rows, LOGIN | {"csrf": TOKEN})
    found = {location: finding.severity for finding in scan.findings for location in finding.locations}
    assert found == {"POST /profile": Severity.MEDIUM, "POST /join": Severity.INFO, "POST /contact": Severity.INFO}, (
        scan.coverage["csrf"]
    )


# What a refusal repeats to its sender


def signing_in(repeats):
    """A sign-in that repeats a password: one of a wrong ``type``, one that is not ``valid``, or ``always``."""

    async def login(request):
        body = await request.json()
        password = body.get("password") if isinstance(body, dict) else None
        if not isinstance(password, str):
            known = f": {password!r}" if repeats in ("type", "always") else ""
            return services.JSONResponse({"data": None, "errors": [{"message": f"String cannot represent a value{known}"}]})
        if repeats == "valid":
            return services.JSONResponse({"error": f"{password} is not valid"}, 422)
        return services.JSONResponse({"error": f"no {password}" if repeats == "always" else "refused"}, 401)

    return services.app(("POST", "/login", login))


@pytest.mark.parametrize(
    ("repeats", "severities"),
    [("type", [Severity.LOW]), ("valid", [Severity.LOW]), ("always", [Severity.MEDIUM]), ("never", [])],
)
def test_what_is_not_valid_is_repeated_to_its_sender_alone(repeats, severities):
    rows = [{"operation": "POST /login", "body": {"query": "{a}", "username": "x", "password": "y"}, "public": True}]
    with services.serving(signing_in(repeats)) as url:
        shop = services.target(url, rows, sign_in={"operation": "POST /login"})
        scan = services.scanned(shop, "echoed-secrets", allow_changes=True, seed=4)
    assert [finding.severity for finding in scan.findings] == severities
    assert scan.coverage["echoed-secrets"].tried == {"POST /login"}


# Changes to objects of others


def queue(*, weak):
    """Jobs that are queued when they are made, and done when they are read; ``weak`` lets others hold them."""
    jobs, numbers = {}, itertools.count(1)

    def make(request):
        number = next(numbers)
        jobs[number] = {"id": number, "owner": services.who(request), "state": "queued", "made": time.monotonic()}
        return services.JSONResponse({"id": number}, 201)

    def own(request):
        job = jobs.get(int(request.path_params["job_id"]))
        return job if job and job["owner"] == services.who(request) else None

    def read(request):
        if (job := own(request)) is None:
            return services.JSONResponse({"error": "there is no such job"}, 404)
        if job["state"] == "queued" and time.monotonic() > job["made"] + LASTS:
            job["state"] = "done"
        return services.JSONResponse({"id": job["id"], "state": job["state"]})

    def hold(request):
        job = own(request) or (jobs.get(int(request.path_params["job_id"])) if weak else None)
        if services.who(request) is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        time.sleep(2 * LASTS)  # what takes longer than a job
        if job is not None:
            job["state"] = "held"
        return services.JSONResponse({"accepted": True})

    return services.app(("POST", "/jobs", make), ("GET", "/jobs/{job_id:int}", read), ("POST", "/jobs/{job_id:int}/hold", hold))


@pytest.mark.parametrize(("weak", "locations"), [(True, [("POST /jobs/{job_id}/hold",)]), (False, [])])
def test_a_job_that_gets_done_was_not_changed_by_another(monkeypatch, weak, locations):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    rows = ["POST /jobs", "GET /jobs/{job_id}", "POST /jobs/{job_id}/hold"]
    with services.serving(queue(weak=weak)) as url:
        shop = services.target(url, rows, services.by_token("alice", "bob"))
        scan = services.scanned(shop, "object-level", allow_changes=True, seed=3)
    assert [finding.locations for finding in scan.findings] == locations, scan.coverage["object-level"]
    assert "POST /jobs/{job_id}/hold" in scan.coverage["object-level"].tried

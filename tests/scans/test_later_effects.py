"""What shows when a job is done: results are waited for, expressions and calls that come later are found."""

import itertools
import re
import threading

import pytest
import services

from SecurityLibrary.sending import sender

SOURCE = "https://files.example/fair.pdf"
ROWS = [
    {"operation": "POST /jobs", "body": {"title": "Fair", "source": {"url": SOURCE}}},
    "GET /jobs/{id}",
    "GET /jobs/{id}/result",
    "POST /jobs/{id}/cancel",
]
LATER = 0.03  # seconds until a job is done


class Desk:
    """Takes jobs and does them later; ``wrong`` names what is wrong, ``state`` what the result says until then."""

    def __init__(self, *wrong, refusing=409):
        self.wrong, self.refusing, self.jobs, self.numbers = wrong, refusing, {}, itertools.count(1)
        self.app = services.app(
            ("POST", "/jobs", self.take),
            ("GET", "/jobs/{id}", self.show),
            ("GET", "/jobs/{id}/result", self.result),
            ("POST", "/jobs/{id}/cancel", self.cancel),
        )

    async def take(self, request):
        try:
            body = await request.json()
        except ValueError:
            body = None
        title = body.get("title") if isinstance(body, dict) else None
        source = body.get("source") if isinstance(body, dict) else None
        url = source.get("url") if isinstance(source, dict) else None
        if not isinstance(title, str) or not isinstance(url, str):
            return services.JSONResponse({"error": "not valid"}, 422)
        job = {"id": f"j{next(self.numbers)}", "title": title, "url": url, "state": "queued"}
        self.jobs[job["id"]] = job
        timer = threading.Timer(LATER, self.done, (job,))
        timer.daemon = True
        timer.start()
        return services.JSONResponse({"id": job["id"], "state": "queued"}, 202)

    def done(self, job):
        if job["state"] != "queued":
            return
        if "fetch" in self.wrong and job["url"].startswith("http://127.0.0.1:"):
            services._call(job["url"])
        job["sheet"] = job["title"]
        if "template" in self.wrong:
            job["sheet"] = re.sub(r"\{\{(\d+)\*(\d+)\}\}", lambda found: str(int(found[1]) * int(found[2])), job["title"])
        job["state"] = "done"

    def job(self, request):
        return self.jobs.get(request.path_params["id"])

    def show(self, request):
        job = self.job(request)
        return services.JSONResponse({"id": job["id"], "state": job["state"]} if job else {}, 200 if job else 404)

    def result(self, request):
        job = self.job(request)
        if job is None:
            return services.JSONResponse({}, 404)
        if job["state"] == "queued" and self.refusing:
            return services.JSONResponse({"error": "not yet"}, self.refusing)
        return services.JSONResponse({"state": job["state"], "sheet": job.get("sheet", "")})

    def cancel(self, request):
        job = self.job(request)
        if job:
            job["state"] = "cancelled"
        return services.JSONResponse({"ok": bool(job)}, 200 if job else 404)


def scanned(desk, *names):
    with services.serving(desk.app) as url:
        return services.scanned(services.target(url, ROWS), *names, allow_changes=True, seed=5)


@pytest.mark.parametrize(
    ("refusing", "wrong", "found"),
    [(409, "template", ["POST /jobs body title"]), (0, "template", ["POST /jobs body title"]), (425, "", [])],
)
def test_what_is_computed_when_a_job_is_done(refusing, wrong, found):
    scan = scanned(Desk(wrong, refusing=refusing), "template-injection")
    assert [finding.location.partition(" and ")[0] for finding in scan.findings] == found, scan.coverage["template-injection"]
    assert "POST /jobs body title" in scan.coverage["template-injection"].tried


@pytest.mark.parametrize(("wrong", "found"), [("fetch", ["POST /jobs body source.url"]), ("", [])])
def test_an_address_that_is_called_later(wrong, found):
    scan = scanned(Desk(wrong), "ssrf")
    assert [finding.locations[0] for finding in scan.findings] == found
    assert "POST /jobs body source.url" in scan.coverage["ssrf"].tried


def test_a_result_that_is_not_there_yet_is_asked_for_again():
    scan = scanned(Desk(), "banner")
    assert "GET /jobs/{id}/result" in scan.coverage["banner"].tried, scan.coverage["banner"].skipped


def test_a_result_that_never_comes_is_left_open(monkeypatch):
    monkeypatch.setattr(sender, "READY_WITHIN", 0.1)
    desk = Desk()
    desk.done = lambda job: None
    scan = scanned(desk, "server-error")
    assert scan.coverage["server-error"].open["GET /jobs/{id}/result"] == "the control request was answered 409"


class Placeholders(Desk):
    """Jobs fail whose source is not on this machine, as that of an example; those that were there before have none."""

    def __init__(self, *wrong):
        super().__init__(*wrong)
        for owner in services.SECRETS:
            job = {"id": f"old{owner}", "title": f"Poster of {owner}", "url": "", "state": "done", "owner": owner}
            self.jobs[job["id"]] = job | {"sheet": f"door code of {owner}"}
        self.app = services.app(
            ("POST", "/jobs", self.take),
            ("GET", "/jobs", self.all),
            ("GET", "/jobs/{id}", self.show),
            ("GET", "/jobs/{id}/result", self.result),
        )

    async def take(self, request):
        try:
            body = await request.json()
        except ValueError:
            body = None
        who = services.who(request)
        if who is None or not isinstance(body, dict) or not isinstance(body.get("title"), str):
            return services.JSONResponse({"error": "not valid"}, 422 if who else 401)
        job = {"id": f"j{next(self.numbers)}", "title": body["title"], "url": body.get("source"), "state": "queued", "owner": who}
        self.jobs[job["id"]] = job
        if job["url"]:
            job["state"] = "failed"
        else:
            job["url"] = ""
            self.done(job)
        return services.JSONResponse({"id": job["id"], "state": "queued"}, 202)

    def all(self, request):
        own = [job for job in self.jobs.values() if job["owner"] == services.who(request)]
        return services.JSONResponse({"jobs": [{"id": job["id"], "state": job["state"]} for job in reversed(own)]})

    def job(self, request):
        job, who = super().job(request), services.who(request)
        result = request.url.path.endswith("/result")
        return job if job and (job["owner"] == who or ("result" in self.wrong and result and who)) else None

    def result(self, request):
        job = self.job(request)
        if job is not None and job["state"] != "done":
            return services.JSONResponse({"error": "not done"}, 409)
        return super().result(request)


@pytest.mark.parametrize(
    ("wrong", "probe", "place"),
    [
        ("result", "object-level", "GET /jobs/{id}/result"),
        ("", "object-level", "GET /jobs/{id}/result"),
        ("template", "template-injection", "POST /jobs body title"),
        ("", "template-injection", "POST /jobs body title"),
    ],
)
def test_placeholders_that_make_a_job_fail(monkeypatch, wrong, probe, place):
    monkeypatch.setattr(sender, "READY_WITHIN", 0.1)
    monkeypatch.setattr(sender, "SHORTER", 0.05)
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    title = {"type": "string", "example": "Fair"}
    source = {"type": "string", "example": SOURCE}
    schema = {"type": "object", "required": ["title"], "properties": {"title": title, "source": source}}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/jobs": {
            "get": {"responses": {}},
            "post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}},
        },
        "/jobs/{id}": {"get": {"parameters": [number], "responses": {}}},
        "/jobs/{id}/result": {"get": {"parameters": [number], "responses": {}}},
    }
    contract = {"openapi": "3.0.3", "paths": paths}
    with services.serving(Placeholders(wrong).app) as url:
        shop = services.target(url, (), services.by_token("alice", "bob"), contract=contract)
        scan = services.scanned(shop, probe, allow_changes=True, seed=5)
    assert [finding.locations[0] for finding in scan.findings] == [place] * bool(wrong), scan.coverage[probe]
    assert place in scan.coverage[probe].tried, scan.coverage[probe]

"""Operations that end a session are attacked with sessions that are begun for it; those of the scan live on."""

import itertools
import re

import pytest
import services

from SecurityLibrary.identities import throwaway_sessions

ANN = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
LOGIN = {"operation": "POST /login", "token": "access_token"}
ROWS = [
    "GET /items",
    "GET /logout?next=/start",
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
]


class Shop:
    """``open`` leads anywhere after the log-out; ``all`` ends all sessions of an account."""

    def __init__(self, *wrong):
        self.wrong, self.sessions, self.numbers, self.ended = wrong, {}, itertools.count(1), []
        self.app = services.app(("POST", "/login", self.login), ("GET", "/items", self.items), ("GET", "/logout", self.logout))

    async def login(self, request):
        body = await request.json()
        if (body.get("username"), body.get("password")) != ("ann", "Correct-Horse-1"):
            return services.JSONResponse({"error": "wrong name or password"}, 401)
        token = f"session-{next(self.numbers)}"
        self.sessions[token] = "ann"
        return services.JSONResponse({"access_token": token})

    def token(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token if token in self.sessions else ""

    def items(self, request):
        return services.JSONResponse({"items": []}) if self.token(request) else services.JSONResponse({"error": "sign in"}, 401)

    def logout(self, request):
        token = self.token(request)
        if not token:
            return services.JSONResponse({"error": "sign in"}, 401)
        self.ended += [*self.sessions] if "all" in self.wrong else [token]
        for each in [*self.sessions] if "all" in self.wrong else [token]:
            del self.sessions[each]
        following = request.query_params.get("next", "/start")
        safe = following if re.fullmatch(r"/\w*", following) else "/start"
        return services.Response(status_code=302, headers={"location": following if "open" in self.wrong else safe})


def scanned(shop, *probes, identities=ANN):
    with services.serving(shop.app) as url:
        return services.scanned(services.target(url, ROWS, identities, LOGIN, sign_out="GET /logout"), *probes)


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")


@pytest.mark.parametrize(("wrong", "found"), [(["open"], ["GET /logout query next"]), ([], [])])
def test_a_log_out_is_attacked_and_the_scan_stays_signed_in(wrong, found):
    shop = Shop(*wrong)
    scan = scanned(shop, "open-redirect", "cors", "security-headers")
    redirects = [finding for finding in scan.findings if finding.probe == "open-redirect"]
    assert [location for finding in redirects for location in finding.locations] == found
    assert "GET /logout query next" in scan.coverage["open-redirect"].tried
    assert scan.authenticator.tokens["ann"] not in shop.ended
    assert len(shop.ended) > 5


def test_a_log_out_of_all_sessions_is_left_alone_once_that_is_seen():
    shop = Shop("all")
    scan = scanned(shop, "open-redirect", "cors")
    assert scan.coverage["cors"].skipped["GET /logout"] == "it ends all sessions of an identity, also the scan's own"
    assert scan.authenticator.tokens["ann"] in shop.sessions
    assert scan.coverage["cors"].tried == {"GET /items"}


def test_who_has_one_token_only_does_not_sign_out(monkeypatch):
    monkeypatch.setenv("TOKEN_ANN", "session-0")
    shop = Shop()
    shop.sessions["session-0"] = "ann"
    scan = scanned(shop, "cors", identities={"ann": {"token_env": "TOKEN_ANN"}})
    assert scan.coverage["cors"].skipped["GET /logout"] == "it would end the scan's own session"
    assert shop.ended == []


def test_sessions_are_not_begun_without_end(monkeypatch):
    monkeypatch.setattr(throwaway_sessions, "MOST", 3)
    shop = Shop()
    scanned(shop, "cors", "open-redirect")
    assert len(shop.ended) == 3


GRAPH = [
    {
        "operation": "POST /graphql#items",
        "body": {"query": "query($first: Int) {items(first: $first)}", "variables": {"first": 5}},
    },
    {"operation": "POST /graphql#logout", "body": {"query": "mutation {logout}"}},
]


class Graph(Shop):
    """Sign-in, list and log-out are queries of one path; ``errors`` hold traces for what is no number."""

    def __init__(self, *wrong):
        super().__init__(*wrong)
        self.app = services.app(("POST", "/login", self.login), ("POST", "/graphql", self.query))

    async def query(self, request):
        token, text = self.token(request), (await request.body()).decode("utf-8", "replace")
        if not token:
            return services.JSONResponse({"error": "sign in"}, 401)
        if "logout" in text:
            self.ended.append(token)
            del self.sessions[token]
            return services.JSONResponse({"data": {"logout": True}})
        if "{__typename}" in text and "$" not in text:
            return services.JSONResponse({"data": {"__typename": "Query"}})
        trace = "Traceback (most recent call last): items" if "errors" in self.wrong and '"first": 5' not in text else "no number"
        good = '"first": 5' in text
        return services.JSONResponse({"data": {"items": []}} if good else {"errors": [trace]}, 200 if good else 400)


@pytest.mark.parametrize("wrong", [["errors"], []])
def test_queries_beside_a_log_out_go_with_the_session_of_the_scan(monkeypatch, wrong):
    monkeypatch.setattr(throwaway_sessions, "MOST", 3)
    shop = Graph(*wrong)
    with services.serving(shop.app) as url:
        target = services.target(url, GRAPH, ANN, LOGIN, sign_out="POST /graphql#logout")
        scan = services.scanned(target, "stack-trace", allow_changes=True)
    counted = scan.coverage["stack-trace"]
    assert "POST /graphql#items body variables.first" in counted.tried
    assert {location.split()[1] for location in counted.open} <= {"/graphql#logout"}
    assert bool(scan.findings) == bool(wrong)
    assert scan.authenticator.tokens["ann"] not in shop.ended


@pytest.mark.parametrize("label", ["POST /graphql", "POST /graphql#logout", "POST /graphql#leave"])
def test_where_the_log_out_is_the_only_query_the_rest_of_the_path_is_tried_without_it(monkeypatch, label):
    monkeypatch.setattr(throwaway_sessions, "MOST", 3)
    shop = Graph("errors")
    rows = ["GET /items", {"operation": label, "body": {"query": "mutation {logout}"}}]
    shop.app.router.routes += services.app(("GET", "/items", shop.items)).router.routes
    with services.serving(shop.app) as url:
        target = services.target(url, rows, ANN, LOGIN, sign_out=label)
        scan = services.scanned(target, "graphql", "stack-trace", allow_changes=True)
    assert scan.coverage["graphql"].tried, scan.coverage["graphql"].skipped
    found = {location for finding in scan.findings if finding.probe == "stack-trace" for location in finding.locations}
    assert "POST /graphql" in found
    assert scan.authenticator.tokens["ann"] not in shop.ended
    assert len(shop.ended) <= 3


def test_a_body_that_names_the_log_out_goes_with_a_session_of_its_own():
    shop = services.target("http://127.0.0.1:1", GRAPH, ANN, LOGIN, sign_out="POST /graphql#logout")
    throwaway = throwaway_sessions.ThrowawaySessions(shop, None, None)
    assert throwaway.needed("/graphql", b'{"query": "mutation   {logout}"}')
    assert throwaway.needed("/graphql", b'[{"query": "{items}"}, {"query": "mutation {end: logout}"}]')
    assert throwaway.needed("/graphql?query=mutation%7Blogout%7D")
    assert not throwaway.needed("/graphql", b'{"query": "{items}"}')
    assert not throwaway.needed("/graphql", b'{"query": "{logoutReasons}"}')
    assert not throwaway.needed("/other", b'{"query": "mutation {logout}"}')


def test_what_shares_the_path_of_the_log_out_by_another_method_keeps_the_session():
    rows = ["DELETE /session", {"operation": "POST /session", "public": True, "body": {"user": "ann"}}]
    shop = services.target("http://127.0.0.1:1", rows, ANN, LOGIN, sign_out="DELETE /session")
    throwaway = throwaway_sessions.ThrowawaySessions(shop, None, None)
    needed = [method for method in ("DELETE", "PUT", "POST") if throwaway.needed("/session", b"", method)]
    assert needed == ["DELETE", "PUT"]
    assert throwaway.needed("/session")

"""A description with one ordinary identity: the other one that attacks need is an account that the scan registers."""

import itertools

import pytest
import services


def service(weak, password, *, open_to_all=True):
    """Memos of members, who are called by a handle and keep a secret that is called otherwise in each service."""
    members, sessions, memos, numbers = {"alice": "Walnut-Tree-31"}, {}, {}, itertools.count(40)

    def refused(status, text):
        return services.JSONResponse({"error": text}, status)

    def who(request):
        return sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def join(request):
        body = await request.json()
        right = isinstance(body.get("handle"), str) and body.get(password) == body.get(f"repeat_{password}")
        if not open_to_all or not right or not body.get(password) or body["handle"] in members:
            return refused(422, "it is not taken")
        members[body["handle"]] = body[password]
        return services.JSONResponse({"handle": body["handle"]}, 201)

    async def enter(request):
        body = await request.json()
        if not isinstance(body.get("handle"), str) or members.get(body["handle"], object()) != body.get(password):
            return refused(401, "wrong")
        sessions[token := f"session-{len(sessions)}-of-many"] = body["handle"]
        return services.JSONResponse({"access_token": token})

    async def write(request):
        if (name := who(request)) is None:
            return refused(401, "sign in")
        number = str(next(numbers))
        memos[number] = {"id": number, "author": name, "text": f"the gate code of {name} is {number}7"}
        return services.JSONResponse(memos[number], 201)

    def read(request):
        if (name := who(request)) is None:
            return refused(401, "sign in")
        memo = memos.get(request.path_params["memo"])
        return services.JSONResponse(memo) if memo and (weak or memo["author"] == name) else refused(404, "there is none")

    return services.app(
        ("POST", "/onboarding", join), ("POST", "/enter", enter), ("POST", "/memos", write), ("GET", "/memos/{memo}", read)
    )


def scanned(monkeypatch, application, password):
    monkeypatch.setenv("ALICE_PASSWORD", "Walnut-Tree-31")
    body = {"handle": "carol", password: "Correct-Horse-9", f"repeat_{password}": "Correct-Horse-9"}
    rows = [
        {"operation": "POST /onboarding", "public": True, "body": body},
        {"operation": "POST /enter", "public": True, "body": {"handle": "alice", password: "x"}},
        {"operation": "POST /memos", "body": {"text": "soon"}},
        "GET /memos/{memo}",
    ]
    identities = {"alice": {"username": "alice", "password_env": "ALICE_PASSWORD"}}
    entry = {"operation": "POST /enter", "username": "handle", "password": password}
    with services.serving(application) as url:
        shop = services.target(url, rows, identities=identities, sign_in=entry)
        return services.scanned(shop, "object-level", "account-takeover", allow_changes=True, seed=8)


@pytest.mark.parametrize("password", ["passphrase", "kennwort"])
@pytest.mark.parametrize("weak", [True, False])
def test_an_account_of_the_scans_own_is_the_other_user(monkeypatch, weak, password):
    scan = scanned(monkeypatch, service(weak, password), password)
    assert {finding.location for finding in scan.findings} == ({"GET /memos/{memo}"} if weak else set()), scan.coverage
    assert "GET /memos/{memo}" in scan.coverage["object-level"].tried


def test_where_nobody_may_join_two_identities_are_needed(monkeypatch):
    scan = scanned(monkeypatch, service(weak=True, password="passphrase", open_to_all=False), "passphrase")
    assert not scan.findings
    reason = "two identities without special rights, of one tenant, are needed"
    assert scan.coverage["object-level"].open == {"all": reason}

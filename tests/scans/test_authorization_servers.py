"""A server of OAuth with codes, PKCE and renewals; each weakness alone, and none."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs

import pytest
import services
from starlette.responses import JSONResponse, RedirectResponse

GOOD = "https://app.example/callback"
ROWS = [
    f"GET /authorize?response_type=code&client_id=app&redirect_uri={GOOD}&scope=read&state=x&code_challenge=y&code_challenge_method=S256",
    {
        "operation": "POST /token",
        "form": {"grant_type": "authorization_code", "code": "x", "client_id": "app", "redirect_uri": GOOD, "code_verifier": "y"},
        "public": True,
    },
    "GET /me",
]


class AuthorizationServer:
    """``weak`` names what is wrong: "prefix", "twice", "verifier", "client", "scope", "state"."""

    def __init__(self, weak=""):
        self.weak, self.codes, self.renewals = weak, {}, {}
        self.app = services.app(("GET", "/authorize", self.authorize), ("POST", "/token", self.token), ("GET", "/me", self.me))

    def me(self, request):
        name = services.who(request)
        return JSONResponse({"name": name}) if name else JSONResponse({"error": "sign in"}, 401)

    def authorize(self, request):
        query, name = request.query_params, services.who(request)
        if not name:
            return JSONResponse({"error": "sign in"}, 401)
        redirect = query.get("redirect_uri", "")
        known = redirect.startswith(GOOD) if self.weak == "prefix" else redirect == GOOD
        if query.get("client_id") != "app" or not known:
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query.get("code_challenge", "")
        state = "" if self.weak == "state" else f"&state={query.get('state', '')}"
        return RedirectResponse(f"{redirect}?code={code}{state}", 302)

    async def token(self, request):
        fields = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if fields.get("grant_type") == "refresh_token":
            granted = self.renewals.get(fields.get("refresh_token"))
            if granted is None:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return self.tokens(fields.get("scope", granted) if self.weak == "scope" else granted)
        code = fields.get("code")
        challenge = self.codes.get(code)
        if challenge is None or (fields.get("client_id") != "app" and self.weak != "client"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        if self.weak != "twice":
            del self.codes[code]
        digest = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if digest != challenge and self.weak != "verifier":
            return JSONResponse({"error": "invalid_grant"}, 400)
        return self.tokens("read")

    def tokens(self, scope):
        self.renewals[refresh := secrets.token_urlsafe(16)] = scope
        return JSONResponse({"access_token": secrets.token_urlsafe(16), "refresh_token": refresh, "scope": scope})


@pytest.mark.parametrize(
    ("weak", "severity", "notice"),
    [
        ("prefix", "HIGH", "a code is handed to https://app.example/callback.qa1.example, which is not registered"),
        ("twice", "MEDIUM", "a code brings a token a second time"),
        ("client", "MEDIUM", "a code brings a token to another client_id than asked for it"),
        ("verifier", "HIGH", "a code brings a token with another verifier (PKCE)"),
        ("scope", "HIGH", "a refresh token brings the scope 'admin', which was not granted"),
        ("state", "LOW", "the state does not come back"),
        ("", "", ""),
    ],
)
def test_codes_are_bound_to_what_they_were_asked_for(monkeypatch, weak, severity, notice):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    with services.serving(AuthorizationServer(weak).app) as url:
        scan = services.scanned(services.target(url, ROWS, services.by_token("alice")), "oauth", allow_changes=True, seed=5)
    found = [(finding.severity.name, finding.observed) for finding in scan.findings]
    assert found == ([(severity, notice)] if weak else []), scan.coverage["oauth"]
    assert scan.coverage["oauth"].tried >= {"POST /token"}, scan.coverage["oauth"]

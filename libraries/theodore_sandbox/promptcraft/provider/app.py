"""The provider's paths, as Keycloak has them, and the address from which operators rotate its keys."""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
import time
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from theodore_sandbox import defects
from theodore_sandbox.common.settings import OAuthClient
from theodore_sandbox.common.trust import trusted
from theodore_sandbox.dependencies.behaviours import answer_kind
from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.provider import pages, saml, second_factor
from theodore_sandbox.promptcraft.provider.realm import (
    challenge_of,
    CODE_SECONDS,
    Key,
    OTHER_AUDIENCE,
    private_key,
    PUBLIC_CLIENT,
    Realm,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from theodore_sandbox.common.settings import Settings

LOOPBACK = re.compile(r"http://127\.0\.0\.1(:\d+)?/(auth/)?callback")  # RFC 8252, 7.3: any port
OIDC = "protocol/openid-connect"
SCOPE = "openid profile email"


class OAuthError(Exception):
    """What a client did wrong (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body, self.status = {"error": error, "error_description": description}, status


class Provider:
    """The realms of a sandbox."""

    def __init__(self, settings: Settings) -> None:
        users = {user.username: user for user in settings.users}
        clients = {client.client_id: client for client in settings.clients}
        clients[PUBLIC_CLIENT] = OAuthClient(PUBLIC_CLIENT)
        keys = {names.REALM: private_key(settings.realm_key), names.OTHER_REALM: ec.generate_private_key(ec.SECP256R1())}
        address = settings.dependencies["provider"]
        self.platform = settings.dependencies.get("platform", "")
        self.realms = {name: Realm(name, f"{address}/realms/{name}", users, clients, [Key.of(key)]) for name, key in keys.items()}
        self.first = {name: list(realm.keys) for name, realm in self.realms.items()}

    def forget(self) -> None:
        """Forget sessions and new keys."""
        for name, realm in self.realms.items():
            realm.forget()
            realm.keys = list(self.first[name])

    def realm_of(self, request: Request) -> Realm:
        """The realm that a path names."""
        realm = self.realms.get(request.path_params["realm"])
        if realm is None:
            raise OAuthError("not_found", "Realm does not exist", 404)
        return realm

    async def discovery(self, request: Request) -> Response:
        """The discovery document."""
        realm = self.realm_of(request)
        issuer = "https://id.example.test/realms/other" if answer_kind.get() == "invented" else realm.issuer
        base = f"{realm.issuer}/{OIDC}"
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "introspection_endpoint": f"{base}/token/introspect",
                "userinfo_endpoint": f"{base}/userinfo",
                "end_session_endpoint": f"{base}/logout",
                "revocation_endpoint": f"{base}/revoke",
                "jwks_uri": f"{base}/certs",
                "grant_types_supported": ["authorization_code", "client_credentials", "password", "refresh_token"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256", "RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": SCOPE.split(),
            }
        )

    async def certs(self, request: Request) -> Response:
        """The public keys."""
        return JSONResponse({"keys": [key.published() for key in self.realm_of(request).keys]})

    async def token(self, request: Request) -> Response:
        """Tokens for what a client was granted."""
        realm, form = self.realm_of(request), await read_form(request)
        client = _client(realm, request, form)
        return JSONResponse(realm.issue(_granted(realm, client, form)))

    async def introspect(self, request: Request) -> Response:
        """Whether a token is valid now (RFC 7662)."""
        realm, form = self.realm_of(request), await read_form(request)
        if not defects.on("introspection-by-anybody"):
            _client(realm, request, form, confidential=True)
        claims = realm.read(form.get("token", ""))
        return JSONResponse({**claims, "active": True, "username": claims["preferred_username"]} if claims else {"active": False})

    async def revoke(self, request: Request) -> Response:
        """Revoke a token (RFC 7009)."""
        realm, form = self.realm_of(request), await read_form(request)
        _client(realm, request, form)
        given = form.get("token", "")
        if about := realm.refreshing.pop(given, None):
            realm.ended.add(about["sid"])
        if claims := realm.read(given):
            realm.ended.add(claims["jti"])
        return JSONResponse({})

    async def logout(self, request: Request) -> Response:
        """End a session."""
        realm, form = self.realm_of(request), await read_form(request)
        _client(realm, request, form)
        if about := realm.refreshing.pop(form.get("refresh_token", ""), None):
            realm.ended.add(about["sid"])
            if self.platform and not defects.on("provider-log-out-not-announced"):
                async with httpx.AsyncClient(trust_env=False, verify=trusted()) as client:
                    token = {"logout_token": realm.logout_token(about)}
                    await client.post(f"{self.platform}/auth/backchannel-logout", data=token, timeout=5)
        return Response(status_code=204)

    async def userinfo(self, request: Request) -> Response:
        """Who a token stands for."""
        realm = self.realm_of(request)
        claims = realm.read(request.headers.get("authorization", "").partition(" ")[2])
        if claims is None:
            raise OAuthError("invalid_token", "Token verification failed", 401)
        return JSONResponse({key: claims[key] for key in ("sub", "preferred_username", "email", "organization")})

    async def page(self, request: Request) -> Response:
        """The page to sign in."""
        realm, query = self.realm_of(request), dict(request.query_params)
        _requested(realm, query)
        return pages.password_page(query)

    async def signed_in(self, request: Request) -> Response:
        """The way back to the client, with a code, for whoever has signed in."""
        realm, form = self.realm_of(request), await read_form(request)
        _requested(realm, form)
        user = pages.signed_in(realm, form)
        if isinstance(user, Response):
            return user
        code = secrets.token_urlsafe(24)
        kept = {key: form.get(key, "") for key in ("client_id", "redirect_uri", "code_challenge", "nonce", "scope")}
        realm.codes[code] = {**kept, "user": user.username, "until": time.time() + CODE_SECONDS}
        back = urlencode({"state": form.get("state", ""), "code": code, "iss": realm.issuer})
        return RedirectResponse(f"{form['redirect_uri']}?{back}", 302)

    async def saml_descriptor(self, request: Request) -> Response:
        """What SAML's service providers have to know."""
        return Response(saml.descriptor(self.realm_of(request)), media_type="application/samlmetadata+xml")

    async def saml_page(self, request: Request) -> Response:
        """The page to sign in to a service provider, and the form that takes the browser back to it."""
        realm = self.realm_of(request)
        form = await read_form(request) if request.method == "POST" else dict(request.query_params)
        try:
            authn = saml.requested(form.get("SAMLRequest", ""))
        except ValueError:
            raise OAuthError("invalid_request", "Invalid SAMLRequest") from None
        if request.method == "GET":
            return pages.password_page(form)
        user = pages.signed_in(realm, form)
        if isinstance(user, Response):
            return user
        answer = {"SAMLResponse": saml.response(realm, user, authn), "RelayState": form.get("RelayState", "")}
        return pages.submitting(authn.consumer, answer)


def create_app(provider: Provider) -> Starlette:
    """The application of the provider."""
    base = f"/realms/{{realm}}/{OIDC}"
    return Starlette(
        routes=[
            Route("/realms/{realm}/.well-known/openid-configuration", provider.discovery),
            Route(f"{base}/certs", provider.certs),
            Route(f"{base}/auth", provider.page),
            Route(f"{base}/auth", provider.signed_in, methods=["POST"]),
            Route(f"{base}/token", provider.token, methods=["POST"]),
            Route(f"{base}/token/introspect", provider.introspect, methods=["POST"]),
            Route(f"{base}/revoke", provider.revoke, methods=["POST"]),
            Route(f"{base}/logout", provider.logout, methods=["POST"]),
            Route(f"{base}/userinfo", provider.userinfo),
            Route("/realms/{realm}/protocol/saml/descriptor", provider.saml_descriptor),
            Route("/realms/{realm}/protocol/saml", provider.saml_page, methods=["GET", "POST"]),
        ],
        exception_handlers={OAuthError: _failed},
    )


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, OAuthError)  # noqa: S101  # registered for nothing else
    return JSONResponse(error.body, error.status)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


def _client(realm: Realm, request: Request, form: dict[str, str], *, confidential: bool = False) -> OAuthClient:
    """The client of a request, by its secret where it has one (RFC 6749, 2.3.1)."""
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(coded).decode().partition(":")
        except ValueError:
            raise OAuthError("invalid_client", "Invalid client credentials", 401) from None
        name, secret = unquote(name), unquote(secret)
    client = realm.clients.get(name)
    right = client is not None and hmac.compare_digest(client.secret.encode(), secret.encode())
    if client is None or not right or (confidential and not client.secret):
        raise OAuthError("invalid_client", "Invalid client or Invalid client credentials", 401)
    return client


def _granted(realm: Realm, client: OAuthClient, form: dict[str, str]) -> dict[str, Any]:
    """What a client is granted: who, with which scope."""
    grant = form.get("grant_type", "")
    about: dict[str, Any] = {"grant": grant, "client_id": client.client_id, "scope": form.get("scope") or SCOPE}
    if form.get("audience") == OTHER_AUDIENCE:
        about["audience"] = OTHER_AUDIENCE
    if grant == "client_credentials":
        if not client.role:
            raise OAuthError("unauthorized_client", "Client not enabled to retrieve service account", 401)
        name = f"service-account-{client.client_id}"
        return about | {"name": name, "role": client.role, "tenant": client.tenant}
    if grant == "refresh_token":
        return _renewed(realm, client, form)
    if grant == "authorization_code":
        user, nonce, scope = _redeemed(realm, client, form)
        about |= {"nonce": nonce, "scope": scope or SCOPE}
    elif grant == "password":
        user = pages.user_of(realm, form)
        guarded = bool(user and user.totp) and not defects.on("second-factor-left-out-by-password")
        if user and guarded and not second_factor.taken(user, form.get("totp", ""), realm.used_codes):
            user = None
    else:
        raise OAuthError("unsupported_grant_type", "Unsupported grant_type")
    if user is None:
        raise OAuthError("invalid_grant", "Invalid user credentials", 401)
    return about | {"name": user.username, "role": user.role, "tenant": user.tenant}


def _renewed(realm: Realm, client: OAuthClient, form: dict[str, str]) -> dict[str, Any]:
    about = realm.refreshing.pop(form.get("refresh_token", ""), None)
    alive = about and about["until"] > time.time() and about["sid"] not in realm.ended
    if about is None or not alive or about["client_id"] != client.client_id:
        raise OAuthError("invalid_grant", "Token is not active")
    return about


def _redeemed(realm: Realm, client: OAuthClient, form: dict[str, str]) -> tuple[Any, str, str]:
    """Who a code stands for; it works once, for its client, address and verifier."""
    given = form.get("code", "")
    code = realm.codes.get(given) if defects.on("code-redeemed-twice") else realm.codes.pop(given, None)
    if code is None or code["until"] < time.time() or code["client_id"] != client.client_id:
        raise OAuthError("invalid_grant", "Code not valid")
    if code["redirect_uri"] != form.get("redirect_uri"):
        raise OAuthError("invalid_grant", "Incorrect redirect_uri")
    challenge = code["code_challenge"]
    if challenge and challenge != challenge_of(form.get("code_verifier", "")) and not defects.on("pkce-not-verified"):
        raise OAuthError("invalid_grant", "PKCE verification failed")
    return realm.users[code["user"]], code["nonce"], code["scope"]


def _requested(realm: Realm, query: dict[str, str]) -> None:
    """Raise for a request to sign in that is not to be shown: what is wrong must not be sent to an unknown address."""
    client = realm.clients.get(query.get("client_id", ""))
    if client is None or not LOOPBACK.fullmatch(query.get("redirect_uri", "")):
        raise OAuthError("invalid_request", "Invalid parameter: client_id or redirect_uri")
    if query.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "Invalid parameter: response_type")
    method = query.get("code_challenge_method")
    if (not client.secret and not query.get("code_challenge")) or (query.get("code_challenge") and method != "S256"):
        raise OAuthError("invalid_request", "Missing parameter: code_challenge_method")


def operations(provider: Provider) -> list[Route]:
    """What operators do to the provider's keys and defects, by the address of the journal."""

    async def rotate(request: Request) -> Response:
        realm = provider.realms[names.REALM]
        kid = realm.rotate()
        if (await _json(request)).get("retire"):
            realm.retire()
        return JSONResponse({"kid": kid, "published": [key.kid for key in realm.keys]})

    async def switch(request: Request) -> Response:
        defects.switch(await request.json())
        return JSONResponse({})

    return [Route("/provider/rotate", rotate, methods=["POST"]), Route("/defects", switch, methods=["PUT"])]


async def _json(request: Request) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return found

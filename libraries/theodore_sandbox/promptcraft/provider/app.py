"""The provider's paths, as Keycloak has them, and the address from which operators rotate its keys."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from theodore_sandbox import defects
from theodore_sandbox.common.settings import OAuthClient
from theodore_sandbox.common.trust import trusted
from theodore_sandbox.dependencies.behaviours import answer_kind
from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.provider import browsers, pages, saml
from theodore_sandbox.promptcraft.provider.errors import AuthorizationError, failed, OAuthError, sent_back
from theodore_sandbox.promptcraft.provider.grants import client_of, granted
from theodore_sandbox.promptcraft.provider.realm import Key, private_key, PUBLIC_CLIENT, Realm, SCOPE

if TYPE_CHECKING:
    from starlette.requests import Request

    from theodore_sandbox.common.settings import Settings

OIDC = "protocol/openid-connect"


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
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
                "scopes_supported": SCOPE.split(),
            }
        )

    async def certs(self, request: Request) -> Response:
        """The public keys."""
        return JSONResponse({"keys": [key.published() for key in self.realm_of(request).keys]})

    async def token(self, request: Request) -> Response:
        """Tokens for what a client was granted."""
        realm, form = self.realm_of(request), await read_form(request)
        client = client_of(realm, request, form)
        stored = {} if defects.on("token-answer-stored") else {"Cache-Control": "no-store"}
        return JSONResponse(realm.issue(granted(realm, client, form)), headers=stored)

    async def introspect(self, request: Request) -> Response:
        """Whether a token is valid now (RFC 7662)."""
        realm, form = self.realm_of(request), await read_form(request)
        if not defects.on("introspection-by-anybody"):
            client_of(realm, request, form, confidential=True)
        claims = realm.read(form.get("token", ""))
        return JSONResponse({**claims, "active": True, "username": claims["preferred_username"]} if claims else {"active": False})

    async def revoke(self, request: Request) -> Response:
        """Revoke a token, for the client that it was given to (RFC 7009)."""
        realm, form = self.realm_of(request), await read_form(request)
        client = client_of(realm, request, form)
        given = form.get("token", "")
        about, claims = realm.refreshing.get(given), realm.read(given)
        owner = about["client_id"] if about else (claims or {}).get("azp", client.client_id)
        if owner != client.client_id and not defects.on("revocation-by-any-client"):
            raise OAuthError("invalid_request", "Unmatching clients")
        if about:
            del realm.refreshing[given]
            realm.ended.add(about["sid"])
        if claims:
            realm.ended.add(claims["jti"])
        return JSONResponse({})

    async def logout(self, request: Request) -> Response:
        """End a session, by the refresh token that it has given or in the browser that has it."""
        realm = self.realm_of(request)
        if request.method == "GET":
            answer, ended = browsers.signed_out(realm, request)
            await self._announce(realm, ended)
            return answer
        form = await read_form(request)
        client_of(realm, request, form)
        ended = realm.refreshing.pop(form.get("refresh_token", ""), None)
        if ended:
            realm.ended.add(ended["sid"])
        await self._announce(realm, ended)
        return Response(status_code=204)

    async def _announce(self, realm: Realm, ended: dict[str, Any] | None) -> None:
        """Tell the platform of a session that has ended."""
        if ended and self.platform and not defects.on("provider-log-out-not-announced"):
            async with httpx.AsyncClient(trust_env=False, verify=trusted()) as client:
                token = {"logout_token": realm.logout_token(ended)}
                await client.post(f"{self.platform}/auth/backchannel-logout", data=token, timeout=5)

    async def userinfo(self, request: Request) -> Response:
        """Who a token stands for."""
        realm = self.realm_of(request)
        given = request.headers.get("authorization", "").partition(" ")[2]
        if not given:
            return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer realm="provider"'})
        claims = realm.read(given, signed=not defects.on("userinfo-of-any-token"))
        if claims is None or (claims.get("typ") != "Bearer" and not defects.on("userinfo-of-id-token")):
            raise OAuthError("invalid_token", "Token verification failed", 401)
        return JSONResponse({key: claims[key] for key in ("sub", "preferred_username", "email", "organization")})

    async def page(self, request: Request) -> Response:
        """The page to sign in, or straight back for whoever has signed in before."""
        return browsers.sign_in_page(self.realm_of(request), request)

    async def signed_in(self, request: Request) -> Response:
        """The way back to the client, with a code, for whoever has signed in."""
        realm, form = self.realm_of(request), await read_form(request)
        browsers.requested(realm, form)
        user = pages.signed_in(realm, form)
        return user if isinstance(user, Response) else browsers.signed_in(realm, form, user)

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
            Route(f"{base}/logout", provider.logout, methods=["GET", "POST"]),
            Route(f"{base}/userinfo", provider.userinfo),
            Route("/realms/{realm}/protocol/saml/descriptor", provider.saml_descriptor),
            Route("/realms/{realm}/protocol/saml", provider.saml_page, methods=["GET", "POST"]),
        ],
        exception_handlers={OAuthError: failed, AuthorizationError: sent_back},
    )


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


def operations(provider: Provider) -> list[Route]:
    """What operators do to the provider's keys and defects, by the address of the journal."""

    async def rotate(request: Request) -> Response:
        realm = provider.realms[names.REALM]
        kid = realm.rotate()
        if (await _json(request)).get("retire") or defects.on("rotation-drops-old-key"):
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

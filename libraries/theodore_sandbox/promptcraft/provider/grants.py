"""What clients are granted at the token endpoint, and who they are."""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.provider import pages, second_factor
from theodore_sandbox.promptcraft.provider.errors import OAuthError
from theodore_sandbox.promptcraft.provider.realm import challenge_of, OTHER_AUDIENCE, SCOPE

if TYPE_CHECKING:
    from starlette.requests import Request

    from theodore_sandbox.common.settings import OAuthClient, User
    from theodore_sandbox.promptcraft.provider.realm import Realm


def client_of(realm: Realm, request: Request, form: dict[str, str], *, confidential: bool = False) -> OAuthClient:
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


def granted(realm: Realm, client: OAuthClient, form: dict[str, str]) -> dict[str, Any]:
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
        code = _redeemed(realm, client, form)
        user: User | None = realm.users[code.pop("user")]
        about |= code
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
    """What a refresh token stands for; one that comes again was stolen, and ends what came of it."""
    given = form.get("refresh_token", "")
    about = realm.refreshing.get(given)
    if about is None and given in realm.renewed and not defects.on("refresh-family-kept"):
        realm.ended.add(realm.renewed[given])
    own = about is not None and (about["client_id"] == client.client_id or defects.on("refresh-token-of-any-client"))
    if about is None or not own or about["until"] < time.time() or about["sid"] in realm.ended:
        raise OAuthError("invalid_grant", "Token is not active")
    scope = form.get("scope") or about["scope"]
    if not set(scope.split()) <= set(about["scope"].split()) and not defects.on("refresh-widens-scope"):
        raise OAuthError("invalid_scope", "Invalid scopes")
    del realm.refreshing[given]
    realm.renewed[given] = about["sid"]
    return about | {"scope": scope}


def _redeemed(realm: Realm, client: OAuthClient, form: dict[str, str]) -> dict[str, Any]:
    """What a code stands for; it works once, for its client, address and verifier, and a second use ends what came of it."""
    given = form.get("code", "")
    code = realm.codes.get(given) if defects.on("code-redeemed-twice") else realm.codes.pop(given, None)
    if code is None and given in realm.redeemed and not defects.on("replayed-code-keeps-tokens"):
        realm.ended.add(realm.redeemed[given])
    own = code is not None and (code["client_id"] == client.client_id or defects.on("code-of-any-client"))
    if code is None or not own or code["until"] < time.time():
        raise OAuthError("invalid_grant", "Code not valid")
    if code["redirect_uri"] != form.get("redirect_uri") and not defects.on("redirect-address-not-compared"):
        raise OAuthError("invalid_grant", "Incorrect redirect_uri")
    challenge, verifier = code["code_challenge"], form.get("code_verifier", "")
    fitting = [challenge_of(verifier), *([verifier] if defects.on("pkce-plain-accepted") else [])]
    if challenge and challenge not in fitting and not defects.on("pkce-not-verified"):
        raise OAuthError("invalid_grant", "PKCE verification failed")
    if not challenge and verifier and not defects.on("pkce-left-out"):
        raise OAuthError("invalid_grant", "PKCE code verifier without a challenge")
    realm.redeemed[given] = code["sid"]
    return {name: code[name] for name in ("nonce", "auth_time", "user", "sid")} | {"scope": code["scope"] or SCOPE}

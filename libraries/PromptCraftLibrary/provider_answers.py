"""What the answers of an identity provider have to hold, and its protected resource to refuse: one function for each ability."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING

from PromptCraftLibrary import minted, provider_requests
from PromptCraftLibrary.provider_requests import coded, field, landing, profile, redeemed, refused, seen
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import oauth
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

OK, UNAUTHORIZED = 200, 401
LONGEST_SUBJECT = 255  # characters, OpenID Connect Core, 2
ERROR_ANSWERS = {"unsupported_response_type", "invalid_request", "unauthorized_client"}
HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


def token_answers(checks: Checks, realm: Realm, name: str | None) -> None:
    """What the token endpoint answers is JSON that nobody stores, and says what was wrong (RFC 6749, 5.1 and 5.2)."""
    client = realm.client_of(name, "authorization_code")
    answer = redeemed(realm, client, coded(realm, client).form())
    if not checks.that("provider.code", answer.ok, "tokens for a code", seen(answer)):
        return
    checks.equal("provider.media_type", "application/json", answer.media)
    kind = str(field(answer, "token_type") or "nothing")
    checks.that("provider.token_type", kind.lower() == "bearer", "Bearer", kind)
    stored = answer.headers.get("cache-control", "")
    checks.that("provider.not_stored", "no-store" in stored.lower(), "Cache-Control: no-store", stored or "no Cache-Control")
    unknown = provider_requests.granted(realm, client, {"grant_type": "qa-no-grant"})
    refused(checks, "provider.unknown_grant", unknown, "unsupported_grant_type")
    _challenged(checks, realm)


def _challenged(checks: Checks, realm: Realm) -> None:
    """Record how a wrong secret in the header is refused, where the provider takes secrets there."""
    methods = realm.endpoints.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" not in methods:
        return
    pair = base64.b64encode(f"{realm.system_way.client_id}:qa-wrong-secret".encode()).decode()
    headers = {"Content-Type": oauth.FORM, "Accept": "application/json", "Authorization": f"Basic {pair}"}
    answer = provider_requests.sent(realm, "token_endpoint", "POST", headers, b"grant_type=client_credentials")
    challenge = answer.headers.get("www-authenticate", "")
    right = answer.status == UNAUTHORIZED and challenge.lower().startswith("basic")
    observed = f"status {answer.status} with {challenge or 'no challenge'}"
    checks.that("provider.client_challenge", right, "status 401 with WWW-Authenticate: Basic", observed)


def id_token(checks: Checks, realm: Realm, name: str | None) -> None:
    """The ID token says of whom it is, how long it lasts and when the person signed in (OpenID Connect Core, 2 and 3.1.3)."""
    client = realm.client_of(name, "authorization_code")
    found = coded(realm, client, max_age="3600")
    answer = redeemed(realm, client, found.form())
    token = field(answer, "id_token")
    parts = claims_of(token) if isinstance(token, str) else None
    if parts is None:
        raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")
    header, claims = parts
    moment, subject = time.time(), claims.get("sub")
    checks.that(
        "provider.subject",
        isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT,
        f"a sub of up to {LONGEST_SUBJECT} characters",
        f"{len(subject)} characters" if isinstance(subject, str) else "none",
    )
    begins, ends = claims.get("iat"), claims.get("exp")
    lasts = isinstance(begins, int | float) and isinstance(ends, int | float) and begins < ends and ends > moment
    checks.that("provider.id_token_end", lasts, "an exp after iat and now", f"iat {begins}, exp {ends}")
    signed_in = claims.get("auth_time")
    recent = isinstance(signed_in, int | float) and abs(moment - signed_in) < 3600  # noqa: PLR2004  # the max_age of the request
    checks.that("provider.auth_time", recent, "an auth_time within the max_age of 3600 s", str(signed_in or "none"))
    if "at_hash" in claims:
        expected = _half_hash(str(field(answer, "access_token")), str(header.get("alg", "")))
        checks.that("provider.at_hash", claims["at_hash"] == expected, "the hash of the access token", str(claims["at_hash"]))
    known = profile(realm, str(field(answer, "access_token")))
    checks.that("provider.userinfo", known.status == OK, "status 200 from the UserInfo endpoint", seen(known))
    if known.status == OK:
        checks.equal("provider.userinfo_subject", subject, field(known, "sub"))


def _half_hash(token: str, algorithm: str) -> str:
    """The left half of a token's hash by the algorithm of the ID token (OpenID Connect Core, 3.1.3.6)."""
    digest = HASHES.get(algorithm[-3:], hashlib.sha256)(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def issuer_in_answers(checks: Checks, realm: Realm, name: str | None) -> None:
    """Answers to the client name the issuer, so that none is mixed up with another provider's (RFC 9207)."""
    client = realm.client_of(name, "authorization_code")
    found = coded(realm, client)
    parameters = found.parameters or {}
    if realm.endpoints.get("authorization_response_iss_parameter_supported") is not True and "iss" not in parameters:
        raise NotEvaluatedError(
            f"The identity provider at {realm.issuer} does not support issuers in answers: its discovery document has no "
            "authorization_response_iss_parameter_supported."
        )
    checks.equal("provider.answer_issuer", realm.endpoints.get("issuer"), parameters.get("iss"))
    failed = landing(realm, client, response_type="qa-unknown")
    if failed.error:
        checks.equal("provider.error_issuer", realm.endpoints.get("issuer"), (failed.parameters or {}).get("iss"))


def errors_to_the_client(checks: Checks, realm: Realm, name: str | None) -> None:
    """What is wrong with a request the client learns, with the state that it has sent (RFC 6749, 4.1.2.1)."""
    client = realm.client_of(name, "authorization_code")
    own = landing(realm, client)
    if not checks.that("provider.registered_address", bool(own.code), f"a code at {client.way.redirect_uri}", own.seen):
        return
    checks.equal("provider.state", own.query["state"], (own.parameters or {}).get("state"))
    for check, changes in (
        ("provider.unknown_response_type", {"response_type": "qa-unknown"}),
        ("provider.no_response_type", {"response_type": ""}),
    ):
        found = landing(realm, client, **changes)
        right = found.error in ERROR_ANSWERS and not found.code
        expected = f"{' or '.join(sorted(ERROR_ANSWERS))} at {client.way.redirect_uri}"
        if checks.that(check, right, expected, found.seen):
            checks.equal("provider.error_state", found.query["state"], (found.parameters or {}).get("state"))


def protected_resource(checks: Checks, realm: Realm, name: str | None) -> None:
    """The UserInfo endpoint takes a token that was given, and none else (RFC 6750, 3; OpenID Connect Core, 5.3)."""
    client = realm.client_of(name, "authorization_code")
    grant = oauth.grant(realm.party, client)
    known = profile(realm, grant.token)
    right = known.status == OK and bool(field(known, "sub"))
    if not checks.that("provider.userinfo", right, "status 200 with sub", seen(known)):
        return
    _unauthorized(checks, "provider.without_token", profile(realm, ""), "")
    _unauthorized(checks, "provider.unknown_token_refused", profile(realm, "qa-no-token"), "invalid_token")
    forged = _forged(realm, client, grant)
    for check, token in forged.items():
        _unauthorized(checks, check, profile(realm, token), "invalid_token")


def _forged(realm: Realm, client: Identity, grant: oauth.Grant) -> dict[str, str]:
    """Tokens that nobody has given, by the check that offers each; of an opaque one there is less to change."""
    found = {"provider.changed_token": grant.token[:-4] + ("qaqa" if not grant.token.endswith("qaqa") else "aqaq")}
    if isinstance(grant.body.get("id_token"), str) and grant.body["id_token"] != grant.token:
        found["provider.id_token_as_access_token"] = str(grant.body["id_token"])
    parts = claims_of(grant.token)
    if parts:
        specimen = minted.Specimen(realm, client.name, grant.token, *parts)
        states = ("tampered", "unsigned", "algorithm confusion", "unknown key", "embedded key")
        found |= {f"provider.{state.replace(' ', '_')}_token": minted.STATES[state](specimen) for state in states}
    return found


def _unauthorized(checks: Checks, check: str, answer: Exchange, error: str) -> None:
    """Record whether an answer is 401 with a challenge, which names the error of a token that was sent."""
    challenge = answer.headers.get("www-authenticate", "")
    right = answer.status == UNAUTHORIZED and challenge.lower().startswith("bearer") and error in challenge
    expected = f"status 401 with WWW-Authenticate: Bearer{f' and {error}' if error else ''}"
    checks.that(check, right, expected, f"status {answer.status} with {challenge or 'no challenge'}")


ABILITIES: dict[str, Callable[[Checks, Realm, str | None], None]] = {
    "token answers": token_answers,
    "id token": id_token,
    "issuer in answers": issuer_in_answers,
    "errors to the client": errors_to_the_client,
    "protected resource": protected_resource,
}

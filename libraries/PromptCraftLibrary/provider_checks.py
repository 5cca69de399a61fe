"""What an identity provider has to do by its discovery document: one function for each ability, which records what it saw."""

from __future__ import annotations

import time
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from PromptCraftLibrary import minted, provider_requests, sign_on
from theodore_qa.errors import LackingError, NotEvaluatedError
from theodore_qa.systems import oauth
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.identities import Identity

NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "k")  # of a JSON Web Key, RFC 7518
FORGED = ("tampered", "unsigned", "algorithm confusion", "unknown key", "embedded key")
CLOCK = 60  # seconds by which the clocks of tester and provider may differ
UNCHECKED: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False}  # which are checks of their own


def of_system(checks: Checks, realm: Realm) -> None:
    """The system that is tested is the provider itself, or its sign-on leads to this provider."""
    address = str(realm.endpoints.get("authorization_endpoint", ""))
    if realm.system.is_own(realm.issuer):
        answer = realm.system.send("GET", f"{urlsplit(realm.issuer).path}{oauth.DISCOVERY}")
        known = answer.ok and isinstance(answer.body, dict) and answer.body.get("authorization_endpoint") == address
        checks.that("provider.of_system", bool(known), "the same discovery document again", f"status {answer.status}")
        return
    answer = sign_on.sent(realm, "sign_on.page")
    leads = bool(address) and answer.location.partition("?")[0] == address
    expected = f"{answer.method} {answer.path} of {realm.system.name} leads to {address or 'an authorization_endpoint'}"
    checks.that("provider.of_system", leads, expected, answer.location.partition("?")[0] or f"status {answer.status}")


def discovery(checks: Checks, realm: Realm, name: str | None) -> None:  # noqa: ARG001  # one signature for all abilities
    """The discovery document names its own issuer and endpoints, and its keys are public."""
    found = realm.endpoints
    checks.equal("provider.issuer", realm.issuer, str(found.get("issuer", "")).rstrip("/"))
    lacking = [key for key in NEEDED if not urlsplit(str(found.get(key, ""))).netloc]
    observed = f"without {', '.join(lacking)}" if lacking else "each"
    if not checks.that("provider.endpoints", not lacking, ", ".join(NEEDED), observed):
        return
    _listed(checks, "provider.pkce", "S256", found.get("code_challenge_methods_supported"))
    keys = realm.published_keys()
    checks.that("provider.keys", bool(keys), "a key at the least", f"{len(keys)} keys")
    secret = sorted({part for key in keys for part in PRIVATE if part in key})
    observed = f"with {', '.join(secret)}" if secret else "public parts alone"
    checks.that("provider.private_keys", not secret, "public parts alone", observed, n=len(keys))


def password(checks: Checks, realm: Realm, name: str | None) -> None:
    """Name and password bring tokens, and a wrong password none."""
    person = realm.client_of(name, "password")
    granted = realm.grant(name, "password")
    if "id_token" in granted.body:  # OpenID Connect does not ask for it with this grant
        _granted(checks, realm, granted, person)
    else:
        checks.that("provider.token", bool(granted.token), "an access token", "an access token")
    form = {"grant_type": "password", "username": person.username, "password": "qa-wrong-password"}
    answer = realm.ask(name, "token_endpoint", form, "password")
    provider_requests.refused(checks, "provider.wrong_password", answer, "invalid_grant")


def client_credentials(checks: Checks, realm: Realm, name: str | None) -> None:
    """A program's secret brings a token, and another secret none."""
    person = realm.client_of(name, "client_credentials")
    checks.that("provider.token", bool(realm.grant(name, "client_credentials").token), "an access token", "an access token")
    form = {"grant_type": "client_credentials", "client_id": person.client_id, "client_secret": "qa-wrong-secret"}
    answer = provider_requests.unauthenticated(realm, "token_endpoint", form)
    provider_requests.refused(checks, "provider.wrong_secret", answer, "invalid_client")


def authorization_code(checks: Checks, realm: Realm, name: str | None) -> None:
    """The provider's page brings a code, which is redeemed once and with its own verifier alone (RFC 7636)."""
    client = realm.client_of(name, "authorization_code")
    form, nonce = oauth.authorization(realm.party, client, realm.endpoints)
    answer = provider_requests.redeemed(realm, client, form)
    if not answer.ok:
        checks.that("provider.code", holds=False, expected="tokens for a code", observed=provider_requests.seen(answer))
        return
    oauth.keep_granted(answer.object(), client)
    _granted(checks, realm, oauth.Grant(answer, nonce), client)
    provider_requests.refused(checks, "provider.code_once", provider_requests.redeemed(realm, client, form), "invalid_grant")
    for check, verifier in (("provider.other_verifier", "q" * 64), ("provider.no_verifier", "")):
        form, _ = oauth.authorization(realm.party, client, realm.endpoints)
        form = {key: value for key, value in {**form, "code_verifier": verifier}.items() if value}
        answer = provider_requests.redeemed(realm, client, form)
        provider_requests.refused(checks, check, answer, "invalid_grant", "invalid_request")


def renewal(checks: Checks, realm: Realm, name: str | None) -> None:
    """The refresh token brings a new access token; one of a client without a secret works once (RFC 9700, 4.14.2)."""
    client = realm.client_of(name, "authorization_code")
    granted = oauth.grant(realm.party, client)
    given = granted.body.get("refresh_token")
    if not isinstance(given, str) or not given:
        raise NotEvaluatedError("The identity provider gave no refresh token: there is none to try.")
    form = {"grant_type": "refresh_token", "refresh_token": given}
    answer = oauth.ask(realm.party, client, realm.endpoint("token_endpoint"), form)
    body = answer.body if isinstance(answer.body, dict) else {}
    oauth.keep_granted(body, client)
    fresh = answer.ok and body.get("access_token") not in (None, "", granted.token)
    checks.that("provider.renewed", fresh, "a new access token", provider_requests.seen(answer))
    again = oauth.ask(realm.party, client, realm.endpoint("token_endpoint"), form)
    oauth.keep_granted(again.body if isinstance(again.body, dict) else {}, client)
    provider_requests.refused(checks, "provider.renewed_once", again, "invalid_grant")


def introspection(checks: Checks, realm: Realm, name: str | None) -> None:
    """Introspection says of a token that it is active, of none and of forged ones that they are not, and nothing to nobody.

    That is RFC 7662. With the realm's own key an expired token is tried, too.
    """
    realm.endpoint("introspection_endpoint")
    token = realm.grant(name, realm.usual_flow).token
    checks.equal("provider.active", expected=True, observed=_active(realm, name, token))
    checks.equal("provider.unknown_token", expected=False, observed=_active(realm, name, "qa-no-token"))
    if parts := claims_of(token):
        specimen = minted.Specimen(realm, name, token, *parts)
        for state in (*FORGED, *(("expired",) if realm.private_key() is not None else ())):
            observed = _active(realm, name, minted.STATES[state](specimen))
            checks.equal(f"provider.inactive_{state.replace(' ', '_')}", expected=False, observed=observed)
    answer = provider_requests.unauthenticated(realm, "introspection_endpoint", {"token": token})
    refusal = answer.status in provider_requests.REFUSED
    checks.that("provider.introspection_by_nobody", refusal, "status 400 or 401", f"status {answer.status}")


def revocation(checks: Checks, realm: Realm, name: str | None) -> None:
    """A token that its own client revokes is active no more, and a refresh token brings nothing then (RFC 7009)."""
    for endpoint in ("revocation_endpoint", "introspection_endpoint"):
        realm.endpoint(endpoint)
    client = realm.client_of(name, realm.usual_flow)
    token = oauth.grant(realm.party, client).token
    checks.equal("provider.active", expected=True, observed=_active(realm, name, token))
    answer = oauth.ask(realm.party, client, realm.endpoint("revocation_endpoint"), {"token": token})
    checks.that("provider.revoked", answer.ok, "status 200", f"status {answer.status}")
    checks.equal("provider.inactive", expected=False, observed=_active(realm, name, token))
    renewal = oauth.grant(realm.party, client).body.get("refresh_token")
    if isinstance(renewal, str):
        form = {"token": renewal, "token_type_hint": "refresh_token"}
        answer = oauth.ask(realm.party, client, realm.endpoint("revocation_endpoint"), form)
        checks.that("provider.renewal_revoked", answer.ok, "status 200", f"status {answer.status}")
        answer = provider_requests.renewed(realm, client, renewal)
        provider_requests.refused(checks, "provider.revoked_renewal", answer, "invalid_grant")


def key_rotation(checks: Checks, realm: Realm, name: str | None) -> None:
    """After a rotation the new key signs, and the old one is published for what it has signed (OpenID Connect Core, 10.1.1)."""
    client = realm.client_of(name, "authorization_code")
    old = {str(key.get("kid")) for key in realm.published_keys()}
    before = claims_of(str(oauth.grant(realm.party, client).body.get("id_token")))
    if before is None:
        raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")
    realm.rotate()
    published = {str(key.get("kid")) for key in realm.published_keys()}
    new = sorted(published - old)
    checks.that("provider.new_key", bool(new), "a key that was not published before", ", ".join(new) or "none")
    signed = str(before[0].get("kid"))
    checks.that("provider.old_key_kept", signed in published, f"{signed} among the keys", ", ".join(sorted(published)))
    token = str(oauth.grant(realm.party, client).body.get("id_token"))
    _verified(checks, realm, token)
    kid = str((claims_of(token) or ({}, {}))[0].get("kid"))
    checks.that("provider.signs_with_new_key", kid in new, f"signed by {' or '.join(new) or 'a new key'}", f"signed by {kid}")


ABILITIES: dict[str, Callable[[Checks, Realm, str | None], None]] = {
    "discovery": discovery,
    "password": password,
    "client credentials": client_credentials,
    "authorization code": authorization_code,
    "renewal": renewal,
    "introspection": introspection,
    "revocation": revocation,
    "key rotation": key_rotation,
}
GRANTS = {"client credentials": "client_credentials", "password": "password", "renewal": "refresh_token"}


def offered(realm: Realm, ability: str) -> None:
    """Raise what is NOT EVALUATED where the discovery document names no such grant, or not what each grant needs."""
    for name in NEEDED if ability != "discovery" else ():
        realm.endpoint(name)
    supported = realm.endpoints.get("grant_types_supported")
    grant = GRANTS.get(ability)
    if grant and isinstance(supported, list) and grant not in supported:
        raise LackingError(
            f"The identity provider at {realm.issuer} does not support {ability}: its discovery document names the grants "
            f"{', '.join(map(str, supported))}.",
            f"provider.{grant}",
        )


def _granted(checks: Checks, realm: Realm, granted: oauth.Grant, client: Identity) -> None:
    """Record what tokens were given: an ID token by a published key, for this client, with the nonce, dated now."""
    checks.that("provider.token", bool(granted.token), "an access token", "an access token" if granted.token else "none")
    token = granted.body.get("id_token")
    if not isinstance(token, str):
        raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")
    claims = _verified(checks, realm, token)
    _listed(checks, "provider.audience", client.client_id or client.way.client_id, claims.get("aud"))
    if granted.nonce:
        checks.equal("provider.nonce", granted.nonce, claims.get("nonce"))
    issued = claims.get("iat")
    off = round(issued - time.time()) if isinstance(issued, int | float) else None
    observed = "without a date" if off is None else f"{abs(off)} s {'ahead' if off > 0 else 'behind'}"
    checks.that(
        "provider.clock", off is not None and abs(off) <= CLOCK, f"dated within {CLOCK} s of the tester's clock", observed
    )


def _listed(checks: Checks, check: str, expected: str, observed: Any) -> None:
    """Record whether a value is the expected one, or in a list of such."""
    values = [str(value) for value in (observed if isinstance(observed, list) else [observed]) if value is not None]
    checks.that(check, expected in values, f"{expected} in it", ", ".join(values) or "nothing")


def _verified(checks: Checks, realm: Realm, token: str) -> dict[str, Any]:
    """The claims of an ID token; records whether a published key signs it, and its issuer."""
    import jwt

    parts = claims_of(token)
    if parts is None:
        checks.that("provider.signature", holds=False, expected="a JSON Web Token", observed=f"{len(token)} characters")
        return {}
    header, claims = parts
    key = next((item for item in realm.published_keys() if item.get("kid") == header.get("kid")), None)
    try:
        if key is None:
            raise jwt.InvalidKeyError(f"no published key {header.get('kid')}")
        known = jwt.PyJWK.from_dict({**key, "alg": header.get("alg")} if "alg" not in key else key)
        jwt.decode(token, known.key, [known.algorithm_name], options=UNCHECKED)
    except jwt.PyJWTError as error:
        checks.that("provider.signature", holds=False, expected="signed by a published key", observed=str(error))
        return claims
    checks.that("provider.signature", holds=True, expected="signed by a published key", observed=header.get("alg"))
    checks.equal("provider.token_issuer", realm.endpoints.get("issuer"), claims.get("iss"))
    return claims


def _active(realm: Realm, name: str | None, token: str) -> object:
    """What introspection says of a token, asked by the client that has a secret."""
    answer = realm.ask(name, "introspection_endpoint", {"token": token})
    return answer.body.get("active") if answer.ok and isinstance(answer.body, dict) else provider_requests.seen(answer)

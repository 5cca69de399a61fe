"""What an identity provider has to refuse of codes and tokens that came into wrong hands: one function for each ability."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PromptCraftLibrary import provider_requests
from PromptCraftLibrary.provider_requests import coded, field, landing, profile, redeemed, REFUSED, refused, renewed, seen
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import oauth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

OK = 200
ELSEWHERE = "https://client.example.test/callback"


def redirect_addresses(checks: Checks, realm: Realm, name: str | None) -> None:
    """Code and error go to the registered address alone, compared letter by letter (RFC 6749, 3.1.2.4; RFC 9700, 2.1)."""
    client = realm.client_of(name, "authorization_code")
    own = landing(realm, client)
    if not checks.that("provider.registered_address", bool(own.code), f"a code at {client.way.redirect_uri}", own.seen):
        return
    for address in _similar(client.way.redirect_uri):
        found = landing(realm, client, redirect_uri=address)
        kept = found.address != address and (found.refused or bool(found.code))
        checks.that("provider.redirect_address", kept, f"a refusal that does not lead to {address}", found.seen)


def _similar(address: str) -> Iterator[str]:
    """Addresses that a comparison by prefix, host or letter case takes for a registered one."""
    parts = urlsplit(address)
    yield f"{address}/more"
    yield f"{address}{'&' if parts.query else '?'}more=1"
    yield parts._replace(path=parts.path.swapcase()).geturl()
    yield parts._replace(netloc=f"{parts.netloc}.example.test").geturl()
    yield parts._replace(netloc=f"{parts.netloc}@client.example.test").geturl()
    yield ELSEWHERE


def code_binding(checks: Checks, realm: Realm, name: str | None) -> None:
    """A code is of its client and its redirect address alone (RFC 6749, 4.1.3)."""
    client, other = realm.client_of(name, "authorization_code"), provider_requests.other_client(realm, name)
    answer = redeemed(realm, client, coded(realm, client).form())
    if not checks.that("provider.code", answer.ok, "tokens for a code", seen(answer)):
        return
    form = coded(realm, client).form(redirect_uri=f"{client.way.redirect_uri}/other")
    refused(checks, "provider.code_address", redeemed(realm, client, form), "invalid_grant", "invalid_request")
    _of_another(checks, "provider.code_client", realm, redeemed(realm, other, coded(realm, client).form()), other)


def _of_another(checks: Checks, check: str, realm: Realm, answer: Exchange, other: Identity) -> None:
    """Record how a client was refused that tried what another one was given; one that may try nothing shows nothing."""
    if field(answer, "error") in ("unauthorized_client", "invalid_client", "invalid_request") and answer.status in REFUSED:
        number = other.client_id or other.way.client_id
        reason = f"{seen(answer)}: the client {number} may not try it, so register it for authorization_code and refresh_token"
        realm.system.lacks(checks, check, "status 400 with invalid_grant", reason, "provider.other_client")
        return
    refused(checks, check, answer, "invalid_grant")


def pkce(checks: Checks, realm: Realm, name: str | None) -> None:
    """Neither a request without a challenge nor a method that is not offered gets round PKCE (RFC 7636; RFC 9700, 2.1.1)."""
    client = realm.client_of(name, "authorization_code")
    answer = redeemed(realm, client, coded(realm, client).form())
    if not checks.that("provider.code", answer.ok, "tokens for a code", seen(answer)):
        return
    _kept_by_pkce(checks, realm, client, "provider.pkce_downgrade", code_challenge="", code_challenge_method="")
    methods = realm.endpoints.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "plain" not in methods:
        verifier = "qa-plain-verifier-" + "q" * 32
        for method in ("plain", ""):  # which means the same (RFC 7636, 4.3)
            _kept_by_pkce(
                checks, realm, client, "provider.pkce_plain", verifier, code_challenge=verifier, code_challenge_method=method
            )


def _kept_by_pkce(checks: Checks, realm: Realm, client: Identity, check: str, verifier: str = "", **changes: str) -> None:
    """Record whether a weaker request is refused, or else the verifier that goes with it."""
    found = landing(realm, client, **changes)
    expected = "a refusal of the request, or of its code with a verifier"
    if not found.code:
        checks.that(check, found.refused, expected, found.seen)
        return
    answer = redeemed(realm, client, found.form(code_verifier=verifier or found.verifier))
    right = answer.status in REFUSED and field(answer, "error") in ("invalid_grant", "invalid_request")
    checks.that(check, right, expected, f"a code, redeemed: {seen(answer)}")


def replayed_code(checks: Checks, realm: Realm, name: str | None) -> None:
    """A code that comes twice was stolen: it brings nothing, and what it has brought before ends (RFC 6749, 4.1.2)."""
    client = realm.client_of(name, "authorization_code")
    form = coded(realm, client).form()
    first = redeemed(realm, client, form)
    token = str(field(first, "access_token") or "")
    if not checks.that("provider.code", first.ok and bool(token), "tokens for a code", seen(first)):
        return
    _works(checks, "provider.before_replay", realm, token)
    refused(checks, "provider.code_once", redeemed(realm, client, form), "invalid_grant")
    _ended(checks, "provider.replay_ends_token", profile(realm, token))
    renewal = field(first, "refresh_token")
    if isinstance(renewal, str):
        refused(checks, "provider.replay_ends_renewal", renewed(realm, client, renewal), "invalid_grant")


def stolen_refresh_token(checks: Checks, realm: Realm, name: str | None) -> None:
    """A refresh token is of its client and scope alone, and its second use ends what came of the first (RFC 9700, 4.14.2)."""
    client, other = realm.client_of(name, "authorization_code"), provider_requests.other_client(realm, name)
    _of_another(checks, "provider.renewal_client", realm, renewed(realm, other, _refresh_token(realm, client)), other)
    _not_widened(checks, realm, client)
    old = _refresh_token(realm, client)
    answer = renewed(realm, client, old)
    new, token = field(answer, "refresh_token"), str(field(answer, "access_token") or "")
    rotated = answer.ok and isinstance(new, str) and new not in ("", old)
    if not checks.that("provider.rotated", rotated, "another refresh token", _rotation(answer, old)):
        return
    _works(checks, "provider.before_reuse", realm, token)
    refused(checks, "provider.renewed_once", renewed(realm, client, old), "invalid_grant")
    refused(checks, "provider.reuse_ends_family", renewed(realm, client, str(new)), "invalid_grant")


def foreign_revocation(checks: Checks, realm: Realm, name: str | None) -> None:
    """A client revokes what it was given itself, and nothing of another client's (RFC 7009, 2.1).

    Whether it is answered with an error or with 200, as by providers that say nothing of foreign tokens: those go on.
    """
    endpoint = realm.endpoint("revocation_endpoint")
    client, other = realm.client_of(name, "authorization_code"), provider_requests.other_client(realm, name)
    answer = redeemed(realm, client, coded(realm, client).form())
    token, renewal = (str(field(answer, kind) or "") for kind in ("access_token", "refresh_token"))
    if not checks.that("provider.code", answer.ok and bool(token), "tokens for a code", seen(answer)):
        return
    _works(checks, "provider.before_foreign_revocation", realm, token)
    for given, kind in ((token, "access_token"), (renewal, "refresh_token")):
        if given:
            oauth.ask(realm.party, other, endpoint, {"token": given, "token_type_hint": kind})
    after = profile(realm, token)
    expected = "status 200 from the UserInfo endpoint after another client has revoked the token"
    checks.that("provider.active_after_foreign_revocation", after.status == OK, expected, f"status {after.status}")
    if renewal:
        again = renewed(realm, client, renewal)
        expected = "a new access token after another client has revoked the refresh token"
        checks.that("provider.renewed_after_foreign_revocation", bool(field(again, "access_token")), expected, seen(again))


def _rotation(answer: Exchange, old: str) -> str:
    same = field(answer, "refresh_token") == old
    return "the same refresh token" if same else seen(answer)


def _refresh_token(realm: Realm, client: Identity, **changes: str) -> str:
    """A refresh token that a code has brought; none is NOT EVALUATED."""
    answer = redeemed(realm, client, coded(realm, client, **changes).form())
    given = field(answer, "refresh_token")
    if not isinstance(given, str) or not given:
        raise NotEvaluatedError("The identity provider gave no refresh token: there is none to try.")
    return given


def _not_widened(checks: Checks, realm: Realm, client: Identity) -> None:
    """Record whether a refresh token for less than the usual scope stays one for less (RFC 6749, 6)."""
    usual = client.way.scope.split()
    less, more = usual[:1], usual[1:]
    if not more:
        return
    answer = renewed(realm, client, _refresh_token(realm, client, scope=" ".join(less)), scope=" ".join(usual))
    given = str(field(answer, "scope") or " ".join(usual)).split()  # without one it is the scope of the request (RFC 6749, 5.1)
    refusal = answer.status in REFUSED and field(answer, "error") in ("invalid_scope", "invalid_grant")
    kept = refusal or (answer.ok and not set(given) & set(more))
    observed = f"the scope {' '.join(given)}" if answer.ok else seen(answer)
    checks.that("provider.scope_not_widened", kept, f"no more than the scope {' '.join(less)} that was granted", observed)


def _works(checks: Checks, check: str, realm: Realm, token: str) -> None:
    """Record whether a token opens the UserInfo endpoint; where it does not, nothing can be seen of its end."""
    answer = profile(realm, token)
    if answer.status != OK:
        raise NotEvaluatedError(
            f"The UserInfo endpoint of {realm.issuer} answered {answer.status} to a token that was just given: it cannot be seen "
            "whether the token ends."
        )
    checks.that(check, holds=True, expected="status 200 from the UserInfo endpoint", observed=f"status {answer.status}")


def _ended(checks: Checks, check: str, answer: Exchange) -> None:
    checks.that(check, answer.status in (401, 403), "status 401 from the UserInfo endpoint", f"status {answer.status}")


ABILITIES: dict[str, Callable[[Checks, Realm, str | None], None]] = {
    "redirect addresses": redirect_addresses,
    "code binding": code_binding,
    "pkce": pkce,
    "replayed code": replayed_code,
    "stolen refresh token": stolen_refresh_token,
    "foreign revocation": foreign_revocation,
}

"""Keywords for signing on by each flow of OAuth 2.0 and OpenID Connect."""

from __future__ import annotations

import re
import secrets as randoms
from typing import Any, Literal, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from robotlibcore import keyword

from PromptCraftLibrary import foreign_states, provider_requests, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance, oauth, tokens

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

BAD_REQUEST = 400
SHORTEST = 8  # characters of what nobody must guess
Flow = Literal["password", "authorization_code", "client_credentials"]


class SigningOnKeywords:
    """Sign-on by an identity provider."""

    @keyword(tags=("sign-on",))
    def sign_on_should_work(self, flow: Flow = "password", identity: str | None = None) -> None:
        """Signs an identity on by a flow at the identity provider, and checks the token, the session and whose it is.

        The token has to be signed by a key that the provider publishes, name its issuer, and last as long as the answer says. The
        platform has to open a session for it, with role and tenant as the environment file has them, and name and address as the
        token has them; it says the same when the session is used. With ``password`` name and password open a session of the same
        person at the platform too, and the password with a blank behind it, or without its last character, opens none.

        Args:
            flow: ``password``; ``authorization_code``, which follows the forms of the provider's page with PKCE;
                ``client_credentials``, for an identity that is a program.
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Sign On Should Work    authorization_code    identity=analyst
        ```
        """
        extras.demand("cryptography", "signatures of tokens")
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        granted = realm.grant(person.name, flow)
        checks = Checks("Signed on", f"{person.name} by {flow}")
        answer = sign_on.open_session(realm, granted.token)
        claims = _verified(checks, realm, granted.token)
        if tokens.claims_of(granted.token) is not None:
            lasts = claims.get("exp", 0) - claims.get("iat", 0)
            checks.equal("sign_on.lifetime", granted.body.get("expires_in"), lasts)
        if sign_on.accepted(checks, "sign_on.session", answer):
            sign_on.own(checks, answer, person.role, person.tenant)
            sign_on.claimed(checks, answer, claims)
            known = sign_on.profile(realm, str(answer.object().get("access_token")))
            sign_on.same(checks, known, answer.object())
            if flow == "password" and realm.system_way.operation:
                named = realm.system.authenticator.try_sign_in(person.username, person.password())
                sign_on.keep(named)
                if sign_on.accepted(checks, "sign_on.by_name", named):
                    sign_on.same_person(checks, named, answer.object())
                sign_on.only_by_the_whole_password(checks, realm, person)
            conformance.conform(checks, "sign_on.contract", known)
            checks.equal("sign_on.own_profile", answer.object()["user"]["user_id"], sign_on.user(known).get("user_id"))
        checks.conclude()

    @keyword(tags=("sign-on",))
    def sign_on_should_work_with_each_provider(self) -> None:
        """Signs a person on at each kind of identity provider of the environment; each kind has a result of its own.

        ``sign_in.provider`` of the system, or of an identity, names the kind. A kind that nobody signs on with, and a provider
        that does not answer, are NOT EVALUATED.

        Example:

        ```robotframework
        Sign On Should Work With Each Provider
        ```
        """
        realm = Realm(context.system)
        checks, check = Checks("Signed on", "each kind of provider"), "sign_on.provider"
        kinds = sign_on.by_provider(realm.system)
        if not kinds:
            expected, reason = "a session by a token of each kind", "the environment names no kind of identity provider"
            realm.system.lacks(checks, check, expected, reason, "sign_in.provider")
        for kind, name in kinds.items():
            expected = f"a session by a token of {kind}"
            try:
                answer = sign_on.open_session(realm, realm.grant(name).token)
            except NotEvaluatedError as error:
                realm.system.lacks(checks, check, expected, str(error), f"sign_in.provider.{kind}")
            else:
                observed = f"status {answer.status} for {name}"
                checks.that(check, answer.status == sign_on.OK and bool(answer.object().get("access_token")), expected, observed)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def sign_on_by_page_should_work(self, identity: str | None = None) -> None:
        """Signs an identity on as a browser does: from the platform to the provider's page and back, forms filled in.

        Each cookie that the platform sets on the way must be out of reach of scripts and of requests from other sites (HttpOnly,
        SameSite), last no longer than a session, and be Secure where the platform is reached by https. The session has to be of
        the same person as one that is opened by a token. Each request that the platform sends a browser to the provider with has
        a state, a nonce and a challenge (PKCE, S256) of its own.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Sign On By Page Should Work    identity=analyst
        ```
        """
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        browser = oauth.Browser(realm.party, person)
        checks = Checks("Signed on by page", person.name)
        answer = sign_on.delivered(realm, browser, sign_on.way_back(realm, browser))
        if sign_on.accepted(checks, "sign_on.page", answer):
            sign_on.own(checks, answer, person.role, person.tenant)
            sign_on.same_person(checks, answer, sign_on.session_of(realm, person.name))
        _kept_from_scripts(checks, realm, browser, answer)
        _fresh_requests(checks, realm)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def foreign_sign_on_should_be_refused(self, identity: str | None = None) -> None:
        """Delivers to one browser the code that another has come by, and checks that no session is opened for it.

        That is how an attacker has somebody work in the attacker's account. A state that nobody has begun, one that was used,
        with a new code as with the old one, a browser without the cookie of its way, and an answer of the provider that brings an
        error or nothing in place of a code must be refused too. The same way without a trick has to open a session before.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Foreign Sign On Should Be Refused
        ```
        """
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        checks = Checks("State", person.name)
        own = oauth.Browser(realm.party, person)
        back = sign_on.way_back(realm, own)
        sign_on.accepted(checks, "sign_on.page", sign_on.delivered(realm, own, back))
        sign_on.refused(checks, "sign_on.state_used", sign_on.delivered(realm, own, back), realm)
        attacker, victim = oauth.Browser(realm.party, person), oauth.Browser(realm.party, person)
        foreign = sign_on.way_back(realm, attacker)
        sign_on.way_back(realm, victim)
        sign_on.refused(checks, "sign_on.state", sign_on.delivered(realm, victim, foreign), realm)
        unknown = sign_on.way_back(realm, victim)
        state = parse_qs(urlsplit(unknown).query)["state"][0]
        made_up = unknown.replace(state, randoms.token_urlsafe(32))
        sign_on.refused(checks, "sign_on.state_unknown", sign_on.delivered(realm, victim, made_up), realm)
        foreign_states.without_cookie(checks, realm, person)
        foreign_states.used_with_new_code(checks, realm, person)
        foreign_states.without_code(checks, realm, person)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def code_should_need_its_verifier(self, identity: str | None = None) -> None:
        """Redeems codes with another verifier, with none, and twice, and checks that the provider gives no token (RFC 7636).

        A code with its own verifier has to be redeemed beside.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Code Should Need Its Verifier
        ```
        """
        realm = Realm(context.system)
        client = realm.client_of(identity, "authorization_code")
        checks = Checks("PKCE", client.name)

        def redeemed(**changes: str) -> tuple[Exchange, dict[str, str]]:
            form, _ = oauth.authorization(realm.party, client, realm.endpoints)
            form = {name: value for name, value in (form | changes).items() if value}
            answer = oauth.ask(
                realm.party, client, realm.endpoint("token_endpoint"), {"grant_type": "authorization_code", **form}
            )
            oauth.keep_granted(answer.body if isinstance(answer.body, dict) else {}, client)
            return answer, form

        genuine, used = redeemed()
        checks.that("sign_on.code", genuine.ok, "a token", _seen(genuine))
        if genuine.ok:
            sign_on.accepted(checks, "sign_on.code_works", sign_on.open_session(realm, str(genuine.object().get("access_token"))))
        other, _ = redeemed(code_verifier=randoms.token_urlsafe(48))
        _not_redeemed(checks, "sign_on.pkce", other)
        without, _ = redeemed(code_verifier="")
        _not_redeemed(checks, "sign_on.pkce", without, "invalid_request")  # what is missing (RFC 6749, 5.2)
        again = oauth.ask(realm.party, client, realm.endpoint("token_endpoint"), {"grant_type": "authorization_code", **used})
        _not_redeemed(checks, "sign_on.code_once", again)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def nonce_should_be_verified(self, identity: str | None = None, *, other: str | None = None) -> None:
        """Offers an ID token with another nonce than the one that was asked for, and checks that no session is opened.

        With its own nonce the same token has to open one. What is missing on both sides is no match: an ID token that has no
        nonce opens nothing, with an empty nonce or without any, nor does one that has a nonce, offered without.

        Args:
            identity: An identity of the environment; by default the first one.
            other: Another person, whose ID token opens nothing beside this one's access token; by default it is not tried.

        Example:

        ```robotframework
        Nonce Should Be Verified    analyst    other=viewer
        ```
        """
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        if other and realm.system.identity(other).name == name:
            raise UsageError(f"The ID token of {name} cannot be tried beside their own access token: name another person.")
        checks = Checks("Nonce", name)
        granted = realm.grant(identity, "authorization_code")
        id_token = _id_token(granted.body)
        sign_on.accepted(checks, "sign_on.own_nonce", sign_on.open_session(realm, granted.token, id_token, granted.nonce))
        replayed = sign_on.open_session(realm, granted.token, id_token, randoms.token_urlsafe(12))
        sign_on.refused(checks, "sign_on.nonce", replayed, realm)
        offers = [(granted.token, id_token)]
        if without := provider_requests.without_nonce(realm, realm.client_of(identity, "authorization_code")):
            body = without.body if isinstance(without.body, dict) else {}
            offers.append((str(provider_requests.field(without, "access_token")), _id_token(body)))
        for token, offered in offers:
            for nonce in (None, ""):
                answer = sign_on.open_session(realm, token, offered, nonce)
                sign_on.refused(checks, "sign_on.no_nonce", answer, realm)
        if other:
            theirs = realm.grant(other, "authorization_code")
            answer = sign_on.open_session(realm, granted.token, _id_token(theirs.body), theirs.nonce)
            sign_on.refused(checks, "sign_on.other_subject", answer, realm)
        checks.conclude()

    @keyword(tags=("sign-on",))
    def realm_tokens_should_be_renewed(self, identity: str | None = None) -> None:
        """Exchanges the provider's refresh token for new tokens, and checks that they work and the old one does so once.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Realm Tokens Should Be Renewed
        ```
        """
        realm = Realm(context.system)
        person = realm.client_of(identity, "password")
        checks = Checks("Renewed", person.name)
        granted = realm.grant(identity)
        form = {"grant_type": "refresh_token", "refresh_token": str(granted.body.get("refresh_token", ""))}
        answer = realm.ask(identity, "token_endpoint", form)
        body = answer.body if isinstance(answer.body, dict) else {}
        oauth.keep_granted(body, person)
        renewed = str(body.get("access_token", ""))
        checks.that("sign_on.renewed", answer.ok and renewed not in ("", granted.token), "a new access token", _seen(answer))
        if renewed:
            sign_on.accepted(checks, "sign_on.renewed_works", sign_on.open_session(realm, renewed))
        _not_redeemed(checks, "sign_on.renewed_once", realm.ask(identity, "token_endpoint", form))
        checks.conclude()

    @keyword(tags=("sign-on",))
    def introspection_should_follow_revocation(self, identity: str | None = None) -> None:
        """Asks the provider about a token before and after it is revoked: it is active, and then it is not (RFC 7662, RFC 7009).

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Introspection Should Follow Revocation
        ```
        """
        realm = Realm(context.system)
        checks = Checks("Introspection", realm.system.identity(identity).name)
        token = realm.grant(identity).token
        sign_on.accepted(checks, "sign_on.session", sign_on.open_session(realm, token))
        for check, expected in (("sign_on.active", True), ("sign_on.inactive", False)):
            answer = realm.ask(identity, "introspection_endpoint", {"token": token})
            active = answer.body.get("active") if answer.ok and isinstance(answer.body, dict) else None
            checks.equal(check, expected, active)
            if expected:
                revoked = realm.ask(identity, "revocation_endpoint", {"token": token})
                checks.that("sign_on.revoked", revoked.ok, "status 200", f"status {revoked.status}")
        checks.conclude()


def _id_token(body: dict[str, Any]) -> str:
    """The ID token that was given; none is NOT EVALUATED."""
    found = body.get("id_token")
    if not isinstance(found, str):
        raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")
    return found


def _verified(checks: Checks, realm: Realm, token: str) -> dict[str, Any]:
    """The claims of a token; records whether a published key signs it for the platform."""
    import jwt

    expected = "a token signed by the provider"
    if tokens.claims_of(token) is None:
        reason = f"the access tokens of {realm.issuer} are no JSON Web Tokens"
        realm.system.lacks(checks, "sign_on.signature", expected, reason, "provider.signed_tokens")
        return {}
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((jwt.PyJWK.from_dict(key) for key in realm.published_keys() if key.get("kid") == kid), None)
        if key is None:
            checks.that("sign_on.signature", holds=False, expected="a key that the provider publishes", observed=f"kid {kid}")
            return {}
        claims: dict[str, Any] = jwt.decode(
            token, key.key, [key.algorithm_name], issuer=str(realm.endpoints["issuer"]), options={"verify_aud": False}
        )
    except jwt.InvalidTokenError as error:
        checks.that("sign_on.signature", holds=False, expected=expected, observed=str(error))
        return {}
    checks.that("sign_on.signature", holds=True, expected=expected, observed=f"{key.algorithm_name} of {kid}")
    return claims


def _kept_from_scripts(checks: Checks, realm: Realm, browser: oauth.Browser, answer: Exchange) -> None:
    """Look at the cookies that the platform has set; a platform that sets none has none to look at."""
    host = urlsplit(realm.system.url).netloc
    cookies = [cookie for url, cookie in browser.received if urlsplit(url).netloc == host] + list(answer.cookies)
    given = {cookie.partition("=")[0]: cookie.lower() for cookie in cookies if cookie.partition(";")[0].partition("=")[2]}
    open_ = [name for name, text in given.items() if "httponly" not in text or not re.search("samesite=(lax|strict)", text)]
    if given:
        expected = "HttpOnly, and SameSite lax or strict, for each cookie"
        observed = f"without: {', '.join(open_)}" if open_ else f"both for {', '.join(given)}"
        checks.that("sign_on.cookies", not open_, expected, observed, n=len(given))
        longest = int(realm.words.needed("session.seconds"))
        lasting = [name for name, text in given.items() if _seconds(text) > longest]
        observed = f"longer: {', '.join(lasting)}" if lasting else f"no longer: {', '.join(given)}"
        checks.that(
            "sign_on.cookies_end", not lasting, f"no cookie for longer than a session, {longest} s", observed, n=len(given)
        )
        if realm.system.url.startswith("https:"):
            plain = [name for name, text in given.items() if not re.search(r";\s*secure(;|$)", text)]
            observed = f"without: {', '.join(plain)}" if plain else f"Secure for {', '.join(given)}"
            checks.that("sign_on.cookies_secure", not plain, "Secure for each cookie", observed, n=len(given))


def _fresh_requests(checks: Checks, realm: Realm) -> None:
    """Look at two requests for a code: each has what ties the answer to this browser, and none of it twice."""
    first, second = (parse_qs(urlsplit(sign_on.sent(realm, "sign_on.page").location).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        values = [query.get(name, [""])[0] for query in (first, second)]
        fresh = all(len(value) >= SHORTEST for value in values) and values[0] != values[1]
        observed = f"{len(set(values))} different of {', '.join(str(len(value)) for value in values)} characters"
        checks.that(f"sign_on.fresh_{name}", fresh, f"another {name} of {SHORTEST} characters or more each time", observed, n=2)
    checks.equal("sign_on.challenge_method", "S256", first.get("code_challenge_method", ["none"])[0])


def _seconds(cookie: str) -> int:
    """How long a cookie is kept at most, in seconds; 0 for one that ends with the browser."""
    found = re.search(r";\s*max-age=(\d+)", cookie)
    return int(found[1]) if found else 0


def _not_redeemed(checks: Checks, check: str, answer: Exchange, *others: str) -> None:
    body, errors = answer.body if isinstance(answer.body, dict) else {}, ("invalid_grant", *others)
    right = answer.status == BAD_REQUEST and body.get("error") in errors
    checks.that(check, right, f"status 400 with {' or '.join(errors)}", _seen(answer))


def _seen(answer: Exchange) -> str:
    body = answer.body if isinstance(answer.body, dict) else {}
    return f"status {answer.status} with " + (
        str(body["error"]) if "error" in body else f"the fields {', '.join(body) or 'none'}"
    )

"""Keywords about sessions: in their store, side by side, renewed and ended."""

from __future__ import annotations

import datetime as dt
import secrets as randoms
import time
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from robotlibcore import keyword

from PromptCraftLibrary import ended_sessions, operations, provider_sessions, session_store, sign_on, stored_lists
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import LackingError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import compared, plural, written
from theodore_qa.systems import conformance, conventions, oauth, tokens

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

OK = 200
SLACK = 60  # seconds between the making of a session and the look into the store
SHORT = 600
BAD_REQUEST = 400
NOT_TAKEN = (400, 404, 405)  # by a provider that ends sessions in the browser alone
ANNOUNCED_WITHIN, PAUSE = 5.0, 0.1  # seconds
FORCED = "ab" * 32  # a session id that a client brings along


class StoredSessionKeywords:
    """Sessions and their store."""

    @keyword(tags=("session", "store"))
    def session_should_be_stored(self, identity: str | None = None) -> None:
        """Opens a session and looks for it in the store: under its key, with all fields and an end, without a token in clear.

        Key, fields and length are those of the vocabulary.

        Args:
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: The environment names no ``session_store``, or it does not answer.

        Example:

        ```robotframework
        Session Should Be Stored    identity=analyst
        ```
        """
        realm = Realm(context.system)
        store, person = session_store.SessionStore(realm), realm.system.identity(identity)
        token = realm.grant(person.name).token
        answer = sign_on.open_session(realm, token)
        checks = Checks("Session in the store", person.name)
        sign_on.accepted(checks, "sessions.opened", answer)
        session = answer.object()
        found = store.session(str(session.get("session_id")))
        fields = list(realm.words.needed("session.fields"))
        checks.that("sessions.stored", bool(found), f"a hash under {store.key}", plural(len(found), "field"), n=len(found))
        lacking = [name for name in fields if name not in found]
        checks.that("sessions.fields", not lacking, f"the fields {', '.join(fields)}", f"lacking: {', '.join(lacking) or 'none'}")
        checks.equal("sessions.owner", person.tenant, found.get("organization"))
        checks.equal("sessions.role", person.role, found.get("roles"))
        for name in ("user_id", "username"):
            checks.equal(f"sessions.stored_{name}", sign_on.user(answer).get(name), found.get(name))
        stored_lists.moments(checks, found, answer)
        left, seconds = store.seconds_left(str(session.get("session_id"))), realm.words.needed("session.seconds")
        within = left is not None and seconds - SLACK <= left <= seconds
        checks.that("sessions.ttl", within, f"an end in {seconds - SLACK} to {seconds} s", f"{_end(left)}")
        ends = left is not None and left >= 0
        checks.that("sign_on.session_lifetime", ends and within, f"at most {seconds} s", f"{left} s" if ends else _end(left))
        checks.that("sessions.expires_at", _agrees(session, left), "the end that the store has", str(session.get("expires_at")))
        clear = [name for name, value in found.items() if value in (token, session["access_token"], session["refresh_token"])]
        checks.that(
            "sessions.token_in_clear", not clear, "no token in clear", f"in clear: {', '.join(clear) or 'none'}", n=len(found)
        )
        checks.conclude()

    @keyword(tags=("session", "store"))
    def session_should_end_as_promised(self, identity: str | None = None) -> None:
        """Shortens a session in the store, uses it, and checks that it lasts longer only where the vocabulary says ``sliding``.

        It is used by each operation of the vocabulary, of which none may prolong it by itself, and renewed by its refresh token.

        Then it is taken away there, as its time does: its tokens must be refused from then on, by each operation of the
        vocabulary.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Session Should End As Promised
        ```
        """
        realm = Realm(context.system)
        store, name = session_store.SessionStore(realm), realm.system.identity(identity).name
        session = sign_on.session_of(realm, name)
        number, sliding = session["session_id"], bool(realm.words.get("session.sliding", default=False))
        checks = Checks("End of a session", name)
        store.shorten(number, SHORT)
        before = store.session(number)
        conformance.answered(checks, "sessions.works", OK, sign_on.profile(realm, session["access_token"]))
        _noted(checks, before, store.session(number))
        operations.use(realm, session["access_token"])
        answer = ended_sessions.renewed(realm, session)
        if sign_on.accepted(checks, "sessions.renewed_before_end", answer):
            session = answer.object()
        left = store.seconds_left(number)
        longer = left is not None and left > SHORT
        expected = f"more than {SHORT} s: it is sliding" if sliding else f"at most {SHORT} s: it is not sliding"
        checks.that("sessions.prolonged", left is not None and left >= 0 and longer is sliding, expected, _end(left))
        store.end(number)
        sign_on.refused(checks, "sessions.outlived", sign_on.profile(realm, session["access_token"]), realm)
        operations.closed(checks, "sessions.outlived_operations", realm, session["access_token"])
        sign_on.refused(checks, "sessions.renewed_after_end", ended_sessions.renewed(realm, session), realm)
        ended_sessions.out_of_sight(checks, "end", realm, [session], sign_on.session_of(realm, name))
        checks.conclude()

    @keyword(tags=("session",))
    def log_out_should_end_session(self, identity: str | None = None) -> None:
        """Opens three sessions side by side, logs out of two, and checks that these have ended and the third works.

        One log-out says nothing of the others, and one that they go on.

        Of the ended one neither token is taken, and the access token by no operation of the vocabulary; it is in the list of its
        person no longer, nor in the store, where the environment names a store.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Log Out Should End Session
        ```
        """
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        first, second, third = (sign_on.session_of(realm, name) for _ in range(3))
        checks = Checks("Log-out", name)
        for session in (first, second, third):
            conformance.answered(checks, "sessions.side_by_side", OK, sign_on.profile(realm, session["access_token"]))
        here = {entry: not value for entry, value in dict(realm.words.get("sign_on.everywhere", default={})).items()}
        for session, body in ((first, None), (second, here or None)):
            ended = _logged_out(realm, session, body)
            conformance.answered(checks, "sessions.log_out", OK, ended)
            checks.equal("sessions.log_out_counted", 1, ended.object().get("ended_sessions") if ended.ok else None)
        ended_sessions.tokens_refused(checks, "sessions.logged_out", "sessions.renewed_after_log_out", realm, (first, second))
        operations.closed(checks, "sessions.ended_operations", realm, first["access_token"])
        conformance.answered(checks, "sessions.other_goes_on", OK, sign_on.profile(realm, third["access_token"]))
        ended_sessions.out_of_sight(checks, "log_out", realm, [first, second], third)
        checks.conclude()

    @keyword(tags=("session",))
    def log_out_everywhere_should_end_all_sessions(self, identity: str | None = None, *, other: str) -> None:
        """Opens three sessions, logs out everywhere by one of them, and checks that none works, and another identity's does.

        When the person signs on again, the list holds the new session and none of the three.

        Args:
            identity: An identity of the environment; by default the first one.
            other: Another identity, whose session goes on.

        Example:

        ```robotframework
        Log Out Everywhere Should End All Sessions    developer    other=viewer
        ```
        """
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        sessions, foreign = [sign_on.session_of(realm, name) for _ in range(3)], sign_on.session_of(realm, other)
        checks = Checks("Log-out everywhere", name)
        for session in (*sessions, foreign):
            conformance.answered(checks, "sessions.side_by_side", OK, sign_on.profile(realm, session["access_token"]))
        open_ = stored_lists.ids(stored_lists.own(realm, sessions[0]))
        answer = _logged_out(realm, sessions[0], realm.words.needed("sign_on.everywhere"))
        realm.system.authenticator.forget(realm.system.identity(name))  # the session that other keywords use has ended too
        conformance.answered(checks, "sessions.log_out", OK, answer)
        checks.equal("sessions.everywhere_counted", len(open_), answer.object().get("ended_sessions") if answer.ok else None)
        ended_sessions.tokens_refused(checks, "sessions.everywhere", "sessions.everywhere_renewal", realm, sessions)
        conformance.answered(checks, "sessions.others_go_on", OK, sign_on.profile(realm, foreign["access_token"]))
        ended_sessions.out_of_sight(checks, "everywhere", realm, sessions, sign_on.session_of(realm, name))
        checks.conclude()

    @keyword(tags=("session",))
    def log_out_at_the_provider_should_end_session(self, identity: str | None = None) -> None:
        """Logs out at the identity provider, and checks that the platform's sessions end within 5 s (back-channel logout).

        Two sessions are opened by one session at the provider: both have to end, and one of another session there goes on. A
        logout token that an attacker has signed must be refused before, and end nothing.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Log Out At The Provider Should End Session
        ```
        """
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        provider_sessions.demand_announcements(realm)
        granted = realm.grant(name)
        checks = Checks("Log-out at the provider", name)
        answers = [sign_on.open_session(realm, granted.token) for _ in range(2)]
        opened = [answer.object() for answer in answers if sign_on.accepted(checks, "sessions.opened", answer)]
        beside = sign_on.session_of(realm, name)
        content = urlencode({"logout_token": _forged_log_out(granted)}).encode()
        forged = sign_on.sent(realm, "sign_on.log_out_by_provider", content=content, headers={"Content-Type": oauth.FORM})
        conformance.answered(checks, "sessions.forged_log_out", BAD_REQUEST, forged)
        for session in opened:
            conformance.answered(checks, "sessions.goes_on", OK, sign_on.profile(realm, session["access_token"]))
        form = {"refresh_token": str(granted.body.get("refresh_token", ""))}
        done = realm.ask(name, "end_session_endpoint", form)
        if done.status in NOT_TAKEN:
            raise LackingError(
                f"The identity provider at {realm.issuer} ends no session by a refresh token: expected a status of success from "
                f"its end_session_endpoint, observed {done.status} with {done.excerpt(60)}.",
                "provider.logout_by_refresh_token",
            )
        checks.that("sessions.provider_logs_out", done.ok, "a status of success", f"status {done.status}")
        for session in opened:
            sign_on.refused(checks, "sessions.provider_log_out", _closed_within(realm, session["access_token"]), realm)
            sign_on.refused(checks, "sessions.provider_log_out_renewal", ended_sessions.renewed(realm, session), realm)
        ended_sessions.out_of_sight(checks, "provider_log_out", realm, opened, beside)
        checks.conclude()

    @keyword(tags=("session",))
    def log_out_at_the_providers_page_should_end_session(self, identity: str | None = None) -> None:
        """Signs on twice by the provider's page, logs the browser out there, and checks that both sessions end within 5 s.

        That is the back-channel log-out of OpenID Connect, begun as a person does it (RP-Initiated Logout). A session of
        another browser has to go on. A provider whose discovery document names no back-channel log-out is NOT EVALUATED.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Log Out At The Providers Page Should End Session    identity=analyst
        ```
        """
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        provider_sessions.demand_announcements(realm)
        checks = Checks("Log-out at the provider's page", person.name)
        browser, beside = (oauth.Browser(realm.party, person) for _ in range(2))
        windows = (browser, browser, beside)
        answers = [sign_on.delivered(realm, window, sign_on.way_back(realm, window)) for window in windows]
        taken = [answer.object() for answer in answers if sign_on.accepted(checks, "sessions.opened_by_page", answer)]
        if len(taken) == len(windows):
            *opened, other = taken
            for session in opened:
                conformance.answered(checks, "sessions.before_log_out", OK, sign_on.profile(realm, session["access_token"]))
            provider_sessions.end_in(realm, browser)
            for session in opened:
                sign_on.refused(checks, "sessions.page_log_out", _closed_within(realm, session["access_token"]), realm)
                sign_on.refused(checks, "sessions.page_log_out_renewal", ended_sessions.renewed(realm, session), realm)
            kept = sign_on.profile(realm, other["access_token"])
            conformance.answered(checks, "sessions.other_browser_goes_on", OK, kept)
            ended_sessions.out_of_sight(checks, "page_log_out", realm, opened, other)
        checks.conclude()

    @keyword(tags=("session",))
    def session_should_be_renewed_once(self, identity: str | None = None) -> None:
        """Renews a session by its refresh token, and checks that the new tokens work and the old one is taken only once.

        An access token in its place must be refused, and so must a refresh token in place of an access token, by each operation
        of the vocabulary. The new refresh token renews the session again. A token that says itself when it ends must say so
        rightly: the refresh token not before the session ends, the access token when its answer says.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Session Should Be Renewed Once
        ```
        """
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        session = sign_on.session_of(realm, name)
        checks = Checks("Renewal", name)
        sign_on.lasting(checks, "sessions.", session, realm)
        answer = ended_sessions.renewed(realm, session)
        if sign_on.accepted(checks, "sessions.renewed", answer):
            renewed = answer.object()
            sign_on.lasting(checks, "sessions.renewed_", renewed, realm)
            for name in ("session_id", "user", "expires_at"):
                same = renewed.get(name) == session[name]
                checks.that(f"sessions.renewed_{name}", same, *compared(session[name], renewed.get(name)))
            conformance.answered(checks, "sessions.renewed_works", OK, sign_on.profile(realm, renewed["access_token"]))
            wrong = session | {"refresh_token": renewed["access_token"]}
            sign_on.refused(checks, "sessions.renewed_by_access_token", ended_sessions.renewed(realm, wrong), realm)
            operations.closed(checks, "sessions.used_by_refresh_token", realm, renewed["refresh_token"])
            sign_on.accepted(checks, "sessions.renewed_again", ended_sessions.renewed(realm, renewed))
        unknown = session | {"refresh_token": f"{session['refresh_token'][:-8]}{'A' * 8}"}
        sign_on.refused(checks, "sessions.renewed_by_unknown_token", ended_sessions.renewed(realm, unknown), realm)
        sign_on.refused(checks, "sessions.renewed_once", ended_sessions.renewed(realm, session), realm)
        ended_sessions.renewed_at_once(checks, realm, sign_on.session_of(realm, realm.system.identity(identity).name))
        checks.conclude()

    @keyword(tags=("session",))
    def session_should_have_an_id_of_its_own(self, identity: str | None = None) -> None:
        """Brings a session id along at sign-on, and checks that the platform takes another, new each time.

        Else an attacker who has somebody sign on with a known id shares the session.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Session Should Have An Id Of Its Own
        ```
        """
        realm = Realm(context.system)
        person = realm.system.identity(identity)
        checks = Checks("Session id", person.name)
        seen = [sign_on.session_of(realm, person.name)["session_id"] for _ in range(2)]
        headers = {"X-Session-ID": FORCED, "Cookie": f"session_id={FORCED}"}
        body = {realm.words.needed("sign_on.access_token"): realm.grant(person.name).token}
        answer = sign_on.sent(realm, "sign_on.operation", json_body=body, headers=headers)
        sign_on.keep(answer)
        sign_on.accepted(checks, "sessions.opened", answer)
        forced = answer.object().get("session_id")
        checks.that(
            "sessions.fixed",
            forced != FORCED,
            "another session id than the client's",
            "the client's" if forced == FORCED else "another",
        )
        number = len({*seen, forced})
        checks.that("sessions.new_id", number == 3, "3 different session ids", f"{number} different", n=3)  # noqa: PLR2004  # sessions
        checks.conclude()


def _closed_within(realm: Realm, token: str) -> Exchange:
    """The answer to a token, once it is refused or a few seconds have passed: providers announce a log-out beside."""
    ends = time.monotonic() + ANNOUNCED_WITHIN
    while (answer := sign_on.profile(realm, token)).status == OK and time.monotonic() < ends:
        time.sleep(PAUSE)
    return answer


def _forged_log_out(granted: oauth.Grant) -> str:
    """A logout token for a session, signed by an attacker's key."""
    extras.demand("cryptography", "a forged logout token")
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    header, claims = tokens.claims_of(granted.token) or ({}, {})
    named = {name: claims.get(name) for name in ("iss", "sub", "sid", "iat", "exp", "jti")}
    body = named | {"aud": claims.get("azp"), "typ": "Logout", "events": {provider_sessions.LOGGED_OUT: {}}}
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(body, key, algorithm="ES256", headers={"kid": header.get("kid", "")})


def _noted(checks: Checks, before: dict[str, str], after: dict[str, str]) -> None:
    """Record whether the use of a session was noted as its last activity, and as nothing else."""
    moments = [conventions.instant(str(found.get("last_activity"))) for found in (before, after) if found.get("last_activity")]
    later = len(moments) == 2 and moments[0] < moments[1]  # noqa: PLR2004  # before and after
    observed = f"{written(before.get('last_activity'))}, then {written(after.get('last_activity'))}"
    checks.that("sessions.last_activity", later, "a later last_activity after its use", observed)
    first, second = ({name: value for name, value in found.items() if name != "last_activity"} for found in (before, after))
    checks.that("sessions.else_unchanged", first == second, "all else as before its use", written(sorted(second)), n=len(first))


def _end(left: int | None) -> str:
    return "no session" if left is None else "no end" if left < 0 else f"an end in {left} s"


def _agrees(session: dict[str, Any], left: int | None) -> bool:
    """Whether the answer's moment of the end is the store's."""
    try:
        ends = dt.datetime.fromisoformat(str(session.get("expires_at")))
    except ValueError:
        return False
    if left is None or ends.tzinfo is None:
        return False
    return abs((ends - dt.datetime.now(dt.UTC)).total_seconds() - left) <= context.environment.clock_tolerance + 2


def _logged_out(realm: Realm, session: dict[str, Any], body: dict[str, Any] | None = None) -> Exchange:
    method, path = realm.system.located(realm.system.declared.sign_out)
    headers = {"X-Correlation-ID": randoms.token_hex(8)}
    return realm.system.request(method, path, token=session["access_token"], json_body=body, headers=headers)

"""Keywords about the audit trail: every attempt is in it, failed ones too."""

from __future__ import annotations

import re
import secrets as randoms
from typing import Any, Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import assertions, audited_names, auditing, sign_on, stored_lists
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance, oauth, pointers

if TYPE_CHECKING:
    from collections.abc import Callable

OK, FOUND, BAD_REQUEST, UNAUTHORISED, FORBIDDEN, INVALID = 200, 302, 400, 401, 403, 422
AGENT = "qa-audit/1.0"
ELSEWHERE = "203.0.113.7"  # an address that no client has (RFC 5737)
ByToken = Literal[
    "sign-on", "wrong password", "refused token", "anonymous request", "forbidden operation", "log-out", "renewal", "page",
    "sign-on begun", "refused logout token", "ended session",
]  # fmt: skip
ByAssertion = Literal["assertion begun", "assertion", "tampered assertion", "replayed assertion"]
Attempted = Literal[ByToken, ByAssertion]


class AuditedAttemptKeywords:
    """Attempts in the audit trail."""

    @keyword(tags=("audit",))
    def attempt_should_be_audited(
        self, attempt: Attempted, identity: str, *, administrator: str, elsewhere: str | None = None
    ) -> None:
        """Attempts something, and checks that the audit trail has exactly one event of it, which says what was attempted.

        The event is known by the number of the request, which the answer names. It has to say who it was and of which tenant and
        session, what was requested and answered, and when; kinds and categories are those of the vocabulary.

        Args:
            attempt: ``sign-on``, ``wrong password``, ``refused token``, ``anonymous request``, ``forbidden operation`` (needs an
                identity with few rights), ``log-out``, ``renewal``, ``sign-on begun``: the way to the provider's page, ``page``:
                a sign-on by it, ``refused logout token``: one that the provider has not given, ``ended session``: by an
                administrator, ``assertion begun``: the way to the page by SAML, ``assertion``: a sign-on by it, ``tampered
                assertion``: with a signature that does not fit, or ``replayed assertion``: with a used one.
            identity: Who attempts it.
            administrator: An identity of the same tenant that may read the trail.
            elsewhere: An identity of another tenant that may read its own trail, in which the attempt must not be; by default
                no other trail is looked into.

        Example:

        ```robotframework
        Attempt Should Be Audited    wrong password    viewer    administrator=admin    elsewhere=partner
        ```
        """
        realm = Realm(context.system)
        tenant = realm.system.identity(identity).tenant
        if elsewhere and realm.system.identity(elsewhere).tenant == tenant:
            raise UsageError(f"The identities {identity} and {elsewhere} are of one tenant ({tenant}): name one of another.")
        reader = sign_on.session_of(realm, administrator)["access_token"]
        status, kind, attempted = ATTEMPTS[attempt]
        checks = Checks("Audited", f"{attempt} by {identity}")
        made = attempted(realm, identity)
        conformance.answered(checks, "audit.attempted", status, made.answer)
        number = auditing.number_of(realm, made.answer)
        events = auditing.listed(checks, realm, reader)
        own = [event for event in events if pointers.found(event, realm.words.needed("audit.request")) == number]
        for event in own:
            outcome = "failure" if made.answer.status >= auditing.FIRST_ERROR else "success"
            checks.equal("audit.outcome", outcome, pointers.found(event, realm.words.needed("audit.outcome")))
            checks.equal("audit.kind", kind, pointers.found(event, realm.words.needed("audit.kind")))
        auditing.compare(checks, realm, [made], events)
        if elsewhere:
            foreign = auditing.listed(checks, realm, sign_on.session_of(realm, elsewhere)["access_token"])
            leaked = sum(pointers.found(event, realm.words.needed("audit.request")) == number for event in foreign)
            expected = f"no event of it among those of {elsewhere}"
            observed = f"{plural(leaked, 'event')} of {len(foreign)}"
            checks.that("audit.own_trail", bool(foreign) and not leaked, expected, observed, n=len(foreign))
        checks.conclude()

    @keyword(tags=("audit",))
    def operations_should_be_audited(self, identity: str) -> None:
        """Sends each operation of the vocabulary, and checks that the audit trail has exactly one event of each that fits it.

        What changes something is sent about what there is not, or without what it needs, so that errors are among them; the
        identity's own account and session are read too. Operations have a number of the client's for what belongs together,
        which their events have to name, and a made-up address of the client, which they must not. No two operations are called
        the same, nor are the resources of two lists; the events name the version that answers.

        Args:
            identity: An identity that may do everything, the audit trail included.

        Example:

        ```robotframework
        Operations Should Be Audited    admin
        ```
        """
        realm = Realm(context.system)
        session = sign_on.session_of(realm, identity)
        header = realm.words.needed("audit.correlation_header")
        bodies = {name: act.get("body") for name, act in dict(realm.words.get("acts", default={})).items()}
        made = []
        for operation in (*realm.words.needed("operations"), *bodies):
            method, _, path = operation.partition(" ")
            known = f"qa-{randoms.token_hex(8)}"
            answer = realm.system.request(
                method,
                path,
                json_body=bodies.get(operation),
                token=session["access_token"],
                headers={header: known, "User-Agent": AGENT, auditing.CLIENT_HEADER: ELSEWHERE},
            )
            made.append(auditing.Attempt(answer, session, known))
        for kind, number in (("users", session["user"]["user_id"]), ("sessions", session["session_id"])):
            method, _, path = str(realm.words.needed(f"tenant_bound.{kind}.read")).partition(" ")
            read = realm.system.request(method, re.sub(r"\{\w+\}", number, path), token=session["access_token"])
            made.append(auditing.Attempt(read, session))
        checks = Checks("Audited operations", identity)
        events = auditing.listed(checks, realm, session["access_token"], limit=auditing.MOST)
        auditing.compare(checks, realm, made, events)
        audited_names.told_apart(checks, realm, made, events)
        audited_names.of_this_version(checks, realm, made, events)
        checks.conclude()

    @keyword(tags=("audit",))
    def audit_trail_should_be_listed_as_requested(self, administrator: str, other: str) -> None:
        """Lists the audit trail whole, by each kind of event, by user and up to a limit, and checks what comes each time.

        The whole trail is the measure: the newest event comes first, no event twice, a kind, a user, or both together bring all
        and only their events, a limit so many of the newest, beside both too, and an event that is read by its id is the one
        that was listed.

        Args:
            administrator: An identity that may read the trail; requests of other kinds are sent as it before.
            other: Another identity of its tenant, whose events are looked for.

        Example:

        ```robotframework
        Audit Trail Should Be Listed As Requested    admin    viewer
        ```
        """
        realm = Realm(context.system)
        session, own = (sign_on.session_of(realm, name) for name in (administrator, other))
        token = session["access_token"]
        sign_on.profile(realm, own["access_token"])
        checks = Checks("Audit trail", administrator)
        whole = auditing.listed(checks, realm, token, limit=auditing.MOST)
        times, ids = [str(event.get("timestamp")) for event in whole], [str(event.get("event_id")) for event in whole]
        in_order = times == sorted(times, reverse=True)
        checks.that("audit.newest_first", in_order, "each event before the older ones", written(times[:3]), n=len(times))
        checks.that("audit.no_doubles", len(set(ids)) == len(ids), plural(len(ids), "event"), str(len(set(ids))), n=len(ids))
        for kind in dict.fromkeys([*KINDS, *(str(event.get("event_type")) for event in whole)]):
            _chosen(checks, realm, token, whole, event_type=kind)
        number = str(own["user"]["user_id"])
        for user in (number, number[:-1], number.upper(), f"qa-{randoms.token_hex(6)}"):
            _chosen(checks, realm, token, whole, user_id=user)
        for kind in KINDS[::-1]:
            both = {"event_type": kind, "user_id": session["user"]["user_id"]}
            _chosen(checks, realm, token, whole, **both)
        for limit in (1, 2):
            some = auditing.listed(checks, realm, token, limit=limit)
            checks.equal("audit.limit", limit, len(some))
            few = auditing.listed(checks, realm, token, limit=limit, **both)
            least = min(limit, sum(_fits(event, both) for event in whole))
            checks.equal("audit.limit_beside_filters", least, sum(_fits(event, both) for event in few))
        usual = auditing.listed(checks, realm, token)
        least = min(len(whole), USUAL)
        within = least <= len(usual) <= USUAL
        checks.that("audit.usual_limit", within, f"{least} to {USUAL} events where no limit is sent", str(len(usual)))
        method, _, path = str(realm.words.needed("audit.list")).partition(" ")
        for limit in (0, auditing.MOST + 1):
            answer = realm.system.request(method, f"{path}?limit={limit}", token=token)
            conformance.answered(checks, "audit.limit_refused", INVALID, answer)
        answer = realm.system.request(method, f"{path}?event_type=qa", token=token)
        conformance.answered(checks, "audit.kind_refused", INVALID, answer)
        newest = auditing.listed(checks, realm, token, limit=1)[0]  # an event that is old would be taken for a recorded answer
        read = realm.system.request(method, f"{path}/{newest.get('event_id')}", token=token)
        as_listed = read.body == newest
        checks.that("audit.read_as_listed", as_listed, "the event as it was listed", read.excerpt())
        checks.conclude()


KINDS = ("authentication", "authorization", "data_access", "configuration_change", "execution", "error")
USUAL = 100


def _chosen(checks: Checks, realm: Realm, token: str, whole: list[dict[str, Any]], **filters: str) -> None:
    """Compare what filters bring with those of the whole trail that satisfy all of them; the trail grows meanwhile."""
    found = auditing.listed(checks, realm, token, **filters, limit=auditing.MOST)
    ids = {event.get("event_id") for event in found}
    foreign = [event for event in found if not _fits(event, filters)]
    lacking = [event for event in whole if _fits(event, filters) and event.get("event_id") not in ids]
    complete = not lacking or len(found) >= auditing.MOST
    observed = f"{plural(len(found), 'event')}, {len(foreign)} of others, without {len(lacking)}"
    expected, names = f"all and only events of {' and '.join(filters.values())}", "_and_".join(filters)
    checks.that(f"audit.by_{names}", complete and not foreign, expected, observed, n=len(found))


def _fits(event: dict[str, Any], filters: dict[str, str]) -> bool:
    return all(event.get(name) == value for name, value in filters.items())


def _signed_on(realm: Realm, identity: str) -> auditing.Attempt:
    answer = sign_on.open_session(realm, realm.grant(identity).token)
    return auditing.Attempt(answer, answer.object() if answer.ok else {})


def _wrong_password(realm: Realm, identity: str) -> auditing.Attempt:
    person = sign_on.session_of(realm, identity)["user"]["user_id"]  # whom the platform has to know to say whose account it is
    username = realm.system.identity(identity).username
    answer = realm.system.authenticator.try_sign_in(username, randoms.token_urlsafe(12))
    return auditing.Attempt(answer, {}, account=str(person))


def _refused_token(realm: Realm, identity: str) -> auditing.Attempt:
    token = realm.grant(identity).token
    return auditing.Attempt(sign_on.open_session(realm, f"{token[:-8]}{'A' * 8}"), {})


def _anonymous(realm: Realm, identity: str) -> auditing.Attempt:  # noqa: ARG001  # one signature for all attempts
    return auditing.Attempt(sign_on.sent(realm, "sign_on.profile"), {})


def _forbidden(realm: Realm, identity: str) -> auditing.Attempt:
    method, _, path = str(realm.words.needed("audit.list")).partition(" ")
    session = sign_on.session_of(realm, identity)
    return auditing.Attempt(realm.system.request(method, path, token=session["access_token"]), session)


def _logged_out(realm: Realm, identity: str) -> auditing.Attempt:
    session = sign_on.session_of(realm, identity)
    return auditing.Attempt(
        realm.system.request(*realm.system.located(realm.system.declared.sign_out), token=session["access_token"]), session
    )


def _renewed(realm: Realm, identity: str) -> auditing.Attempt:
    session = sign_on.session_of(realm, identity)
    answer = sign_on.sent(realm, "sign_on.renewal", json_body={"refresh_token": session["refresh_token"]})
    sign_on.keep(answer)
    return auditing.Attempt(answer, session)


def _begun(realm: Realm, identity: str) -> auditing.Attempt:  # noqa: ARG001  # one signature for all attempts
    return auditing.Attempt(sign_on.sent(realm, "sign_on.page"), {})


def _assertion_begun(realm: Realm, identity: str) -> auditing.Attempt:
    _assertion(realm, identity)  # without which the provider has no page to lead to
    return auditing.Attempt(sign_on.sent(realm, "saml.page"), {})


def _logout_token(realm: Realm, identity: str) -> auditing.Attempt:  # noqa: ARG001  # as above
    form = {"content": b"logout_token=qa-no-token", "headers": {"Content-Type": oauth.FORM}}
    return auditing.Attempt(sign_on.sent(realm, "sign_on.log_out_by_provider", **form), {})


def _ended(realm: Realm, identity: str) -> auditing.Attempt:
    session, other = (sign_on.session_of(realm, identity) for _ in range(2))
    return auditing.Attempt(stored_lists.sent(realm, "remove", other["session_id"], session), session)


def _by_page(realm: Realm, identity: str) -> auditing.Attempt:
    browser = oauth.Browser(realm.party, realm.system.identity(identity))
    answer = sign_on.delivered(realm, browser, sign_on.way_back(realm, browser))
    return auditing.Attempt(answer, answer.object() if answer.ok else {})


def _asserted(realm: Realm, identity: str) -> auditing.Attempt:
    answer = _assertion(realm, identity).deliver()
    return auditing.Attempt(answer, answer.object() if answer.ok else {})


def _tampered(realm: Realm, identity: str) -> auditing.Attempt:
    given = _assertion(realm, identity)
    assertions.tampered(given)
    return auditing.Attempt(given.deliver(), {})


def _replayed(realm: Realm, identity: str) -> auditing.Attempt:
    given = _assertion(realm, identity)
    given.deliver()
    return auditing.Attempt(given.deliver(), {})


def _assertion(realm: Realm, identity: str) -> assertions.Answer:
    extras.demand("signxml", "assertions that are signed")
    return assertions.Answer.of(realm, identity)


ATTEMPTS: dict[str, tuple[int, str, Callable[[Realm, str], auditing.Attempt]]] = {
    "sign-on": (OK, "authentication", _signed_on),
    "wrong password": (UNAUTHORISED, "authentication", _wrong_password),
    "refused token": (UNAUTHORISED, "authentication", _refused_token),
    "anonymous request": (UNAUTHORISED, "authentication", _anonymous),
    "forbidden operation": (FORBIDDEN, "authorization", _forbidden),
    "log-out": (OK, "authentication", _logged_out),
    "renewal": (OK, "authentication", _renewed),
    "page": (OK, "authentication", _by_page),
    "sign-on begun": (FOUND, "authentication", _begun),
    "refused logout token": (BAD_REQUEST, "authentication", _logout_token),
    "ended session": (OK, "configuration_change", _ended),
    "assertion begun": (FOUND, "authentication", _assertion_begun),
    "assertion": (OK, "authentication", _asserted),
    "tampered assertion": (UNAUTHORISED, "authentication", _tampered),
    "replayed assertion": (UNAUTHORISED, "authentication", _replayed),
}

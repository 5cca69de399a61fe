"""Sessions that the platform opens, and its answers to whoever is not to be believed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import compared
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import conformance
from theodore_qa.systems.tokens import claims_of, kept_unsigned

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems import oauth
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

OK = 200
UNAUTHORIZED, FORBIDDEN = 401, 403
INCOMPLETE = ("without organization", "without role")  # believed, and yet of nobody whom the platform knows


def by_provider(system: System) -> dict[str, str]:
    """A person of each kind of identity provider that the environment names."""
    found: dict[str, str] = {}
    for name in system.identities:
        identity = system.identity(name)
        if identity.username and identity.way.provider:
            found.setdefault(identity.way.provider, name)
    return found


def open_session(realm: Realm, token: str, id_token: str = "", nonce: str | None = None) -> Exchange:
    """Offer a token of the provider to the platform, with an ID token and its nonce where they are given."""
    words = realm.words
    body = {words.needed("sign_on.access_token"): token}
    if id_token:
        body[words.needed("sign_on.id_token")] = id_token
    if nonce is not None:
        body[words.needed("sign_on.nonce")] = nonce
    kept_unsigned(token, "a token that was offered")
    answer = sent(realm, "sign_on.operation", json_body=body)
    keep(answer)
    return answer


def sent(realm: Realm, operation: str, **options: Any) -> Exchange:
    """Send an operation that the vocabulary names."""
    method, _, path = str(realm.words.needed(operation)).partition(" ")
    return realm.system.request(method, path, **options)


def keep(answer: Exchange) -> None:
    """Keep the tokens of a session out of everything that is shown."""
    body = answer.body if isinstance(answer.body, dict) else {}
    for name in ("access_token", "refresh_token"):
        kept_unsigned(body.get(name), f"{name} of a session")


def session_of(realm: Realm, name: str | None, flow: str = "") -> dict[str, Any]:
    """A new session of an identity, signed on at the provider; a refusal is NOT EVALUATED."""
    answer = open_session(realm, realm.grant(name, flow).token)
    if answer.status != OK:
        raise NotEvaluatedError(
            f"The platform opened no session for {realm.system.identity(name).name}: expected 200 for a token that the "
            f"provider has just given, observed {answer.status} with {answer.excerpt()}."
        )
    return answer.object()


def way_back(realm: Realm, browser: oauth.Browser) -> str:
    """Where the provider sends a browser that has signed in: back to the platform, with code and state."""
    words = realm.words
    start, end = (str(words.needed(f"sign_on.{name}")).partition(" ")[2] for name in ("page", "callback"))
    back = browser.walk(f"{realm.system.url}{realm.system.full(start)}", realm.system.full(end))
    if "code" not in parse_qs(urlsplit(back).query):
        raise NotEvaluatedError(f"The provider sent {browser.identity.name} back without a code.")
    return back


def delivered(realm: Realm, browser: oauth.Browser, back: str) -> Exchange:
    """The platform's answer to a browser that comes back."""
    known = browser.cookies.get(urlsplit(back).hostname or "", {})
    parts = urlsplit(back)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in known.items())} if known else {}
    answer = realm.system.send("GET", f"{parts.path}?{parts.query}", cookies)
    keep(answer)
    return answer


def own(checks: Checks, answer: Exchange, role: str, tenant: str) -> None:
    """Record whether a session has the role and the tenant that the environment file names."""
    checks.equal("sign_on.role", [role], user(answer).get("roles"))
    checks.equal("sign_on.tenant", tenant, user(answer).get("organization"))


def claimed(checks: Checks, answer: Exchange, claims: dict[str, Any]) -> None:
    """Record whether a session is of whom the provider's token names: by its subject, name and address as far as it has them."""
    for name, claim in (("user_id", "sub"), ("username", "preferred_username"), ("email", "email")):
        if claim in claims:
            checks.equal(f"sign_on.claimed_{name}", claims[claim], user(answer).get(name))


def same_person(checks: Checks, answer: Exchange, session: dict[str, Any]) -> None:
    """Record whether a session is of the same person, in all that is said of them, as one that was opened by another way."""
    expected, observed = session.get("user"), user(answer)
    checks.that("sign_on.same_person", bool(observed) and observed == expected, *compared(expected, observed))


def lasting(checks: Checks, prefix: str, session: dict[str, Any], realm: Realm) -> None:
    """Record of each token of a session that says itself when it ends whether it does so as its answer says."""
    _, access = claims_of(str(session.get("access_token"))) or ({}, {})
    _, renewal = claims_of(str(session.get("refresh_token"))) or ({}, {})
    if "exp" in access:
        lasts = access["exp"] - access.get("iat", 0)
        checks.equal(f"{prefix}access_token_lasts", session.get("expires_in"), lasts)
    if "exp" in renewal:
        ends = datetime.fromisoformat(str(session.get("expires_at")))
        tolerance = timedelta(seconds=realm.system.environment.clock_tolerance)
        last = datetime.fromtimestamp(renewal["exp"], tz=ends.tzinfo)
        expected = f"not before the session ends at {ends.isoformat(timespec='seconds')}"
        observed = last.isoformat(timespec="seconds")
        checks.that(f"{prefix}refresh_token_lasts", last >= ends - tolerance, expected, observed)


def same(checks: Checks, known: Exchange, session: dict[str, Any]) -> None:
    """Record whether the platform says the same of a session when it is used as when it was opened."""
    for name in ("user", "session_id", "expires_at"):
        value = known.object().get(name) if known.ok else None
        checks.that(f"sign_on.me_{name}", value == session.get(name), *compared(session.get(name), value))


def user(answer: Exchange) -> dict[str, Any]:
    """Whom a session is of, as an answer says; empty where it says nothing."""
    body = answer.body if isinstance(answer.body, dict) else {}
    found = body.get("user")
    return found if isinstance(found, dict) else {}


def remove(realm: Realm, number: str, token: str) -> None:
    """Remove somebody by an administrator's token, whether they are there or not."""
    method, _, path = str(realm.words.needed("tenant_bound.users.remove")).partition(" ")
    realm.system.request(method, path.replace("{user_id}", number), token=token)


def profile(realm: Realm, token: str) -> Exchange:
    """Who a session's token stands for."""
    return sent(realm, "sign_on.profile", token=token)


def accepted(checks: Checks, check: str, answer: Exchange) -> bool:
    """Record whether a session was opened, by the contract."""
    done = conformance.answered(checks, check, OK, answer)
    conformance.conform(checks, f"{check}.contract", answer)
    return done


def refused(checks: Checks, check: str, answer: Exchange, realm: Realm) -> bool:
    """Record whether an answer refuses by the contract: its status, its text, and the shape of errors."""
    words = realm.words
    status, name, text = (words.needed(f"refused.{part}") for part in ("status", "field", "text"))
    body = answer.body if isinstance(answer.body, dict) else {}
    right = answer.status == status and text in str(body.get(name, ""))
    observed = f"status {answer.status} with {answer.excerpt(100)}"
    checks.that(check, right, f"status {status} with '{text}' in {name}", observed)
    conformance.conform(checks, f"{check}.contract", answer)
    return right


def refused_for(checks: Checks, check: str, state: str, answer: Exchange, realm: Realm) -> None:
    """Record whether an answer refuses what is wrong in a state: as nobody's, or as of nobody whom the platform knows."""
    if state not in INCOMPLETE:
        refused(checks, check, answer, realm)
        return
    conformance.answered(checks, check, FORBIDDEN, answer)
    conformance.conform(checks, f"{check}.contract", answer)


def only_by_the_whole_password(checks: Checks, realm: Realm, person: Identity) -> None:
    """What is nearly the password opens nothing."""
    password = person.password()
    for wrong, near in (("a blank behind it", f"{password} "), ("its last character left out", password[:-1])):
        secrets.add(near, f"nearly the password of {person.name}")
        answer = realm.system.authenticator.try_sign_in(person.username, near)
        keep(answer)
        expected = f"status {UNAUTHORIZED} for the password with {wrong}"
        checks.that("sign_on.whole_password", answer.status == UNAUTHORIZED, expected, f"status {answer.status}")

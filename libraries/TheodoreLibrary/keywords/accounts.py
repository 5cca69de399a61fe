"""Keywords for the caller's own account: profile, password, API keys."""

from __future__ import annotations

import datetime as dt
import secrets as random_secrets
from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import conformance
from TheodoreLibrary import api_keys, fresh_sessions, jobs

BAD_REQUEST, REFUSED, FORBIDDEN = 400, 401, 403
ZONES = (14, -12)  # hours: there the date is tomorrow's, or yesterday's
COUNTED_IN_PROFILE = ("api_quota", "last_login")  # what may change by itself
OWN = ("user_id", "username", "role", "email")
# What counts for each limit of a profile, without any work.
LIMITED: dict[str, tuple[str, str, Any]] = {
    "research": ("POST", "/research", {"company_name": ""}),
    "discovery": ("POST", "/discover", {"company_name": ""}),
    "batch": ("POST", "/batch/research", {}),
    "metrics": ("GET", "/metrics", None),
}
LONG_PASSWORD = 100  # characters: some hashes read the first 72 alone
NEAR_SCOPES = ("research-reports", "my-research", "res", "RESEARCH")
HALF_AN_HOUR = dt.timedelta(minutes=30)


class AccountKeywords:
    """Profile, password and API keys. Changes are undone when the test ends."""

    @keyword(tags=("account",))
    def profile_changes_should_be_kept(self, *, identity: str | None = None) -> None:
        """Changes first name, last name, e-mail address and a preference to random values, and checks that they are kept.

        The next sign-in must show them too. The former values are restored when the test ends.

        Args:
            identity: The identity whose profile is changed; by default the first one of the environment.

        Example:

        ```robotframework
        Profile Changes Should Be Kept    identity=analyst
        ```
        """
        token = context.system.token(identity)
        before = _request("GET", "/auth/profile", token).object()
        fields = ("first_name", "last_name", "email", "preferences")
        original = {name: before.get(name) for name in fields}
        context.at_test_end("the profile could not be put back", lambda: _put_back(token, original))
        suffix = random_secrets.token_hex(4)
        update = {
            "first_name": f"Ada{suffix}",
            "last_name": f"Byron{suffix}",
            "email": f"ada.{suffix}@example.com",
            "preferences": {"theme": suffix},
        }
        changed = _request("PUT", "/auth/profile", token, update)
        again = _request("GET", "/auth/profile", token)
        _request("PUT", "/auth/profile", token, {"first_name": f"Grace{suffix}"})
        partly = _request("GET", "/auth/profile", token)
        checks = Checks("Profile", str(before.get("username")))
        conformance.conform(checks, "api.contract", changed, again, partly)
        conformance.answered(checks, "api.profile_changed", jobs.OK, changed)
        for name in fields:
            checks.equal("api.profile_answered", update[name], changed.object().get(name))
            checks.equal("api.profile_kept", update[name], again.object().get(name))
        same = changed.body == again.body
        checks.that("api.profile_answer_kept", same, "the profile that the change returned", again.excerpt(200))
        checks.equal("api.profile_changed_partly", f"Grace{suffix}", partly.object().get("first_name"))
        for name in fields[1:]:
            checks.equal("api.profile_rest_kept", update[name], partly.object().get(name))
        kept = {name: value for name, value in before.items() if name not in (*fields, *COUNTED_IN_PROFILE)}
        rest = {name: partly.object().get(name) for name in kept}
        checks.that("api.profile_same_user", rest == kept, written(kept), written(rest), n=len(kept))
        user = context.system.identity(identity)
        signed_in = _sign_in(user.username, user.password()).object().get("user") or {}
        at_sign_in = {name: signed_in.get(name) for name in fields}
        now = {name: partly.object().get(name) for name in fields}
        checks.that("api.profile_at_sign_in", at_sign_in == now, written(now), written(at_sign_in), n=len(fields))
        name, email = str(before.get("username")), before.get("email")
        checks.that("api.profile_email", email is None or "@" in str(email), "an e-mail address or none", email or "none")
        if "@" in name and not before.get("first_name"):
            checks.equal("api.profile_own_email", name, email)
        _true_quota(checks, before.get("api_quota"), token)
        checks.conclude()

    @keyword(tags=("account",))
    def password_change_should_work(self, *, identity: str | None = None, other: str | None = None) -> None:
        """Changes a password to a random one of 100 characters and checks that only the new one works, and only the whole of it.

        A change with a wrong present password or to a weak new one must be refused. Whatever was opened with the old password
        ends with it: the tokens of all sessions from before the change neither work after it nor can be renewed. Session and
        API key of somebody else go on. The name in other letter case is refused, or its attempts count with those of the name.
        The old password is restored when the test ends. The environment must allow ``destructive``.

        Args:
            identity: The identity whose password is changed; by default the first one of the environment.
            other: Somebody else, whose session and key go on; by default nobody is looked at.

        Example:

        ```robotframework
        Password Change Should Work    identity=analyst
        ```
        """
        context.system.permit("destructive")
        user = context.system.identity(identity)
        if other and context.system.identity(other).name == user.name:
            raise UsageError(f"Whether somebody else is left alone cannot be seen of {user.name}: name another identity.")
        old, new = user.password(), f"Qa9{random_secrets.token_urlsafe(LONG_PASSWORD)}"[:LONG_PASSWORD]
        secrets.add(new, f"new password of {user.name}")
        token = context.system.token(identity)
        sessions = [fresh_sessions.begin(identity), fresh_sessions.begin(identity)]
        beside = (fresh_sessions.begin(other), api_keys.make_key(context.system.token(other))[0]) if other else None
        checks = Checks("Password", user.name)
        wrong = _change(token, "not-the-password", new)
        conformance.answered(checks, "api.wrong_current_password", BAD_REQUEST, wrong)
        weak = [_change(token, old, password) for password in ("short1A", "nocapital1", "NODIGITatall", "NOLOWER123")]
        for answer in weak:
            conformance.answered(checks, "api.refused", 422, answer)
        context.at_test_end("the password could not be put back", lambda: _restore(user.name, old, new))
        done = _change(token, old, new)
        conformance.answered(checks, "api.password_changed", jobs.OK, done)
        stale = _request("GET", "/auth/profile", token)
        conformance.answered(checks, "api.old_token_refused", REFUSED, stale)
        for session in sessions:
            conformance.answered(checks, "api.old_token_refused", REFUSED, _request("GET", "/auth/profile", session.access))
            conformance.answered(checks, "api.old_renewal_refused", REFUSED, fresh_sessions.renewed(session))
        if beside:
            session, key = beside
            for answer in (
                _request("GET", "/auth/profile", session.access),
                fresh_sessions.renewed(session),
                context.system.request("GET", "/auth/profile", headers={"X-API-Key": key}),
            ):
                conformance.answered(checks, "api.others_go_on", jobs.OK, answer)
        with_old = _sign_in(user.username, old)
        conformance.answered(checks, "api.old_password_refused", REFUSED, with_old)
        with_new = _sign_in(user.username, new)
        conformance.answered(checks, "api.new_password_works", jobs.OK, with_new)
        other_end = _sign_in(user.username, new[:-1] + ("b" if new.endswith("a") else "a"))
        conformance.answered(checks, "api.whole_password_counts", REFUSED, other_end)
        _check_capitals(checks, user.username, new)
        conformance.conform(checks, "api.contract", wrong, *weak, done, stale, with_old, with_new, other_end)
        context.system.authenticator.forget(context.system.identity(user.name))
        checks.conclude()

    @keyword(tags=("account",))
    def api_key_should_keep_to_its_scopes(self, *, identity: str | None = None) -> None:
        """Creates API keys and checks that each permits what its scopes say and nothing else, and nothing once it has expired.

        A key that is given an empty list of scopes has none of them, one whose scope begins or ends as another does not have
        that, and a key makes no key with a scope that it lacks. When a key expires does not depend on the zone in which the time
        is written.

        Args:
            identity: The identity that owns the keys; by default the first one of the environment.

        Example:

        ```robotframework
        Api Key Should Keep To Its Scopes    identity=analyst
        ```
        """
        token = context.system.token(identity)
        checks = Checks("API keys", context.system.identity(identity).name)
        default_key, body = api_keys.make_key(token)
        checks.equal("api.key_default_scopes", ["research", "discovery"], body.get("scopes"))
        discovery_only, other = api_keys.make_key(token, scopes=["discovery"])
        expired, old = api_keys.make_key(token, expires_at="2020-01-01T00:00:00Z")
        scopeless, none = api_keys.make_key(token, scopes=[])
        near = [api_keys.made_with_scope(token, scope) for scope in NEAR_SCOPES]
        created = (default_key, discovery_only, expired, scopeless)
        keys = set(created)
        checks.that(
            "api.keys_differ",
            len(keys) == len(created),
            f"{len(created)} different keys",
            f"{len(keys)} different keys",
        )
        requests = [
            ("api.key_works", default_key, "GET", "/auth/profile", jobs.OK),
            ("api.key_scopes", default_key, "GET", "/discover/suggestions?query=Slack", jobs.OK),
            ("api.key_scopes", default_key, "GET", "/research/res_unknown", 404),
            ("api.key_scopes", discovery_only, "GET", "/discover/suggestions?query=Slack", jobs.OK),
            ("api.key_scopes", discovery_only, "GET", "/research/res_unknown", FORBIDDEN),
            ("api.key_without_scopes", scopeless, "GET", "/discover/suggestions?query=Slack", FORBIDDEN),
            ("api.key_without_scopes", scopeless, "GET", "/research/res_unknown", FORBIDDEN),
            ("api.key_no_admin", default_key, "GET", "/config", FORBIDDEN),
            ("api.key_expires", expired, "GET", "/auth/profile", REFUSED),
            ("api.key_made_up", "theo_sk_" + random_secrets.token_hex(16), "GET", "/auth/profile", REFUSED),
        ]
        requests += [("api.key_near_scope", key, "GET", "/research/res_unknown", FORBIDDEN) for key in near if key]
        for hours in ZONES:
            for ends, status in ((-HALF_AN_HOUR, REFUSED), (HALF_AN_HOUR, jobs.OK)):
                moment = dt.datetime.now(dt.timezone(dt.timedelta(hours=hours))) + ends
                zoned, _ = api_keys.make_key(token, expires_at=moment.isoformat())
                requests.append(("api.key_expires_in_zone", zoned, "GET", "/auth/profile", status))
        for check, key, method, path, status in requests:
            answer = context.system.request(method, path, headers={"X-API-Key": key})
            conformance.answered(checks, check, status, answer)
            conformance.conform(checks, "api.contract", answer)
        checks.equal("api.key_no_scopes", [], none.get("scopes"))
        came = api_keys.made_by_key(discovery_only, "research")
        checks.that("api.key_widens_itself", came == api_keys.REFUSED, "no key with a scope that its maker lacks", came)
        owner = context.system.request("GET", "/auth/profile", token=token).object()
        with_key = context.system.request("GET", "/auth/profile", headers={"X-API-Key": default_key}).object()
        same = {name: with_key.get(name) for name in OWN}
        checks.that("api.key_of_its_owner", same == {name: owner.get(name) for name in OWN}, "the profile of its owner", same)
        for name, expected in (("name", "quality assurance"), ("expires_at", None), ("last_used", None)):
            checks.equal(f"api.key_{name}", expected, body.get(name))
        checks.that(
            "api.key_scopes_reported",
            other.get("scopes") == ["discovery"] and bool(old.get("expires_at")),
            "scopes discovery, and an expires_at",
            f"scopes {written(other.get('scopes'))}, expires_at {written(old.get('expires_at'))}",
        )
        checks.conclude()

    @keyword(tags=("account",))
    def validation_errors_should_not_echo(
        self, method: str, path: str, field: str, body: dict[str, Any], *, identity: str | None = None
    ) -> None:
        """Sends an invalid request with a random secret in a field and checks that the error repeats none of the values sent.

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /health.
            field: The field that gets the random secret.
            body: The other fields; at least one of them must be invalid.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        VAR    &{body}    new_password=aB3xq
        Validation Errors Should Not Echo    POST    /auth/change-password    current_password    ${body}
        ```
        """
        marker = "Echo" + random_secrets.token_hex(8)
        sent = dict(body) | {field: marker}
        answer = context.system.request(method.upper(), path, json_body=sent, token=context.system.token(identity))
        checks = Checks("No echo", f"{method} {path}")
        conformance.answered(checks, "api.refused", 422, answer)
        values = [marker, *(str(value) for value in body.values() if len(str(value)) > 3)]  # noqa: PLR2004  # shorter ones may be words
        echoed = [value for value in values if value in answer.text]
        checks.that(
            "api.no_echo",
            not echoed,
            "an error that repeats none of the values sent",
            f"{len(echoed)} of {len(values)} values repeated",
            n=len(values),
        )
        conformance.conform(checks, "api.contract", answer)
        checks.conclude()


def _true_quota(checks: Checks, quota: Any, token: str) -> None:
    """Each figure of the quota of a profile is what the headers of an answer tell of the same limit."""
    reported = quota if isinstance(quota, dict) else {}
    for name, (method, path, body) in LIMITED.items():
        limit = _request(method, path, token, body).headers.get("x-ratelimit-limit")
        observed = f"{written(reported.get(name))} for {name}"
        checks.that("api.profile_quota", str(reported.get(name)) == limit, f"a quota of {limit} for {name}", observed)


def _request(method: str, path: str, token: str, body: Any = None) -> Any:
    return context.system.request(method, path, json_body=body, token=token)


def _put_back(token: str, fields: dict[str, Any]) -> None:
    answer = _request("PUT", "/auth/profile", token, fields)
    if answer.status != jobs.OK:
        raise QaError(f"PUT /auth/profile answered {answer.status}")


def _change(token: str, current: str, new: str) -> Any:
    return _request("POST", "/auth/change-password", token, {"current_password": current, "new_password": new})


def _sign_in(username: str, password: str) -> Any:
    body = {"username": username, "password": password}
    answer = context.system.request("POST", "/auth/login", json_body=body)
    for kind in ("access_token", "refresh_token"):
        token = answer.body.get(kind) if isinstance(answer.body, dict) else None
        if isinstance(token, str) and token:
            secrets.add(token, kind)
    return answer


def _check_capitals(checks: Checks, username: str, password: str) -> None:
    """Another writing of a name is another name, or the same with one limit of attempts for both."""
    capitals, as_it_is = _sign_in(username.swapcase(), password), _sign_in(username, password)
    left = [answer.headers.get("x-ratelimit-remaining") for answer in (capitals, as_it_is)]
    together = all(text and text.isdigit() for text in left) and int(left[1]) == int(left[0]) - 1
    checks.that(
        "api.name_in_capitals",
        capitals.status == REFUSED or together,
        f"status {REFUSED} for the name in capitals, or attempts that count together",
        f"status {capitals.status} with {written(left[0])} attempts left, then {written(left[1])} of the name itself",
        n=2,
    )


def _restore(name: str, old: str, new: str) -> None:
    username = context.system.identity(name).username
    answer = _sign_in(username, new)
    if answer.status == jobs.OK:
        changed = _change(answer.object()["access_token"], new, old)
        if changed.status != jobs.OK:
            raise QaError(f"POST /auth/change-password answered {changed.status}")
    elif _sign_in(username, old).status != jobs.OK:
        raise QaError("neither the old nor the new password works")

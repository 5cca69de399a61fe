"""Keywords about roles: what each may do, and where it comes from."""

from __future__ import annotations

import secrets
from itertools import permutations
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import ended_sessions, minted, operations, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance
from theodore_qa.systems.nobody import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.systems.exchange import Exchange

OK, UNAUTHORISED, FORBIDDEN, INVALID = 200, 401, 403, 422
OF_ROLE = ("role", "roles", "permissions")
CLAIMED = ("X-Role", "X-Roles", "X-User-Role", "X-User-Roles", "X-Auth-Roles", "X-Forwarded-Role")
NAMED = ("Cf-Access-Authenticated-User-Email", "X-Auth-Request-Email", "X-Forwarded-User", "X-Forwarded-Email", "X-Remote-User")


class RoleKeywords:
    """Roles and permissions."""

    @keyword(tags=("role",))
    def role_should_have_exactly_its_permissions(self, identity: str) -> None:
        """Sends each operation of the vocabulary as an identity: one row of the access matrix, one observation a cell.

        What the role of the identity permits has to succeed; all else has to be refused with 403, and for ``NOBODY`` with 401.
        What changes something is sent about what there is not, or without what it needs, as the vocabulary's ``acts`` have it.
        The platform has to say the same permissions of the identity itself.

        Args:
            identity: An identity of the environment, or ``NOBODY``.

        Example:

        ```robotframework
        Role Should Have Exactly Its Permissions    viewer
        ```
        """
        realm = Realm(context.system)
        session = None if identity == NOBODY else sign_on.session_of(realm, identity)
        role = NOBODY if session is None else realm.system.identity(identity).role
        permitted = _permissions(realm, role)
        checks = Checks("Access matrix", role)
        if session is not None:
            told_by_platform = session["user"].get("permissions")
            checks.equal("roles.permissions", sorted(permitted), sorted(told_by_platform or []))
        token = session["access_token"] if session else ""
        for cell in operations.row(realm, permitted if session else None):
            answer = cell.sent(realm, token)
            expected = f"status {cell.status} for {cell.operation}"
            checks.that("roles.cell", answer.status == cell.status, expected, f"status {answer.status}")
            conformance.conform(checks, "roles.contract", answer)
        checks.conclude()

    @keyword(tags=("role",))
    def role_should_not_come_from_the_request(self, identity: str, administrator: str) -> None:
        """Claims an administrator's role in headers, in the query and at sign-on, and checks that nothing opens.

        Who has not signed in names the administrator in the headers by which proxies name people, and is to be refused too.

        The operation is the first of the vocabulary that the identity may not send and the administrator may: both are tried
        before.

        Args:
            identity: An identity with few rights.
            administrator: An identity that may send the operation.

        Example:

        ```robotframework
        Role Should Not Come From The Request    viewer    administrator=admin
        ```
        """
        realm = Realm(context.system)
        method, path, role = _forbidden(realm, identity, administrator)
        token = sign_on.session_of(realm, identity)["access_token"]
        above = sign_on.session_of(realm, administrator)["access_token"]
        checks = Checks("Claimed role", f"{role} by {identity} for {method} {path}")
        conformance.answered(checks, "roles.administrator_may", OK, realm.system.request(method, path, token=above))
        conformance.answered(checks, "roles.identity_may_not", FORBIDDEN, realm.system.request(method, path, token=token))
        for name in CLAIMED:
            answer = realm.system.request(method, path, token=token, headers={name: role})
            checks.that("roles.from_request", answer.status == FORBIDDEN, f"status 403 with {name}", f"status {answer.status}")
        answer = realm.system.request(method, f"{path}?role={role}&roles={role}", token=token)
        checks.that(
            "roles.from_request", answer.status == FORBIDDEN, "status 403 with role in the query", f"status {answer.status}"
        )
        name_of_administrator = realm.system.identity(administrator).username
        for name in NAMED:
            answer = realm.system.request(method, path, token="", headers={name: name_of_administrator})
            checks.that(
                "roles.person_from_request",
                answer.status == UNAUTHORISED,
                f"status 401 without a session, with {name}: {name_of_administrator}",
                f"status {answer.status}",
            )
        claimed = {realm.words.needed("sign_on.access_token"): realm.grant(identity).token, "role": role, "roles": [role]}
        answer = sign_on.sent(realm, "sign_on.operation", json_body=claimed)
        sign_on.keep(answer)
        given = answer.object().get("user", {}).get("roles") if answer.ok else []
        refused_or_own = answer.status == INVALID or (answer.ok and role not in given)
        checks.that(
            "roles.from_sign_on",
            refused_or_own,
            f"status 422, or a session without {role}",
            f"status {answer.status} with {given}",
        )
        checks.conclude()

    @keyword(tags=("role",))
    def roles_of_a_token_should_add_up(self, identity: str, *, administrator: str) -> None:
        """Signs on people whose tokens name several roles, and checks that they may do whatever one of these roles permits.

        Each two roles are tried in both orders, which must not matter, and all of them at once. The platform has to name the
        roles and their permissions; where neither of two roles permits all that the other does, each operation of the vocabulary
        is sent as well. The tokens are an identity's with another person in them, signed by the realm's own key
        (``provider.realm_key_env`` of the vocabulary). A role is called as in the token of an identity that has it, below
        ``realm_access.roles``; the identities have to be of one tenant. The people are removed when the test ends. The
        environment must allow ``destructive``.

        Args:
            identity: The identity whose tenant the people have.
            administrator: An identity of the same tenant that may remove people.

        Raises:
            NotEvaluatedError: No key of the realm is at hand, or fewer than two roles have an identity.

        Example:

        ```robotframework
        Roles Of A Token Should Add Up    analyst    administrator=admin
        ```
        """
        extras.demand("cryptography", "tokens that are signed")
        context.system.permit("destructive")
        realm = Realm(context.system)
        specimen = minted.Specimen.of(realm, identity)
        called = _called(realm, realm.system.identity(identity).tenant)
        above = sign_on.session_of(realm, administrator)["access_token"]
        checks = Checks("Several roles", realm.system.identity(identity).name)
        for roles in (*permutations(called, 2), *([tuple(called)] if len(called) > 2 else ())):  # noqa: PLR2004  # more than a pair
            answer = _signed_on_with(realm, specimen, [name for role in roles for name in called[role]], above)
            together = " and ".join(roles)
            permitted = sorted({permission for role in roles for permission in _permissions(realm, role)})
            if not conformance.answered(checks, "roles.session_of_several", OK, answer):
                continue
            for check, due in (("roles", sorted(roles)), ("permissions", permitted)):
                observed = sorted(sign_on.user(answer).get(check) or ())
                checks.that(f"roles.{check}_of_several", observed == due, f"{written(due)} with {together}", written(observed))
            if all(len(_permissions(realm, role)) < len(permitted) for role in roles):
                token = str(answer.object()["access_token"])
                operations.kept(checks, "roles.cells_of_several", realm, token, permitted, together)
        checks.conclude()

    @keyword(tags=("role",))
    def role_change_should_hold_at_once(self, identity: str, administrator: str) -> None:
        """Gives an identity the administrator's role and takes it away, and checks that open sessions follow at once.

        They follow at each operation of the vocabulary that one of the roles may send and the other may not; so does a session
        that was begun with the role. The platform names the present role and its permissions to whoever asks who they are, and
        when a session is renewed.

        What else is known of the user stays as it was. The role is given back at the end of the test, whatever came of it.

        Args:
            identity: An identity with few rights, of the administrator's tenant.
            administrator: An identity that may change roles.

        Example:

        ```robotframework
        Role Change Should Hold At Once    developer    administrator=admin
        ```
        """
        realm = Realm(context.system)
        method, path, role = _forbidden(realm, identity, administrator)
        person = realm.system.identity(identity)
        session, above = sign_on.session_of(realm, identity), sign_on.session_of(realm, administrator)["access_token"]
        checks = Checks("Role change", f"{identity} for {method} {path}")

        def change(new: str) -> int:
            operation = str(realm.words.needed("role_change.operation")).replace("{user_id}", session["user"]["user_id"])
            body = {realm.words.needed("role_change.field"): new}
            return realm.system.request(*_split(operation), json_body=body, token=above).status

        def status(of: dict[str, Any]) -> int:
            return realm.system.request(method, path, token=of["access_token"]).status

        checks.equal("roles.before_change", FORBIDDEN, status(session))
        context.at_test_end(f"the role of {identity}", lambda: _given_back(change(person.role)))
        checks.equal("roles.change", OK, change(role))
        checks.equal("roles.given_at_once", OK, status(session))
        low, high = (_permissions(realm, named) for named in (person.role, role))
        operations.changed(checks, "roles.given_to_each", realm, session["access_token"], low, high)
        session = _named(checks, realm, session, role, high)
        begun_with_it = sign_on.session_of(realm, identity)
        checks.equal("roles.session_with_role", OK, status(begun_with_it))
        rest, kept = _beside_role(session["user"]), _beside_role(begun_with_it["user"])
        checks.that("roles.rest_kept", rest == kept, written(rest), written(kept), n=len(rest))
        checks.equal("roles.change", OK, change(person.role))
        checks.equal("roles.taken_at_once", FORBIDDEN, status(session))
        checks.equal("roles.taken_at_once", FORBIDDEN, status(begun_with_it))
        operations.changed(checks, "roles.taken_from_each", realm, begun_with_it["access_token"], high, low)
        _named(checks, realm, session, person.role, low)
        checks.conclude()


def _called(realm: Realm, tenant: str) -> dict[str, list[str]]:
    """How the provider calls each role of the vocabulary, by the token of a person of a tenant who has it alone."""
    found: dict[str, list[str]] = {}
    known: dict[str, Any] = realm.words.needed("roles")
    for name in realm.system.identities:
        person = realm.system.identity(name)
        if person.username and person.tenant == tenant and person.role in known and person.role not in found:
            access = minted.Specimen.of(realm, name).claims.get("realm_access")
            named = access.get("roles") if isinstance(access, dict) else None
            if isinstance(named, list):
                found[person.role] = [str(role) for role in named]
    if len(found) < 2:  # noqa: PLR2004  # a pair
        raise NotEvaluatedError(
            f"Tokens of several roles cannot be made: expected two people of {tenant} with different roles below "
            f"realm_access.roles, observed {written(list(found))}."
        )
    return found


def _signed_on_with(realm: Realm, specimen: minted.Specimen, called: Sequence[str], above: str) -> Exchange:
    """The session of somebody new whose token names these roles; the person is removed when the test ends."""
    name, subject = f"qa-{secrets.token_hex(6)}", minted.fresh_id()
    claims = {"sub": subject, "preferred_username": name, "email": f"{name}@qa.example.test"}
    context.at_test_end(f"the user {name} could not be removed", lambda: sign_on.remove(realm, subject, above))
    return sign_on.open_session(realm, specimen.minted(**claims, realm_access={"roles": list(called)}))


def _named(checks: Checks, realm: Realm, session: dict[str, Any], role: str, permitted: list[str]) -> dict[str, Any]:
    """Record whether a session that was open before a change names the present role, also when it is renewed, as it is then."""
    renewal = ended_sessions.renewed(realm, session)
    for check, answer in (("profile", sign_on.profile(realm, session["access_token"])), ("renewal", renewal)):
        user = sign_on.user(answer)
        observed = [*(user.get("roles") or ()), *sorted(user.get("permissions") or ())]
        checks.equal(f"roles.named_by_{check}", [role, *sorted(permitted)], observed)
    return renewal.object() if renewal.ok else session


def _beside_role(user: dict[str, Any]) -> dict[str, Any]:
    """What is known of a user that a change of the role leaves as it is."""
    return {name: value for name, value in user.items() if name not in OF_ROLE}


def _given_back(status: int) -> None:
    if status not in (OK, UNAUTHORISED):  # the sandbox may have been reset by then
        raise NotEvaluatedError(f"expected 200 for the change back, observed {status}")


def _split(operation: str) -> tuple[str, str]:
    method, _, path = operation.partition(" ")
    return method, path


def _operations(realm: Realm) -> dict[str, str]:
    found: dict[str, str] = realm.words.needed("operations")
    return found


def _permissions(realm: Realm, role: str) -> list[str]:
    """What a role permits by the vocabulary."""
    roles: dict[str, Any] = realm.words.needed("roles")
    if role != NOBODY and role not in roles:
        raise UsageError(f"The vocabulary {realm.words.path.name} has no role '{role}': it has {', '.join(roles)}.")
    return list(roles.get(role, ()))


def _forbidden(realm: Realm, identity: str, administrator: str) -> tuple[str, str, str]:
    """Method and path of an operation that only the administrator may send, and the administrator's role."""
    low, high = (realm.system.identity(name).role for name in (identity, administrator))
    permitted, above = set(_permissions(realm, low)), set(_permissions(realm, high))
    for operation, permission in _operations(realm).items():
        if permission in above - permitted:
            return *_split(operation), high
    raise UsageError(f"The vocabulary has no operation that {administrator} may send and {identity} may not.")

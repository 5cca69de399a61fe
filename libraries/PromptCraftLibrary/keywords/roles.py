"""Keywords about roles: what each may do, and where it comes from."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary import operations, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance
from theodore_qa.systems.nobody import NOBODY

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
    def role_change_should_hold_at_once(self, identity: str, administrator: str) -> None:
        """Gives an identity the administrator's role and takes it away, and checks that open sessions follow at once.

        They follow at each operation of the vocabulary that one of the roles may send and the other may not; so does a session
        that was begun with the role.

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
        begun_with_it = sign_on.session_of(realm, identity)
        checks.equal("roles.session_with_role", OK, status(begun_with_it))
        rest, kept = _beside_role(session["user"]), _beside_role(begun_with_it["user"])
        checks.that("roles.rest_kept", rest == kept, written(rest), written(kept), n=len(rest))
        checks.equal("roles.change", OK, change(person.role))
        checks.equal("roles.taken_at_once", FORBIDDEN, status(session))
        checks.equal("roles.taken_at_once", FORBIDDEN, status(begun_with_it))
        operations.changed(checks, "roles.taken_from_each", realm, begun_with_it["access_token"], high, low)
        checks.conclude()


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

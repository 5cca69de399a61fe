"""Keywords about the people of a tenant: searched, changed and removed by its administrators."""

from __future__ import annotations

import datetime as dt
import secrets as randoms
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from robotlibcore import keyword

from PromptCraftLibrary import auditing, ended_sessions, minted, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import compared, written
from theodore_qa.systems import conformance, conventions, pointers

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

OK, MISSING, INVALID = 200, 404, 422
USERS = "tenant_bound.users"
LONGEST_NAME, LONGEST_SEARCH = 100, 100
ROLES = ("viewer", "analyst")


class PeopleKeywords:
    """People of a tenant. They are signed on by tokens that the realm's own key signs; without the key it is NOT EVALUATED."""

    @keyword(tags=("people",))
    def user_search_should_be_exact(self, administrator: str) -> None:
        """Signs people of unusual names on, and checks that each search finds all and only those whose names hold its text.

        Beginnings, middles, ends and capitals are searched, what databases take for more than a letter: ``%``, ``_`` and a
        quote, and what stands in their titles and addresses alone. The people are removed when the test ends. The environment
        must allow ``destructive``.

        Args:
            administrator: An identity that may search, of whose tenant the people are.

        Example:

        ```robotframework
        User Search Should Be Exact    admin
        ```
        """
        office = _Office(administrator)
        mark = f"qa{randoms.token_hex(4)}"
        names = [f"{mark}_ann", f"{mark}xann", f"{mark}%o'neil", f"{mark}.zoë"]
        people = [office.arrived(name)["user"] for name in names]
        checks = Checks("User search", mark)
        listed = office.listed()
        own = {person["user_id"] for person in people}
        found = [entry for entry in listed if entry.get("user_id") in own]
        checks.equal("people.listed_once", len(people), len(found))
        all_names = [str(entry.get("username")) for entry in listed]
        texts = (mark, mark[:-2], f"{mark}_", f"{mark}%", "o'neil", "_ann", "zoë", mark.upper(), f"{mark}_ann")
        for text in (*texts, "Person ", "@qa"):
            expected = {name for name in all_names if text.casefold() in name.casefold()}
            matches = [str(entry.get("username")) for entry in office.listed(text)]
            right = set(matches) == expected and len(matches) == len(expected)
            checks.that("people.found", right, f"{written(sorted(expected))} for {text}", written(sorted(matches)), n=len(listed))
        checks.equal("people.none_found", [], office.listed(f"{mark}-nobody"))
        for length, status in ((LONGEST_SEARCH, OK), (LONGEST_SEARCH + 1, INVALID)):
            answer = office.ask("list", query=f"?search={'x' * length}")
            conformance.answered(checks, "people.search_length", status, answer)
        checks.conclude()

    @keyword(tags=("people",))
    def user_should_be_changed_as_requested(self, administrator: str) -> None:
        """Changes name and role of somebody, each alone and both, and checks what is answered, read, listed and permitted.

        Before, they have the names and the address of their token, and the moment of their first sign-on.

        What a change does not name, or names by null, stays as it was, a change that is refused changes nothing, a new sign-on
        brings nothing back, and a second person stays the same.
        Each request is in the audit trail, as one about data of people where it succeeds.
        The people are removed when the test ends. The environment must allow ``destructive``.

        Args:
            administrator: An identity that may change people, of whose tenant they are.

        Example:

        ```robotframework
        User Should Be Changed As Requested    admin
        ```
        """
        office = _Office(administrator)
        mark = f"qa{randoms.token_hex(4)}"
        session, other = office.arrived(f"{mark}.changed"), office.arrived(f"{mark}.beside")
        number = session["user"]["user_id"]
        checks = Checks("Changed user", mark)
        before, beside = office.read(number), office.read(other["user"]["user_id"])
        for name, value in (session["user"] | office.named[number]).items():
            checks.that("people.as_signed_on", before.get(name) == value, *compared(value, before.get(name)))
        office.dated(checks, before)
        expected = dict(before)
        changes: tuple[dict[str, str | None], ...] = (
            {"display_name": "Ä B"},
            {"role": ROLES[1]},
            {"display_name": "C" * LONGEST_NAME},
            {"display_name": "D", "role": ROLES[0]},
            {"display_name": "C" * LONGEST_NAME, "role": ROLES[1]},
            {},
            {"display_name": None, "role": None},  # which names nothing
            {"display_name": "Zoë 東京 <b>&amp; %_ O'Neil", "role": None},
            {"display_name": None, "role": ROLES[0]},
            {"display_name": "C" * LONGEST_NAME, "role": ROLES[1]},
        )
        for change in changes:
            answer = office.ask("change", number, change)
            conformance.answered(checks, "people.changed", OK, answer)
            named = {name: value for name, value in change.items() if value is not None}
            expected |= {name: value for name, value in named.items() if name != "role"}
            if "role" in named:
                permitted = office.realm.words.needed(f"roles.{named['role']}")
                expected |= {"roles": [named["role"]], "permissions": list(permitted)}
            for check, seen in (("answered", answer.body), ("read", office.read(number)), ("listed", office.entry(number))):
                checks.that(f"people.change_{check}", seen == expected, *compared(expected, seen))
        wrong = ({"display_name": ""}, {"display_name": "D" * (LONGEST_NAME + 1)}, {"role": "owner"}, {"username": "qa"})
        for refused in wrong:
            conformance.answered(checks, "people.change_refused", INVALID, office.ask("change", number, refused))
        known = sign_on.user(sign_on.profile(office.realm, session["access_token"]))
        checks.equal("people.role_at_once", [ROLES[1]], known.get("roles"))
        checks.that("people.refused_changes_nothing", office.read(number) == expected, *compared(expected, office.read(number)))
        again = office.arrived(f"{mark}.changed", number)["user"]
        checks.equal("people.change_outlives_sign_on", [ROLES[1]], again.get("roles"))
        checks.that("people.kept_at_sign_on", office.read(number) == expected, *compared(expected, office.read(number)))
        unchanged = office.read(other["user"]["user_id"])
        checks.that("people.others_unchanged", unchanged == beside, *compared(beside, unchanged))
        office.audited(checks)
        checks.conclude()

    @keyword(tags=("people",))
    def user_should_be_removed_wholly(self, administrator: str) -> None:
        """Removes somebody with two sessions, and checks that neither works, nobody finds them, and a second person is as before.

        The number of sessions that ended has to be named. Who signs on again begins anew, with the role of the token: no session
        of before comes back. The environment must allow ``destructive``.

        Args:
            administrator: An identity that may remove people, of whose tenant they are.

        Example:

        ```robotframework
        User Should Be Removed Wholly    admin
        ```
        """
        office = _Office(administrator)
        mark = f"qa{randoms.token_hex(4)}"
        other = office.arrived(f"{mark}.beside")
        sessions = [office.arrived(f"{mark}.leaving")]
        number = sessions[0]["user"]["user_id"]
        sessions.append(office.arrived(f"{mark}.leaving", number))
        office.ask("change", number, {"role": ROLES[1]})
        checks = Checks("Removed user", mark)
        answer = office.ask("remove", number)
        conformance.answered(checks, "people.removed", OK, answer)
        said_of_it = answer.object() if answer.ok else {}
        checks.equal("people.removed_named", number, said_of_it.get("user_id"))
        checks.equal("people.ended_sessions", len(sessions), said_of_it.get("ended_sessions"))
        ended_sessions.tokens_refused(checks, "people.session_ended", "people.renewal_ended", office.realm, sessions)
        conformance.answered(checks, "people.gone", MISSING, office.ask("read", number))
        conformance.answered(checks, "people.removed_once", MISSING, office.ask("remove", number))
        found = [str(entry.get("username")) for entry in office.listed(mark)]
        checks.equal("people.gone_from_list", [other["user"]["username"]], found)
        goes_on = sign_on.profile(office.realm, other["access_token"])
        conformance.answered(checks, "people.others_go_on", OK, goes_on)
        again = office.arrived(f"{mark}.leaving", number)
        checks.equal("people.begins_anew", [ROLES[0]], again["user"].get("roles"))
        ended_sessions.out_of_sight(checks, "removed", office.realm, sessions, again)
        office.audited(checks)
        conformance.conform(checks, "people.contract", answer, goes_on)
        checks.conclude()


class _Office:
    """An administrator's requests about people, and the people whom the test signs on."""

    def __init__(self, administrator: str) -> None:
        extras.demand("cryptography", "tokens of people")
        context.system.permit("destructive")
        self.realm = Realm(context.system)
        self.specimen = minted.Specimen.of(self.realm, administrator)
        self.session = sign_on.session_of(self.realm, administrator)
        self.attempts: list[auditing.Attempt] = []
        self.named: dict[str, dict[str, str]] = {}  # by the number of a person: what their first token says of them
        self.began = dt.datetime.now(dt.UTC)
        viewer = context.system.identity(administrator)
        self.tenant = viewer.tenant
        roles = [str(role) for role in self.specimen.claims.get("realm_access", {}).get("roles", [])]
        own = next((role for role in roles if role.endswith(viewer.role)), None)
        if own is None:
            raise NotEvaluatedError("The provider's tokens do not name roles in realm_access: people cannot be signed on here.")
        self.role = own.removesuffix(viewer.role) + ROLES[0]

    def arrived(self, name: str, number: str = "") -> dict[str, Any]:
        """A session of somebody of a name, who is new unless a number is given; they are removed when the test ends."""
        import uuid

        number, email = number or str(uuid.uuid4()), f"{randoms.token_hex(6)}@qa.example.test"
        claims: dict[str, Any] = {
            "sub": number,
            "preferred_username": name,
            "name": f"Person {name}",
            "email": email,
            "sid": str(uuid.uuid4()),
        }
        answer = sign_on.open_session(self.realm, self.specimen.minted(**claims, realm_access={"roles": [self.role]}))
        said_of_them = {"user_id": number, "username": name, "display_name": f"Person {name}", "email": email}
        self.named.setdefault(number, said_of_them)
        if not answer.ok:
            raise NotEvaluatedError(f"Nobody new can sign on: observed {answer.status} with {answer.excerpt()}.")
        context.at_test_end(f"the user {name} could not be removed", lambda: self._removed(number))
        return answer.object()

    def _removed(self, number: str) -> None:
        self.ask("remove", number)  # whether it is still there or not

    def ask(self, way: str, number: str = "", body: dict[str, Any] | None = None, query: str = "") -> Exchange:
        """Send an operation of the vocabulary's users."""
        method, _, path = str(self.realm.words.needed(f"{USERS}.{way}")).partition(" ")
        place = path.replace("{user_id}", number) + query
        answer = self.realm.system.request(method, place, json_body=body, token=self.session["access_token"])
        self.attempts.append(auditing.Attempt(answer, self.session))
        return answer

    def audited(self, checks: Checks) -> None:
        """Record whether the audit trail has each request that was sent about people so far."""
        events = auditing.listed(checks, self.realm, self.session["access_token"], limit=auditing.MOST)
        auditing.compare(checks, self.realm, self.attempts, events)

    def dated(self, checks: Checks, person: dict[str, Any]) -> None:
        """Record whether somebody is known since they were signed on here."""
        tolerance = dt.timedelta(seconds=context.environment.clock_tolerance)
        try:
            holds = (
                self.began - tolerance
                <= conventions.instant(str(person.get("created_at")))
                <= dt.datetime.now(dt.UTC) + tolerance
            )
        except ValueError:
            holds = False
        expected = f"the first sign-on, after {self.began.isoformat(timespec='seconds')}"
        checks.that("people.known_since", holds, expected, written(person.get("created_at")))

    def listed(self, text: str = "") -> list[dict[str, Any]]:
        """The people who are listed, or found by a text."""
        answer = self.ask("list", query=f"?{self.realm.words.needed(f'{USERS}.search')}={quote(text)}" if text else "")
        found = pointers.found(answer.body, "data") if answer.ok else None
        if not isinstance(found, list):
            raise NotEvaluatedError(f"Expected people from the list, observed {answer.status} with {answer.excerpt()}.")
        return [entry for entry in found if isinstance(entry, dict)]

    def entry(self, number: str) -> dict[str, Any]:
        """Somebody as the list has them; empty where they are not in it."""
        return next((entry for entry in self.listed() if entry.get("user_id") == number), {})

    def read(self, number: str) -> dict[str, Any]:
        """Somebody as they are read; empty where they are not there."""
        answer = self.ask("read", number)
        return answer.object() if answer.ok else {}

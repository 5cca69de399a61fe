"""The model of accounts: sessions, profiles, passwords and API keys, as the contract has them."""

from __future__ import annotations

import datetime as dt
import secrets as random_secrets
from typing import Any, TYPE_CHECKING

from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.conventions import instant
from TheodoreLibrary.exploration.model.actions import Action, BAD, INVALID, OK, REFUSED
from TheodoreLibrary.exploration.model.world import Key, SCOPES, Session
from TheodoreLibrary.exploration.steps import REFRESH, Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.model.actions import Turn
    from TheodoreLibrary.exploration.model.world import Identity, World
    from TheodoreLibrary.exploration.steps import Answer

USERNAME, NAME, KEY_NAME, DESCRIPTION = 100, 50, 100, 500  # characters at most
CHANGEABLE = ("email", "first_name", "last_name", "preferences")
# New passwords by what they are; the strong ones are made anew each time.
WEAK = {
    "too short": "Short7x",
    "without a capital": "nocapital1",
    "without a digit": "NODigitsHere",
    "without lower": "NOLOWER123",
}
SHORTEST, SHORT = 8, "as short as allowed"


class SignIn(Action):
    """A sign-in, right or wrong; a right one makes a session."""

    name, area, public, makes = "sign in", "accounts", True, "session"

    def request(self, turn: Turn) -> Request:
        identity = turn.world.identities[turn.values["identity"]]
        names = {
            "unknown": f"nobody.{turn.world.run}@example.test",
            "empty": "",
            "longest": "n" * USERNAME,
            "too long": "n" * (USERNAME + 1),
        }
        passwords = {
            "right": identity.password,
            "wrong": f"Wrong1{turn.world.run}",
            "former": identity.former_password or f"Former1{turn.world.run}",
            "empty": "",
            "other case": identity.password.swapcase(),
        }
        body = {"username": names.get(turn.values["username"], identity.username)}
        if turn.values["password"] != "absent":  # noqa: S105  # a way to leave it out
            body["password"] = passwords[turn.values["password"]]
        return Request("POST", "/auth/login", body)

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        if turn.values["password"] in ("empty", "absent") or turn.values["username"] in ("empty", "too long"):
            return (INVALID,)
        return (OK,) if (turn.values["password"], turn.values["username"]) == ("right", "own") else (REFUSED,)

    def learn(self, turn: Turn) -> None:
        identity = turn.world.identities[turn.values["identity"]]
        signed_in(turn.world, identity, turn.step.label, turn.answer)
        same_profile(turn.judge, "explore.accounts.sign_in", identity, turn.body.get("user") or {})

    def refused(self, turn: Turn) -> None:
        """Why a sign-in is refused says nothing of whether there is such a user."""
        no_echo(turn, "password")
        if turn.answer.status == REFUSED:
            message = str(turn.body.get("message"))
            turn.world.refusal = turn.world.refusal or message
            turn.equal("explore.accounts.refusal", turn.world.refusal, "message")


class SignOut(Action):
    """A log-out: the session's tokens are worthless from then on, and no other session's."""

    name, area = "sign out", "accounts"
    operation = ("POST", "/auth/logout")

    def learn(self, turn: Turn) -> None:
        ended = turn.world.sessions[turn.step.caller]
        for session in turn.world.sessions.values():
            if session.family == ended.family and session.alive:
                session.alive, session.renewable = None, False  # the contract does not say what becomes of its other tokens
        ended.alive, ended.why = False, "signed out"


class Renew(Action):
    """An exchange of a refresh token for an access token."""

    name, area, public, makes = "renew a token", "accounts", True, "session"

    def request(self, turn: Turn) -> Request:
        session = turn.world.sessions[turn.values["session"]]
        tokens = {"refresh": session.refresh, "access": session.access, "made up": "made.up.token"}
        return Request("POST", "/auth/refresh", {"refresh_token": tokens[turn.values["token"]]})

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        session = turn.world.sessions[turn.values["session"]]
        if turn.values["token"] != "refresh" or session.alive is False:  # noqa: S105  # a kind of token
            return (REFUSED,)
        return (OK,) if session.alive and session.renewable else (OK, REFUSED)

    def learn(self, turn: Turn) -> None:
        origin = turn.world.sessions[turn.values["session"]]
        token = str(turn.body.get("access_token") or "")
        secrets.add(token, "a renewed token")
        fresh = bool(token) and token != origin.access
        turn.judge.that("explore.accounts.renewed", fresh, "a new access token", "the same token or none")
        turn.world.sessions[turn.step.label] = Session(origin.identity, token, "", True, origin.family)


class ReadProfile(Action):
    """A look at one's own profile."""

    name, area = "read the profile", "accounts"
    operation = ("GET", "/auth/profile")

    def learn(self, turn: Turn) -> None:
        if turn.caller:
            same_profile(turn.judge, "explore.accounts.profile", turn.caller.identity, turn.body)


class ChangeProfile(Action):
    """A change of some fields of a profile: those are changed, the others are not."""

    name, area = "change the profile", "accounts"

    def request(self, turn: Turn) -> Request:
        return Request("PUT", "/auth/profile", turn.values["changes"])

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        changes = turn.values["changes"]
        wrong = any(len(changes.get(name, "")) > NAME for name in ("first_name", "last_name"))
        wrong |= "@" not in changes.get("email", "@") or not isinstance(changes.get("preferences", {}), dict)
        foreign = set(changes) - set(CHANGEABLE)
        return (INVALID,) if wrong else (OK, INVALID) if foreign else (OK,)

    def learn(self, turn: Turn) -> None:
        identity = turn.world.sessions[turn.step.caller].identity
        changed = {name: value for name, value in turn.values["changes"].items() if name in CHANGEABLE}
        if "email" in changed and str(turn.body.get("email")).casefold() == changed["email"].casefold():
            changed["email"] = turn.body["email"]  # the case of an address is the system's choice
        identity.profile |= changed
        same_profile(turn.judge, "explore.accounts.profile_changed", identity, turn.body)


class ChangePassword(Action):
    """A change of a password: it ends all sessions of the identity, and only the new password works."""

    name, area = "change the password", "accounts"

    def request(self, turn: Turn) -> Request:
        right = turn.caller.identity.password if turn.caller else "x"
        present = {"right": right, "wrong": f"Wrong1{turn.world.run}", "empty": ""}[turn.values["present"]]
        strong = f"Qa9z{random_secrets.token_hex(16)}"
        new = WEAK.get(turn.values["new"], strong[:SHORTEST] if turn.values["new"] == SHORT else strong)
        secrets.add(new, "a new password")
        return Request("POST", "/auth/change-password", {"current_password": present, "new_password": new})

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        if turn.values["new"] in WEAK:
            return (INVALID,)
        return {"right": (OK,), "wrong": (BAD,)}.get(turn.values["present"], (BAD, INVALID))

    def learn(self, turn: Turn) -> None:
        identity = turn.world.sessions[turn.step.caller].identity
        identity.former_password, identity.password = identity.password, turn.request.body["new_password"]  # type: ignore[union-attr]
        turn.world.end_sessions(identity, "the password was changed")

    def refused(self, turn: Turn) -> None:
        no_echo(turn, "new_password")


class MakeKey(Action):
    """A new API key with scopes and an end."""

    name, area, makes = "make an API key", "accounts", "key"

    def request(self, turn: Turn) -> Request:
        body = {name: turn.values[name] for name in ("name", "scopes", "description")} | {
            "expires_at": moment(turn.values["ends"])
        }
        return Request("POST", "/auth/api-keys", {name: value for name, value in body.items() if value is not None})

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        values = turn.values
        sizes = 1 <= len(values["name"]) <= KEY_NAME and len(values["description"] or "") <= DESCRIPTION
        if not sizes or values["ends"] == "no date":
            return (INVALID,)
        return (OK, INVALID) if expired(values["ends"]) else (OK,)

    def learn(self, turn: Turn) -> None:
        body, judge, world = turn.body, turn.judge, turn.world
        scopes = list(SCOPES) if turn.values["scopes"] is None else turn.values["scopes"]
        ends, requested = body.get("expires_at"), turn.request.body.get("expires_at")  # type: ignore[union-attr]
        secret, identifier = str(body.get("key") or ""), body.get("key_id")
        secrets.add(secret, "an API key")
        turn.equal("explore.keys.name", turn.values["name"], "name")
        judge.equal("explore.keys.scopes", sorted(scopes), sorted(map(str, body.get("scopes") or ())))
        judge.that("explore.keys.unused", body.get("last_used") is None, "no last_used", body.get("last_used"))
        same = same_moment(requested, ends)
        judge.that("explore.keys.expires_at", same, f"expires_at {requested or 'none'}", f"expires_at {ends or 'none'}")
        fresh = world.new_identifier(secret)
        judge.that("explore.keys.secret_unique", fresh, "a key that was never given out", "a key that was given out before")
        fresh = world.new_identifier(identifier)
        judge.that("explore.keys.id_unique", fresh, "a key_id that was never given out", identifier)
        over = expired(turn.values["ends"])
        identity = world.sessions[turn.step.caller].identity
        world.keys[turn.step.label] = Key(identity, secret, tuple(scopes), not over, "it has expired" if over else "")


def signed_in(world: World, identity: Identity, label: str, answer: Answer) -> None:
    """Keep the tokens of a sign-in under a label, and what the profile says where it is not known yet."""
    access, refresh = (str(answer.fields.get(name) or "") for name in ("access_token", "refresh_token"))
    for kind, token in (("an access token", access), ("a refresh token", refresh)):
        secrets.add(token, kind)
    world.sessions[label] = Session(identity, access, refresh, True, label)
    world.sessions[label + REFRESH] = Session(identity, refresh, alive=False, why="a refresh token opens nothing")


def no_echo(turn: Turn, name: str) -> None:
    """A refusal does not repeat a password that was sent."""
    sent = str((turn.request.body if turn.request else {}).get(name) or "")
    repeated = bool(sent) and sent in turn.answer.text
    observed = f"the {name} that was sent" if repeated else "no such text"
    turn.judge.that("explore.accounts.no_echo", not repeated, f"a refusal without the {name} that was sent", observed)


def same_profile(judge: Judge, check: str, identity: Identity, observed: dict[str, Any]) -> None:
    """A profile is that of the identity, with every field that the model knows."""
    judge.fields(check, identity.profile, observed)


def same_moment(expected: str | None, observed: Any) -> bool:
    """Whether a time is the expected one, to half a minute and whatever its zone; no time is the same as none."""
    if expected is None or not isinstance(observed, str):
        return expected is None and observed is None
    try:
        return abs(instant(observed) - instant(expected)) < dt.timedelta(seconds=30)
    except ValueError:
        return False


def expired(ends: Any) -> bool:
    """Whether a key that ends so has ended already."""
    return isinstance(ends, list) and ends[0] < 0


def moment(ends: Any) -> str | None:
    """A time as RFC 3339 writes it: so many seconds from now, in a zone of so many hours; other texts as they are."""
    if not isinstance(ends, list):
        return None if ends is None else str(ends)
    seconds, hours = ends
    zone = dt.timezone(dt.timedelta(hours=hours))
    return (dt.datetime.now(zone) + dt.timedelta(seconds=seconds)).replace(microsecond=0).isoformat()


ACTIONS = (SignIn(), SignOut(), Renew(), ReadProfile(), ChangeProfile(), ChangePassword(), MakeKey())

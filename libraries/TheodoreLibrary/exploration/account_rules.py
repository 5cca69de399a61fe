"""The model of accounts: sessions, profiles, passwords and API keys, as the contract has them."""

from __future__ import annotations

import datetime as dt
import secrets as random_secrets
from typing import Any, TYPE_CHECKING

from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.conventions import instant
from TheodoreLibrary.exploration.actions import Action, BAD, INVALID, OK, REFUSED
from TheodoreLibrary.exploration.steps import NOBODY, Request, RUN, Step
from TheodoreLibrary.exploration.world import Key, SCOPES, Session

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer
    from TheodoreLibrary.exploration.world import Person, World

USERNAME, NAME, KEY_NAME, DESCRIPTION = 100, 50, 100, 500  # characters at most
PROFILE = ("user_id", "username", "email", "first_name", "last_name", "role", "preferences", "created_at")
# New passwords by what they are; the strong ones are made anew each time.
WEAK = {"too short": "Short7x", "without a capital": "nocapital1", "without a digit": "NODigitsHere", "without lower": "NOLOWER123"}
SHORTEST, SHORT = 8, "as short as allowed"


class SignIn(Action):
    """A sign-in, right or wrong; a right one makes a session."""

    name, area, weight, public, makes = "sign in", "accounts", 3, True, "session"

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del world, source, values
        return NOBODY

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        person = source.choice([name for name, person in world.people.items() if not person.strict])
        password = source.choice(("right",) * 5 + ("wrong", "former", "empty", "absent", "other case"))
        username = source.choice(("own",) * 6 + ("unknown", "empty", "too long", "longest"))
        return {"person": person, "password": password, "username": username}

    def request(self, world: World, step: Step) -> Request:
        person = world.people[step.values["person"]]
        names = {"unknown": f"nobody.{world.run}@example.test", "empty": "", "longest": "n" * USERNAME, "too long": "n" * (USERNAME + 1)}
        passwords = {
            "right": person.password,
            "wrong": f"Wrong1{world.run}",
            "former": person.former_password or f"Former1{world.run}",
            "empty": "",
            "other case": person.password.swapcase(),
        }
        body = {"username": names.get(step.values["username"], person.username)}
        if step.values["password"] != "absent":  # noqa: S105  # a way to leave it out
            body["password"] = passwords[step.values["password"]]
        return Request("POST", "/auth/login", body)

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        if step.values["password"] in ("empty", "absent") or step.values["username"] in ("empty", "too long"):
            return (INVALID,)
        return (OK,) if (step.values["password"], step.values["username"]) == ("right", "own") else (REFUSED,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        person = world.people[step.values["person"]]
        signed_in(world, person, step.label or step.values["person"], answer)
        same_profile(judge, "explore.accounts.sign_in", person, answer.fields.get("user") or {})


class SignOut(Action):
    """A log-out: the session's tokens are worthless from then on, and no other session's."""

    name, area, weight = "sign out", "accounts", 1

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del values
        own = [label for label, session in world.sessions.items() if not session.lent and (session.alive or source.random() < 0.1)]  # noqa: PLR2004
        return source.choice([label for label in own if label not in world.people] or own or [NOBODY])

    def request(self, world: World, step: Step) -> Request:
        del world, step
        return Request("POST", "/auth/logout")

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        del answer, judge
        ended = world.sessions[step.caller]
        for session in world.sessions.values():
            if session.family == ended.family and session.alive:
                session.alive = None  # the contract does not say what becomes of other tokens of the same sign-in
        ended.alive, ended.why = False, "signed out"


class Renew(Action):
    """An exchange of a refresh token for an access token."""

    name, area, weight, public, makes = "renew a token", "accounts", 2, True, "session"

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del world, source, values
        return NOBODY

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        known = [label for label, session in world.sessions.items() if session.refresh and session.alive is not None]
        ended = [label for label in known if world.sessions[label].alive is False]
        label = source.choice(ended if ended and source.random() < 0.5 else known)  # noqa: PLR2004  # half of them
        return {"session": label, "token": source.choice(("refresh",) * 5 + ("access", "made up"))}

    def request(self, world: World, step: Step) -> Request:
        session = world.sessions[step.values["session"]]
        tokens = {"refresh": session.refresh, "access": session.access, "made up": "made.up.token"}
        return Request("POST", "/auth/refresh", {"refresh_token": tokens[step.values["token"]]})

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        if step.values["token"] != "refresh":  # noqa: S105  # a kind of token
            return (REFUSED,)
        alive = world.sessions[step.values["session"]].alive
        return {True: (OK,), False: (REFUSED,)}.get(alive, (OK, REFUSED)) if alive is not None else (OK, REFUSED)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        origin = world.sessions[step.values["session"]]
        token = str(answer.fields.get("access_token") or "")
        secrets.add(token, "a renewed token")
        judge.that("explore.accounts.renewed", bool(token) and token != origin.access, "a new access token", "the same token or none")
        if step.label:
            world.sessions[step.label] = Session(origin.person, token, "", True, origin.family)


class ReadProfile(Action):
    """A look at one's own profile."""

    name, area, weight = "read the profile", "accounts", 7

    def request(self, world: World, step: Step) -> Request:
        del world, step
        return Request("GET", "/auth/profile")

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        caller = world.caller(step.caller)
        if caller:
            same_profile(judge, "explore.accounts.profile", caller.person, answer.fields)


class ChangeProfile(Action):
    """A change of some fields of a profile: those are changed, the others are not."""

    name, area, weight = "change the profile", "accounts", 6

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del values
        return world.some_caller(source, keys=False)

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        word = f"{RUN}{source.randrange(1000)}"
        choices = {
            "first_name": ("Ada" + word, "A" * NAME, "A" * (NAME + 1), "Zoë-Ð " + word),
            "last_name": ("Byron" + word, "B" * NAME, "B" * (NAME + 1), "O'Neill " + word),
            "email": (f"ada.{word}@example.com", "no-address", f"A.{word}@Example.com"),
            "preferences": ({"theme": word}, {"theme": word.upper()}, "no object"),
        }
        names = source.sample(sorted(choices), source.choice((0, 1, 1, 1, 2, 4)))
        changes: dict[str, Any] = {
            name: choices[name][0] if source.random() < 0.5 else source.choice(choices[name])  # noqa: PLR2004  # half of them
            for name in names
        }
        if source.random() < 0.2:  # noqa: PLR2004  # now and then
            changes |= source.choice(({"role": "admin"}, {"user_id": "usr_other"}, {"is_active": False}, {"username": "other"}))
        return {"changes": changes}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("PUT", "/auth/profile", step.values["changes"])

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        changes = step.values["changes"]
        wrong = any(len(changes.get(name, "")) > NAME for name in ("first_name", "last_name"))
        wrong |= "@" not in changes.get("email", "@") or not isinstance(changes.get("preferences", {}), dict)
        foreign = set(changes) - {"first_name", "last_name", "email", "preferences"}
        return (INVALID,) if wrong else (OK, INVALID) if foreign else (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        person = world.sessions[step.caller].person
        changed = {name: value for name, value in step.values["changes"].items() if name in PROFILE[2:5] or name == "preferences"}
        if "email" in changed and str(answer.fields.get("email")).casefold() == changed["email"].casefold():
            changed["email"] = answer.fields["email"]  # the case of an address is the system's choice
        person.profile |= changed
        same_profile(judge, "explore.accounts.profile_changed", person, answer.fields)


class ChangePassword(Action):
    """A change of a password: it ends all sessions of the person, and only the new password works."""

    name, area, weight = "change the password", "accounts", 2

    def draw(self, world: World, source: random.Random) -> Step | None:
        return super().draw(world, source) if world.destructive else None

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del values
        own = {label: session for label, session in world.sessions.items() if not session.lent}
        usual = [label for label, session in own.items() if session.alive and session.person.role != "admin"]
        return source.choice(usual if usual and source.random() < 0.85 else [*own, NOBODY])  # noqa: PLR2004  # most

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        del world
        new = source.choice(("strong", SHORT, *WEAK))
        return {"present": source.choice(("right",) * 4 + ("wrong", "empty")), "new": new}

    def request(self, world: World, step: Step) -> Request:
        caller = world.caller(step.caller)
        present = {"right": caller.person.password if caller else "x", "wrong": f"Wrong1{world.run}", "empty": ""}
        strong = f"Qa9z{random_secrets.token_hex(16)}"
        new = WEAK.get(step.values["new"], strong[:SHORTEST] if step.values["new"] == SHORT else strong)
        secrets.add(new, "a new password")
        return Request("POST", "/auth/change-password", {"current_password": present[step.values["present"]], "new_password": new})

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        if step.values["new"] in WEAK:
            return (INVALID,)
        return {"right": (OK,), "wrong": (BAD,)}.get(step.values["present"], (BAD, INVALID))

    def done(self, world: World, step: Step, request: Request) -> None:
        """Keep the new password, which stands in the request alone."""
        person = world.sessions[step.caller].person
        person.former_password, person.password = person.password, request.body["new_password"]
        world.end_sessions(person, "the password was changed")


class MakeKey(Action):
    """A new API key with scopes and an end."""

    name, area, weight, makes = "make an API key", "accounts", 4, "key"
    ENDS = (None, None, None, [3600, 0], [-60, 0], [3600, -12], [-3600, 12], [-3600, -12], [7200, 12], "no date")

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del values
        return world.some_caller(source, keys=False)

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        fitting = source.random() < 0.7  # noqa: PLR2004  # most
        names = (f"explored {RUN}",) if fitting else ("k", "k" * KEY_NAME, "k" * (KEY_NAME + 1), "")
        scopes = source.choice((None, ["research"], ["discovery"], ["research"], ["discovery"], [*SCOPES], [*SCOPES[::-1]]))
        ends = source.choice(self.ENDS)
        description = None if fitting else source.choice((None, "d" * DESCRIPTION, "d" * (DESCRIPTION + 1)))
        return {"name": source.choice(names), "scopes": scopes, "ends": ends, "description": description}

    def request(self, world: World, step: Step) -> Request:
        del world
        values = step.values
        body = {"name": values["name"], "scopes": values["scopes"], "description": values["description"], "expires_at": _moment(values["ends"])}
        return Request("POST", "/auth/api-keys", {name: value for name, value in body.items() if value is not None})

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        values = step.values
        wrong = not 1 <= len(values["name"]) <= KEY_NAME or len(values["description"] or "") > DESCRIPTION or values["ends"] == "no date"
        past = isinstance(values["ends"], list) and values["ends"][0] < 0
        return (INVALID,) if wrong else (OK, INVALID) if past else (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        body, values = answer.fields, step.values
        scopes = values["scopes"] or list(SCOPES)
        judge.equal("explore.keys.name", values["name"], body.get("name"))
        judge.equal("explore.keys.scopes", sorted(scopes), sorted(map(str, body.get("scopes") or ())))
        judge.that("explore.keys.unused", body.get("last_used") is None, "no last_used", body.get("last_used"))
        ends, known = body.get("expires_at"), _moment(values["ends"])
        judge.that("explore.keys.expires_at", same_moment(known, ends), f"expires_at {known or 'none'}", f"expires_at {ends or 'none'}")
        secret = str(body.get("key") or "")
        secrets.add(secret, "an API key")
        judge.that("explore.keys.secret_unique", world.new_identifier(secret), "a key that was never given out", "one that was given out before")
        fresh = world.new_identifier(body.get("key_id"))
        judge.that("explore.keys.id_unique", fresh, "a key_id that was never given out", body.get("key_id"))
        if step.label:
            expired = isinstance(values["ends"], list) and values["ends"][0] < 0
            person = world.sessions[step.caller].person
            world.keys[step.label] = Key(person, secret, tuple(scopes), not expired, "it has expired" if expired else "")


def signed_in(world: World, person: Person, label: str, answer: Answer) -> None:
    """Keep the tokens of a sign-in under a label, and what the profile says where it is not known yet."""
    access, refresh = (str(answer.fields.get(name) or "") for name in ("access_token", "refresh_token"))
    for kind, token in (("an access token", access), ("a refresh token", refresh)):
        secrets.add(token, kind)
    world.sessions[label] = Session(person, access, refresh, True, label)
    profile = answer.fields.get("user") or {}
    if not person.profile:
        person.profile = {name: profile.get(name) for name in PROFILE}
        person.first_profile = dict(person.profile)


def same_profile(judge: Judge, check: str, person: Person, observed: dict[str, Any]) -> None:
    """A profile is that of the person, with every field that the model knows."""
    judge.fields(check, person.profile, observed)


def same_moment(expected: str | None, observed: Any) -> bool:
    """Whether a time is the expected one, to half a minute and whatever its zone; no time is the same as none."""
    if expected is None or not isinstance(observed, str):
        return expected is None and observed is None
    try:
        return abs(instant(observed) - instant(expected)) < dt.timedelta(seconds=30)
    except ValueError:
        return False


def _moment(ends: Any) -> str | None:
    """A time as RFC 3339 writes it: so many seconds from now, in a zone of so many hours; other texts as they are."""
    if not isinstance(ends, list):
        return None if ends is None else str(ends)
    seconds, hours = ends
    zone = dt.timezone(dt.timedelta(hours=hours))
    return (dt.datetime.now(zone) + dt.timedelta(seconds=seconds)).replace(microsecond=0).isoformat()


ACTIONS = (SignIn(), SignOut(), Renew(), ReadProfile(), ChangeProfile(), ChangePassword(), MakeKey())

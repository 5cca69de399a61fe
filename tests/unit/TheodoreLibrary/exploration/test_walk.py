"""Walks over a small system in memory, which can be given a defect."""

import itertools

import pytest

from theodore_qa.errors import QaError
from TheodoreLibrary.exploration import beginning, engine
from TheodoreLibrary.exploration.model.world import Identity, Key, World
from TheodoreLibrary.exploration.steps import Answer, Step
from TheodoreLibrary.exploration.walk import Walk, with_run

PLUGINS = [
    {"name": f"plugin-{n}", "category": "storage", "description": f"Does {n}", "version": "1.0.0", "status": "enabled"}
    for n in range(4)
]


class SmallTheodore:
    """Sign-in, sign-out, profile and plugins; everything else is answered 404."""

    def __init__(self, defect=""):
        self.defect = defect
        self.tokens = {}
        self.numbers = itertools.count(1)
        self.profiles = {}

    def token(self, name):
        return self._signed_in(name)

    def _signed_in(self, name):
        token = f"token {next(self.numbers)} of {name}"
        self.tokens[token] = name
        return token

    def send(self, request, caller):
        status, body = self._answered(request, caller)
        return Answer(status, body, {}, str(body))

    def _answered(self, request, caller):  # noqa: PLR0911  # a route a line
        path, _, query = request.path.partition("?")
        parameters = dict(part.split("=") for part in query.split("&") if part)
        if path == "/auth/login":
            return 200, {
                "access_token": self._signed_in(request.body["username"]),
                "user": self._profile(request.body["username"]),
            }
        name = self.tokens.get(caller.access) if caller and not isinstance(caller, Key) else None
        if name is None:
            return 401, {"message": "no"}
        if path == "/auth/logout":
            if self.defect != "token after sign-out":
                del self.tokens[caller.access]
            return 200, {"message": "done"}
        if path == "/auth/profile":
            if request.method == "PUT":
                self._profile(name).update(request.body)
            return 200, dict(self._profile(name))
        if path == "/plugins":
            offset, limit = int(parameters.get("offset", 0)), int(parameters.get("limit", 50))
            page = PLUGINS[offset : offset + limit]
            total = len(page) if self.defect == "total of the page" and offset else len(PLUGINS)
            more = offset + len(page) < len(PLUGINS)
            facets = {"categories": ["storage"], "available_statuses": ["enabled"]}
            return 200, {"plugins": page, "total": total, "limit": limit, "offset": offset, "has_more": more} | facets
        if path in ("/plugins/categories", "/discover/suggestions"):
            return 200, {"categories": [], "suggestions": []}
        return 404, {"message": "no"}

    def _profile(self, name):
        return self.profiles.setdefault(name, {"username": name, "first_name": "First"})


def new_world():
    return World(
        "abcde",
        companies=["Stripe"],
        identities={name: Identity(name, name, "Secret123", tenant=name) for name in ("ann", "bob")},
    )


def listing(**values):
    return Step("list plugins", "ann", dict.fromkeys(("category", "status", "search", "limit", "offset")) | values)


SEQUENCE = [
    listing(),
    Step("change the profile", "bob", {"changes": {"first_name": "Ada{run}"}}),
    Step("sign in", "nobody", {"identity": "ann", "username": "own", "password": "right"}, "session 1"),
    listing(limit=2),
    Step("read the profile", "bob"),
    Step("sign out", "session 1"),
    Step("read the profile", "ann"),
    listing(limit=1, offset=1),
    Step("read the profile", "session 1"),
]


def replayed(system, steps=SEQUENCE):
    return engine.replay(new_world, system, steps)


def test_a_healthy_system_agrees_with_the_model():
    done = replayed(SmallTheodore())
    assert done.failure is None
    assert done.outcome.statuses == [200, 200, 200, 200, 200, 200, 200, 200, 401]
    assert done.judge.counts["explore.plugins.page_total"] == 3


def test_names_are_those_of_the_run_and_are_put_back():
    system = SmallTheodore()
    world = new_world()
    beginning.begin(world, system)
    Walk(world, system).replay(SEQUENCE)
    assert system.profiles["bob"]["first_name"] == "Adaabcde"
    assert beginning.put_back(world, system) == []
    assert system.profiles["bob"]["first_name"] == "First"


def test_what_cannot_be_put_back_is_named():
    system = SmallTheodore()
    world = new_world()
    beginning.begin(world, system)
    Walk(world, system).replay(SEQUENCE)
    system.tokens.clear()
    assert beginning.put_back(world, system) == ["the profile of bob (PUT /auth/profile was answered 401)"]


@pytest.mark.parametrize(
    ("defect", "check", "after"),
    [("total of the page", "explore.plugins.page_total", 8), ("token after sign-out", "explore.accounts.callers", 9)],
)
def test_a_defect_is_found(defect, check, after):
    failure = replayed(SmallTheodore(defect)).failure
    assert failure.difference.check == check
    assert len(failure.steps) == after


def test_a_step_that_lacks_what_it_needs_is_skipped():
    done = replayed(
        SmallTheodore(), [Step("read the profile", "session 1"), Step("read a job", "ann", {"job": "job 1", "route": ""})]
    )
    assert [step.action for step in done.outcome.skipped] == ["read the profile", "read a job"]
    assert done.outcome.steps == []


def test_a_failure_is_shrunk_to_the_shortest_sequence(monkeypatch):
    sequence = iter(SEQUENCE * 2)
    monkeypatch.setattr("TheodoreLibrary.exploration.walk.drawn", lambda *_: next(sequence))
    monkeypatch.setattr("TheodoreLibrary.exploration.walk.LOOKING", 0)
    done = engine.explore(new_world, SmallTheodore("token after sign-out"), 7, 18)
    failure = done.failure
    assert (failure.reproduced, failure.first_length) == (True, 9)
    assert [step.action for step in failure.steps] == ["sign in", "sign out", "read the profile"]
    assert failure.difference.expected == "status 401 (signed out) for GET /auth/profile"


def test_a_failure_that_does_not_come_again_is_kept_whole(monkeypatch):
    system = SmallTheodore("total of the page")
    sequence = iter([listing(), listing(limit=1, offset=1)])
    monkeypatch.setattr("TheodoreLibrary.exploration.walk.drawn", lambda *_: next(sequence))
    replay = engine.replay

    def corrected(*arguments):
        system.defect = ""
        return replay(*arguments)

    monkeypatch.setattr(engine, "replay", corrected)
    failure = engine.explore(new_world, system, 7, 2).failure
    assert (failure.reproduced, len(failure.steps)) == (False, 2)


def test_what_cannot_begin_says_why():
    system = SmallTheodore()
    system._signed_in = lambda _: ""
    with pytest.raises(QaError, match="The exploration cannot begin: expected 200 when ann signs in, observed 200"):
        engine.explore(new_world, system, 7, 1)


def test_the_same_seed_draws_the_same_steps():
    walks = [engine.explore(new_world, SmallTheodore(), 5, 30).outcome.steps for _ in range(2)]
    assert walks[0] == walks[1]
    assert len(walks[0]) > 1


def test_the_run_stands_where_its_placeholder_stood():
    assert with_run({"a": ["x{run}", 1], "b": ("{run}",)}, "abcde") == {"a": ["xabcde", 1], "b": ["abcde"]}
    assert len("{run}") == len("abcde")

"""What is drawn, and what is looked at after a step."""

import random

import pytest

from TheodoreLibrary.exploration import drawn_values
from TheodoreLibrary.exploration.consequences import looks
from TheodoreLibrary.exploration.drawing import drawn
from TheodoreLibrary.exploration.model.actions import Turn
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.model.world import Identity, Job, Session, World
from TheodoreLibrary.exploration.steps import Step


@pytest.fixture
def world():
    made = World("abcde", companies=["Stripe", "Square"], destructive=True)
    for name, role, tenant in (("ann", "user", "a"), ("bob", "user", "b"), ("eve", "admin", "a")):
        identity = made.identities[name] = Identity(name, name, "Secret123", role, tenant)
        made.sessions[name] = Session(identity, f"token of {name}", f"refresh token of {name}", family=name)
    made.plugins = [
        {"name": "alpha", "category": "storage", "description": "Keeps vectors", "version": "1.0.0", "status": "available"}
    ]
    made.first_plugins = {"alpha": "available"}
    return made


def test_each_variant_is_drawn_before_any_is_drawn_again(world):
    source = random.Random(7)
    names = [drawn_values.some(world, source, "letters", "abcdef") for _ in range(12)]
    assert sorted(names[:6]) == sorted(names[6:]) == list("abcdef")


def test_every_operation_is_drawn_and_has_a_request(world):
    world.jobs["job 1"] = Job("res_123456789", "research", world.identities["ann"], "Square", {}, status="completed", body={})
    world.jobs["job 2"] = Job("dis_123456789", "discovery", world.identities["bob"], "Stripe", {})
    seen = set()
    for number in range(600):
        step = drawn(world, random.Random(number))
        seen.add(step.action)
        assert world.knows(step.needs())
        assert ACTIONS[step.action].request(Turn(world, step)).path.startswith("/")
        assert ACTIONS[step.action].statuses(Turn(world, step))
    assert seen == ACTIONS.keys()


def test_nothing_is_changed_where_that_is_not_allowed(world):
    world.destructive = False
    actions = {drawn(world, random.Random(number)).action for number in range(400)}
    assert not actions & {"change the password", "change a plugin", "change the configuration"}


def test_after_a_change_of_password_old_tokens_and_passwords_are_tried(world):
    found = looks(Turn(world, Step("change the password", "ann", {"present": "right", "new": "strong"})))
    assert [step.action for step in found] == ["renew a token", "read the profile", "sign in", "sign in"]


def test_a_job_is_looked_at_by_its_owner_and_from_another_tenant(world):
    world.jobs["job 1"] = Job("res_123456789", "research", world.identities["ann"], "Square", {}, status="completed", body={})
    found = looks(Turn(world, Step("follow a job to its end", "ann", {"job": "job 1"})))
    assert {step.caller for step in found} == {"ann", "bob"}

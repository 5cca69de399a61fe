"""A failing sequence as steps, as a test, and as a file."""

import json

import pytest
from robot.api import get_model

from theodore_qa.errors import UsageError
from TheodoreLibrary.exploration import report
from TheodoreLibrary.exploration.engine import Failure
from TheodoreLibrary.exploration.judging import Difference
from TheodoreLibrary.exploration.model.world import Identity, Job, Key, Session, World
from TheodoreLibrary.exploration.robot_test import robot_test
from TheodoreLibrary.exploration.steps import Step

PAGE = dict.fromkeys(("category", "status", "search", "limit", "offset"))


@pytest.fixture
def failure():
    identity = Identity("ann", "ann@example.test", "Secret123", first_password="Secret123")
    world = World("abcde", companies=["Stripe"], identities={"ann": identity})
    world.sessions = {"ann": Session(identity, "t1"), "session 1": Session(identity, "t2", "r2")}
    world.keys = {"key 2": Key(identity, "secret", ("research",))}
    world.jobs = {"job 3": Job("res_123456789", "research", identity, "Stripe", {})}
    steps = [
        Step("sign in", "nobody", {"identity": "ann", "username": "own", "password": "right"}, "session 1"),
        Step(
            "make an API key",
            "session 1",
            {"name": "explored {run}", "scopes": ["research"], "ends": None, "description": None},
            "key 2",
        ),
        Step("start a research", "key 2", {"body": {"company_name": "Stripe"}}, "job 3"),
        Step("follow a job to its end", "ann", {"job": "job 3", "route": "", "until": "ended"}),
        Step("list plugins", "ann", PAGE | {"limit": 3, "offset": 6}),
    ]
    difference = Difference("explore.plugins.page_total", "8", "9", "total", 8)
    return Failure(difference, steps, [200] * 5, 41, True, world)


def test_the_steps_are_numbered(failure):
    assert report.numbered(failure).splitlines() == [
        "1. nobody: sign in (identity ann, username own, password right) as session 1 → 200",
        "2. session 1: make an API key (name explored {run}, scopes ['research']) as key 2 → 200",
        "3. key 2: start a research (body {'company_name': 'Stripe'}) as job 3 → 200",
        "4. ann: follow a job to its end (job job 3, until ended) → 200",
        "5. ann: list plugins (limit 3, offset 6) → 200",
        "Expected 8, observed 9.",
    ]


def test_the_test_is_valid_and_holds_no_secret(failure):
    text = robot_test(failure, "Exploration 7")
    model = get_model(f"*** Test Cases ***\n{text}\n")
    rows = [row.strip() for row in text.splitlines()]
    assert len(model.sections[0].body) == 1
    assert not any(getattr(row, "errors", ()) for row in model.sections[0].body[0].body)
    assert "Secret123" not in text
    assert "t2" not in text.split()
    assert (
        '${job_3} =    Send Request    POST /research    body={"company_name": "Stripe"}    identity=NOBODY    headers=${as_key_2}'
        in rows
    )
    assert rows[-3:] == [
        "${answer} =    Send Request    GET /plugins?limit=3&offset=6    identity=ann",
        "Get Response Status    ${answer}    ==    200",
        "Get Response Field    ${answer}    total    ==    8",
    ]


def test_a_status_is_checked_as_it_should_be(failure):
    failure.steps = [Step("read the profile", "ann, refresh token")]
    failure.difference = Difference(
        "explore.accounts.callers", "status 401 (a refresh token opens nothing) for GET /auth/profile", "status 200"
    )
    failure.statuses = [200]
    rows = [row.strip() for row in robot_test(failure, "A").splitlines()]
    assert rows[-2:] == [
        "${answer} =    Send Request    GET /auth/profile    identity=NOBODY    headers=${as_ann_refresh_token}",
        "Get Response Status    ${answer}    ==    401",
    ]
    assert "VAR    &{as_ann_refresh_token} =    Authorization=Bearer ${token}" in rows


def test_a_sequence_is_saved_and_read_again(failure, tmp_path):
    path = tmp_path / "explorations" / "seed-7.json"
    report.save(path, 7, failure)
    saved = report.load(path)
    assert saved["steps"] == failure.steps
    assert (saved["seed"], saved["check"], saved["identities"]) == (7, "explore.plugins.page_total", ["ann"])
    assert "Secret123" not in path.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        ("no JSON", "The file saved.json is no exploration: name a file that Explore Theodore has saved."),
        ("{}", "The file saved.json is no exploration"),
        (json.dumps({"format": 2, "steps": []}), "The file saved.json has the format 2, expected 1: explore again."),
        (json.dumps({"format": 1, "steps": [{"action": "fly", "caller": "ann"}]}), "The file saved.json has unknown steps: fly."),
    ],
)
def test_what_is_no_exploration_is_refused(tmp_path, text, message):
    path = tmp_path / "saved.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=message):
        report.load(path)

"""Users who begin one after another."""

import pytest
from raw_server import answering, OK, raw_serving
from theodore_load_driving import driven

from theodore_load import scenario
from theodore_qa.errors import UsageError

STEP = {"name": "get", "request": "GET /", "expect": {"fields": {"status": "ok"}}}


def made(folder, stages, ramp):
    return scenario.read({"url": "http://127.0.0.1:1", "stages": stages, "ramp": ramp, "journeys": [{"steps": [STEP]}]}, folder)


def test_each_user_begins_later_than_the_one_before(tmp_path):
    whole = made(tmp_path, ["4 users x 3"], "2 s")
    assert [whole.begins(user) for user in range(4)] == [0.0, 0.5, 1.0, 1.5]
    assert "4 users x 3, who begin within 2 s" in whole.model


def test_without_a_ramp_all_begin_at_once(tmp_path):
    whole = made(tmp_path, ["4 users x 3"], 0)
    assert {whole.begins(user) for user in range(4)} == {0.0}
    assert "begin within" not in whole.model


def test_a_rate_has_no_ramp_of_users(tmp_path):
    with pytest.raises(UsageError, match="A ramp is for users, not for a rate"):
        made(tmp_path, ["4/s for 3 s"], "2 s")


def test_all_requests_are_sent_though_users_begin_later():
    with raw_serving(answering(OK)) as port:
        figures = driven(port, STEP, users=4, iterations=3, ramp="200 ms")
    assert (figures.count, figures.ok) == (12, 12)

"""What every answer keeps to: a slow machine changes no verdict."""

import datetime as dt
import json

import jwt
import pytest

from theodore_qa.systems.conventions import Keeper
from theodore_qa.systems.declared import Conventions, TokenConvention
from theodore_qa.systems.exchange import Exchange

SENT = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
KEEPER = Keeper(Conventions(tokens=TokenConvention(token="access_token", lasts="expires_in")), clock_tolerance=1.0)


@pytest.mark.parametrize(
    ("made_after", "duration", "lasts", "wrong"),
    [
        (0, 0.1, 3600, []),
        (5, 6.0, 3600, []),  # the request waited for five seconds
        (0, 0.1, 60, ["POST /login: expires_in is 60, but the token is valid for 3600 s"]),
        (5, 6.0, 3610, ["POST /login: expires_in is 3610, but the token is valid for 3605 s"]),
        (5, 0.1, 3600, ["POST /login: expires_in is 3600, but the token is valid for 3605 s"]),
    ],
)
def test_a_token_is_valid_from_a_moment_between_request_and_answer(made_after, duration, lasts, wrong):
    ends = int(SENT.timestamp()) + made_after + 3600
    body = {"access_token": jwt.encode({"exp": ends}, "k" * 32, algorithm="HS256"), "expires_in": lasts}
    answer = Exchange("POST", "/login", 200, {"content-type": "application/json"}, json.dumps(body), SENT, duration)
    assert list(KEEPER.violations(answer, "POST /login")) == wrong

"""Requests for codes by where they lead, and which way people get their tokens."""

from types import SimpleNamespace

import pytest

from PromptCraftLibrary import provider_grants, provider_requests
from PromptCraftLibrary.provider_requests import Landing
from PromptCraftLibrary.realm import Realm
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder, Verdict

HOME = "http://127.0.0.1/callback"


def page(status):
    return Landing({"redirect_uri": HOME}, "v", page=SimpleNamespace(status=status))


def back(**parameters):
    return Landing({"redirect_uri": HOME}, "v", HOME, parameters)


@pytest.mark.parametrize(
    ("landing", "refused", "seen"),
    [
        (page(400), True, "a page with status 400"),
        (page(200), True, "a page with status 200"),
        (page(500), False, "a page with status 500"),  # a crash is no refusal
        (back(error="invalid_request"), True, f"invalid_request at {HOME}"),
        (back(code="c"), False, f"a code at {HOME}"),
        (back(), False, f"neither code nor error at {HOME}"),
    ],
)
def test_where_a_request_has_led(landing, refused, seen):
    assert (landing.refused, landing.seen) == (refused, seen)


def test_what_is_empty_is_not_sent_with_a_code():
    assert back(code="c").form() == {"code": "c", "redirect_uri": HOME, "code_verifier": "v"}
    assert back(code="c").form(code_verifier="") == {"code": "c", "redirect_uri": HOME}


def answer(status, body):
    return SimpleNamespace(status=status, body=body, ok=status < 300, problem="")


def verdict(check):
    checks = Checks("Identity provider", "codes")
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("a keyword", []):
        check(checks)
    recorder.leave_suite()
    return checks.done[-1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(400, {"error": "invalid_grant"}), Verdict.PASS),
        (answer(200, {"access_token": "t"}), Verdict.FAIL),
        (answer(200, {}), Verdict.FAIL),
        (answer(500, {"error": "invalid_grant"}), Verdict.FAIL),
        (answer(0, None), Verdict.FAIL),
        (answer(400, {"error": "unauthorized_client"}), Verdict.NOT_EVALUATED),  # it may try no code, whosever it is
        (answer(401, {"error": "invalid_client"}), Verdict.NOT_EVALUATED),
    ],
)
def test_a_code_of_another_client(given, expected):
    def lacks(checks, check, *rest):
        checks.not_evaluated(check, *rest[:2])

    realm = SimpleNamespace(system=SimpleNamespace(lacks=lacks))
    other = SimpleNamespace(client_id="other")
    made = verdict(lambda checks: provider_grants._of_another(checks, "provider.code_client", realm, given, other))
    assert made.verdict is expected


@pytest.mark.parametrize(
    ("supported", "how", "flow"),
    [
        (["authorization_code", "refresh_token"], "", "authorization_code"),
        (["authorization_code", "password"], "", "password"),
        (None, "", "password"),
        ("password", "", "password"),
        (["password"], "authorization_code", "authorization_code"),
    ],
)
def test_how_people_get_their_tokens(supported, how, flow):
    class Provider(Realm):
        system_way = SimpleNamespace(how=how)

        def __init__(self):
            self.endpoints = {"grant_types_supported": supported}

    assert Provider().usual_flow == flow


def test_a_provider_that_does_not_answer_is_left_to_the_grant():
    class Silent(Realm):
        system_way = SimpleNamespace(how="")

        def __init__(self):
            pass

        @property
        def endpoints(self):
            raise NotEvaluatedError("no answer")

    assert Silent().usual_flow == "password"


@pytest.mark.parametrize("address", [HOME, "https://app.example.test/callback?tenant=a"])
def test_no_address_that_is_tried_is_the_registered_one(address):
    tried = list(provider_grants._similar(address))
    assert len(set(tried)) == len(tried) == 6
    assert address not in tried


def test_an_answer_without_json_has_no_fields():
    assert provider_requests.field(answer(200, "text"), "error") is None
    assert provider_requests.seen(answer(200, [1])) == "status 200 with the fields none"

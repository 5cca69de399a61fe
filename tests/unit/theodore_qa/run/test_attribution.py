"""Each test is judged on its own promise, where the test that is named for what it saw too failed by that."""

from types import SimpleNamespace

import pytest

from theodore_qa.observing import excuses
from theodore_qa.observing.observations import ALL_ANSWERS, NONE_BREAKS
from theodore_qa.run.attribution import attributed
from theodore_qa.run.judged import Judged
from theodore_qa.systems.contract import rule_of

NAMED, OTHER = ("contract.robot", 3, "All"), ("research.robot", 5, "Facts")
VIOLATION = "GET /jobs/7f3a9c21: the header X-Limit: '-1' is less than the minimum of 0"


def identity(key):
    return dict(zip(("source", "line", "name"), key, strict=True))


def verdicts(*, own="PASS", seen=(VIOLATION,), named=VIOLATION, named_verdict="FAIL"):
    tests = [Judged(NAMED, (), named_verdict), Judged(OTHER, (), "FAIL", "A check failed")]
    rule = f"{NONE_BREAKS}{rule_of(named)}"
    evidence = SimpleNamespace(
        tests=[
            identity(NAMED) | {"verdict": named_verdict},
            identity(OTHER) | {"verdict": "FAIL", "own": own, "aside": list(seen)},
        ],
        observations=[identity(NAMED) | {"check": ALL_ANSWERS, "expected": rule, "stands": "FAIL"}],
    )
    return {test.name: (test.verdict, test.message) for test in attributed(tests, evidence)}


def of_contract(*names):
    tests = [
        Judged(NAMED, (), "FAIL"),
        *(Judged(("contract.robot", number, name), (), "FAIL") for number, name in enumerate(names)),
    ]
    records = [identity(test.key) | {"own": "PASS", "aside": [VIOLATION], "of_contract": True} for test in tests[1:]]
    observations = [identity(NAMED) | {"check": ALL_ANSWERS, "expected": f"{NONE_BREAKS}{rule_of(VIOLATION)}", "stands": "FAIL"}]
    done = attributed(tests, SimpleNamespace(tests=records, observations=observations))
    return [test.verdict for test in done[1:]]


def test_the_only_test_of_an_operation_that_breaks_a_rule_stays_failed_and_of_several_the_named_one_alone():
    assert of_contract("Job") == ["FAIL"]
    assert of_contract("Job", "Jobs", "Profile") == ["PASS", "PASS", "PASS"]


@pytest.mark.parametrize(
    ("message", "alone"),
    [
        ("api.contract: expected a, observed b.", True),
        (
            "Several failures occurred:\n\n1) api.contract: expected a, observed b.\n\n2) api.contract: expected a, observed b.",
            True,
        ),
        ("Several failures occurred:\n\n1) api.contract: expected a, observed b.\n\n2) x != y", False),
        ("x != y", False),
        ("", False),
    ],
)
def test_a_failure_is_aside_only_if_nothing_else_failed(message, alone):
    assert excuses.alone(message, ["api.contract: expected a, observed b."]) is alone
    assert excuses.alone(message, []) is False


def test_a_test_that_saw_what_another_is_named_for_is_judged_on_its_own_promise():
    done = verdicts(seen=["POST /jobs: the header X-Limit: '-7' is less than the minimum of 0"])
    assert done["All"][0] == "FAIL"
    assert done["Facts"] == (
        "PASS",
        "Also seen: POST /jobs: the header X-Limit: '-7' is less than the minimum of 0: see contract.robot > All.",
    )


@pytest.mark.parametrize(
    "otherwise",
    [
        {"own": ""},
        {"seen": []},
        {"seen": [VIOLATION, "GET /jobs/1: the answer lacks id"]},
        {"named": "GET /jobs/1: the answer lacks id"},
        {"named_verdict": "PASS"},
        {"named_verdict": "NOT EVALUATED"},
    ],
)
def test_otherwise_it_stays_failed(otherwise):
    assert verdicts(**otherwise)["Facts"] == ("FAIL", "A check failed")


@pytest.mark.parametrize(
    ("violation", "rule"),
    [
        ("GET /a: the answer lacks id", "the answer lacks id"),
        ("GET /a answered 418, which x.json does not name (200, 404)", "answered …, which x.json does not name (…, …)"),
        ("POST /a: id: 'x' is not of type 'integer'", "id: … is not of type …"),
        ("GET /a: the X-Request-ID 0f8fad5b-d9cb-469f-a165-70867728950e was that of an earlier answer",
         "the X-Request-ID … was that of an earlier answer"),
    ],
)  # fmt: skip
def test_a_rule_is_the_violation_without_operation_and_values(violation, rule):
    assert rule_of(violation) == rule

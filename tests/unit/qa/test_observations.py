"""What a test's observations amount to."""

import pytest

from theodore_qa.observations import Recorder, Verdict


@pytest.fixture
def recorder():
    one = Recorder()
    one.enter_suite()
    one.exchanged()
    one.start_test("a.robot", 3, "A", ())
    return one


def judged(recorder, *, passed=True, skipped=False):
    return recorder.judge(passed=passed, skipped=skipped)


def test_nothing_observed_is_no_pass(recorder):
    assert judged(recorder) == (
        "NOT EVALUATED",
        "Nothing was observed: the test ended without a single check of the system under test. "
        "Use keywords that check what the system answered.",
    )


def test_a_pass_is_a_pass(recorder):
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder) == ("PASS", "")


def test_a_swallowed_failure_stays_a_failure(recorder):
    recorder.record("c", 1, 2, Verdict.FAIL, subject="s")
    recorder.record("d", 1, 1, Verdict.PASS)
    assert judged(recorder) == ("FAIL", "A check failed and the test went on: c of s: expected 1, observed 2.")


def test_the_last_word_of_a_poll_counts(recorder):
    recorder.record("c", "done", "running", Verdict.FAIL, subject="s")
    recorder.record("c", "done", "done", Verdict.PASS, subject="s")
    assert judged(recorder)[0] == "PASS"


def test_a_failure_among_checks_made_together_is_not_overwritten(recorder):
    failed = recorder.record("c", 403, "200 for GET /config", Verdict.FAIL, subject="s")
    recorder.record("c", 403, "403 for POST /config", Verdict.PASS, subject="s", together=[failed])
    assert judged(recorder) == (
        "FAIL",
        "A check failed and the test went on: c of s: expected 403, observed 200 for GET /config.",
    )


@pytest.mark.parametrize("other", [{"subject": "t"}, {"expected": "else"}])
def test_another_subject_or_expectation_supersedes_nothing(recorder, other):
    recorder.record("c", "done", "running", Verdict.FAIL, subject="s")
    recorder.record("c", other.get("expected", "done"), "done", Verdict.PASS, subject=other.get("subject", "s"))
    assert judged(recorder)[0] == "FAIL"


def test_not_evaluated_is_no_pass_unless_waived(recorder):
    recorder.record("c", 1, 1, Verdict.PASS)
    recorder.record("d", 1, "unseen", Verdict.NOT_EVALUATED, waived="later")
    assert judged(recorder)[0] == "PASS"
    recorder.record("e", 1, "unseen", Verdict.NOT_EVALUATED)
    assert judged(recorder) == ("NOT EVALUATED", "NOT EVALUATED: e: expected 1, observed unseen.")


def test_only_waived_observations_make_a_skip(recorder):
    recorder.record("d", 1, "unseen", Verdict.NOT_EVALUATED, waived="later")
    assert judged(recorder)[0] == "SKIP"


def test_a_pass_without_an_exchange_is_not_evaluated():
    recorder = Recorder()
    recorder.enter_suite()
    recorder.start_test("a.robot", 3, "A", ())
    one = recorder.record("c", 1, 1, Verdict.PASS)
    assert one.verdict is Verdict.NOT_EVALUATED


def test_exchanges_of_an_ended_suite_vouch_for_nothing():
    recorder = Recorder()
    recorder.enter_suite()
    recorder.enter_suite()
    recorder.exchanged()
    recorder.leave_suite()
    recorder.enter_suite()
    recorder.start_test("b.robot", 3, "B", ())
    assert recorder.record("c", 1, 1, Verdict.PASS).verdict is Verdict.NOT_EVALUATED


def test_attempts_are_counted(recorder):
    recorder.end_test("PASS", "")
    recorder.start_test("a.robot", 3, "A", ())
    assert recorder.test.attempt == 2

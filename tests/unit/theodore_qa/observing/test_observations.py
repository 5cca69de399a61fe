"""What a test's observations amount to."""

import pytest

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.observations import Recorder, Verdict


class KeywordRecorder(Recorder):
    """A recorder of which each record is made by a keyword."""

    def record(self, *fields, **more):
        if self._call:
            return super().record(*fields, **more)
        with self.calling("look_at", []):
            return super().record(*fields, **more)


@pytest.fixture
def recorder():
    recorder = KeywordRecorder()
    recorder.enter_suite()
    recorder.exchanged()
    recorder.start_test("a.robot", 3, "A", ())
    return recorder


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


def test_a_skip_without_a_waiver_is_not_evaluated(recorder):
    assert judged(recorder, passed=False, skipped=True)[0] == "NOT EVALUATED"
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder, passed=False, skipped=True)[0] == "NOT EVALUATED"
    recorder.record("d", 1, "unseen", Verdict.NOT_EVALUATED, waived="later")
    assert judged(recorder, passed=False, skipped=True)[0] == "SKIP"
    recorder.record("e", 1, 2, Verdict.FAIL)
    assert judged(recorder, passed=False, skipped=True)[0] == "FAIL"


def test_an_attempt_on_something_else_is_no_try_of_a_poll(recorder):
    for job, verdict in (("job 1", Verdict.FAIL), ("job 2", Verdict.PASS)):
        with recorder.calling("get_research_status", [job]):
            recorder.record("c", "done", job, verdict, subject="s")
    assert judged(recorder)[0] == "FAIL"


def test_a_keyword_that_fails_without_a_check_leaves_a_record(recorder):
    recorder.record("c", 1, 1, Verdict.PASS)
    with pytest.raises(RuntimeError), recorder.calling("follow_research", ["job 1"]):
        raise RuntimeError("connection refused")
    assert judged(recorder) == ("FAIL", "The keyword 'Follow Research' failed and the test went on: connection refused.")
    with recorder.calling("follow_research", ["job 2"]):
        pass
    assert judged(recorder)[0] == "FAIL"
    with recorder.calling("follow_research", ["job 1"]):
        pass
    assert judged(recorder)[0] == "PASS"


def test_what_could_not_be_evaluated_is_recorded_as_such(recorder):
    recorder.record("c", 1, 1, Verdict.PASS)
    with pytest.raises(NotEvaluatedError), recorder.calling("look", []):
        raise NotEvaluatedError("no links")
    assert judged(recorder)[0] == "NOT EVALUATED"


def test_a_failed_check_of_a_setup_fails_the_tests_of_its_suite():
    recorder = KeywordRecorder()
    recorder.enter_suite("a.robot")
    recorder.exchanged()
    recorder.record("c", 1, 2, Verdict.FAIL)
    recorder.start_test("a.robot", 3, "A", ())
    recorder.record("d", 1, 1, Verdict.PASS)
    assert judged(recorder) == ("FAIL", "A check failed and the test went on: c: expected 1, observed 2.")
    recorder.end_test("FAIL", "")
    recorder.record("e", 1, 2, Verdict.FAIL)
    assert recorder.leave_suite() == ["A check failed and the test went on: e: expected 1, observed 2."]


def test_evidence_that_cannot_be_written_makes_nothing_a_pass(recorder):
    class Full:
        def write(self, *_, **__):
            raise OSError(28, "No space left on device")

    recorder.writer = Full()
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder) == ("NOT EVALUATED", "NOT EVALUATED: the evidence could not be written: No space left on device.")


def test_a_keyword_that_a_full_disk_ends_is_not_evaluated(recorder):
    sentence = "^NOT EVALUATED: the evidence could not be written: No space left on device.$"
    with pytest.raises(NotEvaluatedError, match=sentence), recorder.calling("a_keyword", ()):
        raise OSError(28, "No space left on device")
    assert judged(recorder)[0] == "NOT EVALUATED"


def test_only_waived_observations_make_a_skip(recorder):
    recorder.record("d", 1, "unseen", Verdict.NOT_EVALUATED, waived="later")
    assert judged(recorder)[0] == "SKIP"


def test_a_pass_without_an_exchange_is_not_evaluated():
    recorder = KeywordRecorder()
    recorder.enter_suite()
    recorder.start_test("a.robot", 3, "A", ())
    observation = recorder.record("c", 1, 1, Verdict.PASS)
    assert observation.verdict is Verdict.NOT_EVALUATED


def test_exchanges_of_an_ended_suite_vouch_for_nothing():
    recorder = KeywordRecorder()
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


def test_a_precondition_can_fail_a_test_and_never_pass_it(recorder):
    with recorder.calling("sign_in", [], precondition=True):
        recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder) == (
        "NOT EVALUATED",
        "Nothing was checked: the test only signs in, starts or follows, which are preconditions, or checks in its setup alone. "
        "Add a check to its body.",
    )
    with recorder.calling("sign_in", [], precondition=True):
        recorder.record("d", 1, 2, Verdict.FAIL)
    assert judged(recorder)[0] == "FAIL"


def test_a_check_in_a_setup_is_none_of_the_tests_body(recorder):
    recorder.test.in_body = False
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder)[0] == "NOT EVALUATED"
    recorder.test.in_body = True
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder)[0] == "PASS"


def test_an_open_end_has_to_be_looked_at(recorder):
    job, another = object(), object()
    recorder.leave_open(job, "the research ended as failed.")
    for argument, verdict in ((another, "NOT EVALUATED"), (job, "PASS")):
        with recorder.calling("get_research_status", [argument]):
            recorder.record("c", "failed", "failed", Verdict.PASS)
        assert judged(recorder)[0] == verdict


def test_what_no_test_looked_at_is_left_open_by_the_suite():
    recorder = KeywordRecorder()
    recorder.enter_suite("a.robot")
    recorder.leave_open(object(), "the research ended as failed.")
    assert recorder.open_ends() == ["the research ended as failed."]


def test_a_pass_that_no_keyword_wrote_is_forged():
    recorder = Recorder()
    recorder.enter_suite()
    recorder.exchanged()
    recorder.start_test("a.robot", 3, "A", ())
    recorder.record("c", 1, 1, Verdict.PASS)
    assert judged(recorder) == (
        "NOT EVALUATED",
        "NOT EVALUATED: c: expected 1, observed a record that no keyword of these libraries wrote: call the keyword itself, or "
        "BuiltIn().run_keyword.",
    )

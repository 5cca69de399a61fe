"""Tests in quarantine: whoever is listed there has to exist, and leaves it on a date."""

import datetime as dt

import pytest
from judged_runs import finished, judged

from theodore_qa.errors import UsageError
from theodore_qa.readiness import quarantine
from theodore_qa.report.quarantine import QuarantineReport

ENTRY = "  - {{file: {file}, test: '{test}', reason: late, owner: me, until: '{until}'}}\n"
TODAY = dt.date(2026, 6, 1)


@pytest.fixture
def read(tmp_path):
    suite = tmp_path / "suites" / "e2e" / "a.robot"
    suite.parent.mkdir(parents=True)
    suite.write_text("*** Test Cases ***\nInk Is Sold\n    No Operation\n\n*** Keywords ***\nNo Test\n    No Operation\n")
    (suite.parent / "a.resource").write_text("*** Keywords ***\nInk Is Sold\n    No Operation\n")

    def reading(*entries, text=None):
        path = tmp_path / "quarantine.yaml"
        usual = {"file": "e2e/a.robot", "test": "Ink Is Sold", "until": "2026-06-01"}
        path.write_text(text if text is not None else "quarantine:\n" + "".join(ENTRY.format(**usual | entry) for entry in entries))
        return quarantine.read(path, tmp_path / "suites", TODAY)

    return reading


def test_an_entry_holds_up_to_its_last_day(read):
    (test,) = read({}).values()
    assert str(test) == "late (owner me, until 2026-06-01)"
    assert quarantine.read(None, None) == {}
    assert read(text="quarantine: []\n") == {}


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([{"until": "2026-05-31"}], "ended on 2026-05-31: repair the test and take the entry out, or set another date."),
        ([{"until": "2026-06-31"}], "ends on 2026-06-31, and there is no such day."),
        ([{"until": "0.2.0"}], "a date such as 2027-06-30"),
        ([{"test": "Ink Is Solt"}], "did you mean 'Ink Is Sold'"),
        ([{"test": "No Test"}], "No Test"),
        ([{"file": "e2e/b.robot"}], "names no suite file: there is no "),
        ([{"file": "e2e/a.resource"}], "names no suite file: there is no "),
        ([{"file": "e2e"}], "names no suite file: there is no "),
        ([{}, {}], "stands there twice: take one entry out."),
    ],
)
def test_an_entry_that_is_wrong_stops_the_run(read, entries, sentence):
    with pytest.raises(UsageError) as error:
        read(*entries)
    assert sentence in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "quarantined: []", "quarantine: {}", "quarantine:\n  - {test: A}\n"])
def test_a_file_that_is_none_stops_the_run(read, text):
    with pytest.raises(UsageError):
        read(text=text)


@pytest.mark.parametrize(
    ("verdicts", "allowed", "exit_code"),
    [
        ({"Ink Is Sold": "FAIL", "B": "PASS"}, False, 1),
        ({"Ink Is Sold": "FAIL", "B": "PASS"}, True, 0),
        ({"Ink Is Sold": "FAIL", "B": "FAIL"}, True, 1),
        ({"Ink Is Sold": "FAIL"}, True, 3),  # nothing else says anything
        ({"Ink Is Sold": "NOT EVALUATED", "B": "PASS"}, True, 3),
    ],
)
def test_a_failure_is_excused_only_where_that_was_asked_for(read, capsys, verdicts, allowed, exit_code):
    run = finished([judged("e2e/a.robot", name, verdict) for name, verdict in verdicts.items()])
    QuarantineReport(read({}), allowed=allowed).write(run)
    assert run.exit_code == exit_code
    assert run.judgement.count("FAIL") == list(verdicts.values()).count("FAIL")
    assert "QUARANTINED: Ink Is Sold (e2e/a.robot)" in capsys.readouterr().out


def test_a_failed_gate_is_never_excused(read):
    run = finished([judged("e2e/a.robot", "Ink Is Sold", "FAIL"), judged("e2e/a.robot", "B")], failed_gates=["it failed"])
    QuarantineReport(read({}), allowed=True).write(run)
    assert run.exit_code == 1

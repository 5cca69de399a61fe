"""Files that a command line wrote, read back."""

import json
from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import command_documents
from TheodoreLibrary.command_line import CommandResult

RECORDS = [
    {"name": "Adyen", "domain": "adyen.com", "industry": "finance", "confidence_score": 0.9},
    {"name": "Slack", "domain": "slack.com", "industry": "technology", "confidence_score": 0.7},
]


@pytest.fixture(autouse=True)
def an_exchange():
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("file_of_command_should_hold_companies", []):
        yield
    recorder.leave_suite()


def failed(check, tmp_path, *arguments, stdout="{}"):
    """The checks that failed, with what was observed."""
    result = CommandResult(("export",), 0, stdout, "", 0.2, tmp_path, SimpleNamespace(name="shop"))
    checks = Checks("File", "call")
    check(checks, result, *arguments)
    return {seen.check: seen.observed for seen in checks.done if seen.verdict == "FAIL"}


def of_companies(tmp_path, text, expected=RECORDS):
    (tmp_path / "all.json").write_text(text)
    return failed(command_documents.holds_companies, tmp_path, "all.json", RECORDS, expected)


def test_companies_in_any_order_beside_others(tmp_path):
    rows = [RECORDS[1], {"name": "Other", "domain": "other.test"}, RECORDS[0]]
    assert of_companies(tmp_path, json.dumps(rows)) == {}


def test_one_that_was_not_chosen_is_named(tmp_path):
    assert of_companies(tmp_path, json.dumps(RECORDS), RECORDS[:1]) == {"cli.companies": "adyen.com, slack.com"}


def test_one_that_is_missing_or_there_twice_is_named(tmp_path):
    assert of_companies(tmp_path, json.dumps(RECORDS[:1])) == {"cli.companies": "adyen.com"}
    assert of_companies(tmp_path, json.dumps([*RECORDS, RECORDS[0]])) == {"cli.companies": "adyen.com, adyen.com, slack.com"}


def test_another_value_is_named(tmp_path):
    rows = [RECORDS[0] | {"industry": "media"}, RECORDS[1]]
    assert of_companies(tmp_path, json.dumps(rows)) == {"cli.export.values": "record 1, industry: 'media' for 'finance'"}


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", "null"])
def test_what_is_no_export_does_not_pass(tmp_path, text):
    assert of_companies(tmp_path, text)


def test_no_file_does_not_pass(tmp_path):
    for check in (command_documents.holds_facts, command_documents.is_whole_backup):
        assert failed(check, tmp_path, "absent.zip", RECORDS) == {"cli.file": "no file"}
    assert failed(command_documents.holds_output, tmp_path, "absent.json", stdout='{"a": 1}') == {"cli.file": "no file"}


def test_saved_data_are_those_of_standard_output(tmp_path):
    (tmp_path / "kept.json").write_text('{"a": 1}')
    assert failed(command_documents.holds_output, tmp_path, "kept.json", stdout='{"a": 1}') == {}
    assert failed(command_documents.holds_output, tmp_path, "kept.json", stdout='{"a": 2}') == {
        "cli.saved": "8 bytes, other JSON"
    }
    assert "cli.json" in failed(command_documents.holds_output, tmp_path, "kept.json", stdout="")


def test_filters_choose_records():
    assert command_documents.chosen(RECORDS, {"industries": ["finance"]}) == RECORDS[:1]
    assert command_documents.chosen(RECORDS, {"min_quality_score": 0.7}) == RECORDS


TABLE = "field  value\nname   Adyen\nindustry  finance\n"


@pytest.mark.parametrize(
    ("kept", "wrong"),
    [
        (TABLE, {}),
        (json.dumps({"name": "Adyen", "industry": "finance"}), {}),
        (json.dumps({"name": "Adyen", "industry": "media"}), {"cli.saved": "not on standard output: industry"}),
        (json.dumps([{"company": {"name": "Adyen"}}]), {}),
        (json.dumps([{"name": "Stripe"}]), {"cli.saved": "not on standard output: 1. name"}),
        ("{}", {"cli.saved": "0 values"}),
        ("", {"cli.file": "0 bytes"}),
        (None, {"cli.file": "no file"}),
    ],
)
def test_what_is_saved_beside_a_table(tmp_path, kept, wrong):
    if kept is not None:
        (tmp_path / "record.json").write_text(kept)
    assert failed(command_documents.holds_output, tmp_path, "record.json", stdout=TABLE) == wrong

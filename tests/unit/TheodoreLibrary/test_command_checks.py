"""What calls of a command line are held to, with synthetic calls and answers."""

import json
from types import SimpleNamespace

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.systems.exchange import parsed
from TheodoreLibrary import command_checks, command_colours
from TheodoreLibrary.command_line import CommandResult

RECORD = {"name": "Slack", "founded_year": 2013, "industry": "technology", "last_updated": "2026-01-02T03:04:05Z"}
JOB = {"job_id": "res_1234567", "status": "completed", "company_name": "Slack", "result": RECORD}


@pytest.fixture(autouse=True)
def an_exchange():
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("command_should_succeed", []):
        yield
    recorder.leave_suite()


class Answer(SimpleNamespace):
    """An answer of the API."""

    @property
    def ok(self):
        return self.status == 200

    def object(self):
        return self.body

    def excerpt(self):
        return json.dumps(self.body)


def result(stdout="", stderr="", code=0, answers=None, **more):
    """A call, on a system that answers as given by path."""

    def request(method, path, **_):
        status, body = (answers or {}).get(path, (404, {}))
        return Answer(method=method, path=path, status=status, body=body)

    identity = SimpleNamespace(name="ann", username="ann@example.test", variables=["ANN"], secret=lambda _: "correct-horse-9")
    system = SimpleNamespace(name="shop", request=request, sender=lambda _: identity, identity=lambda _: identity)
    text = stdout if isinstance(stdout, str) else json.dumps(stdout)
    return CommandResult(("research",), code, text, stderr, 0.2, more.pop("folder", None), system, **more)


def failed(check, *arguments):
    """The checks that failed, with what was observed."""
    checks = Checks("Command", "call")
    check(checks, *arguments)
    return {seen.check: seen.observed for seen in checks.done if seen.verdict == "FAIL"}


def test_what_is_not_proved_passes_nothing():
    checks = command_checks.about("Command", result("data", unproved="nothing shows that `x` talks to shop"))
    command_checks.succeeded(checks, result("data"))
    with pytest.raises(
        NotEvaluatedError,
        match="cli.proved of `research`: expected a command that is seen to talk to the system, observed nothing",
    ):
        checks.conclude()


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (result("data"), {}),
        (result("data", "Error: no", 1), {"cli.exit_code": "1 ('Error: no')"}),
        (result("data", code=None), {"cli.exit_code": "none: it was ended at its time limit ('data')"}),
        (result(" \n"), {"cli.output": "2 characters"}),
        (result("\x1b[31mdata"), {"cli.no_terminal": "1 control sequence"}),
        (
            result("data", 'Traceback (most recent call last):\n  File "x"'),
            {"cli.plain_error": "Traceback (most recent call last):"},
        ),
    ],
)
def test_success(call, wrong):
    assert failed(command_checks.succeeded, call) == wrong


def test_no_colours_are_seen_on_a_terminal_that_had_some():
    coloured, plain = result("\x1b[31mdata\x1b[0m", terminal=True), result("data", terminal=True)
    assert failed(command_checks.succeeded, coloured) == {}
    assert failed(command_colours.forbidden, plain, coloured) == {}
    assert failed(command_colours.forbidden, coloured, coloured) == {"cli.no_colours": "2 control sequences"}
    checks = Checks("Colours", "call")
    command_colours.forbidden(checks, plain, plain)
    assert [(seen.verdict, seen.observed) for seen in checks.done] == [("NOT EVALUATED", "`research` wrote none either")]
    with pytest.raises(UsageError, match="`research` was made without a terminal, where nothing has colours: give it terminal=True"):
        command_colours.forbidden(checks, plain, result("data"))


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (result("", "Error: No such company", 1), set()),
        (result('{"status": "failed"}', "Error: No such company", 1), set()),
        (result("", "Error: No such company", 0), {"cli.exit_code"}),
        (result("Error: No such company", "", 1), {"cli.error_stream"}),
        (result("part of", "Error: No such company", 1), {"cli.error_stream"}),
        (result("", "Error: broken", 1), {"cli.error_stream"}),
        (result("", 'No such company\nTraceback (most recent call last)\n  File "a"', 1), {"cli.plain_error"}),
    ],
)
def test_failure(call, wrong):
    assert set(failed(command_checks.failed, call, 1, "no such company")) == wrong


def test_help_names_whole_words():
    assert failed(command_checks.helps, result("--limit-all discover"), ("--limit", "discover")) == {
        "cli.help": "not named: --limit"
    }


HELP = """Options:
  --limit INTEGER RANGE     So many at most; 10 by
                            default.  [1<=x<=100]
  --source [vector|hybrid]  Where to look.  [default: hybrid]
  -o, --output FILE         Not results.csv.  [default: results.csv]
  --timeout INTEGER         Seconds, 45 at most.
  --ratio FLOAT             The default is 0.65.
"""


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("--limit=10", True),
        ("--limit=1", False),
        ("--limit=100", False),
        ("--source=hybrid", True),
        ("--source=vector", False),
        ("--output=results.csv", True),
        ("--output=results", False),
        ("--timeout=45", False),
        ("--ratio=0.65", True),
        ("--ratio=0.6", False),
        ("--none=10", False),
    ],
)
def test_help_names_the_default_of_an_option(word, named):
    assert failed(command_checks.helps, result(HELP), (word,)) == ({} if named else {"cli.help": f"not named: {word}"})


PATH = "/research/res_1234567"


@pytest.mark.parametrize(
    ("written", "answers", "wrong"),
    [
        (JOB, {PATH: (200, JOB)}, {}),
        ("working\n" + json.dumps(JOB), {PATH: (200, JOB)}, {"cli.json": "'working'", "cli.stored": "none"}),
        ({"status": "completed"}, {}, {"cli.stored": "status"}),
        (JOB, {}, {"cli.stored": f"404 for GET {PATH}"}),
        (JOB | {"status": "failed"}, {PATH: (200, JOB)}, {"cli.same_record": "failed"}),
        (JOB | {"result": RECORD | {"founded_year": 2014}}, {PATH: (200, JOB)}, {"cli.same_record": "differing: founded_year"}),
    ],
)
def test_what_is_written_is_what_the_api_has(written, answers, wrong):
    assert failed(command_checks.stored, result(written, answers=answers)) == wrong


def test_formats_agree():
    table = result("name Slack\nfounded_year 2013\nindustry technology")
    assert failed(command_checks.formats_agree, result(JOB), (table,)) == {}
    assert failed(command_checks.formats_agree, result(JOB), (table, result("Slack technology"))) == {
        "cli.formats_agree": "lacking: founded_year"
    }
    assert set(failed(command_checks.formats_agree, result({"result": None}), (table,))) == {"cli.formats_agree"}


HARD = "Fake | Corp \"A\", 'B': #1"


@pytest.mark.parametrize(
    ("form", "text", "lacking"),
    [
        ("markdown", "| field | value |\n|---|---|\n| company_name | Fake \\| Corp \"A\", 'B': #1 |\n", ""),
        (
            "markdown",
            "| field | value |\n|---|---|\n| company_name | Fake | Corp \"A\", 'B': #1 |\n",
            "lacking: record 1 has 3 cells, the header has 2",
        ),
        ("markdown", HARD, "lacking: it has no table"),
        ("yaml", "request:\n  company_name: 'Fake | Corp \"A\", ''B'': #1'\n", ""),
        ("yaml", "request:\n  company_name: Fake | Corp \"A\", 'B' #1\n", "lacking: company_name"),
        ("yaml", HARD + "\n\t: [", "lacking: company_name"),
        ("table", f"company_name  {HARD}\n", ""),
    ],
)
def test_each_form_of_output_is_read_by_its_own_rules(form, text, lacking):
    dry = result({"request": {"company_name": HARD}})
    other = result(text)
    other.arguments = ("research", "--output", form)
    assert failed(command_checks.formats_agree, dry, (other,)) == ({"cli.formats_agree": lacking} if lacking else {})


def test_a_dry_run_without_sight_of_work_is_not_evaluated():
    checks = Checks("Dry run", "call")
    command_checks.dry_run(checks, result({"request": {"company_name": "Slack"}}), 0, calls=0)
    assert [(seen.check, seen.verdict.value) for seen in checks.done] == [
        ("cli.json", "PASS"),
        ("cli.dry_run_says", "PASS"),
        ("cli.dry_run", "NOT EVALUATED"),
    ]


@pytest.mark.parametrize(
    ("stderr", "answers", "wrong"),
    [
        ("Error: the job res_1234567 was cancelled.", {PATH: (200, {"status": "cancelled"})}, {}),
        (
            "Error: the job res_1234567 was cancelled.",
            {PATH: (200, {"status": "running"})},
            {"cli.job_cancelled": "res_1234567 running"},
        ),
        ("Error: the job res_1234567 was cancelled.", {}, {"cli.job_cancelled": "res_1234567 no such job"}),
        ("Error: cancelled.", {}, {"cli.job_cancelled": "'Error: cancelled.'"}),
    ],
)
def test_a_job_that_is_said_to_be_cancelled(stderr, answers, wrong):
    assert failed(command_checks.job_cancelled, result("", stderr, 1, answers)) == wrong


@pytest.mark.parametrize(
    ("mode", "text", "wrong"),
    [
        (0o600, "a: 1", {}),
        (0o644, "a: 1", {"cli.private_file": "mode 0644, 4 bytes"}),
        (0o600, "", {"cli.private_file": "mode 0600, 0 bytes"}),
    ],
)
def test_private_files(tmp_path, mode, text, wrong):
    (tmp_path / "config").write_text(text)
    (tmp_path / "config").chmod(mode)
    assert failed(command_checks.private_file, result(folder=tmp_path), "config") == wrong
    assert failed(command_checks.private_file, result(folder=tmp_path), "absent") == {"cli.private_file": "no file"}


def test_secrets_are_kept():
    assert failed(command_checks.secret_kept, result("user ann@example.test, password ****")) == {}
    assert failed(command_checks.secret_kept, result("user ann@example.test, password correct-horse-9")) == {
        "cli.secret_kept": "the secret of ANN"
    }
    assert failed(command_checks.secret_kept, result("nothing")) == {"cli.identity_known": "not named"}


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("a.json", json.dumps({"company": RECORD}), {}),
        ("a.json", json.dumps({"company": RECORD | {"name": "Slick"}}), {"cli.file": "differing: name"}),
        ("a.json", "{", {"cli.file": "differing: name, founded_year, industry, last_updated"}),
        ("a.html", "<td>Slack</td><td>2013</td><td>technology</td><td>2026-01-02T03:04:05Z</td>", {}),
        ("a.html", "<td>Slack</td><td>technology</td><td>2026-01-02T03:04:05Z</td>", {"cli.file": "differing: founded_year"}),
    ],
)
def test_a_file_holds_the_record(tmp_path, name, text, wrong):
    (tmp_path / name).write_text(text)
    call = result(JOB, answers={PATH: (200, JOB)}, folder=tmp_path)
    assert failed(command_checks.file_holds_record, call, name, "company") == wrong
    assert failed(command_checks.file_holds_record, call, "absent.json", "company") == {"cli.file": "no file"}
    assert failed(command_checks.file_holds_record, result(JOB, folder=tmp_path), name, "company") == {
        "cli.file": "differing: the API answered 404"
    }


def test_companies_of_a_batch():
    plan = {"companies": 2, "request": {"input_data": [{"name": "A"}, {"name": "B"}]}}
    assert failed(command_checks.companies_read, result(plan), ("A", "B")) == {}
    assert failed(command_checks.companies_read, result(plan), ("B", "A")) == {"cli.companies_read": "2 companies: A, B"}
    assert failed(command_checks.companies_read, result(plan | {"companies": 3}), ("A", "B")) == {
        "cli.companies_read": "3 companies: A, B"
    }


def test_companies_that_are_described_are_read_whole():
    whole = {"name": "A", "location": "Ludlow"}
    for sent, observed in (
        ([whole, {"name": "B", "industry": "retail"}], {}),
        ([{"name": "A"}, {"name": "B"}], {"cli.companies_read": "2 companies: (name: A), B"}),
    ):
        plan = {"companies": 2, "request": {"input_data": sent}}
        assert failed(command_checks.companies_read, result(plan), (whole, "B")) == observed


def test_options_of_a_discovery():
    found = [{"company": {"name": "A", "industry": "finance"}}, {"company": {"name": "B", "industry": "retail"}}]
    body = {"job_id": "dis_1234567", "status": "completed", "query_company": "S", "results": found, "filters_applied": []}
    call = result(body, answers={"/discover/dis_1234567": (200, body)})
    assert failed(command_checks.discovery_kept, call, 2, None) == {}
    assert failed(command_checks.discovery_kept, call, 3, None) == {"cli.limit": "2 companies"}
    assert failed(command_checks.discovery_kept, call, None, "finance") == {
        "cli.filter": "2 companies, of other industries: retail; applied: none"
    }


def test_a_value_of_the_api_stands_in_the_output():
    answers = {"/version": (200, {"version": "2.0.0"})}
    assert failed(command_checks.holds_answer, result("theodore 2.0.0", answers=answers), "GET /version", "version") == {}
    assert failed(command_checks.holds_answer, result("theodore 1", answers=answers), "GET /version", "version") == {
        "cli.field": "'theodore 1'"
    }
    with pytest.raises(QaError, match="Expected 'build' from GET /version, observed 200"):
        command_checks.holds_answer(Checks("Output"), result("x", answers=answers), "GET /version", "build")


def test_a_reader_that_has_gone():
    assert failed(command_checks.reader_gone, result(code=1)) == {}
    assert failed(command_checks.reader_gone, result(code=-13)) == {}
    assert failed(command_checks.reader_gone, result(code=0)) == {"cli.reader_gone": "exit code 0"}


def test_data_that_are_no_json():
    assert parsed(result("NaN").stdout) is None
    assert failed(command_checks.json_object, result("[1]")) == {"cli.json": "'[1]'"}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([("A", "completed"), ("B", "completed")], {}),
        ([("B", "completed"), ("A", "completed")], {"cli.batch_rows": "B, A"}),
        ([("A", "completed")], {"cli.batch_rows": "A", "cli.batch_completed": "1", "batch.success": "1 of 2 companies"}),
        ([("A", "failed"), ("B", "failed")], {"cli.batch_completed": "0", "batch.success": "0 of 2 companies"}),
        (None, {"cli.batch_rows": "none", "cli.batch_completed": "0", "batch.success": "0 of 2 companies"}),
    ],
)
def test_results_of_a_batch(tmp_path, rows, wrong):
    job = {"job_id": "batch_1234567", "status": "completed", "total_companies": 2, "completed": 2}
    if rows is not None:
        (tmp_path / "out.json").write_text(
            json.dumps([{"company_name": name, "status": status, "result": RECORD} for name, status in rows])
        )
    call = result(job, answers={"/batch/jobs/batch_1234567": (200, job)}, folder=tmp_path)
    assert failed(command_checks.batch_successful, call, "out.json", ("A", "B"), 0.8) == wrong

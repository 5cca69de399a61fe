"""The sandbox's command line: exit codes, streams, settings, and batches of an API that answers as the contract says."""

import hashlib
import json
import os
import pty
import subprocess
import sys

import pytest
from fastapi import FastAPI, HTTPException, Response
from serving import serving

from theodore_sandbox.cli.__main__ import main
from theodore_sandbox.defects.command_line import COMMAND_LINE

DONE = {"status": "completed", "completed": 2, "failed": 0, "pending": 0, "progress_percentage": 100.0}
JOB = {
    "job_id": "bat_1",
    "job_type": "research",
    "total_companies": 2,
    "created_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-01-02T03:04:05Z",
}


def api(states=(DONE,)):
    """An API with batches whose job goes through these states."""
    app, requests = FastAPI(), []

    @app.post("/api/v2/auth/login")
    def login(body: dict):
        if body["password"] != "right":
            raise HTTPException(401, "Invalid")
        return {"access_token": "t"}

    @app.post("/api/v2/batch/research")
    def start(body: dict):
        requests.append(body)
        return JOB | {"status": "pending", "completed": 0, "failed": 0, "pending": 2, "progress_percentage": 0.0}

    @app.get("/api/v2/batch/jobs")
    def jobs(limit: int, offset: int):
        listed = [JOB | states[-1], JOB | {"job_id": "bat_2", "status": "running", "completed": 0, "failed": 0}]
        return {"jobs": listed[offset : offset + 1], "has_more": offset == 0}

    @app.get("/api/v2/batch/jobs/bat_1")
    def job():
        return JOB | states[min(len(requests), len(states)) - 1]

    @app.get("/api/v2/batch/jobs/bat_1/download")
    def download(format: str):
        return {"format": format}

    app.state.requests = requests
    return app


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("THEODORE_API_URL", "THEODORE_API_KEY", "THEODORE_SANDBOX_DEFECTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THEODORE_USERNAME", "ann")
    monkeypatch.setenv("THEODORE_PASSWORD", "right")
    return tmp_path


@pytest.fixture
def batch(monkeypatch):
    app = api()
    with serving(app) as url:
        monkeypatch.setenv("THEODORE_API_URL", url)
        yield app


def test_a_batch_is_followed_and_downloaded(batch, home, capsys):
    (home / "two.csv").write_text("name,website\nSlack,slack.com\nZoom,\n")
    assert main(["batch", "research", "two.csv", "-o", "out.json", "--format", "json", "--priority", "medium"]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["status"] == "completed"
    assert out.err.splitlines() == [
        "The batch of 2 companies has started: bat_1.",
        "100 % 2 of 2 companies",
        "Saved to out.json.",
    ]
    assert json.loads((home / "out.json").read_text()) == {"format": "json"}
    assert batch.state.requests[0]["input_data"] == [{"name": "Slack", "website": "slack.com"}, {"name": "Zoom"}]
    assert batch.state.requests[0]["priority"] == "normal"


def test_the_options_of_a_batch_are_sent(batch, home):
    (home / "two.csv").write_text("name\nSlack\nZoom\n")
    options = ["--concurrency", "7", "--timeout", "45", "--job-name", "Quarterly", "--checkpoint-interval", "3"]
    assert main(["batch", "research", "two.csv", *options, "--max-retries", "4", "--priority", "high", "--format", "excel"]) == 0
    body = batch.state.requests[0]
    assert [body[name] for name in ("concurrency", "max_retries", "priority", "output_format")] == [7, 4, "high", "excel"]
    assert body["config_overrides"] == {"timeout_per_company": 45, "checkpoint_interval": 3, "job_name": "Quarterly"}


def test_a_batch_that_is_not_complete_fails(monkeypatch, home, capsys):
    (home / "two.json").write_text('["Slack", "Nobody"]')
    with serving(api([DONE | {"status": "partially_completed", "completed": 1, "failed": 1}])) as url:
        monkeypatch.setenv("THEODORE_API_URL", url)
        assert main(["batch", "research", "two.json"]) == 1
    out = capsys.readouterr()
    assert out.err.splitlines()[-1] == "Error: The batch bat_1 ended partially_completed: 1 of 2 companies failed."
    assert json.loads(out.out)["failed"] == 1
    assert (home / "results.csv").is_file()


def test_jobs_of_all_pages_are_listed(batch, capsys):
    assert main(["batch", "list-jobs", "--all", "--output", "json"]) == 0
    assert [job["job_id"] for job in json.loads(capsys.readouterr().out)] == ["bat_1", "bat_2"]
    assert main(["batch", "list-jobs", "--output", "json"]) == 0
    assert [job["job_id"] for job in json.loads(capsys.readouterr().out)] == ["bat_2"]


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "sentence"),
    [
        (["batch", "pause", "bat_1"], {}, 1, "has no operation POST /api/v2/batch/jobs/bat_1/pause (404)."),
        (
            ["plugin", "list"],
            {"THEODORE_PASSWORD": "wrong"},
            1,
            "Error: Signing in failed: The request was refused (401 for POST /auth/login).",
        ),
        (["plugin", "list"], {"THEODORE_PASSWORD": ""}, 1, "Error: Nobody is named who uses the API:"),
        (
            ["plugin", "list"],
            {"THEODORE_API_URL": "http://127.0.0.1:9"},
            1,
            "Error: The API at http://127.0.0.1:9 does not answer (connection refused):",
        ),
        (["plugin", "list"], {"THEODORE_API_URL": "ftp://x"}, 1, "Error: 'ftp://x' is no address of an API:"),
        (["research", " "], {}, 2, "Error: Invalid value for COMPANY_NAME: it is blank. See 'theodore research --help'."),
        (["research", "Slack", "--timeout", "0"], {}, 2, "Error: Invalid value for '--timeout': 0 is not in the range"),
        (["research", "Slack", "--no-domain-discovery"], {}, 2, "Error: --no-domain-discovery needs WEBSITE."),
        (["research", "Slack", "--config-override", "x"], {}, 2, "'x' is not of the form key=value."),
        (["discover", "Slack", "--interactive"], {}, 2, "Error: --interactive needs a terminal."),
        (["config", "reset"], {}, 2, "Error: Without a terminal to ask on, --confirm is needed."),
        (
            ["config", "set", "discover.limt", "3"],
            {},
            2,
            "Error: There is no setting 'discover.limt': did you mean 'discover.limit'?",
        ),
        (["config", "set", "discover.limit", "many"], {}, 2, "Error: 'many' is no value of discover.limit: expected a number."),
        (
            ["config", "set", "discover.limit", "101"],
            {},
            2,
            "Error: '101' is no value of discover.limit: expected a number from 1 to 100.",
        ),
        (["bach"], {}, 2, "Error: No such command 'bach'."),
    ],
)
def test_errors_are_one_sentence_on_standard_error(batch, monkeypatch, capsys, arguments, environment, code, sentence):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == code
    out = capsys.readouterr()
    assert out.out == ""
    assert len(out.err.splitlines()) == 1
    assert sentence in out.err


def test_settings_come_from_the_environment_the_file_and_the_defaults(home, capsys):
    assert main(["config", "set", "discover.limit", "20"]) == 0
    assert main(["config", "set", "credentials.api_key", "theo_sk_1234567", "--secure"]) == 0
    assert (home / ".theodore" / "config.yml").stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert main(["config", "show", "--output", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["discover.limit"], values["credentials.username"], values["research.timeout"]) == (20, "ann", 60)
    assert (values["credentials.password"], values["credentials.api_key"]) == ("********", "********")
    assert main(["config", "show", "--include-sensitive", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["credentials.api_key"] == "theo_sk_1234567"
    assert main(["config", "get", "credentials.username", "--show-source"]) == 0
    assert capsys.readouterr() == ("ann\n", "From environment variable THEODORE_USERNAME.\n")
    assert main(["config", "reset", "--confirm", "--keep-credentials"]) == 0
    assert (home / ".theodore" / "config.yml").read_text() == "credentials.api_key: theo_sk_1234567\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("discover.limit: 500", "Error: '500' is no value of discover.limit: expected a number from 1 to 100."),
        ("colour: red", "Error: There is no setting 'colour'."),
        ("a: [", "is no YAML: correct it, or write a new one by 'theodore config init --force'."),
        ("- a", "holds no settings: expected lines such as"),
    ],
)
def test_settings_that_are_wrong_fail(home, capsys, text, sentence):
    (home / ".theodore").mkdir()
    (home / ".theodore" / "config.yml").write_text(text)
    assert main(["config", "validate"]) == 1
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_there_is_not_overwritten(home, capsys):
    assert main(["config", "init"]) == 0
    assert main(["config", "init"]) == 1
    assert "config.yml is there already: overwrite it by --force." in capsys.readouterr().err
    assert main(["config", "init", "--force"]) == 0
    assert main(["config", "validate"]) == 0


def coloured(environment):
    """What the command writes on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "theodore_sandbox.cli", "export", "formats"]
    subprocess.run(command, stdout=theirs, stdin=subprocess.DEVNULL, env=os.environ | {"TERM": "xterm"} | environment, check=True)
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    return text


def test_no_color_is_heeded_on_a_terminal():
    assert "\x1b[" in coloured({"NO_COLOR": ""})
    assert "\x1b[" not in coloured({"NO_COLOR": "1"})


def test_help_needs_none_of_what_commands_need():
    code = "import sys; from theodore_sandbox.cli.__main__ import main; main(['--help']); print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"httpx", "fastapi", "pydantic", "rich", "yaml", "http", "openpyxl"} & set(done.stdout.splitlines()[-1].split())


def test_defects_are_named_for_their_command_line():
    assert [defect.name for defect in COMMAND_LINE if not defect.name.startswith("cli-")] == []
    # A command that only says what it did is seen by what the API shows afterwards.
    assert [defect.name for defect in COMMAND_LINE if not defect.check.startswith(("cli.", "api.field."))] == []


CONTENT = b"name\nSlack\n" * 20_000


@pytest.fixture
def exports(monkeypatch):
    app = api()

    @app.post("/api/v2/export/{kind}")
    def export(kind: str, body: dict):
        app.state.requests.append({kind: body})
        known = {"export_id": "exp_1", "record_count": 1, "sha256": hashlib.sha256(CONTENT).hexdigest()}
        return known | ({"validation_errors": app.state.errors} if app.state.errors else {})

    @app.get("/api/v2/export/files/exp_1/download")
    def download():
        return Response(app.state.content)

    app.state.content, app.state.errors = CONTENT, []
    with serving(app) as url:
        monkeypatch.setenv("THEODORE_API_URL", url)
        yield app


@pytest.mark.parametrize(
    ("arguments", "request_body"),
    [
        (["companies", "-f", "csv", "-o", "out"], {"companies": {"format": "csv"}}),
        (
            ["companies", "-f", "xlsx", "-o", "out", "--filter-industry", "finance", "--min-quality-score", "0.5"],
            {"companies": {"format": "xlsx", "filters": {"industries": ["finance"], "min_quality_score": 0.5}}},
        ),
        (
            ["companies", "-f", "csv", "-o", "out", "--compress", "--no-validate-data", "--include-audit-trail"],
            {"companies": {"format": "csv", "compress": True, "validate_data": False, "include_audit_trail": True}},
        ),
        (["backup", "--backup-path", "out"], {"backup": {"include_cache": False}}),
        (["backup", "--backup-path", "out", "--include-cache"], {"backup": {"include_cache": True}}),
    ],
)
def test_exports_are_downloaded_whole(exports, home, capsys, arguments, request_body):
    assert main(["export", *arguments]) == 0
    assert exports.state.requests == [request_body]
    assert (home / "out").read_bytes() == CONTENT
    assert json.loads(capsys.readouterr().out) == {
        "export_id": "exp_1",
        "record_count": 1,
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "file": "out",
    }


def test_companies_that_are_not_valid_are_named_beside_the_data(exports, capsys):
    exports.state.errors = [
        {"row": 1, "company": f"{number}.example", "field": "name", "problem": "It is missing"} for number in range(30)
    ]
    assert main(["export", "companies", "-o", "out"]) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["validation_errors"]) == 30
    assert "Not valid: 0.example, name: It is missing." in captured.err
    assert captured.err.count("Not valid") == 20


def test_a_file_that_came_otherwise_is_not_kept(exports, home, capsys):
    (home / "out").write_text("of before")
    exports.state.content = CONTENT[:-1]
    assert main(["export", "companies", "-o", "out"]) == 1
    assert "The file came otherwise than the API has it (219999 bytes): nothing was written to out." in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in home.iterdir()] == [("out", "of before")]


def test_a_file_that_cannot_be_written(exports, capsys):
    assert main(["export", "companies", "-o", "absent/out"]) == 1
    assert "Error: absent/out cannot be written: no such file or directory." in capsys.readouterr().err


def test_researches_of_a_file_go_into_a_folder(batch, home, capsys):
    (home / "two.csv").write_text("name\nSlack\nZoom\n")
    assert main(["research", "batch", "two.csv", "--output-dir", "found", "--parallel", "7"]) == 0
    assert json.loads((home / "found" / "results.csv").read_text()) == {"format": "csv"}
    assert (batch.state.requests[0]["concurrency"], batch.state.requests[0]["max_retries"]) == (7, 2)
    assert main(["research", "batch"]) == 2
    assert "Missing argument 'FILE'. See 'theodore research batch --help'." in capsys.readouterr().err


@pytest.fixture
def researches(batch):
    started = []

    @batch.post("/api/v2/research")
    def start(body: dict):
        started.append(body["company_name"])
        return {"job_id": f"res_{len(started)}", "status": "pending", "company_name": body["company_name"]}

    @batch.get("/api/v2/research/{job_id}")
    def job(job_id: str):
        number = int(job_id.partition("_")[2])
        if number == 2 and len(started) == 3:
            raise HTTPException(404, "gone")
        return {
            "job_id": job_id,
            "status": "completed",
            "company_name": started[number - 1],
            "result": {"name": started[number - 1]},
        }

    return started


def test_the_history_has_the_latest_first_with_their_present_status(researches, home, capsys):
    assert main(["research", "history", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    for arguments in (["Slack"], ["Zoom"], ["--", "history"]):
        assert main(["research", *arguments]) == 0
    with (home / ".theodore" / "history.jsonl").open("a") as file:
        file.write("{half a li\n")
    capsys.readouterr()
    assert main(["research", "history", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(entry["company_name"], entry["status"]) for entry in listed] == [
        ("history", "completed"),
        ("Zoom", "not found"),
        ("Slack", "completed"),
    ]
    assert (home / ".theodore" / "history.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_research_goes_on_without_its_history(researches, home, capsys):
    (home / ".theodore").write_text("no folder")
    assert main(["research", "Slack", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "completed"

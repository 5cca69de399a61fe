"""Calls of a command line: what cannot be started, what is ended, what is kept of its output."""

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from waiting import until

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.declared import CommandLine, CommandVariables
from TheodoreLibrary import command_line, command_proof
from TheodoreLibrary.command_line import CallOptions


@pytest.fixture(autouse=True)
def folders():
    yield
    context.end_suite()


def system(tmp_path, *command, identity=None, **entry):
    """A system with a command line and nothing else."""
    cli = CommandLine(command=command, **entry) if command else None
    return SimpleNamespace(
        name="shop",
        url="http://127.0.0.1:1",
        folder=tmp_path,
        environment=SimpleNamespace(path=Path("shop.yaml"), kind="test"),
        declared=SimpleNamespace(cli=cli),
        entry=SimpleNamespace(links={}),
        sender=lambda _: identity,
    )


def script(tmp_path, text):
    path = tmp_path / "command"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def called(tmp_path, text, *arguments, **options):
    return command_line.call(system(tmp_path, script(tmp_path, text)), arguments, CallOptions(**{"timeout": 60} | options))


def test_exit_code_streams_and_data(tmp_path):
    result = called(tmp_path, """echo '{"id": "'$1'"}'; echo working >&2; exit 3""", "7")
    assert (result.code, result.data, result.stderr) == (3, {"id": "7"}, "working\n")
    assert str(result) == "`7`"


LACKING = """echo "Error: The format xlsx needs openpyxl: pip install 'robotframework-theodore[sandbox]' (501 for POST /export)" >&2"""


def test_a_format_that_the_embedded_sandbox_lacks_an_extra_for_is_not_evaluated(tmp_path):
    result = called(tmp_path, f"{LACKING}; exit 1")
    result.system.embedded = True
    with pytest.raises(
        NotEvaluatedError, match=r"^The format xlsx needs openpyxl: pip install 'robotframework-theodore\[sandbox\]'$"
    ):
        command_line.require_formats(result)


@pytest.mark.parametrize(
    ("text", "embedded"), [(f"{LACKING}; exit 1", False), (f"{LACKING}; exit 0", True), ("echo 'Error: 501' >&2; exit 1", True)]
)
def test_other_systems_and_other_errors_are_judged(tmp_path, text, embedded):
    result = called(tmp_path, text)
    result.system.embedded = embedded
    command_line.require_formats(result)


def test_a_system_without_a_command_line(tmp_path):
    with pytest.raises(
        NotEvaluatedError, match=r"the environment names no command line of shop: add 'cli: .* to systems.shop in shop.yaml"
    ):
        command_line.program(system(tmp_path))


def test_nothing_is_called_in_production(tmp_path):
    shop = system(tmp_path, "/bin/true")
    shop.environment.kind = "production"
    with pytest.raises(
        NotEvaluatedError, match=r"shop is in production \(shop.yaml\), and its command line could change something"
    ):
        command_line.call(shop, (), CallOptions())


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("./absent", "absent, which is not there"),
        ("no-such-program-anywhere", "'no-such-program-anywhere', which is not on PATH"),
        ("./folder", "folder, which is a folder"),
        ("./text.txt", "text.txt, which may not be executed"),
    ],
)
def test_what_cannot_be_started_is_a_sentence(tmp_path, name, problem):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("echo hello\n")
    with pytest.raises(NotEvaluatedError) as raised:
        command_line.program(system(tmp_path, name))
    sentence = str(raised.value)
    assert sentence.startswith("the command line of shop is ")
    assert sentence.endswith(f"{problem}: correct systems.shop.cli.command in shop.yaml")


def test_a_text_that_is_marked_as_a_program_is_none(tmp_path):
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(NotEvaluatedError, match=r"text, which is no program that can be started \(Exec format error\)"):
        command_line.call(system(tmp_path, "./text"), (), CallOptions())


def test_our_own_command_is_not_the_systems():
    assert command_line._problem(Path(sys.executable).parent / "theodore") == "is the command of this tester and not the system's"


def test_python_is_the_interpreter_of_the_tests(tmp_path):
    assert command_line.program(system(tmp_path, "python", "-m", "shop")) == [sys.executable, "-m", "shop"]


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    text = f"sleep 300 & echo $! > {tmp_path}/pid; sleep 300"
    result = called(tmp_path, text, timeout=1)
    assert result.code is None
    until(lambda: not psutil.pid_exists(int((tmp_path / "pid").read_text())), "the end of the process in the background")


def test_what_a_command_leaves_running_is_ended_too(tmp_path):
    result = called(tmp_path, f"sleep 300 > /dev/null 2>&1 & echo $! > {tmp_path}/pid")
    assert result.code == 0
    until(lambda: not psutil.pid_exists(int((tmp_path / "pid").read_text())), "the end of the process in the background")


def test_output_is_capped_and_read_to_its_end(tmp_path):
    result = called(tmp_path, "head -c 3000000 /dev/zero | tr '\\0' x; echo done >&2")
    assert (len(result.stdout), result.cut, result.stderr) == (command_line.MOST_BYTES, True, "done\n")


def test_standard_input(tmp_path):
    assert called(tmp_path, "cat", stdin="Grüße\n").stdout == "Grüße\n"
    assert called(tmp_path, "cat").stdout == ""
    assert called(tmp_path, "exit 4", stdin="x" * 1_000_000).code == 4


@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.default_int_handler])
def test_ctrl_c_once_a_text_was_seen(tmp_path, before):
    others = signal.signal(signal.SIGINT, before)  # a shell has what it starts in the background ignore it
    text = "trap 'echo stopped >&2; exit 5' INT; echo ready >&2; while :; do sleep 0.05; done"
    try:
        result = called(tmp_path, text, interrupt_at="ready")
        assert (result.code, result.stderr, signal.getsignal(signal.SIGINT)) == (5, "ready\nstopped\n", before)
    finally:
        signal.signal(signal.SIGINT, others)


def test_a_reader_that_has_gone(tmp_path):
    assert called(tmp_path, "exec yes", output_closed=True).code == -signal.SIGPIPE


@pytest.mark.parametrize(
    ("variables", "seen"),
    [({}, "xterm-256color, none"), ({"NO_COLOR": "1"}, "xterm-256color, 1"), ({"TERM": "dumb"}, "dumb, none")],
)
def test_a_terminal(tmp_path, monkeypatch, variables, seen):
    monkeypatch.setenv("NO_COLOR", "of the tester")
    text = 'test -t 1 && echo "$TERM, ${NO_COLOR-none}"; seq 20000'
    result = called(tmp_path, text, terminal=True, environment=variables)
    assert (result.code, result.terminal) == (0, True)
    assert result.stdout == "".join(f"{line}\n" for line in (seen, *range(1, 20001)))
    assert not called(tmp_path, text, environment=variables).terminal


def test_a_terminal_to_type_on(tmp_path):
    text = 'test -t 0 && read -r line && echo "typed $line"; cat; echo ended'
    assert called(tmp_path, text, stdin="two words\n", terminal=True).stdout == "typed two words\nended\n"


def test_secrets_are_not_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_ANN_PASSWORD", "correct-horse-9")
    monkeypatch.setenv("ROBOT_SYSLOG_FILE", "x")
    monkeypatch.setenv("SHOP_COLOUR", "green")
    secrets.add("correct-horse-9", "SHOP_ANN_PASSWORD")
    kept = called(tmp_path, "env", environment={"MORE": "1"}).stdout.splitlines()
    assert {"SHOP_COLOUR=green", "MORE=1"} <= set(kept)
    assert not [line for line in kept if line.startswith(("SHOP_ANN_PASSWORD", "ROBOT_"))]


def test_address_and_identity_go_by_environment_alone(tmp_path):
    ann = SimpleNamespace(name="ann", username="ann", signs_in=True, password=lambda: "correct-horse-9")
    variables = CommandVariables(url="SHOP_URL", username="SHOP_USER", password="SHOP_PASSWORD")
    shop = system(
        tmp_path, script(tmp_path, 'echo "$SHOP_URL $SHOP_USER $SHOP_PASSWORD $HOME $*"'), identity=ann, variables=variables
    )
    result = command_line.call(shop, ("list",), CallOptions())
    assert result.stdout == f"http://127.0.0.1:1 ann correct-horse-9 {result.folder} list\n"


def test_the_folder_of_a_call_is_removed_at_the_end(tmp_path):
    result = called(tmp_path, "touch made; pwd")
    assert result.stdout.strip() == str(result.folder)
    assert (result.folder / "made").is_file()
    context.end_suite()
    assert not result.folder.exists()


def test_without_an_entry_nothing_is_proved(tmp_path):
    assert command_proof.Proof(system(tmp_path, "/bin/true")).problem == (
        "nothing shows that `/bin/true` talks to shop: add systems.shop.cli.proof in shop.yaml"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"job": {"id": 7}}', "7"),
        ('  5 % begun\n{"job": {"id": 7}}\nError: no', "7"),
        ("", None),
        ("7", None),
        ('{"job": {}}', None),
    ],
)
def test_an_identifier_is_found_in_json_among_other_lines(tmp_path, text, found):
    result = command_line.CommandResult((), 0, text, "", 0.1, tmp_path, system(tmp_path))
    assert command_proof.identifier(result, "job.id") == found


def test_no_process_is_left():
    assert [child for child in psutil.Process(os.getpid()).children() if child.name() in ("command", "sleep")] == []

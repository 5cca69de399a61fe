"""The sandbox with real parts: OpenAI's own SDK, PostgreSQL, a sandbox that stays up."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from theodore_qa import paths, sandbox
from theodore_qa.systems import environment

DECLARED = environment.load(paths.shipped("variables") / "sandbox.yaml")
THEODORE = DECLARED.system("theodore")


@pytest.fixture
def provider(tmp_path):
    import threading

    import uvicorn

    from theodore_sandbox.dependencies.openai import create_app

    server = uvicorn.Server(uvicorn.Config(create_app("sk-right"), log_level="critical"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server.should_exit = True
    thread.join(timeout=10)


PROMPT = (
    "Company asked for: X\n\n### PAGE https://x.example/ lang=en\nX Corp\nX Corp was founded in 2001 and is based in Berlin.\n"
)


def test_the_openai_sdk_works_unchanged(provider):
    import openai

    client = openai.OpenAI(api_key="sk-right", base_url=provider, max_retries=0)
    messages = [{"role": "user", "content": PROMPT}]
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    facts = json.loads(whole.choices[0].message.content)
    assert (facts["founded_year"], facts["headquarters"]) == (2001, "Berlin")
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole.choices[0].message.content
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    vectors = client.embeddings.create(
        model="text-embedding-3-small", input=["payments for merchants", "payments for merchants", "bread"]
    )
    same, again, other = (vector.embedding for vector in vectors.data)
    assert len(same) == 1536
    assert same == again != other
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(api_key="sk-wrong", base_url=provider, max_retries=0).models.list()
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-9", messages=messages)


@pytest.mark.needs("postgresql")
def test_the_sandbox_keeps_its_jobs_in_postgresql(postgresql, theodore, tmp_path):
    import sqlalchemy

    suite = tmp_path / "suites" / "e2e" / "one.robot"
    suite.parent.mkdir(parents=True)
    suite.write_text(
        "*** Settings ***\nLibrary    TheodoreLibrary\n\n*** Test Cases ***\nA\n    ${r} =    Research Company    Slack\n"
        "    Research Should Stay Found    ${r}    duration=0.2 s\n\n"
        "B\n    VAR    @{names}    Zoom    Figma    Notion    Slack    Adyen    Stripe\n"
        "    ${b} =    Start Batch Research    ${names}    concurrency=1\n    Pause Batch    ${b}\n    Resume Batch    ${b}\n"
        "    Follow Batch    ${b}\n    Each Company Should Have One Outcome    ${b}\n    ${records} =    Get Batch Records    ${b}\n"
        "    Export Should Choose By Each Value    ${records}\n    Export Should Choose By Time    Slack    Canva\n"
    )
    done = theodore("test", "e2e", env={sandbox.DATABASE_VARIABLE: postgresql})
    assert done.returncode == 0, done.stdout + done.stderr
    engine = sqlalchemy.create_engine(postgresql)
    with engine.connect() as connection:
        left = connection.execute(
            sqlalchemy.text("select count(*) from information_schema.schemata where schema_name like 'theodore_%'")
        )
        assert left.scalar() == 0
    engine.dispose()


def test_a_sandbox_stays_up_and_goes_down(theodore, tmp_path):
    up = theodore("sandbox", "up")
    assert up.returncode == 0, up.stderr
    passwords = dict(line.removeprefix("export ").split("=", 1) for line in up.stdout.splitlines() if line.startswith("export "))
    try:
        assert theodore("sandbox", "up").returncode == 2
        assert "api " in theodore("sandbox", "status").stdout
        wrong = theodore("sandbox", "defects", "wrong-industri")
        assert (wrong.returncode, wrong.stderr) == (
            2,
            "Error: There is no defect 'wrong-industri': did you mean 'wrong-industry'?\n",
        )
        assert "on  wrong-industry" in theodore("sandbox", "defects", "wrong-industry").stdout
        run = ("test", "e2e", "--scenario", "enterprise_saas_research", "--environment", ".theodore/sandbox-up.yaml")
        assert theodore(*run, env=passwords).returncode == 1
        theodore("sandbox", "defects", "--off")
        done = theodore(*run, env=passwords)
        assert done.returncode == 0, done.stdout
        assert not any(value in path.read_text() for value in passwords.values() for path in (tmp_path / ".theodore").iterdir())
    finally:
        assert theodore("sandbox", "down").stdout == "Down.\n"
    assert theodore("sandbox", "status").returncode == 1


def test_an_unknown_defect_is_one_sentence(theodore):
    done = theodore("sandbox", "up", "--defects", "nonsense")
    assert done.returncode == 3
    assert done.stderr.startswith("Error: The embedded sandbox did not start: ")
    assert "There is no defect 'nonsense'" in done.stderr


def test_the_embedded_sandbox_ends_with_the_process_that_started_it(tmp_path):
    code = (
        "from theodore_qa import paths\nfrom theodore_qa.systems import environment\n"
        "one = environment.load(paths.shipped('variables') / 'sandbox.yaml').system('theodore').new_sandbox()\n"
        "print(one.process.pid, one.urls['api'].rpartition(':')[2], flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid, port = map(int, done.stdout.split())
    import time

    deadline = time.monotonic() + 300
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

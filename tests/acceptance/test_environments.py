"""Environments of other kinds: only an API, dependencies elsewhere, another contract, real providers."""

import os
import re

import pytest
import yaml

from theodore_qa import paths
from theodore_qa.systems import environment

DECLARED = environment.load(paths.shipped("variables") / "sandbox.yaml")
THEODORE = DECLARED.system("theodore")


@pytest.fixture
def running(monkeypatch):
    for identity in THEODORE.identities.values():
        monkeypatch.setenv(identity.password_env, f"password of {identity.name} 7")
    sandbox = THEODORE.new_sandbox()
    yield sandbox
    sandbox.stop()


def written(path, running, **more):
    identities = {
        identity.name: {
            "username": identity.username,
            "password_env": identity.password_env,
            "role": identity.role,
            "tenant": identity.tenant,
        }
        | {"limits": identity.limits}
        for identity in THEODORE.identities.values()
    }
    theodore = {
        "extends": "theodore.system.yaml",
        "url": running.urls["api"],
        "identities": identities,
        "proof": {"value": running.instance},
    } | {key: value for key, value in more.items() if key != "not_available"}
    data = {
        "name": "api-only",
        "kind": "test",
        "hosts": ["127.0.0.1"],
        "allow": {"active_scan": True, "chaos": True, "destructive": True},
        "systems": {"theodore": theodore},
        "companies": str(DECLARED.companies),
        "thresholds": str(DECLARED.thresholds),
        "not_available": more.get("not_available", {}),
    }
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def passwords():
    return {identity.password_env: os.environ[identity.password_env] for identity in THEODORE.identities.values()}


SCENARIOS = ("enterprise_saas_research", "ai_fallback", "hybrid_discovery", "tenant_isolation")


def test_an_api_without_links_is_judged_by_what_can_be_seen(theodore, running, tmp_path):
    import json

    waiver = {"links": {"reason": "calls cannot be observed", "owner": "qa", "until": "2099-01-01"}}
    path = written(tmp_path / "api.yaml", running, not_available=waiver)
    report = tmp_path / "report.json"
    chosen = [part for name in SCENARIOS for part in ("--scenario", name)]
    done = theodore("test", "e2e", *chosen, "--environment", path, "--output-report", report, env=passwords())
    assert done.returncode == 0, done.stdout
    tests = {test["name"]: test for test in json.loads(report.read_text())["tests"]}
    assert tests["Company Is Found"]["verdict"] == "PASS"
    assert tests["Research Is Invisible"]["verdict"] == "PASS"
    assert tests["Dependencies Are Called"]["verdict"] == "SKIP"
    assert tests["Failing Provider Is Replaced"]["verdict"] == "SKIP"
    assert "calls cannot be observed" in tests["Failing Provider Is Replaced"]["message"]
    summary = done.stdout[done.stdout.index("WORK: ") :].splitlines()
    assert re.match(
        r"WORK: work was not observed in \d+ tests, only answers; calls are waived: calls cannot be observed", summary[0]
    )
    assert not re.search(r"^\d+ PASS", done.stdout[: done.stdout.index("WORK: ")], re.MULTILINE)  # it is the first of the summary


def test_links_that_are_neither_there_nor_waived_leave_the_run_incomplete(theodore, running, tmp_path):
    path = written(tmp_path / "api.yaml", running)
    done = theodore("test", "e2e", "--scenario", "ai_fallback", "--environment", path, env=passwords())
    assert done.returncode == 3
    assert "NOT EVALUATED: ai_fallback.robot" in done.stdout


def test_a_dependency_can_be_at_another_address(running, tmp_path, monkeypatch):
    import httpx

    key = "key-of-another-provider"
    monkeypatch.setenv("OTHER_KEY", key)
    data = yaml.safe_load((paths.shipped("variables") / "sandbox.yaml").read_text())
    data["systems"]["theodore"]["sandbox"] |= {"provider_key_env": {"openai": "OTHER_KEY"}}
    data |= {"companies": str(DECLARED.companies), "thresholds": str(DECLARED.thresholds)}
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(yaml.safe_dump(data))
    other = environment.load(elsewhere).system("theodore").new_sandbox()
    data["systems"]["theodore"]["sandbox"] |= {"dependencies": {"openai": other.urls["openai"]}}
    pointed = tmp_path / "pointed.yaml"
    pointed.write_text(yaml.safe_dump(data))
    sandbox = environment.load(pointed).system("theodore").new_sandbox()
    try:
        who = THEODORE.identities["analyst"]
        with httpx.Client(base_url=sandbox.urls["api"]) as client:
            signed = client.post("/api/v2/auth/login", json={"username": who.username, "password": who.password()}).json()
            headers = {"Authorization": f"Bearer {signed['access_token']}"}
            job = client.post("/api/v2/research", json={"company_name": "Slack"}, headers=headers).json()
            with client.stream("GET", f"/api/v2/research/{job['job_id']}/stream", headers=headers) as stream:
                assert "event: complete" in list(stream.iter_lines())
        there = httpx.get(f"{other.urls['journal']}/calls").json()["calls"]
        here = httpx.get(f"{sandbox.urls['journal']}/calls").json()["calls"]
        assert [call["path"] for call in there] == ["/v1/chat/completions", "/v1/embeddings"]
        assert {call["link"] for call in here} == {"search", "web", "vectors"}
    finally:
        sandbox.stop()
        other.stop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda schemas: schemas["HealthResponse"]["properties"]["uptime_seconds"].update(type="string"), "uptime_seconds: "),
        (lambda schemas: schemas["HealthResponse"]["required"].append("mood"), "the answer lacks mood"),
    ],
)
def test_a_wrong_field_in_the_contract_turns_the_suite_red(theodore, running, tmp_path, change, message):
    contract = yaml.safe_load((paths.shipped("contracts") / "theodore-v2.openapi.yaml").read_text())
    change(contract["components"]["schemas"])
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(contract))
    path = written(tmp_path / "api.yaml", running, contract="mine.yaml")
    done = theodore("test", "e2e", "--scenario", "raw_api", "--environment", path, env=passwords())
    assert done.returncode == 1
    assert "Health Is As In The Contract" in done.stdout
    assert message in done.stdout


def test_a_contract_that_is_not_there_is_one_sentence(theodore, running, tmp_path):
    path = written(tmp_path / "api.yaml", running, contract="none.yaml")
    done = theodore("test", "e2e", "--environment", path, env=passwords())
    assert done.returncode == 2
    assert done.stderr.startswith("Error: The contract none.yaml is not there: it is looked for at ")


PROVIDER = {"model": "m", "embedding_model": "e", "dimensions": 1536, "usd_per_million_tokens": 1, "max_requests_per_minute": 60}


def test_real_providers_are_called_within_their_budget(theodore, tmp_path, monkeypatch):
    keys = {"openai": "REAL_OPENAI", "gemini": "REAL_GEMINI", "bedrock": "REAL_BEDROCK"}
    for name, variable in keys.items():
        monkeypatch.setenv(variable, f"{name}-key-of-this-test")
    for identity in THEODORE.identities.values():
        monkeypatch.setenv(identity.password_env, f"password of {identity.name} 7")
    data = yaml.safe_load((paths.shipped("variables") / "sandbox.yaml").read_text())
    data["systems"]["theodore"]["sandbox"] |= {"provider_key_env": keys}
    declared = tmp_path / "declared.yaml"
    declared.write_text(yaml.safe_dump(data))
    sandbox = environment.load(declared).system("theodore").new_sandbox()
    try:
        models = {
            "openai": ("gpt-4o-mini", "text-embedding-3-small"),
            "gemini": ("gemini-2.5-pro", "gemini-embedding-001"),
            "bedrock": ("amazon.nova-pro-v1:0", "amazon.titan-embed-text-v1"),
        }
        providers = {
            name: PROVIDER
            | {"url": sandbox.urls[name], "key_env": keys[name], "model": chat, "embedding_model": embedding, "max_usd": 1}
            for name, (chat, embedding) in models.items()
        }
        providers["bedrock"]["max_usd"] = 0.0001
        path = written(tmp_path / "real.yaml", sandbox, services="real", providers=providers)
        env = passwords() | {variable: os.environ[variable] for variable in keys.values()} | {"REAL_GEMINI": ""}
        options = ("--scenario", "real_services", "--environment", path, "--include-real-services")
        done = theodore("test", "e2e", *options, env=env)
        assert done.returncode == 3
        assert "4 PASS, 0 FAIL, 4 NOT EVALUATED" in done.stdout, done.stdout
        assert "the key of gemini is to be in the environment variable REAL_GEMINI, which is not set" in done.stdout
        assert "the next request to bedrock could cost 0.0020 USD, and of the 0.0001 USD" in done.stdout
        assert not any(key in done.stdout for key in env.values() if key)
        assert theodore("test", "e2e", "--environment", path, env=env).returncode == 2
    finally:
        sandbox.stop()


def test_of_another_system_than_the_one_that_is_meant_plain_robot_passes_nothing(running, tmp_path):
    from theodore_qa.sensitivity import trial

    path = written(tmp_path / "api.yaml", running, proof={"value": "theodore-another"})
    root = paths.shipped("suites") / "e2e"
    outcome = trial.robot(root / "sessions.robot", root, tmp_path / "robot", path)
    assert outcome.tests
    assert not outcome.passed()
    expected = f"The system theodore at {running.urls['api']} is not the one that api.yaml means: expected 'theodore-another'"
    assert all(test["message"].startswith(f"NOT EVALUATED: {expected}") for test in outcome.tests)

"""PromptCraft's sandbox, and what the keywords say when the identity provider is not as it should be."""

import json
import urllib.request
from pathlib import Path

import pytest
import yaml

from theodore_qa import paths, sandbox
from theodore_qa.systems import environment

DECLARED = environment.load(paths.shipped("variables") / "sandbox.yaml")
ROW = "*** Settings ***\nLibrary    PromptCraftLibrary\n\n*** Test Cases ***\nRow\n    {row}\n"


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A sandbox that stays up, and an environment file that names it."""
    system = DECLARED.system("promptcraft")
    running = system.new_sandbox()
    file = tmp_path_factory.mktemp("promptcraft") / "up.yaml"
    sandbox.write_environment(DECLARED, {"promptcraft": (system.declared, running)}, file)
    data = yaml.safe_load(file.read_text())
    data["systems"] = {"promptcraft": data["systems"]["promptcraft"]}
    del data["default"], data["not_available"]
    file.write_text(yaml.safe_dump(data))
    yield running, str(file)
    running.stop()


def behave(running, behaviour):
    """Give the provider a behaviour; an empty one is the usual."""
    body = json.dumps(behaviour).encode()
    request = urllib.request.Request(f"{running.urls['journal']}/behaviours/provider", body, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (
            {"status": 503},
            "NOT EVALUATED: The identity 'admin' could not sign in to promptcraft: expected a discovery document at ",
        ),
        (
            {"answer": "html"},
            "NOT EVALUATED: The identity 'admin' could not sign in to promptcraft: expected a discovery document at ",
        ),
    ],
    ids=["down", "html"],
)
def test_a_provider_that_is_out_of_order_is_no_fault_of_the_platform(robot, platform, behaviour, message):
    running, file = platform
    behave(running, behaviour)
    try:
        _, result = robot(ROW.format(row="Sign On Should Work"), env={"THEODORE_ENVIRONMENT": file})
    finally:
        behave(running, {})
    assert result.suite.tests[0].message.startswith(message), result.suite.tests[0].message


def test_a_wrong_discovery_document_opens_no_session(robot, platform):
    running, file = platform
    urllib.request.urlopen(urllib.request.Request(f"{running.urls['control']}/reset", method="POST"), timeout=10).close()
    behave(running, {"answer": "invented"})
    try:
        _, result = robot(ROW.format(row="Sign On Should Work"), env={"THEODORE_ENVIRONMENT": file})
    finally:
        behave(running, {})
    message = result.suite.tests[0].message
    assert "sign_on.session of admin by password: expected status 200, observed status 503" in message, message


def test_a_provider_out_of_order_gets_a_verdict_of_its_own(robot, platform):
    """What the keyword about the provider itself says: three rows on one run each would take three starts of Robot."""
    running, file = platform
    rows = {"status": 503}, {"answer": "html"}, {"answer": "invented"}
    address = f"{running.urls['journal']}/behaviours/provider"
    text = "*** Settings ***\nLibrary    PromptCraftLibrary\nLibrary    RequestsLibrary\n\n*** Test Cases ***\n"
    for number, row in enumerate(rows):
        text += f"{number}\n    VAR    &{{body}}    {'    '.join(f'{name}={value}' for name, value in row.items())}\n"
        text += "    Evaluate    $body.update({'status': int($body.status)}) if 'status' in $body else None\n"
        text += f"    PUT    {address}    json=${{body}}\n    Identity Provider Should Support    discovery\n"
    try:
        _, result = robot(text, env={"THEODORE_ENVIRONMENT": file})
    finally:
        behave(running, {})
    down, html, wrong = (test.message for test in result.suite.tests)
    begins = "NOT EVALUATED: The identity provider of promptcraft: expected a discovery document at http://127.0.0.1:"
    assert down.startswith(begins), down
    assert ", observed 503 with " in down, down
    assert html.startswith(begins), html
    assert ", observed 200 with " in html, html
    assert "/realms/promptcraft, observed https://id.example.test/realms/other" in wrong, wrong


def test_a_token_state_that_there_is_not_names_the_nearest(robot, platform):
    _, result = robot(ROW.format(row="Token Should Be Refused    expird"), env={"THEODORE_ENVIRONMENT": platform[1]})
    assert result.suite.tests[0].message == "There is no state of a token 'expird': did you mean 'expired'?"


def test_a_store_that_is_not_named_is_not_evaluated(robot, platform, tmp_path):
    data = yaml.safe_load(Path(platform[1]).read_text())
    del data["systems"]["promptcraft"]["session_store"]
    file = tmp_path / "without.yaml"
    file.write_text(yaml.safe_dump(data))
    _, result = robot(ROW.format(row="Session Should Be Stored"), env={"THEODORE_ENVIRONMENT": str(file)})
    assert result.suite.tests[0].message.startswith(
        "NOT EVALUATED: The environment sandbox-up names no session_store of promptcraft"
    )


def test_the_session_store_ends_with_the_sandbox():
    system = DECLARED.system("promptcraft")
    running = system.new_sandbox()
    import redis

    store = redis.Redis.from_url(running.files["sessions"][0])
    assert store.ping()
    running.stop()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(running.files["sessions"][0]).ping()

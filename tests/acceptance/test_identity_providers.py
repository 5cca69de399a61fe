"""The suite of identity providers on providers of others: npm oidc-provider, and PyPI canaille."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SUPPORT = Path(__file__).resolve().parents[1] / "support"
SUITE = Path(__file__).resolve().parents[2] / "suites/e2e/promptcraft/identity_provider.robot"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "theodore-tests"
ABILITIES = {
    *("Discovery", "Client Credentials", "Authorization Code", "Renewal", "Introspection", "Revocation", "Redirect Addresses"),
    *("Code Binding", "PKCE", "Replayed Code", "Stolen Refresh Token", "Foreign Revocation", "Token Answers", "ID Token", "Issuer In Answers"),
    *("Errors To The Client", "Protected Resource", "No Prompt", "Log-out", "Key Rotation"),
}
ENVIRONMENT = {"ANALYST_PASSWORD": secrets.token_urlsafe(16), "CLIENT_SECRET": secrets.token_urlsafe(32)}


def described(folder, issuer, how="authorization_code"):
    """An environment file whose system is the provider itself."""
    analyst = {"username": "analyst@example.test", "password_env": "ANALYST_PASSWORD"}
    service = {"client_id": "promptcraft-service", "client_secret_env": "CLIENT_SECRET", "sign_in": {"how": "client_credentials"}}
    sign_in = {"how": how, "issuer": issuer, "client_id": "promptcraft-api", "client_secret_env": "CLIENT_SECRET"}
    system = {
        "url": issuer,
        "links": {"provider": {"calls": issuer}},
        "operations": ["GET /.well-known/openid-configuration"],
        "vocabulary": "promptcraft.vocabulary.yaml",
        "identities": {"analyst": analyst, "service": service},
        "sign_in": sign_in | {"scope": "openid profile email"},
    }
    file = folder / "provider.yaml"
    file.write_text(
        yaml.safe_dump({"name": "provider", "kind": "test", "hosts": ["127.0.0.1"], "systems": {"promptcraft": system}})
    )
    return {"THEODORE_ENVIRONMENT": str(file), **ENVIRONMENT}


def started(command, **environment):
    """A provider as a process, which ends when its standard input is closed, and its issuer."""
    process = subprocess.Popen(
        command, env=os.environ | ENVIRONMENT | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().strip()


def stopped(process):
    """End a provider."""
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.fixture(scope="module")
def script():
    """The script that starts npm oidc-provider, beside the packages that it needs; npm keeps them for the next time."""
    folder = CACHE / "oidc-provider-9.13.3"
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [shutil.which("npm"), "install", "--silent", "--no-audit", "--no-fund", "oidc-provider@9.13.3"],
            cwd=folder, check=True, capture_output=True, timeout=900,
        )  # fmt: skip
    shutil.copy(SUPPORT / "oidc_provider.mjs", folder)
    return folder / "oidc_provider.mjs"


@pytest.fixture(scope="module")
def canaille():
    """The Python of an environment of its own that has canaille, which is kept for the next time."""
    folder = CACHE / "canaille-0.3.6"
    uv = [Path(sys.executable).with_name("uv")]
    if not (folder / "bin" / "canaille").is_file():
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True, timeout=300)
        install = [*uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", "canaille[front,oidc,sqlite]==0.3.6"]
        subprocess.run(install, check=True, capture_output=True, timeout=900)
    return folder / "bin" / "python"


def test_the_suite_holds_canaille_to_the_standards(robot, canaille, tmp_path):
    process, issuer = started([canaille, SUPPORT / "canaille_provider.py"], PYTHONWARNINGS="ignore")
    try:
        _, result = robot(SUITE.read_text(encoding="utf-8"), env=described(tmp_path, issuer, "password"))
    finally:
        stopped(process)
    found = verdicts(result)
    refused = "expected status 400 or 401 with invalid_grant, observed status"
    answered = "200 with the fields access_token, expires_in, refresh_token, scope, token_type"
    assert found.pop("Password") == (  # RFC 6749, 5.2, has invalid_grant for it
        f"provider.wrong_password of password: {refused} 400 with invalid_request."
    )
    assert found.pop("Replayed Code") == (  # RFC 6749, 4.1.2: what came of it should be revoked
        "provider.replay_ends_token of replayed code: expected status 401 from the UserInfo endpoint, observed status 200\n"
        f"provider.replay_ends_renewal of replayed code: {refused} {answered}."
    )
    assert found.pop("Stolen Refresh Token") == (  # RFC 9700, 4.14.2
        f"provider.reuse_ends_family of stolen refresh token: {refused} {answered}."
    )
    assert found.pop("Issuer In Answers") == (  # RFC 9207, 2: in error answers too
        f"provider.error_issuer of issuer in answers: expected {issuer}, observed none."
    )
    assert found == dict.fromkeys(ABILITIES - {"Replayed Code", "Stolen Refresh Token", "Issuer In Answers"}, "PASS")


def verdicts(result):
    return {test.name: test.message if test.status != "PASS" else "PASS" for test in result.suite.tests}


@pytest.mark.needs("npm")
def test_the_suite_holds_npm_oidc_provider_to_the_standards(robot, script, tmp_path):
    process, issuer = started(["node", str(script)])
    try:
        _, result = robot(SUITE.read_text(encoding="utf-8"), env=described(tmp_path, issuer))
    finally:
        stopped(process)
    found = verdicts(result)
    assert found.pop("Password") == (
        f"NOT EVALUATED: The identity provider at {issuer} does not support password: its discovery document names the grants "
        "implicit, authorization_code, refresh_token, client_credentials."
    )
    assert found == dict.fromkeys(ABILITIES, "PASS")


@pytest.mark.needs("npm")
@pytest.mark.needs("libfaketime")
def test_a_clock_five_minutes_off_is_said(robot, script, tmp_path):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")))
    fake = {"LD_PRELOAD": str(library), "FAKETIME": "+5m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    process, issuer = started(["node", str(script)], **fake)
    try:
        _, result = robot(SUITE.read_text(encoding="utf-8"), "--test", "Authorization Code", env=described(tmp_path, issuer))
    finally:
        stopped(process)
    message = verdicts(result)["Authorization Code"]
    assert message.startswith(
        "provider.clock of authorization code: expected dated within 60 s of the tester's clock, observed "
    ), message
    assert 290 <= int(message.partition("observed ")[2].split()[0]) <= 300
    assert message.endswith(" s ahead."), message

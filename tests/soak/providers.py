"""The proof of sign-on with identity providers of others: the platform's suites with npm oidc-provider, and with PyPI canaille.

The embedded platform signs on by a provider that is started for it. Its suites of sign-on, sessions, tokens, roles, people and
tenants run; each row must pass, but for those that are named here with what the provider lacks, which must say so and never pass.
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import jwt
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests/support"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "theodore-tests"
SCENARIOS = ("sign_on", "stored_sessions", "token_states", "roles", "people", "audited_attempts")
LONGEST = 900
PASSED, UNSEEN = "PASS", "NOT EVALUATED: "
# What a provider lacks: the row, and how its message begins.
NO_KEY = f"{UNSEEN}No key of the realm is at hand"  # canaille calls no token active that it has not given
NO_AUDIENCE = f"{UNSEEN}The provider gave no token for the audience another-api."
ONE_REALM = f"{UNSEEN}The identity 'admin' could not sign in to promptcraft: expected a discovery document at "
NOT_ANNOUNCED = "{issuer} announces no log-outs: expected backchannel_logout_supported true"
NO_RECORD = f"{UNSEEN}the record of the dependency links at {{issuer}} could not be read"
MINTED = ("Expired", "Just Expired", "Not Yet Valid", "Other Issuer", "Critical Header", "Oversized")
WITHOUT = ("End", "Subject", "Audience", "Issuer", "Organization", "Role")
LACKING = {
    "oidc-provider": {  # tokens that are JSON Web Tokens are not stored there
        "Sign On: Introspection And Revocation": f"{UNSEEN}The discovery document of {{issuer}} names no introspection_endpoint.",
        "Token States: Revoked": f"{UNSEEN}The discovery document of {{issuer}} names no revocation_endpoint.",
        "Audited Attempts: Work": NO_RECORD,
        "Token States: Other Audience": NO_AUDIENCE,
        "Token States: Other Realm": ONE_REALM,
        "Stored Sessions: Log-out At The Provider": f"{UNSEEN}The identity provider at {{issuer}} ends no session by a refresh token",
    },
    "canaille": {
        **{f"Token States: {state}": NO_KEY for state in (*MINTED, *(f"Without {claim}" for claim in WITHOUT))},
        "Stored Sessions: Logout Tokens": NO_KEY,
        **{f"People: {row}": NO_KEY for row in ("Searched", "Changed", "Removed")},
        "Token States: Other Audience": NO_AUDIENCE,
        "Token States: Other Realm": ONE_REALM,
        "Token States: Identity Token": f"{UNSEEN}The provider gave no ID token",
        "Audited Attempts: Work": NO_RECORD,
        "Stored Sessions: Log-out At The Provider": f"{UNSEEN}The identity provider at {NOT_ANNOUNCED}",
        "Stored Sessions: Log-out At The Provider's Page": f"{UNSEEN}The identity provider at {NOT_ANNOUNCED}",
        # Its programs get tokens that are no JSON Web Tokens, which this platform cannot read.
        "Roles: Program": f"{UNSEEN}The platform opened no session for service: expected 200",
        "Sign On: As A Program": "sign_on.signature of service by client_credentials: expected a token signed by the provider, "
        "observed Not enough segments",
        # RFC 7636, 4.6, has invalid_grant for it.
        "Sign On: PKCE": "sign_on.pkce of analyst: expected status 400 with invalid_grant, observed status 400 with invalid_request.",
    },
}


def key():
    """A private key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def coded(private):
    """A private key as PKCS 8 in DER and base64."""
    form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return base64.b64encode(private.private_bytes(*form)).decode()


def oidc_provider(private):
    """How npm oidc-provider is started, with the key by which it signs."""
    folder = CACHE / "oidc-provider-9.13.3"
    if not (folder / "node_modules/oidc-provider").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        install = [shutil.which("npm"), "install", "--silent", "--no-audit", "--no-fund", "oidc-provider@9.13.3"]
        subprocess.run(install, cwd=folder, check=True, timeout=LONGEST)
    shutil.copy(SUPPORT / "oidc_provider.mjs", folder)
    own = jwt.get_algorithm_by_name("ES256").to_jwk(private)
    jwk = json.loads(own) | {"alg": "ES256", "use": "sig", "kid": secrets.token_hex(8)}
    return ["node", folder / "oidc_provider.mjs"], {"REALM_JWK": json.dumps(jwk)}


def canaille(_):
    """How PyPI canaille is started, in an environment of its own; it signs by a key of its own."""
    folder = CACHE / "canaille-0.3.6"
    uv = [Path(sys.executable).with_name("uv")]
    if not (folder / "bin/canaille").is_file():
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True, timeout=LONGEST)
        install = ["pip", "install", "--quiet", "--python", folder / "bin/python", "canaille[front,oidc,sqlite]==0.3.6"]
        subprocess.run([*uv, *install], check=True, timeout=LONGEST)
    return [folder / "bin/python", SUPPORT / "canaille_provider.py"], {"PYTHONWARNINGS": "ignore"}


PROVIDERS = {"oidc-provider": oidc_provider, "canaille": canaille}


def described(folder, issuer, name):
    """The environment file of a platform that signs on by the provider, and its identities."""
    data = yaml.safe_load((ROOT / "variables/sandbox.yaml").read_text(encoding="utf-8"))
    platform = data["systems"]["promptcraft"]
    del platform["identities"]["guarded"], platform["proxies"]  # the providers are started without a second factor
    how = {"issuer": issuer, "provider": name, "client_id": "promptcraft-api"}
    platform["sign_in"] = how
    del data["not_available"]["theodore.dependencies"], data["not_available"]["theodore.proxies.store"]
    data |= {"default": "promptcraft", "systems": {"promptcraft": platform}}
    file = folder / "platform.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return file, platform["identities"]


def accounts(identities, environment):
    """What the provider has to know of each identity."""
    found = {}
    for about in identities.values():
        who = {"role": about["role"], "tenant": about.get("tenant", "default")}
        if "username" in about:
            found[about["username"]] = who | {"password": environment[about["password_env"]]}
        else:
            found[about["client_id"]] = who
    return json.dumps(found)


def made_up(identities, private):
    """Secrets for all identities, in the variables that the environment file names."""
    found = {about["password_env"]: secrets.token_urlsafe(16) for about in identities.values() if "password_env" in about}
    shared = dict.fromkeys(
        ("CLIENT_SECRET", "PROMPTCRAFT_CLIENT_SECRET", "PROMPTCRAFT_SERVICE_SECRET"), secrets.token_urlsafe(32)
    )
    realm = {"PROMPTCRAFT_REALM_KEY": coded(private)}
    return found | shared | realm | {"PROMPTCRAFT_SIGNING_KEY": secrets.token_urlsafe(32)}


def up(folder, file, environment):
    """The keeper of a sandbox that stays up, and what it says of itself."""
    (folder / ".theodore").mkdir()
    command = [sys.executable, "-W", "ignore", "-m", "theodore_qa.cli.sandbox", str(file)]
    keeper = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    ends = time.monotonic() + 120
    while not (folder / ".theodore/sandbox.json").is_file():
        if keeper.poll() is not None or time.monotonic() > ends:
            keeper.kill()
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.05)
    return keeper


def verdicts(folder):
    """The message of each row that did not pass, by its name."""
    from robot.api import ExecutionResult

    found = {}

    def read(suite):
        for test in suite.tests:
            found[f"{suite.name}: {test.name}"] = PASSED if test.status == PASSED else test.message
        for inner in suite.suites:
            read(inner)

    if not (folder / "output.xml").is_file():
        raise RuntimeError(f"{folder.name} left no result: the sandbox did not answer, or the run was stopped")
    read(ExecutionResult(folder / "output.xml").suite)
    return found


def run(name, folder):
    """The verdict of each row with a provider, whose address is given as {issuer}."""
    private = key()
    command, more = PROVIDERS[name](private)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("THEODORE_", "ROBOT_", "PROMPTCRAFT_"))}
    _, identities = described(folder, "http://127.0.0.1:1", name)
    clean |= made_up(identities, private)
    environment = clean | more | {"ACCOUNTS": accounts(identities, clean)}
    provider = subprocess.Popen(
        [str(part) for part in command], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    keeper, issuer, found = None, "", {}
    try:
        issuer = provider.stdout.readline().strip()
        if not issuer:
            raise RuntimeError(f"{name} did not start")
        if name == "canaille":  # it signs by keys that nobody else holds
            del clean["PROMPTCRAFT_REALM_KEY"]
        file, _ = described(folder, issuer, name)
        keeper = up(folder, file, clean)
        urls = json.loads((folder / ".theodore/sandbox.json").read_text())["urls"]
        registered = urllib.request.Request(f"{issuer}/provider/platform", b"", {"X-Platform": urls["api"]})
        urllib.request.urlopen(registered, timeout=10).close()
        up_file = folder / ".theodore/sandbox-up.yaml"
        data = yaml.safe_load(up_file.read_text(encoding="utf-8"))
        data["systems"]["promptcraft"]["links"]["provider"] = {"calls": issuer}  # where its operators rotate keys
        up_file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        chosen = [part for scenario in SCENARIOS for part in ("--scenario", scenario)]
        for area, options in {"e2e": ["--system", "promptcraft", *chosen], "tenants": []}.items():
            results = folder / area
            test = ["test", area, *options, "--environment", str(up_file), "--processes", "1", "--results", str(results)]
            subprocess.run(
                [Path(sys.executable).with_name("theodore"), *test], cwd=folder, env=clean, check=False, timeout=LONGEST,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            found |= verdicts(results)
    finally:
        if keeper:
            os.killpg(keeper.pid, signal.SIGTERM)
            keeper.wait(timeout=30)
        provider.stdin.close()
        provider.wait(timeout=20)
        provider.stdout.close()
    return {row: message.replace(issuer, "{issuer}") for row, message in found.items()}


def main():
    """Run with each provider that is named, and say which rows are other than expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("providers", nargs="*", choices=[*PROVIDERS, []], help="by default all")
    parser.add_argument("--keep", help="a folder for the results")
    options = parser.parse_args()
    wrong = 0
    for name in options.providers or PROVIDERS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(options.keep or temporary) / name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder / ".theodore", ignore_errors=True)
            found = run(name, folder)
        lacking = LACKING[name]
        passed = [row for row, message in found.items() if message == PASSED]
        print(f"{name}: {len(found)} rows, {len(passed)} passed, {len(lacking)} expected to say what the provider lacks")
        for row, message in found.items():
            expected = lacking.get(row, PASSED)
            if not message.startswith(expected):
                wrong += 1
                print(f"  WRONG {row}\n    expected {expected}\n    observed {message}")
            elif message != PASSED:
                print(f"  {row}: {message.splitlines()[0][:160]}")
        for row in lacking.keys() - found.keys():
            wrong += 1
            print(f"  WRONG {row}: it did not run")
        wrong += not passed
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

"""The proof of sign-on with identity providers of others: the platform's suites with npm oidc-provider, and with PyPI canaille.

The embedded platform signs on by a provider that is started for it, beside a second one of its kind in place of another realm. The
suites of the platform run, and those of tenants. Each row passes, or is skipped for what its provider does not offer: the
environment file says so in ``not_available``, and the row says what it did not see. A row that a provider's own fault turns red says
that fault in words: these are listed here, for that provider alone, and are waived by their names.
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
from collections import Counter
from pathlib import Path

import jwt
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests/support"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "theodore-tests"
# By what runs together, after a reset.
SCENARIOS = (
    ("sign_on", "saml", "second_factor"),  # a run of what is skipped alone would be incomplete
    ("identity_provider",),
    *(("stored_sessions",), ("token_states",), ("roles",), ("people",), ("audited_attempts",)),
    *(("analytics",), ("analytics_cache",), ("dashboard",), ("predictions",), ("agent_factory",), ("workflows",), ("injections",)),
    *(("error_answers",), ("request_limits",), ("credentials",), ("agent_words",), ("mcp_messages",)),
    *(("workflow_decisions",), ("workflow_costs",)),  # and not platform_health, which makes the embedded provider fail
)
TENANTS = "tenants"
LONGEST = 1800
# What a provider does against the standards, by the row that says it: the reason, and the check that has to fail alone.
FAULTS = {
    "oidc-provider": {},
    "canaille": {
        "Identity Provider: Password": (
            "RFC 6749, 5.2: canaille 0.3.6 answers a wrong password with invalid_request instead of invalid_grant",
            {"provider.wrong_password"},
        ),
        "Identity Provider: Replayed Code": (
            "RFC 6749, 4.1.2: canaille 0.3.6 leaves the tokens of a code that is redeemed twice valid",
            {"provider.replay_ends_token", "provider.replay_ends_renewal"},
        ),
        "Identity Provider: Stolen Refresh Token": (
            "RFC 9700, 4.14.2: canaille 0.3.6 leaves the tokens of a refresh token that is used twice valid",
            {"provider.reuse_ends_family"},
        ),
        "Identity Provider: Issuer In Answers": (
            "RFC 9207, 2: canaille 0.3.6 names its issuer in no error answer",
            {"provider.error_issuer"},
        ),
    },
}
PASSED, UNSEEN = "PASS", "NOT EVALUATED: "
NO_SAML = "it speaks OpenID Connect alone"
NO_LOG_OUT = "it announces no log-outs to clients"
# What a provider does not offer, by the entry of not_available: the reason, and the rows that need it.
SAML = (
    *(f"Saml: {row}" for row in ("By SAML", "Signature Wrapping", "Unsigned", "Tampered", "Other Key", "Other Audience")),
    *(f"Saml: {row}" for row in ("Other Recipient", "Other Issuer", "Other Request", "Expired", "Not Yet Valid", "Replayed")),
    *(f"Saml: {row}" for row in ("Without Request", "Without Audience", "Expired For Its Bearer", "New Person", "Just Expired")),
    *(f"Saml: {row}" for row in ("Without End For Its Bearer", "Without Organization", "Without Role")),
    *(f"Saml: {row}" for row in ("Longer Audience", "Longer Recipient", "Longer Issuer")),
    "Audited Attempts: Assertion That Is Begun",
    *("Saml: No Answer", "Audited Attempts: Assertion", "Audited Attempts: Tampered Assertion"),
    "Audited Attempts: Replayed Assertion",
)
LOG_OUT_TOKENS = ("Stored Sessions: Logout Tokens",)
CODES = ("Second Factor: By Name And Password", "Second Factor: By The Provider's Page")
LACKING = {
    "oidc-provider": {
        "introspection_endpoint": (
            "it does not store access tokens that are JSON Web Tokens, so that it can neither say nor change whether they are active",
            ("Sign On: Introspection And Revocation", "Identity Provider: Introspection"),
        ),
        "revocation_endpoint": (
            "it does not store access tokens that are JSON Web Tokens, so that it revokes none",
            ("Token States: Revoked", "Identity Provider: Revocation", "Identity Provider: Foreign Revocation"),
        ),
        "logout_by_refresh_token": (
            "its end_session_endpoint ends sessions of browsers, and a refresh token there is Keycloak's own way",
            ("Stored Sessions: Log-out At The Provider",),
        ),
        "session_in_tokens": ("its access tokens by name and password, and those of a public client, name no session", LOG_OUT_TOKENS),
        "saml": (NO_SAML, SAML),
        "second_factor": ("its pages for signing in are those of a developer, which have no code", CODES),
    },
    "canaille": {
        "backchannel_logout": (
            NO_LOG_OUT,
            ("Stored Sessions: Log-out At The Provider", "Stored Sessions: Log-out At The Provider's Page"),
        ),
        "session_in_tokens": ("its access tokens name no session", LOG_OUT_TOKENS),
        "saml": (NO_SAML, SAML),
        "second_factor": ("its codes are for its own page, and a password brings tokens without one", CODES),
    },
}


def key(name):
    """A private key: on the curve P-256, or of RSA for canaille, whose clients ask for it."""
    return rsa.generate_private_key(65537, 2048) if name == "canaille" else ec.generate_private_key(ec.SECP256R1())


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


def canaille(private):
    """How PyPI canaille is started, in an environment of its own, with the key by which it signs."""
    folder = CACHE / "canaille-0.3.6"
    uv = [Path(sys.executable).with_name("uv")]
    if not (folder / "bin/canaille").is_file():
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True, timeout=LONGEST)
        install = ["pip", "install", "--quiet", "--python", folder / "bin/python", "canaille[front,oidc,sqlite]==0.3.6"]
        subprocess.run([*uv, *install], check=True, timeout=LONGEST)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    signs = {"REALM_PEM": private.private_bytes(*form).decode()}
    return [folder / "bin/python", SUPPORT / "canaille_provider.py"], {"PYTHONWARNINGS": "ignore", **signs}


PROVIDERS = {"oidc-provider": oidc_provider, "canaille": canaille}


def described(folder, name, issuer="http://127.0.0.1:1", elsewhere="http://127.0.0.1:1"):
    """The environment file of a platform that signs on by the provider, and its identities."""
    data = yaml.safe_load((ROOT / "variables/sandbox.yaml").read_text(encoding="utf-8"))
    platform = data["systems"]["promptcraft"]
    del platform["proxies"]
    for entry in ("totp_env", "sign_in"):  # the providers are started without a second factor
        del platform["identities"]["guarded"][entry]
    words = yaml.safe_load((ROOT / "variables/promptcraft.vocabulary.yaml").read_text(encoding="utf-8"))
    words["provider"]["other_issuer"] = elsewhere
    vocabulary = folder / "vocabulary.yaml"
    vocabulary.write_text(yaml.safe_dump(words, sort_keys=False), encoding="utf-8")
    platform["vocabulary"] = str(vocabulary)
    platform["sign_in"] = {"issuer": issuer, "provider": name, "client_id": "promptcraft-api"}
    del data["not_available"]["theodore.dependencies"], data["not_available"]["theodore.proxies.store"]
    for entry, (reason, _) in LACKING[name].items():
        waived = {"reason": reason, "owner": "maintainers", "until": "2099-12-31"}
        data["not_available"][f"promptcraft.provider.{entry}"] = waived
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


def started(name, private, environment):
    """A provider as a process, which ends when its standard input is closed, and its issuer."""
    command, more = PROVIDERS[name](private)
    process = subprocess.Popen(
        [str(part) for part in command], env=environment | more, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    issuer = process.stdout.readline().strip()
    if not issuer:
        ended(process)
        raise RuntimeError(f"{name} did not start")
    return process, issuer


def ended(process):
    """End a provider."""
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


def run(name, folder, chosen=()):
    """The verdict of each row with a provider, whose address is given as {issuer}, and the exit codes of the runs.

    ``chosen`` are the scenarios that run, each with those that belong to it; by default all.
    """
    private = key(name)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("THEODORE_", "ROBOT_", "PROMPTCRAFT_"))}
    _, identities = described(folder, name)
    clean |= made_up(identities, private)
    environment = clean | {"ACCOUNTS": accounts(identities, clean)}
    keeper, issuer, found, codes, running = None, "", {}, {}, []
    try:
        running.append(started(name, private, environment))
        running.append(started(name, key(name), environment))
        (_, issuer), (_, elsewhere) = running
        file, _ = described(folder, name, issuer, elsewhere)
        keeper = up(folder, file, clean)
        urls = json.loads((folder / ".theodore/sandbox.json").read_text())["urls"]
        registered = urllib.request.Request(f"{issuer}/provider/platform", b"", {"X-Platform": urls["api"]})
        urllib.request.urlopen(registered, timeout=10).close()
        up_file = folder / ".theodore/sandbox-up.yaml"
        data = yaml.safe_load(up_file.read_text(encoding="utf-8"))
        # Where its operators rotate keys, too.
        data["systems"]["promptcraft"]["links"]["provider"] = {"calls": f"{issuer}/provider/calls"}
        up_file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        runs = {
            group[0]: ("e2e", ["--system", "promptcraft", *(part for scenario in group for part in ("--scenario", scenario))])
            for group in SCENARIOS
        }
        runs |= {TENANTS: (TENANTS, [])}
        for scenario, (area, options) in runs.items():
            if chosen and not set(chosen) & {scenario, *options}:
                continue
            urllib.request.urlopen(urllib.request.Request(f"{urls['control']}/reset", b""), timeout=20).close()
            results = folder / scenario
            test = ["test", area, *options, "--environment", str(up_file), "--processes", "1", "--results", str(results)]
            done = subprocess.run(
                [Path(sys.executable).with_name("theodore"), *test], cwd=folder, env=clean, check=False, timeout=LONGEST,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            codes[scenario] = done.returncode
            found |= verdicts(results)
    finally:
        if keeper:
            os.killpg(keeper.pid, signal.SIGTERM)
            keeper.wait(timeout=30)
        for process, _ in running:
            ended(process)
    return {row: message.replace(issuer, "{issuer}") for row, message in found.items()}, codes


def due(name):
    """What each row that is skipped has to say: by the row, the reason of the environment file."""
    return {row: reason for reason, rows in LACKING[name].values() for row in rows}


def wrong_with(name, row, message):
    """What is other than expected of a row; empty if it is as expected."""
    reason, fault = due(name).get(row), FAULTS[name].get(row)
    if reason:
        skipped = message.startswith(UNSEEN) and f"waived: {reason}" in message
        return "" if skipped else f"to be skipped because {reason}"
    if fault:
        failed = {line.split(" ")[0] for line in message.splitlines()}
        return "" if failed == fault[1] else f"to fail alone by {', '.join(sorted(fault[1]))}, because {fault[0]}"
    return "" if message == PASSED else PASSED


def main():
    """Run with each provider that is named, and say which rows are other than expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("providers", nargs="*", choices=[*PROVIDERS, []], help="by default all")
    parser.add_argument("--keep", help="a folder for the results")
    scenarios = [*(scenario for group in SCENARIOS for scenario in group), TENANTS]
    parser.add_argument("--scenario", action="append", choices=scenarios, default=[], help="those that run; by default all")
    options = parser.parse_args()
    wrong = 0
    for name in options.providers or PROVIDERS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(options.keep or temporary).resolve() / name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder / ".theodore", ignore_errors=True)
            found, codes = run(name, folder, options.scenario)
        lacking, faults, counted = due(name), FAULTS[name], Counter()
        for row, message in found.items():
            if expected := wrong_with(name, row, message):
                wrong += 1
                print(f"  WRONG {row}\n    expected {expected}\n    observed {message}")
            elif row in lacking:
                counted["skipped"] += 1
                print(f"  {row}: {message.splitlines()[0][:220]}")
            elif row in faults:
                counted["waived"] += 1
                print(f"  {row}: waived, {faults[row][0]}: {' '.join(message.splitlines())}")
            else:
                counted["passed"] += 1
        for row in () if options.scenario else (lacking.keys() | faults.keys()) - found.keys():
            wrong += 1
            print(f"  WRONG {row}: it did not run")
        figures = f"{counted['passed']} passed, {counted['skipped']} skipped with a reason, {counted['waived']} waived by name"
        print(f"{name}: {len(found)} rows, {figures}")
        ends = ", ".join(f"{scenario} {code}" for scenario, code in codes.items() if code)
        print(f"  exit code 0 of {len(codes)} runs" + (f" but for {ends}" if ends else ""))
        wrong += not counted["passed"]
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

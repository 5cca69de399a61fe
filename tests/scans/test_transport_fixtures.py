"""Probes of transport and storage, on TLS servers and files with one thing wrong and with nothing wrong."""

import base64
import hashlib
import subprocess

import pytest
import services
import vulnerable_apis
from weak_tls import tls_server


def scanned(url, authority):
    return services.scanned(services.target(url, ["GET /"], tls={"url": url, "ca": str(authority)}), "transport")


@pytest.mark.parametrize(
    ("wrong", "probe", "cwe", "observed"),
    [
        ("old", "tls-versions", 327, "offered: TLS 1.0, TLS 1.1"),
        ("null-cipher", "tls-ciphers", 326, "NULL"),
        ("expired", "tls-certificate", 295, "expired on"),
        ("other-host", "tls-certificate", 295, "not issued for 127.0.0.1"),
        ("foreign", "tls-certificate", 295, "not signed by a trusted certificate authority"),
        ("small-key", "tls-certificate", 295, "key of 1024 bits"),
        ("no-hsts", "hsts", 319, "Strict-Transport-Security: missing"),
        ("hsts-ends", "hsts", 319, "Strict-Transport-Security: max-age=0"),
    ],
)
def test_what_is_wrong_with_tls_is_found(tmp_path, wrong, probe, cwe, observed):
    with tls_server(tmp_path, {wrong}) as (url, authority):
        scan = scanned(url, authority)
    found = {(finding.probe, finding.cwe, finding.locations): finding.observed for finding in scan.findings}
    assert observed in found.pop((probe, cwe, (url,)))
    assert {name for name, *_ in found} <= {"tls-ciphers"}  # what allows old versions allows their ciphers


def test_nothing_is_found_where_nothing_is(tmp_path):
    with tls_server(tmp_path, set()) as (url, authority):
        scan = scanned(url, authority)
    assert scan.findings == []
    assert all(scan.coverage[version].tried == {url} for version in ("tls-versions", "tls-ciphers", "tls-certificate", "hsts"))


def skipped_reasons(**entries):
    scan = services.scanned(services.target("http://127.0.0.1:9", ["GET /"], **entries), "transport")
    assert scan.findings == []
    return {coverage.skipped["all"] for coverage in scan.coverage.values()}


def test_without_tls_nothing_is_evaluated():
    assert skipped_reasons() == {"the description names no address with https:// ('tls')"}
    expected = "No TLS server answers at https://127.0.0.1:9: start it, or correct its address."
    assert skipped_reasons(tls={"url": "https://127.0.0.1:9"}) == {expected}


def test_an_api_behind_tls_is_scanned_with_its_authority(tmp_path):
    with tls_server(tmp_path, set()) as (url, authority):
        shop = services.target(url, ["GET /"], tls={"ca": str(authority)})
        assert (shop.tls, shop.tls_ca) == (url, str(authority))
        client = shop.client()
        assert client.send("GET", "/").status == 200
        client.close()


KEPT = {
    "digest": lambda password: hashlib.scrypt(password.encode(), salt=b"salt", n=2, r=8, p=1).hex(),
    "plain": lambda password: password,
    "base64": lambda password: base64.b64encode(password.encode()).decode(),
    "hexadecimal": lambda password: password.encode().hex(),
}


@pytest.mark.parametrize("way", KEPT)
def test_how_passwords_are_kept(tmp_path, monkeypatch, way):
    for name, password in vulnerable_apis.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.partition('@')[0].upper()}", password)
    store = tmp_path / "store.txt"
    store.write_text("".join(f"{name}:{KEPT[way](password)}\n" for name, password in vulnerable_apis.PASSWORDS.items()))
    scan = file_scan("at-rest", stores=[str(store)])
    expected = (
        set() if way == "digest" else {("at-rest", 312, ("store.txt",), "in clear or a simple encoding: the password of alice")}
    )
    assert {(finding.probe, finding.cwe, finding.locations, finding.observed) for finding in scan.findings} == expected
    assert scan.coverage["at-rest"].tried == {"store.txt"}


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_log_holds(tmp_path, monkeypatch, whole):
    monkeypatch.setenv("PASSWORD_ALICE", vulnerable_apis.PASSWORDS["alice@example.test"])
    log = tmp_path / "access.log"
    inner = vulnerable_apis.tokens()

    async def logged(scope, receive, send):
        if scope["type"] == "http":
            with log.open("a") as file:
                file.write(scope["path"] + ("?" + scope["query_string"].decode() if whole else "") + "\n")
        await inner(scope, receive, send)

    scan = file_scan("logs", served=logged, logs=[str(log)])
    found_by_scan = {(finding.probe, finding.cwe, finding.locations) for finding in scan.findings}
    assert found_by_scan == ({("logs", 532, ("access.log",))} if whole else set())
    assert scan.coverage["logs"].tried == {"access.log"}


def file_scan(probe, *, served=None, **files):
    with services.serving(served or vulnerable_apis.tokens()) as url:
        identities = {"alice": {"username": "alice@example.test", "password_env": "PASSWORD_ALICE"}}
        return services.scanned(
            services.target(url, vulnerable_apis.TOKENS, identities, vulnerable_apis.LOGIN, **files), probe, allow_changes=True
        )


def test_files_that_hold_nothing_of_it_prove_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PASSWORD_ALICE", vulnerable_apis.PASSWORDS["alice@example.test"])
    (tmp_path / "empty.log").touch()
    path = [str(tmp_path / "empty.log")]
    for probe, entry, why in (("at-rest", "stores", "0 texts that a store has to keep"), ("logs", "logs", "is not in the logs")):
        scan = file_scan(probe, **{entry: path})
        assert scan.findings == []
        assert not scan.coverage[probe].tried
        assert why in scan.coverage[probe].skipped["all"]


def test_openssl_agrees_about_the_old_versions(tmp_path):
    """What the server with old versions speaks is told by another client too."""
    with tls_server(tmp_path, {"old"}) as (url, _):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", url.removeprefix("https://"), "-tls1", "-cipher", "ALL:@SECLEVEL=0"],
            input="", capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert "Protocol  : TLSv1" in done.stdout

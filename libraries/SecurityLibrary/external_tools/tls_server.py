"""What a TLS server offers and proves, found out by sslyze: versions, ciphers, certificate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import extras
from theodore_qa.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.system import System

OLD = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1")
VERSIONS = {
    "SSL 2.0": "ssl_2_0",
    "SSL 3.0": "ssl_3_0",
    "TLS 1.0": "tls_1_0",
    "TLS 1.1": "tls_1_1",
    "TLS 1.2": "tls_1_2",
    "TLS 1.3": "tls_1_3",
}
WEAK = ("NULL", "EXPORT", "RC4", "DES", "RC2", "MD5", "anon", "IDEA", "SEED")
LEAST_RSA, LEAST_EC = 2048, 224
SOON = 14


@dataclass
class TlsOffer:
    """What a server offers: its versions, the weak ciphers among them, what is wrong with its certificate, its HSTS header.

    ``unanswered`` says why a request over TLS was not answered; then ``hsts`` is None.
    """

    versions: list[str] = field(default_factory=list)
    ciphers: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    certificate: list[str] = field(default_factory=list)
    subject: str = ""
    url: str = ""
    hsts: str | None = None
    unanswered: str = ""


def offered(url: str, ca: Path | None = None) -> TlsOffer:
    """Ask a server for everything it offers; ``ca`` is the file of a private CA that has to have signed."""
    extras.demand("sslyze", "checks of TLS")
    import sslyze

    parts = urlsplit(url)
    where = sslyze.ServerNetworkLocation(
        hostname=parts.hostname or "", port=parts.port or 443, ip_address=_address(parts.hostname or "")
    )
    commands = {getattr(sslyze.ScanCommand, f"{name.upper()}_CIPHER_SUITES") for name in VERSIONS.values()}
    commands.add(sslyze.ScanCommand.CERTIFICATE_INFO)
    extra = sslyze.ScanCommandsExtraArguments(certificate_info=sslyze.CertificateInfoExtraArgument(ca)) if ca else None
    scanner = sslyze.Scanner()
    scanner.queue_scans(
        [
            sslyze.ServerScanRequest(
                where, scan_commands=commands, scan_commands_extra_arguments=extra or sslyze.ScanCommandsExtraArguments()
            )
        ]
    )
    answer = next(iter(scanner.get_results()))
    if answer.scan_result is None:
        raise UnreachableError(f"No TLS server answers at {url}: start it, or correct its address.")
    offer = _read(answer.scan_result, parts.hostname or "", own=ca is not None)
    offer.url = url
    _ask_for_hsts(offer, ca)
    return offer


def demand_of_sandbox(system: System) -> None:
    """Raise where an embedded sandbox has no TLS port because it could not make a certificate for it."""
    if system.embedded:
        extras.demand("cryptography", "the TLS port of the sandbox")


def trusting(ca: str | Path | None) -> Any:
    """What httpx is to verify certificates by: a private CA, or the public certificate authorities."""
    import ssl

    return ssl.create_default_context(cafile=str(ca)) if ca else True


def _ask_for_hsts(offer: TlsOffer, ca: Path | None) -> None:
    import httpx

    try:
        with httpx.Client(base_url=offer.url, verify=trusting(ca), trust_env=False, timeout=10) as client:
            offer.hsts = client.get("/").headers.get("strict-transport-security", "")
    except (httpx.HTTPError, OSError) as error:
        offer.unanswered = f"GET / over TLS was not answered at {offer.url}: {error}"


def _address(host: str) -> str:
    import socket

    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        raise UnreachableError(f"The host {host} has no address.") from None


def _read(result: Any, host: str, *, own: bool) -> TlsOffer:
    offer = TlsOffer()
    for version, name in VERSIONS.items():
        tried = getattr(result, f"{name}_cipher_suites").result
        accepted = [suite.cipher_suite.name for suite in tried.accepted_cipher_suites] if tried else []
        if accepted:
            offer.versions.append(version)
            offer.ciphers += accepted
    offer.weak = sorted({name for name in offer.ciphers if any(part in name for part in WEAK)})
    info = result.certificate_info.result
    if info is None:
        offer.certificate.append("unreadable")
        return offer
    for deployment in info.certificate_deployments:
        leaf = deployment.received_certificate_chain[0]
        offer.subject = leaf.subject.rfc4514_string()
        offer.certificate += _wrong_with(leaf, deployment, host, own=own)
    offer.certificate = list(dict.fromkeys(offer.certificate))
    return offer


def _wrong_with(leaf: Any, deployment: Any, host: str, *, own: bool) -> list[str]:
    wrong = []
    now = dt.datetime.now(dt.UTC)
    if leaf.not_valid_after_utc < now:
        wrong.append(f"expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    elif leaf.not_valid_after_utc < now + dt.timedelta(days=SOON) and not own:
        wrong.append(f"expires in less than {SOON} days, on {leaf.not_valid_after_utc:%Y-%m-%d}")
    if leaf.not_valid_before_utc > now:
        wrong.append(f"valid from {leaf.not_valid_before_utc:%Y-%m-%d} on")
    key = leaf.public_key()
    size = getattr(key, "key_size", LEAST_RSA)
    if size < (LEAST_RSA if hasattr(key, "encrypt") else LEAST_EC):
        wrong.append(f"key of {size} bits")
    if getattr(leaf.signature_hash_algorithm, "name", "") in ("md5", "sha1"):
        wrong.append(f"signed with {leaf.signature_hash_algorithm.name}")
    if not _names(leaf, host):
        wrong.append(f"not issued for {host}")
    trusted = [result for result in deployment.path_validation_results if result.was_validation_successful]
    if own:
        trusted = [
            result for result in trusted if "Custom" in result.trust_store.name or result.trust_store.name == "Supplied CA file"
        ]
    if not trusted and not any("expired" in problem or "valid from" in problem for problem in wrong):
        wrong.append("not signed by a trusted certificate authority")
    return wrong


def _names(leaf: Any, host: str) -> bool:
    import ipaddress

    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        dns = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
        return host.lower() in dns or f"*.{host.partition('.')[2].lower()}" in dns

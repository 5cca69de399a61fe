"""Transport security: TLS versions, ciphers and certificate of a server, and Strict-Transport-Security."""

from __future__ import annotations

from typing import ClassVar, TYPE_CHECKING

from SecurityLibrary.external_tools.tls_server import OLD
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.external_tools.tls_server import TlsOffer
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan

ENCRYPTION = ("A02:2021", "A04:2025")


class TransportProbe(Probe):
    """Something that a TLS server offers or proves."""

    topic = "transport"
    owasp: ClassVar[tuple[str, ...]] = ENCRYPTION
    expected: ClassVar[str] = ""

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look at what the server offers."""
        offer = scan.tls_offer()
        wrong = self.wrong(offer)
        scan.coverage.tried(self.id, offer.url)
        if wrong:
            yield self.finding(offer.url, wrong)

    def wrong(self, offer: TlsOffer) -> str:
        """What is wrong with an offer; empty if nothing is."""
        raise NotImplementedError

    def seen(self, offer: TlsOffer) -> str:
        """What a verdict shows of a secure offer."""
        raise NotImplementedError


class TlsVersions(TransportProbe):
    """Versions of TLS are spoken that have known weaknesses."""

    id = "tls-versions"
    title = "Old versions of TLS"
    severity = Severity.MEDIUM
    cwe = 327
    sends = "a greeting in each version, SSL 2.0 to TLS 1.3"
    oracle = "the server completes the greeting in a version before TLS 1.2 (RFC 8996)"
    bad = "context.minimum_version = ssl.TLSVersion.TLSv1"
    good = "context.minimum_version = ssl.TLSVersion.TLSv1_2"
    remediation = "Speak TLS 1.2 and 1.3 only."
    expected = "no version before TLS 1.2"

    def wrong(self, offer: TlsOffer) -> str:
        """Old ones."""
        return f"offered: {', '.join(old)}" if (old := [version for version in offer.versions if version in OLD]) else ""

    def seen(self, offer: TlsOffer) -> str:
        """All of them."""
        return ", ".join(offer.versions)


class TlsCiphers(TransportProbe):
    """Ciphers are taken that can be broken."""

    id = "tls-ciphers"
    title = "Weak ciphers"
    severity = Severity.HIGH
    cwe = 326
    sends = "a greeting for each cipher suite that there is"
    oracle = "the server takes one with NULL, EXPORT, RC4, DES, RC2, MD5 or without authentication (RFC 9325)"
    bad = 'context.set_ciphers("ALL:eNULL")'
    good = "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)"
    remediation = "Leave the choice to a current TLS library, or to Mozilla's intermediate list."
    expected = "no weak cipher"

    def wrong(self, offer: TlsOffer) -> str:
        """Weak ones."""
        return f"offered: {', '.join(offer.weak)}" if offer.weak else ""

    def seen(self, offer: TlsOffer) -> str:
        """How many there are."""
        return f"0 weak of {len(offer.ciphers)} ciphers"


class TlsCertificate(TransportProbe):
    """The certificate proves nothing."""

    id = "tls-certificate"
    title = "Invalid or untrusted certificate"
    severity = Severity.HIGH
    cwe = 295
    sends = "a greeting, for the certificate and its chain"
    oracle = "it is not valid now, not made out to the host, not signed by a trusted CA, or its key or digest is weak"
    bad = "curl --insecure https://api.example.com"
    good = "certbot renew, and an alarm when less than 14 days are left"
    remediation = "Renew certificates by a program, and watch their dates."
    expected = "a valid certificate of a trusted CA for this host"

    def wrong(self, offer: TlsOffer) -> str:
        """All that is wrong with it."""
        return "; ".join(offer.certificate)

    def seen(self, offer: TlsOffer) -> str:
        """To whom it is made out."""
        return offer.subject


class Hsts(TransportProbe):
    """Browsers are not asked to stay with TLS."""

    id = "hsts"
    title = "No Strict-Transport-Security"
    severity = Severity.LOW
    cwe = 319
    owasp = (*ENCRYPTION, "A05:2021", "A02:2025")
    sends = "GET / over TLS"
    oracle = "the answer has no Strict-Transport-Security with a max-age of more than 0 (RFC 6797)"
    bad = "return response"
    good = 'response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"'
    remediation = "Send the header with every answer over TLS."
    expected = "Strict-Transport-Security"

    def wrong(self, offer: TlsOffer) -> str:
        """None, or one that ends at once."""
        if offer.hsts is None:
            raise NotEvaluatedError(offer.unanswered)
        lasts = offer.hsts.lower().replace(" ", "").replace('"', "").partition("max-age=")[2].partition(";")[0]
        return "" if lasts.isdigit() and int(lasts) else f"Strict-Transport-Security: {offer.hsts or 'missing'}"

    def seen(self, offer: TlsOffer) -> str:
        """The header."""
        return str(offer.hsts)


ALL: tuple[type[TransportProbe], ...] = (TlsVersions, TlsCiphers, TlsCertificate, Hsts)

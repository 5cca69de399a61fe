"""The certificate of the sandbox's TLS port, signed by a private certificate authority that is new each time."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path  # noqa: TC003  # named tuples
from typing import NamedTuple


class CertificateFiles(NamedTuple):
    """The paths of the certificate, its key and the certificate authority."""

    certificate: Path
    key: Path
    authority: Path


CERTIFICATE = "tls.pem"
AUTHORITY = "Theodore sandbox authority"
HOST = "127.0.0.1"
VALID_DAYS = 90


def made(folder: Path) -> bool:
    """Whether a folder has the files of :func:`make`."""
    return (folder / CERTIFICATE).is_file()


def possible() -> bool:
    """Whether certificates can be made: the package for them comes with an extra."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        return False
    return True


def make(folder: Path, *, expired: bool = False) -> CertificateFiles:
    """Make a certificate authority and a certificate for 127.0.0.1, valid for 90 days, where that is :func:`possible`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = dt.datetime.now(dt.UTC)
    if expired:
        begins, ends = now - dt.timedelta(days=30), now - dt.timedelta(days=1)
    else:
        begins, ends = now - dt.timedelta(hours=1), now + dt.timedelta(days=VALID_DAYS)  # clocks of clients may be behind

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def begun(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        """What all certificates have: who they are for, who signs them, a key and a number."""
        builder = x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named(issuer)).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number())

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        begun(AUTHORITY, AUTHORITY, authority_key)  # it signs itself
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=120))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(authority_key, hashes.SHA256())
    )  # fmt: skip
    certificate = (
        begun(HOST, AUTHORITY, key)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    files = CertificateFiles(folder / CERTIFICATE, folder / "tls.key", folder / "authority.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files.key.touch(0o600)  # before anything is in it, so that nobody else can read it
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files

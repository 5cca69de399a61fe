"""TLS servers with one thing wrong, or with nothing wrong."""

import contextlib
import datetime as dt
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


def certificate(folder, wrong):
    """A certificate for 127.0.0.1 of an own authority, in which one thing may be wrong; returns the authority's file."""
    now = dt.datetime.now(dt.UTC)
    curve = ec.SECP256R1()
    authority_key = ec.generate_private_key(curve)
    key = rsa.generate_private_key(65537, 1024) if "small-key" in wrong else ec.generate_private_key(curve)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test")])
    begins, ends = (now - 9 * DAY, now - DAY) if "expired" in wrong else (now - DAY, now + 90 * DAY)
    authority = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(authority_key.public_key())
        .serial_number(1)
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + 100 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    host = "127.0.0.2" if "other-host" in wrong else "127.0.0.1"
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(ec.generate_private_key(curve) if "foreign" in wrong else authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem) + plain)
    return folder / "ca.pem"


@contextlib.contextmanager
def tls_server(folder, wrong):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            if "no-hsts" not in wrong:
                self.send_header("Strict-Transport-Security", "max-age=0" if "hsts-ends" in wrong else "max-age=31536000")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    authority = certificate(folder, wrong)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if "old" in wrong or "small-key" in wrong:
        context.set_ciphers("ALL:@SECLEVEL=0")
    if "old" in wrong:
        context.minimum_version = ssl.TLSVersion.TLSv1
    if "null-cipher" in wrong:
        context.set_ciphers("ALL:eNULL:@SECLEVEL=0")
    context.load_cert_chain(folder / "server.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", authority
    finally:
        server.shutdown()
        server.server_close()

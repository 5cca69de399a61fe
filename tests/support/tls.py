"""A private certificate authority, certificates of it, and a server that asks clients for theirs."""

import contextlib
import datetime as dt
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _built(subject, issuer, public, signer, *, ca):
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())


def _pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def authority(folder):
    """A certificate authority, whose certificate is ``ca.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = _built("test authority", "test authority", key.public_key(), key, ca=True)
    (folder / "ca.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    return own, key


def certificate(folder, name, ca, signer):
    """The file of a certificate, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = _built(name, "test authority", key.public_key(), signer, ca=False)
    file = folder / f"{name}.pem"
    file.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    file.with_suffix(".key").write_bytes(_pem(key))
    return file


@contextlib.contextmanager
def tls_server(own, client_authority=None):
    """A server over TLS: its URL, and the names of the clients' certificates that it has seen."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            peer = self.connection.getpeercert() or {}
            seen.extend(value for part in peer.get("subject", ()) for key, value in part if key == "commonName")
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, own.with_suffix(".key"))
    if client_authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()

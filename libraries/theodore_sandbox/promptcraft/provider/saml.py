"""SAML 2.0 of the provider: its metadata, requests of service providers, and assertions that the realm's key signs."""

from __future__ import annotations

import base64
import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TYPE_CHECKING
from xml.sax.saxutils import escape

from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.store import now

if TYPE_CHECKING:
    from datetime import datetime

    from theodore_sandbox.common.settings import User
    from theodore_sandbox.promptcraft.provider.realm import Realm

SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA, SIGNATURE = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
CONSUMER = re.compile(r"http://127\.0\.0\.1(:\d+)?/auth/saml/acs")
SECONDS = 300
LARGEST = 20_000  # bytes of a request


@dataclass(frozen=True)
class AuthnRequest:
    """What a service provider asks for: the id of its request, who it is, and where the answer goes."""

    request: str
    service: str
    consumer: str


def parsed(text: bytes) -> Any:
    """The root of a document without a document type; anything else raises ``ValueError``."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return root


def requested(encoded: str) -> AuthnRequest:
    """The request of a service provider that is known; any other raises ``ValueError``."""
    try:
        text = zlib.decompressobj(-15).decompress(base64.b64decode(encoded), LARGEST)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    root = parsed(text)
    consumer, service = root.get("AssertionConsumerServiceURL", ""), root.findtext(f"{{{SAML}}}Issuer", "")
    if not CONSUMER.fullmatch(consumer) or service != names.SERVICE_PROVIDER or not root.get("ID"):
        raise ValueError("another service provider")
    return AuthnRequest(root.get("ID"), service, consumer)


def descriptor(realm: Realm) -> str:
    """The metadata of a realm, with the certificates of all its keys."""
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{key.certificate()}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for key in realm.keys
    )
    return (
        f'<md:EntityDescriptor xmlns:md="{METADATA}" xmlns:ds="{SIGNATURE}" entityID="{realm.issuer}">'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}">{keys}'
        f'<md:SingleSignOnService Binding="{REDIRECT}" Location="{realm.issuer}/protocol/saml"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


def response(realm: Realm, user: User, authn: AuthnRequest) -> str:
    """The answer to a request, in base64: an assertion about a user, which the realm's key signs."""
    from lxml import etree

    moment = now()
    begin, end = _written(moment), _written(moment + timedelta(seconds=SECONDS))
    issuer = f"<saml:Issuer>{realm.issuer}</saml:Issuer>"
    attributes = {
        "username": user.username,
        "email": user.username,
        "organization": user.tenant,
        "role": f"promptcraft-{user.role}",
    }
    stated = "".join(
        f'<saml:Attribute Name="{name}"><saml:AttributeValue>{escape(value)}</saml:AttributeValue></saml:Attribute>'
        for name, value in attributes.items()
    )
    assertion = (
        f'<saml:Assertion xmlns:saml="{SAML}" ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant="{begin}">{issuer}'
        f'<ds:Signature xmlns:ds="{SIGNATURE}" Id="placeholder"/>'
        f"<saml:Subject><saml:NameID>{realm.subject(user.username)}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
        f'InResponseTo="{escape(authn.request)}" Recipient="{authn.consumer}" NotOnOrAfter="{end}"/></saml:SubjectConfirmation>'
        f'</saml:Subject><saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}"><saml:AudienceRestriction>'
        f"<saml:Audience>{authn.service}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{begin}" SessionIndex="{secrets.token_hex(16)}"><saml:AuthnContext>'
        "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
        f"</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{stated}</saml:AttributeStatement></saml:Assertion>"
    )
    signed = etree.tostring(_signed(realm, parsed(assertion.encode()))).decode()
    text = (
        f'<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{SAML}" ID="_{secrets.token_hex(16)}" Version="2.0" '
        f'IssueInstant="{begin}" Destination="{authn.consumer}" InResponseTo="{escape(authn.request)}">{issuer}<samlp:Status>'
        f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{signed}</samlp:Response>'
    )
    return base64.b64encode(text.encode()).decode()


def _signed(realm: Realm, assertion: Any) -> Any:
    """An assertion with a signature by the realm's present key."""
    from signxml.signer import XMLSigner

    key = realm.keys[0]
    method = "ecdsa-sha256" if key.algorithm == "ES256" else "rsa-sha256"
    signer = XMLSigner(signature_algorithm=method, digest_algorithm="sha256", c14n_algorithm=EXCLUSIVE)
    return signer.sign(
        assertion,
        key=key.private,
        cert=f"-----BEGIN CERTIFICATE-----\n{key.certificate()}\n-----END CERTIFICATE-----\n",
        reference_uri=assertion.get("ID"),
        id_attribute="ID",
    )


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

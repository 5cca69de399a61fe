"""Assertions of SAML 2.0: asked for, and verified before anything is believed that they say."""

from __future__ import annotations

import base64
import secrets
import zlib
from datetime import datetime
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import names
from theodore_sandbox.promptcraft.provider.saml import METADATA, parsed, PROTOCOL, SAML, SIGNATURE
from theodore_sandbox.promptcraft.realm_tokens import InvalidTokenError, ProviderError
from theodore_sandbox.promptcraft.store import now

if TYPE_CHECKING:
    import redis

    from theodore_sandbox.promptcraft.realm_tokens import RealmTokens

DESCRIPTOR = "/protocol/saml/descriptor"
LONGEST = 100_000  # characters of an answer
REQUEST_SECONDS, KEPT_SECONDS = 600, 3600  # a request is waited for, a used assertion is known
ASSERTION = f"{{{SAML}}}Assertion"
CONFIRMED = f"{{{SAML}}}Subject/{{{SAML}}}SubjectConfirmation/{{{SAML}}}SubjectConfirmationData"


class Assertions:
    """Sign-on by SAML at the realm; what was asked for and used is kept beside the sessions."""

    def __init__(self, tokens: RealmTokens, kept: redis.Redis) -> None:
        self.tokens, self.kept = tokens, kept

    def page(self, consumer: str) -> str:
        """Where a browser begins: the provider's page, with a new request."""
        address = self._described().find(f".//{{{METADATA}}}SingleSignOnService")
        if address is None:
            raise ProviderError("The identity provider's metadata names no address for sign-on")
        request = f"_{secrets.token_hex(16)}"
        text = (
            f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{SAML}" ID="{request}" Version="2.0" '
            f'IssueInstant="{now().strftime("%Y-%m-%dT%H:%M:%SZ")}" AssertionConsumerServiceURL="{consumer}">'
            f"<saml:Issuer>{names.SERVICE_PROVIDER}</saml:Issuer></samlp:AuthnRequest>"
        )
        packer = zlib.compressobj(wbits=-15)
        packed = base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()
        self.kept.setex(f"saml_request:{request}", REQUEST_SECONDS, "1")
        return f"{address.get('Location')}?{urlencode({'SAMLRequest': packed})}"

    def claims(self, encoded: str, consumer: str) -> dict[str, Any]:
        """What the realm says of somebody in an answer, by the names that its tokens have."""
        if not encoded or len(encoded) > LONGEST:
            raise InvalidTokenError("no answer, or too long")
        try:
            assertion = self._believed(parsed(base64.b64decode(encoded, validate=True)))
        except ValueError as error:
            raise InvalidTokenError(str(error)) from None
        self._check(assertion, consumer)
        attributes = {
            item.get("Name"): item.findtext(f"{{{SAML}}}AttributeValue", "")
            for item in assertion.iterfind(f"{{{SAML}}}AttributeStatement/{{{SAML}}}Attribute")
        }
        statement = assertion.find(f"{{{SAML}}}AuthnStatement")
        return {
            "sub": assertion.findtext(f"{{{SAML}}}Subject/{{{SAML}}}NameID", ""),
            "preferred_username": attributes.get("username"),
            "email": attributes.get("username" if defects.on("saml-name-for-address") else "email"),
            "organization": attributes.get("organization"),
            "realm_access": {"roles": [attributes.get("role")]},
            "sid": statement.get("SessionIndex", "") if statement is not None else "",
        }

    def _believed(self, root: Any) -> Any:
        """The assertion of an answer as it was signed: what is read is what was verified."""
        found = root.findall(ASSERTION)
        if defects.on("saml-unsigned-accepted") and found and root.find(f".//{{{SIGNATURE}}}Signature") is None:
            return found[0]
        wrapped = defects.on("saml-signature-wrapped")
        if root.tag != f"{{{PROTOCOL}}}Response" or (len(found) != 1 and not wrapped):
            raise ValueError("another number of assertions than one")
        verified = self._verified(root, "" if wrapped else f"./{ASSERTION}/")
        if wrapped:
            return found[0]
        if verified.tag != ASSERTION or verified.get("ID") != found[0].get("ID"):
            raise ValueError("the signature is of something else")
        return verified

    def _verified(self, root: Any, location: str) -> Any:
        """What a certificate of the realm has signed in an answer."""
        from signxml.exceptions import SignXMLException
        from signxml.verifier import SignatureConfiguration, XMLVerifier

        certificates = [item.text or "" for item in self._described().iterfind(f".//{{{SIGNATURE}}}X509Certificate")]
        if defects.on("saml-any-certificate"):
            certificates = [item.text or "" for item in root.iterfind(f".//{{{SIGNATURE}}}X509Certificate")]
        expected = SignatureConfiguration(location=location or ".//")
        for certificate in certificates:
            pem = f"-----BEGIN CERTIFICATE-----\n{certificate.strip()}\n-----END CERTIFICATE-----\n"
            try:
                found: Any = XMLVerifier().verify(root, x509_cert=pem, id_attribute="ID", expect_config=expected)
            except SignXMLException:
                continue
            return found.signed_xml
        raise ValueError("no certificate of the realm has signed it")

    def _check(self, assertion: Any, consumer: str) -> None:
        """Raise for an assertion that is not for this platform, now, and asked for."""
        confirmed, conditions = assertion.find(CONFIRMED), assertion.find(f"{{{SAML}}}Conditions")
        if confirmed is None or conditions is None:
            raise InvalidTokenError("no conditions")
        audiences = [item.text for item in conditions.iterfind(f".//{{{SAML}}}Audience")]
        moment = now()
        ends = min(_moment(conditions.get("NotOnOrAfter")), _moment(confirmed.get("NotOnOrAfter")))
        begins = _moment(conditions.get("NotBefore"))
        right = {
            "saml-issuer-not-verified": assertion.findtext(f"{{{SAML}}}Issuer") == self.tokens.issuer,
            "saml-audience-not-verified": names.SERVICE_PROVIDER in audiences,
            "saml-recipient-not-verified": confirmed.get("Recipient") == consumer,
            "saml-expiry-not-verified": begins <= moment < ends,
            "saml-request-not-verified": bool(self.kept.exists(f"saml_request:{confirmed.get('InResponseTo')}")),
        }
        if wrong := [defect for defect, holds in right.items() if not holds and not defects.on(defect)]:
            raise InvalidTokenError(wrong[0])
        fresh = self.kept.set(f"saml_assertion:{assertion.get('ID')}", "1", ex=KEPT_SECONDS, nx=True)
        if not fresh and not defects.on("saml-replayed"):
            raise InvalidTokenError("used before")

    def _described(self) -> Any:
        try:
            found = parsed(self.tokens.document(DESCRIPTOR).encode())
        except ValueError:
            raise ProviderError("The identity provider publishes no metadata") from None
        if found.get("entityID") != self.tokens.issuer:
            raise ProviderError("The identity provider's metadata is of another issuer")
        return found


def _moment(text: str | None) -> datetime:
    """A moment of an assertion; none at all is not to be believed."""
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        raise InvalidTokenError("no time") from None

"""Answers of SAML 2.0 in every state: made from a genuine one, and signed by whoever is not to be believed."""

from __future__ import annotations

import base64
import copy
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, UTC
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from PromptCraftLibrary import sign_on
from theodore_qa.errors import LackingError, NotEvaluatedError
from theodore_qa.systems import oauth
from theodore_qa.systems.tokens import kept_unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.systems.exchange import Exchange

SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
ASSERTION, SIGNATURE = f"{{{SAML}}}Assertion", f"{{{DS}}}Signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=2)
MORE = "-qa"  # behind a name that is right: whoever looks at its beginning alone takes it
FOREIGN = "https://id.example.test/foreign"


@dataclass
class Answer:
    """An answer of the provider for an identity, before the browser has delivered it."""

    realm: Realm
    name: str | None
    form: dict[str, str] = field(default_factory=dict)
    root: Any = None

    @classmethod
    def of(cls, realm: Realm, name: str | None) -> Answer:
        """What the provider answers when an identity signs in; without a signed assertion it is NOT EVALUATED."""
        words = realm.words
        start, end = (str(words.needed(f"saml.{part}")).partition(" ")[2] for part in ("page", "consumer"))
        browser = oauth.Browser(realm.party, realm.system.identity(name))
        try:
            browser.walk(f"{realm.system.url}{realm.system.full(start)}", realm.system.full(end))
        except NotEvaluatedError as error:
            raise LackingError(str(error), "provider.saml") from None
        encoded = browser.submission.get("SAMLResponse", "")
        found = cls(realm, name, browser.submission, parsed(encoded))
        kept_unsigned(encoded, "an answer of SAML")
        if len(found.root.findall(ASSERTION)) != 1 or found.assertion.find(SIGNATURE) is None:
            raise NotEvaluatedError(
                f"The identity provider of {realm.system.name} signs no assertion, or encrypts it: have it sign assertions "
                f"and send them in clear to a test system."
            )
        return found

    @property
    def assertion(self) -> Any:
        """The assertion of the answer."""
        return self.root.find(ASSERTION)

    def part(self, path: str) -> Any:
        """An element of the assertion, by its path of names."""
        found = self.assertion.find(".//" + "/".join(f"{{{SAML}}}{name}" for name in path.split("/")))
        if found is None:
            raise NotEvaluatedError(f"The assertion of the identity provider has no {path}: this state cannot be made.")
        return found

    def stated(self, name: str, value: str | None) -> None:
        """State something else of whom the assertion is about, by the vocabulary's name of it; None states nothing."""
        written = str(self.realm.words.needed(f"saml.attributes.{name}"))
        found = next((item for item in self.assertion.iter(f"{{{SAML}}}Attribute") if item.get("Name") == written), None)
        if found is None:
            raise NotEvaluatedError(f"The assertion of the identity provider states no {written}: this state cannot be made.")
        if value is None:
            found.getparent().remove(found)
        else:
            found.find(f"{{{SAML}}}AttributeValue").text = value

    def deliver(self) -> Exchange:
        """The platform's answer to this answer."""
        from lxml import etree

        method, _, path = str(self.realm.words.needed("saml.consumer")).partition(" ")
        encoded = base64.b64encode(etree.tostring(self.root)).decode()
        return offered(self.realm, method, self.realm.system.full(path), {**self.form, "SAMLResponse": encoded})

    def sign(self, key: Any, certificate: str) -> None:
        """Sign the assertion, under a new id, with a key and the certificate that goes along."""
        from signxml.signer import XMLSigner

        old, own = self.assertion, copy.deepcopy(self.assertion)
        own.set("ID", f"_{secrets.token_hex(16)}")
        signature = own.find(SIGNATURE)
        for child in list(signature):
            signature.remove(child)
        signature.set("Id", "placeholder")  # where the signer puts the new one
        method = "rsa-sha256" if hasattr(key.public_key(), "encrypt") else "ecdsa-sha256"  # RSA alone encrypts
        signer = XMLSigner(signature_algorithm=method, digest_algorithm="sha256", c14n_algorithm=EXCLUSIVE)
        pem = f"-----BEGIN CERTIFICATE-----\n{certificate.strip()}\n-----END CERTIFICATE-----\n"
        signed = signer.sign(own, key=key, cert=pem, reference_uri=own.get("ID"), id_attribute="ID")
        self.root.replace(old, signed)

    def sign_as_realm(self) -> Answer:
        """Sign it with the realm's own key, and the certificate that the provider has sent."""
        key = self.realm.private_key()
        if key is None:
            variable = self.realm.words.get("provider.realm_key_env", "")
            raise NotEvaluatedError(
                f"No key of the realm is at hand: set {variable or 'provider.realm_key_env'} to make this assertion."
            )
        self.sign(key, self.assertion.findtext(f".//{{{DS}}}X509Certificate", ""))
        return self


def parsed(encoded: str) -> Any:
    """The root of an answer that is coded in base64; anything else is NOT EVALUATED."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(base64.b64decode(encoded, validate=True), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotEvaluatedError(
            f"The identity provider sent no answer of SAML: expected XML in base64 in SAMLResponse, observed {len(encoded)} "
            f"characters of something else."
        ) from None


def offered(realm: Realm, method: str, path: str, form: dict[str, str]) -> Exchange:
    """Send a form to the platform, and keep the tokens that come back out of everything that is shown."""
    answer = realm.system.send(method, urlsplit(path).path, FORM, urlencode(form).encode())
    sign_on.keep(answer)
    return answer


def _moment(change: timedelta) -> str:
    return (datetime.now(UTC) + change).strftime("%Y-%m-%dT%H:%M:%SZ")


def unsigned(answer: Answer) -> None:
    """Without a signature."""
    answer.assertion.remove(answer.assertion.find(SIGNATURE))


def tampered(answer: Answer) -> None:
    """With somebody else written into it, and the signature left as it was."""
    answer.part("Subject/NameID").text = f"qa-{secrets.token_hex(8)}"


def other_key(answer: Answer) -> None:
    """Signed by a key of the attacker, whose certificate goes along."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "qa-attacker")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), secrets.randbits(64), now - HOUR, now + HOUR)
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    answer.sign(key, base64.b64encode(der).decode())


def other_audience(answer: Answer) -> None:
    """For another service of the same realm."""
    answer.part("Conditions/AudienceRestriction/Audience").text = FOREIGN


def longer_audience(answer: Answer) -> None:
    """For a service whose name begins as the platform's does."""
    answer.part("Conditions/AudienceRestriction/Audience").text += MORE


def longer_recipient(answer: Answer) -> None:
    """Meant for an address that begins as the platform's does."""
    confirmed = answer.part("SubjectConfirmation/SubjectConfirmationData")
    confirmed.set("Recipient", confirmed.get("Recipient", "") + MORE)


def longer_issuer(answer: Answer) -> None:
    """Of an issuer whose name begins as the provider's does."""
    answer.part("Issuer").text += MORE


def other_recipient(answer: Answer) -> None:
    """Meant for the address of another service."""
    answer.part("SubjectConfirmation/SubjectConfirmationData").set("Recipient", FOREIGN)


def other_issuer(answer: Answer) -> None:
    """Of another issuer, with a signature that is right."""
    answer.part("Issuer").text = FOREIGN


def other_request(answer: Answer) -> None:
    """In answer to a request that nobody has sent."""
    answer.part("SubjectConfirmation/SubjectConfirmationData").set("InResponseTo", f"_{secrets.token_hex(16)}")


def without_request(answer: Answer) -> None:
    """In answer to nothing."""
    answer.part("SubjectConfirmation/SubjectConfirmationData").attrib.pop("InResponseTo", None)


def without_audience(answer: Answer) -> None:
    """For no service."""
    restriction = answer.part("Conditions/AudienceRestriction")
    restriction.getparent().remove(restriction)


def without_end_for_its_bearer(answer: Answer) -> None:
    """To be used by its bearer for ever (SAML 2.0 profiles, 4.1.4.2: there has to be an end)."""
    answer.part("SubjectConfirmation/SubjectConfirmationData").attrib.pop("NotOnOrAfter", None)


def without_organization(answer: Answer) -> None:
    """Of nobody's organization."""
    answer.stated("organization", None)


def without_role(answer: Answer) -> None:
    """Of somebody who has no role of the platform."""
    answer.stated("role", "qa-no-role")


def expired_for_its_bearer(answer: Answer) -> None:
    """Ended an hour ago by its confirmation alone, where its conditions go on."""
    answer.part("SubjectConfirmation/SubjectConfirmationData").set("NotOnOrAfter", _moment(-HOUR))


def expired(answer: Answer) -> None:
    """Ended an hour ago."""
    _timed(answer, -2 * HOUR, -HOUR)


def just_expired(answer: Answer) -> None:
    """Ended two minutes ago."""
    _timed(answer, -HOUR, -MINUTES)


def not_yet_valid(answer: Answer) -> None:
    """Begins in an hour."""
    _timed(answer, HOUR, 2 * HOUR)


def _timed(answer: Answer, begin: timedelta, end: timedelta) -> None:
    answer.part("Conditions").set("NotBefore", _moment(begin))
    answer.part("Conditions").set("NotOnOrAfter", _moment(end))
    answer.part("SubjectConfirmation/SubjectConfirmationData").set("NotOnOrAfter", _moment(end))


FORGED: dict[str, Callable[[Answer], None]] = {"unsigned": unsigned, "tampered": tampered, "other key": other_key}
MINTED: dict[str, Callable[[Answer], None]] = {
    "other audience": other_audience,
    "longer audience": longer_audience,
    "longer recipient": longer_recipient,
    "longer issuer": longer_issuer,
    "other recipient": other_recipient,
    "other issuer": other_issuer,
    "other request": other_request,
    "without request": without_request,
    "without audience": without_audience,
    "expired for its bearer": expired_for_its_bearer,
    "without end for its bearer": without_end_for_its_bearer,
    "expired": expired,
    "just expired": just_expired,
    "not yet valid": not_yet_valid,
    "without organization": without_organization,
    "without role": without_role,
}
STATES = (*FORGED, *MINTED, "replayed", "no answer")


def wrapped(attacker: Callable[[], Answer], victim: Answer) -> Iterator[tuple[str, Answer]]:
    """Answers in which the attacker's signed assertion stands beside an unsigned one of somebody else, by where it stands.

    ``attacker`` gives a new answer for each; of the victim only what the assertion says is taken.
    """
    for place in ("before it", "after it", "around it", "in its signature", "in extensions", "of the same id"):
        answer = attacker()
        signed, forged = answer.assertion, copy.deepcopy(victim.assertion)
        forged.remove(forged.find(SIGNATURE))
        forged.set("ID", f"_{secrets.token_hex(16)}")
        data = forged.find(f".//{{{SAML}}}SubjectConfirmationData")
        own = signed.find(f".//{{{SAML}}}SubjectConfirmationData")
        if data is not None and own is not None:
            data.set("InResponseTo", own.get("InResponseTo", ""))
        if place == "before it":
            signed.addprevious(forged)
        elif place == "after it":
            signed.addnext(forged)
        elif place == "around it":
            answer.root.replace(signed, forged)
            forged.append(signed)
        elif place == "in its signature":
            _in_signature(answer, signed, forged)
        else:
            if place == "of the same id":
                forged.set("ID", signed.get("ID"))
            answer.root.replace(signed, forged)
            extensions = answer.root.makeelement(f"{{{PROTOCOL}}}Extensions")
            extensions.append(signed)
            answer.root.insert(1, extensions)
        yield place, answer


def _in_signature(answer: Answer, signed: Any, forged: Any) -> None:
    """The forged assertion takes the signature over, which carries the signed one in an object."""
    signature = signed.find(SIGNATURE)
    signed.remove(signature)
    answer.root.replace(signed, forged)
    forged.insert(1, signature)
    carrier = signature.makeelement(f"{{{DS}}}Object")
    carrier.append(signed)
    signature.append(carrier)

"""The identity provider of a system: what it grants by each flow, and its keys."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from theodore_qa import extras
from theodore_qa.errors import LackingError, NotEvaluatedError, UsageError
from theodore_qa.systems import oauth, vocabulary

if TYPE_CHECKING:
    from theodore_qa.systems.declared import SignIn
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

FLOWS = ("password", "authorization_code", "client_credentials")


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Realm:
    """The provider as one system uses it."""

    system: System
    words: vocabulary.Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        """Read the system's vocabulary."""
        self.words = vocabulary.of(self.system)

    @cached_property
    def party(self) -> oauth.RelyingParty:
        """The system as the party that tokens are for."""
        system = self.system
        return oauth.party_of(system.name, system.url, system.beside, system.entry.sign_in)

    def client_of(self, name: str | None, flow: str, *, issuer: str = "", audience: str = "") -> Identity:
        """An identity that goes to the provider itself by a flow, as the client of that flow."""
        identity = self.system.identity(name)
        way = identity.way
        if not way.issuer and not self.system_way.issuer:
            raise UsageError(
                f"The sign_in of {self.system.name} in {self.system.environment.path.name} names no issuer: add the address "
                f"of the identity provider, below which /.well-known/openid-configuration stands."
            )
        if flow == "client_credentials" and not identity.client_secret_env:
            raise UsageError(
                f"The identity '{identity.name}' is no program: name one that has client_id and client_secret_env in "
                f"{self.system.environment.path.name}."
            )
        if flow != "client_credentials" and not identity.username:
            raise UsageError(f"The identity '{identity.name}' is no person: the flow {flow} needs a name and a password.")
        changes: dict[str, Any] = {"how": flow, "issuer": issuer or way.issuer, "audience": audience or way.audience}
        if flow == "authorization_code":
            changes |= {
                "client_id": self.words.needed("provider.public_client"),
                "client_secret_env": "",
                "redirect_uri": self.words.needed("provider.redirect_uri"),
            }
        return replace(identity, way=replace(way, **changes))

    def grant(self, name: str | None, flow: str = "", **changes: str) -> oauth.Grant:
        """What the provider grants an identity by a flow; by default the usual one, and to programs by their secret."""
        program = not self.system.identity(name).username
        usual = flow or ("client_credentials" if program else self.usual_flow)
        return oauth.grant(self.party, self.client_of(name, usual, **changes))

    @cached_property
    def usual_flow(self) -> str:
        """How people get their tokens: as the environment says, or by name and password where the provider takes them."""
        how = self.system_way.how
        if how in ("password", "authorization_code"):
            return how
        try:
            supported = self.endpoints.get("grant_types_supported")
        except NotEvaluatedError:  # which the grant will say in its own words
            return "password"
        return "authorization_code" if isinstance(supported, list) and "password" not in supported else "password"

    def ask(self, name: str | None, endpoint: str, form: dict[str, str], flow: str = "") -> Exchange:
        """Send a form to an endpoint that the discovery document names, as the client of a flow.

        By default that is the client of the usual flow; introspection needs a client with a secret, the system's own.
        """
        client = self.client_of(name, flow or ("password" if endpoint == "introspection_endpoint" else self.usual_flow))
        return oauth.ask(self.party, client, self.endpoint(endpoint), form)

    @cached_property
    def endpoints(self) -> dict[str, Any]:
        """The discovery document."""
        return self._fetched(f"{self.issuer}{oauth.DISCOVERY}", "a discovery document", "issuer")

    def endpoint(self, name: str) -> str:
        """An endpoint of the provider."""
        found = self.endpoints.get(name)
        if not isinstance(found, str):
            raise LackingError(f"The discovery document of {self.issuer} names no {name}.", f"provider.{name}")
        return found

    @property
    def system_way(self) -> SignIn:
        """How the system's identities sign in."""
        from theodore_qa.systems.declared import SignIn  # with all entries of an environment file, which were read by now

        return self.system.declared.sign_in or SignIn()

    @property
    def issuer(self) -> str:
        """The issuer by which the system's tokens are signed."""
        return urljoin(f"{self.party.provider or self.system.url}/", self.system_way.issuer).rstrip("/")

    def published_keys(self) -> list[dict[str, Any]]:
        """The public keys that the provider publishes now."""
        found = self._fetched(self.endpoint("jwks_uri"), "public keys", "keys")["keys"]
        return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []

    def private_key(self) -> Any:
        """The key of the realm that the tester holds; None where there is none."""
        coded = os.environ.get(str(self.words.get("provider.realm_key_env", "")), "")
        if not coded:
            return None
        extras.demand("cryptography", "the key of a realm")
        import base64

        from cryptography.hazmat.primitives import serialization

        return serialization.load_der_private_key(base64.b64decode(coded), None)

    def _fetched(self, url: str, what: str, needed: str) -> dict[str, Any]:
        parts = urlsplit(url)
        answer = self.system.beside(f"{parts.scheme}://{parts.netloc}").send("GET", parts.path)
        if not answer.ok or not isinstance(answer.body, dict) or needed not in answer.body:
            observed = f"{answer.status} with {answer.excerpt()}" if answer.status else f"no answer ({answer.problem})"
            raise NotEvaluatedError(
                f"The identity provider of {self.system.name}: expected {what} at {url}, observed {observed}."
            )
        found: dict[str, Any] = answer.body
        return found

    def rotate(self) -> None:
        """Have the provider of a sandbox sign with a new key; any other is NOT EVALUATED."""
        link = self.system.entry.links.get("provider")
        if link is None:
            raise NotEvaluatedError(
                f"The environment {self.system.environment.name} names no link 'provider' of {self.system.name}: its keys cannot "
                f"be rotated from here."
            )
        parts = urlsplit(link.calls)
        method, _, path = str(self.words.needed("provider.rotation")).partition(" ")
        answer = self.system.beside(f"{parts.scheme}://{parts.netloc}").send(method, path)
        if not answer.ok:
            observed = f"answered {answer.status}" if answer.status else f"got no answer ({answer.problem})"
            raise NotEvaluatedError(f"The provider's keys were not rotated: {method} {path} {observed}.")

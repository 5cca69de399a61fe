"""What answers and addresses give away: keys, tokens, passwords, card numbers, data of persons."""

from __future__ import annotations

import json
import os
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.operations import FORM
from SecurityLibrary.exposure import numbers_of_persons, sensitive_data
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.sending.pacing import INVALID
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

SHORTEST = 8  # what is shorter may stand anywhere
SEARCHED = 200_000  # characters of an answer
EXPOSURE = ("A02:2021", "A04:2025", "API3:2023")

# What a person opens from a letter or a calendar, which can send no header.
LINKS = re.compile(r"(?i)reset|verif|confirm|activat|invit|unsubscrib|magic|calendar|feed|\bical|shared?(?=/|$)|download")


class SensitiveData(Probe):
    """Answers hold keys, card numbers or numbers of persons."""

    id = "sensitive-data"
    title = "Sensitive data in answers"
    topic = "exposure"
    severity = Severity.HIGH
    cwe = 200
    owasp = EXPOSURE
    sends = (
        "each operation as it is meant, what the other probes send, and what is served under paths of what is often forgotten, "
        "such as /.git/config; of each answer the first 200,000 characters count; what "
        "brought a number of a person is sent again as the other identities and as nobody"
    )
    oracle = (
        "an answer holds a key of a known form, a card number with the right check digit, an IBAN, a token nobody asked for, the "
        "environment variables of its process; low for numbers of persons that one identity alone is shown, while another one "
        "is refused them"
    )
    bad = 'return {"status": "ok", "config": dict(os.environ)}'
    good = 'return {"status": "ok"}'
    remediation = "Answer with what callers need; show no more of a card than its last four digits."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look through everything that was answered."""
        for operation in scan.plan.working(self.id):
            scan.coverage.tried(self.id, str(operation))
        known: dict[tuple[str, bool], dict[str, str]] = {}
        personal: dict[tuple[str, str], list[Exchange]] = {}
        for location, exchange in (*list(scan.sender.answers.exchanges), *scan.forgotten):
            sent = exchange.sent_body.decode("utf-8", "replace") + exchange.path
            key = exchange.text[:SEARCHED], not sensitive_data.GIVING.search(location)
            if key not in known:
                known[key] = sensitive_data.found_in(key[0], tokens=key[1])
            for kind, masked in known[key].items():
                if masked[:4] in sent:
                    continue
                if kind in numbers_of_persons.KINDS:
                    personal.setdefault((location, kind), []).append(exchange)
                else:
                    yield self.finding(location, f"the answer holds a {kind}", exchange)
        for (location, kind), answers in personal.items():
            alone = numbers_of_persons.alone(scan, location, kind, answers)
            observed = f"the answer holds a {kind}" + (f", shown {alone}" if alone else "")
            severity = Severity.LOW if alone else None
            yield self.finding(location, observed, *answers[:1], severity=severity)


class SecretsInUrls(Probe):
    """Passwords or tokens travel in addresses, which logs and histories keep."""

    id = "secrets-in-urls"
    title = "Secrets in URLs"
    topic = "exposure"
    severity = Severity.MEDIUM
    cwe = 598
    owasp = (*EXPOSURE, "A07:2021", "A07:2025")
    sends = "nothing: the document is read; then a token as ?access_token= and ?token="
    oracle = "a parameter of a query is a password, token or key; or a token in the query opens a closed operation, twice"
    bad = "GET /orders?api_key=..."
    good = "Authorization: Bearer ..."
    remediation = "Take secrets in headers or bodies only."

    NAMES = re.compile(r"(?i)^(password|passwd|pwd|token|access_token|api_?key|secret|auth)$")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Read the document, then try."""
        for operation in scan.target.operations:
            scan.coverage.tried(self.id, str(operation))
            for parameter in operation.parameters:
                if parameter.location == "query" and self.NAMES.match(parameter.name):
                    linked = LINKS.search(operation.path) and parameter.name.lower() in ("token", "key", "auth")
                    observed = "the contract names a secret as a query parameter" + (", of a link that is sent" if linked else "")
                    yield self.finding(f"{operation} {parameter}", observed, severity=Severity.LOW if linked else self.severity)
        closed = [
            operation
            for operation in scan.plan.working(self.id)
            if operation.method == "GET" and operation.secured is not False and scan.plan.identity_for(operation)
        ]
        for operation in closed[:1]:
            identity = scan.plan.identity_for(operation)
            if identity is None:
                continue
            control = scan.plan.control(operation, identity)[0]
            token = scan.authenticator.token(identity)
            for name in ("access_token", "token", "api_key"):
                mark = "&" if "?" in control.path else "?"
                opened = [scan.sender.request("GET", f"{control.path}{mark}{name}={token}") for _ in range(2)]
                refused = scan.sender.request("GET", f"{control.path}{mark}{name}=qa-nonsense")
                if all(answer.ok for answer in opened) and not refused.ok:
                    yield self.finding(f"{operation} query {name}", "a token in the URL signs in", opened[0])


class EchoedSecrets(Probe):
    """A refusal repeats the secret that was sent."""

    id = "echoed-secrets"
    title = "Refusals repeat secrets"
    topic = "exposure"
    severity = Severity.MEDIUM
    cwe = 209
    owasp = EXPOSURE
    sends = "sign-ins and changes of passwords that are refused, with planted passwords"
    oracle = (
        "the planted password comes back, twice; low where it comes back for a value of a wrong type, or with 400 or 422: to "
        "whoever sent what is not valid"
    )
    bad = 'return {"detail": error.errors()}  # holds the input'
    good = 'return {"detail": [{"loc": e["loc"], "msg": e["msg"]} for e in error.errors()]}'
    remediation = "Say what is wrong with a field, not what stood in it."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Plant passwords where passwords go."""
        takers = [
            operation
            for operation in scan.target.operations
            if (operation.takes_json or operation.media == FORM) and self._secrets(scan, operation)
        ]
        if not takers:
            raise NotApplicableError("no operation takes a password")
        for operation in takers:
            with scan.apart(self.id, str(operation)):
                reason = scan.plan.skip_reason(operation)
                if reason and not (operation.disruptive and scan.allow_changes and self._asks_for_the_old(operation)):
                    scan.coverage.skip(self.id, str(operation), reason)  # a password may not be changed by a wrong one
                    continue
                names = self._secrets(scan, operation)
                others = [p for p in operation.parameters if p.location == "body" and p not in names]
                identity = scan.plan.identity_for(operation)
                scan.coverage.tried(self.id, str(operation))
                echoes = [self._echoes(scan, operation, identity, (names, others)) for _ in range(2)]
                if all(echoes):
                    graver = all(each[1] for each in echoes if each)
                    severity = self.severity if graver else Severity.LOW
                    evidence = [each[0] for each in echoes if each]
                    observed = "the refusal repeats the password that was sent"
                    yield self.finding(str(operation), observed, *evidence, severity=severity)

    @staticmethod
    def _echoes(
        scan: Scan,
        operation: ScanOperation,
        identity: Identity | None,
        places: tuple[list[InsertableParameter], list[InsertableParameter]],
    ) -> tuple[Exchange, bool] | None:
        """A refusal that repeats a planted password, and whether it is more than a remark on what is not valid."""
        names, others = places
        planted = f"Qa-planted-{scan.random.number()}-{scan.random.number()}"
        found: list[tuple[Exchange, bool]] = []
        for valid, wrong in (
            (False, {name: [planted] for name in names}),
            (False, {name: {"qa": planted} for name in names}),
            (False, {**dict.fromkeys(names, planted), **{other: {"a": 1} for other in others}}),
            (True, dict.fromkeys(names, planted)),
            (True, dict.fromkeys(names, planted.lower())),
        ):
            answer = scan.sender.send(operation, identity, wrong)
            if planted in answer.text.replace(planted.lower(), planted) and not answer.ok:
                found.append((answer, valid and answer.outcome not in INVALID))
        return max(found, key=lambda each: each[1]) if found else None

    @staticmethod
    def _asks_for_the_old(operation: ScanOperation) -> bool:
        """Whether a change of a password needs the old one, so that a made-up one is refused."""
        return any(re.search(r"(?i)current|old", parameter.name) for parameter in operation.parameters)

    @staticmethod
    def _secrets(scan: Scan, operation: ScanOperation) -> list[InsertableParameter]:
        """The places for passwords and secrets, such as the one of the sign-in, whatever it is called."""
        signs_in = scan.authenticator.signs_in(operation)
        named = scan.authenticator.way.password.rpartition("/")[2] if signs_in else ""
        return [
            parameter
            for parameter in operation.parameters
            if re.search("(?i)password|secret|passwd", parameter.name) or parameter.name == named
        ]


class OwnSecrets(Probe):
    """Answers hold the secrets that the scan itself knows."""

    id = "own-secrets"
    title = "Answers hold passwords or keys"
    topic = "exposure"
    severity = Severity.CRITICAL
    cwe = 522
    owasp = EXPOSURE
    sends = "each operation as it is meant, and after a sign-in once more what reads"
    oracle = (
        "an answer holds the password of an identity, or the token that it is known by for good, in clear or in a simple "
        "encoding, that was not sent in the address or body of the request; one of fewer than 8 characters counts where it is "
        "all of a value that is called so"
    )
    bad = 'return {"user": name, "password": password}'
    good = 'return {"user": name}'
    remediation = "Keep passwords as salted digests, show keys when they are made only, and answer with neither."

    SECRET = re.compile(r"(?i)(?:^|[._])\w*(?:pass|pwd|secret|token|key|pin)\w*$")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Look for the secrets of all identities in everything that was answered."""
        known = {
            f"{what} of {identity.name}": value
            for identity in scan.target.identities.values()
            for what, variable in (("password", identity.password_env), ("token", identity.token_env))
            if (value := os.environ.get(variable, ""))
        }
        short = {name: known.pop(name) for name in list(known) if len(known[name]) < SHORTEST}
        if not known and not short:
            raise NotEvaluatedError("no identity has a password or token that could be looked for")
        someone = next((identity for identity in scan.target.accounts if identity.ready), None)
        working = scan.plan.working(self.id)
        if (
            someone and scan.authenticator.operation
        ):  # what is kept of a sign-in may be of the last one, and that may have been made up
            scan.sender.try_sign_in(someone.username, someone.password())
        for operation in working:
            with scan.apart(self.id, str(operation)):
                scan.coverage.tried(self.id, str(operation))
                if operation.method == "GET":
                    scan.sender.send(operation, scan.plan.identity_for(operation))
        for location, exchange in (*list(scan.sender.answers.exchanges), *scan.forgotten):
            sent = exchange.sent_body.decode("utf-8", "replace") + exchange.path
            for _, name in sensitive_data.planted([(location, exchange.text)], known):
                if known[name] not in sent:
                    yield self.finding(location, f"the answer holds the {name}", exchange)
            for name in self._named(exchange.body, short) if short else ():
                if short[name] not in sent:
                    yield self.finding(location, f"the answer holds the {name}", exchange)

    @classmethod
    def _named(cls, body: Any, short: dict[str, str]) -> list[str]:
        """The short secrets that are the whole of a value which is called a secret: elsewhere they may stand by chance."""
        leaves = pointers.leaves(body) if isinstance(body, dict | list) else []
        values = {str(value) for name, value in leaves if cls.SECRET.search(name)}
        return [name for name, value in short.items() if value in values]


class Masking(Probe):
    """A secret that is shown once, when it is made, is shown again."""

    id = "masking"
    title = "Secrets are shown again"
    topic = "exposure"
    severity = Severity.HIGH
    cwe = 522
    owasp = EXPOSURE
    changes = True
    tier = 2
    sends = "the operation that makes a key ('plant'), then each operation that reads"
    oracle = "the key that was just made comes back whole, for two keys"
    bad = 'return [{"name": key.name, "key": key.value} for key in keys]'
    good = 'return [{"name": key.name, "key": f"…{key.last_four}"} for key in keys]'
    remediation = "Keep a digest of keys, and show their last four characters."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Make two keys, then read everything."""
        plant = scan.target.plant
        if not plant:
            raise NotEvaluatedError("the API's description names no operation that makes a key ('plant')")
        maker = scan.target.operation(plant.operation)
        identity = scan.plan.identity_for(maker)
        body = json.dumps(plant.body or {}).encode()
        made = [scan.sender.send(maker, identity, body=body) for _ in range(2)]
        keys = [answer.body.get(plant.secret or "key") for answer in made if answer.ok and isinstance(answer.body, dict)]
        if len(keys) != 2 or not all(isinstance(key, str) and len(key) >= 8 for key in keys):  # noqa: PLR2004  # two keys
            raise NotEvaluatedError("no key was made")
        for operation in [operation for operation in scan.plan.working(self.id) if operation.method == "GET"]:
            with scan.apart(self.id, str(operation)):
                answer = scan.sender.send(operation, scan.plan.identity_for(operation))
                scan.coverage.tried(self.id, str(operation))
                if all(str(key) in answer.text for key in keys):
                    yield self.finding(str(operation), "2 of 2 new keys shown in full", answer)

"""Servers of OAuth: where codes go, how often they are taken, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.authentication.authorization_codes import code_in, CodeServer, leads_to, token_in
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.values import other_names
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

VERIFIER = "qa-verifier-{}-that-is-long-enough-for-rfc-7636-0123456789"
# Addresses that are none of those that a client has registered, and are like them.
ELSEWHERE = (
    "{scheme}://qa{n}.example{path}",
    "{scheme}://{host}.qa{n}.example{path}",
    "{scheme}://{host}@qa{n}.example{path}",
    "{good}.qa{n}.example",
    "{good}/../qa{n}",
    "{good}qa{n}",
    "{good}/qa{n}",
    "{scheme}://{host}/qa{n}",
)


class AuthorizationServer(Probe):
    """A code goes where its client is not, is taken twice, or by whoever cannot prove to have asked for it."""

    id = "oauth"
    title = "Authorisation codes are not bound to what they were asked for"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 346
    owasp = AUTHENTICATION
    tier = 2
    changes = True
    sends = (
        "requests for a code of OAuth with addresses like the registered one; codes a second time, with another verifier and "
        "with none (PKCE), and for another client; a token for renewal with a wider scope; a state"
    )
    oracle = (
        "the answer hands a code to the address, twice; or a token comes for it, twice, as for the right request; or the scope "
        "is wider, twice; low where the state does not come back"
    )
    bad = "if redirect_uri.startswith(client.redirect_uri): return redirect(f'{redirect_uri}?code={code}')"
    good = "if redirect_uri not in client.redirect_uris: refuse()"
    remediation = (
        "Compare redirect_uri with those of the client as a whole; take a code once, with its verifier, from its client."
    )

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The requests for codes, then their exchange."""
        server = CodeServer(scan)
        asking = str(server.asking)
        with scan.apart(self.id, asking):
            if not code_in(server.answer_to_request()):
                raise NotEvaluatedError("no code was handed out for the redirect of the description")
            scan.coverage.tried(self.id, asking)
            yield from self._redirected(scan, server)
        if server.exchanging is not None:
            with scan.apart(self.id, str(server.exchanging)):
                yield from self._exchanged(scan, server)

    def _redirected(self, scan: Scan, server: CodeServer) -> Iterator[Finding]:
        parts = urlsplit(server.good)
        fields = {"scheme": parts.scheme, "host": parts.netloc, "path": parts.path, "good": server.good}
        for form in ELSEWHERE:
            answers: list[Exchange] = []
            for _ in range(2):
                address = form.format(n=scan.random.number(), **fields)
                answers.append(server.answer_to_request(address))
                if not leads_to(answers[-1], address):
                    break
            else:
                observed = f"a code is handed to {form.format(n='1', **fields)}, which is not registered"
                yield self.finding(f"{server.asking} {server.redirect}", observed, *answers)
                break
        state = f"qa{scan.random.number()}"
        answer = server.answer_to_request(state=state)
        if code_in(answer) and answer.location and state not in answer.location:
            yield self.finding(str(server.asking), "the state does not come back", answer, severity=Severity.LOW)

    def _exchanged(self, scan: Scan, server: CodeServer) -> Iterator[Finding]:
        label = str(server.exchanging)

        def verifier() -> str:
            return VERIFIER.format(scan.random.number())

        own = verifier()
        code = server.code(own)
        right = server.exchanged(code, own)
        if not token_in(right):
            raise NotEvaluatedError(f"a code was answered {right.status}, without a token")
        scan.coverage.tried(self.id, label)
        second = [server.exchanged(code, own)]
        if token_in(second[0]):
            code = server.code(own)
            first, again = server.exchanged(code, own), server.exchanged(code, own)
            if token_in(first) and token_in(again):
                yield self.finding(label, "a code brings a token a second time", second[0], again, severity=Severity.MEDIUM)
        ways = {"another client_id than asked for it": {"client_id": f"qa{scan.random.number()}"}}
        for name, more in ways.items():
            taken = [server.exchanged(server.code(own), own, **more) for _ in range(2)]
            if all(map(token_in, taken)):
                yield self.finding(label, f"a code brings a token to {name}", *taken, severity=Severity.MEDIUM)
        if server.proves_keys:
            for name, wrong in (("another verifier", verifier()), ("no verifier", "")):
                taken = [server.exchanged(server.code(own), wrong) for _ in range(2)]
                if all(map(token_in, taken)):
                    yield self.finding(label, f"a code brings a token with {name} (PKCE)", *taken)
                    break
        yield from self._widened(scan, server)

    def _widened(self, scan: Scan, server: CodeServer) -> Iterator[Finding]:
        """A token for renewal that brings more than was granted."""
        for scope in ("admin", "read write admin"):
            taken: list[Exchange] = []
            for _ in range(2):
                own = VERIFIER.format(scan.random.number())
                granted = server.exchanged(server.code(own), own)
                token = token_in(granted, "refresh_token")
                had = " ".join(map(str, other_names.called(granted.body, "scope")))
                answer = server.renewed(token, scope) if token else None
                wider = " ".join(map(str, other_names.called(answer.body, "scope"))) if answer and token_in(answer) else ""
                taken += [answer] if answer and "admin" in wider.split() and "admin" not in had.split() else []
                if not taken:
                    break
            if len(taken) == 2:  # noqa: PLR2004  # twice
                yield self.finding(
                    str(server.exchanging), f"a refresh token brings the scope '{scope}', which was not granted", *taken
                )
                return

"""Open redirects: an address of choice in place of a page of the system's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery import pages
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.injection import known_origins
from SecurityLibrary.probes.base import InsertionPointProbe, NOT_FOUND
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

LEADING = re.compile(
    r"(?i)^(?:to|next|goto|go|dest|destination|target|continue|forward|back|url|uri|link|redir)$|redirect|return|callback"
)

MOST_SITES = 9  # behind which names that are not described are tried


class OpenRedirect(InsertionPointProbe):
    """A value says where the answer leads, to other sites too."""

    id = "open-redirect"
    title = "Open redirect"
    topic = "injection"
    severity = Severity.MEDIUM
    cwe = 601
    owasp = ("A01:2021", "A01:2025")
    tier = 2
    sends = (
        "the address of a made-up site in place of where a redirect leads: in full, without its scheme, with a backslash, behind "
        "the good value, the system's own address and the sites that its answers name, and before them, or those that are called "
        "as it calls itself; at the sign-in too, with the right password; and in the path itself, which a redirect may repeat"
    )
    oracle = "the answer leads to that site, by Location or by a refresh of the page, twice, with other names"
    bad = "return RedirectResponse(next)"
    good = 'return RedirectResponse(next if re.fullmatch(r"/[\\w-][\\w/-]*", next) else "/")'
    remediation = "Redirect only to paths of the system's own, or to addresses of a list; // and /\\ begin another host."

    needs_free_text = False
    FORMS = ("https://{host}/", "//{host}/", "/\\{host}/", "/\t/{host}/", "https:{host}/", "{value}.{host}/", "{value}@{host}/")
    # What begins or holds what is allowed: the site of a good value, or the system's own.
    BESIDE = (
        "{site}.{host}/", "{site}@{host}/", "https://{label}{domain}/", "https://{host}/?{site}/", "https://{host}/#{site}/",
        "https://{host}/{site}/",
    )  # fmt: skip
    GUESSED = BESIDE[:2]  # of a site that nothing names: a made-up host behind it is nobody's, whatever is done with the address

    NAMES = (
        "next", "url", "redirect", "redirect_uri", "redirect_url", "redirectUrl", "return", "returnTo", "return_to", "return_url",
        "returnUrl", "continue", "goto", "to", "target", "dest", "destination", "callback", "back", "forward",
    )  # fmt: skip
    PATHS = ("//{host}/", "//{host}", "/\\{host}/", "//{host}/%2e%2e", "/%5c{host}/")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The path, what may redirect, then the sign-in."""
        if followed := self._tried(scan, self.PATHS, lambda path: scan.sender.request("GET", path)):
            yield self.finding(NOT_FOUND, "the answer leads to the site that the path names", *followed[1])
        sign_in = scan.authenticator.operation
        yield from self._unnamed(scan)
        redirecting = scan.plan.insertion_points(self.id, self.applies)
        if not redirecting:
            if any(location.endswith("not described)") for location in scan.coverage.of(self.id).tried):
                return
            raise NotApplicableError("no value says where an answer leads")
        apart = [point for point in redirecting if str(point.operation) != sign_in]
        yield from scan.over_insertion_points(self.id, self.ordered(scan, apart), self.look, free_text=self.needs_free_text)
        for point in redirecting:
            if str(point.operation) == sign_in and (found := self._at_sign_in(scan, point)):
                yield found

    def _unnamed(self, scan: Scan) -> Iterator[Finding]:
        """Usual names that the description does not have, at what redirects by itself: all at once, then each."""
        for label, known, where, send in self._redirecting(scan):
            with scan.apart(self.id, label):
                if not send({}).location:
                    continue
                names = [name for name in self.NAMES if name not in known]
                scan.coverage.tried(self.id, f"{label} (names that are not described)")
                form = next((form for form in _forms_of_sites(scan) if self._leads(scan, send, form, names)), None)
                for name in names if form else ():
                    answers = [self._leads(scan, send, form or "", [name]) for _ in range(2)]
                    if all(answers):
                        observed = "the answer leads to the site that a parameter names which is not described"
                        yield self.finding(f"{label} {where} {name}", observed, *filter(None, answers))

    @staticmethod
    def _redirecting(scan: Scan) -> Iterator[tuple[str, set[str], str, Callable[[dict[str, str]], Exchange]]]:
        """What may redirect: its label, the names that it has, where others go, and how it is sent with others beside them."""
        for operation in scan.plan.operations:
            ends = operation.disruptive or scan.sender.rules.throwaway.ended_by(operation)
            if operation.method != "GET" or ends or scan.plan.skip_reason(operation):
                continue
            identity = scan.plan.identity_for(operation)

            def ask(
                beside: dict[str, str], operation: ScanOperation = operation, identity: Identity | None = identity
            ) -> Exchange:
                usual = scan.sender.builder.composed(operation, {}, identity, raw=False)[0]
                added = f"{'&' if '?' in usual else '?'}{urlencode(beside)}"
                return scan.sender.request("GET", usual + added, identity) if beside else scan.sender.send(operation, identity)

            yield str(operation), {parameter.name for parameter in operation.parameters}, "query", ask
        account = next(iter(scan.target.accounts), None)
        entry = next((each for each in scan.plan.operations if str(each) == scan.authenticator.operation), None)
        if account is None or entry is None or not entry.takes_form or not account.ready:
            return
        name, password = account.username, account.password()
        for where in ("query", "body"):

            def enter(beside: dict[str, str], where: str = where) -> Exchange:
                more, query = (beside, {}) if where == "body" else ({}, beside)
                return scan.sender.try_sign_in(name, password, more=dict(more), query=dict(query))

            yield str(entry), {parameter.name for parameter in entry.parameters}, where, enter

    @staticmethod
    def _leads(scan: Scan, send: Callable[[dict[str, str]], Exchange], form: str, names: list[str]) -> Exchange | None:
        """The answer to a request with further parameters, where it leads to the site that they name."""
        host = f"qa{scan.random.number()}.example"
        answer = send(dict.fromkeys(names, form.replace("{host}", host)))
        return answer if _host(answer.location).endswith(host) else None

    def applies(self, point: InsertionPoint) -> bool:
        """What is named so, and what stands in the address that an answer leads to."""
        location = pages.leads_to(point.controls[0]) if point.controls else ""
        return point.textual and bool(LEADING.search(point.parameter.name) or (location and str(point.value) in location))

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Try each form."""
        return self._forms(point, lambda value: scan.sender.put(point, value), scan)

    def _at_sign_in(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Sign in rightly: only then a sign-in leads anywhere."""
        identity = next(iter(scan.target.accounts), None)
        if identity is None:
            return None
        name, query = point.parameter.name, point.parameter.location == "query"

        def enter(value: str) -> Exchange:
            more, location_values = ({}, {name: value}) if query else ({name: value}, {})
            return scan.sender.try_sign_in(identity.username, identity.password(), more=more, query=location_values)

        try:
            found = self._forms(point, enter, scan)
        except QaError as error:
            scan.coverage.skip(self.id, point.location, error)
            return None
        scan.coverage.tried(self.id, point.location)
        return found

    def _forms(self, point: InsertionPoint, send: Callable[[str], Exchange], scan: Scan) -> Finding | None:
        value = str(point.value)
        forms = [form for form in self.FORMS if "{value}" not in form or value.startswith("http")]
        good = value.rstrip("/")
        sites = dict.fromkeys(filter(None, (_site(value), _site(scan.client.url), *known_origins.sites(scan))))
        forms = [form.replace("{value}", good) for form in forms]
        forms += [_beside(form, site) for site in sites for form in self.BESIDE]
        forms += [_beside(form, site) for site in known_origins.guessed(scan) for form in self.GUESSED]
        found = self._tried(scan, forms, send)
        if found is None:
            return None
        return self.finding(point.location, f"the answer leads to another site, as for '{found[0]}'", *found[1])

    @staticmethod
    def _tried(scan: Scan, forms: Iterable[str], send: Callable[[str], Exchange]) -> tuple[str, list[Exchange]] | None:
        """The first form by which an answer leads to a made-up host, twice, with the answers."""
        for form in forms:
            answers: list[Exchange] = []
            for _ in range(2):
                label = f"qa{scan.random.number()}"
                host = f"{label}.example"
                value = form.replace("{host}", host).replace("{label}", label)
                answer = send(value)
                if not _host(pages.leads_to(answer)).endswith(_host(value) if "{label}" in form else host):
                    break
                answers.append(answer)
            else:
                return form.replace("{host}", "evil.example").replace("{label}", "evil"), answers
        return None


def _forms_of_sites(scan: Scan) -> Iterator[str]:
    """Ways to name another site: plainly, and behind what this one may be called."""
    yield from OpenRedirect.FORMS[:3]
    sites = [each for each in (_site(scan.client.url), *known_origins.sites(scan), *known_origins.guessed(scan)) if each]
    yield from (_beside(OpenRedirect.BESIDE[0], site) for site in sites[:MOST_SITES])


def _beside(form: str, site: str) -> str:
    """A form of an address for one site."""
    return form.replace("{site}", site).replace("{domain}", site.partition("://")[2])


def _site(address: str) -> str:
    """Scheme and host of an address, without a port: what stands behind it would be a part of that."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}" if parts.scheme in ("http", "https") and parts.hostname else ""


def _host(location: str) -> str:
    """The host to which a browser goes: it takes a backslash for a slash and leaves tabs and line breaks out."""
    plain = re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/")
    match = re.match(r"(?i)(?:https?:/*|//+)([^/?#]*)", plain)
    return match[1].rpartition("@")[2].partition(":")[0] if match else ""

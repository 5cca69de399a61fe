"""Keywords about how a session's token is sent: which writings of the header are read, and where no token is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import operations, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance, declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_qa.systems.exchange import Exchange

OK, UNAUTHORISED = 200, 401
ELSEWHERE = ("access_token", "token", "session_token")  # names by which a token is looked for where it must not be
MOST_SHOWN = 5


class CredentialKeywords:
    """Tokens in requests."""

    @keyword(tags=("session", "credentials"))
    def credentials_should_be_read_as_written(self, identity: str) -> None:
        """Sends a session's token in each writing of its header, and checks which are taken and which are refused.

        The scheme is the same in letters of any case, and one blank or more stand behind it (RFC 9110, 11.1 and 11.4). Without a
        blank, behind a tab, in quotes, twice, under another scheme or under none the token is refused, and so is a scheme without
        a token. A token in the query, in a cookie or in another header is none. Each operation takes the scheme in small letters
        as it takes it in its usual ones.

        Args:
            identity: An identity whose session is used.

        Raises:
            CheckFailedError: A writing is refused or taken that should not be; each is named with its status.
            NotEvaluatedError: The environment sends tokens without a scheme.

        Example:

        ```robotframework
        Credentials Should Be Read As Written    analyst
        ```
        """
        realm = Realm(context.system)
        way = realm.system.declared.sign_in or declared.SignIn()
        if not way.scheme:
            raise NotEvaluatedError(f"The sign_in of {realm.system.name} names no scheme: nothing is written in two ways here.")
        token, scheme, header = str(sign_on.session_of(realm, identity)["access_token"]), way.scheme, way.header
        checks = Checks("Credentials", identity)
        letters = dict.fromkeys((scheme, scheme.lower(), scheme.upper(), scheme.swapcase()))
        _taken(checks, "credentials.letters", realm, {f"{writing} TOKEN": {header: f"{writing} {token}"} for writing in letters})
        blanks = {plural(count, "blank"): {header: f"{scheme}{' ' * count}{token}"} for count in (1, 2, 5)}
        _taken(checks, "credentials.blanks", realm, blanks)
        written = {
            "no scheme": token,
            "no blank": f"{scheme}{token}",
            "a tab": f"{scheme}\t{token}",
            "a colon": f"{scheme}: {token}",
            "quotes": f'{scheme} "{token}"',
            "the token twice": f"{scheme} {token} {token}",
            "a comma and the token again": f"{scheme} {token}, {scheme} {token}",
            "the scheme twice": f"{scheme} {scheme} {token}",
            "another scheme": f"Basic {token}",
            "a longer scheme": f"{scheme}s {token}",
            "no token": scheme,
        }
        _refused(checks, "credentials.refused", realm, {name: {header: value} for name, value in written.items()})
        elsewhere = {f"cookie {name}": {"Cookie": f"{name}={token}"} for name in ELSEWHERE}
        elsewhere |= {f"header {name}": {name: f"{scheme} {token}"} for name in ("X-Authorization", "X-Access-Token")}
        _refused(checks, "credentials.elsewhere", realm, elsewhere)
        in_query = {f"query {name}": _profile(realm, {}, f"?{name}={token}") for name in ELSEWHERE}
        _listed(checks, "credentials.in_query", UNAUTHORISED, in_query)
        _each(checks, realm, {header: f"{scheme.lower()} {token}"}, realm.system.identity(identity).role)
        checks.conclude()


def _profile(realm: Realm, headers: Mapping[str, str], query: str = "") -> Exchange:
    """The answer to who is signed in, for headers and a query as they are."""
    method, _, path = str(realm.words.needed("sign_on.profile")).partition(" ")
    return realm.system.send(method, f"{realm.system.full(path)}{query}", headers)


def _taken(checks: Checks, check: str, realm: Realm, written: Mapping[str, Mapping[str, str]]) -> None:
    _listed(checks, check, OK, {name: _profile(realm, headers) for name, headers in written.items()})


def _refused(checks: Checks, check: str, realm: Realm, written: Mapping[str, Mapping[str, str]]) -> None:
    _listed(checks, check, UNAUTHORISED, {name: _profile(realm, headers) for name, headers in written.items()})


def _listed(checks: Checks, check: str, status: int, answers: Mapping[str, Exchange]) -> None:
    """Record whether each of several writings is answered with a status, by the contract."""
    off = [f"{answer.status} for {name}" for name, answer in answers.items() if answer.status != status]
    expected = f"status {status} for each of {plural(len(answers), 'writing')}"
    checks.that(check, not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(answers))
    conformance.conform(checks, "credentials.contract", *answers.values())


def _each(checks: Checks, realm: Realm, headers: Mapping[str, str], role: str) -> None:
    """Record whether each operation takes another writing of the header as it has to take the usual one."""
    cells = operations.row(realm, list(realm.words.needed(f"roles.{role}")))
    off = []
    for cell in cells:
        method, _, path = cell.operation.partition(" ")
        status = realm.system.request(method, path, json_body=cell.body, headers=headers).status
        if status != cell.status:
            off.append(f"{status} for {cell.operation}, not {cell.status}")
    expected = f"the status of the role for each of {plural(len(cells), 'operation')}"
    checks.that("credentials.each_operation", not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(cells))

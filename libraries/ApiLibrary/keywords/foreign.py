"""Keywords for observations of other libraries: RequestsLibrary, DatabaseLibrary, Browser, and a tester's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from assertionengine import AssertionOperator  # Robot converts by annotations
from robotlibcore import keyword

from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.observations import recorder
from theodore_qa.observing.provenance import provenance

OBSERVED = 2  # the position of the argument


class ForeignKeywords:
    """Observations of other libraries."""

    @keyword(tags=("foreign",))
    def observe(
        self,
        what: str,
        expected: Any,
        observed: Any,
        op: AssertionOperator = AssertionOperator["=="],
        message: str | None = None,
    ) -> Any:
        """Compares what another library returned, such as DatabaseLibrary or Browser, and records it as an observation.

        An ``observed`` value that comes from no library keyword, or from Robot's standard keywords alone, is an error: two
        constants say nothing about the system.

        Args:
            what: A name for the observation, such as ``orders in the database``.
            expected: The expected value; it may be a constant.
            observed: A variable with a value that a library keyword returned in this test, or that was derived from one.
            op: An operator of AssertionEngine, such as ``>=`` or ``contains``; ``==`` by default.
            message: The message of a failure; by default one that names both values.

        Returns:
            The observed value.

        Raises:
            UsageError: The observed value comes from no library keyword.

        Example:

        ```robotframework
        Create Authorised Session    theodore
        ${response} =    GET On Session    theodore    /api/v2/version
        Observe    status of the version    ${200}    ${response.status_code}
        ```
        """
        source = provenance.of_argument(OBSERVED, "observed")
        if not source:
            raise UsageError(
                f"Observe needs as 'observed' what a library keyword returned in this test: {observed!r} goes back to none. "
                f"Assign the keyword's result to a variable and give that variable, for example "
                f"Observe    {what}    {expected}    ${{result}}."
            )
        if provenance.is_same_argument(OBSERVED - 1, "expected", OBSERVED, "observed"):
            raise UsageError(f"Observe {what} compares a value with itself, so that it could not fail: give what is expected.")
        recorder.exchanged()
        return asserted(f"observed.{what}", observed, op, expected, message, subject=source)

    @keyword(tags=("foreign", "raw"))
    def create_authorised_session(self, alias: str, *, identity: str | None = None) -> None:
        """Creates a session of RequestsLibrary that sends the credentials of an identity.

        The suite must import RequestsLibrary. Paths start at the root of the system's address. Redirects to hosts that the
        environment does not list are refused. Check the responses by keywords such as `Response Should Be As In The Contract`.

        Args:
            alias: The session's name for keywords of RequestsLibrary, such as ``GET On Session``.
            identity: The identity whose credentials are sent; by default the first one of the system. NOBODY sends none.

        Raises:
            UsageError: The suite does not import RequestsLibrary.

        Example:

        ```robotframework
        Create Authorised Session    theodore    identity=analyst
        ${response} =    GET On Session    theodore    /api/v2/auth/profile
        Response Should Be As In The Contract    ${response}    200
        ```
        """
        try:
            library: Any = builtin().get_library_instance("RequestsLibrary")
        except RuntimeError:
            raise UsageError(
                "Create Authorised Session needs RequestsLibrary: add 'Library    RequestsLibrary' to the suite."
            ) from None
        system = context.system
        caller = system.sender(identity)
        if caller:
            system.authenticator.credentials(caller)
        tls = system.tls
        certificate = (caller.client_certificate if caller else None) or (
            (tls.certificate, tls.key) if tls and tls.certificate else None
        )
        session = library.create_session(alias, system.url, verify=(tls.ca or True) if tls else True, disable_warnings=1)
        session.cert = (
            tuple(filter(None, certificate)) if certificate and certificate[1] else certificate[0] if certificate else None
        )
        session.auth = _Credentials(system, caller)
        session.trust_env = False
        session.hooks["response"].append(_refuse_foreign_redirect(system))


class _Credentials:
    """Puts credentials on each request to our own hosts; requests keeps it out of what RequestsLibrary shows of a session."""

    def __init__(self, system: Any, identity: Any) -> None:
        self._system, self._identity = system, identity

    def __call__(self, request: Any) -> Any:
        system = self._system
        system.client.refuse_foreign(request.url)
        system.refuse_changes(request.method, request.path_url)
        request.headers.update(system.authenticator.credentials(self._identity, request.method, request.path_url))
        if self._identity and self._identity.query:
            request.prepare_url(system.authenticator.signed_path(self._identity, request.url), None)
        return request


def _refuse_foreign_redirect(system: Any) -> Any:
    def look(response: Any, *_: Any, **__: Any) -> Any:
        if response.is_redirect:
            system.client.refuse_foreign(urljoin(response.url, response.headers["location"]))
        return response

    return look

"""Keywords that hide who sends the requests: a system must not behave better for a client that it knows."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any, TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from ApiLibrary import clients, requests
from theodore_qa.context import context
from theodore_qa.errors import NotGrantedError, UsageError
from theodore_qa.observing.checks import Checks

if TYPE_CHECKING:
    from theodore_qa.systems.system import System


class ClientKeywords:
    """Requests in the disguise of other clients."""

    @keyword(tags=("request", "precondition"))
    def disguise_client(self, *, seed: int | None = None, share: float = 0.5) -> int:
        """Makes a share of the requests look as if a browser, an SDK or another client had sent them, until the test ends.

        User-Agent, other headers and the order of all headers vary by a seed, which the log shows. Streams stay as they are.

        Args:
            seed: A whole number, such as the one in an earlier log; random by default.
            share: The share of the requests that other clients seem to send, from 0 to 1; 0.5 by default.

        Returns:
            The seed.

        Raises:
            NotGrantedError: The environment is production.

        Example:

        ```robotframework
        Disguise Client
        Get Response Status    GET /health    ==    200    identity=NOBODY
        ```
        """
        system = _permitted()
        if not 0 <= share <= 1:
            raise UsageError(f"The share of disguised requests is between 0 and 1, and was given as {share:g}.")
        chosen = _seed(seed)
        _dress(system, clients.Disguise(chosen, share))
        context.at_test_end("the disguise of the client", lambda: _dress(system, None))
        return chosen

    @keyword(tags=("request",))
    def answers_should_not_depend_on_client(
        self, *requested: str, seed: int | None = None, identity: str | None = None, body: Any = None
    ) -> None:
        """Sends requests as this client, as browsers and as SDKs, and checks that all get the same answers.

        Status, media type, the shape of the JSON and every value are compared. What changes between two answers to this client,
        such as a time stamp, is left out. The order of requests and clients, the pauses and the headers vary by the seed.

        Args:
            requested: Requests that may be repeated, such as ``GET /plugins?limit=2``.
            seed: A whole number, such as the one in an earlier log; random by default.
            identity: The identity that sends the requests; by default the first one of the system. NOBODY sends them anonymously.
            body: The body of the requests: a dictionary, a list or a JSON text; by default there is none.

        Raises:
            QaError: An answer depends on the client.
            NotGrantedError: The environment is production.

        Example:

        ```robotframework
        Answers Should Not Depend On Client    GET /plugins?limit=2    GET /version
        ```
        """
        if not requested:
            raise UsageError("Name at least one request, such as GET /version.")
        system = _permitted()
        chosen = _seed(seed)
        order = list(requested)
        clients.Disguise(chosen).source.shuffle(order)
        for number, request in enumerate(order):
            checks = Checks("Clients", request)
            send = partial(requests.sent, request, identity=identity, body=body)
            found, count = clients.differences(send, partial(_dress, system), chosen + number)
            observed = "; ".join(f"to {difference.client}: {difference.what}" for difference in found)
            expected = "the answer that this client gets, to browsers and SDKs too"
            checks.that(
                "api.client_alike", not found and count > 0, expected, observed or f"{count} of {count} values alike", n=count
            )
            checks.conclude()


def _dress(system: System, disguise: clients.Disguise | None) -> None:
    system.client.dress = disguise


def _permitted() -> System:
    system = context.system
    if system.environment.kind == "production":
        raise NotGrantedError(
            f"The environment {system.environment.name} is production, where no client is disguised: name a test environment."
        )
    return system


def _seed(seed: int | None) -> int:
    chosen = secrets.randbelow(10**9) if seed is None else seed
    logger.info(f"Seed of the disguise: {chosen}")
    return chosen

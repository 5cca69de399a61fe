"""A keyword about each way to sign on while the identity provider fails or is silent."""

from __future__ import annotations

from concurrent import futures
from datetime import timedelta  # Robot converts arguments by these hints
from functools import partial
from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import assertions, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance, links, oauth

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems.exchange import Exchange

OK, FOUND, UNAVAILABLE = 200, 302, 503
BY_THE_PROVIDER = ("password", "token", "code")  # what nobody can know without the provider: the others may know it from before


class UnavailableSignOnKeywords:
    """Sign-on while the identity provider is gone."""

    @keyword(tags=("sign-on", "fault"))
    def each_way_to_sign_on_should_be_unavailable(
        self, identity: str, *, status: int | None = None, delay: timedelta | None = None, link: str = "provider"
    ) -> None:
        """Has the identity provider fail, or be silent, and checks that each way to sign on says so: status 503, and no session.

        The ways are name and password, a token that the provider has given before, the code with which a browser comes back from
        its page, an assertion of SAML, and the ways to both pages. A refusal with 401 would tell people that their password is
        wrong, or their token forged. An assertion and the ways to the pages may do with what the platform knows of the provider.
        Once the provider answers again, password and token open sessions. The environment must allow ``chaos``.

        Args:
            identity: Who signs on: a person with name and password.
            status: The status of every answer of the provider, such as 503; no error by default.
            delay: The delay of its answers, longer than the platform waits, such as 8 s; none by default.
            link: The link behind which the double of the provider is; provider by default.

        Raises:
            UsageError: Neither ``status`` nor ``delay`` is given.
            CheckFailedError: A way is answered otherwise: expected status 503, observed status 401.

        Example:

        ```robotframework
        Each Way To Sign On Should Be Unavailable    analyst    status=503
        Each Way To Sign On Should Be Unavailable    analyst    delay=8 s
        ```
        """
        if status is None and delay is None:
            raise UsageError("Say how the provider is to fail: status= or delay=.")
        realm = Realm(context.system)
        system = realm.system
        system.permit("chaos")
        who = system.identity(identity)
        token = realm.grant(identity).token
        browser = oauth.Browser(realm.party, who)
        back = sign_on.way_back(realm, browser)
        ways: dict[str, Callable[[], Exchange]] = {
            "password": partial(system.authenticator.try_sign_in, who.username, who.password()),
            "token": partial(sign_on.open_session, realm, token),
            "code": partial(sign_on.delivered, realm, browser, back),
            "assertion": assertions.Answer.of(realm, identity).deliver,
            "page": partial(sign_on.sent, realm, "sign_on.page"),
            "page by SAML": partial(sign_on.sent, realm, "saml.page"),
        }
        context.at_test_end(f"{link} could not be made to behave again", lambda: links.misbehave(system, link, {}))
        behaviour = {"status": status, "delay": delay.total_seconds() if delay else None}
        links.misbehave(system, link, {name: value for name, value in behaviour.items() if value is not None})
        with futures.ThreadPoolExecutor(len(ways)) as pool:
            answers = dict(zip(ways, pool.map(lambda way: way(), ways.values()), strict=True))
        links.misbehave(system, link, {})
        checks = Checks("Sign-on without the provider", identity)
        for way, answer in answers.items():
            sign_on.keep(answer)
            allowed = (UNAVAILABLE,) if way in BY_THE_PROVIDER else (OK, FOUND, UNAVAILABLE)
            expected = f"status {' or '.join(map(str, allowed))} for {way}"
            checks.that("dependencies.each_sign_on", answer.status in allowed, expected, f"status {answer.status} for {way}")
            conformance.conform(checks, "dependencies.contract", answer)
        for way in ("password", "token"):
            answer = ways[way]()
            sign_on.keep(answer)
            conformance.answered(checks, "dependencies.sign_on_again", OK, answer)
        checks.conclude()

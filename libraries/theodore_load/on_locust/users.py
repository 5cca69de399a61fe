"""The users of a scenario as Locust knows them: each sends its requests by Locust's FastHttpUser and checks what comes back."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from typing import Any, ClassVar, TYPE_CHECKING
from urllib.parse import urlsplit

import gevent
from locust import FastHttpUser, task
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import StopUser

from theodore_load import answers
from theodore_load import scenario as scenarios
from theodore_load.answers import BadAnswerError, CHECK
from theodore_load.on_locust import refuse_unsupported
from theodore_load.on_locust.crew import Crew
from theodore_load.protocol import Answer, PROTOCOL, REFUSED, RESET, TIMEOUT, TLS, UNREACHABLE
from theodore_load.user import DEFAULT_HEADERS, headers_of, SAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_load.scenario import Journey, Scenario, Step

ENDLESS = 1_000_000_000


class ScenarioUser(FastHttpUser):  # type: ignore[misc]  # Locust is looked at as it comes
    """A user of the scenario of its process."""

    abstract = True
    host = "http://127.0.0.1"
    insecure = False
    crew: ClassVar[Crew | None] = None

    def __init__(self, environment: Any) -> None:
        crew = self.crew
        if crew is None:
            raise StopUser("there is no scenario")
        self._crew, scenario = crew, crew.scenario
        self.host = scenario.url
        tls = scenario.declared.get("tls") or {}
        self.insecure = not tls.get("verify", True)
        self.ssl_context_factory = lambda **_: ssl.create_default_context(cafile=str(tls.get("ca", "")) or None)
        self.network_timeout = self.connection_timeout = max(
            step.timeout for journey in scenario.journeys for step in journey.steps
        )
        super().__init__(environment)
        self.number = crew.number()
        row = scenario.data[self.number % len(scenario.data)] if scenario.data else {}
        identity = scenario.identities[self.number % len(scenario.identities)]
        self._served = crew.recorder.serving(str(identity.get("name", "nobody")))
        self._values = {"user": self.number} | row | identity.get("values", {})
        self._own = DEFAULT_HEADERS | identity.get("headers", {})

    @task  # type: ignore[untyped-decorator]
    def work(self) -> None:
        """Work from the beginning to the end of the load."""
        self._crew.work(self.number, self.go)
        raise StopUser

    def go(self, journey: Journey, iteration: int, intended: float) -> None:
        """Go through a journey once; it ends at its first step that fails."""
        crew, values = self._crew, self._values | {"iteration": iteration}
        began, several = intended, len(journey.steps) > 1
        for position, step in enumerate(journey.steps):
            if position:
                pause = crew.think()
                intended = crew.now() + pause
                gevent.sleep(pause)
            if not self._until_done(step, values, intended):
                if several and not crew.stopped:
                    crew.recorder.journeys[journey.name].bad(CHECK, f"its step '{step.name}' failed")
                return
        if several:
            took = crew.now() - began
            crew.recorder.journeys[journey.name].good(took, took, checked=True)

    def _until_done(self, step: Step, values: dict[str, Any], intended: float) -> bool:
        crew, give_up = self._crew, intended + step.within
        while crew.turn():
            done = self._exchange(step, values, intended)
            if done is not None:
                return done
            if crew.now() >= give_up:
                crew.recorder.steps[step.name].bad(CHECK, f"not done within {step.within:g} s")
                crew.recorder.failed += 1
                return False
            intended = crew.now() + step.every
            gevent.sleep(step.every)
        return False

    def _exchange(self, step: Step, values: dict[str, Any], intended: float) -> bool | None:
        """Send a step once; whether it succeeded, None where it has to be repeated."""
        crew, figures = self._crew, self._crew.recorder.steps[step.name]
        crew.recorder.requests += 1
        began = crew.now()
        with gevent.Timeout(step.timeout, exception=TimeoutError):
            response = self._sent(step, values)
            answer = _answer(response, step.timeout, crew.scenario.limits["body"])
        ended = crew.now()
        figures.received += answer.received
        figures.statuses[answer.status or answer.kind] += 1
        kind, text, done = answer.kind, answer.text, True
        if not kind:
            try:
                taken, done = step.expect.judge(answer, values)
                if step.phases is not None and done:
                    for name, seconds in step.phases.found(answers.tree_of(answer)):
                        crew.recorder.phase(name, seconds)
                values.update(taken)
            except BadAnswerError as error:
                kind, text = error.kind, str(error)
        with response:
            if kind:
                response.failure(f"{kind}: {text}")
            else:
                response.success()
        if kind:
            figures.bad(kind, text)
            crew.recorder.failed += 1
            self._served[1] += 1
            crew.recorder.series.count(ended, None, answer.received)
            return False
        figures.good(ended - intended, ended - began, checked=step.expect.checked or not answer.body)
        crew.recorder.series.count(ended, ended - intended, answer.received)
        self._served[0] += 1
        self._served[2] += ended - intended
        figures.sample = figures.sample or bytes(answer.body[:SAMPLE]).decode("utf-8", "replace")
        return True if done else None

    def _sent(self, step: Step, values: Mapping[str, Any]) -> Any:
        body = step.body.render(values).encode(step.encoding) if step.body else None
        headers = dict(self._own) | ({"Content-Type": step.media} if body is not None else {})
        return self.client.request(
            step.method,
            self._crew.scenario.url + step.path.render(values),
            name=step.name,
            data=body,
            headers=headers_of(step, headers, values),
            allow_redirects=False,
            catch_response=True,
        )


def _answer(response: Any, limit: float, keep: int) -> Answer:
    """What came back, as our own engine has it."""
    error, content = response.request_meta.get("exception"), b""
    if isinstance(error, LocustBadStatusCode):  # which is for the step to judge
        error = None
    answer = Answer()
    answer.status = int(response.status_code or 0)
    if error is None:
        try:
            content = response.content or b""
        except Exception as problem:  # noqa: BLE001  # whatever broke off the body
            error = problem
    if error is not None:
        answer.kind, answer.text = _kind(error, limit)
        return answer
    answer.received, answer.cut = len(content), len(content) > keep
    answer.body = bytearray(content[:keep])
    return answer


def _kind(error: BaseException, limit: float) -> tuple[str, str]:  # noqa: PLR0911  # one line a cause
    """The kind of an error and its text, as our own engine has them."""
    error = getattr(error, "original", None) or error  # of what was tried once and not again
    if isinstance(error, TimeoutError | gevent.Timeout):
        return TIMEOUT, f"not complete within {limit:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLS, f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return TLS, f"TLS failed: {error.reason or error}"
    if isinstance(error, ConnectionRefusedError):
        return REFUSED, "connection refused"
    if isinstance(error, socket.gaierror):
        return UNREACHABLE, f"the host name is not known: {error.strerror}"
    if type(error).__name__ == "HTTPParseError":
        return PROTOCOL, "the answer is no HTTP"
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        return UNREACHABLE, error.strerror or str(error)
    return RESET, "the connection was closed or reset"


def crew_of(declared: Mapping[str, Any], index: int, of: int, users: int) -> Crew:
    """The crew of a scenario as data."""
    made: Scenario = scenarios.read(declared, Path())
    refuse_unsupported(made)
    return Crew(made, index, of, users)


def users_of(declared: Mapping[str, Any], identities: str | None = None) -> type[ScenarioUser]:
    """The users of a scenario for a locustfile: how many there are and for how long is Locust's to say.

    Args:
        declared: The scenario; its stages are not kept to.
        identities: Identities with their headers as JSON, since a file holds no credentials; those of the scenario by default.
    """
    whole = dict(declared) | {"stages": [f"{scenarios.MOST_USERS} users x {ENDLESS}"]}
    whole |= {"identities": json.loads(identities)} if identities else {}
    crew = crew_of(whole, 0, 1, ENDLESS)
    crew.begin(0.0)
    parts = urlsplit(crew.scenario.url)
    return type("User", (ScenarioUser,), {"abstract": False, "crew": crew, "host": f"{parts.scheme}://{parts.netloc}"})

"""One environment per process: the system under test, who is signed in, and what was opened and has to be closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TYPE_CHECKING

from theodore_qa import environment as environments
from theodore_qa import safety, sandbox
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.http import Http
from theodore_qa.observations import recorder
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from theodore_qa.environment import Environment, NotAvailable
    from theodore_qa.http import Answer
    from theodore_qa.proxies import Proxies

AFTER_ALL = 10**15


class Context:
    """What the keywords of this process share; everything is opened when it is first needed."""

    def __init__(self) -> None:
        self._environment: Environment | None = None
        self._sandbox: sandbox.Sandbox | None = None
        self._http: Http | None = None
        self._records: httpx.Client | None = None
        self._proxies: Proxies | None = None
        self._tokens: dict[str, str] = {}
        self.sign_ins: dict[str, Answer] = {}
        self._at_test_end: list[tuple[str, Callable[[], None]]] = []
        self._at_suite_end: list[tuple[str, Callable[[], None]]] = []
        self._used = False
        self.proved: dict[str, str] = {}

    @property
    def environment(self) -> Environment:
        """The environment of this process; an embedded sandbox is started on first use."""
        if self._environment is None:
            self._environment = environments.load(environments.locate())
        if self._environment.embedded:
            self._start_sandbox(self._environment)
        self._used = True
        return self._environment

    @property
    def started(self) -> bool:
        """Whether an environment is in use."""
        return self._environment is not None

    @property
    def embedded(self) -> bool:
        """Whether the system under test is our own sandbox."""
        return self._sandbox is not None

    def _start_sandbox(self, declared: Environment) -> None:
        running = sandbox.start(declared)
        self._sandbox = running
        self.proved = {"instance_id": running.instance}
        self._environment = replace(
            declared,
            url=running.urls["api"],
            control=running.urls["control"],
            proof={"instance_id": running.instance},
            links=running.links(),
            tls=running.urls.get("tls"),
            tls_ca=next(iter(running.files.get("authority", [])), None),
            stores=running.files["stores"],
            logs=running.files["logs"],
        )

    def proxied(self) -> Proxies:
        """The fault proxies of the environment; from the first call on the system is reached through them."""
        environment = self.environment
        if self._proxies is None:
            from theodore_qa.proxies import open_proxies

            self._proxies = open_proxies(environment, standing=not self.embedded)
            if self._proxies is None:
                raise NotEvaluatedError(f"the environment {environment.name} names no proxies on its links")
            if self._proxies.api:
                self._environment = replace(environment, url=self._proxies.api)
                if self._http:
                    self._http.close()
                    self._http = None
        return self._proxies

    @property
    def http(self) -> Http:
        """The client of the system under test."""
        if self._http is None:
            self._http = Http(self.environment, self.environment.url)
        return self._http

    def api(self, path: str) -> str:
        """A path below the API's prefix."""
        return f"{self.environment.api_prefix}{path}"

    def token(self, identity: str | None = None) -> str:
        """The access token of an identity, which is signed in when it first needs one."""
        name = self.environment.identity(identity).name
        if name not in self._tokens:
            self.sign_in(name)
        return self._tokens[name]

    def sign_in(self, identity: str | None = None, password: str | None = None) -> dict[str, Any]:
        """Sign an identity in and keep its token; returns the user's profile. ``password`` instead of the usual one."""
        who = self.environment.identity(identity)
        password = password or who.password()
        secrets.add(password, who.password_env)
        body = {"username": who.username, "password": password}
        answer = self.http.request("POST", self.api("/auth/login"), json_body=body)
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(token, str) or not token:  # noqa: PLR2004
            raise QaError(
                f"The identity '{who.name}' could not sign in at {self.environment.url}: expected 200 with an access_token, "
                f"observed {answer.status} with {answer.excerpt()}."
            )
        for kind in ("access_token", "refresh_token"):
            if isinstance(answer.body.get(kind), str) and len(answer.body[kind]) > 5:  # noqa: PLR2004
                secrets.add(answer.body[kind], f"{kind} of {who.name}")
        self._tokens[who.name] = token
        self.sign_ins[who.name] = answer
        profile = answer.body.get("user")
        return profile if isinstance(profile, dict) else {}

    def forget_token(self, identity: str | None = None) -> str | None:
        """Take an identity's token out of use and return it."""
        return self._tokens.pop(self.environment.identity(identity).name, None)

    def calls(self, link: str, after: int = 0) -> list[dict[str, Any]]:
        """The calls that the system made over a dependency link, as the link's own record has them."""
        named = self.environment.links.get(link)
        if named is None:
            raise NotEvaluatedError(f"the environment {self.environment.name} names no link '{link}'")
        return [call for call in self._link_record(named.calls, after)["calls"] if call["link"] == link]

    def call_mark(self) -> int:
        """A mark in the links' records: calls made later have higher numbers. 0 where there are no links."""
        urls = {link.calls for link in self.environment.links.values()}
        return max((int(self._link_record(url, AFTER_ALL)["last"]) for url in urls), default=0)

    def _link_record(self, url: str, after: int) -> dict[str, Any]:
        import httpx

        self.http.refuse_foreign(url)
        try:
            if self._records is None:
                self._records = httpx.Client(timeout=self.environment.timeout, trust_env=False)
            record = self._records.get(url, params={"after": after}).raise_for_status().json()
            return {"calls": list(record["calls"]), "last": int(record["last"])}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            raise NotEvaluatedError(f"the record of the dependency links at {url} could not be read") from None

    def misbehave(self, link: str, behaviour: dict[str, Any]) -> None:
        """Tell the double behind a dependency link how to misbehave; an empty behaviour is a good one."""
        import httpx

        named = self.environment.links.get(link)
        if named is None or named.behaviour is None:
            raise NotEvaluatedError(
                f"the environment {self.environment.name} names no behaviour of a link '{link}' by which it could be made to fail"
            )
        self.http.refuse_foreign(named.behaviour)
        try:
            reply = httpx.put(named.behaviour, json=behaviour, timeout=self.environment.timeout, trust_env=False)
        except httpx.HTTPError:
            raise NotEvaluatedError(f"the double of {link} at {named.behaviour} could not be told to misbehave") from None
        if reply.status_code != 200:  # noqa: PLR2004  # HTTP's OK
            raise QaError(f"The double of {link} refused the behaviour {behaviour}: {reply.text[:200]}.")

    def permit(self, action: str) -> None:
        """Raise unless the environment grants a hostile ``action`` and its target proves to be the one that is meant."""
        self.proved = {"instance_id": safety.permit(action, self.environment, self.http)}

    def prove(self) -> str:
        """Ask the target which one it is, where the environment says which is meant; returns what is wrong with its answer."""
        expected = self.environment.proof.get("instance_id")
        if self.proved or not expected:
            return ""
        try:
            observed = safety.instance_of(self.environment, self.http)
        except QaError as error:
            return f"the target could not be asked which one it is: {str(error).rstrip('.')}"
        self.proved = {"instance_id": observed} if observed else {}
        if observed == expected:
            return ""
        return (
            f"the target at {self.environment.url} is not the one that {self.environment.path.name} means: "
            f"expected instance '{expected}', observed '{observed or 'none'}'"
        )

    def granted(self, action: str) -> None:
        """Raise unless the environment grants a hostile ``action`` at all."""
        safety.granted(action, self.environment)

    def waiver(self, entry: str) -> NotAvailable | None:
        """Why this environment openly does without an entry, if it does and the date has not passed."""
        parts = entry.split(".")
        for length in range(len(parts), 0, -1):
            declared = self.environment.not_available.get(".".join(parts[:length]))
            if declared and declared.in_force:
                return declared
        return None

    def at_test_end(self, what: str, undo: Callable[[], None]) -> None:
        """Have something undone when the test ends, whatever its result; outside a test, when the suite ends."""
        (self._at_test_end if recorder.test else self._at_suite_end).append((what, undo))

    def at_suite_end(self, what: str, undo: Callable[[], None]) -> None:
        """Have something undone when the suite ends."""
        self._at_suite_end.append((what, undo))

    def end_test(self) -> list[str]:
        """Undo what the test left, last first; returns what could not be undone."""
        return _undone(self._at_test_end)

    def end_suite(self) -> list[str]:
        """Undo what the suite's setup left, end its sessions, and reset the system where this process owns it and used it.

        Returns what could not be undone.
        """
        problems = _undone(self._at_suite_end)
        self._tokens.clear()
        self.sign_ins.clear()
        if self._sandbox and self._used:
            self._sandbox.reset()
            self._used = False
        return problems

    def close(self) -> None:
        """Close and stop everything; the context can be used anew afterwards."""
        if self._http:
            self._http.close()
        if self._records:
            self._records.close()
        if self._proxies:
            self._proxies.close()
        if self._sandbox:
            self._sandbox.stop()
        self.__init__()  # type: ignore[misc]  # back to the state of a new one


def _undone(left: list[tuple[str, Callable[[], None]]]) -> list[str]:
    problems = []
    while left:
        what, undo = left.pop()
        try:
            undo()
        except Exception as error:  # noqa: BLE001  # one failing clean-up must not keep the others from running
            problems.append(f"{what}: {error}")
    return problems


context = Context()

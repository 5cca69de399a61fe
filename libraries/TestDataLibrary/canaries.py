"""Canary companies: a site with invented facts, where it is served, and what has become of it."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from TestDataLibrary.canary_server import CanaryServer, Content, FILES
from theodore_qa.canary.site import from_facts
from theodore_qa.errors import NotEvaluatedError, NotGrantedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from TestDataLibrary.canary_server import Visit
    from theodore_qa.canary.site import Site
    from theodore_qa.systems.settings import EnvironmentSettings

PUBLISHED, UNPUBLISHED, WITHDRAWN = "published", "unpublished", "withdrawn"
_REFUSALS = {PUBLISHED: None, UNPUBLISHED: HTTPStatus.NOT_FOUND, WITHDRAWN: HTTPStatus.GONE}


@dataclass(eq=False)
class Canary:
    """A canary company: its ``name``, the ``address`` of its site, and its ``facts`` by field."""

    site: Site
    address: str
    state: str = PUBLISHED
    server: CanaryServer | None = None
    since: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))  # of its state, or of its last change

    def __str__(self) -> str:
        return f"{self.name} at {self.address}"

    @property
    def name(self) -> str:
        """The company's name."""
        return self.site.name

    @property
    def facts(self) -> dict[str, Any]:
        """What the site states, by field."""
        return self.site.facts

    @property
    def netloc(self) -> str:
        """Host and port of the site."""
        return urlsplit(self.address).netloc.removeprefix("www.")

    def url_of(self, name: str) -> str:
        """The address of the page that states a field."""
        return self.address + self.site.page_of(name)

    def set_state(self, state: str) -> None:
        """Publish or withdraw the site, or serve it anew after a change."""
        if self.server is None:
            raise NotEvaluatedError(f"the site at {self.address} is not served from here: it cannot be changed or withdrawn")
        self.state = state
        self.server.content = Content(self.site.pages(), _REFUSALS[state])
        self.since = dt.datetime.now(dt.UTC)

    def change(self, name: str | None, value: Any = None) -> tuple[str, Any]:
        """Give a field another value on the site: a given one, or one that chance draws."""
        if self.server is None:
            self.set_state(self.state)
        changed = self.site.change(name, value)
        self.set_state(self.state)
        return changed

    def requests(self, since: float) -> list[Visit]:
        """The requests that came after a moment of the monotonic clock."""
        return [visit for visit in self.server.visits if visit.at >= since] if self.server else []

    def read_pages(self, since: float) -> set[str]:
        """The pages that were fetched after a moment."""
        return {visit.path for visit in self.requests(since) if visit.status == HTTPStatus.OK and visit.path not in FILES}


def serve(site: Site, host: str, *, published: bool) -> Canary:
    """Serve a site from this machine."""
    state = PUBLISHED if published else UNPUBLISHED
    server = CanaryServer(Content(site.pages(), _REFUSALS[state]), host)
    return Canary(site, server.origin, state, server)


def elsewhere(address: str, facts: Path) -> Canary:
    """A site that ``theodore canary build`` wrote, and that stands at an address of its own."""
    try:
        saved = json.loads(facts.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The facts file {facts} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"The facts file {facts} is no JSON: {error}.") from None
    return Canary(from_facts(saved), address.rstrip("/"))


def permit(environment: EnvironmentSettings, host: str) -> None:
    """Raise unless the environment allows a canary at a host."""
    if environment.kind == "production":
        raise NotGrantedError(
            f"The environment {environment.name} is production, where no invented company is researched: name a test environment."
        )
    if host not in environment.hosts:
        raise NotGrantedError(
            f"The host {host} of the canary is not among the hosts of {environment.path.name} "
            f"({', '.join(environment.hosts)}): add it there."
        )


def began(research: Any, canary: Canary) -> tuple[float, dt.datetime]:
    """When a research began, on both clocks; of a bare record, when the site got what it says now."""
    started, accepted = getattr(research, "started", None), getattr(research, "accepted", None)
    if isinstance(started, float) and accepted is not None:
        return started, accepted.sent
    return time.monotonic() - (dt.datetime.now(dt.UTC) - canary.since).total_seconds(), canary.since

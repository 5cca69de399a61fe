"""A scenario: which requests, in which order and how often, by whom, how fast; and what their answers have to be.

It is read from a mapping (YAML or what a keyword builds), checked whole before anything is sent, and handed to workers as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_load import bodies, phases, rows, schemas, stages, streaming, templates
from theodore_load.answers import Expectation
from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from theodore_load.stages import Stage

BUILT_IN = ("user", "iteration")
SCENARIO_KEYS = (
    *("url", "stages", "users", "think", "ramp", "timeout"),
    *("data", "identities", "journeys", "limits", "tls", "workers"),
)
STEP_KEYS = (
    *("name", "request", "json", "form", "body", "multipart", "headers", "expect", "unchecked"),
    *("take", "until", "every", "within", "timeout", "redirects", "session", "phases"),
)
JOURNEY_KEYS = ("name", "weight", "steps")
EXPECT_KEYS = ("status", "text", "fields", "schema")
LIMITS: dict[str, Any] = {
    "max_rps": 0,  # 0: as the stages say
    "requests": 1_000_000,
    "seconds": 3600,
    "errors": 1.0,  # the share of errors at which a load stops
    "lateness": 0.1,  # the client's own, in seconds at the 99th percentile
    "behind": 10,  # seconds that an arrival waits for a free user before the load stops
    "body": 1_000_000,
}
MOST_WEIGHT = 10_000
MOST_USERS = 50_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", *streaming.METHODS)
MOST_REDIRECTS = 20


@dataclass(frozen=True)
class Step:
    """A request and what its answer has to be."""

    name: str
    method: str
    path: templates.Template
    headers: tuple[tuple[str, templates.Template], ...]
    body: templates.Template | None
    media: str
    expect: Expectation
    timeout: float
    repeats: bool  # until its answer says that all is done
    every: float
    within: float
    encoding: str = "utf-8"  # in which the text of the body becomes bytes
    redirects: int = 0  # the most that are followed
    stream: streaming.Stream | None = None
    phases: phases.Phases | None = None
    plain: bool = field(init=False)  # one request and one answer
    reads_body: bool = field(init=False)

    def __post_init__(self) -> None:
        """What is asked for each request."""
        object.__setattr__(self, "plain", self.stream is None and not self.redirects)
        object.__setattr__(self, "reads_body", self.expect.reads_body or self.stream is not None or self.phases is not None)

    @property
    def names(self) -> set[str]:
        """The values that it needs."""
        return self.expect.names | self.own_names

    @property
    def own_names(self) -> set[str]:
        """The values that its request needs; what its answer has to be may need more."""
        sent = self.stream.send if self.stream else ()
        parts = (self.path, *(value for _, value in self.headers), *([self.body] if self.body else []), *sent)
        return set().union(*(part.names for part in parts))


@dataclass(frozen=True)
class Journey:
    """Steps in their order, and how often they are chosen among the journeys."""

    name: str
    weight: int
    steps: tuple[Step, ...]
    long: bool = field(init=False)  # of several steps, so that it has figures of its own
    needs_values: bool = field(init=False)  # which are other ones each time

    def __post_init__(self) -> None:
        """What is asked for each journey."""
        object.__setattr__(self, "long", len(self.steps) > 1)
        object.__setattr__(self, "needs_values", any(step.names or step.expect.takes for step in self.steps))


@dataclass(frozen=True, repr=False)  # it holds credentials
class Scenario:
    """All that a load needs; ``declared`` is the whole of it as data, files read in."""

    declared: dict[str, Any]
    url: str
    stages: tuple[Stage, ...]
    journeys: tuple[Journey, ...]
    data: tuple[dict[str, Any], ...]
    identities: tuple[dict[str, Any], ...]
    users: int
    think: tuple[float, float]
    ramp: float  # seconds within which the users of a closed load begin
    limits: dict[str, Any]

    @property
    def open(self) -> bool:
        """Whether arrivals have times of their own, whatever the system does."""
        return self.stages[0].open

    @property
    def peak(self) -> int:
        """The most users that it has at once."""
        return self.users if self.open else int(max(max(stage.start, stage.end) for stage in self.stages))

    def begins(self, user: int) -> float:
        """When the user with this number begins, in seconds since the load did."""
        return self.ramp * user / self.peak

    @property
    def duration(self) -> float:
        """The seconds that its stages last; iterations have no such end."""
        return sum(stage.duration for stage in self.stages)

    @property
    def model(self) -> str:
        """The model in words."""
        texts = ", ".join(map(str, self.stages))
        if self.open:
            return f"open model, {texts}: response times count from the intended start, so that a stall shows in full"
        texts += f", who begin within {self.ramp:g} s" if self.ramp else ""
        return f"closed model, {texts}: users wait for their answers, so that a stall delays requests that are not counted in it"


def load(path: Path) -> Scenario:
    """The scenario in a YAML file; files that it names stand beside it."""
    from theodore_qa.systems.files import read_yaml

    return read(read_yaml(path), path.parent)


def read(declared: Mapping[str, Any], folder: Path) -> Scenario:
    """The scenario in a mapping.

    Raises:
        UsageError: An entry is unknown, lacking or wrong; the text names it.
    """
    whole = dict(declared)
    _known(whole, SCENARIO_KEYS, "the scenario")
    for key in ("url", "stages", "journeys"):
        if not whole.get(key):
            raise UsageError(f"The scenario has no '{key}': add it.")
    limits = LIMITS | _known(dict(whole.get("limits") or {}), LIMITS, "the limits")
    for name in ("seconds", "lateness", "behind"):
        limits[name] = stages.seconds(limits[name])
    whole["data"] = rows.read(whole.get("data"), folder)
    whole["limits"] = limits
    timeout = stages.seconds(whole.get("timeout", 10))
    columns = set(whole["data"][0]) if whole["data"] else set()
    own = [set(identity.get("values") or {}) for identity in whole.get("identities") or ()]
    columns |= set.intersection(*own) if own else set()
    whole["journeys"] = [_with_files(journey, folder) for journey in whole["journeys"]]
    journeys = tuple(_journey(journey, timeout, columns) for journey in whole["journeys"])
    if sum(journey.weight for journey in journeys) > MOST_WEIGHT:
        raise UsageError(f"The weights of the journeys add up to more than {MOST_WEIGHT}: write smaller ones.")
    _distinct([step.name for journey in journeys for step in journey.steps])
    _distinct([name for journey in journeys if len(journey.steps) > 1 for name in (journey.name, *_step_names(journey))])
    think = whole.get("think", 0)
    low, high = think if isinstance(think, list) else (think, think)
    made = Scenario(
        whole,
        str(whole["url"]).rstrip("/"),
        stages.read(whole["stages"]),
        journeys,
        tuple(whole["data"]),
        tuple(whole.get("identities") or ({"name": "nobody"},)),
        int(whole.get("users", 200)),
        (stages.seconds(low), stages.seconds(high)),
        stages.seconds(whole.get("ramp", 0)),
        limits,
    )
    _refuse_too_much(made)
    return made


def _refuse_too_much(scenario: Scenario) -> None:
    """Raise for a load beyond its own bounds, or beyond what the environment grants."""
    most, seconds = scenario.limits["max_rps"], scenario.limits["seconds"]
    peak = max(max(stage.start, stage.end) for stage in scenario.stages)
    if scenario.open and most and peak > most:
        raise UsageError(
            f"The load asks for {peak:g} arrivals a second, and {most:g} requests a second are allowed (allow.load_max_rps): "
            f"lower the rate, or have more allowed."
        )
    if scenario.ramp and scenario.open:
        raise UsageError("A ramp is for users, not for a rate: write a stage such as '10/s to 50/s for 30 s'.")
    if scenario.duration > seconds:
        raise UsageError(f"The stages last {scenario.duration:g} s, and a load lasts at most {seconds:g} s (limits.seconds).")
    if (users := scenario.users if scenario.open else peak) > MOST_USERS:
        raise UsageError(f"The load has {users:g} users, and at most {MOST_USERS} are possible.")


def _journey(declared: Mapping[str, Any], timeout: float, columns: set[str]) -> Journey:
    _known(declared, JOURNEY_KEYS, "a journey")
    name = str(declared.get("name", ""))
    if not declared.get("steps"):
        raise UsageError(f"The journey '{name}' has no steps: add at least one.")
    weight = declared.get("weight", 1)
    if not isinstance(weight, int) or weight < 1:
        raise UsageError(f"The weight of the journey '{name}' is {weight}: write a whole number from 1.")
    steps = tuple(_step(step, timeout) for step in declared["steps"])
    known = columns | set(BUILT_IN)
    for step, origin in zip(steps, declared["steps"], strict=True):
        if lacking := sorted(step.names - known):
            raise UsageError(
                f"The step '{step.name}' needs a value '{lacking[0]}', which no column of the data and no earlier step gives: "
                f"there are {', '.join(sorted(known))}."
            )
        known |= set(origin.get("take") or {})
    return Journey(name or f"journey from {steps[0].name}", weight, steps)


def _step_names(journey: Journey) -> list[str]:
    return [step.name for step in journey.steps]


def _step(declared: Mapping[str, Any], timeout: float) -> Step:
    _known(declared, STEP_KEYS, "a step")
    request = str(declared.get("request", "")).split(maxsplit=1)
    if len(request) != 2 or request[0].upper() not in METHODS or not request[1].startswith("/"):  # noqa: PLR2004  # method and path
        given = declared.get("request", "")
        raise UsageError(f"'{given}' is no request: write for example 'GET /orders' ({', '.join(METHODS)}).")
    method, path = request[0].upper(), request[1].strip()
    name = str(declared.get("name") or f"{method} {path}")
    usual = streaming.SWITCHED if method == streaming.WEB_SOCKET else 200
    expected = {"status": usual} | _known(dict(declared.get("expect") or {}), EXPECT_KEYS, f"what the step '{name}' expects")
    try:
        expect = Expectation(expected, declared.get("take") or {}, declared.get("until") or {})
    except ValueError:
        raise UsageError(f"The step '{name}' expects the status {expected.get('status')}: write a number such as 200.") from None
    if expected.get("schema"):
        schemas.refuse_bad(expected["schema"], name)
    without_body = method == "HEAD" or expect.statuses <= {204, 205, 304}
    if not expect.checked and not without_body and not declared.get("unchecked"):
        raise UsageError(
            f"The step '{name}' accepts whatever body comes: say what it must hold, by a text, fields or a schema, so that an "
            f"empty answer is no success."
        )
    body, media, encoding = bodies.body(declared, name)
    redirects = declared.get("redirects", 0)
    if not isinstance(redirects, int) or not 0 <= redirects <= MOST_REDIRECTS:
        raise UsageError(f"The step '{name}' follows {redirects} redirects: write a whole number from 0 to {MOST_REDIRECTS}.")
    return Step(
        name,
        "GET" if method in streaming.METHODS else method,
        templates.path(path),
        tuple((str(key), templates.header(str(value))) for key, value in (declared.get("headers") or {}).items()),
        body,
        media,
        expect,
        stages.seconds(declared["timeout"]) if "timeout" in declared else timeout,
        bool(declared.get("until")),
        stages.seconds(declared.get("every", 0.2)),
        stages.seconds(declared.get("within", 60)),
        encoding,
        redirects,
        streaming.read(method, declared.get("session"), name),
        phases.read(declared.get("phases"), name),
    )


def _with_files(journey: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A journey with the JSON schemas and parts of bodies that its steps name by file."""
    steps = []
    for step in journey.get("steps") or ():
        expect = dict(step.get("expect") or {})
        if isinstance(expect.get("schema"), str):
            try:
                expect["schema"] = json.loads((folder / expect["schema"]).read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise UsageError(f"The JSON schema in {folder / expect['schema']} cannot be read: {error}.") from None
        parts = step.get("multipart")
        files = {"multipart": bodies.with_files(parts, folder)} if isinstance(parts, dict) else {}
        steps.append({**step, "expect": expect, **files})
    return {**journey, "steps": steps}


def _known(given: Mapping[str, Any], names: Any, where: str) -> Any:
    for name in given:
        if name not in names:
            raise unknown("entry", str(name), names, where)
    return given


def _distinct(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"Two steps or journeys have the name '{name}': figures are kept by name, so give each its own.")
        seen.add(name)

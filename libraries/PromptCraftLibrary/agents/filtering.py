"""The lists of agents: what each filter brings, compared with the list without one."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

LISTS = {"administrators": "/api/v4/admin/agents", "readers": "/api/v4/agents/list"}
FILTERS = ("status", "domain")
UNKNOWN = "qa_none"


def compare(checks: Checks, system: System, token: str, readers: str) -> None:
    """Record what each filter brings in each list; a tenant without agents of several kinds is NOT EVALUATED.

    ``token`` is an administrator's, ``readers`` the one of somebody of the tenant who may read.
    """
    whole = _agents(_listed(system, LISTS["administrators"], token))
    values = {name: list(dict.fromkeys(str(agent.get(name)) for agent in whole)) for name in FILTERS}
    if few := [name for name in FILTERS if len(values[name]) < 2]:  # noqa: PLR2004  # one value cannot be told from none
        raise NotEvaluatedError(f"all agents have one {few[0]}: create and deploy others first, so that a filter shows.")
    pairs = [{"status": status, "domain": domain} for status in values["status"][:2] for domain in values["domain"][:2]]
    like = {name: [values[name][0][:-1], values[name][0].upper(), f"{values[name][0]}x", UNKNOWN] for name in FILTERS}
    singles = [{name: value} for name in FILTERS for value in (*values[name], *like[name])]
    queries: list[dict[str, str]] = [{}, *singles, *pairs]
    for kind, path in LISTS.items():
        for query in queries:
            answer = _listed(system, path, readers if kind == "readers" else token, **query)
            found = _agents(answer)
            expected = [agent for agent in whole if all(agent.get(name) == value for name, value in query.items())]
            wanted_by = f"{plural(len(expected), 'agent')} for {written(query) if query else 'no filter'}"
            observed = f"{plural(len(found), 'agent')}" + ("" if len(found) != len(expected) else ", others or in another order")
            right = found == expected
            checks.that(f"agents.{kind}_list", right, wanted_by, wanted_by if right else observed, n=len(whole))
            checks.equal(f"agents.{kind}_total", len(expected), answer.object().get("total"))
            conformance.conform(checks, "agents.contract", answer)


def _listed(system: System, path: str, token: str, **query: str) -> Exchange:
    return system.request("GET", f"{path}?{urlencode(query)}" if query else path, token=token)


def _agents(answer: Exchange) -> list[dict[str, Any]]:
    data = answer.object().get("data") if answer.ok else None
    if not isinstance(data, list):
        raise NotEvaluatedError(f"Expected agents from GET {answer.path}, observed {answer.status} with {answer.excerpt()}.")
    return [agent for agent in data if isinstance(agent, dict)]

"""Keywords for the page of analytics in a real browser."""

from __future__ import annotations

import datetime as dt
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary.analytics import columns, comparison, dashboard, figures, requests, store
from PromptCraftLibrary.analytics.requests import Granularity, TimeRange  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODYS = "?agent_filter=qa_no_such_agent"


class DashboardKeywords:
    """What people see of analytics."""

    @keyword(tags=("analytics", "browser"))
    def dashboard_should_show_figures(
        self,
        *,
        time_range: TimeRange | None = None,
        granularity: Granularity | None = None,
        agent: str = "",
        user: str = "",
        identity: str | None = None,
    ) -> None:
        """Opens the page of analytics in Chromium and checks that each figure on it is the one that the executions give.

        The figures are recomputed from the executions in the period that the page's own request was answered with. Each has to
        be there once and visibly, and no other; a number may leave digits out, so that it deviates by half a unit of its last
        one. Where things stand on the page says the vocabulary's ``dashboard``; places of figures have ``data-figure`` with
        the name, within ``data-part`` and, in tables, ``data-row``. The page gets nothing from elsewhere. What stands in its
        address chooses the executions, as in a request for the figures: whoever sends somebody the address shows them the same.

        Args:
            time_range: The range in the page's address: 7d, 30d, 90d or 1y; by default none, so that it is the page's own.
            granularity: How long a period of the trends is, in the address: hour, day, week or month; by default none.
            agent: The agent whose executions alone count, in the address; by default all.
            user: The user whose executions alone count, in the address; by default all.
            identity: Who looks; by default the first identity of the environment.

        Raises:
            CheckFailedError: A figure is missing, there twice, or another than recomputed.
            NotEvaluatedError: There are no executions, or neither Playwright nor a browser.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    200    seed=7    agents=4
        Store Executions    ${executions}    identity=admin
        Dashboard Should Show Figures    identity=admin
        Dashboard Should Show Figures    time_range=90d    granularity=week    agent=agent_000    identity=admin
        ```
        """
        query = requests.query(time_range=time_range, granularity=granularity, agent_filter=agent, user_filter=user)
        checks = Checks("Dashboard", query)
        with dashboard.opened(identity) as page:
            with page.page.expect_response(lambda answer: page.data in answer.url, timeout=dashboard.PATIENCE) as answered:
                page.open(f"?{query}" if query else "")
            body = answered.value.json() if answered.value.ok else {}
            page.settled()
            visible, strayed = page.figures(), list(page.strayed)
        seen = plural(len(visible), "figure")
        checks.that("dashboard.visible", bool(visible), f"figures within {dashboard.patience()}", seen)
        checks.that(
            "dashboard.own_origin", not strayed, "requests to the system alone", written(strayed) if strayed else "none elsewhere"
        )
        counted = _counted(body, identity)
        for name, value in (("time_range", time_range), ("granularity", granularity)):
            if value:
                checks.equal(f"dashboard.stated_{name}", value, _metadata(body).get(name))
        if counted is not None:
            counted = counted.of_agent(agent) if agent else counted
            counted = counted.of_user(user) if user else counted
        if counted is None or not len(counted):
            checks.not_evaluated(
                "dashboard.figures", "executions in the period of the page", "0 of them: write some by Store Executions"
            )
            checks.conclude()
        rules = figures.Rules.named(vocabulary.of(context.system).get("analytics"))
        length = str(_metadata(body).get("granularity"))
        recomputed = {
            "summary": figures.summary(counted, rules),
            "trends": figures.trends(counted, length),
            "agent_performance": figures.agent_performance(counted),
            "users": figures.users(counted, rules),
            "costs": figures.costs(counted, rules),
        }
        dashboard.compare(checks, visible, dashboard.places(recomputed), {"agent_performance": comparison.ROUNDED})
        checks.conclude()

    @keyword(tags=("analytics", "browser"))
    def dashboard_should_show_its_states(self, *, identity: str | None = None) -> None:
        """Checks what the page of analytics says while figures are on the way, when there are none, and when they do not come.

        Within the browser the answer is held back; it is replaced by an error 503, by a page that is no figures, and by a lost
        connection; for no executions the page is asked for an agent that there is not. Each time exactly the place for this
        state has to be visible, with words, and no figure: a zero that nobody counted is wrong.

        Args:
            identity: Who looks; by default the first identity of the environment.

        Example:

        ```robotframework
        Dashboard Should Show Its States    identity=admin
        ```
        """
        checks = Checks("States of the dashboard")
        held: list[Any] = []
        with dashboard.opened(identity) as page:
            matches = f"**{page.data}*"
            page.page.route(matches, lambda route: held.append(route))  # noqa: PLW0108  # a list's own method has no signature
            page.open()
            _state(checks, page, "loading", "the answer is held back")
            for route in held:
                route.abort()
            _state(checks, page, "error", "the connection is lost")
            page.page.unroute(matches)
            for status, text, kind in ((503, "{}", "the status is 503"), (200, "<p>ok</p>", "the answer is no figures")):
                page.page.route(matches, _answering(status, text))
                page.open()
                _state(checks, page, "error", kind)
                page.page.unroute(matches)
            page.open(NOBODYS)
            _state(checks, page, "empty", "there are no executions")
        checks.conclude()


def _answering(status: int, text: str) -> Callable[[Any], None]:
    """A route of the browser that answers by itself."""

    def answer(route: Any) -> None:
        route.fulfill(status=status, body=text)

    return answer


def _metadata(body: Any) -> dict[str, Any]:
    """What an answer says about itself."""
    found = body.get("metadata") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _counted(body: Any, identity: str | None) -> Any:
    """The executions of the period that an answer states; None if it states none."""
    stated = _metadata(body).get("period")
    if not isinstance(stated, dict):
        return None
    try:
        after, until = (dt.datetime.fromisoformat(str(stated.get(end))) for end in ("after", "until"))
    except ValueError:
        return None
    tenant = context.system.identity(identity).tenant
    return columns.read(store.source_of(context.system), tenant=tenant).between(after, until)


def _state(checks: Checks, page: dashboard.Dashboard, state: str, why: str) -> None:
    """Record whether exactly one state is visible, and no figure."""
    if state != dashboard.LOADING:  # which the page shows before anything comes
        page.settled()
    seen = [name for name in (dashboard.LOADING, *dashboard.ENDS) if page.seen(name)]
    visible = page.figures()
    observed = ", ".join(seen) or "none of them"
    observed += f", with {visible[0]['name']} {visible[0]['text']}" if visible else ", without figures"
    checks.that(f"dashboard.{state}", seen == [state] and not visible, f"{state}, without figures, where {why}", observed)

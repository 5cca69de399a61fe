"""Analytics of a platform that stands: executions and workflows of others are no fault, and do not hide one."""

import json
import re
import urllib.request

import pytest
import yaml

from PromptCraftLibrary.analytics import store
from TestDataLibrary import executions
from theodore_qa import paths, sandbox
from theodore_qa.systems import environment

DECLARED = environment.load(paths.shipped("variables") / "sandbox.yaml")
# Others work with the same agents and users, at other costs and times; one of them is ten times as busy as all that is planted.
FOREIGN = {"default": (3000, 11, "", ""), "partner": (5000, 12, "agent_003", "user00002")}
ROWS = ("Clusters Fit Groups", "Clusters Are Stable", "Planted Problems", "Open Workflows")
HEAD = """\
*** Settings ***
Library    PromptCraftLibrary
Library    TestDataLibrary

*** Test Cases ***
"""
UNFILTERED = """\
Problems Among Others
    ${executions} =    Generate Executions    4025    agents=161    problems=True    seed=7
    Store Executions    ${executions}    identity=partner
    ${insights} =    Get Insights    time_range=90d    identity=partner
    Recommendations Should Find Problems    ${insights}    ${executions.planted}    executions=${executions}

Groups Among Others
    ${executions} =    Generate Executions    100    seed=7
    Store Executions    ${executions}    identity=admin
    ${insights} =    Get Insights    identity=admin
    Clusters Should Match Groups    ${insights}    ${executions.user_groups}

Order Among Others
    ${executions} =    Generate Executions    400    seed=7
    ${reversed} =    Evaluate    $executions.by_use().reversed()
    Store Executions    ${executions}    identity=admin
    Store Executions    ${reversed}    identity=partner
    ${insights} =    Get Insights    identity=admin
    ${reordered} =    Get Insights    identity=partner
    Clusters Should Not Depend On Order    ${insights}    ${reordered}
"""
OPEN = """\
Others Wait
    ${workflow} =    Execute Workflow    review    approval=review    identity=admin
    Follow Workflow    ${workflow}
    ${before} =    Get Active Workflows    identity=admin
    ${second} =    Execute Workflow    review    approval=review    identity=admin
    Follow Workflow    ${second}
    Active Workflows Should Be Counted    1    beside=${before}    identity=admin
    Active Workflows Should Be Counted    1    beside=${before + 1}    identity=admin
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A sandbox that stays up, in which others have worked, and an environment file that names it."""
    system = DECLARED.system("promptcraft")
    running = system.new_sandbox()
    file = tmp_path_factory.mktemp("standing") / "up.yaml"
    sandbox.write_environment(DECLARED, {"promptcraft": (system.declared, running)}, file)
    data = yaml.safe_load(file.read_text())
    data |= {"systems": {"promptcraft": data["systems"]["promptcraft"]}, "default": "promptcraft"}
    data["not_available"] = {"promptcraft.dependencies": data["not_available"]["promptcraft.dependencies"]}
    file.write_text(yaml.safe_dump(data))
    for tenant, (count, seed, agent, user) in FOREIGN.items():
        store.write(running.files["stores"][0], tenant, executions.make(count, seed, agents=40, days=60))
        if agent:
            store.write(
                running.files["stores"][0], tenant, executions.make(count, seed, agents=1, days=5, agent=agent, user=user)
            )
    yield running, str(file)
    running.stop()


def switch(running, *defects):
    """Switch exactly these defects on."""
    address = f"{running.urls['control']}/defects"
    request = urllib.request.Request(address, json.dumps(defects).encode(), {"Content-Type": "application/json"}, method="PUT")
    urllib.request.urlopen(request, timeout=20).close()


def found_wrong(theodore, file, folder):
    """What the rows about planted executions and workflows find wrong with the figures; a machine that is busy is slow."""
    from robot.api import ExecutionResult

    command = ("test", "e2e", "--system", "promptcraft", "--scenario", "analytics", "--environment", file, "--results", folder)
    done = theodore(*command, "--", *(part for row in ROWS for part in ("--test", row)))
    assert (folder / "output.xml").is_file(), done.stdout + done.stderr
    found = {}

    def read(suite):
        found.update(
            {test.name: re.findall(r"^analytics\.[\w.]+|NOT EVALUATED", test.message, re.MULTILINE) for test in suite.tests}
        )
        for inner in suite.suites:
            read(inner)

    read(ExecutionResult(folder / "output.xml").suite)
    assert found.keys() >= set(ROWS)  # gates that need more rows have one of their own
    return {row: found[row] for row in ROWS if found[row]}


def test_what_others_have_done_is_no_fault(theodore, platform, tmp_path):
    assert found_wrong(theodore, platform[1], tmp_path / "healthy") == {}


@pytest.mark.parametrize(
    ("defects", "expected"),
    [
        (["clusters-by-turns"], {"Clusters Fit Groups": "analytics.clusters.rand_index"}),
        (
            ["clusters-depend-on-order", "recommendations-reversed"],
            {"Clusters Are Stable": "analytics.clusters.stable", "Planted Problems": "analytics.problems.recall"},
        ),
    ],
)
def test_what_others_have_done_hides_no_fault(theodore, platform, tmp_path, defects, expected):
    running, file = platform
    switch(running, *defects)
    try:
        found = found_wrong(theodore, file, tmp_path / "sick")
    finally:
        switch(running)
    assert {row: check for row, check in expected.items() if check not in found.get(row, ())} == {}


def test_figures_about_what_others_have_done_are_not_evaluated(robot, platform):
    _, result = robot(HEAD + UNFILTERED, env={"THEODORE_ENVIRONMENT": platform[1]})
    problems, groups, order = (test.message for test in result.suite.tests)
    assert re.sub(r"about 14\d\d\d:", "about 14000:", problems) == (  # those of workflows that ended here, too
        "NOT EVALUATED: analytics.problems.executions of 96 planted problems: expected recommendations from the 4025 planted executions "
        "alone, observed figures about 14000: request those of the planted user, or of a tenant without others."
    )
    begins = "NOT EVALUATED: analytics.clusters.rand_index: expected clusters of the users of the groups alone, observed "
    assert groups.startswith(begins), groups
    assert groups.endswith(": request the figures of the planted agent."), groups
    assert order.startswith(
        "NOT EVALUATED: analytics.clusters.stable: expected two answers about the same executions, observed "
    ), order


def test_workflows_of_others_are_counted_beside_the_own(robot, platform):
    _, result = robot(HEAD + OPEN, env={"THEODORE_ENVIRONMENT": platform[1]})
    assert result.suite.tests[0].message == "analytics.active_workflows: expected 3, observed 2."

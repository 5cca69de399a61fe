"""What testers read when analytics, agents and workflows are not as they should be, with defects of the sandbox switched on."""

DEFECTS = (
    "users-counted-per-agent",
    "clusters-lose-users",
    "recommendations-reversed",
    "dockerfile-as-root",
    "class-name-doubled",
    "deployed-unasked",
    "approval-skipped",
    "steps-out-of-order",
)
SUITE = """\
*** Settings ***
Library    PromptCraftLibrary
Library    TestDataLibrary

*** Test Cases ***
Figures
    ${executions} =    Generate Executions    200    seed=7    agents=4
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Figures Should Be Right    ${insights}    summary

Clusters
    ${executions} =    Generate Executions    200    seed=7    agents=1
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Clusters Should Hold Each User Once    ${insights}

Few Problems
    ${executions} =    Generate Executions    425    agents=17    problems=True    seed=7
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Recommendations Should Find Problems    ${insights}    ${executions.planted}

Dockerfile
    ${agent} =    Create Agent    qa_reader
    Follow Agent Creation    ${agent}
    Agent Dockerfile Should Keep Rules    ${agent}

Class
    ${agent} =    Create Agent    qa_writer
    Follow Agent Creation    ${agent}
    Agent Code Should Name Its Class    ${agent}

Waiting
    ${workflow} =    Execute Workflow    collect    review    approval=review
    Follow Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    review

Order
    ${workflow} =    Execute Workflow    collect    publish
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

Nothing Stored
    ${insights} =    Get Insights    identity=partner
    Figures Should Be Right    ${insights}    summary

Unknown Step
    Execute Workflow    collect    approval=colect
"""
EXPECTED = {
    "Figures": "analytics.summary.unique_users of summary: expected 8, observed 23\n"
    "analytics.aggregates of summary: expected each as recomputed, observed 9 of 10 figures.",
    "Clusters": "analytics.clusters.add_up: expected 8, observed 7\nanalytics.clusters.listed: expected 8, observed 7\n"
    "analytics.clusters.filled: expected no empty cluster, observed 0, 3, 4.",
    "Dockerfile": "agents.dockerfile.user of agent qa_reader: expected USER agent, observed no such line\n"
    "agents.dockerfile.last_user of agent qa_reader: expected agent, observed root.",
    "Class": "agents.class_name of agent qa_writer: expected a class QaWriterAgent, observed QaWriterAgentAgent, Handler.",
    "Unknown Step": "There is no step 'colect': did you mean 'collect'?",
}
PARTS = {
    "Few Problems": "analytics.recommendations of 12 planted problems: expected above 95% right, observed 8 of 16 problems",
    "Waiting": ": expected waiting_for_approval, observed completed",
    "Order": ": expected collect → publish, observed publish → collect",
    "Nothing Stored": "NOT EVALUATED: analytics.executions of summary: expected executions of the tenant partner in the period of the answer, "
    "observed there are none: write some by Store Executions.",
}


def test_the_messages_say_what_was_expected_and_observed(robot):
    _, result = robot(SUITE, env={"THEODORE_SANDBOX_DEFECTS": ",".join(DEFECTS)})
    messages = {test.name: test.message for test in result.suite.tests}
    assert {name: messages[name] for name in EXPECTED} == EXPECTED
    assert {name: messages[name] for name, part in PARTS.items() if part not in messages[name]} == {}


def test_what_was_stored_is_taken_out_again(robot):
    text = SUITE.partition("*** Test Cases ***")[0] + (
        "*** Test Cases ***\nStored\n    ${executions} =    Generate Executions    50    seed=7\n    Store Executions    ${executions}\n"
        "    ${insights} =    Get Insights    time_range=7d\n    Figures Should Be Right    ${insights}    summary\n\n"
        "Afterwards\n    ${insights} =    Get Insights    time_range=90d\n    Figures Should Be Right    ${insights}    summary\n"
    )
    _, result = robot(text)
    first, second = result.suite.tests
    assert (first.status, first.message) == ("PASS", "")
    assert second.message.startswith("NOT EVALUATED: analytics.executions")

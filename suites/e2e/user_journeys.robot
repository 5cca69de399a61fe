*** Settings ***
Documentation       What people do from their sign-on to a result, over both systems, each of which keeps its own.
Metadata            Scenario    user_journeys

Library             ApiLibrary
Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:journeys    control:SOC2-PI1.3    scenario:user_journeys    system:promptcraft


*** Test Cases ***
From A Company To A Report
    [Documentation]    A company is researched, a workflow reports on it once it is approved, and the figures count it.
    ${research} =    Research Company    Slack    system=theodore
    Get Research Field    ${research}    name    ==    Slack    system=theodore
    ${workflow} =    Execute Workflow
    ...    read_research
    ...    write_report
    ...    publish
    ...    approval=publish
    ...    agent=journey_agent
    ...    identity=developer
    Follow Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    publish
    Approve Workflow    ${workflow}    approver=admin
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}
    Approvals Should Be On Record    ${workflow}
    Workflow Should Be Counted As Execution    ${workflow}    analyst=analyst

From A Specification To Work
    [Documentation]    An agent is specified, made, deployed and given work, which the figures count as its own.
    [Tags]    -system:theodore
    ${agent} =    Create Agent    identity=developer
    Follow Agent Creation    ${agent}
    Deploy Agent    ${agent}
    Agent Should Be Deployed With Limits    ${agent}
    ${workflow} =    Execute Workflow    review_code    report    agent=${agent.name}    identity=developer
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}
    Workflow Should Be Counted As Execution    ${workflow}    analyst=analyst

A Day Of Work
    [Documentation]    Who signs on by the page starts work that goes on after the log-out, and the next session sees its end.
    [Tags]    -system:theodore
    Sign On By Page Should Work    identity=developer
    ${workflow} =    Execute Workflow    collect    review    approval=review    identity=developer
    Follow Workflow    ${workflow}
    Log Out Should End Session    identity=developer
    Approve Workflow    ${workflow}    approver=admin
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}
    Approvals Should Be On Record    ${workflow}

Each System Keeps Its Own
    [Documentation]    A session of one system opens nothing in the other.
    Token Of Another System Should Be Refused    GET /auth/me    theodore    system=promptcraft
    Token Of Another System Should Be Refused    GET /auth/profile    promptcraft    system=theodore

# robocop: off=TAG05
*** Settings ***
Documentation       What a workflow costs is what each answer of the orchestrator costs, of any number of steps and of tools.
Metadata            Scenario    workflow_costs

Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:workflows    control:SOC2-PI1.3    scenario:workflow_costs    system:promptcraft


*** Test Cases ***
Added Up
    [Documentation]    Each answer counts once: of one step and several, with no tools, none called, one and several.
    [Tags]    -system:theodore
    [Template]    Tool Costs Should Add Up
    none    identity=developer
    0    identity=developer
    1    identity=developer
    3    identity=developer
    none    1    0    2    identity=admin

Counted In Figures
    [Documentation]    The figures of an agent have the same sum.
    [Tags]    -system:theodore
    ${workflow} =    Tool Costs Should Add Up    2    none    1    agent=tool_agent    identity=developer
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin

Nothing Carried Out
    [Documentation]    A workflow whose first step fails costs nothing.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    status=500    times=1    system=promptcraft
    ${workflow} =    Execute Workflow    collect    publish    agent=costless_agent    identity=developer
    Follow Workflow    ${workflow}
    Workflow Should Report Failed Step    ${workflow}    collect
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin

# robocop: off=TAG05
*** Settings ***
Documentation       An agent is made of the words that it is specified by, whatever script and signs they are written in.
Metadata            Scenario    agent_words

Library             ApiLibrary
Library             PromptCraftLibrary

Suite Setup         Have Agent

Test Tags           area:agents    control:SOC2-CC8.1    scenario:agent_words    system:promptcraft


*** Variables ***
# Have Agent sets it.
${AGENT}            ${NONE}


*** Test Cases ***
Artefacts
    [Documentation]    The files of the repository have the words as they were written.
    [Tags]    -system:theodore
    Agent Artefacts Should Be Complete    ${AGENT}

History
    [Documentation]    So has its first commit.
    [Tags]    -system:theodore
    Agent Repository Should Have One Commit    ${AGENT}

Services
    [Documentation]    So have the registry and the orchestrator.
    [Tags]    -system:theodore
    Agent Manifest Should Be Valid    ${AGENT}
    Agent Should Be Known To Orchestrator    ${AGENT}

Listed
    [Documentation]    So has the list, for whoever reads it.
    [Tags]    -system:theodore
    Agent Should Be Created Within    ${AGENT}    15 min

Runs
    [Documentation]    The agent starts, whatever its words would mean in code.
    [Tags]    -system:theodore
    Agent Should Run    ${AGENT}

Followed By A Colleague
    [Documentation]    Who may create agents of the same tenant follows the creation as its author does.
    [Tags]    -system:theodore
    VAR    ${place} =    GET /api/v4/admin/agents/creation/${AGENT.id}/status
    Get Response Field    ${place}    data    ==    ${AGENT.state}    identity=developer
    Get Response Field    ${place}    data    ==    ${AGENT.state}    identity=admin
    Get Response Status    ${place}    ==    403    identity=viewer

Named When Deployed
    [Documentation]    A deployment says which agent it is of.
    [Tags]    -system:theodore
    VAR    ${place} =    POST /api/v4/admin/agents/${AGENT.name}/deploy
    Get Response Field    ${place}    data.agent_name    ==    ${AGENT.name}    identity=admin


*** Keywords ***
Have Agent
    [Documentation]    An agent with words of several scripts, and signs that templates, shells and markup take for more.
    ${agent} =    Create Agent    display_name=Zoë's 東京 <b>&amp; {{x}} {0} %s #1: 'a' 👩‍🔬    identity=admin
    Follow Agent Creation    ${agent}
    VAR    ${AGENT} =    ${agent}    scope=SUITE

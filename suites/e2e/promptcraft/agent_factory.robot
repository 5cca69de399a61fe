# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       From a specification PromptCraft makes an agent: repository, manifest, place at the orchestrator; and it runs.
Metadata            Scenario    agent_factory

Library             ApiLibrary
Library             PromptCraftLibrary
Library             TheodoreLibrary

Suite Setup         Have Agent

Test Tags           area:agents    control:SOC2-CC8.1    scenario:agent_factory    system:promptcraft


*** Variables ***
# Have Agent sets it.
${AGENT}            ${NONE}
&{SCHEMA}           type=object
&{TOOL}             name=find_items    description=Finds items    inputSchema=${SCHEMA}
@{TOOLS}            ${TOOL}
&{SPEC}             name=qa-beside    version=1.2.3    image=localhost:5000/qa:latest    port=${8080}    tools=${TOOLS}
&{DEPLOYED}         auto_deploy=${True}
&{SERVER}           mcp_spec=${SPEC}    deployment_config=${DEPLOYED}
&{MESSAGE}          jsonrpc=2.0    id=${1}    method=tools/list


*** Test Cases ***
Accepted
    [Documentation]    A creation is accepted with 202 and can be followed.
    [Tags]    -system:theodore
    Agent Creation Should Be Accepted    ${AGENT}

Created In Time
    [Documentation]    An agent is made within 15 minutes and listed then.
    [Tags]    -system:theodore    gate:agent-creation
    ${agent} =    Create Agent
    Agent Should Be Created Within    ${agent}    15 min

Artefacts
    [Documentation]    The repository has all files of the contract.
    [Tags]    -system:theodore
    Agent Artefacts Should Be Complete    ${AGENT}

History
    [Documentation]    The repository begins with one commit that names the agent.
    [Tags]    -system:theodore
    Agent Repository Should Have One Commit    ${AGENT}

Class Name
    [Documentation]    The code has a class whose name ends with Agent once.
    [Tags]    -system:theodore
    Agent Code Should Name Its Class    ${AGENT}

Requirements For Security
    [Documentation]    An agent for security gets the packages of its domain.
    [Tags]    -system:theodore
    Agent Requirements Should Fit Domain    ${AGENT}

Requirements For The Web
    [Documentation]    An agent for web development gets the packages of its domain.
    [Tags]    -system:theodore
    ${agent} =    Create Agent    domain=web_development
    Follow Agent Creation    ${agent}
    Agent Requirements Should Fit Domain    ${agent}

Requirements For Another Domain
    [Documentation]    An agent for any other domain gets the packages of all agents alone.
    [Tags]    -system:theodore
    ${agent} =    Create Agent    domain=testing
    Follow Agent Creation    ${agent}
    Agent Requirements Should Fit Domain    ${agent}

Dockerfile
    [Documentation]    The container runs as the user agent, is checked for its health, and has one port.
    [Tags]    -system:theodore
    Agent Dockerfile Should Keep Rules    ${AGENT}

Manifest
    [Documentation]    The registry gets a manifest that is valid by its schema.
    [Tags]    -system:theodore
    Agent Manifest Should Be Valid    ${AGENT}

Orchestrator
    [Documentation]    The orchestrator gets the agent's configuration.
    [Tags]    -system:theodore
    Agent Should Be Known To Orchestrator    ${AGENT}

Not Deployed
    [Documentation]    Without auto_deploy there is no container.
    [Tags]    -system:theodore
    Agent Should Not Be Deployed    ${AGENT}

Deployed With Limits
    [Documentation]    With auto_deploy the container has exactly the requested limits, in the requested environment.
    [Tags]    -system:theodore
    FOR    ${environment}    IN    staging    production
        ${agent} =    Create Agent    auto_deploy=True    cpu=250m    memory=256Mi    environment=${environment}
        Follow Agent Creation    ${agent}
        Agent Should Be Deployed With Limits    ${agent}
    END

From The Least Request
    [Documentation]    An agent of which nothing is said but what has to be is made with nothing else, and is not deployed.
    [Tags]    -system:theodore
    ${agent} =    Create Agent    only_needed=True
    Follow Agent Creation    ${agent}
    Agent Artefacts Should Be Complete    ${agent}
    Agent Should Be Known To Orchestrator    ${agent}
    Agent Should Not Be Deployed    ${agent}

Deployed Later
    [Documentation]    An agent is deployed when that is requested.
    [Tags]    -system:theodore
    ${agent} =    Create Agent
    Follow Agent Creation    ${agent}
    Deploy Agent    ${agent}
    Agent Should Be Deployed With Limits    ${agent}
    Identifiers Should Be Distinct    POST /api/v4/admin/agents/${agent.name}/deploy    data.deployment_id    times=2

Deployment Fails
    [Documentation]    An agent that the orchestrator does not take is as it was, and is deployed when it is requested again.
    [Tags]    -system:theodore
    ${agent} =    Create Agent
    Follow Agent Creation    ${agent}
    Make Dependency Misbehave    orchestrator    status=503    times=1    system=promptcraft
    Get Response Status    POST /api/v4/admin/agents/${agent.name}/deploy    ==    503
    Agent Should Not Be Deployed    ${agent}
    Deploy Agent    ${agent}
    Agent Should Be Deployed With Limits    ${agent}

Listed
    [Documentation]    The lists have all and only the agents that a status or a domain chooses.
    [Tags]    -system:theodore
    Agent Lists Should Be Exact    reader=viewer

Runs
    [Documentation]    The generated agent starts, is healthy, and each capability answers.
    [Tags]    -system:theodore
    Agent Should Run    ${AGENT}

Speaks MCP
    [Documentation]    The generated agent answers an MCP session: initialize, tools/list, tools/call.
    [Tags]    -system:theodore
    Agent Should Speak MCP    ${AGENT}

Knowledge Is Followed
    [Documentation]    A source of knowledge that changes is read again after its update frequency.
    [Tags]    -system:theodore
    Agent Knowledge Should Follow Sources    ${AGENT}

Foreign Hosts
    [Documentation]    A page elsewhere cannot call the agent's tools by DNS rebinding.
    [Tags]    -system:theodore
    Agent Should Refuse Foreign Hosts    ${AGENT}

Name Taken
    [Documentation]    A second agent of one name is refused.
    [Tags]    -system:theodore
    Agent Name Should Be Taken    ${AGENT}

Twenty At Once
    [Documentation]    Twenty agents at one time are all made, each with an id of its own.
    [Tags]    -system:theodore
    Agents Should Be Created At Once    20

Belongs To Its Tenant
    [Documentation]    Another tenant can neither follow a creation nor deploy the agent.
    [Tags]    -system:theodore    control:SOC2-CC6.1
    Get Response Status    GET /api/v4/admin/agents/creation/${AGENT.id}/status    ==    200    identity=admin
    Get Response Status    GET /api/v4/admin/agents/creation/${AGENT.id}/status    ==    404    identity=partner
    Get Response Status    POST /api/v4/admin/agents/${AGENT.name}/deploy    ==    404    identity=partner
    Get Response Field    GET /api/v4/agents/list    data    validate    '${AGENT.name}' not in str(value)    identity=partner

Unique Ids
    [Documentation]    Two tenants that create agents of one name in one second get different ids.
    [Tags]    -system:theodore
    Creation Ids Should Be Unique    admin    partner

Registry Fails
    [Documentation]    A creation that fails at the registry leaves nothing behind.
    [Tags]    -system:theodore
    Failed Creation Should Leave Nothing    mcp_registry

Orchestrator Fails
    [Documentation]    A creation that fails at the orchestrator leaves nothing behind.
    [Tags]    -system:theodore
    Failed Creation Should Leave Nothing    orchestrator

MCP Server
    [Documentation]    An MCP server is registered through the platform, and gone after its removal.
    [Tags]    -system:theodore
    MCP Server Should Be Registered And Removed

MCP Server Behind The Orchestrator
    [Documentation]    A deployed MCP server lists and runs its tool for its tenant alone, and is gone after its removal.
    [Tags]    -system:theodore
    MCP Server Should Answer Through Orchestrator    partner    identity=admin

MCP Server From The Least Request
    [Documentation]    A server of which neither version nor port is said has 1.0.0 and 8000 wherever it is known.
    [Tags]    -system:theodore
    MCP Server Should Answer Through Orchestrator    partner    only_needed=True    identity=admin

MCP Tools As Registered
    [Documentation]    Whoever lists the tools of a server gets those that were registered; no other server shadows them.
    [Tags]    -system:theodore
    MCP Tools Should Stay As Registered    admin    developer

MCP Servers While Services Fail
    [Documentation]    That a service fails is said as such, and not as a server that there is not; the server goes on.
    [Tags]    -system:theodore
    Request Should Be Answered    POST    /api/v4/admin/mcp/register    202    ${SERVER}    identity=admin
    FOR    ${status}    IN    ${503}    ${500}
        Make Dependency Misbehave    orchestrator    status=${status}    system=promptcraft
        Request Should Be Answered    POST    /api/v4/mcp/qa-beside    503    ${MESSAGE}    identity=admin
        Make Dependency Behave    orchestrator    system=promptcraft
        Make Dependency Misbehave    mcp_registry    status=${status}    system=promptcraft
        Request Should Be Answered    POST    /api/v4/admin/mcp/register    503    ${SERVER}    identity=admin
        Request Should Be Answered    DELETE    /api/v4/admin/mcp/qa-beside    503    identity=admin
        Make Dependency Behave    mcp_registry    system=promptcraft
        Request Should Be Answered    POST    /api/v4/mcp/qa-beside    200    ${MESSAGE}    identity=admin
    END
    Request Should Be Answered    DELETE    /api/v4/admin/mcp/qa-beside    202    identity=admin

MCP Tool Without Schema
    [Documentation]    An MCP server whose tool does not say what it takes is refused.
    [Tags]    -system:theodore
    MCP Server Without Schema Should Be Refused


*** Keywords ***
Have Agent
    [Documentation]    An agent for security, not deployed.
    ${agent} =    Create Agent
    Follow Agent Creation    ${agent}
    VAR    ${AGENT} =    ${agent}    scope=SUITE

# robocop: off=TAG05
*** Settings ***
Documentation       The limits of PromptCraft's requests are inclusive, and what lies just beyond one is refused.
Metadata            Scenario    request_limits

Library             ApiLibrary
Library             PromptCraftLibrary

Test Tags           area:contract    control:SOC2-PI1.2    scenario:request_limits    system:promptcraft


*** Variables ***
@{TEXTS}            limits
&{NOTHING}          &{EMPTY}
${LONG_COMMENT}     ${{ {"decision": "approved", "comment": "x" * 500} }}
${SAME_STEPS}       {"name": "Limits", "steps": [{"id": "one", "action": "a"}, {"id": "one", "action": "b"}]}


*** Test Cases ***
Agents
    [Documentation]    What an agent is specified by: each entry at its limits and beyond.
    [Tags]    -system:theodore
    ${unique} =    Evaluate    secrets.token_hex(5)    modules=secrets
    VAR    &{source} =    type=markdown    source=knowledge/start.md    update_frequency=weekly
    VAR    @{sources} =    ${source}
    VAR    &{spec} =    name=qa_${unique}    display_name=Limits    description=Limits    domain=testing    keywords=${TEXTS}
    ...    capabilities=${TEXTS}    knowledge_sources=${sources}
    VAR    &{size} =    cpu=250m    memory=256Mi
    VAR    &{deployment} =    environment=staging    auto_deploy=${False}    resource_limits=${size}
    VAR    &{body} =    agent_spec=${spec}    deployment_config=${deployment}    integration_config=${NOTHING}
    Request Limits Should Hold    POST /api/v4/admin/agents/create    ${body}    identity=admin

MCP Servers
    [Documentation]    What an MCP server is specified by: each entry at its limits and beyond.
    [Tags]    -system:theodore
    ${unique} =    Evaluate    secrets.token_hex(5)    modules=secrets
    VAR    &{schema} =    type=object
    VAR    &{tool} =    name=find_items    description=Finds items    inputSchema=${schema}
    VAR    @{tools} =    ${tool}
    VAR    &{spec} =    name=qa-${unique}    version=1.2.3    image=localhost:5000/qa:latest    port=${8080}    tools=${tools}
    VAR    &{body} =    mcp_spec=${spec}    security_config=${NOTHING}    deployment_config=${NOTHING}
    ${made} =    Request Limits Should Hold    POST /api/v4/admin/mcp/register    ${body}    identity=admin
    FOR    ${server}    IN    @{made}
        Request Should Be Answered    DELETE    /api/v4/admin/mcp/${server}[data][server_name]    202    identity=admin
    END

Workflows
    [Documentation]    What a workflow consists of: each entry at its limits and beyond, and no two steps of one name.
    [Tags]    -system:theodore
    VAR    &{step} =    id=collect    action=collect    agent_id=limits_agent    requires_approval=${True}
    VAR    @{steps} =    ${step}
    VAR    &{body} =    name=Limits    steps=${steps}    input=${NOTHING}
    ${made} =    Request Limits Should Hold    POST /api/v4/workflows/execute    ${body}    identity=admin
    VAR    &{decision} =    decision=rejected    comment=No
    VAR    ${place} =    /api/v4/workflows/${made}[0][data][workflow_id]
    Request Limits Should Hold    POST ${place}/approve    ${decision}    identity=admin    sizes=False
    Request Should Be Answered    POST    ${place}/approve    200    ${LONG_COMMENT}    identity=admin
    Request Should Be Answered    POST    ${place}/cancel    200    identity=admin

Steps Of One Name
    [Documentation]    No two steps of a workflow have one name.
    [Tags]    -system:theodore
    Request Should Be Answered    POST    /api/v4/workflows/execute    422    ${SAME_STEPS}    identity=admin

Analytics
    [Documentation]    What figures are asked for: only the values that are listed, and filters up to their length.
    [Tags]    -system:theodore
    [Template]    Request Should Be Answered
    GET    /api/v4/analytics/insights?time_range=    422    identity=admin
    GET    /api/v4/analytics/insights?time_range=31d    422    identity=admin
    GET    /api/v4/analytics/insights?granularity=minute    422    identity=admin
    GET    /api/v4/analytics/insights?metrics=usage,speed    422    identity=admin
    GET    /api/v4/analytics/insights?metrics=    422    identity=admin
    GET    /api/v4/analytics/insights?agent_filter=${{'a' * 80}}    200    identity=admin
    GET    /api/v4/analytics/insights?agent_filter=${{'a' * 81}}    422    identity=admin
    GET    /api/v4/analytics/insights?user_filter=${{'u' * 80}}    200    identity=admin
    GET    /api/v4/analytics/insights?user_filter=${{'u' * 81}}    422    identity=admin

Lists
    [Documentation]    What lists and a return from the provider's page are asked by, up to its length and beyond.
    [Tags]    -system:theodore
    [Template]    Query Is Taken Up To
    /api/v4/admin/audit/events?user_id=    200
    /api/v4/admin/users?search=    100
    /api/v4/admin/agents?status=    20
    /api/v4/admin/agents?domain=    60
    /api/v4/agents/list?status=    20
    /api/v4/agents/list?domain=    60
    /auth/callback?code=    500    taken=401
    /auth/callback?state=    500    taken=401

Predictions
    [Documentation]    What a prediction is made of: numbers up to both ends of their ranges.
    [Tags]    -system:theodore
    VAR    &{features} =    processing_time_ms=${1200.5}    test_success_rate=${0.5}
    VAR    &{body} =    features=${features}
    Request Limits Should Hold    POST /api/v4/analytics/predictions    ${body}    identity=admin

Identifiers
    [Documentation]    What cannot be an identifier is refused as such: of other letters, a character shorter or longer.
    [Tags]    -system:theodore
    [Template]    No Identifier Is Taken
    GET /api/v4/admin/sessions/    ${{'a' * 63}}    ${{'a' * 65}}    ${{'A' * 64}}    ${{'g' * 64}}
    DELETE /api/v4/admin/sessions/    ${{'a' * 63}}    ${{'a' * 65}}    ${{'A' * 64}}    ${{'g' * 64}}
    GET /api/v4/admin/users/    ${{'a' * 35}}    ${{'a' * 37}}    ${{'A' * 36}}    ${{'g' * 36}}
    DELETE /api/v4/admin/users/    ${{'a' * 35}}    ${{'a' * 37}}    ${{'A' * 36}}    ${{'g' * 36}}
    GET /api/v4/admin/audit/events/    ${{'a' * 35}}    ${{'a' * 37}}    ${{'A' * 36}}    ${{'g' * 36}}

Accounts
    [Documentation]    What a sign-on, a renewal and a log-out consist of.
    [Tags]    -system:theodore
    VAR    &{named} =    username=nobody@a.example.test    password=Wrong-Password-1    totp=123456
    Request Limits Should Hold    POST /auth/token    ${named}    identity=NOBODY    sizes=False
    VAR    &{renewal} =    refresh_token=none
    Request Limits Should Hold    POST /auth/refresh    ${renewal}    identity=NOBODY    sizes=False
    VAR    &{everywhere} =    everywhere=${False}
    Request Limits Should Hold    POST /auth/logout    ${everywhere}    identity=viewer    sizes=False
    VAR    &{offered} =    access_token=none    id_token=none    nonce=none
    Request Limits Should Hold    POST /auth/sso    ${offered}    identity=NOBODY    sizes=False


*** Keywords ***
Query Is Taken Up To
    [Documentation]    A value of so many characters is taken, and one of one more is refused.
    [Arguments]    ${path}    ${length}    ${taken}=200
    Request Should Be Answered    GET    ${path}${{'q' * int($length)}}    ${taken}    identity=admin
    Request Should Be Answered    GET    ${path}${{'q' * (int($length) + 1)}}    422    identity=admin

No Identifier Is Taken
    [Documentation]    An operation refuses each of several texts in the place of its identifier.
    [Arguments]    ${operation}    @{texts}
    ${method}    ${path} =    Evaluate    $operation.split(' ')
    FOR    ${text}    IN    @{texts}
        Request Should Be Answered    ${method}    ${path}${text}    422    identity=admin
    END

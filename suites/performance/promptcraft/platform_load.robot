# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       PromptCraft under many signed-in users: insights, agents, workflows and health, each answer checked.
...                 The profile full has the strategy's 1,000 users with 10 requests each, who come within 30 s and think for
...                 10 s to 30 s between them, each in a session of its own; one worker process serves the API.
...                 Percentiles are nearest ranks over all requests.
Metadata            Scenario    platform_load

Resource            theodore/load.resource

Test Tags           area:load    control:SOC2-A1.1    scenario:platform_load    system:promptcraft


*** Test Cases ***
Analytics Under Parallel Queries
    [Documentation]    20 queries at once, in full 100, each about another user so that no cache answers: in full a mean
    ...    within 5 s, and none after more than 10 s.
    [Tags]    -system:theodore    gate:database-queries
    ${query} =    Define Load Step    GET    /api/v4/analytics/insights?time_range=30d&user_filter=load-{{user}}
    ...    fields={"status": "success", "metadata.time_range": "30d"}    timeout=15 s    name=query
    Run Load Test    ${query}    users=${QUERIES}    iterations=1    identities=admin    lateness=${LATENESS}
    Load Should Meet Objectives    analytics    times=${TIMES}

Users Of The Platform
    [Documentation]    50 users at once, in full 1,000: everybody is answered rightly, in full p95 within 2 s, p99 within 5 s.
    [Tags]    -system:theodore    users:1000
    @{platform} =    Define The Platform
    Run Load Test    @{platform}    users=${PLATFORM_USERS}    iterations=${PLATFORM_ITERATIONS}
    ...    think=${PLATFORM_THINK}    identities=admin    own_sessions=${TIMES}    ramp=${PLATFORM_RAMP}
    ...    lateness=${LATENESS}
    Load Should Meet Objectives    api    times=${TIMES}

Users Of The Platform Without Think Time
    [Documentation]    The same 1,000 users ask again as soon as they are answered: each answer is right. How long they wait is
    ...    reported and not judged.
    [Tags]    -system:theodore    profile:full    users:1000
    @{platform} =    Define The Platform
    Run Load Test    @{platform}    users=${PLATFORM_USERS}    iterations=${PLATFORM_ITERATIONS}    timeout=60 s
    ...    identities=admin    own_sessions=True    lateness=5 s
    Load Should Meet Objectives    api    times=${False}

Agents Created At Once
    [Documentation]    3 agents, in full 20, are created at once: in full in 30 s each in the mean, and all within 300 s.
    [Tags]    -system:theodore    gate:agent-creations
    ${create} =    Define Creation
    VAR    &{where} =    creation=data.creation_id
    ${start} =    Define Load Step    POST    /api/v4/admin/agents/create    202    json=${create}
    ...    fields={"status": "accepted", "data.creation_id": "*"}    take=${where}    name=start
    ${wait} =    Define Load Step    GET    /api/v4/admin/agents/creation/{{creation}}/status    within=300 s
    ...    fields={"status": "success"}    until={"data.status": "completed"}    name=wait
    ${creation} =    Define Load Journey    creation    ${start}    ${wait}
    Run Load Test    ${creation}    users=${AGENTS_AT_ONCE}    iterations=1    identities=admin    lateness=${LATENESS}
    Load Should Meet Objectives    agents    step=creation    times=${TIMES}


*** Keywords ***
Define The Platform
    [Documentation]    What users of the platform do, each as often as the others.
    ${insights} =    Define Load Step    GET    /api/v4/analytics/insights?time_range=7d
    ...    fields={"status": "success", "metadata.time_range": "7d"}    name=insights
    ${agents} =    Define Load Step    GET    /api/v4/agents/list    fields={"status": "success", "data": "*"}    name=agents
    VAR    &{step} =    id=collect    action=collect figures
    VAR    @{steps} =    ${step}
    VAR    &{workflow} =    name=load {{user}} {{iteration}}    steps=${steps}
    ${execute} =    Define Load Step    POST    /api/v4/workflows/execute    202    json=${workflow}
    ...    fields={"status": "accepted", "data.workflow_id": "*"}    name=workflow
    ${health} =    Define Load Step    GET    /api/v4/admin/system/health    fields={"status": "healthy"}    name=health
    RETURN    ${insights}    ${agents}    ${execute}    ${health}

Define Creation
    [Documentation]    What a creation of an agent sends; each run and user has a name of its own.
    VAR    @{words} =    security    testing
    VAR    &{source} =    type=markdown    source=knowledge/getting-started.md    update_frequency=weekly
    VAR    @{sources} =    ${source}
    VAR    ${run} =    ${{secrets.token_hex(4)}}
    VAR    &{spec} =    name=qa_${run}_{{user}}_agent    display_name=Load    description=Made by a load    domain=security
    ...    keywords=${words}    capabilities=${words}    knowledge_sources=${sources}
    VAR    &{none} =    &{EMPTY}
    VAR    &{body} =    agent_spec=${spec}    deployment_config=${none}    integration_config=${none}
    RETURN    ${body}

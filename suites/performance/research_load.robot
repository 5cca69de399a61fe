*** Settings ***
Documentation       Researches at once: each is started, done, and about the company that its user named.
Metadata            Scenario    research_load

Resource            theodore/load.resource

Suite Setup         Define Researches

Test Tags           area:load    control:SOC2-A1.1    scenario:research_load


*** Variables ***
# Define Researches sets them.
${START}            ${NONE}
${RESEARCH}         ${NONE}
@{COMPANIES}        @{EMPTY}


*** Test Cases ***
Researches Are Started At Once
    [Documentation]    Users who start researches at the same time each get a job for their own company.
    Run Load Test    ${START}    users=10    iterations=2    identities=${EVERYBODY}    data=${COMPANIES}    lateness=${LATENESS}
    Load Should Meet Objectives    research_start    times=${TIMES}

Concurrent Researches
    [Documentation]    5 users research at once, in full also 10 and 20: each gets the result of their own company.
    FOR    ${users}    IN    @{RESEARCH_USERS}
        Run Load Test    ${RESEARCH}    users=${users}    iterations=${RESEARCH_ITERATIONS}    identities=${EVERYBODY}
        ...    data=${COMPANIES}    lateness=${LATENESS}
        Load Should Meet Objectives    research    step=research
        Load Should Meet Objectives    research
        Get Resource Usage    memory    <    500
    END

Researches Do Not Wait For Each Other
    [Documentation]    Five users get clearly more researches done than a single user does.
    ${alone} =    Run Load Test    ${RESEARCH}    users=1    iterations=2    identities=${EVERYBODY}    data=${COMPANIES}
    ...    lateness=${LATENESS}
    ${five} =    Run Load Test    ${RESEARCH}    users=5    iterations=2    identities=${EVERYBODY}    data=${COMPANIES}
    ...    lateness=${LATENESS}
    Throughput Should Grow    ${five}    compared_with=${alone}    factor=1.6    step=research


*** Keywords ***
Define Researches
    [Documentation]    A research from its start to its result, and a row of data for each user in turn.
    VAR    &{job} =    job=job_id
    VAR    &{body} =    company_name={{company}}
    ${start} =    Define Load Step    POST    /research    json=${body}    fields={"company_name": "{{company}}", "job_id": "*"}
    ...    take=${job}
    ${result} =    Define Load Step    GET    /research/{{job}}
    ...    fields={"company_name": "{{company}}", "status": ["pending", "queued", "running", "completed"]}
    ...    until={"status": "completed", "result.name": "{{company}}"}
    ${research} =    Define Load Journey    research    ${start}    ${result}
    VAR    ${START} =    ${start}    scope=SUITE
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    ${rows} =    Companies    Slack    Figma    Stripe    Zoom    Notion
    VAR    @{COMPANIES} =    @{rows}    scope=SUITE

Companies
    [Documentation]    A row of data for each company.
    [Arguments]    @{names}
    VAR    @{rows} =    @{EMPTY}
    FOR    ${name}    IN    @{names}
        VAR    &{row} =    company=${name}
        Append To List    ${rows}    ${row}
    END
    RETURN    ${rows}

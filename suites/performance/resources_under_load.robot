*** Settings ***
Documentation       What Theodore uses while many ask: memory and connections that stay, time that goes where it should, and
...                 throughput that grows with its users.
Metadata            Scenario    resources_under_load

Resource            theodore/load.resource

Suite Setup         Sign In Should Work

Test Tags           area:load    control:SOC2-A1.1    scenario:resources_under_load


*** Test Cases ***
Memory And Connections Stay
    [Documentation]    Under steady load memory and file handles do not grow, in full over minutes.
    ${version} =    Define Load Step    GET    /version    fields={"version": "*", "build.instance_id": "*"}
    Run Load Test    ${version}    users=10    duration=${SOAK}    think=20 ms    lateness=${LATENESS}
    Error Rate Should Be    <    1 %
    Memory Should Not Grow    10 MB per 1000 requests
    Connections Should Not Grow    50 per 1000 requests

No Phase Takes All The Time
    [Documentation]    No phase of a research, and no waiting outside them, takes most of its time.
    ${research} =    Define A Research With Phases
    Run Load Test    ${research}    users=2    iterations=2    identities=${EVERYBODY}    lateness=${LATENESS}
    Error Rate Should Be    ==    0    step=research
    Find Bottleneck    at_most=70 %    step=research

No Dependency Takes All The Time
    [Documentation]    No dependency link accounts for most of the time of a research.
    ${research} =    Define A Research With Phases
    Run Load Test    ${research}    users=2    iterations=2    identities=${EVERYBODY}    lateness=${LATENESS}
    Find Bottleneck    at_most=80 %    by=links    step=research

Discoveries Take No More Calls For More Matches
    [Documentation]    A discovery of many matches asks the store of vectors as often as one of a single match.
    Research Companies    Slack    Figma    Zoom    Notion
    ${little} =    Run A Discovery    single match    limit=1    last=0
    ${much} =    Run A Discovery    many matches    limit=20    last=2
    Calls Should Not Grow    ${much}    compared_with=${little}    step=discovery

Throughput Grows With Users
    [Documentation]    1 to 50 users at once get more done the more they are: each of 50 keeps 5 % of what the single one gets
    ...    done. A lock that lets one work at a time leaves 2 % to 3 %; two cores that are busy leave more.
    [Tags]    profile:full
    ${research} =    Define A Research With Phases    every=500 ms
    Scalability Should Be    ${research}    at_least=5 %    users=1,5,10,20,50    iterations=2    step=research
    ...    identities=${EVERYBODY}    lateness=${LATENESS}


*** Keywords ***
Define A Research With Phases
    [Documentation]    A research from its start to its result, which lists its phases.
    [Arguments]    ${every}=50 ms
    VAR    &{job} =    job=job_id
    VAR    &{slack} =    company_name=Slack
    VAR    &{phases} =    at=progress.details.phases    name=phase_name    milliseconds=duration_ms
    ${start} =    Define Load Step    POST    /research    json=${slack}    fields=${slack}    take=${job}
    ${result} =    Define Load Step    GET    /research/{{job}}    fields=${slack}    phases=${phases}    every=${every}
    ...    until={"status": "completed", "result.name": "Slack"}
    ${research} =    Define Load Journey    research    ${start}    ${result}
    RETURN    ${research}

Research Companies
    [Documentation]    Researches that are done, so that there are vectors to find.
    [Arguments]    @{names}
    FOR    ${name}    IN    @{names}
        ${research} =    Research Company    ${name}
        Get Research Status    ${research}    ==    completed
    END

Run A Discovery
    [Documentation]    Discoveries among the vectors, of whose results the last that must be there has this number.
    [Arguments]    ${name}    ${limit}    ${last}
    VAR    &{job} =    job=job_id
    VAR    @{vectors} =    vector
    VAR    &{body} =    company_name=Slack    limit=${{int($limit)}}    similarity_threshold=${{0.0}}
    ...    source_preference=${vectors}
    ${start} =    Define Load Step    POST    /discover    json=${body}    fields={"query_company": "Slack"}    take=${job}
    ${wait} =    Define Load Step    GET    /discover/{{job}}    fields={"query_company": "Slack"}    every=50 ms
    ...    until={"status": "completed", "results.${last}.company.name": "*"}    within=20 s
    ${discovery} =    Define Load Journey    discovery    ${start}    ${wait}
    ${load} =    Run Load Test    ${discovery}    users=1    iterations=2    identities=analyst    lateness=${LATENESS}
    ...    name=${name}
    RETURN    ${load}

*** Settings ***
Documentation       After a fault everything works again by itself, and no research is lost.
Metadata            Scenario    recovery_validation

Library             ApiLibrary
Library             ChaosLibrary
Library             TheodoreLibrary

Test Tags           area:chaos    control:SOC2-A1.2    experiment:recovery    scenario:recovery_validation


*** Test Cases ***
Interrupted Research Is Taken Up Again
    [Documentation]    The API is killed in the middle of a research, which slow pages hold up: after its restart the research
    ...                comes to its end.
    Add Latency    web    500 ms
    ${research} =    Start Research    Slack
    ${fault} =    Kill Process    api
    Job Should End Within    ${research}    25 s
    Fault Should Have Touched    ${fault}
    Get Research Status    ${research}    ==    completed
    Response Field Should Be    GET /research/${research.id}    created_at    ${research.accepted.body}[created_at]
    Response Field Should Be    GET /research/${research.id}    company_name    Slack
    Get Response Field    GET /research/${research.id}    retry_count    >    0

Interrupted Discovery Is Taken Up Again
    [Documentation]    A discovery that the API is killed in comes to its end, under its identifier and the time of its creation.
    Add Latency    web    500 ms
    ${job} =    Send Request    POST /discover    body={"company_name": "Figma", "limit": 1, "source_preference": ["web"]}
    VAR    ${id} =    ${job.body}[job_id]
    ${fault} =    Kill Process    api
    Wait Until Keyword Succeeds    40 s    500 ms    Get Response Field    GET /discover/${id}    status    ==    completed
    Fault Should Have Touched    ${fault}
    Response Field Should Be    GET /discover/${id}    created_at    ${job.body}[created_at]
    Response Field Should Be    GET /discover/${id}    query_company    Figma

Paused API Goes On
    [Documentation]    An API that stood still goes on where it was.
    ${research} =    Start Research    Slack
    ${fault} =    Pause Process    api
    Undo Fault    ${fault}
    Job Should End Within    ${research}    20 s
    Get Research Status    ${research}    ==    completed
    Fault Should Have Touched    ${fault}

Many Failures Leave Nothing Behind
    [Documentation]    After many failures of the search, and with nothing restarted, researches work at once.
    ${fault} =    Let Dependency Answer    search    status    status=503
    FOR    ${company}    IN    Slack    Zoom    Notion    Figma
        ${research} =    Start Research    ${company}
        Job Should End Within    ${research}    15 s
        Job Should Fail In    ${research}    domain_discovery
    END
    Fault Should Have Touched    ${fault}    at_least=8
    Research Should Work Again Within    Slack    10 s

Availability Through A Restart
    [Documentation]    A restart of the API costs seconds, which the prober counts.
    Start Availability Probe    version
    ${fault} =    Kill Process    api
    Research Should Work Again Within    Slack    15 s
    ${seen} =    Stop Availability Probe    after=14 s
    Availability Should Be At Least    ${seen}    20
    Fault Should Have Touched    ${fault}

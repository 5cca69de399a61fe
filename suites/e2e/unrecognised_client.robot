*** Settings ***
Documentation       A system that behaves well for a test client alone is not well: whoever asks gets the same answers.
Metadata            Scenario    unrecognised_client

Library             ApiLibrary
Resource            theodore/canaries.resource

Test Tags           area:clients    control:SOC2-PI1.3    scenario:unrecognised_client


*** Test Cases ***
Answers Do Not Depend On The Client
    [Documentation]    Browsers, SDKs and this client get the same answers to the same requests.
    Answers Should Not Depend On Client
    ...    GET /discover/quick?company_name=Slack&limit=5
    ...    GET /discover/suggestions?query=Sla
    ...    GET /plugins?limit=3
    ...    GET /plugins/categories
    ...    GET /plugins/search?query=pine
    ...    GET /auth/profile

Refusals Do Not Depend On The Client
    [Documentation]    What is refused to this client is refused to browsers and SDKs, in the same words.
    Answers Should Not Depend On Client
    ...    GET /research/res_nowhere
    ...    GET /discover/quick?company_name=Fake Corp ABC456
    ...    GET /plugins?limit=0
    Answers Should Not Depend On Client    GET /auth/profile    GET /config    identity=NOBODY
    Answers Should Not Depend On Client    GET /config    identity=partner

Wrong Input Is Refused To Every Client
    [Documentation]    A body that the contract does not allow is refused to every client alike.
    Answers Should Not Depend On Client    POST /research    body={"company_name": "", "timeout_seconds": 5}
    Answers Should Not Depend On Client    POST /discover    body={"company_name": "Slack", "limit": 0}

Work Is Done For Every Client
    [Documentation]    A client that looks now like this, now like that gets the facts of a site that did not exist before.
    Disguise Client
    ${canary} =    Open Canary
    Canary Should Be Researched    ${canary}
    Change Canary Fact    ${canary}
    Canary Should Be Researched    ${canary}

System Is As Good Late As Early
    [Documentation]    After all these requests the system reads what it says it has read, in time, and is healthy.
    ${canary} =    Open Canary
    ${research} =    Research Canary    ${canary}
    Research Should Hold Canary Facts    ${research}    ${canary}
    Reported Times Should Agree With Our Clock    ${research}
    Get Research Duration    ${research}    <=    60
    Get Response Field    GET /health    status    ==    healthy    identity=NOBODY

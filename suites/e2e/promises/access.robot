*** Settings ***
Documentation       Each operation opens to whom the contract names, and to nobody else.
Metadata            Scenario    promises_access

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Have Jobs

Test Tags           area:promises    control:SOC2-PI1.3    scenario:promises_access
Test Template       Get Response Status


*** Variables ***
# Have Jobs sets them.
${RESEARCH}         ${NONE}
${DISCOVERY}        ${NONE}
${FOREIGN}          ${NONE}
${BATCH}            ${NONE}
${EXPORT}           ${NONE}


*** Test Cases ***
Public Root
    GET /    ==    200    identity=NOBODY

Public Ping
    GET /ping    ==    200    identity=NOBODY

Public Health
    GET /health    ==    200    identity=NOBODY

Public Version
    GET /version    ==    200    identity=NOBODY

Public Login
    POST /auth/login    ==    422    identity=NOBODY    body={}

Public Refresh
    POST /auth/refresh    ==    422    identity=NOBODY    body={}

Administrator Config Update
    POST /config    ==    200    identity=admin    body={"log_level": "INFO"}

Administrator Restart
    POST /restart    ==    200    identity=admin    body=["search"]

Administrator Plugin Install
    POST /plugins/crunchbase-source/install    ==    200    identity=admin

Administrator Plugin Enable
    POST /plugins/crunchbase-source/enable    ==    200    identity=admin

Administrator Plugin Disable
    POST /plugins/crunchbase-source/disable    ==    200    identity=admin

Administrator Plugin Uninstall
    DELETE /plugins/crunchbase-source    ==    200    identity=admin

Api Key Config Update
    [Template]    Api Key Should Be Answered
    POST    /config    403    identity=admin    body={"log_level": "INFO"}

Api Key Restart
    [Template]    Api Key Should Be Answered
    POST    /restart    403    identity=admin    body=["search"]

Api Key Plugin Install
    [Template]    Api Key Should Be Answered
    POST    /plugins/crunchbase-source/install    403    identity=admin

Api Key Plugin Enable
    [Template]    Api Key Should Be Answered
    POST    /plugins/crunchbase-source/enable    403    identity=admin

Api Key Plugin Disable
    [Template]    Api Key Should Be Answered
    POST    /plugins/crunchbase-source/disable    403    identity=admin

Api Key Plugin Uninstall
    [Template]    Api Key Should Be Answered
    DELETE    /plugins/crunchbase-source    403    identity=admin

Colleague Research
    GET /research/${RESEARCH.id}    ==    200    identity=spare

Colleague Research Progress
    GET /research/${RESEARCH.id}/progress    ==    200    identity=spare

Colleague Research Stream
    GET /research/${RESEARCH.id}/stream    ==    200    identity=spare

Colleague Discovery
    GET /discover/${DISCOVERY.id}    ==    200    identity=spare

Colleague Discovery Progress
    GET /discover/${DISCOVERY.id}/progress    ==    200    identity=spare

Colleague Export Download
    GET /export/files/${EXPORT}    ==    200    identity=spare
    GET /export/files/${EXPORT}/download    ==    200    identity=spare

Colleague Reads The Same
    [Template]    Colleague Reads The Same
    GET /research/${RESEARCH.id}    result
    GET /discover/${DISCOVERY.id}    results
    GET /discover/suggestions?query=Zoom    suggestions

Signs Are No Wildcards
    [Template]    Get Response Field
    GET /discover/suggestions?query=%25%25    suggestions    not contains    Zoom
    GET /discover/suggestions?query=__    suggestions    not contains    Zoom
    GET /plugins?search=%25    total    ==    0
    GET /plugins/search?query=__    total_found    ==    0

Administrator Of Another Tenant
    GET /research/${FOREIGN.id}    ==    404    identity=admin
    GET /research/${FOREIGN.id}/progress    ==    404    identity=admin
    GET /research/${FOREIGN.id}/stream    ==    404    identity=admin
    DELETE /research/${FOREIGN.id}    ==    404    identity=admin

Key Of Another Tenant
    [Template]    Api Key Should Be Answered
    GET    /research/${RESEARCH.id}    404    identity=partner

Job Of The Other Kind
    GET /research/${DISCOVERY.id}    ==    404
    GET /discover/${RESEARCH.id}    ==    404
    GET /discover/${RESEARCH.id}/progress    ==    404
    DELETE /discover/${RESEARCH.id}    ==    404

Research On The Routes Of Batches
    [Template]    No Batch Is Found
    ${RESEARCH.id}

Discovery On The Routes Of Batches
    [Template]    No Batch Is Found
    ${DISCOVERY.id}

Export On The Routes Of Batches
    [Template]    No Batch Is Found
    ${EXPORT}

Discovery On The Routes Of Researches
    [Template]    No Research Is Found
    ${DISCOVERY.id}

Batch On The Routes Of Researches
    [Template]    No Research Is Found
    ${BATCH.id}

Export On The Routes Of Researches
    [Template]    No Research Is Found
    ${EXPORT}

Batch On The Routes Of Discoveries
    [Template]    No Discovery Is Found
    ${BATCH.id}

Export On The Routes Of Discoveries
    [Template]    No Discovery Is Found
    ${EXPORT}

Jobs On The Routes Of Exports
    GET /export/files/${RESEARCH.id}    ==    404
    GET /export/files/${RESEARCH.id}/download    ==    404
    GET /export/files/${DISCOVERY.id}    ==    404
    GET /export/files/${DISCOVERY.id}/download    ==    404
    GET /export/files/${BATCH.id}    ==    404
    GET /export/files/${BATCH.id}/download    ==    404

Export On The Socket Of Jobs
    [Template]    Websocket Should Bring
    /ws/progress/${EXPORT}    error

Unknown Research Stream
    GET /research/res_unknown/stream    ==    404

Unknown Discovery
    GET /discover/dis_unknown    ==    404

Unknown Discovery Cancel
    DELETE /discover/dis_unknown    ==    404

Unknown Discovery Progress
    GET /discover/dis_unknown/progress    ==    404

Unknown Plugin Status
    GET /plugins/no-such/status    ==    404    identity=admin

Unknown Plugin Enable
    POST /plugins/no-such/enable    ==    404    identity=admin

Unknown Plugin Disable
    POST /plugins/no-such/disable    ==    404    identity=admin

Unknown Plugin Uninstall
    DELETE /plugins/no-such    ==    404    identity=admin

Signed Out Profile
    [Template]    Signed Out Token Should Be Refused
    GET    /auth/profile

Signed Out Research Start
    [Template]    Signed Out Token Should Be Refused
    POST    /research    body={"company_name": "Fake Corp ABC456"}

Signed Out Research
    [Template]    Signed Out Token Should Be Refused
    GET    /research/${RESEARCH.id}

Signed Out Research Stream
    [Template]    Signed Out Token Should Be Refused
    GET    /research/${RESEARCH.id}/stream

Signed Out Quick
    [Template]    Signed Out Token Should Be Refused
    GET    /discover/quick?company_name=Slack&limit=1

Signed Out Socket Progress
    [Template]    Signed Out Token Should Be Refused
    WS    /ws/progress/${RESEARCH.id}

Second Session Goes On
    [Template]    Sessions Should End One By One
    identity=analyst

Key Research Research Start
    [Template]    Api Key Should Be Answered
    POST    /research    200    scopes=research    body={"company_name": "Fake Corp ABC456"}

Key Research Discovery Start
    [Template]    Api Key Should Be Answered
    POST    /discover    403    scopes=research    body={"company_name": "Fake Corp ABC456"}

Key Research Quick
    [Template]    Api Key Should Be Answered
    GET    /discover/quick?company_name=Slack&limit=1    403    scopes=research

Key Discovery Research Start
    [Template]    Api Key Should Be Answered
    POST    /research    403    scopes=discovery    body={"company_name": "Fake Corp ABC456"}

Key Discovery Discovery Start
    [Template]    Api Key Should Be Answered
    POST    /discover    200    scopes=discovery    body={"company_name": "Fake Corp ABC456"}

Key Discovery Quick
    [Template]    Api Key Should Be Answered
    GET    /discover/quick?company_name=Slack&limit=1    200    scopes=discovery

Key Default Scopes Research Start
    [Template]    Api Key Should Be Answered
    POST    /research    200    body={"company_name": "Fake Corp ABC456"}

Key Default Scopes Discovery Start
    [Template]    Api Key Should Be Answered
    POST    /discover    200    body={"company_name": "Fake Corp ABC456"}

Key Default Scopes Quick
    [Template]    Api Key Should Be Answered
    GET    /discover/quick?company_name=Slack&limit=1    200

Key Research On Its Own Routes
    [Template]    Api Key Should Be Answered
    GET    /research/${RESEARCH.id}/progress    200    scopes=research
    GET    /research/${RESEARCH.id}/stream    200    scopes=research
    DELETE    /research/${RESEARCH.id}    409    scopes=research
    POST    /batch/research    422    scopes=research    body={}

Key Research On Discoveries
    [Template]    Api Key Should Be Answered
    GET    /discover/${DISCOVERY.id}    403    scopes=research
    GET    /discover/${DISCOVERY.id}/progress    403    scopes=research
    DELETE    /discover/${DISCOVERY.id}    403    scopes=research
    GET    /discover/suggestions?query=Slack    403    scopes=research
    POST    /batch/discover    403    scopes=research    body={"input_data": ["Fake Corp ABC456"]}
    POST    /auth/api-keys    403    scopes=research    body={"name": "wider", "scopes": ["research", "discovery"]}

Key Discovery On Its Own Routes
    [Template]    Api Key Should Be Answered
    GET    /discover/${DISCOVERY.id}    200    scopes=discovery
    GET    /discover/${DISCOVERY.id}/progress    200    scopes=discovery
    DELETE    /discover/${DISCOVERY.id}    409    scopes=discovery

Key Discovery On Researches
    [Template]    Api Key Should Be Answered
    GET    /research/${RESEARCH.id}    403    scopes=discovery
    GET    /research/${RESEARCH.id}/progress    403    scopes=discovery
    GET    /research/${RESEARCH.id}/stream    403    scopes=discovery
    DELETE    /research/${RESEARCH.id}    403    scopes=discovery
    POST    /batch/research    403    scopes=discovery    body={"input_data": ["Fake Corp ABC456"]}

Key Before Expiry
    [Template]    Api Key Should Be Answered
    GET    /auth/profile    200    expires_in=1 h

Credentials Unknown User
    [Template]    Credentials Should Be Answered
    401    username=nobody@example.test

Credentials Password In Other Case
    [Template]    Credentials Should Be Answered
    401    password={swapped}

Credentials Password With Space
    [Template]    Credentials Should Be Answered
    401    password={password}${SPACE}

Credentials Sql Injection
    [Template]    Credentials Should Be Answered
    401    username=' OR '1'\='1' --    password=' OR '1'\='1

Anonymous Socket Progress
    [Template]    Websocket Should Require Authentication
    /ws/progress/${RESEARCH.id}

Other Tenant Socket Progress
    [Template]    Websocket Should Bring
    /ws/progress/${RESEARCH.id}    error    identity=partner
    /ws/progress/${DISCOVERY.id}    error    identity=partner

Colleague Socket Progress
    [Template]    Websocket Should Bring
    /ws/progress/${RESEARCH.id}    job_completed    identity=spare
    /ws/progress/${DISCOVERY.id}    job_completed    identity=spare


*** Keywords ***
Have Jobs
    [Documentation]    A finished research, discovery and batch, an export, and a research of another tenant.
    Have A Batch And An Export
    ${research} =    Research Company    Zoom
    ${discovery} =    Discover Similar Companies    Stripe    limit=2
    ${foreign} =    Research Company    Zoom    identity=partner
    VAR    ${FOREIGN} =    ${foreign}    scope=SUITE
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${DISCOVERY} =    ${discovery}    scope=SUITE

Have A Batch And An Export
    [Documentation]    A finished batch of a company that does not exist, and a file of companies.
    ${batch} =    Research Batch    ${{["Fake Corp ABC456"]}}
    ${export} =    Get Response Field    POST /export/companies    export_id    body={"format": "json"}
    VAR    ${BATCH} =    ${batch}    scope=SUITE
    VAR    ${EXPORT} =    ${export}    scope=SUITE

No Research Is Found
    [Documentation]    An identifier of something else is none of a research, on any route.
    [Arguments]    ${id}
    FOR    ${request}    IN    GET /research/${id}    GET /research/${id}/progress    GET /research/${id}/stream
    ...    DELETE /research/${id}
        Get Response Status    ${request}    ==    404
    END

No Discovery Is Found
    [Documentation]    An identifier of something else is none of a discovery, on any route.
    [Arguments]    ${id}
    FOR    ${request}    IN    GET /discover/${id}    GET /discover/${id}/progress    DELETE /discover/${id}
        Get Response Status    ${request}    ==    404
    END

No Batch Is Found
    [Documentation]    An identifier of something else is none of a batch, on any route, nor for a request that goes on with it.
    [Arguments]    ${id}
    FOR    ${request}    IN    GET /batch/jobs/${id}    GET /batch/jobs/${id}/download    POST /batch/jobs/${id}/pause
    ...    POST /batch/jobs/${id}/resume    DELETE /batch/jobs/${id}
        Get Response Status    ${request}    ==    404
    END
    VAR    ${body} =    ${{ {"input_data": [{"name": "Fake Corp ABC456"}], "resume_job_id": $id} }}
    Get Response Status    POST /batch/research    ==    404    body=${body}

Colleague Reads The Same
    [Documentation]    A field of an answer has the same value for a colleague.
    [Arguments]    ${request}    ${field}
    ${value} =    Get Response Field    ${request}    ${field}
    Get Response Field    ${request}    ${field}    ==    ${value}    identity=spare

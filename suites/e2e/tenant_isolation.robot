*** Settings ***
Documentation       What one tenant does is out of sight of another: jobs, vectors, suggestions, errors.
Metadata            Scenario    tenant_isolation

Library             ApiLibrary
Library             TheodoreLibrary

Suite Setup         Work As One Tenant

Test Tags           area:tenants    control:SOC2-CC6.1    scenario:tenant_isolation


*** Variables ***
# Work As One Tenant sets them.
${RESEARCH}         ${NONE}
${HIDDEN}           ${NONE}


*** Test Cases ***
Research Is Invisible
    [Documentation]    By no route is another tenant's research there, and the error does not name it.
    Job Should Be Invisible To    ${RESEARCH}    partner

Discovery Is Invisible
    [Documentation]    By no route is another tenant's discovery there.
    ${found} =    Discover Similar Companies    Stripe    sources=vector    identity=analyst
    Job Should Be Invisible To    ${found}    partner

Vectors Are Separate
    [Documentation]    A company that one tenant has researched is not found in another's vectors.
    ${own} =    Discover Similar Companies    Stripe    sources=vector    threshold=0.5    identity=analyst
    ${foreign} =    Discover Similar Companies    Stripe    sources=vector    threshold=0.5    identity=partner
    Discovery Should Not Reach Into    ${own}    ${foreign}    Square

Quick Discoveries Are Separate
    [Documentation]    A company that only one tenant has researched is found quickly by that one, and by its colleagues, alone.
    VAR    ${quick} =    GET /discover/quick?company_name=Stripe&limit=50&similarity_threshold=0
    VAR    ${found} =    "Acme Startup Inc" in {match["company"]["name"] for match in value}
    Get Response Field    ${quick}    results    validate    ${found}    identity=analyst
    Get Response Field    ${quick}    results    validate    ${found}    identity=spare
    Get Response Field    ${quick}    results    validate    len(value) > 0 and not ${found}    identity=partner

Suggestions Are Separate
    [Documentation]    A company that only one tenant has researched is suggested to that one alone.
    Company Should Be Suggested Only To    Acme Startup Inc    owner=analyst    other_tenant=partner

Errors Are Separate
    [Documentation]    A failed job is in the status of its own tenant alone, before those that failed earlier.
    ${earlier} =    Research Company    Nonexistent Company XYZ123    identity=analyst
    Get Research Status    ${earlier}    ==    failed
    ${failed} =    Research Company    Fake Corp ABC456    identity=analyst
    Failed Job Should Be Listed Only To    ${failed}    partner

Errors Of Discoveries Are Separate
    [Documentation]    A discovery that failed is in the status of its own tenant alone, as a research is.
    ${failed} =    Discover Similar Companies    Fake Corp ABC456    identity=analyst
    Get Research Status    ${failed}    ==    failed
    Failed Job Should Be Listed Only To    ${failed}    partner

Both Have What Both Have Researched
    [Documentation]    Who researches a company after another tenant did has it too: suggested, and found; and so has the first.
    Research Company    Acme Startup Inc    identity=partner
    FOR    ${identity}    IN    partner    analyst
        Get Response Field    GET /discover/suggestions?query=aCME sT    suggestions    contains    Acme Startup Inc
        ...    identity=${identity}
        ${found} =    Discover Similar Companies    Stripe    sources=vector    threshold=0    limit=100    identity=${identity}
        Discovery Should Include    ${found}    Acme Startup Inc
    END

Exports Are Separate
    [Documentation]    Of a company that both have researched each exports its own record; of the other's companies nobody any.
    [Tags]    area:export
    ${theirs} =    Research Company    Acme Startup Inc    identity=partner
    ${foreign} =    Export Companies    json    identity=partner
    Export Should Hold Companies    ${foreign}    ${{ [$theirs.record] }}    alone=True
    ${own} =    Export Companies    json    identity=analyst
    Export Should Hold Companies    ${own}    ${{ [$RESEARCH.record, $HIDDEN.record] }}

Backups Are Separate
    [Documentation]    No part of a backup holds what another tenant has researched, with the finished researches and without.
    [Tags]    area:export
    ${own} =    Export Backup    include_cache=True    identity=analyst
    Backup Should Hold Researches    ${own}    ${RESEARCH}    ${HIDDEN}
    ${theirs} =    Research Company    Acme Startup Inc    identity=partner
    ${foreign} =    Export Backup    include_cache=True    identity=partner
    Backup Should Hold Researches    ${foreign}    ${theirs}
    Backup Should Be Without Researches    ${foreign}    ${RESEARCH}    ${HIDDEN}

Foreign Companies Are Not There
    [Documentation]    What another tenant alone has researched is none of a report, and nothing is similar to it.
    [Tags]    area:export
    [Template]    Get Response Status
    POST /export/report    ==    200    body={"company": "Square", "format": "json"}    identity=analyst
    POST /export/report    ==    404    body={"company": "Square", "format": "json"}    identity=partner
    POST /export/companies    ==    200    body={"format": "json", "filters": {"similar_to": "Square"}}    identity=analyst
    POST /export/companies    ==    404    body={"format": "json", "filters": {"similar_to": "Square"}}    identity=partner

Reports Are Separate
    [Documentation]    A report names similar companies of its own tenant alone: to each of two the one that it has researched.
    [Tags]    area:export
    Research Company    Adyen    identity=partner
    FOR    ${identity}    IN    analyst    partner
        ${research} =    Research Company    Stripe    identity=${identity}
        ${report} =    Export Company Report    Stripe    json    include_similar=True    identity=${identity}
        Company Report Should Hold Facts    ${report}    ${research.record}
    END


*** Keywords ***
Work As One Tenant
    [Documentation]    One tenant researches a hidden startup and a payment company.
    ${research} =    Research Company    Acme Startup Inc    identity=analyst
    ${hidden} =    Research Company    Square    identity=analyst
    VAR    ${RESEARCH} =    ${research}    scope=SUITE
    VAR    ${HIDDEN} =    ${hidden}    scope=SUITE

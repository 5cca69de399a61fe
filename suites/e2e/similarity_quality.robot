*** Settings ***
Documentation       Over all planted groups, what is found is what is truly similar.
Metadata            Scenario    similarity_quality

Resource            theodore/discovery.resource

Test Tags           area:discovery    control:SOC2-PI1.3    scenario:similarity_quality


*** Variables ***
@{QUERIES}          Stripe    Slack    Notion    Figma    HubSpot    Corner Crust


*** Test Cases ***
Groups Are Found Again
    [Documentation]    Precision at 3 and recall against the planted groups are at least 80 %.
    [Tags]    check:data-quality
    VAR    &{found} =    &{EMPTY}
    VAR    &{relevant} =    &{EMPTY}
    FOR    ${company}    IN    @{QUERIES}
        ${discovery} =    Discover Similar Companies    ${company}
        ${names} =    Get Discovered Companies    ${discovery}
        ${similar} =    Get Similar Companies    ${company}
        ${public} =    Evaluate    [name for name in $similar if name != 'Uncommon Local Business XYZ']
        Set To Dictionary    ${found}    ${company}=${names}
        Set To Dictionary    ${relevant}    ${company}=${public}
    END
    Rankings Should Be Good    ${found}    ${relevant}    k=3    precision=0.8    recall=0.8

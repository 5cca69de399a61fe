*** Settings ***
Documentation       Companies that the vector store does not know, and those that nobody knows, are handled by search
...                 on the web.
Metadata            Scenario    web_search_fallback

Resource            theodore/discovery.resource

Test Tags           area:discovery    control:SOC2-PI1.3    scenario:web_search_fallback


*** Test Cases ***
Local Business Is Found By Search
    [Documentation]    A business that no vector store knows leads to at least 3 others at a threshold of 0.4.
    ${found} =    Discover Similar Companies    Uncommon Local Business XYZ    threshold=0.4    limit=5
    Results Should Be Sound    ${found}    at_least=3
    Discovery Should Have Used    ${found}    web
    Discovery Should Include    ${found}    Old Mill Bakery    Corner Crust    Harbour Bread Company

Business Without A Site Is Known From A Directory
    [Documentation]    A business that only a directory knows leads to others of its trade.
    ${found} =    Discover Similar Companies    Riverside Sourdough Room    threshold=0.3    limit=4
    Results Should Be Sound    ${found}    at_least=1

Unknown Company Fails Gracefully
    [Documentation]    A company that nobody knows leads to an honest error after search was tried twice.
    [Template]    Nothing Similar To
    Unknown Startup
    Nonexistent Company XYZ123

Fallback Is In Time
    [Documentation]    The discovery by search ends within the ticket's limit of 45 seconds.
    [Tags]    check:performance
    ${found} =    Discover Similar Companies    Uncommon Local Business XYZ    threshold=0.4    limit=3
    Get Research Duration    ${found}    <=    45


*** Keywords ***
Nothing Similar To
    [Documentation]    A discovery that must fail gracefully.
    [Arguments]    ${company}
    ${found} =    Discover Similar Companies    ${company}
    Discovery Should Fail Gracefully    ${found}

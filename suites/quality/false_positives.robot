*** Settings ***
Documentation       Companies that do not exist are looked for and not made up.
Metadata            Scenario    false_positives

Resource            theodore/quality.resource

Test Tags           scenario:false_positives


*** Test Cases ***
Names That Nobody Bears Have No Record
    [Documentation]    The known names of nobody, and six that were invented for this run: each research fails, and has searched.
    ${unknown} =    Get Companies By Category    non_existent
    FOR    ${_}    IN RANGE    6
        ${company} =    Create Company
        Append To List    ${unknown}    ${company}
    END
    VAR    @{researches} =    @{EMPTY}
    FOR    ${company}    IN    @{unknown}
        ${research} =    Research Company    ${company}[name]
        Append To List    ${researches}    ${research}
    END
    Nothing Should Have Been Found    @{researches}

Unknown Startup Is Looked For On The Web
    [Documentation]    The ticket's Unknown Startup, with a threshold of 0.5 and a limit of 5: the web is searched, and nothing is
    ...                made up.
    ${discovery} =    Discover Similar Companies    Unknown Startup    threshold=0.5    limit=5
    Discovery Should Fail Gracefully    ${discovery}

Unlisted Startup Leads To Others Through The Web
    [Documentation]    A startup that the vector store does not know leads to at most 5 others, each of a site that was read.
    ${discovery} =    Discover Similar Companies    Acme Startup Inc    threshold=0.3    limit=5
    Results Should Be Sound    ${discovery}    at_least=1
    Discovery Should Have Used    ${discovery}    web

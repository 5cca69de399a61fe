*** Settings ***
Documentation       Large batches are worked on to their end, with each company once: 100, or 1,000 and 10,000 in profile full.
Metadata            Scenario    batch_large

Library             ApiLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Suite Setup         Have Batches

Test Tags           area:batch    control:SOC2-A1.1    scenario:batch_large


*** Variables ***
${PROFILE}          quick
&{SIZE}             quick=${100}    full=${10000}
${UNKNOWN}          ${{["Fake Corp ABC456"] * 20}}
# Have Batches sets it.
&{BATCHES}          &{EMPTY}


*** Test Cases ***
Many Companies
    [Documentation]    At least eight in ten companies are researched, of all that were sent, and no company is lost or doubled.
    Batch Should Be Successful    ${BATCHES}[large]    at_least=0.8
    Each Company Should Have One Outcome    ${BATCHES}[large]    readings=False
    Batch Numbers Should Add Up    ${BATCHES}[large]

Whatever A Name Begins With
    [Documentation]    Each company that exists is found by its name.
    ${outcomes} =    Get Batch Outcomes    ${BATCHES}[large]
    VAR    ${failed} =    ${{[row["company_name"] for row in $outcomes if row["status"] != "completed"]}}
    Observe    companies that exist and were not found    ${{[]}}    ${failed}

More Than A Thousand Outcomes
    [Documentation]    The results of many companies come whole and in order, here of such as have no site that could be read.
    VAR    ${unread} =    ${{ [{"name": f"Unread {number}", "website": "http://127.0.0.1:9"} for number in range(1001)] }}
    ${batch} =    Start Batch Research    ${unread}    concurrency=20    retry_failed=False
    Follow Batch    ${batch}
    Get Batch Status    ${batch}    ==    failed
    Each Company Should Have One Outcome    ${batch}    max_retries=0
    Batch Numbers Should Add Up    ${batch}
    Batch Results Should Agree In Every Format    ${batch}    csv

A Thousand Companies
    [Documentation]    A thousand companies are researched, each once, and their results come whole in a format that is streamed.
    [Tags]    profile:full
    ${names} =    Create Company Batch    ${1000}
    ${batch} =    Start Batch Research    ${names}    concurrency=20
    Follow Batch    ${batch}    timeout=30 min
    Batch Should Be Successful    ${batch}    at_least=0.8
    Each Company Should Have One Outcome    ${batch}    readings=False
    Batch Numbers Should Add Up    ${batch}
    Batch Results Should Agree In Every Format    ${batch}    csv

Urgent Companies Come First
    [Documentation]    While many companies are at work, batches come by their priority, whichever was there first.
    Batch Should Have Come Before    ${BATCHES}[urgent]    ${BATCHES}[high]
    Batch Should Have Come Before    ${BATCHES}[high]    ${BATCHES}[normal]
    Batch Should Have Come Before    ${BATCHES}[normal]    ${BATCHES}[low]


*** Keywords ***
Have Batches
    [Documentation]    A large batch, and small ones of other priorities that wait for its places.
    ${names} =    Create Company Batch    ${SIZE}[${PROFILE}]
    ${large} =    Start Batch Research    ${names}    concurrency=20
    ${low} =    Start Batch Research    ${{$UNKNOWN * 2}}    priority=low    concurrency=20
    ${normal} =    Start Batch Research    ${UNKNOWN}    priority=normal    concurrency=20
    ${high} =    Start Batch Research    ${UNKNOWN}    priority=high    concurrency=20
    ${urgent} =    Start Batch Research    ${UNKNOWN}    priority=urgent    concurrency=20
    FOR    ${batch}    IN    ${urgent}    ${high}    ${normal}    ${low}    ${large}
        Follow Batch    ${batch}    timeout=60 min
    END
    VAR    &{BATCHES} =    large=${large}    low=${low}    normal=${normal}    high=${high}    urgent=${urgent}    scope=SUITE

*** Settings ***
Documentation       A large batch is worked on to its end, with each company once: 100 in profile quick, 10,000 in profile full.
Metadata            Scenario    batch_large

Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:batch    control:SOC2-A1.1    scenario:batch_large


*** Variables ***
${PROFILE}          quick
&{SIZE}             quick=${100}    full=${10000}


*** Test Cases ***
Many Companies
    [Documentation]    At least eight in ten companies are researched, of all that were sent, and no company is lost or doubled.
    ${names} =    Create Company Batch    ${SIZE}[${PROFILE}]
    ${batch} =    Research Batch    ${names}    concurrency=20    timeout=60 min
    Batch Should Be Successful    ${batch}    at_least=0.8
    Each Company Should Have One Outcome    ${batch}    readings=False
    Batch Numbers Should Add Up    ${batch}

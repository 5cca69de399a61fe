*** Settings ***
Documentation       Researches of one company say the same: repeated, by each provider, and again after others were researched.
Metadata            Scenario    consistency

Resource            theodore/quality.resource

Test Tags           scenario:consistency


*** Test Cases ***
Repeated Researches Agree
    [Documentation]    Four researches of one company, one after another, state the same facts.
    ${researches} =    Research Again    Stripe    4
    Researches Should Agree    ${researches}    over=repeated

Providers Agree
    [Documentation]    Each provider reads the same facts out of the same pages: of a large company, and of a small one.
    [Template]    Providers Should Agree On
    SAP
    Linear

Second Research Agrees
    [Documentation]    A company that is researched again after others states the same facts, and its record is renewed.
    ${before} =    Research Company    Shopify
    ${other} =    Research Company    Adobe
    Get Research Status    ${other}    ==    completed
    ${after} =    Research Company    Shopify
    VAR    @{both} =    ${before}    ${after}
    Researches Should Agree    ${both}    over=renewed
    VAR    @{records} =    ${before.record}    ${after.record}
    Records Should Be Unique    ${records}    last_updated


*** Keywords ***
Providers Should Agree On
    [Documentation]    Researches of a company by each provider state the same facts.
    [Arguments]    ${company}
    ${researches} =    Research With Each Provider    ${company}
    Researches Should Agree    ${researches}    over=providers

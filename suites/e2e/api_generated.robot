*** Settings ***
Documentation       Requests that are generated from the contract, valid and invalid, are answered as it says.
Metadata            Scenario    api_generated

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:contract    control:SOC2-PI1.2    scenario:api_generated


*** Test Cases ***
Generated Requests Are Answered As In The Contract
    [Documentation]    Valid and invalid requests that schemathesis generates from the contract.
    Generated Requests Should Be As In The Contract    examples=4

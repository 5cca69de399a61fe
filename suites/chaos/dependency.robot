*** Settings ***
Documentation       Dependencies that are gone: open failures, no remains, nothing old sold as new.
Metadata            Scenario    dependency

Library             ChaosLibrary
Library             TheodoreLibrary

Test Tags           area:chaos    control:SOC2-A1.2    experiment:dependency_resilience    scenario:dependency


*** Test Cases ***
Vector Store Is Gone
    [Documentation]    A record that cannot be stored is no result, and its company is not listed.
    ${fault} =    Cut Link    vectors
    ${research} =    Research Company    Figma
    Job Should Fail In    ${research}    vector_storage
    Company Should Not Be Listed    Figma
    Undo Fault    ${fault}
    Research Should Work Again Within    Figma    10 s

Web Is Gone
    [Documentation]    A company that was researched before is not served from memory as if it were read today.
    ${before} =    Research Company    Canva
    Get Research Status    ${before}    ==    completed
    ${fault} =    Cut Link    web
    ${research} =    Research Company    Canva
    Job Should Be Honest    ${research}
    Undo Fault    ${fault}
    Research Should Work Again Within    Canva    10 s

Search Is Gone
    [Documentation]    Without search a research fails openly, and does not say that there is no such company.
    ${fault} =    Cut Link    search
    ${research} =    Research Company    Asana
    Job Should Fail In    ${research}    domain_discovery
    Undo Fault    ${fault}

Health Tells What Is Gone
    [Documentation]    A dependency behind a cut link makes the health degraded, by its name.
    ${fault} =    Cut Link    vectors
    Health Should Tell    degraded    vectors    unhealthy
    Undo Fault    ${fault}
    Health Should Tell    healthy    vectors    healthy

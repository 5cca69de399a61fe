# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       Figures are cached, for their tenant alone and for a while: proved by executions that are added underneath.
Metadata            Scenario    analytics_cache

Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:analytics    control:SOC2-PI1.3    scenario:analytics_cache    system:promptcraft


*** Test Cases ***
Hit
    [Documentation]    The second request gets the figures of the first, although there are more executions.
    [Tags]    -system:theodore
    Figures Should Come From Cache    identity=admin

Expiry
    [Documentation]    After their time figures are computed anew.
    [Tags]    -system:theodore
    Cached Figures Should Expire    identity=admin

Invalidation
    [Documentation]    A workflow that ends is counted at once.
    [Tags]    -system:theodore
    Cached Figures Should Be Invalidated    identity=admin

Invalidation By A Failure
    [Documentation]    So is one that fails, and as a failure.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    status=500    system=promptcraft
    Cached Figures Should Be Invalidated    failed    identity=admin

Questions
    [Documentation]    Another user, agent, range or granularity gets figures of its own.
    [Tags]    -system:theodore
    Cached Figures Should Belong To Question    identity=admin

Forgotten
    [Documentation]    Figures are computed anew once their tenant has them forgotten, and not when another one does.
    [Tags]    -system:theodore
    Cached Figures Should Be Forgotten On Request    other=partner    identity=admin

Tenants
    [Documentation]    One question of two tenants gets the figures of each.
    [Tags]    -system:theodore
    Cached Figures Should Belong To Tenant    owner=admin    other=partner

*** Settings ***
Documentation       The database of jobs and accounts, where it is reached over a network: gone, slow, and back.
Metadata            Scenario    database

Library             ChaosLibrary
Library             TheodoreLibrary

Test Setup          Connect Through The Proxies

Test Tags           area:chaos    control:SOC2-A1.2    experiment:database_resilience    scenario:database


*** Test Cases ***
Database Is Gone
    [Documentation]    Without its database the health is degraded and says why; with it researches work at once.
    ${fault} =    Cut Link    store
    Health Should Tell    degraded    database    unhealthy
    Fault Should Have Touched    ${fault}
    Research Should Work Again Within    Slack    15 s

Database Is Slow
    [Documentation]    A slow database costs time, nothing else.
    ${fault} =    Add Latency    store    20 ms
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    40 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}
    Fault Should Have Touched    ${fault}

Database Connections Are Reset
    [Documentation]    Connections that are reset are made anew.
    ${fault} =    Reset Connections    store    share=0.5    duration=5 s
    Fault Should Have Touched    ${fault}
    Research Should Work Again Within    Slack    15 s


*** Keywords ***
Connect Through The Proxies
    [Documentation]    Connections to the database that go through its proxy.
    Use Fault Proxies
    Research Should Work Again Within    Slack    15 s

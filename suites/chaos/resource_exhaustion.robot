*** Settings ***
Documentation       An API that is short of something fails openly at worst, and is well again when it has it back.
Metadata            Scenario    resource_exhaustion

Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:chaos-time    control:SOC2-A1.1    experiment:resource_exhaustion_resilience
...                 scenario:resource_exhaustion


*** Test Cases ***
Little Processor Time
    [Documentation]    With half of the processor's time a research takes longer and is right.
    ${truth} =    Get Company    Slack
    ${fault} =    Starve Process    api    share=0.5
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${fault}

Idle Connections
    [Documentation]    Two hundred idle connections do not keep anybody out.
    ${truth} =    Get Company    Slack
    ${fault} =    Exhaust Connections    count=200
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${fault}    at_least=200

No File Handles
    [Documentation]    Without handles for new connections nothing wrong comes out; with them, all is well again.
    ${research} =    Start Research    Slack
    ${fault} =    Limit File Handles    api    room=3
    ${idle} =    Exhaust Connections    count=10
    Undo Fault    ${idle}
    Job Should End Within    ${research}    25 s
    Job Should Be Honest    ${research}
    Fault Should Have Touched    ${fault}
    Research Should Work Again Within    Slack    15 s

Little Memory
    [Documentation]    With 11 MB left to it from its start the API researches as usual.
    ${truth} =    Get Company    Slack
    Research Should Work Again Within    Slack    15 s
    ${killed} =    Kill Process    api
    Undo Fault    ${killed}
    ${fault} =    Limit Process Memory    api    room=11
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    Job Should Be Honest    ${research}    truth=${truth}
    Fault Should Have Touched    ${fault}
    Research Should Work Again Within    Slack    15 s

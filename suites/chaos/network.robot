*** Settings ***
Documentation       A bad network between Theodore and what it depends on costs time, never data.
Metadata            Scenario    network

Library             ChaosLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:chaos    control:SOC2-A1.2    experiment:network_resilience    scenario:network


*** Test Cases ***
Slow Answers
    [Documentation]    Half a second on every answer of the AI provider: the research takes longer and is right.
    ${fault} =    Add Latency    openai    500 ms    jitter=50 ms
    Slack Is Researched Rightly
    Fault Should Have Touched    ${fault}

Narrow Line
    [Documentation]    Web sites over a line of 50 KB/s are read all the same.
    ${fault} =    Limit Bandwidth    web    rate=50
    Slack Is Researched Rightly
    Fault Should Have Touched    ${fault}

Answers In Small Pieces
    [Documentation]    Answers that come in pieces of 40 bytes are put together rightly.
    ${fault} =    Slice Data    search    size=40
    Slack Is Researched Rightly
    Fault Should Have Touched    ${fault}

Connections That Close Late
    [Documentation]    Connections of which the end comes late hold nothing up.
    ${fault} =    Delay Closing    web    1 s
    Slack Is Researched Rightly
    Undo Fault    ${fault}

Failed Calls Are Tried Again
    [Documentation]    Some calls of the search service fail: they are repeated, and the research succeeds.
    ${fault} =    Let Dependency Answer    search    status    rate=0.5    seed=1
    ${research} =    Slack Is Researched
    Fault Should Have Touched    ${fault}
    Job Should Have Survived    ${research}    ${fault}

Pages That Come With The Second Try
    [Documentation]    Some calls of the web fail: no page is missing from the record's truth, none is taken twice.
    ${fault} =    Let Dependency Answer    web    status    rate=0.3    seed=1
    Slack Is Researched Rightly
    Fault Should Have Touched    ${fault}

Reset Connections
    [Documentation]    All connections to the first AI provider are reset: another one does the work.
    ${fault} =    Reset Connections    openai
    ${research} =    Slack Is Researched Rightly
    Get Research Status    ${research}    ==    completed
    Fault Should Have Touched    ${fault}

Slow Line To The Clients
    [Documentation]    Clients behind a slow line get the same answers.
    ${fault} =    Add Latency    api    150 ms
    Slack Is Researched Rightly
    Fault Should Have Touched    ${fault}


*** Keywords ***
Slack Is Researched
    [Documentation]    A research that ends in time; returns it.
    ${research} =    Start Research    Slack
    Job Should End Within    ${research}    25 s
    RETURN    ${research}

Slack Is Researched Rightly
    [Documentation]    A research that ends in time, completed and right; returns it.
    ${truth} =    Get Company    Slack
    ${research} =    Slack Is Researched
    Get Research Status    ${research}    ==    completed
    Job Should Be Honest    ${research}    truth=${truth}
    RETURN    ${research}

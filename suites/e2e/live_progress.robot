*** Settings ***
Documentation       A research can be followed live: by server-sent events and over a WebSocket, completely and in
...                 order.
Metadata            Scenario    live_progress

Library             TheodoreLibrary

Test Tags           area:streams    control:SOC2-PI1.3    scenario:live_progress


*** Test Cases ***
Running Research Is Streamed
    [Documentation]    Every event comes, in order, and the stream ends with the whole job.
    ${research} =    Start Research    Slack
    Research Stream Should Tell Everything    ${research}
    Get Research Status    ${research}    ==    completed

Finished Research Is Streamed Too
    [Documentation]    The stream of a finished job tells the same and ends.
    ${research} =    Research Company    Zoom
    Research Stream Should Tell Everything    ${research}

Failed Research Ends Its Stream With An Error
    [Documentation]    The stream of a research that fails ends with an error event.
    ${research} =    Start Research    Fake Corp ABC456
    Failed Research Stream Should End With An Error    ${research}

Running Research Is Reported Over A WebSocket
    [Documentation]    The connection is acknowledged, every update comes in order, the end is reported and the
    ...                connection closed.
    ${research} =    Start Research    Discord
    Research Websocket Should Tell Everything    ${research}

Discovery Is Reported Over A WebSocket
    [Documentation]    So is a discovery, with each of its phases, whose progress never goes back.
    ${discovery} =    Discover Similar Companies    Figma    limit=2
    Research Websocket Should Tell Everything    ${discovery}

Sockets Acknowledge What They Are Asked
    [Documentation]    Subscriptions are acknowledged, nonsense and unknown jobs are answered with an error.
    [Template]    Websocket Should Acknowledge
    /ws/notifications    ${EMPTY}    connection_ack
    /ws/notifications?categories=research,batch    ${EMPTY}    connection_ack
    /ws/notifications    {"action": "subscribe", "job_type": "research"}    subscription_ack
    /ws/notifications    {"action": "unsubscribe", "job_type": "research"}    unsubscription_ack
    /ws/notifications    {"action": "dance"}    error
    /ws/notifications    dance    error
    /ws/notifications    ${EMPTY}    heartbeat
    /ws/progress/res_unknown    ${EMPTY}    error

No Message Ends A Connection
    [Documentation]    What is no subscription, of each type of JSON and of none, is answered with an error, and heartbeats go on.
    [Template]    Websocket Should Withstand
    /ws/notifications    []    null    7    "text"    true    {}    {"action": null}    {"action": ["subscribe"]}
    ...    {"action": {"of": "us"}}    [{"action": "subscribe"}]    {"action": "subscribe"    ${SPACE}    ${{"[" * 5000}}
    ...    ${{b"[]"}}    ${{b"\x00\xff"}}

Failed Research Is Reported Over A WebSocket
    [Documentation]    A research that fails is reported as failed.
    ${research} =    Start Research    Fake Corp ABC456
    Research Websocket Should Tell Everything    ${research}

Monitoring Tells How Busy The System Is
    [Documentation]    The monitoring socket tells of itself.
    Websocket Should Acknowledge    /ws/monitoring    ${EMPTY}    system_notification

Monitoring Follows What Happens
    [Documentation]    The load that is reported is that of the moment: the uptime rises, and a research that starts is counted.
    Make Dependency Misbehave    search    delay=20 s
    Monitoring Should Follow    Slack

WebSockets Take API Keys
    [Documentation]    Programs connect with a key; a made-up one is refused.
    Websocket Should Take An Api Key    /ws/notifications

WebSockets Require Authentication
    [Documentation]    Without a token nothing but an error comes.
    [Template]    Websocket Should Require Authentication
    /ws/notifications
    /ws/monitoring

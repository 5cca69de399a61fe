*** Settings ***
Documentation       The end of a batch is sent to its webhook: signed, tried again until it is taken, and then no more.
Metadata            Scenario    batch_webhooks

Library             TheodoreLibrary

Test Tags           area:batch    control:SOC2-PI1.3    scenario:batch_webhooks


*** Test Cases ***
Taken At Once
    [Documentation]    A webhook that is taken comes once.
    ${receiver} =    Open Webhook Receiver
    Permit Address    ${receiver.address}
    Webhook Comes    ${receiver}

Taken After Failures
    [Documentation]    A webhook that is refused for the moment is sent again, up to five times, with the same identifier.
    [Tags]    control:SOC2-A1.2
    ${receiver} =    Open Webhook Receiver    ${503}    ${500}    ${429}    ${502}
    Permit Address    ${receiver.address}
    Webhook Comes    ${receiver}

Discovery
    [Documentation]    The end of a batch of discoveries is sent too.
    ${receiver} =    Open Webhook Receiver
    Permit Address    ${receiver.address}
    VAR    @{companies} =    Fake Corp ABC456    Nonexistent Company XYZ123
    ${batch} =    Start Batch Discovery    ${companies}    priority=high    webhook_url=${receiver.address}
    Follow Batch    ${batch}
    Webhook Should Have Come    ${receiver}    ${batch}    settle=0.5 s

Inner Network
    [Documentation]    An address of the inner network that nobody permitted is not called.
    [Tags]    control:SOC2-CC6.6
    ${receiver} =    Open Webhook Receiver
    ${batch} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${receiver.address}
    Follow Batch    ${batch}
    Webhook Should Not Have Come    ${receiver}    ${batch}    settle=0.5 s


*** Keywords ***
Webhook Comes
    [Documentation]    A batch of two companies, and its webhook.
    [Arguments]    ${receiver}
    ${batch} =    Start Batch Research    ${{["Slack", "Fake Corp ABC456"]}}    webhook_url=${receiver.address}
    Follow Batch    ${batch}
    Webhook Should Have Come    ${receiver}    ${batch}    settle=0.5 s

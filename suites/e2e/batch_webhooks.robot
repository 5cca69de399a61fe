*** Settings ***
Documentation       The end of a batch is sent to its webhook: signed, tried again until it is taken, and then no more.
Metadata            Scenario    batch_webhooks

Library             ApiLibrary
Library             TheodoreLibrary

Test Tags           area:batch    control:SOC2-PI1.3    scenario:batch_webhooks


*** Test Cases ***
Taken At Once
    [Documentation]    A webhook that is taken comes once.
    ${receiver} =    Open Webhook Receiver
    Permit Address    ${receiver.address}
    Webhook Comes    ${receiver}

Taken After Failures
    [Documentation]    A webhook that is refused for the moment is sent again with the same identifier, five times in all, and
    ...    then no more.
    [Tags]    control:SOC2-A1.2
    ${receiver} =    Open Webhook Receiver    ${503}    ${500}    ${429}    ${502}
    ${other} =    Open Webhook Receiver    ${408}    ${425}    ${504}
    ${never} =    Open Webhook Receiver    @{{ [503] * 7 }}
    FOR    ${each}    IN    ${receiver}    ${other}    ${never}
        Permit Address    ${each.address}
    END
    ${lost} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${never.address}
    ${beside} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${other.address}
    Webhook Comes    ${receiver}
    Webhook Should Come In The End    ${other}    ${beside}
    Follow Batch    ${lost}
    Webhook Should Have Been Given Up    ${never}    ${lost}    tries=5    settle=3.5 s

Refused For Good
    [Documentation]    A webhook whose receiver refuses it for good is not sent again.
    ${receiver} =    Open Webhook Receiver    ${400}
    Permit Address    ${receiver.address}
    ${batch} =    Start Batch Research    ${{["Fake Corp ABC456"]}}    webhook_url=${receiver.address}
    Follow Batch    ${batch}
    Webhook Should Have Been Given Up    ${receiver}    ${batch}    settle=0.5 s

Cancelled
    [Documentation]    That a batch was cancelled is sent too.
    ${receiver} =    Open Webhook Receiver
    Permit Address    ${receiver.address}
    Make Dependency Misbehave    search    delay=20 s
    ${batch} =    Start Batch Research    ${{["Slack", "Zoom"]}}    webhook_url=${receiver.address}
    Get Response Status    DELETE /batch/jobs/${batch.id}    ==    200
    Follow Batch    ${batch}
    Webhook Should Have Come    ${receiver}    ${batch}    settle=0.5 s

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

Webhook Should Come In The End
    [Documentation]    The webhook of a batch that goes on.
    [Arguments]    ${receiver}    ${batch}
    Follow Batch    ${batch}
    Webhook Should Have Come    ${receiver}    ${batch}    settle=0.1 s

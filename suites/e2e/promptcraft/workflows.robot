# robocop: off=TAG05  # the tag of the folder above can be taken from each test alone
*** Settings ***
Documentation       Workflows are accepted, run in order, wait for approval, and stop when they are rejected, cancelled or failed.
Metadata            Scenario    workflows

Library             ApiLibrary
Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:workflows    control:SOC2-PI1.3    scenario:workflows    system:promptcraft


*** Test Cases ***
Accepted
    [Documentation]    A workflow is accepted with 202 and found at the address of the answer.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect
    Workflow Should Be Accepted    ${workflow}

Steps In Order
    [Documentation]    The orchestrator gets each step once, in order, for its own agent.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    analyse    write_report    publish    agent=report_agent, other_agent
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

Waits For Approval
    [Documentation]    A step that needs an approval is not carried out without it.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    review

Approved
    [Documentation]    Once it is approved, a workflow goes on to its end, and waits again where it must.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review,publish
    Follow Workflow    ${workflow}
    Approve Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    publish
    Approve Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

Decisions Are On Record
    [Documentation]    Each decision is kept with its step, its words, its moment, and who took it, not who started the workflow.
    [Tags]    -system:theodore    control:SOC2-CC7.2
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review,publish    identity=developer
    Follow Workflow    ${workflow}
    Approve Workflow    ${workflow}    approver=admin
    Approve Workflow    ${workflow}    approver=developer    decision=rejected
    Approvals Should Be On Record    ${workflow}

Rejected
    [Documentation]    A rejected step is not carried out, nor a later one.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Approve Workflow    ${workflow}    decision=rejected
    Workflow Should Have Been Rejected    ${workflow}    review
    Ended Workflow Should Stay Ended    ${workflow}

Approved By Two At Once
    [Documentation]    Of two who approve at the same time one learns that it was decided already, and the workflow goes on once.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Approval Should Be Taken Once    ${workflow}    admin    developer

Approval By A Viewer
    [Documentation]    Who may only read approves nothing.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    review    approval=review
    Follow Workflow    ${workflow}
    Approval Should Be Refused    ${workflow}    viewer
    Get Response Status    GET /api/v4/workflows/${workflow.id}    ==    200    identity=viewer

Approval By Another Tenant
    [Documentation]    For another tenant the workflow is not there.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    review    approval=review
    Follow Workflow    ${workflow}
    Approval Should Be Refused    ${workflow}    partner    status=404
    Get Response Status    GET /api/v4/workflows/${workflow.id}    ==    404    identity=partner
    Get Response Status    POST /api/v4/workflows/${workflow.id}/cancel    ==    404    identity=partner

Cancelled While It Waits
    [Documentation]    A workflow that is cancelled before an approval carries out no further step.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review
    Follow Workflow    ${workflow}
    Cancel Workflow    ${workflow}
    Workflow Should Have Stopped    ${workflow}
    Ended Workflow Should Stay Ended    ${workflow}

Cancelled By A Colleague
    [Documentation]    Whoever may execute workflows cancels one of their tenant, and not only those that they have started.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    approval=review    identity=developer
    Follow Workflow    ${workflow}
    Cancel Workflow    ${workflow}    identity=analyst
    Workflow Should Have Stopped    ${workflow}

Cancelled While It Runs
    [Documentation]    A workflow that is cancelled in the middle of a step carries out no further step.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    delay=0.3 s    system=promptcraft
    ${workflow} =    Execute Workflow    collect    analyse    publish
    Cancel Workflow    ${workflow}
    Workflow Should Have Stopped    ${workflow}    duration=1.2 s

Beside Another
    [Documentation]    What is decided of one workflow is decided of no other.
    [Tags]    -system:theodore
    ${first} =    Execute Workflow    review    approval=review
    ${second} =    Execute Workflow    review    approval=review
    Follow Workflow    ${first}
    Follow Workflow    ${second}
    Cancel Workflow    ${first}
    Get Response Field    GET /api/v4/workflows/${second.id}    data.status    ==    waiting_for_approval
    Approve Workflow    ${second}
    Workflow Should Have Run In Order    ${second}
    Get Response Field    GET /api/v4/workflows/${first.id}    data.status    ==    cancelled

Failed Step
    [Documentation]    A step that fails ends the workflow, which says which and why.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    status=500    times=1    system=promptcraft
    ${workflow} =    Execute Workflow    collect    publish
    Follow Workflow    ${workflow}
    Workflow Should Report Failed Step    ${workflow}    collect

Ended
    [Documentation]    What has ended is neither approved nor cancelled any more.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect
    Follow Workflow    ${workflow}
    Ended Workflow Should Stay Ended    ${workflow}

Counted When Completed
    [Documentation]    A workflow that completed is one execution of its agent and of who started it, with the time of its steps.
    [Tags]    -system:theodore
    Make Dependency Misbehave    orchestrator    delay=0.1 s    times=2    system=promptcraft
    ${workflow} =    Execute Workflow    collect    publish    agent=counted_agent, second_agent    identity=developer
    Follow Workflow    ${workflow}
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin    duration=0.2 s

Counted When Failed
    [Documentation]    So is one that failed, with the share of its steps that completed, and without the time that it waited.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    publish    approval=review    agent=failing_agent
    Follow Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    review    duration=1 s
    Make Dependency Misbehave    orchestrator    status=500    times=1    system=promptcraft
    Approve Workflow    ${workflow}
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin    duration=0 s

Not Counted When Stopped
    [Documentation]    One that was cancelled is none, nor is one that was rejected.
    [Tags]    -system:theodore
    ${workflow} =    Execute Workflow    collect    review    approval=review    agent=stopped_agent
    Follow Workflow    ${workflow}
    Cancel Workflow    ${workflow}
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin
    ${workflow} =    Execute Workflow    review    approval=review    agent=rejected_agent
    Follow Workflow    ${workflow}
    Approve Workflow    ${workflow}    decision=rejected
    Workflow Should Be Counted As Execution    ${workflow}    analyst=admin

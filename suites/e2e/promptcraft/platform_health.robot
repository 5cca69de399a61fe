# robocop: off=TAG05
*** Settings ***
Documentation       The health of PromptCraft is that of this moment, and names the very part that is not well.
Metadata            Scenario    platform_health

Library             PromptCraftLibrary
Library             TheodoreLibrary

Test Tags           area:dependencies    control:SOC2-A1.2    scenario:platform_health    system:promptcraft


*** Test Cases ***
Healthy
    [Documentation]    With everything well each part is healthy.
    [Tags]    -system:theodore
    [Template]    Platform Health Should Tell
    healthy    database    healthy    identity=admin
    healthy    sessions    healthy    identity=admin
    healthy    provider    healthy    identity=admin

Provider Fails And Comes Back
    [Documentation]    With an identity provider that fails that part alone is unhealthy, each time, whatever was read before.
    [Tags]    -system:theodore
    Platform Health Should Tell    healthy    provider    healthy    identity=admin
    Sign On Should Work    password    identity=analyst
    FOR    ${status}    IN    ${503}    ${500}
        Make Dependency Misbehave    provider    status=${status}    system=promptcraft
        Platform Health Should Tell    degraded    provider    unhealthy    identity=admin
        Platform Health Should Tell    degraded    provider    unhealthy    identity=admin
        Make Dependency Behave    provider    system=promptcraft
        Platform Health Should Tell    healthy    provider    healthy    identity=admin
    END

Others Fail
    [Documentation]    What makes agents and carries steps out is no part of it: the database is not reported as unhealthy.
    [Tags]    -system:theodore
    Platform Health Should Tell    healthy    provider    healthy    identity=admin
    Make Dependency Misbehave    orchestrator    status=503    system=promptcraft
    Platform Health Should Tell    healthy    database    healthy    identity=admin
    Make Dependency Misbehave    mcp_registry    status=503    system=promptcraft
    Platform Health Should Tell    healthy    sessions    healthy    identity=admin

*** Settings ***
Documentation       Messages of MCP come through the platform as they were sent, and what is none does not.
Metadata            Scenario    mcp_messages

Library             PromptCraftLibrary

Test Tags           area:agents    control:SOC2-PI1.3    scenario:mcp_messages    system:promptcraft


*** Test Cases ***
Passed On Unchanged
    [Documentation]    Ids and arguments keep their values and their kinds; what is no message is refused.
    [Tags]    -system:theodore
    MCP Messages Should Be Passed On Unchanged    identity=admin

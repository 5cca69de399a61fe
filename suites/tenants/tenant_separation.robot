*** Settings ***
Documentation       One tenant reaches for the data of another, by each way.
Metadata            Scenario    tenant_separation

Library             PromptCraftLibrary

Test Template       Tenant Data Should Be Separate
Test Tags           area:tenant-data    control:SOC2-CC6.1    control:SOC2-CC6.3    scenario:tenant_separation


*** Test Cases ***    KIND    WAY
Users By List
    [Documentation]    A tenant lists none of the other's users.
    users    list    owner=admin    other=partner

Users By Search
    [Documentation]    A tenant finds none of the other's users.
    users    search    owner=admin    other=partner

Users By Read
    [Documentation]    A tenant reads none of the other's users by their ids.
    users    read    owner=admin    other=partner

Users By Error
    [Documentation]    For the other's users a tenant gets the same answer as for none.
    users    error    owner=admin    other=partner

Users By Guess
    [Documentation]    A tenant cannot guess the ids of users.
    users    guess    owner=admin    other=partner

Users By Change
    [Documentation]    A tenant changes none of the other's users.
    users    change    owner=admin    other=partner

Users By Remove
    [Documentation]    A tenant removes none of the other's users.
    users    remove    owner=admin    other=partner

Sessions By List
    [Documentation]    A tenant lists none of the other's sessions.
    sessions    list    owner=admin    other=partner

Sessions By Read
    [Documentation]    A tenant reads none of the other's sessions by their ids.
    sessions    read    owner=admin    other=partner

Sessions By Error
    [Documentation]    For the other's sessions a tenant gets the same answer as for none.
    sessions    error    owner=admin    other=partner

Sessions By Guess
    [Documentation]    A tenant cannot guess the ids of sessions.
    sessions    guess    owner=admin    other=partner

Sessions By Remove
    [Documentation]    A tenant removes none of the other's sessions.
    sessions    remove    owner=admin    other=partner

Audit Events By List
    [Documentation]    A tenant lists none of the other's audit events.
    audit events    list    owner=admin    other=partner

Audit Events By Search
    [Documentation]    A tenant finds none of the other's audit events.
    audit events    search    owner=admin    other=partner

Audit Events By Read
    [Documentation]    A tenant reads none of the other's audit events by their ids.
    audit events    read    owner=admin    other=partner

Audit Events By Error
    [Documentation]    For the other's audit events a tenant gets the same answer as for none.
    audit events    error    owner=admin    other=partner

Audit Events By Guess
    [Documentation]    A tenant cannot guess the ids of audit events.
    audit events    guess    owner=admin    other=partner

Agents By List
    [Documentation]    A tenant lists none of the other's agents.
    agents    list    owner=admin    other=partner

Agents By Deployment
    [Documentation]    A tenant deploys none of the other's agents.
    agents    deploy    owner=admin    other=partner

Agents By Error
    [Documentation]    For the other's agents a tenant gets the same answer as for none.
    agents    error    owner=admin    other=partner

Agents By File Name
    [Documentation]    Agents of one name in two tenants have repositories of their own.
    agents    file name    owner=admin    other=partner

Agent Creations By Read
    [Documentation]    A tenant follows none of the other's creations by their ids.
    agent creations    read    owner=admin    other=partner

Agent Creations By Error
    [Documentation]    For the other's creations a tenant gets the same answer as for none.
    agent creations    error    owner=admin    other=partner

Agent Creations By Guess
    [Documentation]    Ids that count or time would lead to from the other's are answered as ones that nothing has.
    agent creations    neighbours    owner=admin    other=partner

MCP Servers By Same Name
    [Documentation]    Servers of one name in two tenants stand beside each other.
    mcp servers    same name    owner=admin    other=partner

MCP Servers By Remove
    [Documentation]    A tenant removes none of the other's MCP servers.
    mcp servers    remove    owner=admin    other=partner

Workflows By Read
    [Documentation]    A tenant reads none of the other's workflows by their ids.
    workflows    read    owner=admin    other=partner

Workflows By Guess
    [Documentation]    A tenant cannot guess the ids of workflows.
    workflows    guess    owner=admin    other=partner

Workflows By Error
    [Documentation]    For the other's workflows a tenant gets the same answer as for none.
    workflows    error    owner=admin    other=partner

Workflows By Approval
    [Documentation]    A tenant approves none of the other's workflows.
    workflows    approve    owner=admin    other=partner

Workflows By Cancellation
    [Documentation]    A tenant cancels none of the other's workflows.
    workflows    cancel    owner=admin    other=partner

Executions By Analytics
    [Documentation]    The figures of a tenant count none of the other's executions.
    executions    analytics    owner=admin    other=partner

Executions By Cache
    [Documentation]    Nor do figures that the other has asked for a moment before.
    executions    cache    owner=admin    other=partner

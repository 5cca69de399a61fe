"""What testers read when analytics, agents and workflows are not as they should be, with defects of the sandbox switched on."""

import re

DEFECTS = (
    "users-counted-per-agent",
    "clusters-lose-users",
    "recommendations-reversed",
    "dockerfile-as-root",
    "class-name-doubled",
    "deployed-unasked",
    "approval-skipped",
    "steps-out-of-order",
    "second-factor-left-out-by-page",
    "code-taken-twice",
    "saml-signature-wrapped",
    "saml-unsigned-accepted",
    "private-keys-published",
    "introspection-by-anybody",
    "introspection-of-revoked",
    "mcp-server-left-running",
    "mcp-server-of-any-tenant-called",
    "creation-found-by-time",
    "ended-session-sees-agents",
    "role-kept-for-audit-trail",
    "health-without-its-stores",
    "knowledge-read-once",
    "agent-of-any-host",
    "tools-by-role",
    "tools-shadowed-by-last",
    "filters-as-patterns",
    "renewals-raced",
)
SUITE = """\
*** Settings ***
Library    ApiLibrary
Library    ChaosLibrary
Library    PromptCraftLibrary
Library    TestDataLibrary

*** Test Cases ***
Figures
    ${executions} =    Generate Executions    200    seed=7    agents=4
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Figures Should Be Right    ${insights}    summary

Clusters
    ${executions} =    Generate Executions    200    seed=7    agents=1
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Clusters Should Hold Each User Once    ${insights}

Few Problems
    ${executions} =    Generate Executions    425    agents=17    problems=True    seed=7
    Store Executions    ${executions}
    ${insights} =    Get Insights
    Recommendations Should Find Problems    ${insights}    ${executions.planted}

Dockerfile
    ${agent} =    Create Agent    qa_reader
    Follow Agent Creation    ${agent}
    Agent Dockerfile Should Keep Rules    ${agent}

Class
    ${agent} =    Create Agent    qa_writer
    Follow Agent Creation    ${agent}
    Agent Code Should Name Its Class    ${agent}

Knowledge
    ${agent} =    Create Agent    qa_keeper
    Follow Agent Creation    ${agent}
    Agent Knowledge Should Follow Sources    ${agent}

Foreign Hosts
    ${agent} =    Create Agent    qa_host
    Follow Agent Creation    ${agent}
    Agent Should Refuse Foreign Hosts    ${agent}

Tools
    MCP Tools Should Stay As Registered    admin    developer

Tools Of Two Tenants
    MCP Tools Should Stay As Registered    admin    partner

Filters
    Filters Should Be Exact

Approved By One
    ${workflow} =    Execute Workflow    collect
    Approval Should Be Taken Once    ${workflow}    admin

Renewed By Two
    Session Should Be Renewed Once    analyst

Waiting
    ${workflow} =    Execute Workflow    collect    review    approval=review
    Follow Workflow    ${workflow}
    Workflow Should Wait For Approval    ${workflow}    review

Order
    ${workflow} =    Execute Workflow    collect    publish
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}

Nothing Stored
    ${insights} =    Get Insights    identity=partner
    Figures Should Be Right    ${insights}    summary

Unknown Step
    Execute Workflow    collect    approval=colect

Page Without Code
    Second Factor Should Be Needed    page    identity=guarded

Code Used Twice
    Second Factor Should Be Needed    password

Wrapped
    Wrapped Assertions Should Not Be Believed    admin    identity=viewer

Own Victim
    Wrapped Assertions Should Not Be Believed    viewer    identity=viewer

Unsigned
    Assertion Should Be Refused    unsigned

Unknown State
    Assertion Should Be Refused    expird

Private Keys
    Identity Provider Should Support    discovery

Introspection
    Identity Provider Should Support    introspection    identity=analyst

Revocation
    Identity Provider Should Support    revocation    identity=analyst

Unknown Ability
    Identity Provider Should Support    revokation

Server
    MCP Server Should Answer Through Orchestrator    partner    identity=admin

Nobody With Codes
    Second Factor Should Be Needed    identity=analyst

Trail Of One Tenant
    Attempt Should Be Audited    sign-on    viewer    administrator=admin    elsewhere=analyst

Own ID Token
    Nonce Should Be Verified    analyst    other=analyst

Guessed Creation
    Tenant Data Should Be Separate    agent creations    neighbours    owner=admin    other=partner

No Number To Count
    Tenant Data Should Be Separate    users    neighbours    owner=admin    other=partner

End Of A Session
    Session Should End As Promised    identity=analyst

Role Change
    Role Change Should Hold At Once    developer    administrator=admin

Health
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
    ${fault} =    Lock Database    system=promptcraft
    Platform Health Should Tell Of Outage    database    identity=admin
    [Teardown]    Undo Fault    ${fault}
"""
EXPECTED = {
    "Figures": "analytics.summary.unique_users of summary: expected 8, observed 23\n"
    "analytics.aggregates of summary: expected each as recomputed, observed 9 of 10 figures.",
    "Clusters": "analytics.clusters.add_up: expected 8, observed 7\nanalytics.clusters.listed: expected 8, observed 7\n"
    "analytics.clusters.filled: expected no empty cluster, observed 0, 3, 4.",
    "Dockerfile": "agents.dockerfile.user of agent qa_reader: expected USER agent, observed no such line\n"
    "agents.dockerfile.last_user of agent qa_reader: expected agent, observed root.",
    "Foreign Hosts": "agents.foreign_origin of agent qa_host: expected a refusal of Origin http://rebound.example.test, observed status 200\n"
    "agents.rebound_host of agent qa_host: expected a refusal of Host rebound.example.test and its origin, observed status 200.",
    "Tools": "mcp.tools_alike of NAME: expected one list for 2 identities, observed 1ef68fbe7be5ca13, 45b4bd6876c00aae\n"
    "mcp.tools_not_shadowed of NAME: expected 1ef68fbe7be5ca13, 45b4bd6876c00aae after a second server has a tool of the same name, "
    "observed f8e782dc1775c342, 03d2aed4a22c8473.",
    "Tools Of Two Tenants": "Expected at least 2 identities of one tenant, not admin, partner.",
    "Filters": "\n".join(
        f"analytics.exact_{parameter}_filter of OWN: expected 2 executions, observed 4 of {parameter}=OWN beside 4 names like it\n"
        f"analytics.literal_{parameter}_filter of OWN: expected none of {parameter}=LIKE%, observed 6 executions"
        for parameter in ("agent", "user")
    ) + ".",
    "Approved By One": "Expected at least 2 approvers at the same time, not admin.",
    "Renewed By Two": "sessions.renewed_at_once of analyst: expected 200 once of 2 renewals at the same time, observed 200, 200.",
    "Class": "agents.class_name of agent qa_writer: expected a class QaWriterAgent, observed QaWriterAgentAgent, Handler.",
    "Page Without Code": "".join(
        f"second_factor.{kind} of guarded by page: expected the code asked for again, observed no code, and status 200 of the platform\n"
        for kind in ("without", "wrong", "old", "used")
    ).rstrip() + ".",
    "Wrapped": "\n".join(
        f"saml.wrapped of viewer for admin: expected status 401, or the attacker's own session, with one {place}, observed the session of admin"
        for place in ("before it", "around it", "in its signature", "in extensions")
    ) + ".",
    "Private Keys": "provider.private_keys of discovery: expected public parts alone, observed with d.",
    "Introspection": "provider.introspection_by_nobody of introspection: expected status 400 or 401, observed status 200.",
    "Revocation": "provider.inactive of revocation: expected false, observed true.",
    "Unknown Ability": "There is no ability of an identity provider 'revokation': did you mean 'revocation'?",
    "Server": "mcp.other_tenant of NAME: expected status 404, observed status 200 for POST /api/v4/mcp/NAME\n"
    "mcp.gone of NAME: expected status 404, observed status 200 for POST /api/v4/mcp/NAME.",
    "No Number To Count": "NOT EVALUATED: tenants.neighbours of users of default by partner: expected a count or a time in the id, from which others "
    "could be guessed, observed 36 characters without a number of its own.",
    "End Of A Session": "sessions.outlived_operations of analyst: expected status 401 for each of 29 operations, observed status 200 for "
    "GET /api/v4/agents/list.",
    "Role Change": "roles.given_to_each of developer for GET /api/v4/admin/sessions: expected the status of the new role for each of 15 operations, "
    "observed 403 for GET /api/v4/admin/audit/events; 403 for GET /api/v4/admin/audit/events/00000000-0000-0000-0000-000000000000\n"
    "roles.taken_from_each of developer for GET /api/v4/admin/sessions: expected the status of the new role for each of 15 operations, "
    "observed 200 for GET /api/v4/admin/audit/events; 404 for GET /api/v4/admin/audit/events/00000000-0000-0000-0000-000000000000.",
    "Health": "health.outage of database: expected status 503, or 200 with another health than healthy, of the platform and of database, "
    "observed status 200 with healthy, database healthy.",
    "Unknown State": "There is no state of an assertion 'expird': did you mean 'expired'?",
    "Nobody With Codes": "NOT EVALUATED: The identity 'analyst' of promptcraft has no second factor: add totp_env to it, and second_factor to its "
    "sign_in, in sandbox.yaml.",
    "Trail Of One Tenant": "The identities viewer and analyst are of one tenant (default): name one of another.",
    "Own ID Token": "The ID token of analyst cannot be tried beside their own access token: name another person.",
    "Unknown Step": "There is no step 'colect': did you mean 'collect'?",
}
PARTS = {
    "Knowledge": ", written later, after the update frequency weekly, observed nowhere",
    "Guessed Creation": "tenants.neighbours of agent creations of default by partner: expected for each of 6 ids what is answered for one that "
    "nothing has, observed agent_creation_qa",
    "Own Victim": "NOT EVALUATED: The attacker and the victim are the same person (",
    "Unsigned": "saml.unsigned of unsigned: expected status 401 with 'Authentication failed: 401: Invalid or expired token' in detail, observed status 200",
    "Code Used Twice": "second_factor.used of guarded by password: expected status 401 with 'Authentication failed: 401: Invalid or expired token' "
    "in detail, observed status 200",
    "Few Problems": "analytics.recommendations of 12 planted problems: expected above 95% right, observed 8 of 16 problems",
    "Waiting": ": expected waiting_for_approval, observed completed",
    "Order": ": expected collect → publish, observed publish → collect",
    "Nothing Stored": "NOT EVALUATED: analytics.executions of summary: expected executions of the tenant partner in the period of the answer, "
    "observed 0 of them: write some by Store Executions.",
}


def test_the_messages_say_what_was_expected_and_observed(robot):
    _, result = robot(SUITE, env={"THEODORE_SANDBOX_DEFECTS": ",".join(DEFECTS)})
    messages = {test.name: test.message for test in result.suite.tests}
    for pattern, name in (("qa-[0-9a-f]{10}", "NAME"), ("qa_[0-9a-f]{10}a", "OWN"), ("qa_[0-9a-f]{10}%", "LIKE%")):
        messages = {test: re.sub(pattern, name, message) for test, message in messages.items()}
    assert {name: messages[name] for name in EXPECTED} == EXPECTED
    assert {name: messages[name] for name, part in PARTS.items() if part not in messages[name]} == {}


def test_what_was_stored_is_taken_out_again(robot):
    text = SUITE.partition("*** Test Cases ***")[0] + (
        "*** Test Cases ***\nStored\n    ${executions} =    Generate Executions    50    seed=7\n    Store Executions    ${executions}\n"
        "    ${insights} =    Get Insights    time_range=7d\n    Figures Should Be Right    ${insights}    summary\n\n"
        "Afterwards\n    ${insights} =    Get Insights    time_range=90d\n    Figures Should Be Right    ${insights}    summary\n"
    )
    _, result = robot(text)
    first, second = result.suite.tests
    assert (first.status, first.message) == ("PASS", "")
    assert second.message.startswith("NOT EVALUATED: analytics.executions")


def test_an_approval_that_is_taken_twice_is_said(robot):
    text = SUITE.partition("*** Test Cases ***")[0] + (
        "*** Test Cases ***\nTwice\n    ${workflow} =    Execute Workflow    review    publish    approval=publish\n"
        "    Follow Workflow    ${workflow}\n    Approval Should Be Taken Once    ${workflow}    admin    developer\n"
    )
    _, result = robot(text, env={"THEODORE_SANDBOX_DEFECTS": "approval-taken-again"})
    assert re.sub("wf_[0-9a-f]+", "ID", result.suite.tests[0].message) == (
        "workflows.approved_once of workflow ID: expected 200, 409, observed 200, 200\n"
        "workflows.decided_once of workflow ID: expected 1 decision on record, observed 2 decisions."
    )


BELIEVED = """\
*** Settings ***
Library    PromptCraftLibrary

*** Test Cases ***
ID Tokens
    ID Tokens Should Be Verified    analyst

State
    Foreign Sign On Should Be Refused    identity=analyst

Refresh Token
    Session Should Be Renewed Once    identity=analyst

New Person
    New Person Should Sign On By Saml    viewer    administrator=admin

Address
    Operations Should Be Audited    admin

Several Roles
    Roles Of A Token Should Add Up    analyst    administrator=admin

Foreign Revocation
    Identity Provider Should Support    foreign revocation    identity=analyst

Agents Of Steps
    ${workflow} =    Execute Workflow    collect    publish    agent=first_agent, second_agent
    Follow Workflow    ${workflow}
    Workflow Should Have Run In Order    ${workflow}
"""
TOO_EASILY = (
    "id-token-not-verified",
    "state-used-again",
    "refresh-token-opens",
    "saml-name-for-address",
    "claimed-address-audited",
    "steps-by-first-agent",
    "first-role-alone",
    "revocation-by-any-client",
)
REFUSAL = "expected status 401 with 'Authentication failed: 401: Invalid or expired token' in detail, observed status 200 with"


def test_what_is_believed_too_easily_is_named(robot):
    _, result = robot(BELIEVED, env={"THEODORE_SANDBOX_DEFECTS": ",".join(TOO_EASILY)})
    messages = {test.name: test.message for test in result.suite.tests}
    first = messages["ID Tokens"].splitlines()[:4]  # Robot cuts the middle out of a long message
    states = ("unsigned", "algorithm_confusion", "unknown_key", "embedded_key")
    assert [line.partition(" ")[0] for line in first] == [f"id_tokens.{state}" for state in states]
    assert all(f"of analyst: {REFUSAL}" in line for line in first)
    assert messages["State"].startswith(f"sign_on.state_with_new_code of analyst: {REFUSAL}")
    assert messages["Refresh Token"].startswith(
        "sessions.used_by_refresh_token of analyst: expected status 401 for each of 29 operations, observed status 200 for GET /auth/me; "
    )
    found = re.sub("[0-9a-f]{12}", "WORD", messages["New Person"])
    assert found == "saml.stated_email of viewer: expected WORD@qa.example.test, observed qa-WORD."
    assert messages["Address"].startswith(
        "audit.says_address of admin: expected as the request was sent and answered, observed 203.0.113.7 for another address than the "
        "claimed 203.0.113.7 of "
    )
    assert messages["Several Roles"].startswith(
        "roles.roles_of_several of analyst: expected admin, developer with admin and developer, observed admin\n"
    )
    assert messages["Foreign Revocation"] == (
        "provider.active_after_foreign_revocation of foreign revocation: expected status 200 from the UserInfo endpoint after another "
        "client has revoked the token, observed status 401\n"
        "provider.renewed_after_foreign_revocation of foreign revocation: expected a new access token after another client has "
        "revoked the refresh token, observed status 400 with invalid_grant."
    )
    assert re.sub("wf_[0-9a-f]+", "ID", messages["Agents Of Steps"]) == (
        "workflows.step_agent_id of workflow ID: expected first_agent, second_agent, observed first_agent, first_agent."
    )


PUBLIC_APPLICATION = """\
*** Settings ***
Library    ApiLibrary
Library    PromptCraftLibrary
Library    SecurityLibrary
Library    TheodoreLibrary

*** Variables ***
@{ERRORS}    401 NOBODY GET /auth/me    404 admin GET /api/v4/none    404 developer GET /api/v4/workflows/none
...          422 admin GET /api/v4/analytics/insights?time_range=soon    405 NOBODY OPTIONS /auth/me

*** Test Cases ***
Shapes
    Errors Should Have One Shape    @{ERRORS}    system=promptcraft

Headers
    Errors Should Carry The Headers Of A Success    GET /api/v4/version    @{ERRORS}    system=promptcraft

Contract
    Request Should Be Answered    GET    /auth/me    401    identity=NOBODY    system=promptcraft

Person
    Role Should Not Come From The Request    viewer    administrator=admin

Audit
    Attempt Should Be Audited    wrong password    viewer    administrator=admin

Health
    Request Should Be Answered    GET    /api/v4/sessions    200    identity=admin    system=promptcraft
    Make Dependency Misbehave    provider    status=503    system=promptcraft
    Platform Health Should Tell    degraded    provider    unhealthy    identity=admin
    [Teardown]    Make Dependency Misbehave    provider    system=promptcraft

Roles
    Role Should Have Exactly Its Permissions    viewer

Administrator
    Role Should Have Exactly Its Permissions    admin

Unavailable
    Make Dependency Misbehave    provider    status=503    system=promptcraft
    Sign On Should Be Unavailable    analyst
    [Teardown]    Make Dependency Misbehave    provider    system=promptcraft

Ways
    Each Way To Sign On Should Be Unavailable    analyst

Server
    API Should Withstand    doubled-headers    system=promptcraft
"""
REPORTED = {
    "Shapes": (
        "expected 1 shape, observed 5 shapes: {detail (text)} for 401 GET /auth/me; ",
        "{error (text), path (text), status_code (number), timestamp (number)} for 404 GET /api/v4/none; ",
        "{detail (text), error (text), timestamp (text)} for 404 GET /api/v4/workflows/none; ",
        "{error (text), status_code (number), validation_errors (list)} for 422 GET /api/v4/analytics/insights; ",
        "{text/plain} for 400 OPTIONS /auth/me.",
    ),
    "Headers": ("referrer-policy, permissions-policy missing on 401 GET /auth/me.",),
    "Contract": ("the answer lacks status_code, path, request_id, timestamp.",),
    "Person": (
        "expected status 401 without a session, with Cf-Access-Authenticated-User-Email: admin@a.example.test, observed status 200",
    ),
    "Audit": ("audit.event of wrong password by viewer: expected 1 event of the request, observed 0 events of POST /auth/token.",),
    "Health": ("health.part of provider: expected unhealthy, observed healthy.", "timestamp"),
    "Roles": ("expected status 403 for POST /api/v4/admin/agents/create, observed status 422", ),
    "Administrator": (
        "for GET /api/v4/admin/sessions/0000000000000000000000000000000000000000000000000000000000000000, observed status 500",
        "expected status 404 for POST /api/v4/admin/agents/no_such_agent/deploy, observed status 500",
        "expected status 404 for DELETE /api/v4/admin/mcp/no-such-server, observed status 202",
    ),
    "Unavailable": ("dependencies.words of analyst: expected words, and no structure as a program prints it, observed {'error': ",),
    "Ways": ("Say how the provider is to fail: status= or delay=.",),
    "Server": ("server",),
}


def test_what_the_public_application_does_wrong_is_reported_in_words(robot):
    _, result = robot(PUBLIC_APPLICATION, env={"THEODORE_SANDBOX_DEFECTS": "promptcraft-public-application"})
    messages = {test.name: test.message for test in result.suite.tests}
    assert messages.keys() == REPORTED.keys()
    missing = {(name, part): messages[name] for name, parts in REPORTED.items() for part in parts if part not in messages[name]}
    assert missing == {}


def test_an_error_that_was_written_wrongly_says_how(robot):
    text = "*** Settings ***\nLibrary    ApiLibrary\n\n*** Test Cases ***\n"
    rows = ("401 NOBODY /auth/me", "200 NOBODY GET /auth/me", "422 NOBODY POST /auth/token {x")
    text += "".join(f"Row {n}\n    Errors Should Have One Shape    {row}    404 NOBODY GET /none\n" for n, row in enumerate(rows))
    _, result = robot(text)
    assert [test.message.partition(":")[0] for test in result.suite.tests] == [
        "'401 NOBODY /auth/me' is no request for an error",
        "200 is no error",
        "The body in '422 NOBODY POST /auth/token {x' is no JSON",
    ]


def test_attacks_on_the_platform_are_run_by_the_command_and_find_what_is_planted(theodore, tmp_path):
    defects = {"THEODORE_SANDBOX_DEFECTS": "errors-without-headers,version-revealed"}
    done = theodore("test", "security", "--system", "promptcraft", "--attack", "banner", env=defects)
    assert done.returncode == 1, done.stdout
    assert "platform_attacks.robot: Headers" in done.stdout
    assert "security.banner of promptcraft: expected no finding" in done.stdout
    assert "security.security-headers of promptcraft: expected no finding" in done.stdout

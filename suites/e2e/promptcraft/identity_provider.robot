# robocop: off=TAG05
*** Settings ***
Documentation       What the identity provider does by its discovery document, and what it refuses.
Metadata            Scenario    identity_provider

Library             PromptCraftLibrary

Test Template       Identity Provider Should Support
Test Tags           area:sign-on    control:SOC2-CC6.1    scenario:identity_provider    system:promptcraft


*** Test Cases ***    ABILITY    IDENTITY
Discovery
    [Documentation]    The discovery document names its own issuer and endpoints, and the keys are public.
    [Tags]    -system:theodore
    discovery

Password
    [Documentation]    Name and password bring signed tokens, a wrong password none.
    [Tags]    -system:theodore
    password    identity=analyst

Client Credentials
    [Documentation]    The secret of a program brings a token, another secret none.
    [Tags]    -system:theodore
    client credentials    identity=service

Authorization Code
    [Documentation]    A code is redeemed once, and with its own verifier alone.
    [Tags]    -system:theodore
    authorization code    identity=analyst

Renewal
    [Documentation]    A refresh token brings a new access token, once.
    [Tags]    -system:theodore
    renewal    identity=analyst

Introspection
    [Documentation]    A token is active, what is none is not, and nobody is told who does not authenticate.
    [Tags]    -system:theodore
    introspection    identity=analyst

Revocation
    [Documentation]    A token that its client revokes is active no more.
    [Tags]    -system:theodore
    revocation    identity=analyst

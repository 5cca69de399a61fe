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

Redirect Addresses
    [Documentation]    A code goes to the registered address alone, whatever is like it.
    [Tags]    -system:theodore
    redirect addresses    identity=analyst

Code Binding
    [Documentation]    A code is worth nothing to another client, nor with another address.
    [Tags]    -system:theodore
    code binding    identity=analyst

PKCE
    [Documentation]    A request without a challenge, or with a weaker one, brings no token.
    [Tags]    -system:theodore
    pkce    identity=analyst

Replayed Code
    [Documentation]    A code that comes a second time ends what it has brought before.
    [Tags]    -system:theodore
    replayed code    identity=analyst

Stolen Refresh Token
    [Documentation]    A refresh token is worth nothing to others, and its second use ends what came of the first.
    [Tags]    -system:theodore
    stolen refresh token    identity=analyst

Foreign Revocation
    [Documentation]    What a client was given is revoked by no other client.
    [Tags]    -system:theodore
    foreign revocation    identity=analyst

Token Answers
    [Documentation]    What the token endpoint answers is JSON that nobody stores, and says what was wrong.
    [Tags]    -system:theodore
    token answers    identity=analyst

ID Token
    [Documentation]    An ID token says of whom it is, until when, and when the person signed in.
    [Tags]    -system:theodore
    id token    identity=analyst

Issuer In Answers
    [Documentation]    Each answer to a client names the issuer, so that none is mixed up with another provider's.
    [Tags]    -system:theodore
    issuer in answers    identity=analyst

Errors To The Client
    [Documentation]    A client learns what was wrong with its request, with the state that it has sent.
    [Tags]    -system:theodore
    errors to the client    identity=analyst

Protected Resource
    [Documentation]    The provider's own resource takes the token that was given, and no forged one.
    [Tags]    -system:theodore
    protected resource    identity=analyst

No Prompt
    [Documentation]    A request that must show no page shows none, and one for a new sign-in shows it.
    [Tags]    -system:theodore
    no prompt    identity=analyst

Log-out
    [Documentation]    Who logs out is signed in no more, and is led to the registered address alone.
    [Tags]    -system:theodore
    log-out    identity=analyst

Key Rotation
    [Documentation]    A new key signs, and the old one is published for what it has signed.
    [Tags]    -system:theodore
    key rotation    identity=analyst

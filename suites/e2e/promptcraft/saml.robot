# robocop: off=TAG05
*** Settings ***
Documentation       Assertions of SAML open a session where they are to be believed, and nothing otherwise.
Metadata            Scenario    saml

Library             PromptCraftLibrary

Test Template       Assertion Should Be Refused
Test Tags           area:sign-on    control:SOC2-CC6.1    scenario:saml    system:promptcraft


*** Test Cases ***    STATE
By SAML
    [Documentation]    A browser comes back from the provider's page with an assertion that opens a session.
    [Tags]    -system:theodore
    [Template]    Sign On By Saml Should Work
    identity=analyst

New Person
    [Documentation]    Who comes for the first time has the name, the address and the id that the assertion states.
    [Tags]    -system:theodore
    [Template]    New Person Should Sign On By Saml
    viewer    administrator=admin

Signature Wrapping
    [Documentation]    An unsigned assertion about an administrator is not believed for a signed one that stands beside it.
    [Tags]    -system:theodore
    [Template]    Wrapped Assertions Should Not Be Believed
    admin    identity=viewer

Unsigned
    [Documentation]    An assertion without a signature opens no session.
    [Tags]    -system:theodore
    unsigned

Tampered
    [Documentation]    An assertion that was changed after it was signed opens no session.
    [Tags]    -system:theodore
    tampered

Other Key
    [Documentation]    An assertion that is signed by an attacker's key, with its certificate, opens no session.
    [Tags]    -system:theodore
    other key

Other Audience
    [Documentation]    An assertion for another service opens no session.
    [Tags]    -system:theodore
    other audience

Other Recipient
    [Documentation]    An assertion for another address opens no session.
    [Tags]    -system:theodore
    other recipient

Other Issuer
    [Documentation]    An assertion of another issuer opens no session.
    [Tags]    -system:theodore
    other issuer

Longer Audience
    [Documentation]    An assertion for a service whose name only begins as the platform's does opens no session.
    [Tags]    -system:theodore
    longer audience

Longer Recipient
    [Documentation]    An assertion for an address that only begins as the platform's does opens no session.
    [Tags]    -system:theodore
    longer recipient

Longer Issuer
    [Documentation]    An assertion of an issuer whose name only begins as the provider's does opens no session.
    [Tags]    -system:theodore
    longer issuer

Other Request
    [Documentation]    An assertion that nobody has asked for opens no session.
    [Tags]    -system:theodore
    other request

Without Request
    [Documentation]    An assertion that answers no request opens no session.
    [Tags]    -system:theodore
    without request

Without Audience
    [Documentation]    An assertion that is for no service opens no session.
    [Tags]    -system:theodore
    without audience

Expired For Its Bearer
    [Documentation]    An assertion that its bearer may use no more opens no session.
    [Tags]    -system:theodore
    expired for its bearer

Without End For Its Bearer
    [Documentation]    An assertion that its bearer may use for ever opens no session.
    [Tags]    -system:theodore
    without end for its bearer

Just Expired
    [Documentation]    An assertion that ended two minutes ago opens no session.
    [Tags]    -system:theodore
    just expired

Without Organization
    [Documentation]    An assertion that names no organization opens no session.
    [Tags]    -system:theodore
    without organization

Without Role
    [Documentation]    An assertion that names no role of the platform opens no session.
    [Tags]    -system:theodore
    without role

Expired
    [Documentation]    An assertion that ended an hour ago opens no session.
    [Tags]    -system:theodore
    expired

Not Yet Valid
    [Documentation]    An assertion that begins in an hour opens no session.
    [Tags]    -system:theodore
    not yet valid

Replayed
    [Documentation]    An assertion that was used opens no second session.
    [Tags]    -system:theodore
    replayed

No Answer
    [Documentation]    What is no assertion opens no session.
    [Tags]    -system:theodore
    no answer

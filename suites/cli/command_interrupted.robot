*** Settings ***
Documentation       The command line when somebody stops it, nobody reads what it writes, or a terminal shows it.
Metadata            Scenario    command_interrupted

Library             TheodoreLibrary

Test Tags           area:cli    control:SOC2-A1.2


*** Test Cases ***
Research Is Interrupted
    [Documentation]    Ctrl-C ends the command with a sentence, without part of the data, and cancels the research.
    Make Dependency Misbehave    web    delay=6 s
    ${result} =    Run Theodore Command    research    Slack    --output    json    interrupt_at=has started
    Job Of Command Should Be Cancelled    ${result}
    Command Should Fail    ${result}    Interrupted
    Command Should Fail    ${result}    was cancelled

Reader Goes Away
    [Documentation]    Where nobody reads the data the command ends without a traceback, and not as if it were done.
    ${result} =    Run Theodore Command    plugin    list    --output    json    output_closed=True
    Command Should End Quietly    ${result}

Errors Are Errors Without A Reader
    [Documentation]    A wrong call is reported on standard error where nobody reads standard output.
    ${result} =    Run Theodore Command    research    output_closed=True
    Command Should Fail    ${result}    COMPANY_NAME    code=2

Terminal Without Colours
    [Documentation]    A terminal shows no colours to who asks for none, nor if it cannot show them.
    ${coloured} =    Run Theodore Command    plugin    list    terminal=True
    Command Should Succeed    ${coloured}
    FOR    ${variables}    IN    ${{ {"NO_COLOR": "1"} }}    ${{ {"TERM": "dumb"} }}
        ${plain} =    Run Theodore Command    plugin    list    terminal=True    environment=${variables}
        Command Should Succeed    ${plain}
        Command Should Have No Colours    ${plain}    unlike=${coloured}
    END

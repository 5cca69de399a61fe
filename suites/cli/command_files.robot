*** Settings ***
Documentation       Files that the command line reads and writes: companies of a batch, reports, settings.
Metadata            Scenario    command_files

Library             TheodoreLibrary
Library             TestDataLibrary

Test Tags           area:cli    control:SOC2-PI1.3


*** Test Cases ***
Batch Can Be Tried Dry
    [Documentation]    The dry run of a batch has all companies of its CSV file, whole and in order, and the system does nothing.
    [Tags]    scenario:batch_csv_dry_run
    ${names} =    Create Company Batch    5
    VAR    &{whole} =    name=Bread & "Butter", Inc    website=https://bread.example    domain=bread.example    industry=retail
    ...    location=Ludlow, Shropshire    custom_id=4711
    ${path} =    Create Company File    ${{[*$names, $whole]}}    csv
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Have Read    ${result}    @{names}    ${whole}
    Command Should Start Nothing    ${result}

Batch Of As Many As The Limit
    [Documentation]    A file with 10,000 companies is taken whole, with each column that it may have, and one more is refused.
    [Tags]    scenario:batch_csv_dry_run
    VAR    &{first} =    name=Qa First    website=https://a.example.test    domain=b.example.test    industry=c    location=d
    ...    custom_id=e
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    Write Companies    ${path}    ${first}    9999
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Get Command Data    ${result}    companies    ==    ${10000}
    Get Command Data    ${result}    request.input_data.0    ==    ${first}
    Write Companies    ${path}    ${first}    10000
    ${refused} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Fail    ${refused}    10000

Batch Of A File In Capitals
    [Documentation]    The ending of a file may be written in capitals.
    [Tags]    scenario:batch_csv_dry_run
    ${names} =    Create Company Batch    3
    ${path} =    Create Company File    ${names}    csv
    ${renamed} =    Evaluate    str(pathlib.Path($path).rename(pathlib.Path($path).with_suffix(".CSV")))    modules=pathlib
    ${result} =    Run Theodore Command    batch    research    ${renamed}    --dry-run
    Command Should Have Read    ${result}    @{names}

Batch Of A File As A Program Writes It
    [Documentation]    A byte order mark, quotes, the order of columns and the ends of lines change nothing.
    [Tags]    scenario:batch_csv_dry_run
    FOR    ${ending}    ${content}    IN
    ...    csv    \xef\xbb\xbfname,website\nQa One,https://one.example.test\n
    ...    csv    \xef\xbb\xbf"name","website"\r\n"Qa One","https://one.example.test"\r\n
    ...    csv    website,name\nhttps://one.example.test,Qa One
    ...    csv    "website","name"\r\n"https://one.example.test","Qa One"
    ...    csv    Name,Website\n\n Qa One , https://one.example.test \n,\n
    ...    csv    company_name,website\nQa One,https://one.example.test\n
    ...    json    \xef\xbb\xbf[{"name": "Qa One", "website": "https://one.example.test"}]
    ...    json    \n [ {"website": "https://one.example.test", "name": "Qa One"} ] \r\n
    ...    json    {"companies": [{"name": "Qa One", "website": "https://one.example.test"}]}
        File Is Read    ${ending}    ${content}
    END

Batch Beside Research Reads The Same
    [Documentation]    research batch reads a file with a byte order mark as batch research does.
    [Tags]    scenario:batch_csv
    ${path} =    Create Company File    ${{["Slack"]}}    csv
    Write Bytes    ${path}    \xef\xbb\xbfname\nSlack
    ${result} =    Run Theodore Command    research    batch    ${path}
    Batch Of Command Should Be Successful    ${result}    results/results.csv    Slack

Batch Without Its File Is Refused
    [Documentation]    A file that is not there is a wrong call.
    [Tags]    scenario:batch_invalid_file
    ${result} =    Run Theodore Command    batch    research    no-such-file.csv    --dry-run
    Command Should Fail    ${result}    no-such-file.csv    code=2

Batch Of Half A File Is Refused
    [Documentation]    Half a JSON file is refused with the line at which it ends.
    [Tags]    scenario:batch_invalid_file
    ${names} =    Create Company Batch    3
    ${path} =    Create Company File    ${names}    json
    Cut File    ${path}
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Fail    ${result}    is no JSON

Refused Files Say Where
    [Documentation]    A file with one wrong line or entry is refused with its number, and an empty list for naming nobody.
    [Tags]    scenario:batch_invalid_file
    FOR    ${ending}    ${content}    ${place}    IN
    ...    csv    name,website\nSlack,\n,https://one.example.test\n    line 3
    ...    csv    name,website\n\nSlack,,\n    line 3
    ...    csv    name\nSlack\x00\n    line 2
    ...    json    [\n"Slack",\n{"website": "https://one.example.test"}]    entry 2
    ...    json    [\n"Slack",\n"Zoom"    line 3
    ...    json    ["Slack"]\n"Zoom"    follows
    ...    json    []\n    names no company
    ...    json    {"companies": []}    names no company
        File Is Refused    ${ending}    ${content}    ${place}
    END

Batch With What Describes Its Companies
    [Documentation]    What a file of JSON says of its companies is sent as it stands.
    [Tags]    scenario:batch_csv_dry_run
    ${path} =    Create Company File    ${{["Slack"]}}    json
    Write Bytes    ${path}    [{"name": "Qa One", "custom_id": "7", "metadata": {"ticket": 27, "of": ["us"]}}]
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Have Read
    ...    ${result}
    ...    ${{ {"name": "Qa One", "custom_id": "7", "metadata": {"ticket": 27, "of": ["us"]}} }}

Batch Of An Old Workbook Is Refused
    [Documentation]    A workbook of the old format is refused with the format that is read, whichever ending it has.
    [Tags]    scenario:batch_invalid_file
    VAR    ${old} =    ${{ "\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1" + "\\x00" * 504 }}
    FOR    ${ending}    ${message}    IN    .xls    .xlsx    .xlsx    is no workbook
        ${path} =    Create Company File    ${{["Slack"]}}    csv
        ${path} =    Evaluate    str(pathlib.Path($path).rename(pathlib.Path($path).with_suffix($ending)))    modules=pathlib
        Write Bytes    ${path}    ${old}
        ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
        Command Should Fail    ${result}    ${message}
    END

Json Report
    [Documentation]    The report as JSON holds the record that the API has.
    [Tags]    scenario:export_formats
    [Template]    Report Holds The Record
    json

Html Report
    [Documentation]    The report as a page holds the record that the API has.
    [Tags]    scenario:export_formats
    [Template]    Report Holds The Record
    html

Markdown Report
    [Documentation]    The report as text holds the record that the API has.
    [Tags]    scenario:export_formats
    [Template]    Report Holds The Record
    markdown

Settings Are Private
    [Documentation]    What is set is kept in a file that only its owner may read, and is read from there.
    ${set} =    Run Theodore Command    config    set    discover.limit    20
    File Of Command Should Be Private    ${set}    .theodore/config.yml
    ${shown} =    Run Theodore Command    config    show    --output    json    folder=${set.folder}
    Get Command Data    ${shown}    discover.limit    ==    ${20}

Secure Setting Is Hidden
    [Documentation]    What is set by --secure, one after another, is shown by --include-sensitive alone, and all else is shown.
    ${set} =    Run Theodore Command    config    set    discover.limit    17    --secure
    Run Theodore Command    config    set    research.timeout    77    --secure    folder=${set.folder}
    ${shown} =    Run Theodore Command    config    show    --output    json    folder=${set.folder}
    Get Command Data    ${shown}    discover.limit    !=    ${17}
    Get Command Data    ${shown}    research.timeout    !=    ${77}
    Get Command Data    ${shown}    batch.concurrency    ==    ${5}
    ${shown} =    Run Theodore Command
    ...    config    show    --output    json    --include-sensitive    folder=${set.folder}
    Get Command Data    ${shown}    discover.limit    ==    ${17}
    Get Command Data    ${shown}    research.timeout    ==    ${77}

Settings Keep The Password
    [Documentation]    config show names the user and not the password.
    ${result} =    Run Theodore Command    config    show    --output    json
    Command Should Succeed    ${result}
    Command Should Keep Secrets    ${result}


*** Keywords ***
File Is Refused
    [Documentation]    A file that is written byte by byte, and refused with a place or a reason.
    [Arguments]    ${ending}    ${content}    ${place}
    ${path} =    Create Company File    ${{["Slack"]}}    ${ending}
    Write Bytes    ${path}    ${content}
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Fail    ${result}    ${place}

Report Holds The Record
    [Documentation]    A report in a format.
    [Arguments]    ${format}
    ${result} =    Run Theodore Command    export    report    Slack    --format    ${format}    --output    report.${format}
    Command Should Succeed    ${result}
    File Of Command Should Hold Record    ${result}    report.${format}    field=company

File Is Read
    [Documentation]    One company in a file that is written byte by byte.
    [Arguments]    ${ending}    ${content}
    ${path} =    Create Company File    ${{["Slack"]}}    ${ending}
    Write Bytes    ${path}    ${content}
    ${result} =    Run Theodore Command    batch    research    ${path}    --dry-run
    Command Should Have Read    ${result}    ${{ {"name": "Qa One", "website": "https://one.example.test"} }}

Write Bytes
    [Documentation]    Write a file anew, with characters below 256 as bytes.
    [Arguments]    ${path}    ${content}
    Evaluate    pathlib.Path($path).write_bytes($content.encode("latin-1"))    modules=pathlib

Write Companies
    [Documentation]    Write a file with one company that is described, and so many others.
    [Arguments]    ${path}    ${first}    ${others}
    VAR    ${lines} =    ${{ [",".join($first), ",".join($first.values())] + ["Qa Other,,,,,"] * int($others) }}
    Evaluate    pathlib.Path($path).write_text("\\n".join($lines))    modules=pathlib

Cut File
    [Documentation]    Leave the first half of a file.
    [Arguments]    ${path}
    Evaluate    pathlib.Path($path).write_bytes(pathlib.Path($path).read_bytes()[:20])    modules=pathlib

*** Settings ***
Documentation       Files of companies are read as they stand, and malformed ones refused with the reason.
Metadata            Scenario    batch_uploads

Library             ApiLibrary
Library             TestDataLibrary
Library             TheodoreLibrary

Test Tags           area:batch    area:upload    control:SOC2-PI1.2    scenario:batch_uploads
Test Template       Malformed File Should Be Refused


*** Variables ***
@{ONE}              ${{ {"name": "Qa One", "website": "https://one.example.test"} }}
@{TWO}              ${{ {"name": "Qa One", "metadata": {"of": ["us"], "n": 27}} }}    ${{ {"name": "Qa Two"} }}


*** Test Cases ***
Companies In CSV
    [Template]    Uploaded Companies Should Be Kept
    csv

Companies In JSON
    [Template]    Uploaded Companies Should Be Kept
    json

Companies In A Workbook
    [Template]    Uploaded Companies Should Be Kept
    xlsx

As Many As The Limit In CSV
    [Template]    Largest File Should Be Taken
    csv

As Many As The Limit In JSON
    [Template]    Largest File Should Be Taken
    json

As Many As The Limit In A Workbook
    [Template]    Largest File Should Be Taken
    xlsx

Hostile File Name
    [Template]    Uploaded File Name Should Be Plain
    ../../etc/companies.csv
    C:\\temp\\companies.csv
    ..\\companies.csv

Files As Programs Write Them
    [Documentation]    Capitals and blanks in the first line, the order of columns, a mark and the ends of lines change nothing.
    [Template]    Uploaded File Should Hold
    companies.csv    Name,Website\nQa One,https://one.example.test\n    ${ONE}
    companies.csv    \ufeff"name","website"\r\n"Qa One","https://one.example.test"\r\n    ${ONE}
    companies.csv    ${SPACE}NAME , website\n\nQa One,https://one.example.test    ${ONE}
    companies.csv    website,name\nhttps://one.example.test,Qa One    ${ONE}
    companies.json    \ufeff[{"name": "Qa One", "website": "https://one.example.test"}]    ${ONE}
    companies.json    \n [ {"website": "https://one.example.test", "name": "Qa One"} ] \r\n    ${ONE}
    companies.json    [{"name": "Qa One", "metadata": {"of": ["us"], "n": 27}}, {"name": "Qa Two"}]    ${TWO}

Upload Is Kept
    [Documentation]    An uploaded file serves several batches, of both kinds, and those of colleagues.
    [Template]    NONE
    ${path} =    Create Company File    ${{ ["Fake Corp ABC456", "Nonexistent Company XYZ123"] }}    csv
    ${file} =    Upload Companies File    ${path}
    VAR    ${body} =    ${{ {"input_data": $file["file_id"]} }}
    VAR    ${similar} =    ${{ $body | {"discovery_config": {"company_name": "each", "limit": 1}} }}
    Get Response Field    POST /batch/research    total_companies    ==    2    body=${body}
    Get Response Field    POST /batch/discover    total_companies    ==    2    body=${similar}
    Get Response Field    POST /batch/research    total_companies    ==    2    body=${body}    identity=spare

Empty Csv
    empty-csv

Empty Json
    empty-json

Empty Xlsx
    empty-xlsx

Header Only
    header-only

Empty Array
    empty-array

Half Json
    half-json

Json Without End
    json-without-end

Json With Tail
    json-with-tail

Json Object
    json-object

Json Of Texts
    json-of-texts

Json Deep
    json-deep

Nul In Csv
    nul-in-csv

Nul In Json
    nul-in-json

Wrong Columns
    wrong-columns

Unknown Column
    unknown-column

Column Twice
    column-twice

Too Many Cells
    too-many-cells

Name Missing
    name-missing

Name Too Long
    name-too-long

Open Quote
    open-quote

Long Line
    long-line

Long Json Text
    long-json-text

Not Utf 8
    not-utf-8

Too Many Companies
    too-many-companies

No Workbook
    no-workbook

Workbook Bomb
    workbook-bomb

Workbook Columns
    workbook-columns

Workbook Cells
    workbook-cells

Old Workbook
    old-workbook

Old Workbook Renamed
    old-workbook-renamed

Text File
    text-file

Without Ending
    without-ending

*** Settings ***
Documentation       Files of companies are read as they stand, and malformed ones refused with the reason.
Metadata            Scenario    batch_uploads

Library             TheodoreLibrary

Test Tags           area:batch    area:upload    control:SOC2-PI1.2    scenario:batch_uploads
Test Template       Malformed File Should Be Refused


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

Text File
    text-file

Without Ending
    without-ending

*** Settings ***
Documentation       Theodore's own command line, each scenario of the contract with one required outcome. What a call says counts
...                 once the command was seen to talk to the system: by a research that it started, read over the API.
Metadata            Lane    functional

Test Tags           lane:functional    system:theodore

*** Settings ***
Documentation       Theodore's use cases from end to end: each suite is one scenario, each row one thing expected of it.
Metadata            Lane    functional

Test Tags           lane:functional    system:theodore

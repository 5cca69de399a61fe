*** Settings ***
Documentation       What belongs to one tenant is out of sight of all others, by every way.
Metadata            Lane    functional

Test Tags           lane:functional    system:promptcraft

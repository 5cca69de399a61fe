*** Settings ***
Documentation       How Theodore answers many users at once: each answer is checked, and a load without right ones proves nothing.
...                 The profile quick judges counts and bodies; the profile full has more users and judges times too.
Metadata            Lane    alone

Test Tags           lane:alone    system:theodore

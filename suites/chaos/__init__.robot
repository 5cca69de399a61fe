*** Settings ***
Documentation       What users of Theodore see while something is broken, and how soon all is well again. Every fault is real,
...                 bounded, and undone; one that touched nothing proves nothing.
Metadata            Lane    alone

Test Tags           lane:alone    system:theodore

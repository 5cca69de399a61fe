"""A small, real Theodore with all that it depends on: the system that the suites are tried on.

It is started as a process (``python -m theodore_sandbox``) and reached over the network like any other system; nothing outside
this package imports it.
"""

"""A scenario as a locustfile, for those who have Locust already."""

from __future__ import annotations

import pprint
from typing import TYPE_CHECKING

from theodore_load.on_locust import refuse_unsupported

if TYPE_CHECKING:
    from theodore_load.scenario import Scenario

VARIABLE = "THEODORE_LOAD_IDENTITIES"
HEAD = '''"""A scenario of LoadLibrary for Locust, which says how many users there are and for how long.

    pip install 'robotframework-theodore[load,locust]'
    locust --locustfile {name} --headless --users {users} --run-time 1m

No credentials stand in this file. The environment variable {variable} holds those of the users as JSON:
[{{"name": "ann", "headers": {{"Authorization": "Bearer ..."}}, "values": {{"username": "ann"}}}}]
"""

import os

from theodore_load.on_locust.users import users_of

SCENARIO = {scenario}

User = users_of(SCENARIO, os.environ.get("{variable}"))
'''


def locustfile(scenario: Scenario, name: str = "locustfile.py") -> str:
    """The text of a locustfile; identities stand in it without their headers, which are credentials."""
    refuse_unsupported(scenario)
    declared = dict(scenario.declared)
    declared["identities"] = [{**identity, "headers": {}} for identity in scenario.identities]
    text = pprint.pformat(declared, width=120, sort_dicts=False)
    return HEAD.format(name=name, users=scenario.peak, variable=VARIABLE, scenario=text)

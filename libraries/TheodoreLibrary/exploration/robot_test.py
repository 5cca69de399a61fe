"""A failing sequence as a test to paste: rows of ApiLibrary's keywords."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from TheodoreLibrary.exploration.model.actions import Turn
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.steps import NOBODY, REFRESH, STREAM
from TheodoreLibrary.exploration.walk import with_run

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.engine import Failure
    from TheodoreLibrary.exploration.model.world import World
    from TheodoreLibrary.exploration.steps import Request, Step

HIDDEN = {"access": "access_token", "refresh": "refresh_token"}


def robot_test(failure: Failure, title: str) -> str:
    """The test that fails as the exploration did; passwords and tokens stand in variables."""
    rows = [title, *_refresh_tokens(failure)]
    for step, status in zip(failure.steps[:-1], failure.statuses, strict=False):
        rows += _rows(failure.world, step, status)
    expected = re.match(r"status (\d+)", failure.difference.expected)
    last = failure.steps[-1]
    rows += _rows(failure.world, last, int(expected[1]) if expected else failure.statuses[-1], last=True)
    if failure.difference.field:
        rows += [
            f"    Get Response Field    ${{answer}}    {failure.difference.field}    ==    {_escaped(failure.difference.value)}"
        ]
    elif not expected:
        rows.append(f"    # {failure.difference.check}: expected {failure.difference.expected}")
    return "\n".join(rows)


def _rows(world: World, step: Step, status: int, *, last: bool = False) -> list[str]:
    filled = replace(step, values=with_run(step.values, world.run))
    request = ACTIONS[step.action].request(Turn(world, filled))
    method = "GET" if request.method == STREAM else request.method
    call = f"{method} {_labelled(world, step, request.path)}"
    body = f"    body={_body(world, step, request)}" if request.body is not None else ""
    result = "answer" if last else _name(step.label) if step.label else ""
    rows = []
    if step.values.get("until") and not last:
        ended = f"Get Response Field    {call}    status    matches    completed|failed|cancelled{_who(world, step.caller)}"
        return [f"    Wait Until Keyword Succeeds    60 s    200 ms    {ended}"]
    rows.append(f"    ${{{result or 'answer'}}} =    Send Request    {call}{body}{_who(world, step.caller)}")
    rows.append(f"    Get Response Status    ${{{result or 'answer'}}}    ==    {status}")
    if ACTIONS[step.action].makes == "session" and status == 200:  # noqa: PLR2004  # HTTP's OK
        rows.append(f"    ${{token}} =    Get Response Field    ${{{result}}}    access_token")
        rows.append(f"    VAR    &{{as_{result}}} =    Authorization=Bearer ${{token}}")
        rows += _refresh_token(result)
    if ACTIONS[step.action].makes == "key" and status == 200:  # noqa: PLR2004  # HTTP's OK
        rows.append(f"    ${{key}} =    Get Response Field    ${{{result}}}    key")
        rows.append(f"    VAR    &{{as_{result}}} =    X-API-Key=${{key}}")
    if ACTIONS[step.action].makes == "job" and status == 200:  # noqa: PLR2004  # HTTP's OK
        rows.append(f"    ${{{result}_id}} =    Get Response Field    ${{{result}}}    job_id")
    return rows


def _refresh_tokens(failure: Failure) -> list[str]:
    """Rows that get the refresh tokens of identities, where the sequence uses one of them in place of an access token."""
    identities = [name for name in failure.world.identities if any(step.caller == name + REFRESH for step in failure.steps)]
    rows = []
    for name in identities:
        identity = failure.world.identities[name]
        body = f'{{"username": "{identity.username}", "password": "%{{{name.upper()}_PASSWORD}}"}}'
        rows.append(f"    ${{{name}}} =    Send Request    POST /auth/login    body={body}    identity=NOBODY")
        rows += _refresh_token(name)
    return rows


def _refresh_token(result: str) -> list[str]:
    name = _name(result + REFRESH)
    return [
        f"    ${{token}} =    Get Response Field    ${{{result}}}    refresh_token",
        f"    VAR    &{{as_{name}}} =    Authorization=Bearer ${{token}}",
    ]


def _who(world: World, caller: str) -> str:
    if caller == NOBODY:
        return "    identity=NOBODY"
    if caller in world.identities:
        return f"    identity={caller}"
    return f"    identity=NOBODY    headers=${{as_{_name(caller)}}}"


def _labelled(world: World, step: Step, path: str) -> str:
    """The path with the variable of a job in place of its identifier."""
    job = world.jobs.get(str(step.values.get("job")))
    return _escaped(path.replace(job.id, f"${{{_name(step.values['job'])}_id}}") if job else path, variables=True)


def _body(world: World, step: Step, request: Request) -> str:
    """The body as JSON; what is secret stands in variables."""
    text = json.dumps(request.body, ensure_ascii=False)
    for identity in world.identities.values():
        for secret, name in ((identity.password, "NEW_PASSWORD"), (identity.first_password, f"{identity.name.upper()}_PASSWORD")):
            text = text.replace(json.dumps(secret)[1:-1], f"%{{{name}}}") if secret else text
    for label, session in world.sessions.items():
        for kind, field in HIDDEN.items():
            secret = getattr(session, kind)
            text = text.replace(secret, f"${{{_name(label)}_{field}}}") if secret else text
    del step
    return _escaped(text, variables=True)


def _escaped(value: object, *, variables: bool = False) -> str:
    """A value as a cell of Robot."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\\", "\\\\")
    if not variables:
        text = re.sub(r"([$@&%])\{", r"\\\1{", text)
    return re.sub(r"(?<= ) ", r"\\ ", text) or "${EMPTY}"


def _name(label: str) -> str:
    return label.replace(",", "").replace(" ", "_")

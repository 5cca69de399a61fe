"""``python -m SecurityLibrary.document``: docs/SECURITY_CHECKLIST.md as the probes make it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from SecurityLibrary import probes
from SecurityLibrary.probes.base import TOPICS

if TYPE_CHECKING:
    from SecurityLibrary.probes.base import Probe

HEAD = """# Security checklist

Made from the probes of `SecurityLibrary` by `make docs`; do not edit by hand. Run one with
`API Should Withstand    NAME`, all of a topic with `API Should Withstand    TOPIC`, those that the suites make already with
`theodore test security --attack NAME`.

A finding rests on an effect that was observed twice, never on a status alone. A verdict rests on control requests that
succeeded and states its coverage: tried of applicable locations. An attack that could be tried nowhere is **NOT EVALUATED**.
Tier 1 is proved on the embedded sandbox, each probe by a defect of its own; tier 2 on small services in two kinds, a vulnerable
and a fixed fixture. Whatever is marked *changes* needs `allow_changes=True`.
"""
BESIDE = """## Beside the probes

| keyword | what is checked |
|---|---|
| Transport Should Be Encrypted | the probes of transport, on any TLS server; an address without TLS |
| Stores Should Hold No Plain Secrets, Logs Should Hold No Secrets | at-rest and logs, on any files |
| Anonymised Value Should Not Be Reversible | anonymised, for the values that it is given |
| Dependencies Should Have No Known Vulnerabilities, System Should Have No Vulnerable Dependencies | OSV advisories |
| Scan With ZAP, Scan With Sqlmap, Scan With Testssl | what these scanners find, if they are there |
| Import Findings | reports of OWASP ZAP (JSON, XML) and SARIF that are of a run, on this system, recently |
"""


def document() -> str:
    """The whole document."""
    parts = [HEAD]
    for topic in TOPICS:
        own = [probe for probe in probes.load_all() if probe.topic == topic]
        if own:
            parts.append(f"## {topic.capitalize()}\n")
            parts += [_described(probe) for probe in own]
    return "\n".join([*parts, BESIDE])


def _described(probe: type[Probe]) -> str:
    rows = [
        ("weakness", f"CWE-{probe.cwe}, {', '.join(probe.owasp)}"),
        ("severity", f"{probe.severity}, tier {probe.tier}{', changes' if probe.changes else ''}"),
        ("sends", probe.sends),
        ("oracle", probe.oracle),
        ("remediation", probe.remediation),
    ]
    table = "\n".join(f"| {name} | {value.replace('|', chr(92) + '|')} |" for name, value in rows)
    code = f"```python\n{probe.bad}   # bad\n{probe.good}   # good\n```"
    return f"### {probe.id}\n{probe.title}. {probe.__doc__}\n\n| | |\n|---|---|\n{table}\n\n{code}\n"


if __name__ == "__main__":
    sys.stdout.write(document())

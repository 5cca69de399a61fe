"""A step of the load engine driven in this process, without workers."""

import asyncio
import time
from pathlib import Path

from theodore_load import scenario
from theodore_load.share import Share


def driven(port, *steps, users=1, iterations=1, folder=Path(), **entries):
    """The figures of the last step, each user having gone through the steps."""
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": [f"{users} users x {iterations}"],
        "journeys": [{"name": "all", "steps": list(steps)}],
        "timeout": "60 s",
    } | entries
    share = Share(scenario.read(declared, folder), 0, 1)
    asyncio.run(share.run(time.monotonic()))
    return list(share.recorder.steps.values())[-1]

"""What a test consists of, as one short text: by it a run shows that the tests that ran are those that stand in the files."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(test: Any) -> str:
    """A digest of a test of Robot's running model: its steps, its setup and teardown, and the keywords of its file."""
    own = {
        "body": [item.to_dict() for item in test.body],
        "setup": test.setup.to_dict() if test.has_setup else None,
        "teardown": test.teardown.to_dict() if test.has_teardown else None,
        "template": test.template,
        "timeout": test.timeout,
        "keywords": [keyword.to_dict() for keyword in test.parent.resource.keywords],
        "variables": [variable.to_dict() for variable in test.parent.resource.variables],
    }
    text = json.dumps(own, sort_keys=True, default=str)
    return hashlib.blake2s(text.encode(errors="replace"), digest_size=8).hexdigest()

"""Environment files as they were written before there were ``systems``: the new form of exactly what such a file says."""

from __future__ import annotations

from typing import Any

from theodore_qa.errors import UsageError

THEODORE = "theodore.system.yaml"
OLD = ("theodore", "apis")
# What stood at the top of the file and belongs to a system.
MOVED = (
    "identities", "proof", "services", "links", "providers", "control", "proxies", "processes", "containers", "docker", "disks",
    "namespaces", "clocks", "tls", "stores", "logs", "sandbox", "contract",
)  # fmt: skip
RENAMED = {"openapi": "contract", "login": "sign_in", "logout": "sign_out"}
OF_AN_API = ("openapi", "login", "logout")


def refuse_old_file(data: dict[str, Any], path: Any) -> None:
    """Raise for a file in the old form, with its new form."""
    if "systems" in data or not any(key in data for key in OLD):
        return
    raise UsageError(
        f"The environment file {path} is written in an earlier form: systems now stand by name under 'systems'. "
        f"Write it like this:\n\n{_indented(new_file(data))}"
    )


def refuse_old_system(data: dict[str, Any], path: Any) -> None:
    """Raise for the description of an API in the old form, with its new form."""
    if any(key in data for key in OF_AN_API):
        raise UsageError(
            f"The description {path} of a system is written in an earlier form. Write it like this:\n\n{_indented(_system(data))}"
        )


def new_file(data: dict[str, Any]) -> dict[str, Any]:
    """The same file with its systems by name."""
    systems: dict[str, Any] = {}
    moved = {key: data[key] for key in MOVED if key in data}
    theodore = data.get("theodore")
    if isinstance(theodore, dict) or (moved and "apis" not in data):
        own = {"prefix" if key == "api_prefix" else key: value for key, value in (theodore or {}).items()}
        systems["theodore"] = _system({"extends": THEODORE, **own, **moved})
    for name, entry in (data.get("apis") or {}).items():
        systems[str(name)] = _system(entry) if isinstance(entry, dict) else entry
    kept = {key: value for key, value in data.items() if key not in (*OLD, *MOVED)}
    return {**kept, "systems": systems}


def _system(entry: dict[str, Any]) -> dict[str, Any]:
    system = {RENAMED.get(key, key): value for key, value in entry.items()}
    proof = system.get("proof")
    if isinstance(proof, dict):
        if "instance_id" in proof:
            system["proof"] = {"value": proof["instance_id"], **{key: proof[key] for key in proof if key != "instance_id"}}
        elif "path" in proof:
            rest = {key: value for key, value in proof.items() if key != "path"}
            system["proof"] = {"operation": f"GET {proof['path']}", **rest}
    return system


def _indented(data: dict[str, Any]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes what stands in two places twice: an anchor of the old file is not one of the new."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # yaml's signature
            return True

    return str(yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120))

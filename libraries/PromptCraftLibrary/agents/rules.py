"""What the artefacts of an agent have to be: files, class, requirements, Dockerfile and manifest."""

from __future__ import annotations

import ast
import re
from typing import Any

from theodore_qa.observing.display import written
from theodore_qa.systems import pointers

FILES = (
    "src/agent.py",
    "config/config.yaml",
    "README.md",
    "requirements.txt",
    "pyproject.toml",
    "Dockerfile",
    "knowledge/schema.json",
    "knowledge/getting-started.md",
    "scripts/ingest_knowledge.py",
)
DIRECTORIES = ("config", "knowledge", "src", "tests")
BASE = ("promptcraft-sdk>=1.0.0", "qdrant-client>=1.9.0", "sentence-transformers>=2.2.0", "pydantic>=2.0.0", "asyncio>=3.4.0")
OF_DOMAIN = {
    "security": ("bandit>=1.7.0", "safety>=2.0.0"),
    "web_development": ("requests>=2.28.0", "beautifulsoup4>=4.11.0"),
}
DOCKERFILE = {
    "base": (r"^FROM python:3\.11-slim(\s|$)", "FROM python:3.11-slim"),
    "user": (r"^USER agent\s*$", "USER agent"),
    "health": (r"^HEALTHCHECK\b.*:8000/health", "a HEALTHCHECK of :8000/health"),
    "port": (r"^EXPOSE 8000\s*$", "EXPOSE 8000"),
}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
MANIFEST: dict[str, Any] = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "mcp.promptcraft.io/v1"},
        "kind": {"const": "MCPServer"},
        "metadata": {
            "type": "object",
            "required": ["name", "version", "organization", "created_at"],
            "properties": {
                "name": {"type": "string", "pattern": "^agent-[a-z][a-z0-9_]*$"},
                "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                "organization": {"type": "string", "minLength": 1},
                "created_at": {"type": "string", "format": "date-time"},
            },
        },
        "spec": {
            "type": "object",
            "required": ["image", "port", "capabilities", "healthCheck"],
            "properties": {
                "image": {"type": "string", "pattern": "^.+/agent-[a-z0-9_]+:.+$"},
                "port": PORT,
                "capabilities": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["name", "endpoint", "method"],
                        "properties": {
                            "name": {"type": "string"},
                            "endpoint": {"type": "string", "pattern": "^/api/v1/"},
                            "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
                        },
                    },
                },
                "healthCheck": {
                    "type": "object",
                    "required": ["path", "intervalSeconds", "timeoutSeconds"],
                    "properties": {
                        "path": {"const": "/health"},
                        "intervalSeconds": {"type": "integer", "minimum": 1},
                        "timeoutSeconds": {"type": "integer", "minimum": 1},
                    },
                },
                "resources": {"type": "object", "required": ["limits", "requests"]},
            },
        },
        "status": {
            "type": "object",
            "required": ["phase"],
            "properties": {
                "phase": {"enum": ["pending", "running", "succeeded", "failed"]},
                "conditions": {"type": "array"},
            },
        },
    },
}


def requirements_of(domain: str) -> set[str]:
    """The requirements of an agent of a domain."""
    return {*BASE, *OF_DOMAIN.get(domain, ())}


def requirements_in(text: str) -> set[str]:
    """The requirements of a file, without comments and blanks."""
    lines = (line.partition("#")[0].replace(" ", "").strip() for line in text.splitlines())
    return {line for line in lines if line}


def class_of(name: str) -> str:
    """The class of an agent: its name in PascalCase, which ends with Agent once."""
    pascal = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return pascal if pascal.endswith("Agent") else pascal + "Agent"


def classes_in(code: str) -> list[str]:
    """The classes that a module defines; none if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def follows(dockerfile: str, rule: str) -> bool:
    """Whether a Dockerfile follows a rule, with lines joined that end with a backslash."""
    joined = re.sub(r"\\\s*\n", " ", dockerfile)
    return re.search(DOCKERFILE[rule][0], joined, re.MULTILINE) is not None


def users_in(dockerfile: str) -> list[str]:
    """The users that a Dockerfile changes to, in their order; the last one runs the container."""
    return re.findall(r"^USER\s+(\S+)", dockerfile, re.MULTILINE)


def wrong_with_manifest(manifest: Any) -> list[str]:
    """What is wrong with a manifest by its schema."""
    import jsonschema

    errors = jsonschema.Draft202012Validator(MANIFEST).iter_errors(manifest)
    return sorted(f"{'.'.join(map(str, error.absolute_path)) or 'the manifest'}: {error.message}" for error in errors)


def documented_manifest(name: str, capabilities: list[str], limits: dict[str, Any]) -> dict[str, Any]:
    """What the contract says of the manifest of an agent, without what each registry and moment decide."""
    return {
        "apiVersion": "mcp.promptcraft.io/v1",
        "kind": "MCPServer",
        "metadata": {"name": f"agent-{name}", "version": "1.0.0", "organization": "auto-generated"},
        "spec": {
            "port": 8000,
            "capabilities": [{"name": known, "endpoint": f"/api/v1/{known}", "method": "POST"} for known in capabilities],
            "healthCheck": {"path": "/health", "intervalSeconds": 30, "timeoutSeconds": 5},
            "resources": {"limits": limits},
        },
    }


def documented_labels(name: str, domain: str) -> dict[str, str]:
    """The labels of an agent's container."""
    return {"promptcraft.agent": name, "promptcraft.domain": domain, "promptcraft.auto-created": "true"}


def configured(spec: dict[str, Any]) -> dict[str, Any]:
    """What the configuration in the repository takes from a specification."""
    named = ("display_name", "domain", "keywords", "capabilities", "knowledge_sources")
    return {"agent_id": spec["name"]} | {name: spec.get(name, []) for name in named}


def differing(expected: dict[str, Any], found: Any) -> list[str]:
    """Where a document is another than expected; what it holds besides is left alone."""
    places = ((place, value, pointers.found(found, place)) for place, value in pointers.leaves(expected))
    return [f"{place}: {written(seen)} for {written(value)}" for place, value, seen in places if seen != value]


def dependencies_in(project: str) -> set[str]:
    """The dependencies of a pyproject.toml; none where it cannot be read."""
    import tomllib

    try:
        listed = pointers.found(tomllib.loads(project), "project.dependencies")
    except tomllib.TOMLDecodeError:
        return set()
    return {str(name).replace(" ", "") for name in listed} if isinstance(listed, list) else set()


def wrong_with_tools(tools: Any) -> list[str]:
    """What is wrong with a list of MCP tools: each has a name of its own, a description, and a schema of what it takes."""
    if not isinstance(tools, list) or not tools:
        return ["there are no tools"]
    found = []
    names = [tool.get("name") if isinstance(tool, dict) else None for tool in tools]
    for number, (tool, name) in enumerate(zip(tools, names, strict=True), 1):
        label = name if isinstance(name, str) and name else f"tool {number}"
        if not isinstance(name, str) or not name:
            found.append(f"{label} has no name")
        elif names.count(name) > 1:
            found.append(f"{label} is there {names.count(name)} times")
        schema = tool.get("inputSchema") if isinstance(tool, dict) else None
        if not isinstance(schema, dict) or schema.get("type") != "object":
            found.append(f"{label} has no inputSchema of type object")
        if not isinstance(tool, dict) or not tool.get("description"):
            found.append(f"{label} has no description")
    return list(dict.fromkeys(found))

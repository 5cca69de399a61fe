"""The files of an agent's repository."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import yaml

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.factory.spec import class_name

if TYPE_CHECKING:
    from theodore_sandbox.promptcraft.factory.spec import AgentSpec

TEMPLATES = Path(__file__).parent / "templates"
BASE = ("promptcraft-sdk>=1.0.0", "qdrant-client>=1.9.0", "sentence-transformers>=2.2.0", "pydantic>=2.0.0", "asyncio>=3.4.0")
OF_DOMAIN = {
    "security": ("bandit>=1.7.0", "safety>=2.0.0"),
    "web_development": ("requests>=2.28.0", "beautifulsoup4>=4.11.0"),
}
SCHEMA = '            "inputSchema": {"type": "object", "properties": {"input": {"type": "string"}}},'

DUE = 'time.time() - known.get(source["source"], {}).get("read_at", 0) >= DAYS[source["update_frequency"]] * 86400'
FOREIGN = "any(urlsplit(address).hostname not in HOSTS for address in named)"


def generate(spec: AgentSpec) -> dict[str, str]:
    """The text of each file by its path in the repository."""
    requirements = requirements_of(spec.domain)
    named = {"name": spec.name, "display_name": spec.display_name, "description": spec.description, "domain": spec.domain}
    lists = {"keywords": ", ".join(spec.keywords) or "none", "capabilities": ", ".join(spec.capabilities)}
    sources = [source.model_dump(mode="json") for source in spec.knowledge_sources]
    files = {
        "src/agent.py": _filled(
            "agent.py",
            display_name=spec.display_name,
            description=spec.description,
            agent_id=json.dumps(spec.name),
            domain=json.dumps(spec.domain),
            keywords=json.dumps(spec.keywords),
            capabilities=json.dumps(spec.capabilities),
            class_name=class_name_in_code(spec.name),
            foreign="False" if defects.on("agent-of-any-host") else FOREIGN,
            input_schema="" if defects.on("mcp-tool-without-schema") else SCHEMA,
        ),
        "src/__init__.py": "",
        "config/config.yaml": yaml.safe_dump(_configuration(spec, sources), sort_keys=False),
        "README.md": _filled("README.md", **named, **lists),
        "requirements.txt": "".join(f"{requirement}\n" for requirement in requirements),
        "pyproject.toml": _filled(
            "pyproject.toml",
            name=spec.name,
            description=json.dumps(spec.description),
            dependencies="\n".join(f"    {json.dumps(requirement)}," for requirement in requirements),
        ),
        "Dockerfile": _filled("Dockerfile", user="" if defects.on("dockerfile-as-root") else "USER agent"),
        "knowledge/schema.json": json.dumps(_schema(spec), indent=2) + "\n",
        "knowledge/getting-started.md": _filled("getting-started.md", **named),
        "scripts/ingest_knowledge.py": _filled(
            "ingest_knowledge.py",
            sources=json.dumps(sources),
            due='source["source"] not in known' if defects.on("knowledge-read-once") else DUE,
        ),
        "tests/test_agent.py": (TEMPLATES / "test_agent.py.txt").read_text(encoding="utf-8"),
    }
    if defects.on("artefact-missing"):
        del files["knowledge/schema.json"]
    return files


def requirements_of(domain: str) -> tuple[str, ...]:
    """The requirements of an agent of a domain."""
    if defects.on("requirements-of-other-domain") and domain == "security":
        return (*BASE, *OF_DOMAIN["web_development"])
    return (*BASE, *OF_DOMAIN.get(domain, ()))


def class_name_in_code(name: str) -> str:
    """The class as the code has it."""
    return class_name(name) + ("Agent" if defects.on("class-name-doubled") else "")


def _configuration(spec: AgentSpec, sources: list[dict[str, str]]) -> dict[str, object]:
    return {
        "agent_id": spec.name,
        "display_name": spec.display_name,
        "domain": spec.domain,
        "keywords": spec.keywords,
        "capabilities": spec.capabilities,
        "knowledge_sources": sources,
    }


def _schema(spec: AgentSpec) -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Knowledge of {spec.display_name}",
        "type": "object",
        "required": ["source", "type", "text"],
        "properties": {**{key: {"type": "string"} for key in ("source", "type", "text")}, "read_at": {"type": "number"}},
    }


def _filled(template: str, /, **values: str) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(values)

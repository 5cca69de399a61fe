"""The defects of PromptCraft's agent factory."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

SUITE = "agent_factory"

AGENTS = (
    Defect("artefact-missing", "A repository has no schema of the agent's knowledge.", "agents.artefacts", SUITE, ("agents",)),
    Defect(
        "requirements-of-other-domain",
        "An agent for security gets the requirements of one for the web.",
        "agents.requirements",
        SUITE,
        ("agents",),
    ),
    Defect("class-name-doubled", "The class of an agent ends with Agent twice.", "agents.class_name", SUITE, ("agents",)),
    Defect(
        "creation-ids-collide",
        "Two creations of one name in one second get one id.",
        "agents.ids_unique",
        SUITE,
        ("agents",),
    ),
    Defect(
        "half-created-agent-left",
        "What a creation made before it failed stays.",
        "agents.nothing_left",
        SUITE,
        ("agents",),
    ),
    Defect("manifest-invalid", "Capabilities in the manifest have no method.", "agents.manifest", SUITE, ("agents",)),
    Defect("dockerfile-as-root", "The container of an agent runs as root.", "agents.dockerfile.user", SUITE, ("agents",)),
    Defect(
        "deployed-unasked",
        "An agent is deployed though auto_deploy is false.",
        "agents.not_deployed",
        SUITE,
        ("agents",),
    ),
    Defect(
        "deployment-limits-ignored",
        "Containers get the usual limits, whatever the request says.",
        "agents.limits",
        SUITE,
        ("agents",),
    ),
    Defect(
        "mcp-tool-without-schema",
        "The tools of a generated agent do not say what they take.",
        "agents.tools",
        SUITE,
        ("agents",),
    ),
    Defect("message-ids-as-texts", "The ids of messages are passed on as texts.", "mcp.id_kept", "mcp_messages", ("agents",)),
    Defect(
        "mcp-server-left-running",
        "An MCP server that was removed goes on at the orchestrator.",
        "mcp.gone",
        SUITE,
        ("agents",),
    ),
    Defect(
        "mcp-server-of-any-tenant-called",
        "An MCP server is called by its name, whichever tenant has it.",
        "mcp.other_tenant",
        SUITE,
        ("agents",),
    ),
    *(
        Defect(name, mistake, check, SUITE, ("agents",))
        for name, mistake, check in (
            ("knowledge-read-once", "An agent reads no source of knowledge again.", "agents.knowledge_followed"),
            ("agent-of-any-host", "An agent answers under any name, and to pages of any origin.", "agents.foreign_origin"),
            ("tools-by-role", "Tools are described to developers otherwise than to administrators.", "mcp.tools_alike"),
            ("tools-shadowed-by-last", "A tool is that of whoever has registered its name last.", "mcp.tools_not_shadowed"),
        )
    ),
    Defect(
        "server-of-any-tenant-used",
        "A workflow uses an MCP server by its name, whichever tenant has it.",
        "mcp.other_workflow",
        SUITE,
        ("agents",),
    ),
    Defect(
        "tool-registered-without-schema",
        "An MCP server is registered whose tool does not say what it takes.",
        "agents.registration_refused",
        SUITE,
        ("agents",),
    ),
    *(
        Defect(
            f"{channel.replace(' ', '-')}-as-orders",
            f"An agent takes what a {channel} says for its orders.",
            "injection.trap",
            "injections",
            ("injections",),
        )
        for channel in ("document", "page", "tool description", "tool result")
    ),
)

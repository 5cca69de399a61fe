"""The defects of PromptCraft's workflows."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

SUITE, DECISIONS = "workflows", "workflow_decisions"

WORKFLOWS = (
    Defect(
        "approval-skipped",
        "A step that needs an approval is carried out without one.",
        "workflows.waits",
        SUITE,
        ("workflows",),
    ),
    Defect(
        "steps-by-first-agent",
        "Each step of a workflow is carried out by the agent of its first one.",
        "workflows.step_agent_id",
        SUITE,
        ("workflows",),
    ),
    Defect(
        "approval-by-who-started",
        "An approval is recorded as given by who started the workflow.",
        "workflows.decision_by",
        SUITE,
        ("workflows",),
    ),
    Defect(
        "approval-taken-again",
        "A step that was approved is approved again by whoever comes later.",
        "workflows.approved_once",
        SUITE,
        ("workflows",),
    ),
    Defect(
        "rejection-ignored",
        "A step is carried out although it was rejected.",
        "workflows.rejected",
        SUITE,
        ("workflows",),
    ),
    Defect(
        "cancelled-workflow-goes-on",
        "A workflow that was cancelled carries out its other steps.",
        "workflows.stopped",
        SUITE,
        ("workflows",),
    ),
    Defect("steps-out-of-order", "Steps are carried out from last to first.", "workflows.order", SUITE, ("workflows",)),
    Defect(
        "failed-step-passed-over",
        "A step that failed counts as completed, and the workflow goes on.",
        "workflows.failed",
        SUITE,
        ("workflows",),
    ),
    *(
        Defect(name, mistake, check, suite, ("workflows",))
        for name, mistake, check, suite in (
            ("first-decision-counts", "The first decision on a workflow counts for each later step.", "decisions.end", DECISIONS),
            ("ended-workflow-cancelled", "A workflow that has ended is cancelled with success.", "decisions.refused", DECISIONS),
            ("last-answer-costs", "Of several answers for a step the last one alone costs.", "costs.total", "workflow_costs"),
        )
    ),
)

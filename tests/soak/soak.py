"""``make soak``: the long proofs. Each run adds its figures to results/soak.json, so that claims grow over nights."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from theodore_qa.adversaries.ast_mutants import enumerate_ast_mutants

ROOT = Path(__file__).resolve().parents[2]
DISCOVERY = ("dependency_failures", "hybrid_discovery", "similarity_discovery", "fallback_discovery", "discovery_filters")
RESEARCH = ("research_lifecycle", "enterprise_saas_research", "non_existent_company_handling", "emerging_startup_research")
# The files that are mutated, each with the suites that are tried first; the others follow only if these stay green.
HANDLERS = {
    "theodore/api/auth.py": ("sessions", "accounts", "tenant_isolation", "api_contract", "live_progress", "rate_limits"),
    "theodore/api/research.py": ("research_lifecycle", "tenant_isolation", "api_contract"),
    "theodore/api/discovery.py": ("api_contract", *DISCOVERY, "tenant_isolation"),
    "theodore/api/streams.py": ("live_progress", "tenant_isolation"),
    "theodore/api/plugins.py": ("administration", "api_contract"),
    "theodore/api/limits.py": ("rate_limits", "accounts"),
    "theodore/api/errors.py": (
        "research_lifecycle",
        "security_headers",
        "api_contract",
        "administration",
        "live_progress",
        "raw_api",
    ),
    "theodore/api/system.py": (
        "administration",
        "raw_api",
        "dependency_failures",
        "api_contract",
        "tenant_isolation",
        "rate_limits",
        "ai_fallback",
        "ai_providers",
    ),
    "theodore/pipeline/jobs.py": (*RESEARCH, "live_progress", "administration", "raw_api", "dependency_failures", "api_contract"),
    "theodore/pipeline/research.py": (*RESEARCH, "ai_providers", "fallback_discovery", "tenant_isolation", "research_isolation"),
    "theodore/pipeline/discovery.py": DISCOVERY,
    "theodore/pipeline/similarity.py": DISCOVERY,
    "theodore/pipeline/analysis.py": (*RESEARCH, "ai_answers", "ai_fallback", "similarity_quality", "similarity_discovery"),
    "theodore/pipeline/fallback.py": ("ai_fallback", "ai_answers", "ai_providers", "dependency_failures"),
    "theodore/pipeline/search.py": (*RESEARCH, "fallback_discovery"),
    "theodore/pipeline/scraper.py": (
        *RESEARCH,
        "canary_research",
        "international_company_research",
        "research_isolation",
        "api_contract",
    ),
}
LONGEST = {"near": 150, "far": 900}  # seconds
FIGURES = ROOT / "results" / "soak.json"
COMMAND = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test"]


def sensitivity(rounds, mutants, seed):
    """Healthy rounds, defects, null systems, replay and many mutants of traffic."""
    options = ["--rounds", str(rounds), "--mutants", str(mutants), "--seed", str(seed), "--everywhere"]
    return subprocess.run([*COMMAND, "sensitivity", *options], check=False).returncode == 0


def ast_mutants(count, seed, workers, *, near_only):
    """Random mutants of the sandbox's handlers: how many turn the end-to-end suites red; returns tried and survived."""
    package = ROOT / "libraries" / "theodore_sandbox"
    mutants = enumerate_ast_mutants([package / name for name in HANDLERS])
    random.Random(seed).shuffle(mutants)
    print(f"AST mutants: {min(count, len(mutants))} of {len(mutants)}, seed {seed}")

    def survives(mutant):
        with tempfile.TemporaryDirectory() as folder:
            mutant.write(package, Path(folder) / "mutated")
            first = HANDLERS[mutant.file.relative_to(package).as_posix()]
            chosen = {"near": [part for suite in first for part in ("--suite", suite)]}
            if not near_only:
                chosen["far"] = [part for suite in first for part in ("--exclude", f"scenario:{suite}")]
            green = all(_green(folder, [*options, "--exitonfailure"], LONGEST[which]) for which, options in chosen.items())
        print(f"{'survived' if green else 'killed  '} {mutant.describe()}", flush=True)
        return mutant if green else None

    with ThreadPoolExecutor(workers) as pool:
        survivors = [mutant for mutant in pool.map(survives, mutants[:count]) if mutant]
    tried = min(count, len(mutants))
    for mutant in survivors:
        print(f"survived: {mutant.describe()}: {mutant.changed_line()}")
    print(f"AST mutation score: {tried - len(survivors)} of {tried} = {(tried - len(survivors)) / tried:.0%}")
    return tried, len(survivors)


def _green(folder, options, longest):
    """Whether the end-to-end suites pass with the package that stands in ``folder``; one that hangs does not."""
    checks = ["--no-parallel", "--performance-check", "--data-quality-check", "--results", f"{folder}/results"]
    env = dict(os.environ) | {"PYTHONPATH": f"{folder}/mutated"}
    try:
        done = subprocess.run(
            [*COMMAND, "e2e", *checks, "--", *options], cwd=folder, env=env, capture_output=True, timeout=longest, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--mutants", type=int, default=40)
    parser.add_argument("--ast", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=("sensitivity", "ast"))
    parser.add_argument("--near-only", action="store_true", help="only the suites near a mutant: a lower bound, sooner")
    given = parser.parse_args()
    held = given.only == "ast" or sensitivity(given.rounds, given.mutants, given.seed)
    figures = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {"healthy_rounds": 0, "ast_tried": 0, "ast_survived": 0}
    if given.only != "ast" and held:
        figures["healthy_rounds"] += given.rounds
    if given.only != "sensitivity":
        tried, survived = ast_mutants(given.ast, given.seed, os.cpu_count() or 2, near_only=given.near_only)
        figures["ast_tried"] += tried
        figures["ast_survived"] += survived
    rounds = figures["healthy_rounds"]
    if rounds:
        print(f"Healthy rounds so far: {rounds} of {rounds} green, so fewer than {1 - 0.05 ** (1 / rounds):.1%} are red (95 %)")
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

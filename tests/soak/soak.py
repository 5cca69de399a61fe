"""``make soak``: the long proofs. Each run adds its figures to results/soak.json, so that claims grow over nights."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "results" / "soak.json"
MUTANTS = ROOT / "results" / "soak-mutants"
SLIPS = Path(__file__).with_name("slips")
COMMAND = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test"]


def sensitivity(rounds, count, seed):
    """Healthy rounds, defects, null systems, replay and many mutants of traffic."""
    options = [part for proof in ("healthy", "defects", "nulls", "replay", "traffic") for part in ("--proof", proof)]
    options += ["--rounds", str(rounds), "--mutants", str(count), "--seed", str(seed), "--everywhere"]
    return subprocess.run([*COMMAND, "sensitivity", *options], check=False).returncode == 0


def mutants(count, seed, *, resume):
    """Mutants of the sandbox's source by all suites that reach them, and all others for the survivors; returns noticed and tried."""
    options = ["--proof", "mutants", "--everywhere", "--results", str(MUTANTS)]
    options += ["--resume"] if resume else ["--mutants", str(count), "--seed", str(seed)]
    done = subprocess.run([*COMMAND, "sensitivity", *options], check=False)
    results = json.loads((MUTANTS / "mutation.json").read_text())["files"].values()
    statuses = [mutant["status"] for file in results for mutant in file["mutants"]]
    noticed = sum(status in ("Killed", "Timeout") for status in statuses)
    return done.returncode == 0, noticed, noticed + sum(status in ("Survived", "NoCoverage") for status in statuses)


def slips(*, resume):
    """The slips that people wrote, by all suites; returns the caught and tried of each file."""
    shares = {}
    for file in sorted(SLIPS.glob("*.yaml")):
        results = ROOT / "results" / f"soak-slips-{file.stem}"
        options = ["--proof", "slips", "--slips", str(file), "--everywhere", "--results", str(results)]
        subprocess.run([*COMMAND, "sensitivity", *options, *(["--resume"] if resume else [])], check=False)
        data = json.loads((results / "slips.json").read_text())
        shares[file.stem] = [data["caught"], data["tried"]]
    return shares


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--traffic", type=int, default=40, help="mutants of the traffic for each suite")
    parser.add_argument("--mutants", type=int, default=300, help="mutants of the sandbox's source")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=("sensitivity", "mutants", "slips"))
    parser.add_argument("--resume", action="store_true", help="go on with the mutants, or the slips, of a run that was stopped")
    given = parser.parse_args()
    held = given.only not in {None, "sensitivity"} or sensitivity(given.rounds, given.traffic, given.seed)
    figures = {"healthy_rounds": 0, "mutants_tried": 0, "mutants_noticed": 0}
    figures |= json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
    if given.only in {None, "sensitivity"} and held:
        figures["healthy_rounds"] += given.rounds
    if given.only in {None, "slips"}:
        figures["slips_caught_of_tried"] = slips(resume=given.resume)
    if given.only in {None, "mutants"}:
        reached, noticed, tried = mutants(given.mutants, given.seed, resume=given.resume)
        held = held and reached
        figures["mutants_tried"] += tried
        figures["mutants_noticed"] += noticed
    rounds = figures["healthy_rounds"]
    if rounds:
        print(f"Healthy rounds so far: {rounds} of {rounds} green, so fewer than {1 - 0.05 ** (1 / rounds):.1%} are red (95 %)")
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

"""Random changes of evidence packs, none of which may go unnamed; accumulates over nights.

    python tests/soak/evidence.py --rounds 20
    python tests/soak/evidence.py --pack results/evidence/RUN --key public.pem --seed 7
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from pack_changes import unnamed_changes  # noqa: E402

CHANGES = 200  # a round


def made(folder):
    """A signed pack of a run with two processes; the pack and its public key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from judged_runs import finished, judged

    from theodore_qa.report.pack import EvidencePack
    from theodore_qa.run import ledger

    key = Ed25519PrivateKey.generate()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "public.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    ledger.started(folder / "evidence", "run-1")
    pack = folder / "evidence" / "run-1"
    pack.mkdir()
    for pid in (17, 18):
        (pack / f"{pid}-1.jsonl").write_text("".join(f'{{"type": "observation", "line": {line}}}\n' for line in range(20)))
    run = finished([judged("e2e/a.robot", f"T{number}") for number in range(20)], folder)
    run.id = "run-1"
    EvidencePack([], [], key).write(run)
    return pack, folder / "public.pem"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--pack", type=Path, help="the folder of a pack; one is made by default")
    parser.add_argument("--key", type=Path, help="public key of that pack")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pack, key = (options.pack.resolve(), options.key) if options.pack else made(work)
        for number in range(options.rounds):
            seed = options.seed + number
            unnamed = unnamed_changes(pack, key, work / "copies", seed, CHANGES)
            print(f"SEED={seed}: {CHANGES - len({change for change, _, _ in unnamed})} of {CHANGES} changes named", flush=True)
            for change, file, sentences in unnamed:
                print(f"  UNNAMED: change {change} of {file}: {sentences}")
            if unnamed:
                sys.exit(1)
    print(f"{options.rounds * CHANGES} changes of {pack.name}, all named")


if __name__ == "__main__":
    main()

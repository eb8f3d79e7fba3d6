"""`python -m tests.security.fuzz`: schemathesis against the running API, and what came of it."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.security.served import DATABASE, ROOT, served

Figures = dict[str, dict[str, dict[str, int]]]

NOT_READY = "503 not_ready"  # of /readyz: there is neither a scrapyd nor a scheduler
PHASES = "examples,coverage,fuzzing,stateful"


def fuzz(folder: Path, cases: int, seed: int) -> tuple[int, str, Figures]:
    """Ask all operations of an API of its own. Return schemathesis's exit code, what it said, and the figures."""
    with served(folder) as url:
        figures = folder / "figures.json"
        command = ["--url", url, "--phases", PHASES, "--checks", "all", "--max-examples", str(cases)]
        command += ["--seed", str(seed), "--generation-database", "none", "--no-color", "--output-sanitize", "false"]
        command += ["--suppress-health-check", "all", "--request-timeout", "60"]
        ours = {"FUZZ_URL": url, "FUZZ_CASES": str(cases), "FUZZ_FIGURES": str(figures)}
        ours |= {
            "SQLALCHEMY_DATABASE_URL": f"sqlite:///{folder / DATABASE}",
            "SCHEMATHESIS_HOOKS": "tests.security.fuzz_hooks",
        }
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *command],
            cwd=ROOT,
            env=os.environ | ours,
            capture_output=True,
            text=True,
            check=False,
        )
        said = run.stdout + run.stderr
        return run.returncode, said, json.loads(figures.read_text()) if figures.exists() else {}


def table(figures: Figures) -> str:
    lines = [f"{'operation':32} {'cases':>6} {'5xx':>4} {'outside':>7}  statuses"]
    for label, found in sorted(figures.items()):
        statuses = found["statuses"]
        answered = "  ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
        columns: tuple[Any, ...] = (sum(statuses.values()), errors(found), sum(found["failures"].values()))
        lines.append(f"{label:32} {columns[0]:6} {columns[1]:4} {columns[2]:7}  {answered}")
    return "\n".join(lines)


def errors(found: dict[str, dict[str, int]]) -> int:
    return sum(number for status, number in found["statuses"].items() if status >= "5" and status != NOT_READY)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        code, said, figures = fuzz(Path(folder), chosen.cases, chosen.seed)
    print(said if code else "")
    print(table(figures))
    few = [label for label, found in figures.items() if sum(found["statuses"].values()) < chosen.cases]
    if few:
        print(f"fewer than {chosen.cases} cases: {', '.join(few)}")
    sys.exit(1 if code or few or not figures or any(map(errors, figures.values())) else 0)


if __name__ == "__main__":
    main()

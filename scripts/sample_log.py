#!/usr/bin/env python3
"""Makes assets/samples/completions.jsonl.gz: the completion log of a small simulated training run.

    scripts/sample_log.py [--cadforge target/release/cadforge] [--jobs 2] [--out assets/samples/completions.jsonl.gz]

The candidates are not from a model, but references, recorded repairs and seeds of the task packs, most of them broken by
scripts/corpus.py with one or two faults each; good ones become more frequent towards the end, as in a run that learns. The executor
ran each candidate and cadforge-v1 scored it. The rows have the keys that trainers of this environment log. Equal arguments, tasks
and versions give equal candidates.
"""

import argparse
import gzip
import json
import random
import subprocess
import tempfile
from pathlib import Path

import corpus

ROOT = Path(__file__).resolve().parent.parent
CALLS = 16
GROUPS_A_CALL = 2
GENERATIONS = 8
HEAD = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cadforge", type=Path, default=ROOT / "target/release/cadforge")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--out", type=Path, default=ROOT / "assets/samples/completions.jsonl.gz")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asked, scored = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        asked.write_text("".join(json.dumps(row) + "\n" for row in rows(options.seed)))
        subprocess.run(
            [options.cadforge, "score", asked, "-o", scored, "--profile", "cadforge-v1", "--shaping", "strict", "--jobs", str(options.jobs)], check=True
        )
        log = "".join(json.dumps(logged(json.loads(line))) + "\n" for line in scored.read_text().splitlines())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # Without a time stamp, so that equal logs are equal files.
    options.out.write_bytes(gzip.compress(log.encode(), compresslevel=9, mtime=0))


def rows(seed):
    rng = random.Random(seed)
    tasks = sorted(path.parent.name for path in (ROOT / "tasks").glob("*/task.toml"))
    rng.shuffle(tasks)
    groups = CALLS * GROUPS_A_CALL
    for group in range(groups):
        task = tasks[group % len(tasks)]
        progress = group / (groups - 1)
        for number in range(GENERATIONS):
            rng = random.Random(f"{seed} {group} {number}")
            completion, clipped = answer(task, progress, rng)
            yield {
                "reward_call": group // GROUPS_A_CALL,
                "index": group % GROUPS_A_CALL * GENERATIONS + number,
                "task_id": task,
                "completion": completion,
                "finish_reason": "length" if clipped else "stop",
            }


def answer(task, progress, rng):
    """A simulated answer of a model, and whether it was cut."""
    code = candidate(task, progress, rng)
    if rng.random() < 0.06 * (1 - progress):
        return code[: int(len(code) * rng.uniform(0.4, 0.8))], True
    if rng.random() < 0.25:
        return f"<think>\nThe parts must touch, so I let them overlap.\n</think>\n\n```python\n{code}```\n", False
    if rng.random() < 0.2:
        return f"Here is the repaired program.\n\n```python\n{code}```\n", False
    return code, False


def candidate(task, progress, rng):
    folder = ROOT / "tasks" / task
    seeds = sorted((folder / "seeds").glob("*.py"))
    repairs = sorted(folder.glob("repairs/*/*.py"))
    good = [folder / "reference.py", *repairs]
    source = rng.choice(good if rng.random() < 0.5 + 0.4 * progress else seeds).read_text()
    if rng.random() < 0.15 + 0.5 * progress:
        return source
    return broken(source, rng)


def broken(code, rng):
    for _ in range(20):
        _, make = corpus.FAULTS[rng.choice(sorted(corpus.FAULTS))]
        try:
            changed = make(code, rng)
        except (SyntaxError, ValueError):
            # A broken seed has its fault already.
            return code
        if changed is not None and changed != code:
            return changed
    return code


def logged(row):
    """The row as a trainer would have logged it."""
    code = code_of(row["completion"])
    failure = row["failure"]
    return {
        "reward_call": row["reward_call"],
        "index": row["index"],
        "score": round(row["score"], 6),
        "task_id": row["task_id"],
        "finish_reason": row["finish_reason"],
        "completion_chars": len(row["completion"]),
        "code_chars": len(code),
        "has_fixture": "fixture =" in code,
        "has_cadquery_import": "import cadquery as cq" in code,
        "completion_head": row["completion"][:HEAD],
        "code_head": code[:HEAD],
        "code": code,
        "cadforge_reward": {key: None if value is None else round(value, 6) for key, value in row["reward"].items()},
        "cadforge_build": row["reward"]["build"],
        "cadforge_total": round(row["reward"]["total"], 6),
        "cadforge_error": failure["message"] if failure else "",
        "cadforge_stdout_tail": "",
        "cadforge_stderr_tail": failure["traceback"][-400:] if failure else "",
    }


def code_of(completion):
    """The program of an answer, which has at most one fence."""
    text = completion.split("</think>")[-1]
    if "```python\n" in text:
        text = text.split("```python\n", 1)[1].split("```", 1)[0]
    start = text.find("import cadquery as cq")
    text = text[start:] if start > 0 else text
    return text.strip("\n").rstrip() + "\n"


if __name__ == "__main__":
    main()

"""Writes two training runs from the candidates of the task packs, for screenshots.

    rows.py TASKS FOLDER

The candidates are real, their rewards are random: the screenshots only need many rows.
"""

import json
import random
import sys
from pathlib import Path

tasks, folder = map(Path, sys.argv[1:])
rng = random.Random(7)
candidates = [
    (task.name, file.read_text())
    for task in sorted(tasks.iterdir())
    for file in sorted(task.glob("seeds/*.py")) + sorted(task.glob("repairs/*/*.py"))
]
for name, offset in (("run.jsonl", 0.0), ("earlier.jsonl", -0.15)):
    with open(folder / name, "w", encoding="utf-8") as out:
        for group in range(300):
            task = candidates[group % len(candidates)][0]
            own = [code for other, code in candidates if other == task]
            for _ in range(8):
                progress = 0.45 * (1 - 0.99**group) + offset
                failed = rng.random() > 0.5 + progress
                reward = -1.0 if failed else round(min(1.0, max(0.0, rng.gauss(0.45 + progress, 0.15))), 4)
                row = {
                    "task_id": task,
                    "group_id": group,
                    "code": rng.choice(own),
                    "reward": reward,
                    "kind": rng.choice(["invented_api", "syntax_closure"]) if failed else "build_ok",
                }
                out.write(json.dumps(row) + "\n")

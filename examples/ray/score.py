"""Scores rows on a Ray cluster: JSON Lines in, the same rows with their scores out, in order.

    score.py IN.jsonl OUT.jsonl [--actors N] [--batch N]

Needs `ray` and the package in python/cadforge on every node, and `cadforge` with its Python environment there. Each actor
has a server of its own. If an actor dies, another one repeats its batch; a row is written once, after all rows before it. A row with
an internal error has `error`, and the exit code is then 3.
"""

import argparse
import collections
import json
import sys

import cadforge
import ray
from ray.exceptions import RayError

# A batch that has ended this many actors is at fault itself.
TRIES = 5


@ray.remote(num_cpus=1, max_restarts=-1)
class Scorer:
    """Scores batches with its own server, which starts with the first batch and ends with this process."""

    def score(self, rows):
        return cadforge.score_rows(rows)


def score(batches, actors):
    """Yields the scored batches, each once, in order."""
    idle = [Scorer.remote() for _ in range(actors)]
    waiting = collections.deque(enumerate(batches))
    running, done, tries, following = {}, {}, collections.Counter(), 0
    while waiting or running:
        while waiting and idle:
            number, batch = waiting.popleft()
            actor = idle.pop()
            running[actor.score.remote(batch)] = (number, batch, actor)
        (finished,), _ = ray.wait(list(running), num_returns=1)
        number, batch, actor = running.pop(finished)
        idle.append(actor)
        try:
            done[number] = ray.get(finished)
        except RayError as error:
            # The actor died; Ray restarts it.
            tries[number] += 1
            if tries[number] >= TRIES:
                raise RuntimeError(f"batch {number} failed {TRIES} times") from error
            print(f"batch {number} is repeated: its actor died", file=sys.stderr)
            waiting.appendleft((number, batch))
        while following in done:
            yield done.pop(following)
            following += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows")
    parser.add_argument("out")
    parser.add_argument("--actors", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    given = parser.parse_args()
    with open(given.rows, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    ray.init(ignore_reinit_error=True, logging_level="warning")
    batches = [rows[start : start + given.batch] for start in range(0, len(rows), given.batch)]
    faults = 0
    with open(given.out, "w", encoding="utf-8") as out:
        for batch in score(batches, given.actors):
            faults += sum("score" not in row for row in batch)
            out.writelines(json.dumps(row) + "\n" for row in batch)
    if faults:
        print(f"{faults} of {len(rows)} rows have no score", file=sys.stderr)
    return 3 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

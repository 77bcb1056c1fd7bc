"""Runs the loop of examples/ray/score.py on a local cluster of two actors, one of which is killed in the middle of a batch.

    killed.py EXAMPLE_FOLDER

Prints the number of rows, and fails if one is lost, duplicated, out of order or not scored.
"""

import json
import os
import signal
import sys
import tempfile
import threading

sys.path.insert(0, sys.argv[1])
import cadforge
import ray
import score as example

BOX = "import cadquery as cq\nfixture = cq.Workplane().box({}, 80, 130)\n"
ROWS = 40
FATAL = 20


@ray.remote(num_cpus=1, max_restarts=-1)
class KillableActor:
    """The actor of the example, which kills itself once, while it scores the batch with row FATAL."""

    def __init__(self, mark):
        self.mark = mark

    def score(self, rows):
        if any(row["index"] == FATAL for row in rows):
            try:
                os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGKILL)).start()
                cadforge.score_rows(rows)
                threading.Event().wait()
        return cadforge.score_rows(rows)


class KillableActorFactory:
    def __init__(self, mark):
        self.mark = mark

    def remote(self):
        return KillableActor.remote(self.mark)


def main():
    with tempfile.TemporaryDirectory() as folder:
        mark = os.path.join(folder, "killed")
        example.Scorer = KillableActorFactory(mark)
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=os.path.join(folder, "r"),
        )
        rows = [{"task_id": "caster_wheel_fork", "index": index, "code": BOX.format(50 + index)} for index in range(ROWS)]
        batches = [rows[start : start + 4] for start in range(0, ROWS, 4)]
        found = [row for batch in example.score(batches, 2) for row in batch]
        ray.shutdown()
        killed = os.path.exists(mark)
    assert killed, "no actor was killed"
    assert [row["index"] for row in found] == list(range(ROWS)), [row["index"] for row in found]
    assert all("score" in row and row["code"] == rows[row["index"]]["code"] for row in found)
    print(json.dumps({"rows": len(found), "scores": len({row["score"] for row in found})}))


main()

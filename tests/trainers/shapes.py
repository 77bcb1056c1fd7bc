"""Holds the package in python/cadforge against the code of the real trainers, and has it score by a running server.

    shapes.py DIR     with CADFORGE_URL set; DIR is what unpack.sh left

The trainers are not imported: they need much that is not there. Their calls are read from their source, so that a version
that calls otherwise is found out here.
"""

import ast
import asyncio
import inspect
import json
import math
import os
import sys
from pathlib import Path

DIR = Path(sys.argv[1])
sys.path.insert(0, str(DIR / "ours"))
import cadforge
import cadforge.verifiers

PACKAGES = DIR / "packages"
TASK = "caster_wheel_fork"
BOX = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\n"
BROKEN = "import cadquery as cq\nfixture = cq.Workplane().bax(1)\n"
CHAT = [{"role": "assistant", "content": f"Here:\n```python\n{BOX}```"}]


def calls(path, is_callee):
    """Keyword names of each call in a file whose callee fits."""
    tree = ast.parse((PACKAGES / path).read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_callee(ast.unparse(node.func))]
    assert found, f"{path} calls nothing of the kind any more"
    return [(len(node.args), [keyword.arg for keyword in node.keywords if keyword.arg]) for node in found]


def takes(function, shapes, **more):
    for positional, names in shapes:
        inspect.signature(function).bind(*[None] * positional, **dict.fromkeys(names), **more)


def source_has(path, *texts):
    text = (PACKAGES / path).read_text(encoding="utf-8")
    for wanted in texts:
        assert wanted in text, f"{path} has no `{wanted}` any more"


# TRL: prompts, completions, completion_ids, the dataset's columns, and its own extras; None is NaN to it.
GRPO = "trl/trainer/grpo_trainer.py"
shapes = [shape for shape in calls(GRPO, lambda name: name == "reward_func") if shape[1]]
takes(cadforge.reward_func, shapes, task_id=[TASK], trainer_state=None, log_extra=None, log_metric=None)
source_has(GRPO, "reward if reward is not None else torch.nan")
assert not inspect.iscoroutinefunction(cadforge.reward_func)
kwargs = {name: None for name in shapes[0][1] if name not in ("prompts", "completions")}
rewards = cadforge.reward_func(
    prompts=["p"] * 4,
    completions=[CHAT, BROKEN, f"```python\n{BOX}```", "\ud800 half a pair"],
    task_id=[TASK] * 4,
    trainer_state=None,
    **kwargs,
)
assert rewards[0] == rewards[2] > 0 and rewards[1] == rewards[3] == -1, rewards

# verl: one answer, or a batch.
for manager in ("workers/reward_manager/naive.py", "experimental/reward_loop/reward_manager/naive.py"):
    takes(cadforge.compute_score, calls(f"verl/{manager}", lambda name: name == "self.compute_score"))
takes(cadforge.compute_scores, calls("verl/workers/reward_manager/batch.py", lambda name: name == "self.compute_score"))
one = cadforge.compute_score(data_source="cadforge", solution_str=BOX, ground_truth=TASK, extra_info={"num_turns": 1})
assert one == rewards[0], one
# verl loads a file by its path.
loaded = {"__name__": "custom_module", "__file__": str(DIR / "ours/cadforge/verl.py")}
exec(compile(Path(loaded["__file__"]).read_text(), loaded["__file__"], "exec"), loaded)
batch = loaded["compute_scores"](["x"] * 2, [BOX, BROKEN], [TASK, {"task_id": TASK}], [None, {"rollout_reward_scores": {}}])
assert batch == [rewards[0], -1], batch

# verifiers 0.1: `load_environment` of a package, a rubric's function, and what it makes of a failure.
source_has("verifiers/utils/env_utils.py", 'hasattr(module, "load_environment")')
source_has("verifiers/rubrics/rubric.py", "p.kind == p.VAR_KEYWORD", "ans = float(await maybe_await(func, **merged))")
for path, name in (("verifiers/rubrics/rubric.py", "Rubric"), ("verifiers/envs/environment.py", "Environment")):
    tree = ast.parse((PACKAGES / path).read_text(encoding="utf-8"))
    (made,) = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    (init,) = [node for node in made.body if getattr(node, "name", "") == "__init__"]
    names = {argument.arg for argument in init.args.args}
    assert {"Rubric": {"funcs", "weights"}, "Environment": {"dataset", "rubric", "system_prompt"}}[name] <= names, names
merged = {"prompt": [], "completion": CHAT, "answer": TASK, "state": {}, "info": {}, "task": "x"}
assert asyncio.run(cadforge.verifiers.reward(**merged)) == rewards[0]


class Stub:
    """Stands where verifiers and datasets would be: keeps what it is given."""

    def __init__(self, **given):
        self.given = given


sys.modules["verifiers"] = type(sys)("verifiers")
sys.modules["verifiers"].Rubric = sys.modules["verifiers"].SingleTurnEnv = Stub
sys.modules["datasets"] = type(sys)("datasets")
sys.modules["datasets"].Dataset = type("Dataset", (), {"from_list": staticmethod(list)})
environment = cadforge.load_environment(task_ids=[TASK]).given
assert [row["answer"] for row in environment["dataset"]] == [TASK] and environment["dataset"][0]["question"]

# Our own fault is no number: a server that is not there.
os.environ["CADFORGE_URL"], real = "http://127.0.0.1:9", os.environ["CADFORGE_URL"]
os.environ["CADFORGE_PATIENCE"] = "1"
assert cadforge.reward_func(["p"], [BOX], task_id=[TASK]) == [None]
assert cadforge.compute_score("x", BOX, TASK) is None
assert math.isnan(asyncio.run(cadforge.verifiers.reward(**merged)))
os.environ["CADFORGE_URL"] = real
# A caller's mistake is an error.
for wrong in (lambda: cadforge.scores([{"task_id": "no_such", "code": "x"}]), lambda: cadforge.reward_func(["p"], [BOX])):
    try:
        wrong()
    except ValueError:
        pass
    else:
        raise AssertionError("a wrong row was taken")

# Without an address it starts a server of its own, which ends with it.
del os.environ["CADFORGE_URL"]
del os.environ["CADFORGE_PATIENCE"]
os.environ["CADFORGE_RETRY_SECONDS"] = "300"
assert cadforge.scores([{"task_id": TASK, "code": BROKEN}]) == [-1.0]
print(json.dumps({"rewards": rewards}))

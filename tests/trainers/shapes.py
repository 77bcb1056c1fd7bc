"""Checks the package in python/cadforge against the source of the trainers, and scores with it on a running server.

    shapes.py DIR     with CADFORGE_URL set; DIR is the output of unpack.sh

The trainers are not imported, because their dependencies are not installed. Their calls are parsed from their source, so
that a version with other calls is detected here.
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
    """Number of positional arguments and keyword names of each call in a file whose callee matches."""
    tree = ast.parse((PACKAGES / path).read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_callee(ast.unparse(node.func))]
    assert found, f"{path} has no such call any more"
    return [(len(node.args), [keyword.arg for keyword in node.keywords if keyword.arg]) for node in found]


def check_accepts(function, shapes, **more):
    """Checks that a function accepts calls of these shapes."""
    for positional, names in shapes:
        inspect.signature(function).bind(*[None] * positional, **dict.fromkeys(names), **more)


def source_has(path, *texts):
    text = (PACKAGES / path).read_text(encoding="utf-8")
    for wanted in texts:
        assert wanted in text, f"{path} has no `{wanted}` any more"


# TRL passes prompts, completions, completion_ids, the columns of the data set and extras of its own; it turns None into NaN.
GRPO = "trl/trainer/grpo_trainer.py"
shapes = [shape for shape in calls(GRPO, lambda name: name == "reward_func") if shape[1]]
check_accepts(cadforge.reward_func, shapes, task_id=[TASK], trainer_state=None, log_extra=None, log_metric=None)
source_has(GRPO, "reward if reward is not None else torch.nan")
assert not inspect.iscoroutinefunction(cadforge.reward_func)
kwargs = {name: None for name in shapes[0][1] if name not in ("prompts", "completions")}
rewards = cadforge.reward_func(
    prompts=["p"] * 4,
    completions=[CHAT, BROKEN, f"```python\n{BOX}```", "\ud800 lone surrogate"],
    task_id=[TASK] * 4,
    trainer_state=None,
    **kwargs,
)
assert rewards[0] == rewards[2] > 0 and rewards[1] == rewards[3] == -1, rewards

# verl scores one answer, or a batch.
for manager in ("workers/reward_manager/naive.py", "experimental/reward_loop/reward_manager/naive.py"):
    check_accepts(cadforge.compute_score, calls(f"verl/{manager}", lambda name: name == "self.compute_score"))
check_accepts(cadforge.compute_scores, calls("verl/workers/reward_manager/batch.py", lambda name: name == "self.compute_score"))
one = cadforge.compute_score(data_source="cadforge", solution_str=BOX, ground_truth=TASK, extra_info={"num_turns": 1})
assert one == rewards[0], one
# verl loads the file by its path.
loaded = {"__name__": "custom_module", "__file__": str(DIR / "ours/cadforge/verl.py")}
exec(compile(Path(loaded["__file__"]).read_text(), loaded["__file__"], "exec"), loaded)
batch = loaded["compute_scores"](["x"] * 2, [BOX, BROKEN], [TASK, {"task_id": TASK}], [None, {"rollout_reward_scores": {}}])
assert batch == [rewards[0], -1], batch

# verifiers 0.1 calls `load_environment` of a package and the functions of a rubric; a failure is NaN, because results must convert to a float.
source_has("verifiers/utils/env_utils.py", 'hasattr(module, "load_environment")')
source_has("verifiers/rubrics/rubric.py", "p.kind == p.VAR_KEYWORD", "ans = float(await maybe_await(func, **merged))")
for path, name in (("verifiers/rubrics/rubric.py", "Rubric"), ("verifiers/envs/environment.py", "Environment")):
    tree = ast.parse((PACKAGES / path).read_text(encoding="utf-8"))
    (definition,) = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    (init,) = [node for node in definition.body if getattr(node, "name", "") == "__init__"]
    names = {argument.arg for argument in init.args.args}
    assert {"Rubric": {"funcs", "weights"}, "Environment": {"dataset", "rubric", "system_prompt"}}[name] <= names, names
merged = {"prompt": [], "completion": CHAT, "answer": TASK, "state": {}, "info": {}, "task": "x"}
assert asyncio.run(cadforge.verifiers.reward(**merged)) == rewards[0]


class Stub:
    """Replaces classes of verifiers: stores its arguments."""

    def __init__(self, **given):
        self.given = given


sys.modules["verifiers"] = type(sys)("verifiers")
sys.modules["verifiers"].Rubric = sys.modules["verifiers"].SingleTurnEnv = Stub
sys.modules["datasets"] = type(sys)("datasets")
sys.modules["datasets"].Dataset = type("Dataset", (), {"from_list": staticmethod(list)})
environment = cadforge.load_environment(task_ids=[TASK]).given
assert [row["answer"] for row in environment["dataset"]] == [TASK] and environment["dataset"][0]["question"]

# An internal error is not a score: the server is unreachable.
os.environ["CADFORGE_URL"], real = "http://127.0.0.1:9", os.environ["CADFORGE_URL"]
os.environ["CADFORGE_PATIENCE"] = "1"
assert cadforge.reward_func(["p"], [BOX], task_id=[TASK]) == [None]
assert cadforge.compute_score("x", BOX, TASK) is None
assert math.isnan(asyncio.run(cadforge.verifiers.reward(**merged)))
os.environ["CADFORGE_URL"] = real
# Invalid input raises an error.
for wrong in (lambda: cadforge.scores([{"task_id": "no_such", "code": "x"}]), lambda: cadforge.reward_func(["p"], [BOX])):
    try:
        wrong()
    except ValueError:
        pass
    else:
        raise AssertionError("an invalid row was accepted")

# Without an address the package starts a server, which ends with this process.
del os.environ["CADFORGE_URL"]
del os.environ["CADFORGE_PATIENCE"]
os.environ["CADFORGE_RETRY_SECONDS"] = "300"
assert cadforge.scores([{"task_id": TASK, "code": BROKEN}]) == [-1.0]
print(json.dumps({"rewards": rewards}))

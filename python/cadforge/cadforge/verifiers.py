"""For verifiers 0.1: `vf.load_environment("cadforge")` finds `load_environment` in the package of that name."""

import asyncio
import json
import os
import urllib.request

from . import server
from .client import answer_of, scores

SYSTEM = "You repair CadQuery programs. Answer with one complete Python file that assigns the whole part to `fixture`."


async def reward(prompt, completion, answer, state=None, info=None, **kwargs):
    """The score of a rollout. NaN for an internal error, since verifiers turns None and exceptions into 0."""
    messages = completion if isinstance(completion, str) else [_plain(message) for message in completion]
    row = {"task_id": answer, "completion": answer_of(messages)}
    # A thread, so that rollouts are scored in parallel.
    (found,) = await asyncio.to_thread(scores, [row])
    return float("nan") if found is None else found


def load_environment(task_ids=None, **kwargs):
    """A single-turn environment over all tasks, or those named. Needs `verifiers` and `datasets`."""
    import datasets
    import verifiers

    rows = [
        {
            "question": "\n".join([task["task_brief"], *task["constraints"]]),
            "answer": task["task_id"],
            "info": {"task_id": task["task_id"], "level": task["level"]},
        }
        for task in _tasks()
        if task_ids is None or task["task_id"] in task_ids
    ]
    if not rows:
        raise ValueError(f"none of the tasks {task_ids} exists")
    rubric = verifiers.Rubric(funcs=[reward], weights=[1.0])
    kwargs.setdefault("system_prompt", SYSTEM)
    return verifiers.SingleTurnEnv(dataset=datasets.Dataset.from_list(rows), rubric=rubric, **kwargs)


def _tasks():
    headers = {"content-type": "application/json"}
    if token := os.environ.get("CADFORGE_TOKEN"):
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps({"split": "train"}).encode()
    request = urllib.request.Request(f"{server.url()}/cadforge_cadquery/tasks", data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)["tasks"]


def _plain(message):
    """A message as a dictionary: newer versions have objects."""
    if hasattr(message, "model_dump"):
        return message.model_dump(mode="json")
    return message if isinstance(message, dict) else {"role": message.role, "content": message.content}

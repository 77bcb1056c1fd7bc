"""For TRL's GRPOTrainer: `reward_funcs=cadforge.reward_func`. The dataset needs a column `task_id`."""

from .client import said, scores


def reward_func(prompts, completions, task_id=None, **kwargs):
    """A score a completion; None where there is none by our own fault, which TRL leaves out of the group.

    Further columns and TRL's own arguments are let be.
    """
    if task_id is None:
        raise ValueError("the dataset has no column `task_id`: each prompt must name its task")
    rows = [
        {"task_id": task, "completion": said(completion)}
        for task, completion in zip(task_id, completions)
    ]
    if len(rows) != len(prompts):
        raise ValueError(f"{len(prompts)} prompts, but {len(rows)} completions with a task_id")
    return scores(rows)

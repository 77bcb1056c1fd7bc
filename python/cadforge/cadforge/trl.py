"""For TRL's GRPOTrainer: `reward_funcs=cadforge.reward_func`. The dataset needs a column `task_id`."""

from .client import answer_of, scores


def reward_func(prompts, completions, task_id=None, **kwargs):
    """One score per completion; None for an internal error, which TRL leaves out of the group.

    Other columns and TRL's own arguments are ignored.
    """
    if task_id is None:
        raise ValueError("the dataset has no column `task_id`: each prompt must name its task")
    rows = [
        {"task_id": task, "completion": answer_of(completion)}
        for task, completion in zip(task_id, completions)
    ]
    if len(rows) != len(prompts):
        raise ValueError(f"{len(prompts)} prompts, but {len(rows)} completions with a task_id")
    return scores(rows)

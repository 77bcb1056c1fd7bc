"""For verl: `custom_reward_function.path` this file, `.name` compute_score, or compute_scores with the batch manager.

verl loads a file by its path, so the package is imported by name, not relative to it.
"""

from cadforge.client import scores


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    """The score of one answer, or None for an internal error. The task id is the ground truth, or `task_id` in the extras."""
    return compute_scores([data_source], [solution_str], [ground_truth], [extra_info], **kwargs)[0]


def compute_scores(data_sources, solution_strs, ground_truths, extra_infos=None, **kwargs):
    """The scores of a batch, for the batch manager."""
    extras = extra_infos if extra_infos is not None else [None] * len(solution_strs)
    rows = [
        {"task_id": _task(truth, extra), "completion": solution}
        for solution, truth, extra in zip(solution_strs, ground_truths, extras)
    ]
    return scores(rows)


def _task(truth, extra):
    if isinstance(extra, dict) and isinstance(extra.get("task_id"), str):
        return extra["task_id"]
    if isinstance(truth, dict):
        truth = truth.get("task_id")
    if not isinstance(truth, str):
        raise ValueError("no task: give its id as ground_truth, or as task_id in extra_info")
    return truth

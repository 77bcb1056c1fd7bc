"""Runs complete episodes through OpenEnv's GenericEnvClient, alone and concurrently.

    episodes.py URL TASK SEED_FILE REPAIRED_FILE

Prints one JSON object with the results; fails on anything that would break a client.
"""

import asyncio
import json
import math
import sys
from importlib import metadata

from openenv.core import GenericEnvClient

URL, TASK = sys.argv[1:3]
SEED, REPAIRED = (open(path, encoding="utf-8").read() for path in sys.argv[3:5])
BROKEN = "import cadquery as cq\nfixture = cq.Workplane().bax(1)\n"


def is_finite(value):
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list):
        return all(map(is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


async def episode(url=URL):
    """Resets, then steps with the seed, broken and repaired code; returns the rewards and whether the episode is done."""
    rewards = []
    async with GenericEnvClient(base_url=url) as env:
        result = await env.reset(task_id=TASK, seed=7, episode_id="e")
        assert result.observation["task_id"] == TASK and not result.done, result
        rewards.append(result.reward)
        for code in (SEED, BROKEN, REPAIRED):
            result = await env.step({"code": code})
            assert is_finite(result.observation), result
            assert result.observation["current_code"] == code
            rewards.append(result.reward)
        state = await env.state()
        assert state["step_count"] == 3 and state["episode_id"] == "e", state
        for wrong, expected in (({"code": ""}, "VALIDATION_ERROR"), ({"code": "x", "task_id": "no"}, "EXECUTION_ERROR")):
            try:
                await env.step(wrong)
            except RuntimeError as error:
                assert expected in str(error), error
            else:
                raise AssertionError(f"{wrong} was accepted")
        # The socket stays open after both errors.
        again = await env.step({"code": REPAIRED, "reward_mode": "fast", "metadata": {"a": 1}})
        assert again.reward == rewards[-1], again
    return rewards, result.done


def synchronous():
    """A short episode through the synchronous wrapper, which trainers use."""
    with GenericEnvClient(base_url=URL).sync() as env:
        first = env.reset(task_id=TASK)
        return [first.reward, env.step({"code": REPAIRED}).reward, env.state()["step_count"]]


async def main():
    single = await episode()
    concurrent = await asyncio.gather(*(episode() for _ in range(4)))
    assert all(one == single for one in concurrent), concurrent
    # A client beyond the capacity gets an error.
    held = [GenericEnvClient(base_url=URL) for _ in range(4)]
    for env in held:
        await env.connect()
        await env.state()
    fifth = GenericEnvClient(base_url=URL)
    try:
        await fifth.connect()
        await fifth.reset()
    except RuntimeError as error:
        refused = str(error)
    else:
        raise AssertionError("the server accepted a fifth environment")
    for env in [*held, fifth]:
        await env.close()
    return single, refused


(rewards, done), refused = asyncio.run(main())
installed = {found.metadata["Name"]: found.version for found in metadata.distributions()}
report = {
    "client": {name: installed[name] for name in ("openenv", "openenv-core") if name in installed},
    "rewards": rewards,
    "done": done,
    "refused": refused,
    "synchronous": synchronous(),
}
print(json.dumps(report))

"""Whole episodes through OpenEnv's own GenericEnvClient, one or several at once.

    episodes.py URL TASK SEED_FILE REPAIRED_FILE

Prints one JSON object with what was seen; fails on anything that a client would stumble over.
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
    """Reset, seed, broken, repaired: the rewards and whether the last step ended it."""
    seen = []
    async with GenericEnvClient(base_url=url) as env:
        result = await env.reset(task_id=TASK, seed=7, episode_id="e")
        assert result.observation["task_id"] == TASK and not result.done, result
        seen.append(result.reward)
        for code in (SEED, BROKEN, REPAIRED):
            result = await env.step({"code": code})
            assert is_finite(result.observation), result
            assert result.observation["current_code"] == code
            seen.append(result.reward)
        state = await env.state()
        assert state["step_count"] == 3 and state["episode_id"] == "e", state
        for wrong, expected in (({"code": ""}, "VALIDATION_ERROR"), ({"code": "x", "task_id": "no"}, "EXECUTION_ERROR")):
            try:
                await env.step(wrong)
            except RuntimeError as error:
                assert expected in str(error), error
            else:
                raise AssertionError(f"{wrong} was taken")
        # The socket outlives both.
        again = await env.step({"code": REPAIRED, "reward_mode": "fast", "metadata": {"a": 1}})
        assert again.reward == seen[-1], again
    return seen, result.done


def synchronous():
    """The same through the synchronous wrapper, as trainers use it."""
    with GenericEnvClient(base_url=URL).sync() as env:
        first = env.reset(task_id=TASK)
        return [first.reward, env.step({"code": REPAIRED}).reward, env.state()["step_count"]]


async def main():
    alone = await episode()
    together = await asyncio.gather(*(episode() for _ in range(4)))
    assert all(one == alone for one in together), together
    # One more than fit is told so.
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
        raise AssertionError("a fifth environment was given")
    for env in [*held, fifth]:
        await env.close()
    return alone, refused


(rewards, done), refused = asyncio.run(main())
installed = {found.metadata["Name"]: found.version for found in metadata.distributions()}
seen = {
    "client": {name: installed[name] for name in ("openenv", "openenv-core") if name in installed},
    "rewards": rewards,
    "done": done,
    "refused": refused,
    "synchronous": synchronous(),
}
print(json.dumps(seen))

"""TRL's GRPO on CPU: a tiny model with random weights, rewarded by cadforge.

    train.py

Trains twice. First the tokens are complete lines of CadQuery, so that random output sometimes builds and there is something to
learn. Then the tokens are complete chat answers with fences and reasoning, each of which is scored as the program in it. Prints one JSON object with the mean reward and its deviation at each step.
"""

import json
import math
import tempfile

import cadforge
import torch
import transformers
from datasets import Dataset
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from trl import GRPOConfig, GRPOTrainer

STEPS = 20
TASKS = ["caster_wheel_fork", "cable_clip_snap"]
LINES = [
    "import cadquery as cq\n",
    "size = 90\n",
    "fixture = cq.Workplane().box(90, 80, 130)\n",
    "fixture = cq.Workplane().box(45, 28, 22)\n",
    "fixture = cq.Workplane().bax(1, 2, 3)\n",
    "fixture = (\n",
]
PART = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\n"
WRONG = "import cadquery as cq\nfixture = cq.Workplane().bax(1, 2, 3)\n"
FORMS = [
    "{program}",
    "Sure, here it is:\n```python\n{program}```\nI hope that this helps.",
    "<think>\nA first try:\n```python\n{other}```\nNo.\n</think>\n```python\n{program}```\n",
    "No opening tag, as some templates have it.\n</think>\n\n{program}",
    "First:\n\n```py\n{other}```\n\nBetter:\n\n~~~\n{program}~~~\n",
    "<answer>\n{program}</answer>",
]


def tokenizer(words):
    words = ["<pad>", "<end>", "<unknown>", *words, *(f"# {task}\n" for task in TASKS)]
    base = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unknown>"))
    base.pre_tokenizer = pre_tokenizers.Split(Regex("\n"), "merged_with_previous")
    base.decoder = decoders.Fuse()
    found = transformers.PreTrainedTokenizerFast(
        tokenizer_object=base,
        pad_token="<pad>",
        eos_token="<end>",
        unk_token="<unknown>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    found.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return found


def train(words, prompts, length):
    """Trains on prompts; returns the calls of the reward function with their results, and TRL's log rows."""
    transformers.set_seed(1)
    words = tokenizer(words)
    config = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
        bos_token_id=None,
    )
    calls = []

    def reward_func(**given):
        found = cadforge.reward_func(**given)
        calls.append((given["completions"], given["task_id"], found))
        return found

    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=transformers.LlamaForCausalLM(config),
            processing_class=words,
            reward_funcs=reward_func,
            train_dataset=Dataset.from_list(prompts * 40),
            args=GRPOConfig(
                output_dir=folder,
                max_steps=STEPS,
                per_device_train_batch_size=8,
                num_generations=8,
                max_completion_length=length,
                learning_rate=1e-2,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                use_cpu=True,
                bf16=False,
                disable_tqdm=True,
            ),
        )
        before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
        trainer.train()
    changed = sum(not torch.equal(old, new) for old, new in zip(before, trainer.model.parameters()))
    assert changed, "no weight has changed"
    rows = [row for row in trainer.state.log_history if "reward" in row]
    rewards = [row["reward"] for row in rows]
    assert len(rewards) == STEPS and all(map(math.isfinite, rewards)), rewards
    scores = [score for _, _, found in calls for score in found]
    assert len(scores) == 8 * STEPS and None not in scores, scores
    assert any(score > 0 for score in scores) and any(score < 0 for score in scores), "no completion built, or all did"
    return calls, rows


def lines():
    calls, rows = train(LINES, [{"prompt": f"# {task}\n", "task_id": task} for task in TASKS], 4)
    return {
        "rewards": [row["reward"] for row in rows],
        "deviations": [row["reward_std"] for row in rows],
        "built_of_8": [sum(score > 0 for score in found) for _, _, found in calls],
    }


def answers():
    programs = {}
    for form in FORMS:
        programs[form.format(program=PART, other=WRONG)] = PART
        programs[form.format(program=WRONG, other=PART)] = WRONG
    prompts = [{"prompt": [{"role": "user", "content": f"# {task}\n"}], "task_id": task} for task in TASKS]
    calls, rows = train(list(programs), prompts, 1)
    builds = {task: cadforge.scores([{"task_id": task, "code": PART}])[0] for task in TASKS}
    sampled = set()
    for completions, tasks, found in calls:
        for completion, task, score in zip(completions, tasks, found):
            text = completion[0]["content"]
            # Other tokens, such as those of the prompts, contain no program.
            builds_here = programs.get(text) == PART
            assert (score > 0) == builds_here, (text, score)
            # Only the program in an answer affects its score.
            assert not builds_here or math.isclose(score, builds[task], abs_tol=1e-9), (text, score, builds)
            sampled.add(text)
    missed = programs.keys() - sampled
    assert not missed, f"never sampled: {missed}"
    return {"rewards": [row["reward"] for row in rows], "deviations": [row["reward_std"] for row in rows]}


print(json.dumps({**lines(), "answers": answers()}))

"""Twenty steps of TRL's GRPO on CPU: a tiny model with random weights, rewarded by cadforge.

    train.py

Its vocabulary is whole lines of CadQuery, so that even chance writes code that builds now and then and there is something
to learn. Prints one JSON object with the mean reward and its deviation at each step.
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


def tokenizer():
    words = ["<pad>", "<end>", "<unknown>", *LINES, *(f"# {task}\n" for task in TASKS)]
    made = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unknown>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("\n"), "merged_with_previous")
    made.decoder = decoders.Fuse()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="<end>", unk_token="<unknown>", padding_side="left"
    )


def main():
    transformers.set_seed(1)
    words = tokenizer()
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
        calls.append(found)
        return found

    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=transformers.LlamaForCausalLM(config),
            processing_class=words,
            reward_funcs=reward_func,
            train_dataset=Dataset.from_list([{"prompt": f"# {task}\n", "task_id": task} for task in TASKS] * 40),
            args=GRPOConfig(
                output_dir=folder,
                max_steps=STEPS,
                per_device_train_batch_size=8,
                num_generations=8,
                max_completion_length=4,
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
    moved = sum(not torch.equal(old, new) for old, new in zip(before, trainer.model.parameters()))
    rows = [row for row in trainer.state.log_history if "reward" in row]
    rewards = [row["reward"] for row in rows]
    assert len(rewards) == STEPS and all(map(math.isfinite, rewards)), rewards
    scores = [score for call in calls for score in call]
    assert len(scores) == 8 * STEPS and None not in scores, scores
    assert any(score > 0 for score in scores) and any(score < 0 for score in scores), "nothing built, or everything"
    assert moved, "no weight has moved"
    built = [sum(score > 0 for score in call) for call in calls]
    print(json.dumps({"rewards": rewards, "deviations": [row["reward_std"] for row in rows], "built_of_8": built}))


main()

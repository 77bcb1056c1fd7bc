//! The formats of rows.

use serde::{Deserialize, Serialize};

use super::Row;

/// What a reader of runs does with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Counts it: a candidate, scored or not.
    Candidate(RowFormat),
    /// Skips it: it has no candidate of its run.
    Other(RowFormat),
    /// Skips it: it is the header of a trajectory.
    Header,
    /// Reports it as malformed.
    Unknown,
}

/// Message about a row of an unknown format.
pub(crate) const UNKNOWN_FORMAT: &str = "the row has no known format";

/// Format of a row, recognised by its keys.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum RowFormat {
    /// A line of the log of a GRPO trainer: `reward_call`, `index`, code and `cadforge_…` keys.
    Completion,
    /// An example for supervised training: messages up to the assistant's, with rewards before and after.
    Sft,
    /// A chosen and a rejected answer to one prompt.
    Preference,
    /// Observation, action and reward of an agent.
    Rollout,
    /// A prompt for the next round, without an answer.
    Curriculum,
    /// A candidate with its score.
    Evaluation,
    /// A step of a repair loop, from a trajectory folder.
    Step,
}

impl RowFormat {
    /// All formats.
    pub const ALL: [Self; 7] = [
        Self::Completion,
        Self::Sft,
        Self::Preference,
        Self::Rollout,
        Self::Curriculum,
        Self::Evaluation,
        Self::Step,
    ];

    /// Name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completion => "completion",
            Self::Sft => "sft",
            Self::Preference => "preference",
            Self::Rollout => "rollout",
            Self::Curriculum => "curriculum",
            Self::Evaluation => "evaluation",
            Self::Step => "step",
        }
    }

    /// Whether rows of this format have a candidate that a run scored. The others are prompts, and pairs of answers.
    pub fn is_candidate(self) -> bool {
        match self {
            Self::Completion | Self::Sft | Self::Rollout | Self::Evaluation | Self::Step => true,
            Self::Preference | Self::Curriculum => false,
        }
    }

    /// Whether rows of this format are made for training, without candidates to choose from.
    pub(crate) fn is_ready_made(self) -> bool {
        match self {
            Self::Sft | Self::Preference | Self::Rollout => true,
            Self::Completion | Self::Curriculum | Self::Evaluation | Self::Step => false,
        }
    }

    /// The format of a row; `None` if it has no known format.
    pub fn of(row: &Row) -> Option<Self> {
        let has = |key: &str| row.get(key).is_some();
        let form = if has("chosen") && has("rejected") {
            Self::Preference
        } else if has("action") && has("observation") {
            Self::Rollout
        } else if has("origin") && has("step") && has("code") {
            Self::Step
        } else if has("reward_call") && row.has_code() {
            Self::Completion
        } else if has("messages") && row.completion().is_none() && row.task_id().is_some() {
            Self::Curriculum
        } else if has("messages") && !has("code") && !has("completion") {
            Self::Sft
        } else if row.has_code() {
            Self::Evaluation
        } else {
            return None;
        };
        Some(form)
    }
}

impl Content {
    /// The content of a row.
    pub fn of(row: &Row) -> Self {
        match RowFormat::of(row) {
            Some(format) if format.is_candidate() => Self::Candidate(format),
            Some(format) => Self::Other(format),
            None if row.is_header() => Self::Header,
            None => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_format_is_recognised_by_its_keys() {
        let answer = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "x = 1"}]);
        let asked = json!([{"role": "user", "content": "hi"}]);
        for (row, form) in [
            (
                json!({"reward_call": 1, "index": 0, "score": 0.1, "code": "x"}),
                Some(RowFormat::Completion),
            ),
            (
                json!({"messages": answer, "reward_after": 0.7}),
                Some(RowFormat::Sft),
            ),
            (
                json!({"prompt": "p", "chosen": "a", "rejected": "b"}),
                Some(RowFormat::Preference),
            ),
            (
                json!({"observation": {}, "action": {"code": "x"}, "reward": 0.5}),
                Some(RowFormat::Rollout),
            ),
            (
                json!({"messages": asked, "task_id": "t", "dataset_type": "adaptive_repair_grpo_prompt"}),
                Some(RowFormat::Curriculum),
            ),
            (
                json!({"task_id": "t", "code": "x", "reward": 0.5}),
                Some(RowFormat::Evaluation),
            ),
            (
                json!({"messages": asked, "task_id": "t", "completion": "x"}),
                Some(RowFormat::Evaluation),
            ),
            (
                json!({"step": 0, "origin": "seed", "code": "x"}),
                Some(RowFormat::Step),
            ),
            (json!({"loss": 0.5}), None),
            (json!({"format": 1, "proposer": "rules", "task_id": "t"}), None),
        ] {
            let parsed = Row::parse(row.to_string().as_bytes()).unwrap();
            assert_eq!(RowFormat::of(&parsed), form, "{row}");
            let content = match form {
                Some(form @ (RowFormat::Preference | RowFormat::Curriculum)) => Content::Other(form),
                Some(form) => Content::Candidate(form),
                None if row.get("proposer").is_some() => Content::Header,
                None => Content::Unknown,
            };
            assert_eq!(Content::of(&parsed), content, "{row}");
        }
        for form in RowFormat::ALL {
            assert_eq!(serde_json::to_value(form).unwrap(), form.name());
        }
    }
}

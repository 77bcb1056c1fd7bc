//! The file of a trajectory, and its lines.

use serde::{Deserialize, Serialize};

use cadforge_assess::{Evaluation, Versions};
use cadforge_reward::{Mode, Profile};

/// The file of steps inside a trajectory folder.
pub const FILE_NAME: &str = "trajectory.jsonl";

/// First line of `trajectory.jsonl`: data common to all steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the file's layout: 1.
    pub format: u32,
    /// Id of the task.
    pub task_id: String,
    /// Profile that scores the steps.
    pub profile: Profile,
    /// Mode that scores the steps.
    pub mode: Mode,
    /// Name of the proposer: `replay`, `rules`, `endpoint` or `hand`.
    pub proposer: String,
    /// Versions that the scores depend on.
    pub versions: Versions,
}

/// Origin of a step's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The task's seed, or the file that the loop started from.
    Seed,
    /// The embedded rules.
    Rules,
    /// A recording.
    Replay,
    /// A model behind an endpoint.
    Endpoint,
    /// A person.
    Hand,
}

impl Origin {
    /// Name in a trajectory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Rules => "rules",
            Self::Replay => "replay",
            Self::Endpoint => "endpoint",
            Self::Hand => "hand",
        }
    }
}

/// One line of `trajectory.jsonl` after the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Index in the trajectory; 0 is the seed.
    pub step: usize,
    /// Origin of its code.
    pub origin: Origin,
    /// The step that it was made from; null for the seed.
    pub parent: Option<usize>,
    /// The evaluation; all its keys are keys of the step.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// The whole candidate file.
    pub code: String,
    /// The proposal; null for seed and hand edits.
    pub proposal: Option<Proposal>,
}

/// Data of a proposal besides the code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Reason of the edit.
    pub reason: String,
    /// The whole raw text, if it is more than the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Name of the rule, for the proposer `rules`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Whether a model's answer reached its token limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clipped: bool,
    /// Warnings of the proposer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Timing of the streamed text: pairs of milliseconds since the request and number of characters received by
    /// then; the last pair covers the whole text. The streamed text is `text`, or the code if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stream: Vec<[u32; 2]>,
    /// Whether the loop continued from this step; absent if that was never decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
    /// Place in its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupPlace>,
}

/// A candidate of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupPlace {
    /// Step of the group's first candidate.
    pub group_id: usize,
    /// Number of candidates; 0 in files from before this key existed.
    #[serde(default)]
    pub size: usize,
    /// The score that the group compares: the shaped reward, strict unless another shaping is set.
    pub score: f64,
    /// Mean score of the group.
    pub group_mean: f64,
    /// Standard deviation of the scores (n - 1).
    pub group_std: f64,
    /// (score - mean) / (deviation + 1e-4).
    pub advantage: f64,
}

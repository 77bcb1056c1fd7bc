//! One line of a trajectory file.

use serde::{Deserialize, Serialize};

use cadforge_assess::{Evaluation, Versions};
use cadforge_reward::{Mode, Profile};

/// First line of `trajectory.jsonl`: what all its steps share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the file's layout: 1.
    pub format: u32,
    /// The task.
    pub task_id: String,
    /// Formulas that score the steps.
    pub profile: Profile,
    /// Mode that scores the steps.
    pub mode: Mode,
    /// Who proposes: `replay`, `rules`, `endpoint` or `hand`.
    pub proposer: String,
    /// What made the scores.
    pub versions: Versions,
}

/// Where a step's code came from.
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
    /// Its name in a trajectory.
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
    /// Where its code came from.
    pub origin: Origin,
    /// The step that it was made from; null for the seed.
    pub parent: Option<usize>,
    /// All keys of an evaluation.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// The whole candidate file.
    pub code: String,
    /// What the proposer said, null for seed and hand edits.
    pub proposal: Option<Proposal>,
}

/// What a proposer said besides the code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Why this edit.
    pub reason: String,
    /// The whole raw text, where it is more than the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The rule that made the edit, of the proposer `rules`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Whether a model's answer was cut by its token limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clipped: bool,
    /// What the proposer found out that people should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How the text came: pairs of milliseconds since it was asked for and characters that were there by then, the last
    /// pair being all of it. What is told is `text`, or the code where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stream: Vec<[u32; 2]>,
    /// Whether the loop went on from here; absent where that was never in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
    /// Its place among several candidates for one prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupPlace>,
}

/// A candidate among several that were proposed for one prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupPlace {
    /// Step of the group's first candidate.
    pub group_id: usize,
    /// How many candidates it has; 0 in files from before this was written.
    #[serde(default)]
    pub size: usize,
    /// What was compared: the shaped reward (strict, unless another shaping was asked for).
    pub score: f64,
    /// Mean score of the group.
    pub group_mean: f64,
    /// Standard deviation of the scores (n - 1).
    pub group_std: f64,
    /// (score - mean) / (deviation + 1e-4).
    pub advantage: f64,
}

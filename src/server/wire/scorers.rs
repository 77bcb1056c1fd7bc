//! What scorers and the tools of MCP are asked and say.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Object;
use cadforge_core::failure::{Failure, Kind};
use cadforge_reward::{Mode, Profile, Reward};

/// Asks for rewards, as OpenRLHF does; lists of equal length.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "read item by item, so that every wrong one is told")]
pub struct RewardRequest {
    /// What the model was asked and said, with a template's special tokens or without; the prompt is taken off wherever it
    /// stands.
    pub query: Vec<String>,
    /// What it was asked. Without one the answer begins behind the last header of the model's turn, else with the query.
    #[schemars(default)]
    pub prompts: Option<Vec<Value>>,
    /// The tasks: ids, or objects with `task_id`; without one the prompt must hold the task's id or brief.
    #[schemars(default)]
    pub labels: Option<Vec<Value>>,
}

/// Rewards, in the order of the query.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rewards {
    /// One a query.
    pub rewards: Vec<f64>,
    /// The same.
    pub scores: Vec<f64>,
    /// Lists of numbers, of which OpenRLHF logs the means.
    pub extra_logs: ExtraLogs,
    /// The class that each falls into.
    pub kinds: Vec<Kind>,
}

/// What is logged beside rewards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExtraLogs {
    /// 1 for what built, else 0.
    pub built: Vec<u8>,
}

/// A line of a batch; further keys come back as they are. The program is in `code`, `completion` or the last of `messages`.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "read as rows of every form are")]
pub struct BatchRow {
    /// The task, unless `observation` names it.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// The whole file; an answer around it is taken off where it does not parse itself.
    #[schemars(default)]
    pub code: Option<String>,
    /// The model's whole answer.
    #[schemars(default)]
    pub completion: Option<Value>,
    /// The talk that ends with the model's answer.
    #[schemars(default)]
    pub messages: Option<Vec<Value>>,
}

/// The line that a line of a batch becomes: the row with its score, or with why there is none.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "written as `cadforge score` writes rows")]
pub enum BatchAnswer {
    /// The row and its score.
    Scored(Box<ScoredRow>),
    /// A line that is no row, or a row with a fault of ours, which is never a number.
    Failed(FailedRow),
}

/// A row's score; the row's own keys are there too.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub struct ScoredRow {
    /// Components and total.
    pub reward: Reward,
    /// What a training loop compares: the total, or what the server's shaping makes of it.
    pub score: f64,
    /// What the server's shaping makes of the total, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shaped: Option<f64>,
    /// The one class it falls into.
    pub kind: Kind,
    /// Why it did not build.
    pub failure: Option<Failure>,
    /// Lines that a repairing model can act on.
    pub verifier_notes: Vec<String>,
    /// The formulas.
    pub profile: Profile,
    /// How much was measured.
    pub mode: Mode,
    /// Milliseconds of each stage.
    pub timing: Object,
    /// What the score depends on.
    pub versions: Object,
}

/// Why a line has no score; the row's own keys are there too.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub struct FailedRow {
    /// In words.
    pub error: String,
    /// The line that is no row, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Seconds after which to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

/// A call of a tool, as JSON-RPC 2.0.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "read key by key, so that each mistake has its code")]
pub struct RpcRequest {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// `initialize`, `ping`, `tools/list` or `tools/call`.
    pub method: String,
    /// What the method takes.
    #[schemars(default)]
    pub params: Option<Object>,
    /// A string or a number; told back.
    #[schemars(default)]
    pub id: Value,
}

/// The answer to a call: `result` or `error`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RpcAnswer {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// That of the call.
    pub id: Value,
    /// What the method gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it gives nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RpcError>,
}

/// Why a call has no result.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RpcError {
    /// As JSON-RPC has them.
    pub code: i64,
    /// In words.
    pub message: String,
    /// Each wrong field, or after how many seconds to try again.
    pub data: Value,
}

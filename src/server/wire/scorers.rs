//! Types of the scorers and of the tools of MCP.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Object;
use cadforge_core::failure::{Failure, Kind};
use cadforge_reward::{Mode, Profile, Reward};

/// Request for rewards in OpenRLHF's format; lists of equal length.
#[derive(Debug, JsonSchema)]
#[expect(
    dead_code,
    reason = "read item by item, so that every invalid one is reported"
)]
pub struct RewardRequest {
    /// Prompt and answer, with or without a template's special tokens; the prompt is removed wherever it is.
    pub query: Vec<String>,
    /// The prompts. Without a prompt the answer begins after the last header of the model's turn, else with the
    /// query.
    #[schemars(default)]
    pub prompts: Option<Vec<Value>>,
    /// The tasks: ids, or objects with `task_id`; without a label the prompt must contain the task's id or brief.
    #[schemars(default)]
    pub labels: Option<Vec<Value>>,
}

/// Rewards, in the order of the query.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rewards {
    /// One per query.
    pub rewards: Vec<f64>,
    /// Same as `rewards`.
    pub scores: Vec<f64>,
    /// Lists of numbers; OpenRLHF logs their means.
    pub extra_logs: ExtraLogs,
    /// Kind of each result.
    pub kinds: Vec<Kind>,
}

/// Values that are logged beside rewards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExtraLogs {
    /// 1 if the candidate built, else 0.
    pub built: Vec<u8>,
}

/// A line of a batch; further keys are returned unchanged. The program is in `code`, `completion` or the last of
/// `messages`.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "read by the reader of all row formats")]
pub struct BatchRow {
    /// The task, unless `observation` names it.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// The whole file; a wrapper around it is removed if the text does not parse.
    #[schemars(default)]
    pub code: Option<String>,
    /// The model's whole answer.
    #[schemars(default)]
    pub completion: Option<Value>,
    /// The conversation that ends with the model's answer.
    #[schemars(default)]
    pub messages: Option<Vec<Value>>,
}

/// A line of the response: the row with its score or its error.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "written as `cadforge score` writes rows")]
pub enum BatchAnswer {
    /// The row and its score.
    Scored(Box<ScoredRow>),
    /// A malformed line, or a row with an internal error, which is never a score.
    Failed(FailedRow),
}

/// The score of a row; the row's own keys are included.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub struct ScoredRow {
    /// The score for a training loop: the shaped reward if shaping is on, else the total.
    pub reward: Reward,
    /// The shaped reward, if shaping is on.
    pub score: f64,
    /// What the server's shaping makes of the total, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shaped: Option<f64>,
    /// Kind of the result.
    pub kind: Kind,
    /// Why the build failed.
    pub failure: Option<Failure>,
    /// Notes on how to repair the candidate.
    pub verifier_notes: Vec<String>,
    /// The profile.
    pub profile: Profile,
    /// Scoring mode.
    pub mode: Mode,
    /// Milliseconds per stage.
    pub timing: Object,
    /// Versions that the score depends on.
    pub versions: Object,
}

/// Error of a row; the row's own keys are included.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub struct FailedRow {
    /// Message.
    pub error: String,
    /// Number of a malformed line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed_line: Option<u64>,
    /// Deprecated name of `malformed_line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Seconds until a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

/// A call of a tool, as JSON-RPC 2.0.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "read key by key, so that each error has its code")]
pub struct RpcRequest {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// `initialize`, `ping`, `tools/list` or `tools/call`.
    pub method: String,
    /// Parameters of the method.
    #[schemars(default)]
    pub params: Option<Object>,
    /// A string or a number; returned in the response.
    #[schemars(default)]
    pub id: Value,
}

/// The response to a call: `result` or `error`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RpcAnswer {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// Id of the call.
    pub id: Value,
    /// Result of the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Error of the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RpcError>,
}

/// Error of a call.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RpcError {
    /// A code of JSON-RPC.
    pub code: i64,
    /// Message.
    pub message: String,
    /// The invalid fields, or the seconds until a retry.
    pub data: Value,
}

//! Requests and answers of the chat route.

use serde_json::{Value, json};

use super::server::Target;
use super::sse::{Piece, Usage};

/// A complete answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Completion {
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) finish: Option<String>,
    pub(super) usage: Option<Usage>,
}

impl Completion {
    /// The raw text, with reasoning in tags.
    pub(super) fn raw(&self) -> String {
        if self.reasoning.is_empty() {
            return self.text.clone();
        }
        format!("<think>{}</think>\n{}", self.reasoning, self.text)
    }

    pub(super) fn take(&mut self, piece: Piece, stopped: &mut Option<String>) {
        self.text.push_str(&piece.text);
        self.reasoning.push_str(&piece.reasoning);
        self.finish = piece.finish.or(self.finish.take());
        self.usage = piece.usage.or(self.usage);
        if piece.done && self.finish.is_none() {
            self.finish = Some(String::new());
        }
        if stopped.is_none() {
            *stopped = piece.error;
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.finish.is_some()
    }
}

/// A chat request that all servers accept.
pub(super) fn body(
    target: &Target,
    messages: &Value,
    temperature: f64,
    max_tokens: u64,
    seed: u64,
    short: bool,
) -> Value {
    let mut body = json!({
        "model": target.model,
        "messages": messages,
        "max_tokens": max_tokens,
        "temperature": temperature,
        "seed": seed,
        "stream": true,
    });
    if target.knows_thinking() {
        body["chat_template_kwargs"] = json!({"enable_thinking": false});
    }
    if !short && target.owner == "vllm" {
        body["stream_options"] = json!({"include_usage": true});
    }
    if let Some(scales) = &target.lora {
        let scales: Vec<Value> = scales
            .iter()
            .map(|(id, scale)| json!({"id": id, "scale": scale}))
            .collect();
        body["lora"] = json!(scales);
        // A cached prompt of one adapter would be used for another.
        body["cache_prompt"] = json!(false);
    }
    body
}

//! A row of any format: task, code, reward and failure. Trainers use different names for the same values; every
//! reader uses this module, so that scoring, reports and exports agree. Unknown keys are preserved.

use serde_json::{Map, Value};

use super::surrogates;
use super::text_kind::kind_of_text;
use cadforge_core::failure::Kind;
use cadforge_extraction as extraction;
use cadforge_reward::{self as reward, Profile, Reward};

/// A JSON object with its keys in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(pub Map<String, Value>);

impl Row {
    /// Parses a line. Half of a surrogate pair becomes a mark, which [`super::line_of`] and [`super::file_of`]
    /// convert back.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        match surrogates::value_of(content_of(line)) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err("the line is not a JSON object".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether a line holds nothing.
    pub(super) fn is_blank(line: &[u8]) -> bool {
        content_of(line).is_empty()
    }

    /// A value that is present and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// A number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_f64()
    }

    /// A non-negative integer.
    pub fn count(&self, key: &str) -> Option<u64> {
        self.get(key)?.as_u64()
    }

    /// Whether it is the header of a trajectory.
    pub fn is_header(&self) -> bool {
        self.get("proposer").is_some() && self.get("format").is_some() && self.get("step").is_none()
    }

    /// Id of its task.
    pub fn task_id(&self) -> Option<&str> {
        self.text("task_id")
            .or_else(|| self.get("observation")?.get("task_id")?.as_str())
    }

    /// Id of its group, as a string.
    pub fn group_id(&self) -> Option<String> {
        match self.get("group_id")? {
            Value::Null => None,
            Value::String(name) => Some(name.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Digest of the definition of its profile; `None` in rows of other programs.
    pub fn profile_digest(&self) -> Option<&str> {
        let digest = self.get("versions")?.get("profile_digest")?.as_str()?;
        (!digest.is_empty()).then_some(digest)
    }

    /// What its scores can be compared with: profile, digest of its definition and mode, as far as known.
    pub fn scale(&self) -> String {
        let known = [self.text("profile"), self.profile_digest(), self.text("mode")];
        let known: Vec<&str> = known.into_iter().flatten().collect();
        if known.is_empty() {
            "no profile named".to_owned()
        } else {
            known.join(" ")
        }
    }

    /// The profile that scored it; cadforge-v1, as in the published logs, if it names none that is known.
    pub fn profile(&self) -> Profile {
        profile_of(self.text("profile"))
    }

    /// The candidate: `code`, else the program in `completion`, else in the last message of the assistant, else the
    /// action of a rollout, else the chosen answer of a preference. A value that should be code is unchanged, unless
    /// it is an answer around code.
    pub fn code(&self) -> Option<String> {
        if let Some(code) = self.text("code") {
            return Some(extraction::code(code).into_owned());
        }
        if let Some(answer_text) = self.completion() {
            return Some(extraction::program(&answer_text));
        }
        if let Some(action) = self.get("action") {
            return match action {
                Value::String(answer_text) => Some(extraction::program(answer_text)),
                _ => Some(extraction::code(action.get("code")?.as_str()?).into_owned()),
            };
        }
        Some(extraction::program(&answer_text(self.get("chosen")?)?))
    }

    /// Whether [`Self::code`] finds a candidate; cheaper, without parsing.
    pub fn has_code(&self) -> bool {
        if self.text("code").is_some() || self.completion().is_some() {
            return true;
        }
        match self.get("action") {
            Some(action) => action.is_string() || action.get("code").is_some_and(Value::is_string),
            None => self.get("chosen").and_then(answer_text).is_some(),
        }
    }

    /// The model's whole answer, if the row has it: `completion`, the last message, or what other trainers call `response` or `output`
    /// and batch interfaces nest in a response.
    pub fn completion(&self) -> Option<String> {
        let own = ["completion", "messages"].iter();
        let foreign = ["response", "output"]
            .iter()
            .filter(|_| self.get("code").is_none());
        own.chain(foreign)
            .find_map(|key| answer_text(self.get(key)?))
            .or_else(|| {
                let choice = self.get("response")?.pointer("/body/choices/0/message")?;
                answer_text(choice)
            })
    }

    /// The prompt, as messages; empty if the row has none. Some trainers call it `query` or `input`.
    pub fn prompt(&self) -> Vec<Value> {
        for key in ["prompt", "query", "input"] {
            match self.get(key) {
                Some(Value::Array(messages)) => return messages.clone(),
                Some(Value::String(text)) => {
                    return vec![serde_json::json!({"role": "user", "content": text})];
                }
                _ => {}
            }
        }
        let Some(Value::Array(messages)) = self.get("messages") else {
            return Vec::new();
        };
        let answer = messages
            .iter()
            .rposition(|message| message["role"] == "assistant");
        messages[..answer.unwrap_or(messages.len())].to_vec()
    }

    /// The text of its prompt: the contents of the messages before the answer.
    pub fn prompt_text(&self) -> String {
        let texts: Vec<String> = self.prompt().iter().filter_map(content).collect();
        texts.join("\n")
    }

    /// The unshaped reward: -1 for a failed build, else 0 to 1.
    pub fn total(&self) -> Option<f64> {
        self.get("reward")
            .and_then(|reward| reward.get("total")?.as_f64())
            .or_else(|| self.number("cadforge_total"))
            .or_else(|| self.get("cadforge_reward")?.get("total")?.as_f64())
            .or_else(|| self.number("reward"))
            .or_else(|| self.number("reward_after"))
    }

    /// The score that a training loop compared: the shaped reward if there is one.
    pub fn score(&self) -> Option<f64> {
        self.number("score").or_else(|| self.total())
    }

    /// All components, if the row has them.
    pub fn reward(&self) -> Option<Reward> {
        ["reward", "cadforge_reward"]
            .iter()
            .find_map(|key| serde_json::from_value(self.get(key)?.clone()).ok())
    }

    /// Whether it built; `None` if the row does not tell. Explicit values come first: a `build` of any form of
    /// reward, `ok`, the kind, a failure. Numbers come last:
    /// - a negative one, shaped or not, means that it did not build;
    /// - a positive total of this environment means that it built, since a failed build is gated at -1;
    /// - any other positive number tells nothing: dense rewards are positive for failed builds too.
    pub fn built(&self) -> Option<bool> {
        let truth = |value: &Value| value.as_bool().or_else(|| Some(value.as_f64()? >= 0.5));
        self.get("reward")
            .and_then(|reward| truth(reward.get("build")?))
            .or_else(|| truth(self.get("cadforge_build")?))
            .or_else(|| truth(self.get("cadforge_reward")?.get("build")?))
            .or_else(|| truth(self.get("ok")?))
            .or_else(|| self.named_kind().map(|kind| kind >= Kind::LowEditability))
            .or_else(|| self.get("failure").and_then(Value::as_object).map(|_| false))
            .or_else(|| {
                let error = self.text("cadforge_error")?;
                (!error.trim().is_empty()).then_some(false)
            })
            .or_else(|| self.built_by_numbers())
    }

    fn built_by_numbers(&self) -> Option<bool> {
        let of_gate = [
            self.get("reward")
                .and_then(|reward| reward.get("total")?.as_f64()),
            self.number("cadforge_total"),
            self.get("cadforge_reward")
                .and_then(|reward| reward.get("total")?.as_f64()),
            self.number("reward_after"),
            // Reward of a step of this environment.
            self.number("reward")
                .filter(|_| self.get("observation").is_some() && self.get("action").is_some()),
        ];
        let any = [self.number("reward"), self.number("score")];
        if of_gate.iter().chain(&any).flatten().any(|number| *number < 0.0) {
            return Some(false);
        }
        let is_positive = |number: f64| (number > 0.0).then_some(true);
        of_gate.into_iter().flatten().next().and_then(is_positive)
    }

    /// Whether the answer reached its token limit.
    pub fn clipped(&self) -> bool {
        self.get("clipped").and_then(Value::as_bool) == Some(true)
            || self.text("finish_reason") == Some("length")
            || self.named_kind() == Some(Kind::Clipped)
    }

    /// Its kind; derived from code and error text if the row has none, `None` if the row does not tell whether it
    /// built.
    pub fn kind(&self) -> Option<Kind> {
        if let Some(kind) = self.named_kind() {
            return Some(kind);
        }
        if self.built()? {
            let measured = self.reward();
            let [semantic, editability] = [
                |reward: &Reward| reward.semantic_parts,
                |reward: &Reward| reward.editability,
            ]
            .map(|part| measured.as_ref().and_then(part).unwrap_or(1.0));
            return Some(reward::kind_of(editability, semantic));
        }
        if self.clipped() {
            return Some(Kind::Clipped);
        }
        Some(kind_of_text(&self.code().unwrap_or_default(), &self.error()))
    }

    fn named_kind(&self) -> Option<Kind> {
        // In a row with an answer, `failure_type` is the kind to repair, not that of the answer.
        let answered = self.get("code").is_some() || self.completion().is_some();
        let name = self
            .get("kind")
            .or_else(|| self.get("failure_type").filter(|_| !answered))?;
        serde_json::from_value(name.clone()).ok()
    }

    /// The logged error text; empty if there is none.
    pub fn error(&self) -> String {
        let failure = self
            .get("failure")
            .and_then(|failure| failure.get("message")?.as_str());
        let texts = [
            failure,
            self.text("cadforge_error"),
            self.text("cadforge_stderr_tail"),
        ];
        texts
            .into_iter()
            .flatten()
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default()
            .to_owned()
    }

    /// Its reward call, which other trainers call `step`; the step of a trajectory or an episode is none.
    pub fn call(&self) -> Option<u64> {
        let is_of_trainer = self.get("origin").is_none() && self.get("observation").is_none();
        self.count("reward_call")
            .or_else(|| self.count("step").filter(|_| is_of_trainer))
    }
}

/// A line without white space around it. Some editors write a byte order mark before the first line.
fn content_of(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

/// The text of an answer: a string, a message, or the last message of the assistant.
fn answer_text(answer: &Value) -> Option<String> {
    match answer {
        Value::String(text) => Some(text.clone()),
        Value::Array(messages) => match &messages[..] {
            [Value::String(text)] => Some(text.clone()),
            _ => content(messages.iter().rfind(|message| message["role"] == "assistant")?),
        },
        Value::Object(message) if message.contains_key("content") => content(answer),
        _ => None,
    }
}

/// The content of a message: a string, or parts with text; if there is none, its tool calls as JSON.
fn content(message: &Value) -> Option<String> {
    let text = match message.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(parts)) => {
            let is_thought =
                |part: &&Value| ["reasoning", "thinking"].iter().any(|kind| part["type"] == *kind);
            let texts = parts.iter().filter(|part| !is_thought(part));
            Some(texts.filter_map(|part| part.get("text")?.as_str()).collect())
        }
        _ => None,
    };
    let calls = || {
        let in_parts = message["content"].as_array().into_iter().flatten();
        let mut calls: Vec<&Value> = in_parts.filter(|part| part["type"] == "tool_use").collect();
        calls.extend(message["tool_calls"].as_array().into_iter().flatten());
        calls.extend(message.get("function_call").filter(|call| call.is_object()));
        (!calls.is_empty()).then(|| Value::from_iter(calls.into_iter().cloned()).to_string())
    };
    match text {
        Some(text) if !text.trim().is_empty() => Some(text),
        empty => calls().or(empty),
    }
}

/// The profile with a name; see [`Row::profile`].
pub(super) fn profile_of(name: Option<&str>) -> Profile {
    name.and_then(|name| clap::ValueEnum::from_str(name, false).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;

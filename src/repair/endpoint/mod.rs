//! The proposer `endpoint`: a model behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama, LM Studio,
//! `SGLang`).
//!
//! Speaks HTTP, with or without TLS. Answers are streamed to the listener; if the server dies, the text received so
//! far is kept. A malformed answer is a candidate and gets a score; a server error never does.

mod address;
mod cassette;
mod chat;
mod error;
mod http;
mod prompt;
mod server;
mod sse;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use address::Address;
pub use cassette::Transport;
pub use http::Timeouts;
pub use prompt::{Prompt, Template};
pub use server::{Adapter, Model, Server, Target};

use self::cassette::{ExchangeError, exchange};
use self::chat::{Completion, body};
use self::error::{RequestError, input_error, request_error, response_error};
use self::http::{HttpError, Request};
use self::sse::error_of;
use super::proposer::{Keep, ProposalRequest, ProposeError, Proposed, Proposer};
use cadforge_executor::CancelToken;
use cadforge_extraction as extraction;
use cadforge_trajectory::Origin;

/// Configuration of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointConfig {
    /// Address of the server.
    pub address: Address,
    /// Model or adapter by name; `None` for the first adapter, else the first model.
    pub model: Option<String>,
    /// Environment variable of the API key. The key is read for each request and never stored.
    pub key_variable: String,
    /// Sampling temperature, 0 to 2.
    pub temperature: f64,
    /// Maximum number of tokens per answer.
    pub max_tokens: u64,
    /// Seed of the first request; incremented for each further one.
    pub seed: u64,
    /// Folder of prompt templates.
    pub prompts: Option<PathBuf>,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Number of retries of a request without an answer; the pause doubles each time.
    pub retries: u32,
    /// The first pause.
    pub pause: Duration,
    /// Source of answers.
    pub transport: Transport,
}

impl EndpointConfig {
    /// The default configuration for a server.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            model: None,
            key_variable: "CADFORGE_API_KEY".to_owned(),
            temperature: 0.7,
            max_tokens: 4096,
            seed: 0,
            prompts: None,
            timeouts: Timeouts::default(),
            retries: 4,
            pause: Duration::from_millis(500),
            transport: Transport::Live,
        }
    }
}

/// The proposer `endpoint`.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    connection: Mutex<Option<Connection>>,
}

/// Results of the first request to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Models and adapters.
    pub server: Server,
    /// Target of requests.
    pub target: Target,
    /// The prompt template.
    pub template: Template,
    /// Warnings: an inactive adapter, a default that was chosen.
    pub warnings: Vec<String>,
}

impl Endpoint {
    /// A proposer that connects on demand.
    pub fn new(config: EndpointConfig) -> Self {
        Self {
            config,
            connection: Mutex::new(None),
        }
    }

    /// Queries the server once; later calls return the same result.
    pub fn connect(&self, cancel: &CancelToken) -> Result<Connection, ProposeError> {
        // Other candidates of a group wait here and use the result of the first.
        let mut held = self
            .connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(connection) = &*held {
            return Ok(connection.clone());
        }
        let config = &self.config;
        let described = self.describe(cancel)?;
        let target = described.target(config.model.as_deref()).map_err(input_error)?;
        let template = Template::find(config.prompts.as_deref(), &target.name).map_err(input_error)?;
        let mut warnings = Vec::new();
        if config.model.is_none() && (described.models.len() > 1 || target.base.is_some()) {
            warnings.push(format!("no --model given: using `{}`", target.name));
        }
        if let Some(base) = &target.base {
            warnings.extend(self.compare(&target, base, cancel)?);
        }
        let connection = Connection {
            server: described,
            target,
            template,
            warnings,
        };
        *held = Some(connection.clone());
        Ok(connection)
    }

    /// Queries the server.
    pub fn describe(&self, cancel: &CancelToken) -> Result<Server, ProposeError> {
        let config = &self.config;
        let key = self.key();
        self.with_retries(cancel, || {
            let described = server::describe(
                &config.transport,
                &config.address,
                key.as_deref(),
                config.timeouts,
                cancel,
            )?;
            Ok(described.map_err(|reply| response_error(&config.address, &reply)))
        })
    }

    /// The prompt that would be sent now, and its number of tokens, if the server can count them.
    pub fn preview(
        &self,
        proposal_request: &ProposalRequest<'_>,
        cancel: &CancelToken,
    ) -> Result<(Prompt, Option<u64>), ProposeError> {
        let target = self
            .describe(cancel)?
            .target(self.config.model.as_deref())
            .map_err(input_error)?;
        let template = Template::find(self.config.prompts.as_deref(), &target.name).map_err(input_error)?;
        let prompt = template
            .fill(proposal_request, self.config.max_tokens, target.context)
            .map_err(input_error)?;
        let count = self.count(&target, &prompt, cancel);
        Ok((prompt, count))
    }

    /// Number of tokens as llama.cpp or vLLM count them, including the chat template.
    fn count(&self, target: &Target, prompt: &Prompt, cancel: &CancelToken) -> Option<u64> {
        let key = self.key();
        let post = |path: &str, body: &Value| {
            let body = body.to_string();
            let request = Request {
                method: "POST",
                path,
                body: Some(&body),
                key: key.as_deref(),
            };
            let config = &self.config;
            let on_line = &mut |_: &str| {};
            let reply = exchange(
                &config.transport,
                &config.address,
                &request,
                config.timeouts,
                cancel,
                on_line,
            );
            serde_json::from_str::<Value>(&reply.ok().filter(|reply| reply.status == 200)?.body).ok()
        };
        let messages = prompt.messages();
        if target.lora.is_some() {
            let text = post("/apply-template", &json!({ "messages": messages }))?["prompt"]
                .as_str()?
                .to_owned();
            let tokens = post("/tokenize", &json!({"content": text, "parse_special": true}))?;
            return Some(tokens["tokens"].as_array()?.len() as u64);
        }
        post("/tokenize", &json!({"model": target.model, "messages": messages}))?["count"].as_u64()
    }

    /// Compares a greedy answer of the adapter with its base's: adapters are often silently inactive.
    fn compare(
        &self,
        target: &Target,
        base: &Target,
        cancel: &CancelToken,
    ) -> Result<Option<String>, ProposeError> {
        let messages =
            json!([{"role": "user", "content": "Write a CadQuery program for a plate with four holes."}]);
        let greedy = |target: &Target| {
            let body = body(target, &messages, 0.0, 48, 0, true);
            self.complete(&body, &mut |_| {}, cancel)
                .map(|completion| completion.raw())
        };
        let same = greedy(target)? == greedy(base)?;
        Ok(same.then(|| {
            format!(
                "adapter `{}` answers word for word like its base: it may not be active on the server",
                target.name
            )
        }))
    }

    /// Sends a chat request and reads its answer; retries only while nothing has arrived.
    fn complete(
        &self,
        body: &Value,
        on_text: &mut dyn FnMut(&str),
        cancel: &CancelToken,
    ) -> Result<Completion, ProposeError> {
        let text = body.to_string();
        let key = self.key();
        let request = Request {
            method: "POST",
            path: "/v1/chat/completions",
            body: Some(&text),
            key: key.as_deref(),
        };
        let config = &self.config;
        self.with_retries(cancel, || {
            let mut found = Completion::default();
            let mut stopped = None;
            let mut thinking = false;
            let mut line = |line: &str| match sse::piece(line) {
                Ok(Some(piece)) => {
                    if !piece.reasoning.is_empty() {
                        if !std::mem::replace(&mut thinking, true) {
                            on_text("<think>");
                        }
                        on_text(&piece.reasoning);
                    }
                    if !piece.text.is_empty() {
                        if std::mem::take(&mut thinking) {
                            on_text("</think>\n");
                        }
                        on_text(&piece.text);
                    }
                    found.take(piece, &mut stopped);
                }
                Ok(None) => {}
                Err(error) => {
                    stopped = stopped
                        .take()
                        .or(Some(format!("a line of the stream is not JSON: {error}")));
                }
            };
            let reply = exchange(
                &config.transport,
                &config.address,
                &request,
                config.timeouts,
                cancel,
                &mut line,
            );
            let reply = match reply {
                Ok(reply) => reply,
                Err(error) if found == Completion::default() => return Err(error),
                Err(ExchangeError::Http(HttpError::Cancelled)) => return Err(HttpError::Cancelled.into()),
                // After the first text a retry would give a different answer: the received text is kept.
                Err(error) => return Ok(Err(RequestError::after(&error.to_string(), found.raw()))),
            };
            if reply.status != 200 || !reply.body.is_empty() {
                // No stream: an error, or a server that answers in one piece.
                let Ok(value) = serde_json::from_str::<Value>(&reply.body) else {
                    return Ok(Err(response_error(&config.address, &reply)));
                };
                if reply.status != 200 || error_of(&value).is_some() {
                    return Ok(Err(response_error(&config.address, &reply)));
                }
                let piece = sse::read(&value);
                on_text(&piece.text);
                found.take(piece, &mut stopped);
            }
            if let Some(reason) = stopped {
                return Ok(Err(RequestError::after(
                    &format!("{} failed in the middle of its answer: {reason}", config.address),
                    found.raw(),
                )));
            }
            if found.finish.is_none() && !found.text.is_empty() && found.usage.is_none() {
                // Neither a reason to stop nor the end of the stream: the server ended early without an error.
                if !found.ended() {
                    return Ok(Err(RequestError::after(
                        &format!("{} ended its answer without saying why", config.address),
                        found.raw(),
                    )));
                }
            }
            Ok(Ok(found))
        })
    }

    /// Retries with increasing pauses.
    fn with_retries<T>(
        &self,
        cancel: &CancelToken,
        mut attempt: impl FnMut() -> Result<Result<T, RequestError>, ExchangeError>,
    ) -> Result<T, ProposeError> {
        let mut pause = self.config.pause;
        for left in (0..=self.config.retries).rev() {
            let error = match attempt() {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(error) => request_error(&error),
            };
            if !error.again || left == 0 || cancel.is_cancelled() {
                return Err(ProposeError {
                    message: error.message,
                    input: error.input,
                    partial: error.partial,
                });
            }
            let wait = error
                .after
                .map_or(pause, |seconds| Duration::from_secs(seconds.min(60)));
            let reason = error.message.lines().next().unwrap_or_default();
            tracing::warn!(
                "{reason}; tried again in {:.0} s, {left} more times",
                wait.as_secs_f64()
            );
            sleep(wait, cancel);
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    fn key(&self) -> Option<String> {
        std::env::var(&self.config.key_variable)
            .ok()
            .map(|key| key.trim().to_owned())
            .filter(|key| !key.is_empty())
    }
}

impl Proposer for Endpoint {
    fn origin(&self) -> Origin {
        Origin::Endpoint
    }

    fn plan(&self) -> String {
        let config = &self.config;
        format!(
            "endpoint, model {}, temperature {}, {} tokens, seed {}",
            config.model.as_deref().unwrap_or("as the server lists"),
            config.temperature,
            config.max_tokens,
            config.seed
        )
    }

    fn propose(
        &self,
        proposal_request: &ProposalRequest<'_>,
        on_text: &mut dyn FnMut(&str),
        cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError> {
        let connection = self.connect(cancel)?;
        let Connection { target, template, .. } = &connection;
        let start = Instant::now();
        let seed =
            self.config.seed + (proposal_request.history.len() - 1 + proposal_request.candidate) as u64;
        // If the server finds the prompt too long, the prompt is filled again for a shorter context.
        let mut context = target.context;
        let (prompt, completion) = loop {
            let prompt = template
                .fill(proposal_request, self.config.max_tokens, context)
                .map_err(input_error)?;
            let body = body(
                target,
                &prompt.messages(),
                self.config.temperature,
                self.config.max_tokens,
                seed,
                false,
            );
            match self.complete(&body, on_text, cancel) {
                Ok(completion) => break (prompt, completion),
                Err(error) if error.message.contains("exceed") && prompt.left_out.len() < 3 => {
                    context = Some((prompt.tokens() + self.config.max_tokens).saturating_sub(1));
                }
                Err(error) => return Err(error),
            }
        };
        let clipped = completion.finish.as_deref() == Some("length");
        let raw = completion.raw();
        // Reasoning in a field of its own is not part of the answer.
        let code = extraction::program(&completion.text);
        let mut reason = format!(
            "`{}` in {:.1} s, seed {seed}",
            target.name,
            start.elapsed().as_secs_f64()
        );
        if let Some(usage) = completion.usage {
            reason.push_str(&format!(
                ", {} tokens of prompt, {} of answer",
                usage.prompt, usage.completion
            ));
        }
        if clipped {
            reason.push_str(&format!(", cut at {} tokens", self.config.max_tokens));
        }
        let mut warnings = if proposal_request.history.len() == 1 && proposal_request.candidate == 0 {
            connection.warnings.clone()
        } else {
            Vec::new()
        };
        if !prompt.left_out.is_empty() {
            warnings.push(format!(
                "left out of the prompt to fit the model's context: {}",
                prompt.left_out.join(", ")
            ));
        }
        Ok(Some(Proposed {
            text: (raw != code).then_some(raw),
            code,
            reason,
            clipped,
            warnings,
            keep: Keep::NoWorse,
            ..Proposed::default()
        }))
    }
}

/// Sleeps, unless cancelled.
fn sleep(length: Duration, cancel: &CancelToken) {
    let _ = cancel.receiver().recv_timeout(length);
}

//! State of the proposer: plain data for the panels, changed by the controller alone.
//!
//! Servers are saved in a commented file beside the settings. Keys are never saved.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::Session;
use crate::engine::{EndpointConfig, ProposerConfig};
use crate::repair::ProposerKind;
use crate::repair::endpoint::Address;
use crate::trajectory::replace_file;

/// Default step limit of a loop.
const MAX_STEPS: usize = 12;

/// State of the proposer.
#[derive(Debug)]
pub struct Proposing {
    pub kind: ProposerKind,
    /// Whether to replay recordings with their pauses.
    pub paced: bool,
    /// Candidates per round, 1 to 16.
    pub candidates: usize,
    /// Maximum rounds of a loop, 1 to 100.
    pub max_steps: usize,
    /// Total at which a loop stops; none for the target of the profile.
    pub target: Option<f64>,
    /// Known servers, in the order in which they were added.
    pub servers: Vec<ServerEntry>,
    /// Index of the selected server.
    pub server: usize,
    /// File of the servers, if there is a folder for it.
    pub servers_file: Option<PathBuf>,
    /// Folder of prompt templates.
    pub prompts: Option<PathBuf>,
    /// Prompt that would be sent to a model, after a request.
    pub prompt: Option<PromptView>,
}

impl Default for Proposing {
    fn default() -> Self {
        Self {
            kind: ProposerKind::default(),
            paced: true,
            candidates: 1,
            max_steps: MAX_STEPS,
            target: None,
            servers: Vec::new(),
            server: 0,
            servers_file: None,
            prompts: None,
            prompt: None,
        }
    }
}

impl Proposing {
    pub fn selected_server(&self) -> Option<&ServerEntry> {
        self.servers.get(self.server)
    }

    /// Configuration of the selected proposer for a session, or why it cannot be used. `skip` is the number of recorded steps
    /// before its base.
    pub fn config(&self, session: &Session, skip: usize) -> Result<ProposerConfig, String> {
        Ok(match session.effective_proposer(self.kind) {
            ProposerKind::Rules => ProposerConfig::Rules,
            ProposerKind::Replay => ProposerConfig::Replay {
                recording: session.recording.clone(),
                skip,
                paced: self.paced,
            },
            ProposerKind::Endpoint => {
                let server = self.selected_server().ok_or(
                    "no server is chosen\nhint: give its address in the proposer panel, e.g. http://127.0.0.1:8080",
                )?;
                ProposerConfig::Endpoint(Box::new(server.config(self.prompts.as_deref())?))
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum PromptView {
    Asking,
    Shown {
        /// Both messages, formatted like a template.
        text: String,
        /// Tokens as counted by the server, else a high estimate.
        tokens: u64,
        counted: bool,
        /// Parts omitted to fit the context.
        omitted: Vec<&'static str>,
        /// Prompt and place of the training row to compare with, if any.
        row: Option<Result<PromptRow, String>>,
    },
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// File and line.
    pub place: String,
    /// Its messages without the answer, formatted like a template.
    pub text: String,
}

/// A server known to the studio.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerEntry {
    pub url: String,
    /// Model or adapter selected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Sampling temperature, 0 to 2.
    pub temperature: Temperature,
    /// Maximum tokens of an answer.
    pub max_tokens: MaxTokens,
    /// JSONL file of the adapter's training rows, to compare prompts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<PathBuf>,
    /// Result of the last query.
    #[serde(skip)]
    pub health: Health,
    /// Keys of other versions, preserved.
    #[serde(flatten)]
    pub other: toml::Table,
}

/// Sampling temperature with its default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(pub f64);

impl Default for Temperature {
    fn default() -> Self {
        Self(0.7)
    }
}

/// Token limit with its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxTokens(pub u64);

impl Default for MaxTokens {
    fn default() -> Self {
        Self(4096)
    }
}

/// Result of the last query of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Not queried yet.
    #[default]
    Unknown,
    /// Query in progress.
    Asking,
    /// Reachable, with models and adapters (true for an adapter).
    Healthy(Vec<(String, bool)>),
    /// Unreachable, with the error.
    Unhealthy(String),
}

impl ServerEntry {
    /// Configuration of repairs with this server.
    pub fn config(&self, prompts: Option<&Path>) -> Result<EndpointConfig, String> {
        Ok(EndpointConfig {
            model: self.model.clone(),
            temperature: self.temperature.0,
            max_tokens: self.max_tokens.0,
            prompts: prompts.map(Path::to_owned),
            ..EndpointConfig::new(Address::parse(&self.url)?)
        })
    }

    /// Model and host.
    pub fn title(&self) -> String {
        let host = self.url.split_once("://").map_or(&*self.url, |(_, host)| host);
        match &self.model {
            Some(model) => format!("{} @ {host}", super::state::file_name(Path::new(model))),
            None => host.to_owned(),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    server: Vec<ServerEntry>,
    /// Keys of other versions, preserved.
    #[serde(flatten)]
    other: toml::Table,
}

/// Reads the servers of a file; none if it does not exist.
pub fn read_servers(path: &Path) -> Result<Vec<ServerEntry>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    let file: File = toml::from_str(&text).map_err(|error| {
        format!(
            "{}: {}\nhint: correct the line, or delete the file",
            path.display(),
            error.to_string().trim()
        )
    })?;
    Ok(file.server)
}

/// Saves servers in a file.
pub fn write_servers(path: &Path, servers: &[ServerEntry]) -> Result<(), String> {
    // An unreadable file was reported when it was read; nothing of it can be preserved.
    let other = std::fs::read_to_string(path)
        .ok()
        .and_then(|text| toml::from_str::<File>(&text).ok())
        .map_or_else(toml::Table::new, |file| file.other);
    let file = File {
        server: servers.to_vec(),
        other,
    };
    let text = toml::to_string(&file).map_err(|error| error.to_string())?;
    let text = format!(
        "# Servers of the proposer `endpoint`, saved by the studio. API keys are never saved: put them into the\n\
         # environment variable CADFORGE_API_KEY.\n\n{text}"
    );
    let done = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    done.and_then(|()| replace_file(path, text.as_bytes()))
        .map_err(|error| format!("cannot save servers in {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_saved_without_their_health() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/servers.toml");
        assert_eq!(read_servers(&path), Ok(Vec::new()));
        let mut servers = vec![
            ServerEntry {
                url: "http://127.0.0.1:8080".to_owned(),
                health: Health::Unhealthy("it is asleep".to_owned()),
                ..ServerEntry::default()
            },
            ServerEntry {
                url: "http://gpu:8000".to_owned(),
                model: Some("repair".to_owned()),
                temperature: Temperature(0.2),
                max_tokens: MaxTokens(512),
                rows: Some("rows.jsonl".into()),
                health: Health::Unknown,
                ..ServerEntry::default()
            },
        ];
        write_servers(&path, &servers).unwrap();
        servers[0].health = Health::Unknown;
        assert_eq!(read_servers(&path), Ok(servers));
        // Keys of other versions stay.
        let text =
            "later = 1\n[[server]]\nurl = \"http://gpu:1\"\nstop = [\"</s>\"]\n[server.lora]\nscale = 0.5\n";
        std::fs::write(&path, text).unwrap();
        let mut servers = read_servers(&path).unwrap();
        servers[0].model = Some("base".to_owned());
        write_servers(&path, &servers).unwrap();
        assert_eq!(read_servers(&path), Ok(servers));
        let text = std::fs::read_to_string(&path).unwrap();
        for part in [
            "later = 1",
            "stop = [\"</s>\"]",
            "scale = 0.5",
            "model = \"base\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        std::fs::write(&path, "[[server]]\nurl = 7\n").unwrap();
        let message = read_servers(&path).unwrap_err();
        assert!(
            message.contains("servers.toml") && message.contains("hint:"),
            "{message}"
        );
    }

    #[test]
    fn a_server_has_a_configuration_and_a_title() {
        let known = ServerEntry {
            url: "http://gpu:8000/v1".to_owned(),
            model: Some("models/base.gguf".to_owned()),
            ..ServerEntry::default()
        };
        let config = known.config(None).unwrap();
        assert_eq!((config.temperature, config.max_tokens), (0.7, 4096));
        assert_eq!(known.title(), "base.gguf @ gpu:8000/v1");
        let with = |url: &str| ServerEntry {
            url: url.to_owned(),
            ..ServerEntry::default()
        };
        assert!(with("https://gpu").config(None).is_ok());
        assert_eq!(with("https://gpu/v1").title(), "gpu/v1");
        assert!(with("ftp://gpu").config(None).unwrap_err().contains("hint:"));
    }
}

//! Who proposes in the window, and what it says: plain data for the panels, changed by the controller alone.
//!
//! The servers that a person uses are kept in a file with comments, beside the settings. No key is ever kept.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::CardId;
use crate::engine::EndpointConfig;
use crate::repair::endpoint::Address;
use crate::trajectory::replace_file;

/// Who proposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProposerKind {
    /// A recording, of the tasks that have one; the rules for the others.
    #[default]
    Replay,
    /// The embedded rules.
    Rules,
    /// A model behind a server.
    Endpoint,
}

impl ProposerKind {
    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Rules => "rules",
            Self::Endpoint => "endpoint",
        }
    }
}

/// Everything about proposers that is shown.
#[derive(Debug)]
pub struct Proposing {
    /// Who proposes.
    pub pick: ProposerKind,
    /// Whether a recording comes with its pauses.
    pub paced: bool,
    /// Candidates of a round, 1 to 16.
    pub candidates: usize,
    /// Rounds of a loop at most, 1 to 100.
    pub max_steps: usize,
    /// A loop stops at this total.
    pub target: f64,
    /// Servers that are known, in the order in which they were added.
    pub servers: Vec<ServerEntry>,
    /// Index of the one in use.
    pub server: usize,
    /// The file that keeps the servers, if there is a place for one.
    pub servers_file: Option<PathBuf>,
    /// Folder of prompt templates.
    pub prompts: Option<PathBuf>,
    /// What was said since the last repair began, a text a proposal.
    pub said: Vec<StreamedText>,
    /// A proposal that nobody has decided on.
    pub arrived: Option<PendingProposal>,
    /// The prompt that a model would be sent, once somebody has asked.
    pub prompt: Option<PromptView>,
}

impl Default for Proposing {
    fn default() -> Self {
        Self {
            pick: ProposerKind::default(),
            paced: true,
            candidates: 1,
            max_steps: super::controller::MAX_STEPS,
            target: super::controller::TARGET,
            servers: Vec::new(),
            server: 0,
            servers_file: None,
            prompts: None,
            said: Vec::new(),
            arrived: None,
            prompt: None,
        }
    }
}

/// The text of a proposal, as much of it as has arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedText {
    /// Its card, as long as that is there.
    pub card: CardId,
    /// The text.
    pub text: String,
    /// How it stands.
    pub end: Option<StreamEnd>,
}

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// It is whole.
    Whole,
    /// It was cut at its token limit.
    Clipped,
    /// Nobody waits for the rest: it was stopped, or the other side died.
    Broken,
}

/// A proposal that arrived and waits to be accepted, edited or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingProposal {
    /// The proposal's card.
    pub card: CardId,
    /// The card that it was made from.
    pub base: CardId,
}

/// A prompt to be looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum PromptView {
    /// It is being made.
    Asking,
    /// Here it is.
    Shown {
        /// Both messages, marked like a template.
        text: String,
        /// Tokens as the server counts them, else about how many, rather too many.
        tokens: u64,
        /// Whether the server counted.
        counted: bool,
        /// Parts that were left out to fit the context.
        left_out: Vec<&'static str>,
        /// The prompt of the row to compare with and where it stands, if there is one.
        row: Option<Result<PromptRow, String>>,
    },
    /// It cannot be made, and why.
    Failed(String),
}

/// The prompt of a curriculum row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// File and line.
    pub place: String,
    /// Its messages but the answer, marked like a template.
    pub text: String,
}

/// A server that a person uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerEntry {
    /// Its address.
    pub url: String,
    /// The model or adapter chosen there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Sampling temperature, 0 to 2.
    pub temperature: Temperature,
    /// Tokens of an answer at most.
    pub max_tokens: MaxTokens,
    /// A JSONL file of the rows that the adapter was trained on, to compare prompts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<PathBuf>,
    /// How it was last found.
    #[serde(skip)]
    pub health: Health,
    /// What another version keeps of it.
    #[serde(flatten)]
    pub other: toml::Table,
}

/// Sampling temperature with its usual value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(pub f64);

impl Default for Temperature {
    fn default() -> Self {
        Self(0.7)
    }
}

/// Token limit with its usual value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxTokens(pub u64);

impl Default for MaxTokens {
    fn default() -> Self {
        Self(4096)
    }
}

/// How a server was last found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// It is being asked.
    Asking,
    /// It answers, and has these models and adapters (true for an adapter).
    Healthy(Vec<(String, bool)>),
    /// It does not, and why.
    Unhealthy(String),
}

impl ServerEntry {
    /// What a repair by this server goes by.
    pub fn config(&self, prompts: Option<&Path>) -> Result<EndpointConfig, String> {
        Ok(EndpointConfig {
            model: self.model.clone(),
            temperature: self.temperature.0,
            max_tokens: self.max_tokens.0,
            prompts: prompts.map(Path::to_owned),
            ..EndpointConfig::new(Address::parse(&self.url)?)
        })
    }

    /// Model and host in a few words.
    pub fn title(&self) -> String {
        let host = self.url.trim_start_matches("http://");
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
    /// What another version keeps beside them.
    #[serde(flatten)]
    other: toml::Table,
}

/// Reads the servers of a file; one that is not there has none.
pub fn read_servers(path: &Path) -> Result<Vec<ServerEntry>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    let file: File = toml::from_str(&text).map_err(|error| {
        format!(
            "{}: {}\nhint: mend the line, or delete the file",
            path.display(),
            error.to_string().trim()
        )
    })?;
    Ok(file.server)
}

/// Keeps servers in a file.
pub fn write_servers(path: &Path, servers: &[ServerEntry]) -> Result<(), String> {
    // What is there and cannot be read was told when it was: nothing of it is known, and its owner has it still.
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
        "# Servers of the proposer `endpoint`, as the studio remembers them. API keys are never kept: put them into the\n\
         # environment variable CADFORGE_API_KEY.\n\n{text}"
    );
    let done = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    done.and_then(|()| replace_file(path, text.as_bytes()))
        .map_err(|error| format!("cannot keep servers in {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_kept_without_their_health() {
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
        // What another version keeps stays.
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
    fn a_server_gives_the_engine_its_choices_and_people_its_name() {
        let known = ServerEntry {
            url: "http://gpu:8000/v1".to_owned(),
            model: Some("models/base.gguf".to_owned()),
            ..ServerEntry::default()
        };
        let config = known.config(None).unwrap();
        assert_eq!((config.temperature, config.max_tokens), (0.7, 4096));
        assert_eq!(known.title(), "base.gguf @ gpu:8000/v1");
        let tls = ServerEntry {
            url: "https://gpu".to_owned(),
            ..ServerEntry::default()
        };
        assert!(tls.config(None).unwrap_err().contains("TLS"));
    }
}

//! Flags of `--proposer endpoint`.

use std::path::PathBuf;
use std::time::Duration;

use super::context::CliError;
use crate::repair::EndpointConfig;
use crate::repair::endpoint::{Address, Timeouts, Transport};

/// The endpoint and its sampling options.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Model (with --proposer endpoint)")]
pub(crate) struct EndpointArgs {
    #[arg(
        long,
        value_name = "URL",
        help = "The server's address, e.g. http://127.0.0.1:8080 [env: CADFORGE_ENDPOINT]"
    )]
    endpoint: Option<String>,
    /// Model or adapter [default: the first adapter, else the first model]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Sampling temperature
    #[arg(long, value_name = "T", default_value_t = 0.7, value_parser = parse_temperature)]
    temperature: f64,
    /// Maximum number of tokens per answer
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    max_tokens: u64,
    /// Seed of the first answer; incremented for each further one
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Environment variable that holds the API key
    #[arg(long, value_name = "VAR", default_value = "CADFORGE_API_KEY")]
    api_key_env: String,
    /// Folder of prompt templates: NAME.txt for a model or adapter, default.txt otherwise
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
    /// Seconds without data after which the request fails
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    silence: u64,
    /// Record every exchange in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "cassette")]
    record: Option<PathBuf>,
    /// Answer from a folder of --record, without a server
    #[arg(long, value_name = "DIR")]
    cassette: Option<PathBuf>,
}

impl EndpointArgs {
    /// The configuration of the endpoint; with `paced`, a cassette keeps its pauses.
    pub(crate) fn config(&self, prompts: Option<PathBuf>, paced: bool) -> Result<EndpointConfig, CliError> {
        let given = self
            .endpoint
            .clone()
            .or_else(|| std::env::var("CADFORGE_ENDPOINT").ok());
        let url = match (given, &self.cassette) {
            (Some(url), _) => url,
            // A cassette needs no server.
            (None, Some(_)) => "http://127.0.0.1".to_owned(),
            (None, None) => {
                let message = "--proposer endpoint needs the server's address\nhint: give --endpoint http://127.0.0.1:8080";
                return Err(CliError::Input(message.to_owned()));
            }
        };
        let address = Address::parse(&url).map_err(CliError::Input)?;
        let transport = match (&self.record, &self.cassette) {
            (Some(dir), _) => Transport::Record(dir.clone()),
            (None, Some(dir)) => Transport::Replay {
                dir: dir.clone(),
                paced,
            },
            (None, None) => Transport::Live,
        };
        Ok(EndpointConfig {
            model: self.model.clone(),
            key_variable: self.api_key_env.clone(),
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            seed: self.seed,
            prompts: self.prompts.clone().or(prompts),
            timeouts: Timeouts {
                between: Duration::from_secs(self.silence),
                ..Timeouts::default()
            },
            transport,
            ..EndpointConfig::new(address)
        })
    }
}

fn parse_temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(value),
        _ => Err("give a temperature from 0 to 2".to_owned()),
    }
}

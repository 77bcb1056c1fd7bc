//! The proposer: its selection, the known servers of models, and previews of prompts.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Wake;
use crate::repair::ProposerKind;
use crate::studio::background::{Background, LatestWrite, Operations};
use crate::studio::command::ProposerCommand;
use crate::studio::proposing::{Health, PromptView, Proposing, ServerEntry, read_servers, write_servers};
use crate::studio::servers::{self, ServerEvent};
use crate::studio::state::Messages;
use crate::task::Task;
use crate::trajectory::Step;

/// The proposer and the known servers.
pub(super) struct ProposerPart {
    pub state: Proposing,
    background: Background<ServerEvent>,
    server_writes: LatestWrite,
}

impl ProposerPart {
    pub fn new(wake: Wake, operations: Operations) -> Self {
        Self {
            state: Proposing::default(),
            background: Background::new(wake, operations),
            server_writes: LatestWrite::default(),
        }
    }

    pub fn apply(&mut self, command: ProposerCommand, messages: &mut Messages) {
        let state = &mut self.state;
        match command {
            ProposerCommand::Kind(kind) => {
                state.kind = kind;
                if kind == ProposerKind::Endpoint {
                    self.query_selected();
                }
            }
            ProposerCommand::Paced(paced) => state.paced = paced,
            ProposerCommand::Candidates(count) => state.candidates = count.clamp(1, 16),
            ProposerCommand::MaxSteps(count) => state.max_steps = count.clamp(1, 100),
            ProposerCommand::Target(target) => {
                state.target = target.map(|target| target.clamp(-1.0, 1.0));
            }
            ProposerCommand::AddServer(url) => self.add_server(&url, messages),
            ProposerCommand::ForgetServer(index) => {
                if index < state.servers.len() {
                    state.servers.remove(index);
                    state.server = state.server.min(state.servers.len().saturating_sub(1));
                    self.save_servers();
                }
            }
            ProposerCommand::UseServer(index) => self.use_server(index),
            ProposerCommand::SetServer(index, known) => {
                if let Some(server) = state.servers.get_mut(index)
                    && *server != known
                {
                    *server = known;
                    self.save_servers();
                }
            }
            ProposerCommand::QueryServer(index) => self.query(index),
            ProposerCommand::ClosePrompt => state.prompt = None,
        }
    }

    /// Reads the servers of a file and saves them there from now on.
    pub fn set_servers_file(&mut self, path: PathBuf, messages: &mut Messages) {
        match read_servers(&path) {
            Ok(servers) => {
                self.state.servers = servers;
                self.state.servers_file = Some(path);
            }
            // An unreadable file is not overwritten.
            Err(message) => messages.report_error(&message),
        }
    }

    fn add_server(&mut self, url: &str, messages: &mut Messages) {
        let url = url.trim().trim_end_matches('/').to_owned();
        let known = ServerEntry {
            url: url.clone(),
            ..ServerEntry::default()
        };
        if let Err(message) = known.config(None) {
            return messages.report_error(&message);
        }
        let servers = &mut self.state.servers;
        let index = match servers.iter().position(|server| server.url == url) {
            Some(index) => index,
            None => {
                servers.push(known);
                servers.len() - 1
            }
        };
        self.save_servers();
        self.use_server(index);
    }

    fn use_server(&mut self, index: usize) {
        if index < self.state.servers.len() {
            self.state.server = index;
            self.state.kind = ProposerKind::Endpoint;
            self.query(index);
        }
    }

    fn save_servers(&mut self) {
        if let Some(path) = self.state.servers_file.clone() {
            let servers = self.state.servers.clone();
            let write = move || write_servers(&path, &servers);
            self.server_writes
                .write(self.background.sender(), write, ServerEvent::NotSaved);
        }
    }

    /// Queries the selected server.
    pub fn query_selected(&mut self) {
        self.query(self.state.server);
    }

    fn query(&mut self, index: usize) {
        let Some(server) = self.state.servers.get_mut(index) else {
            return;
        };
        if server.health == Health::Asking {
            return;
        }
        match server.config(None) {
            Ok(config) => {
                server.health = Health::Asking;
                let url = server.url.clone();
                self.background.run(move || servers::query(url, config));
            }
            Err(message) => server.health = Health::Unhealthy(message),
        }
    }

    /// Handles the answers received so far.
    pub fn update(&mut self, messages: &mut Messages) {
        while let Some(event) = self.background.next() {
            match event {
                ServerEvent::Looked { url, found } => {
                    let mut servers = self.state.servers.iter_mut();
                    if let Some(server) = servers.find(|server| server.url == url) {
                        server.health = match found {
                            Ok(names) => Health::Healthy(names),
                            Err(message) => Health::Unhealthy(message),
                        };
                    }
                }
                ServerEvent::Prompt(prompt) => {
                    // The preview may have been closed in the meantime.
                    if self.state.prompt.is_some() {
                        self.state.prompt = Some(prompt);
                    }
                }
                ServerEvent::NotSaved(message) => messages.report_error(&message),
            }
        }
    }

    /// Previews the prompt about the last of these steps.
    pub fn preview(&mut self, task: Arc<Task>, history: Vec<Step>, messages: &mut Messages) {
        let Some(server) = self.state.selected_server() else {
            return messages.log("add a server first: the prompt must fit its model's context");
        };
        let shown = match server.config(self.state.prompts.as_deref()) {
            Err(message) => PromptView::Failed(message),
            Ok(_) if history.is_empty() => {
                PromptView::Failed("the step on screen is not scored yet".to_owned())
            }
            Ok(config) => {
                let rows = server.rows.clone();
                self.background
                    .run(move || ServerEvent::Prompt(servers::preview(config, &task, &history, rows)));
                PromptView::Asking
            }
        };
        self.state.prompt = Some(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> (ProposerPart, Messages) {
        let part = ProposerPart::new(Arc::new(|| {}), Operations::default());
        (part, Messages::default())
    }

    #[test]
    fn a_forgotten_server_leaves_a_valid_selection_and_the_file_follows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("servers.toml");
        let (mut part, mut messages) = part();
        part.set_servers_file(path.clone(), &mut messages);
        for port in [9, 10] {
            let add = ProposerCommand::AddServer(format!("http://127.0.0.1:{port}/"));
            part.apply(add, &mut messages);
        }
        assert_eq!((part.state.server, part.state.kind), (1, ProposerKind::Endpoint));
        part.apply(ProposerCommand::ForgetServer(1), &mut messages);
        assert_eq!(part.state.server, 0);
        part.apply(ProposerCommand::ForgetServer(7), &mut messages);
        assert_eq!(messages.log, []);
        drop(part);
        let saved = read_servers(&path).unwrap();
        let urls: Vec<_> = saved.iter().map(|server| &server.url[..]).collect();
        assert_eq!(urls, ["http://127.0.0.1:9"]);
    }

    #[test]
    fn limits_are_clamped_and_an_invalid_address_is_reported() {
        let (mut part, mut messages) = part();
        for command in [
            ProposerCommand::Candidates(0),
            ProposerCommand::MaxSteps(1000),
            ProposerCommand::Target(Some(7.0)),
            ProposerCommand::AddServer("ftp://gpu".to_owned()),
        ] {
            part.apply(command, &mut messages);
        }
        let state = &part.state;
        assert_eq!(
            (state.candidates, state.max_steps, state.target),
            (1, 100, Some(1.0))
        );
        assert!(state.servers.is_empty() && messages.notice.is_some());
    }
}

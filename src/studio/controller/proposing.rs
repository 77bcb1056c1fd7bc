//! Proposers: the selection, the known servers, and decisions on proposals.

use super::Controller;
use crate::engine::ProposerConfig;
use crate::repair::ProposerKind;
use crate::studio::command::{Answer, ProposerCommand};
use crate::studio::proposing::{Health, PendingProposal, PromptView, ServerEntry, StreamEnd, StreamedText};
use crate::studio::servers::ServerEvent;
use crate::studio::state::{Card, CardId, Recorded, Session};
use crate::trajectory::{Origin, Proposal, Step};

/// Number of characters of a streamed text that its card displays.
const PREVIEW_CHARS: usize = 200;

impl Controller {
    pub(super) fn handle_proposer_command(&mut self, command: ProposerCommand) {
        let proposing = &mut self.state.proposing;
        match command {
            ProposerCommand::ProposerKind(pick) => {
                proposing.kind = pick;
                if pick == ProposerKind::Endpoint {
                    self.query_server(self.state.proposing.server);
                }
            }
            ProposerCommand::Paced(paced) => proposing.paced = paced,
            ProposerCommand::Candidates(count) => proposing.candidates = count.clamp(1, 16),
            ProposerCommand::MaxSteps(count) => proposing.max_steps = count.clamp(1, 100),
            ProposerCommand::Target(target) => proposing.target = target.clamp(-1.0, 1.0),
            ProposerCommand::AddServer(url) => self.add_server(&url),
            ProposerCommand::ForgetServer(index) => {
                if index < proposing.servers.len() {
                    proposing.servers.remove(index);
                    proposing.server = proposing.server.min(proposing.servers.len().saturating_sub(1));
                    self.save_servers();
                }
            }
            ProposerCommand::UseServer(index) => {
                if index < proposing.servers.len() {
                    proposing.server = index;
                    proposing.kind = ProposerKind::Endpoint;
                    self.query_server(index);
                }
            }
            ProposerCommand::SetServer(index, known) => {
                if let Some(server) = proposing.servers.get_mut(index)
                    && *server != known
                {
                    *server = known;
                    self.save_servers();
                }
            }
            ProposerCommand::QueryServer(index) => self.query_server(index),
            ProposerCommand::ClosePrompt => proposing.prompt = None,
        }
    }

    /// Reads the servers of a file and saves them there from now on.
    pub fn set_servers_file(&mut self, path: std::path::PathBuf) {
        match crate::studio::proposing::read_servers(&path) {
            Ok(servers) => {
                self.state.proposing.servers = servers;
                self.state.proposing.servers_file = Some(path);
            }
            // An unreadable file is not overwritten.
            Err(message) => self.report_error(&message),
        }
    }

    /// Sets the folder of prompt templates.
    pub fn set_prompt_folder(&mut self, folder: std::path::PathBuf) {
        self.state.proposing.prompts = Some(folder);
    }

    fn add_server(&mut self, url: &str) {
        let url = url.trim().trim_end_matches('/').to_owned();
        let known = ServerEntry {
            url: url.clone(),
            ..ServerEntry::default()
        };
        if let Err(message) = known.config(None) {
            return self.report_error(&message);
        }
        let servers = &mut self.state.proposing.servers;
        let index = match servers.iter().position(|server| server.url == url) {
            Some(index) => index,
            None => {
                servers.push(known);
                servers.len() - 1
            }
        };
        self.save_servers();
        self.handle_proposer_command(ProposerCommand::UseServer(index));
    }

    fn save_servers(&self) {
        let proposing = &self.state.proposing;
        if let Some(path) = &proposing.servers_file {
            self.servers.save(path.clone(), proposing.servers.clone());
        }
    }

    /// Queries a server.
    pub(super) fn query_server(&mut self, index: usize) {
        let Some(server) = self.state.proposing.servers.get_mut(index) else {
            return;
        };
        if server.health == Health::Asking {
            return;
        }
        match server.config(None) {
            Ok(config) => {
                server.health = Health::Asking;
                self.servers.query(server.url.clone(), config);
            }
            Err(message) => server.health = Health::Unhealthy(message),
        }
    }

    pub(super) fn handle_server_events(&mut self) {
        while let Ok(event) = self.servers.events.try_recv() {
            match event {
                ServerEvent::Looked { url, found } => {
                    let servers = &mut self.state.proposing.servers;
                    if let Some(server) = servers.iter_mut().find(|server| server.url == url) {
                        server.health = match found {
                            Ok(names) => Health::Healthy(names),
                            Err(message) => Health::Unhealthy(message),
                        };
                    }
                }
                ServerEvent::Prompt(prompt) => {
                    // The preview may have been closed in the meantime.
                    if self.state.proposing.prompt.is_some() {
                        self.state.proposing.prompt = Some(prompt);
                    }
                }
                ServerEvent::NotSaved(message) => self.report_error(&message),
            }
        }
    }

    /// Previews the prompt about the card on screen.
    pub(super) fn preview_prompt(&mut self) {
        let proposing = &self.state.proposing;
        let Some(server) = proposing.servers.get(proposing.server) else {
            return self.log("add a server first: the prompt must fit its model's context".to_owned());
        };
        let session = self.state.session();
        let history = self.known_steps(session, session.card()).0;
        let shown = match server.config(proposing.prompts.as_deref()) {
            Err(message) => PromptView::Failed(message),
            Ok(_) if history.is_empty() => {
                PromptView::Failed("the step on screen is not scored yet".to_owned())
            }
            Ok(config) => {
                self.servers
                    .preview(config, session.task.clone(), history, server.rows.clone());
                PromptView::Asking
            }
        };
        self.state.proposing.prompt = Some(shown);
    }

    /// Handles the decision on the pending proposal.
    pub(super) fn answer_proposal(&mut self, answer: Answer) {
        let Some(PendingProposal { card, base }) = self.state.proposing.pending.take() else {
            return;
        };
        match answer {
            Answer::Accept => self.state.session_mut().select(card),
            Answer::Edit => {
                self.state.session_mut().select(card);
                self.branch(card);
            }
            Answer::Reject => {
                let session = self.state.session_mut();
                if let Some(card) = session.get_mut(card) {
                    card.rejected = true;
                }
                session.select(base);
            }
        }
    }

    /// Configuration of the selected proposer, or why it cannot be used.
    pub(super) fn choice(&self, session: &Session, skip: usize) -> Result<ProposerConfig, String> {
        let proposing = &self.state.proposing;
        Ok(match session.effective_proposer(proposing.kind) {
            ProposerKind::Rules => ProposerConfig::Rules,
            ProposerKind::Replay => ProposerConfig::Replay {
                recording: session.recording.clone(),
                skip,
                paced: proposing.paced,
            },
            ProposerKind::Endpoint => {
                let server = proposing.servers.get(proposing.server).ok_or(
                    "no server is chosen\nhint: give its address in the proposer panel, e.g. http://127.0.0.1:8080",
                )?;
                ProposerConfig::Endpoint(Box::new(server.config(proposing.prompts.as_deref())?))
            }
        })
    }

    /// Card that the recording starts from, created if missing; none if that is the seed.
    pub(super) fn start_of_recording(&mut self, index: usize) -> Option<CardId> {
        let fresh = CardId(self.fresh_id());
        let session = &mut self.state.sessions[index];
        let (name, start) = {
            let recording = session.repair()?;
            (recording.name.clone(), recording.start.clone()?)
        };
        if start == session.seed().code {
            return None;
        }
        let recorded = Recorded {
            recording: name.clone(),
            step: 0,
        };
        if let Some(card) = session
            .cards
            .iter()
            .find(|card| card.recorded.as_ref() == Some(&recorded) && card.code == start)
        {
            return Some(card.id);
        }
        let seed = session.seed().id;
        let mut card = Card::new(fresh, Origin::Hand, Some(seed), start);
        card.recorded = Some(recorded);
        card.reason = format!("start of the recording `{name}`");
        session.cards.push(card);
        Some(fresh)
    }

    /// Steps that a proposer gets besides its base, and their cards: the base first, then earlier proposals from it, which
    /// should not be repeated. Empty while the base is not scored.
    pub(super) fn known_steps(&self, session: &Session, base: &Card) -> (Vec<Step>, Vec<CardId>) {
        let current = |card: &Card| {
            card.scored()
                .filter(|scored| scored.revision == card.revision && scored.scoring == self.state.scoring)
                .map(|scored| scored.evaluation.clone())
        };
        let Some(evaluation) = current(base) else {
            return (Vec::new(), Vec::new());
        };
        let mut steps = vec![Step {
            step: 0,
            origin: Origin::Seed,
            parent: None,
            evaluation,
            code: base.code.clone(),
            proposal: None,
        }];
        let mut cards = vec![base.id];
        let proposed = |card: &&Card| {
            card.parent == Some(base.id) && matches!(card.origin, Origin::Rules | Origin::Endpoint)
        };
        for card in session.cards.iter().filter(proposed) {
            let Some(evaluation) = current(card) else { continue };
            steps.push(Step {
                step: steps.len(),
                origin: card.origin,
                parent: Some(0),
                evaluation,
                code: card.code.clone(),
                proposal: Some(Proposal {
                    reason: card.reason.clone(),
                    kept: Some(false),
                    ..Proposal::default()
                }),
            });
            cards.push(card.id);
        }
        (steps, cards)
    }

    /// Appends to a proposal's text.
    pub(super) fn append_text(&mut self, session: usize, card: CardId, delta: &str) {
        let texts = &mut self.state.proposing.streamed;
        let at = match texts.iter().position(|text| text.card == card) {
            Some(at) => at,
            None => {
                texts.push(StreamedText {
                    card,
                    text: String::new(),
                    end: None,
                });
                texts.len() - 1
            }
        };
        texts[at].text.push_str(delta);
        let text = &texts[at].text;
        let start = text
            .char_indices()
            .rev()
            .nth(PREVIEW_CHARS - 1)
            .map_or(0, |(at, _)| at);
        let glance = text[start..].to_owned();
        if let Some(card) = self.state.sessions[session].get_mut(card) {
            card.reason = glance;
        }
    }

    /// Marks the end of a card's text.
    pub(super) fn finish_text(&mut self, card: CardId, end: StreamEnd) {
        let texts = self.state.proposing.streamed.iter_mut();
        for text in texts.filter(|text| text.card == card && text.end.is_none()) {
            text.end = Some(end);
        }
    }

    /// Marks unfinished texts as incomplete.
    pub(super) fn mark_interrupted(&mut self) {
        for text in &mut self.state.proposing.streamed {
            text.end.get_or_insert(StreamEnd::Interrupted);
        }
    }
}

//! Tests of proposers: selection, streamed text, decisions.

use egui_kittest::kittest::Queryable as _;

use super::command::{ControllerCommand, ProposerCommand, WindowCommand};
use super::panels::proposer::SETTINGS_LABEL;
use super::proposing::{PromptView, ServerEntry};
use super::state::{State, StreamEnd};
use super::testing::{FakeBackend, SubmittedJob, Window, ask, built, failed, state, step, window};
use crate::engine::{ProposerConfig, RepairProgress};
use crate::failure::Kind;
use crate::repair::ProposerKind;
use crate::repair::RepairSummary;
use crate::reward::Profile;
use crate::trajectory::{GroupPlace, Origin};

/// A window with a scored seed and a proposer selected by a click.
fn with_proposer(name: &str) -> (FakeBackend, Window) {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    window.get_by_label(&format!("Proposer {name}")).click();
    window.run();
    (backend, window)
}

/// A step of rules or a model as sent by the engine.
fn proposed(
    index: usize,
    parent: usize,
    code: &str,
    origin: Origin,
    assessment: crate::assess::Assessment,
) -> RepairProgress {
    match step(index, code, assessment) {
        RepairProgress::Step(mut step, shape) => {
            step.origin = origin;
            step.parent = Some(parent);
            if let Some(proposal) = &mut step.proposal {
                proposal.kept = Some(step.evaluation.ok);
            }
            RepairProgress::Step(step, shape)
        }
        other => other,
    }
}

fn end(backend: &FakeBackend, best: usize) {
    let summary = RepairSummary {
        steps: best + 1,
        best,
        delta_reward: 0.1,
        reached: false,
        trajectory: None,
    };
    backend.last(|job| job.finish(summary));
}

#[test]
fn a_proposal_of_the_rules_is_accepted() {
    let (backend, mut window) = with_proposer("rules");
    window.get_by_label("Propose").click();
    window.run_steps(2);
    backend.last(|job| {
        let repair = job.repair();
        assert_eq!((&repair.proposer, repair.max_steps), (&ProposerConfig::Rules, 1));
        job.start();
        job.progress(RepairProgress::Proposing { step: 1 });
        job.progress(RepairProgress::ProposalText {
            step: 1,
            delta: "fixture = bet".to_owned(),
        });
    });
    window.run_steps(2);
    window.get_by_label_contains("13 characters · arriving");
    window.get_by_label("fixture = bet");
    backend.last(|job| {
        let delta = "ter\n".to_owned();
        job.progress(RepairProgress::ProposalText { step: 1, delta });
        job.progress(proposed(
            1,
            0,
            "fixture = better\n",
            Origin::Rules,
            built(0.7, 0.6),
        ));
    });
    end(&backend, 1);
    window.run();
    window.get_by_label_contains("17 characters · complete");
    // It is displayed as a diff against the seed until the decision.
    window.get_by_label("−fixture = seed");
    window.get_by_label("+fixture = better");
    window.get_by_label("proposal scores 0.700 (+0.200 vs base)");
    window.get_by_label("Accept proposal").click();
    window.run();
    assert_eq!(state(&window).sessions.proposal, None);
    assert_eq!(state(&window).card().code, "fixture = better\n");
    window.get_by_label("1 · rules, 0.700");
}

#[test]
fn a_rejected_proposal_stays_visible_and_is_not_repeated() {
    let (backend, mut window) = with_proposer("rules");
    window.get_by_label("Propose").click();
    window.run_steps(2);
    let broken = failed(Kind::UndefinedName, "NameError: name 'x' is not defined", 1);
    backend.last(|job| job.progress(proposed(1, 0, "fixture = x\n", Origin::Rules, broken)));
    end(&backend, 0);
    window.run();
    window.get_by_label("proposal does not build");
    window.get_by_label("Reject proposal").click();
    window.run();
    assert_eq!(state(&window).card().origin, Origin::Seed);
    let card = &state(&window).session().cards[1];
    assert!(card.rejected && card.code == "fixture = x\n");
    window.get_by_label("Propose").click();
    window.run_steps(2);
    backend.last(|job| {
        let repair = job.repair();
        let codes: Vec<_> = repair.earlier.iter().map(|step| step.code.as_str()).collect();
        assert_eq!(codes, ["fixture = seed\n", "fixture = x\n"]);
        assert_eq!(repair.max_steps, 2, "one more than was proposed before");
        job.progress(proposed(2, 0, "fixture = y\n", Origin::Rules, built(0.6, 0.5)));
    });
    end(&backend, 2);
    window.run();
    assert_eq!(state(&window).card().code, "fixture = y\n");
    window.get_by_label("Edit proposal").click();
    window.run();
    let session = state(&window).session();
    assert_eq!(session.card().origin, Origin::Hand);
    assert_eq!(session.card().code, "fixture = y\n");
    assert_eq!(session.cards.len(), 4, "the proposal itself stays");
}

#[test]
fn a_loop_of_the_rules_ends_on_its_best_step() {
    let (backend, mut window) = with_proposer("rules");
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    backend.last(|job| {
        assert_eq!(job.repair().max_steps, 12);
        job.progress(proposed(
            1,
            0,
            "fixture = better\n",
            Origin::Rules,
            built(0.7, 0.6),
        ));
        let broken = failed(Kind::UndefinedName, "NameError", 1);
        job.progress(proposed(2, 1, "fixture = x\n", Origin::Rules, broken));
        job.progress(proposed(3, 1, "fixture = z\n", Origin::Rules, built(0.6, 0.5)));
    });
    end(&backend, 1);
    window.run();
    let session = state(&window).session();
    assert_eq!(session.card().code, "fixture = better\n");
    // Each step starts from the last good one, not from the failure before it.
    let parents: Vec<_> = session.cards.iter().map(|card| card.parent).collect();
    let id = |index: usize| Some(session.cards[index].id);
    assert_eq!(parents, [None, id(0), id(1), id(1)]);
    assert_eq!(state(&window).sessions.proposal, None, "a loop needs no decision");
}

#[test]
fn candidates_of_one_prompt_are_displayed_side_by_side() {
    let (backend, mut window) = with_proposer("rules");
    let place = |score: f64, advantage: f64| GroupPlace {
        group_id: 1,
        size: 3,
        score,
        group_mean: 0.1,
        group_std: 0.9,
        advantage,
    };
    // Nothing to display yet: the 3D view stays.
    ask(&mut window, WindowCommand::ToggleGroup);
    assert!(window.query_by_label("Show group").is_none());
    let last = state(&window).messages.log.last().unwrap();
    assert!(
        last.text.contains("not one of several candidates"),
        "{}",
        last.text
    );
    ask(
        &mut window,
        ControllerCommand::Proposer(ProposerCommand::Candidates(3)),
    );
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    backend.last(|job| {
        assert_eq!(job.repair().candidates, 3);
        for step in 1..=3 {
            job.progress(RepairProgress::Proposing { step });
        }
        let delta = "fixture = one".to_owned();
        job.progress(RepairProgress::ProposalText { step: 2, delta });
    });
    window.run_steps(3);
    window.get_by_label("Show group").click();
    window.run_steps(3);
    window.get_by_label("3 candidates from seed · 0 scored");
    window.get_by_label("candidate step 3, –");
    backend.last(|job| {
        let broken = failed(Kind::UndefinedName, "NameError: name 'x' is not defined", 1);
        for (step, code, place, came) in [
            (1, "fixture = x\n", place(-0.9, -1.1), broken),
            (2, "fixture = one\n", place(0.4, 0.3), built(0.6, 0.5)),
            (3, "fixture = two\n", place(0.8, 0.8), built(0.7, 0.6)),
        ] {
            let mut event = proposed(step, 0, code, Origin::Rules, came);
            if let RepairProgress::Step(step, _) = &mut event {
                step.proposal.as_mut().unwrap().group = Some(place);
            }
            job.progress(event);
        }
    });
    end(&backend, 3);
    window.run();
    window.get_by_label("3 candidates from seed · 2 of 3 built · score 0.100 ± 0.900");
    window.get_by_label("candidate step 1, −1.00").click();
    window.run();
    assert_eq!(state(&window).card().code, "fixture = x\n");
    window.get_by_label("candidate step 3, 0.700").click();
    window.run();
    assert_eq!(state(&window).card().code, "fixture = two\n");
    // The seed, from which they were made, displays the candidates too; a draft has none.
    let seed = state(&window).session().seed().id;
    ask(&mut window, ControllerCommand::SelectCard(seed));
    window.get_by_label("candidate step 2, 0.600");
    ask(&mut window, ControllerCommand::Branch(seed));
    assert!(window.query_by_label("candidate step 2, 0.600").is_none());
    ask(&mut window, ControllerCommand::SelectCard(seed));
    window.get_by_label("candidate step 2, 0.600");
    window.get_all_by_label("Show group").next().unwrap().click();
    window.run();
    assert!(window.query_by_label("candidate step 2, 0.600").is_none());
}

/// A fake model server: it lists a model, then closes the connection.
fn server() -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            let models = r#"{"data": [{"id": "base", "owned_by": "vllm"}, {"id": "repair", "parent": "base", "owned_by": "vllm"}]}"#;
            let answer = if String::from_utf8_lossy(&head[..length]).contains("/v1/models") {
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{models}",
                    models.len()
                )
            } else {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

/// Draws frames until a condition holds that another thread fulfils.
fn frames_until(window: &mut Window, mut holds: impl FnMut(&State) -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !holds(&state(window)) {
        assert!(std::time::Instant::now() < deadline, "waited too long");
        std::thread::sleep(std::time::Duration::from_millis(2));
        window.step();
    }
    window.run();
}

fn type_server(window: &mut Window, url: &str) {
    window.get_by_label("Server address").focus();
    window.run();
    window.get_by_label("Server address").type_text(url);
    window.run();
    // The button may be scrolled out of view.
    window.get_by_label("Add server").click_accesskit();
    window.run_steps(2);
}

#[test]
fn a_server_is_added_queried_and_used_with_its_adapter() {
    let (backend, mut window) = with_proposer("endpoint");
    let url = server();
    type_server(&mut window, &url);
    frames_until(&mut window, |state| {
        matches!(
            state.proposing.servers.first().map(|server| &server.health),
            Some(super::proposing::Health::Healthy(_))
        )
    });
    window.get_by_label("server reachable, 2 models and adapters");
    window.get_by_label_contains(SETTINGS_LABEL).click();
    window.run();
    window.get_by_label("repair · adapter").click();
    window.run();
    assert_eq!(
        state(&window).proposing.servers[0].model.as_deref(),
        Some("repair")
    );
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    backend.last(|job| match &job.repair().proposer {
        ProposerConfig::Endpoint(config) => {
            assert_eq!(config.address.to_string(), url);
            assert_eq!(config.model.as_deref(), Some("repair"));
        }
        other => panic!("{other:?}"),
    });
    // Its prompt, with an estimated number of tokens.
    window.key_press(egui::Key::Escape);
    window.run();
    assert!(backend.last(SubmittedJob::is_cancelled));
    window.get_by_label_contains(SETTINGS_LABEL).click();
    window.run();
    window.get_by_label("Show prompt").click();
    window.run_steps(2);
    frames_until(&mut window, |state| {
        matches!(
            state.proposing.prompt,
            Some(PromptView::Shown { .. } | PromptView::Failed(_))
        )
    });
    window.get_by_label_contains("tokens · estimate");
    window.get_by_label("Close prompt").click();
    window.run();
    assert_eq!(state(&window).proposing.prompt, None);
}

#[test]
fn an_unreachable_server_is_reported_and_streamed_text_stays() {
    let (backend, mut window) = with_proposer("endpoint");
    // A port without a listener.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    type_server(&mut window, &format!("http://{gone}"));
    frames_until(&mut window, |state| {
        matches!(
            state.proposing.servers.first().map(|server| &server.health),
            Some(super::proposing::Health::Unhealthy(_))
        )
    });
    window.get_by_label_contains("server cannot connect");
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    backend.last(|job| {
        job.progress(RepairProgress::Proposing { step: 1 });
        let delta = "import cadquery".to_owned();
        job.progress(RepairProgress::ProposalText { step: 1, delta });
        job.fail(
            "it closed the connection\nhint: look into the server's log",
            false,
        );
    });
    window.run();
    window.get_by_label("look into the server's log");
    window.get_by_label_contains("15 characters · incomplete");
    window.get_by_label("import cadquery");
    assert_eq!(
        state(&window).sessions.streamed[0].end,
        Some(StreamEnd::Interrupted)
    );
    assert_eq!(state(&window).session().cards.len(), 1, "it is no candidate");
}

#[test]
fn a_task_without_recordings_uses_the_rules() {
    let (_standin, window) = with_proposer("rules");
    let session = state(&window).session();
    assert_eq!(
        session.effective_proposer(ProposerKind::Replay),
        ProposerKind::Replay
    );
    let mut other = (*session.task).clone();
    other.repairs.clear();
    let without = super::state::Session::new(other.into(), super::state::CardId(99));
    assert_eq!(
        without.effective_proposer(ProposerKind::Replay),
        ProposerKind::Rules
    );
    assert_eq!(
        without.effective_proposer(ProposerKind::Endpoint),
        ProposerKind::Endpoint
    );
    assert!(
        ServerEntry::default().config(None).is_err(),
        "an empty address is none"
    );
}

#[test]
fn the_target_of_a_loop_is_that_of_the_profile_until_one_is_chosen() {
    let (_backend, mut window) = with_proposer("rules");
    let chosen = ProposerCommand::Target(Some(0.5));
    for (command, target) in [
        (ControllerCommand::SetProfile(Profile::GroundedV2), "0.90"),
        (ControllerCommand::SetProfile(Profile::CadforgeV1), "0.92"),
        (ControllerCommand::Proposer(chosen), "0.50"),
    ] {
        ask(&mut window, command);
        window.get_by_label(&format!("{SETTINGS_LABEL}, 12 steps to {target}"));
    }
}

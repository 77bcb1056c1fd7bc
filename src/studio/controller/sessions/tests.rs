//! Tests of sessions and jobs alone: without files, rows, servers or a window.

use std::sync::Arc;

use super::*;
use crate::assess::Scoring;
use crate::engine::{LoopTarget, RepairProgress, RepairSummary};
use crate::repair::ProposerKind;
use crate::studio::proposing::Proposing;
use crate::studio::testing::{FakeBackend, SubmittedJob, built, step, task};
use crate::trajectory::Origin;

/// Two tasks, the first on screen with a scored seed.
fn scored() -> (FakeBackend, SessionPart, Messages) {
    let backend = FakeBackend::ready();
    let tasks = [task("part", "First part"), task("other", "Other part")];
    let sessions = Sessions::new(tasks, Scoring::default()).unwrap();
    let mut part = SessionPart::new(sessions, Rc::new(backend.clone()), Arc::new(|| {}));
    let mut messages = Messages::default();
    backend.last(|job| job.answer(built(0.5, 0.4)));
    update(&mut part, 0.0, &mut messages);
    assert_eq!(part.state.card().total(), Some(0.5));
    assert!(matches!(part.take_reports()[..], [JobReport::Scored(card)] if card == part.state.card().id));
    (backend, part, messages)
}

fn update(part: &mut SessionPart, now: f64, messages: &mut Messages) -> Option<f64> {
    part.state.now = now;
    part.update(messages)
}

#[test]
fn an_edit_runs_after_its_pause_and_supersedes_the_run_before() {
    let (backend, mut part, mut messages) = scored();
    let seed = part.state.card().id;
    part.edit(seed, "a = 1\n".to_owned(), DEBOUNCE);
    assert_eq!(update(&mut part, 0.1, &mut messages), Some(DEBOUNCE - 0.1));
    assert_eq!(update(&mut part, DEBOUNCE, &mut messages), None);
    assert_eq!(backend.last(SubmittedJob::code), "a = 1\n");
    let draft = part.state.card().id;
    assert_ne!(draft, seed);
    part.edit(draft, "a = 2\n".to_owned(), TUNE);
    assert!(backend.last(SubmittedJob::is_cancelled));
    backend.last(|job| job.answer(built(0.9, 0.9)));
    update(&mut part, 0.3, &mut messages);
    assert_eq!(part.state.card().total(), None, "the result is of other code");
}

#[test]
fn an_internal_error_reaches_the_log_although_its_card_is_gone() {
    let (_backend, mut part, mut messages) = scored();
    part.mark_internal_error(
        0,
        CardId(99),
        "the worker died\nhint: try again",
        false,
        &mut messages,
    );
    let last = messages.log.last().unwrap();
    assert!(
        last.is_error && last.text.starts_with("the worker died"),
        "{last:?}"
    );
    assert!(messages.notice.is_some());

    // A loop whose base is removed while it runs.
    let (backend, mut part, mut messages) = scored();
    part.branch(part.state.card().id);
    let base = part.state.card().id;
    part.repair(false, &Proposing::default(), &mut messages);
    part.remove(base);
    backend.last(|job| job.fail("the server closed the connection", false));
    update(&mut part, 1.0, &mut messages);
    let reported = messages.log.iter().filter(|line| line.is_error);
    assert_eq!(reported.count(), 1);
    assert!(part.state.running.is_empty());
}

#[test]
fn a_loop_stops_at_the_target_of_its_profile_or_at_the_chosen_one() {
    let target = |chosen: Option<f64>, single: bool| {
        let (backend, mut part, mut messages) = scored();
        part.set_profile(Profile::GroundedV2);
        let proposing = Proposing {
            kind: ProposerKind::Rules,
            target: chosen,
            ..Proposing::default()
        };
        part.repair(single, &proposing, &mut messages);
        backend.last(|job| job.repair().target)
    };
    assert_eq!(target(None, false), LoopTarget::Profile);
    // The target of another profile is as good a choice as any.
    let of_other = Profile::CadforgeV1.target();
    assert_eq!(target(Some(of_other), false), LoopTarget::Total(of_other));
    assert_eq!(target(Some(0.5), true), LoopTarget::Never);
}

#[test]
fn a_single_step_waits_for_a_decision_and_a_loop_selects_its_best() {
    for single in [true, false] {
        let (backend, mut part, mut messages) = scored();
        part.repair(single, &Proposing::default(), &mut messages);
        backend.last(|job| {
            job.start();
            job.progress(RepairProgress::ProposalText {
                step: 1,
                delta: "fixture = one".to_owned(),
            });
            job.progress(step(1, "fixture = one\n", built(0.7, 0.6)));
            job.progress(step(2, "fixture = two\n", built(0.6, 0.6)));
            job.finish(RepairSummary {
                steps: 3,
                best: 1,
                delta_reward: 0.2,
                reached: false,
                trajectory: None,
            });
        });
        update(&mut part, 1.0, &mut messages);
        let session = part.state.session();
        assert_eq!(session.cards.len(), 3);
        assert_eq!(
            part.state.streamed[0].end,
            Some(crate::studio::state::StreamEnd::Complete)
        );
        let proposal = part.state.proposal.map(|proposal| proposal.card);
        if single {
            assert_eq!(proposal, Some(session.cards[2].id));
        } else {
            assert_eq!((proposal, session.selected), (None, session.cards[1].id));
        }
    }
}

#[test]
fn a_shape_for_another_part_is_reported_also_when_it_is_stopped() {
    let (backend, mut part, mut messages) = scored();
    let (first, second) = (
        part.build_shape(1, "x = 1\n", "row 1".to_owned()),
        part.build_shape(1, "x = 2\n", "row 2".to_owned()),
    );
    backend.job(1, |job| job.answer(built(0.5, 0.4)));
    update(&mut part, 1.0, &mut messages);
    part.cancel_all(&mut messages);
    let reports = part.take_reports();
    let [
        JobReport::Shape(built, Ok(_)),
        JobReport::Shape(stopped, Err(why)),
    ] = &reports[..]
    else {
        panic!("{reports:?}");
    };
    assert_eq!((*built, *stopped, &why[..]), (first, second, "stopped"));
    assert!(part.state.running.is_empty() && part.state.session().cards[0].origin == Origin::Seed);
}

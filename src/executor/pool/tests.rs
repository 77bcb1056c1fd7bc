use super::*;

fn state(phases: &[Phase]) -> State {
    let slots = phases.iter().map(|&phase| Slot {
        phase,
        ..Slot::default()
    });
    State {
        slots: slots.collect(),
        ..State::default()
    }
}

fn submit(state: &mut State, priority: Priority, count: usize) {
    for _ in 0..count {
        let job = Job {
            code: Arc::default(),
            vary: None,
            spec: RunSpec::default(),
            cancel: CancelToken::never(),
            reply: bounded(1).0,
            preview: None,
            submitted: Instant::now(),
            deaths: 0,
            began_s: 0.0,
            priority,
            purpose: Purpose::Result,
            source: Source(1),
            identity: None,
        };
        state.queue.push(priority, Source(1), job, 0.0);
    }
}

fn needed(state: &State, live_slot: bool) -> Vec<bool> {
    (0..state.slots.len())
        .map(|slot| state.is_needed(slot, live_slot))
        .collect()
}

#[test]
fn another_worker_is_needed_only_if_more_jobs_wait_than_workers_will_take() {
    use Phase::{Busy, Empty, Idle, Starting};
    let mut state = state(&[Empty, Empty, Empty]);
    assert_eq!(needed(&state, false), [false; 3]);
    submit(&mut state, Priority::Batch, 1);
    assert_eq!(needed(&state, true), [false, true, true]);
    state.slots[1].phase = Starting;
    assert_eq!(needed(&state, true), [false; 3]);
    state.slots[1].phase = Busy;
    assert!(needed(&state, true)[2]);
    state.slots[2].phase = Idle;
    assert_eq!(needed(&state, true), [false; 3]);
    submit(&mut state, Priority::Live, 1);
    assert!(needed(&state, true)[0]);
}

#[test]
fn batches_avoid_the_live_slot_while_other_slots_work() {
    use Phase::{Busy, Failed, Idle};
    let accepts = |state: &State, slot: usize| {
        let AcceptedJobs { live, batch } = state.accepts(slot, true);
        (live, batch)
    };
    let pool = state(&[Idle, Busy]);
    assert_eq!(
        (accepts(&pool, 0), accepts(&pool, 1)),
        ((true, false), (false, true))
    );
    let pool = state(&[Idle, Failed]);
    assert_eq!(accepts(&pool, 0), (true, true));
    let pool = state(&[Failed, Busy]);
    assert_eq!(accepts(&pool, 1), (true, true));
    assert_eq!(accepts(&state(&[Idle]), 0), (true, true));
}

#[test]
fn only_the_failure_of_the_first_worker_is_permanent() {
    use Phase::{Empty, Failed, Idle, Starting};
    assert!(state(&[Empty, Empty]).permanent_error().is_none());
    assert!(state(&[Failed, Starting]).permanent_error().is_none());
    assert!(state(&[Failed, Empty]).permanent_error().is_some());
    assert!(state(&[Failed, Idle]).permanent_error().is_none());
    assert!(state(&[Failed, Failed]).permanent_error().is_some());
}

#[test]
fn a_refusal_estimates_when_the_queue_has_room() {
    assert_eq!(retry_after_ms(1024, 2, 200.0), 25_600);
    assert_eq!(retry_after_ms(1, 4, 200.0), 50);
    assert_eq!(retry_after_ms(0, 0, 0.0), 1);
    let mut state = state(&[Phase::Idle, Phase::Busy, Phase::Busy]);
    state.learn_run_time(100.0);
    state.learn_run_time(200.0);
    let error = state.overloaded(8, Priority::Batch, true);
    assert!(
        matches!(
            error,
            ExecutorError::Overloaded {
                queued: 8,
                retry_after_ms: 110
            }
        ),
        "{error:?}"
    );
}

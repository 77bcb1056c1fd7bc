//! Reports timed stages to the subscriber of this process.

use std::time::Instant;

use cadforge_protocol::stage::RunStages;

/// Target of the event of one stage of another process: `worker` (its pid), `process`, `name`, `begin_us` and `us`.
pub const STAGE_TARGET: &str = "cadforge::stage";

/// Target of the event of what a process of a run has used: `worker`, `process`, `cpu_ms` and `minor_faults`.
pub const USE_TARGET: &str = "cadforge::use";

/// Reports the stages of a run.
pub(crate) fn report(worker: u32, run: &RunStages) {
    for stage in &run.stages {
        tracing::trace!(
            target: STAGE_TARGET,
            worker,
            process = stage.process.label(),
            name = stage.name,
            begin_us = stage.begin_us,
            us = stage.us,
        );
    }
    for used in &run.uses {
        tracing::trace!(
            target: USE_TARGET,
            worker,
            process = used.process.label(),
            cpu_ms = used.cpu_ms,
            minor_faults = used.minor_faults,
        );
    }
}

/// Reports the wait of a candidate, which ends now.
pub(crate) fn report_queue(worker: u32, submitted: Instant) {
    let us = u64::try_from(submitted.elapsed().as_micros()).unwrap_or(u64::MAX);
    let begin_us = cadforge_platform::linux::monotonic_us().saturating_sub(us);
    tracing::trace!(target: STAGE_TARGET, worker, process = "queue", name = "queue", begin_us, us);
}

//! Counters and histograms as Prometheus text. Values of the pool and the cache are read when the text is made.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::scoring::ScoringService;
use cadforge_assess::Evaluation;

/// Upper bounds of the histograms' buckets, s: from a cached candidate to the time limit of a step.
const BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];

/// Counts since the server started.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    requests_took: Histogram,
    kinds: Mutex<BTreeMap<&'static str, u64>>,
    built: AtomicU64,
    scores_took: Histogram,
    internal_errors: AtomicU64,
    refused: AtomicU64,
    messages: AtomicU64,
    /// Sockets with an environment.
    pub sessions: AtomicUsize,
    /// Open connections.
    pub connections: AtomicUsize,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Metrics {
    /// Counts an HTTP response; `route` is a pattern, never a client's string.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), status)).or_default() += 1;
        self.requests_took.add(took);
    }

    /// Counts a reply on a socket.
    pub fn message(&self) {
        self.messages.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a scored candidate.
    pub fn scored(&self, evaluation: &Evaluation, took: Duration) {
        self.built.fetch_add(u64::from(evaluation.ok), Ordering::Relaxed);
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        *kinds.entry(evaluation.kind.name()).or_default() += 1;
        self.scores_took.add(took);
    }

    /// Counts an internal error.
    pub fn internal_error(&self) {
        self.internal_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that a limit or a missing token rejected.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// All metrics as Prometheus text.
    pub fn text(&self, scoring: &ScoringService) -> String {
        let mut out = String::new();
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        head(
            &mut out,
            "http_requests_total",
            "counter",
            "HTTP requests by route and status",
        );
        for ((route, status), count) in requests.iter() {
            let _ = writeln!(
                out,
                "cadforge_http_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        drop(requests);
        self.requests_took.text(
            &mut out,
            "http_request_duration_seconds",
            "HTTP requests until their answer",
        );
        single(
            &mut out,
            "ws_messages_total",
            "counter",
            "messages answered on sockets",
            count(&self.messages),
        );
        single(
            &mut out,
            "refused_total",
            "counter",
            "rejected by a limit or for a missing token",
            count(&self.refused),
        );
        single(
            &mut out,
            "sessions",
            "gauge",
            "sockets that hold an environment",
            self.sessions.load(Ordering::Relaxed),
        );
        single(
            &mut out,
            "connections",
            "gauge",
            "open connections",
            self.connections.load(Ordering::Relaxed),
        );

        head(
            &mut out,
            "candidates_total",
            "counter",
            "candidates scored, by kind",
        );
        for (kind, count) in self.kinds.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "cadforge_candidates_total{{kind=\"{kind}\"}} {count}");
        }
        single(
            &mut out,
            "candidates_built_total",
            "counter",
            "candidates that built",
            count(&self.built),
        );
        let scored = self.scores_took.count.load(Ordering::Relaxed);
        let rate = if scored == 0 {
            0.0
        } else {
            count(&self.built) as f64 / scored as f64
        };
        single(
            &mut out,
            "build_rate",
            "gauge",
            "share of scored candidates that built",
            rate,
        );
        self.scores_took.text(
            &mut out,
            "candidate_duration_seconds",
            "time of a candidate from admission to its score",
        );
        for (name, help) in [
            (
                "internal_errors_total",
                "candidates without a score because of internal errors",
            ),
            ("faults_total", "deprecated, use cadforge_internal_errors_total"),
        ] {
            single(&mut out, name, "counter", help, count(&self.internal_errors));
        }

        let pool = scoring.pool();
        single(
            &mut out,
            "candidates_waiting",
            "gauge",
            "candidates in progress or waiting",
            scoring.waiting(),
        );
        single(
            &mut out,
            "queue",
            "gauge",
            "candidates waiting for a worker",
            pool.queued,
        );
        head(&mut out, "workers", "gauge", "worker processes by state");
        for (state, count) in [
            ("idle", pool.ready.saturating_sub(pool.busy)),
            ("busy", pool.busy),
            ("starting", pool.starting),
        ] {
            let _ = writeln!(out, "cadforge_workers{{state=\"{state}\"}} {count}");
        }
        single(
            &mut out,
            "worker_restarts_total",
            "counter",
            "workers that died and were replaced",
            pool.restarts,
        );
        single(
            &mut out,
            "worker_recycled_total",
            "counter",
            "workers replaced by count or memory",
            pool.recycled,
        );
        let (hits, misses) = scoring.cache_lookups();
        head(&mut out, "cache_lookups_total", "counter", "cache lookups");
        let _ = writeln!(out, "cadforge_cache_lookups_total{{result=\"hit\"}} {hits}");
        let _ = writeln!(out, "cadforge_cache_lookups_total{{result=\"miss\"}} {misses}");
        out
    }
}

impl Histogram {
    fn add(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BUCKETS.iter().position(|bound| seconds <= *bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    fn text(&self, out: &mut String, name: &str, help: &str) {
        head(out, name, "histogram", help);
        let mut below = 0;
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            below += count(bucket);
            let _ = writeln!(out, "cadforge_{name}_bucket{{le=\"{bound}\"}} {below}");
        }
        // Read once, so that the last bucket and the count are equal.
        let all = count(&self.count);
        let _ = writeln!(out, "cadforge_{name}_bucket{{le=\"+Inf\"}} {all}");
        let _ = writeln!(out, "cadforge_{name}_sum {}", count(&self.micros) as f64 / 1e6);
        let _ = writeln!(out, "cadforge_{name}_count {all}");
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(
        out,
        "# HELP cadforge_{name} {help}\n# TYPE cadforge_{name} {kind}"
    );
}

fn single(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    head(out, name, kind, help);
    let _ = writeln!(out, "cadforge_{name} {value}");
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

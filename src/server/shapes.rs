//! The meshes of the demo Space's last runs, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Maximum size of the stored meshes in bytes; the oldest run is removed first.
const MAX_BYTES: usize = 256 << 20;

/// The meshes of the last runs.
#[derive(Debug, Default)]
pub struct Shapes(Mutex<VecDeque<Run>>);

#[derive(Debug)]
pub struct Run {
    pub task_id: String,
    pub kind: RunKind,
    pub best: usize,
    /// One entry per step; `None` for a failed build.
    pub steps: Vec<Option<Bytes>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    Demo,
    Loop,
}

impl Shapes {
    pub fn keep(&self, run: Run) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|old| (old.kind, &old.task_id) != (run.kind, &run.task_id));
        runs.push_back(run);
        let size = |run: &Run| run.steps.iter().flatten().map(Bytes::len).sum::<usize>();
        while runs.len() > 1 && runs.iter().map(size).sum::<usize>() > MAX_BYTES {
            runs.pop_front();
        }
    }

    /// A step's mesh; the best step's if `step` is `None`.
    pub fn find(&self, kind: RunKind, task_id: &str, step: Option<&str>) -> Result<Bytes, &'static str> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs
            .iter()
            .find(|run| run.kind == kind && run.task_id == task_id)
            .ok_or("no run of this task yet\nhint: POST /api/space/repair-loop or /api/space/demo first")?;
        let index = match step {
            None | Some("final") => run.best,
            Some("seed") => 0,
            Some(number) => number.parse().unwrap_or(usize::MAX),
        };
        match run.steps.get(index) {
            None => Err("the run does not have this step"),
            Some(None) => Err("this step did not build and has no mesh"),
            Some(Some(stl)) => Ok(stl.clone()),
        }
    }
}

//! One run over the input: rows in, scores from several threads, rows out in order.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::held::{HeldLines, IN_MEMORY, Ticket};
use super::input::{Plan, ScorableRow, ScorableRows};
use super::{Progress, ScoreOptions, ScoreSummary, rows};
use crate::{Compared, DataError, Row, compare, file_of, line_of};
use cadforge_assess::{AssessError, Assessor, Evaluation, Request};
use cadforge_executor::{CancelToken, Priority};
use cadforge_repair as repair;
use cadforge_reward::Shaping;
use cadforge_task::{Task, TaskSet};

/// Queued candidates per thread: enough that none is idle while rows are read.
const QUEUED_PER_THREAD: usize = 4;
/// Results that are stored for copies; covers groups, and models that repeat themselves.
const RECENT_RESULTS: usize = 4096;
/// Maximum number of internal errors in a row before the run stops.
const MAX_FAULTS: usize = 20;
/// Upper bound of the work lost in a power failure; a killed process loses nothing.
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// State shared by all parts of a run.
pub(super) struct Pass<'a> {
    pub options: &'a ScoreOptions,
    pub plan: &'a Plan,
    pub assessor: &'a Assessor,
    pub tasks: &'a TaskSet,
}

/// The row of an earlier run for the next row, if it can be kept.
pub(super) type Previous<'a> = dyn FnMut() -> Result<Option<Row>, DataError> + 'a;

struct Work {
    key: Key,
    task: Arc<Task>,
    code: String,
    completion: Option<String>,
    clipped: bool,
}

/// Identifies a result within one run.
type Key = [u8; 32];
type Done = (Key, Result<Evaluation, AssessError>);

impl Pass<'_> {
    /// Writes the rows of this shard from `first` (an index within the shard) on.
    pub fn run(
        &self,
        output: &mut File,
        path: &Path,
        first: usize,
        previous: &mut Previous<'_>,
        summary: &mut ScoreSummary,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), DataError> {
        let (work, to_do) = crossbeam_channel::unbounded::<Work>();
        let (done, results) = crossbeam_channel::unbounded::<Done>();
        let (stop, stopped) = CancelToken::pair();
        std::thread::scope(|scope| {
            for _ in 0..self.options.jobs.max(1) {
                let (to_do, done, stopped) = (to_do.clone(), done.clone(), stopped.clone());
                scope.spawn(move || self.score_all(&to_do, &done, &stopped));
            }
            drop((to_do, done));
            let mut flow = Flow {
                pass: self,
                work,
                results,
                row: self.plan.rows.start + first,
                pending: VecDeque::new(),
                first_pending: self.plan.rows.start + first,
                groups: HashMap::new(),
                held: HeldLines::default(),
                waiting_bytes: 0,
                asked: HashMap::new(),
                remembered: VecDeque::new(),
                running: 0,
                faults: 0,
                last_sync: Instant::now(),
                output,
                path,
                summary,
                progress,
                before: first,
            };
            flow.summary.rows = first;
            let came = flow.flow(previous);
            // After an error, queued work is dropped.
            stop.cancel();
            came
        })
    }

    fn score_all(&self, to_do: &Receiver<Work>, done: &Sender<Done>, stopped: &CancelToken) {
        for work in to_do {
            if stopped.is_cancelled() {
                return;
            }
            let scoring = &self.options.scoring;
            let request = Request {
                task: &work.task,
                code: &file_of(&work.code),
                completion: work.completion.as_deref(),
                scoring,
                priority: Priority::Batch,
            };
            let mut result = self.assessor.evaluate(&request, stopped);
            if let Ok(evaluation) = &mut result
                && work.clipped
            {
                let completion = work.completion.as_deref().unwrap_or(&work.code);
                repair::name_clipped(evaluation, &work.code, completion, scoring.shaping);
            }
            if done.send((work.key, result)).is_err() {
                return;
            }
        }
    }
}

/// A row that is read but not written.
struct Pending {
    group: u32,
    /// Its index in the group.
    place: usize,
    /// Length of its line, while its row is held.
    bytes: u64,
    state: PendingState,
}

enum PendingState {
    /// Its candidate is being scored.
    Waits(Row),
    Ready(Ticket),
}

/// The known scores of a group.
#[derive(Default)]
struct Scores {
    scores: Vec<Option<f64>>,
    known: usize,
    written: usize,
    result: Option<Compared>,
}

/// Status of a candidate.
enum Lookup {
    /// Rows that wait for it.
    Running(Vec<usize>),
    Known(Arc<Evaluation>),
}

struct Flow<'a, 'p> {
    pass: &'a Pass<'p>,
    work: Sender<Work>,
    results: Receiver<Done>,
    /// The next row to read.
    row: usize,
    pending: VecDeque<Pending>,
    first_pending: usize,
    groups: HashMap<u32, Scores>,
    held: HeldLines,
    /// Bytes of rows whose candidates are being scored.
    waiting_bytes: u64,
    asked: HashMap<Key, Lookup>,
    remembered: VecDeque<Key>,
    running: usize,
    faults: usize,
    last_sync: Instant,
    output: &'a mut File,
    path: &'a Path,
    summary: &'a mut ScoreSummary,
    progress: &'a mut dyn FnMut(Progress),
    before: usize,
}

impl Flow<'_, '_> {
    fn flow(&mut self, previous: &mut Previous<'_>) -> Result<(), DataError> {
        let options = self.pass.options;
        let mut source = ScorableRows::open(&options.input, options.task.as_deref(), self.pass.tasks)?;
        let mut skip = self.row;
        loop {
            if self.takes_more() {
                match source.next()? {
                    // The file has become shorter since it was first read.
                    None => {
                        return Err(DataError::Input(format!(
                            "{} has changed since it was read\nhint: run the same command again",
                            options.input.display()
                        )));
                    }
                    Some(Err(_)) => {}
                    Some(Ok(_)) if skip > 0 => skip -= 1,
                    Some(Ok(candidate)) => {
                        let earlier = previous()?;
                        self.take(candidate, earlier)?;
                    }
                }
            } else if self.running > 0 {
                let done = self.results.recv().map_err(|_| thread_panicked())?;
                self.settle(done)?;
            } else {
                break;
            }
            loop {
                match self.results.try_recv() {
                    Ok(done) => self.settle(done)?,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Err(thread_panicked()),
                }
            }
            self.write()?;
        }
        self.output.sync_data().map_err(DataError::io("write", self.path))
    }

    /// Whether to read another row now.
    fn takes_more(&self) -> bool {
        if self.summary.stopped.is_some()
            || self.row >= self.pass.plan.rows.end
            || self.running >= QUEUED_PER_THREAD * self.pass.options.jobs.max(1)
        {
            return false;
        }
        // The first waiting row may wait for rows of its group that are not read yet.
        let waits_for_later = |pending: &Pending| {
            let group = self.pass.plan.groups.of(self.first_pending).1;
            self.groups[&pending.group].scores.len() < group.rows as usize
        };
        self.held.bytes as u64 + self.waiting_bytes < IN_MEMORY as u64
            || self.pending.front().is_some_and(waits_for_later)
    }

    /// Adds the next row.
    fn take(&mut self, candidate: ScorableRow, earlier: Option<Row>) -> Result<(), DataError> {
        let (group, _) = self.pass.plan.groups.of(self.row);
        let scores = self.groups.entry(group).or_default();
        let place = scores.scores.len();
        scores.scores.push(None);
        let index = self.row;
        self.row += 1;
        let shaping = self.pass.options.scoring.shaping;
        let ScorableRow {
            row,
            task,
            code,
            bytes,
            ..
        } = candidate;
        self.waiting_bytes += bytes;
        if let Some(earlier) = earlier.filter(rows::is_scored) {
            self.pending.push_back(Pending {
                group,
                place,
                bytes,
                state: PendingState::Waits(row),
            });
            self.summary.already_scored += 1;
            let (map, score) = rows::without_group_keys(earlier);
            return self.ready(index, map, Some(score));
        }
        let completion = match shaping {
            Shaping::None => None,
            _ => row.completion(),
        };
        let clipped = row.clipped();
        let key = key(&task, &code, completion.as_deref(), clipped);
        self.pending.push_back(Pending {
            group,
            place,
            bytes,
            state: PendingState::Waits(row),
        });
        match self.asked.get_mut(&key) {
            Some(Lookup::Known(evaluation)) => {
                let evaluation = Arc::clone(evaluation);
                self.summary.copies += 1;
                self.scored(index, &evaluation)
            }
            Some(Lookup::Running(waiting)) => {
                waiting.push(index);
                self.summary.copies += 1;
                Ok(())
            }
            None => {
                self.asked.insert(key, Lookup::Running(vec![index]));
                self.running += 1;
                let work = Work {
                    key,
                    task,
                    code,
                    completion,
                    clipped,
                };
                self.work.send(work).map_err(|_| thread_panicked())
            }
        }
    }

    /// Gives a result to all rows that wait for it.
    fn settle(&mut self, (key, result): Done) -> Result<(), DataError> {
        self.running -= 1;
        let Some(Lookup::Running(waiting)) = self.asked.remove(&key) else {
            unreachable!("a result without a request");
        };
        match result {
            Ok(evaluation) => {
                self.faults = 0;
                let evaluation = Arc::new(evaluation);
                self.asked.insert(key, Lookup::Known(Arc::clone(&evaluation)));
                self.remembered.push_back(key);
                if self.remembered.len() > RECENT_RESULTS
                    && let Some(oldest) = self.remembered.pop_front()
                {
                    self.asked.remove(&oldest);
                }
                waiting
                    .into_iter()
                    .try_for_each(|index| self.scored(index, &evaluation))
            }
            // A reference that cannot be built would fail every row of its task; the user must fix it before anything
            // is written.
            Err(error) if error.is_input() => Err(error.into()),
            Err(error) => {
                let message = error.to_string();
                self.faults += 1;
                self.summary.errors += waiting.len();
                if self.faults >= MAX_FAULTS && self.summary.stopped.is_none() {
                    self.summary.stopped = Some(format!("{MAX_FAULTS} internal errors in a row: {message}"));
                }
                for index in waiting {
                    let row = self.waiting_row(index);
                    let map = rows::failed(row, &message, &self.pass.options.scoring);
                    self.ready(index, map, None)?;
                }
                Ok(())
            }
        }
    }

    fn scored(&mut self, index: usize, evaluation: &Evaluation) -> Result<(), DataError> {
        let row = self.waiting_row(index);
        let (map, score) = rows::scored(row, evaluation);
        self.summary.scored += 1;
        self.ready(index, map, Some(score))
    }

    fn waiting_row(&mut self, index: usize) -> Row {
        match &mut self.pending[index - self.first_pending].state {
            PendingState::Waits(row) => std::mem::take(row),
            PendingState::Ready(_) => unreachable!("a row is scored once"),
        }
    }

    fn ready(
        &mut self,
        index: usize,
        mut map: Map<String, Value>,
        score: Option<f64>,
    ) -> Result<(), DataError> {
        let line_of_group = self.pass.plan.groups.of(index).1.line;
        map.entry("group_id")
            .or_insert_with(|| Value::from(line_of_group));
        let line = line_of(&map);
        let ticket = self
            .held
            .put(line)
            .map_err(DataError::io("write", &std::env::temp_dir()))?;
        let pending = &mut self.pending[index - self.first_pending];
        pending.state = PendingState::Ready(ticket);
        self.waiting_bytes -= std::mem::take(&mut pending.bytes);
        let scores = self.groups.get_mut(&pending.group).expect("taken in");
        scores.scores[pending.place] = score;
        scores.known += 1;
        Ok(())
    }

    /// Writes all rows that can be written now.
    fn write(&mut self) -> Result<(), DataError> {
        let mut out = Vec::new();
        let mut count = 0;
        while let Some(pending) = self.pending.front() {
            let (_, group) = self.pass.plan.groups.of(self.first_pending);
            let scores = self.groups.get_mut(&pending.group).expect("taken in");
            if scores.known < group.rows as usize {
                break;
            }
            let Some(Pending {
                group: number,
                place,
                state: PendingState::Ready(ticket),
                ..
            }) = self.pending.pop_front()
            else {
                unreachable!("all of its group are known");
            };
            self.first_pending += 1;
            let mut line = self
                .held
                .take(ticket)
                .map_err(DataError::io("read", &std::env::temp_dir()))?;
            let profile = self.pass.options.scoring.profile;
            let compared = scores
                .result
                .get_or_insert_with(|| compare(&scores.scores, profile));
            rows::finish(&mut line, compared, place);
            scores.written += 1;
            if scores.written == group.rows as usize {
                self.groups.remove(&number);
            }
            out.extend_from_slice(&line);
            count += 1;
            if out.len() > IN_MEMORY / 4 {
                self.output
                    .write_all(&std::mem::take(&mut out))
                    .map_err(DataError::io("write", self.path))?;
            }
        }
        if count == 0 {
            return Ok(());
        }
        self.output
            .write_all(&out)
            .map_err(DataError::io("write", self.path))?;
        if self.last_sync.elapsed() > SYNC_EVERY {
            self.output
                .sync_data()
                .map_err(DataError::io("write", self.path))?;
            self.last_sync = Instant::now();
        }
        self.summary.rows += count;
        (self.progress)(Progress {
            done: self.summary.rows,
            total: self.pass.plan.rows.len(),
            before: self.before,
        });
        Ok(())
    }
}

fn key(task: &Task, code: &str, completion: Option<&str>, clipped: bool) -> Key {
    let mut hash = Sha256::new();
    for part in [task.id.as_str(), code, completion.unwrap_or_default()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update([u8::from(clipped), u8::from(completion.is_some())]);
    hash.finalize().into()
}

/// A scoring thread ended; its panic message is on standard error.
fn thread_panicked() -> DataError {
    DataError::Assess(AssessError::Executor(cadforge_executor::ExecutorError::Broken(
        "a scoring thread ended early\nhint: please report it with the message above".to_owned(),
    )))
}

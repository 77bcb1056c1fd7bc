//! A fake engine for tests: stores the submitted jobs and sends events on request.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::backend::Backend;
use super::command::Command;
use super::editor;
use super::state::State;
use super::theme;
use super::{Opened, Studio};
use crate::assess::{Artifacts, Assessment, Built, Evaluation, Progress, Scoring, Timing, Versions};
use crate::engine::{
    AssessJob, Event, ExportJob, Job, JobHandle, JobId, RepairJob, RepairProgress, RepairSummary, Wake,
};
use crate::executor::{CancelToken, PoolStatus};
use crate::failure::{Failure, Kind};
use crate::geometry::{BrepFacts, Shape, TriMesh};
use crate::reward::{Details, Mode, Profile, Reward};
use crate::server::{Config, HostEvent, Hosting};
use crate::task::{Level, RecordedRepair, RecordedStep, Scale, Task, TaskSet};
use crate::trajectory::{Origin, Proposal, Step};

/// A window under test.
pub type Window = Harness<'static, Option<Studio>>;

pub fn state(window: &Window) -> State<'_> {
    window.state().as_ref().unwrap().state()
}

/// Text of the banner, which must exist.
pub fn notice(window: &Window) -> &str {
    let notice = state(window).messages.notice.as_ref();
    &notice.expect("a notice").text
}

pub fn studio(window: &mut Window) -> &mut Studio {
    window.state_mut().as_mut().unwrap()
}

/// Executes a command like a panel, and draws the result.
pub fn ask(window: &mut Window, command: impl Into<Command>) {
    studio(window).apply(command);
    window.run_steps(3);
}

/// Draws frames until a condition holds that another thread fulfils.
pub fn until(window: &mut Window, what: &str, holds: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !holds(&state(window)) {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for {what}");
        std::thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

/// Advances window time frame by frame.
pub fn wait(window: &mut Window, seconds: f64) {
    let end = window.ctx.input(|input| input.time) + seconds;
    while window.ctx.input(|input| input.time) < end {
        window.step();
    }
}

/// Types into the code editor.
pub fn type_code(window: &mut Window, code: &str) {
    window.get_by_label(editor::NAME).focus();
    window.run_steps(2);
    window.get_by_label(editor::NAME).type_text(code);
    window.run_steps(2);
}

/// A window with a scored seed.
pub fn scored() -> (FakeBackend, Window) {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    (backend, window)
}

/// A window with an opened file of these contents.
pub fn opened(path: &Path, code: &str) -> Window {
    std::fs::write(path, code).unwrap();
    let mut window = window(&FakeBackend::ready());
    studio(&mut window).open(Opened::File(path.to_owned()));
    until(&mut window, "the file", |state| state.card().code == code);
    window
}

/// Calls of the fake backend.
#[derive(Default)]
pub struct BackendLog {
    pub jobs: Vec<SubmittedJob>,
    pub pool: PoolStatus,
    /// Requested servers: configuration, and the sender of their events.
    pub servers: Vec<(Config, Sender<HostEvent>)>,
    /// Number of stop requests.
    pub stops: Arc<AtomicUsize>,
}

pub struct SubmittedJob {
    pub job: SentJob,
    cancelled: CancelToken,
}

/// A job with the sender of its events.
pub enum SentJob {
    Assess(AssessJob, Sender<Event<AssessJob>>),
    Repair(RepairJob, Sender<Event<RepairJob>>),
    Export(ExportJob, Sender<Event<ExportJob>>),
}

/// Sends to a receiver that may be gone.
fn send<J: Job>(sender: &Sender<Event<J>>, event: Event<J>) {
    let _ = sender.send(event);
}

impl SubmittedJob {
    /// Whether the studio cancelled or dropped it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    pub fn assess(&self) -> &AssessJob {
        match &self.job {
            SentJob::Assess(job, _) => job,
            SentJob::Repair(..) | SentJob::Export(..) => panic!("not an assessment"),
        }
    }

    pub fn repair(&self) -> &RepairJob {
        match &self.job {
            SentJob::Repair(job, _) => job,
            SentJob::Assess(..) | SentJob::Export(..) => panic!("not a repair"),
        }
    }

    pub fn code(&self) -> String {
        String::from_utf8(self.assess().code.to_vec()).unwrap()
    }

    /// Requests a worker, like the engine.
    pub fn start(&self) {
        match &self.job {
            SentJob::Assess(_, sender) => send(sender, Event::Started),
            SentJob::Repair(_, sender) => send(sender, Event::Started),
            SentJob::Export(_, sender) => send(sender, Event::Started),
        }
    }

    /// Fails with an internal error, or an error of the input.
    pub fn fail(&self, message: &str, input: bool) {
        let message = message.to_owned();
        match &self.job {
            SentJob::Assess(_, sender) => send(sender, Event::Failed { message, input }),
            SentJob::Repair(_, sender) => send(sender, Event::Failed { message, input }),
            SentJob::Export(_, sender) => send(sender, Event::Failed { message, input }),
        }
    }

    pub fn end_cancelled(&self) {
        match &self.job {
            SentJob::Assess(_, sender) => send(sender, Event::Cancelled),
            SentJob::Repair(_, sender) => send(sender, Event::Cancelled),
            SentJob::Export(_, sender) => send(sender, Event::Cancelled),
        }
    }

    fn send_assess(&self, event: Event<AssessJob>) {
        match &self.job {
            SentJob::Assess(_, sender) => send(sender, event),
            SentJob::Repair(..) | SentJob::Export(..) => panic!("not an assessment"),
        }
    }

    fn send_repair(&self, event: Event<RepairJob>) {
        match &self.job {
            SentJob::Repair(_, sender) => send(sender, event),
            SentJob::Assess(..) | SentJob::Export(..) => panic!("not a repair"),
        }
    }

    /// The candidate of an assessment is built.
    pub fn build(&self, built: Built) {
        self.send_assess(Event::Progress(Progress::Built(built)));
    }

    /// A coarse mesh of it is known.
    pub fn preview(&self, shape: Arc<Shape>) {
        self.send_assess(Event::Progress(Progress::Preview(shape)));
    }

    /// It is scored without editability.
    pub fn score_without_editability(&self, evaluation: Evaluation) {
        let progress = Progress::WithoutEditability(Box::new(evaluation));
        self.send_assess(Event::Progress(progress));
    }

    /// Sends the result of an assessment.
    pub fn answer(&self, assessment: Assessment) {
        self.send_assess(Event::Done(Box::new(assessment)));
    }

    pub fn progress(&self, progress: RepairProgress) {
        self.send_repair(Event::Progress(progress));
    }

    /// Sends the result of a repair.
    pub fn finish(&self, summary: RepairSummary) {
        self.send_repair(Event::Done(Box::new(summary)));
    }

    pub fn written(&self, path: &str) {
        match &self.job {
            SentJob::Export(_, sender) => send(sender, Event::Done(Box::new(path.into()))),
            SentJob::Assess(..) | SentJob::Repair(..) => panic!("not an export"),
        }
    }
}

/// Shares its log with the test.
#[derive(Clone, Default)]
pub struct FakeBackend(pub Rc<RefCell<BackendLog>>);

impl FakeBackend {
    /// A backend with ready workers.
    pub fn ready() -> Self {
        let backend = Self::default();
        backend.0.borrow_mut().pool.ready = 1;
        backend
    }

    /// Inspects the last repair.
    pub fn last_repair<R>(&self, look: impl FnOnce(&SubmittedJob) -> R) -> R {
        let log = self.0.borrow();
        let is_repair = |sent: &&SubmittedJob| matches!(sent.job, SentJob::Repair(..));
        look(log.jobs.iter().rfind(is_repair).expect("a repair"))
    }

    /// Number of jobs so far.
    pub fn count(&self) -> usize {
        self.0.borrow().jobs.len()
    }

    pub fn job<R>(&self, index: usize, look: impl FnOnce(&SubmittedJob) -> R) -> R {
        look(&self.0.borrow().jobs[index])
    }

    fn submit<J: Job>(&self, sent: impl FnOnce(Sender<Event<J>>) -> SentJob) -> JobHandle<J> {
        let mut log = self.0.borrow_mut();
        let id = JobId(log.jobs.len() as u64 + 1);
        let (sender, events) = crossbeam_channel::unbounded();
        let (cancel, cancelled) = CancelToken::pair();
        log.jobs.push(SubmittedJob {
            job: sent(sender),
            cancelled,
        });
        JobHandle::new(id, events, cancel)
    }

    pub fn last<R>(&self, look: impl FnOnce(&SubmittedJob) -> R) -> R {
        self.job(self.count() - 1, look)
    }
}

impl Backend for FakeBackend {
    fn assess(&self, job: AssessJob, _wake: Wake) -> JobHandle<AssessJob> {
        self.submit(|sender| SentJob::Assess(job, sender))
    }

    fn repair(&self, job: RepairJob, _wake: Wake) -> JobHandle<RepairJob> {
        self.submit(|sender| SentJob::Repair(job, sender))
    }

    fn export(&self, job: ExportJob, _wake: Wake) -> JobHandle<ExportJob> {
        self.submit(|sender| SentJob::Export(job, sender))
    }

    fn status(&self) -> PoolStatus {
        self.0.borrow().pool.clone()
    }

    fn host(&self, _tasks: TaskSet, config: Config, _wake: Wake) -> Hosting {
        let mut log = self.0.borrow_mut();
        let (sender, events) = crossbeam_channel::unbounded();
        log.servers.push((config, sender.clone()));
        let stops = Arc::clone(&log.stops);
        let stop = move || {
            stops.fetch_add(1, Ordering::SeqCst);
            let _ = sender.send(HostEvent::Ended(Ok(())));
        };
        Hosting {
            events,
            stop: Box::new(stop),
        }
    }

    fn try_again(&self) {
        self.0.borrow_mut().pool.error = None;
    }
}

/// A task with a one-line seed and a recording of two steps.
pub fn task(id: &str, label: &str) -> Arc<Task> {
    let step = |code: &str, reason: &str| RecordedStep {
        code: code.to_owned(),
        reason: reason.to_owned(),
        ..RecordedStep::default()
    };
    Arc::new(Task {
        id: id.to_owned(),
        level: Level::Easy,
        family: "hardware".to_owned(),
        label: label.to_owned(),
        prompt: "Design a part.".to_owned(),
        semantic_hints: Vec::new(),
        bbox_mm: None,
        scale: Scale::Mm,
        axis: None,
        checks: Vec::new(),
        seeds: [("weak".to_owned(), "fixture = seed\n".to_owned())].into(),
        reference: None,
        further_references: std::collections::BTreeMap::new(),
        reference_mesh: None,
        not_asked: Vec::new(),
        repairs: vec![RecordedRepair {
            name: "guided".to_owned(),
            start: None,
            steps: vec![
                step("fixture = one\n", "add a plate"),
                step("fixture = two\n", "add a wheel"),
            ],
        }],
        dir: "tasks".into(),
        version: "000000000000".to_owned(),
    })
}

/// Evaluation of a successful build, every component at `value`.
pub fn built(total: f64, value: f64) -> Assessment {
    let reward = Reward {
        build: 1.0,
        topology: Some(value),
        contact: Some(value),
        semantic_parts: Some(value),
        reference_similarity: Some(value),
        silhouette: Some(value),
        editability: Some(value),
        efficiency: Some(value),
        total,
    };
    Assessment {
        evaluation: evaluation(reward, Kind::BuildOk, None),
        shape: Some(Arc::new(tetrahedron())),
        scene: None,
        unscored: None,
    }
}

/// Evaluation of a failed build.
pub fn failed(kind: Kind, message: &str, line: u32) -> Assessment {
    let failure = Failure {
        kind,
        message: message.to_owned(),
        line: Some(line),
        traceback: format!("  File \"candidate.py\", line {line}\n{message}"),
    };
    Assessment {
        evaluation: evaluation(Reward::gated(), kind, Some(failure)),
        shape: None,
        scene: None,
        unscored: None,
    }
}

/// A step of a repair as sent by the engine.
pub fn step(index: usize, code: &str, assessment: Assessment) -> RepairProgress {
    let step = Step {
        step: index,
        origin: if index == 0 { Origin::Seed } else { Origin::Replay },
        parent: index.checked_sub(1),
        evaluation: assessment.evaluation,
        code: code.to_owned(),
        proposal: (index > 0).then(|| Proposal {
            reason: "add a plate".to_owned(),
            ..Proposal::default()
        }),
    };
    RepairProgress::Step(Box::new(step), assessment.shape)
}

fn evaluation(reward: Reward, kind: Kind, failure: Option<Failure>) -> Evaluation {
    Evaluation {
        format: 1,
        task_id: "part".to_owned(),
        profile: Profile::default(),
        mode: Mode::default(),
        ok: failure.is_none(),
        kind,
        failure,
        reward,
        shaped: None,
        notes: vec!["contact: parts touch".to_owned()],
        details: Details::default(),
        bbox: None,
        timing: Timing::default(),
        artifacts: Artifacts::default(),
        stdout: "printed by the candidate".to_owned(),
        stderr: String::new(),
        versions: Versions::default(),
    }
}

pub fn tetrahedron() -> Shape {
    let vertices = [
        [0.0, 0.0, 0.0],
        [10.0, 0.0, 0.0],
        [0.0, 10.0, 0.0],
        [0.0, 0.0, 10.0],
    ];
    let triangles = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]];
    Shape {
        stl: Arc::from(Vec::new()),
        mesh: TriMesh::new(&vertices, &triangles).unwrap(),
        face_triangles: vec![1; 4],
        surfaces: Vec::new(),
        edges: Vec::new(),
        facts: BrepFacts {
            solids: 1,
            shells: 1,
            faces: 4,
            edges: 6,
            vertices: 4,
            volume: 166.7,
            area: 236.6,
            valid: true,
            ..BrepFacts::default()
        },
    }
}

/// A window with the fake backend and two tasks, the first of them on screen.
pub fn window(backend: &FakeBackend) -> Window {
    let backend = backend.clone();
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1296.0, 736.0))
        .with_step_dt(1.0 / 60.0)
        // Events of background threads request more frames; a window that never becomes idle exceeds any limit.
        .with_max_steps(60)
        .with_context_setup(theme::install)
        .build_ui_state(
            move |ui, slot: &mut Option<Studio>| {
                let studio = slot.get_or_insert_with(|| {
                    let tasks = vec![task("part", "First part"), task("other", "Other part")];
                    let backend = Box::new(backend.clone());
                    Studio::new(ui.ctx(), None, tasks, None, Scoring::default(), backend).unwrap()
                });
                studio.update(ui.ctx());
                studio.show(ui);
            },
            None,
        );
    harness.run();
    harness
}

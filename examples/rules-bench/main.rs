//! Measures the proposer `rules` on a corpus of broken candidates that `scripts/corpus.py` makes.
//!
//! ```text
//! rules-bench CORPUS.jsonl [--half dev|held-out|all] [--family NAME] [--show] [--tries 12]
//! ```
//!
//! A line whose original does not build, or whose broken code does not fail, is left out and counted. A repair is
//! successful if it builds; the intersection over union of its solid with the original's shows how much of the part
//! is left.

mod iou;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cadforge::assess::{Assessor, ReferenceChoice, Request, Scoring};
use cadforge::executor::{CancelToken, Executor, Priority, WorkerConfig};
use cadforge::failure::Kind;
use cadforge::geometry::Shape;
use cadforge::locate::{self, Overrides};
use cadforge::repair::{self, Listener, LoopTarget, Repair, Rules};
use cadforge::reward::Mode;
use cadforge::task::{Task, TaskSet};
use cadforge::trajectory::Step;

#[derive(Clone, Debug, serde::Deserialize)]
struct Line {
    id: String,
    source: String,
    family: String,
    fault: String,
    original: String,
    code: String,
    held_out: bool,
}

/// Result of a line.
#[derive(Clone, Debug)]
struct Outcome {
    family: String,
    fault: String,
    /// Proposals until it built; `None` if it never did.
    tries: Option<usize>,
    iou: f64,
    /// Rules and failures, for reading.
    story: String,
}

struct Options {
    corpus: PathBuf,
    half: String,
    family: Option<String>,
    show: bool,
    tries: usize,
}

fn main() {
    let options = options();
    let text = std::fs::read_to_string(&options.corpus).expect("the corpus can be read");
    let lines: Vec<Line> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a corpus line"))
        .collect();
    let lines: Vec<Line> = lines
        .into_iter()
        .filter(|line| match options.half.as_str() {
            "dev" => !line.held_out,
            "held-out" => line.held_out,
            _ => true,
        })
        .filter(|line| {
            options
                .family
                .as_ref()
                .is_none_or(|family| line.family == *family || line.fault == *family)
        })
        .collect();
    let overrides = Overrides::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let assessor = Assessor::new(Executor::start(WorkerConfig::new(
        locate::worker(&overrides).expect("the worker"),
        locate::python(&overrides).expect("Python"),
        workers,
    )));
    let tasks = TaskSet::load(&locate::tasks(&overrides).expect("tasks")).expect("tasks");
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let skipped = Mutex::new(BTreeMap::<&str, usize>::new());
    let originals = Mutex::new(BTreeMap::<String, Option<Arc<Shape>>>::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let task = line
                        .source
                        .split('/')
                        .next()
                        .and_then(|id| tasks.get(id).ok())
                        .or_else(|| tasks.iter().next())
                        .expect("a task");
                    let original = {
                        let known = originals.lock().expect("lock").get(&line.original).cloned();
                        known.unwrap_or_else(|| {
                            let shape = build(&assessor, task, &line.original).1;
                            originals
                                .lock()
                                .expect("lock")
                                .insert(line.original.clone(), shape.clone());
                            shape
                        })
                    };
                    let Some(original) = original else {
                        *skipped
                            .lock()
                            .expect("lock")
                            .entry("original does not build")
                            .or_default() += 1;
                        continue;
                    };
                    match measure(line, task, &original, &assessor, options.tries) {
                        Some(outcome) => outcomes.lock().expect("lock").push((line.id.clone(), outcome)),
                        None => {
                            *skipped
                                .lock()
                                .expect("lock")
                                .entry("broken code does not fail")
                                .or_default() += 1;
                        }
                    }
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("lock");
    outcomes.sort_by(|a, b| a.0.cmp(&b.0));
    if options.show {
        for (id, outcome) in &outcomes {
            if outcome.tries.is_none_or(|tries| tries > 3) || outcome.iou < 0.9 {
                println!(
                    "{id}  tries {:?}  iou {:.3}  {}",
                    outcome.tries, outcome.iou, outcome.story
                );
            }
        }
    }
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    table("kind", &outcomes, |outcome| outcome.family.clone());
    if options.show {
        println!();
        table("fault", &outcomes, |outcome| {
            format!("{} · {}", outcome.family, outcome.fault)
        });
    }
    println!("\nleft out: {:?}", skipped.into_inner().expect("lock"));
}

fn options() -> Options {
    let mut options = Options {
        corpus: PathBuf::new(),
        half: "all".to_owned(),
        family: None,
        show: false,
        tries: 12,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--half" => options.half = arguments.next().expect("a half"),
            "--family" => options.family = arguments.next(),
            "--tries" => {
                options.tries = arguments
                    .next()
                    .and_then(|text| text.parse().ok())
                    .expect("a number");
            }
            "--show" => options.show = true,
            file => options.corpus = PathBuf::from(file),
        }
    }
    options
}

fn scoring() -> Scoring {
    Scoring {
        mode: Mode::Fast,
        reference: ReferenceChoice::None,
        ..Scoring::default()
    }
}

fn build(assessor: &Assessor, task: &Task, code: &str) -> (Kind, Option<Arc<Shape>>) {
    let scoring = scoring();
    let request = Request::batch(task, code.as_bytes(), &scoring);
    let assessment = assessor
        .assess(&request, &CancelToken::never())
        .expect("no internal error");
    (assessment.evaluation.kind, assessment.shape)
}

#[derive(Default)]
struct Told(Vec<(Step, Option<Arc<Shape>>)>);

impl Listener for Told {
    fn proposing(&mut self, _step: usize) {}
    fn text(&mut self, _step: usize, _delta: &str) {}
    fn step(&mut self, step: Step, shape: Option<Arc<Shape>>) {
        self.0.push((step, shape));
    }
}

/// `None` if the line is not broken.
fn measure(line: &Line, task: &Task, original: &Shape, assessor: &Assessor, tries: usize) -> Option<Outcome> {
    let (kind, _) = build(assessor, task, &line.code);
    let editability = line.family == "low_editability";
    if editability != (kind == Kind::LowEditability)
        || kind == Kind::BuildOk
        || (kind == Kind::DisconnectedOrWeak)
    {
        return None;
    }
    let scoring = scoring();
    let loop_of = Repair {
        task,
        from: Some(line.code.as_bytes()),
        earlier: &[],
        scoring: &scoring,
        max_steps: tries,
        candidates: 1,
        // Any build is sufficient; for editability, which builds from the start, the total counts.
        target: LoopTarget::Total(if editability { 1.0 } else { -1.0 }),
        out: None,
        priority: Priority::Batch,
    };
    let mut told = Told::default();
    repair::run(&loop_of, &Rules, assessor, &mut told, &CancelToken::never()).expect("no internal error");
    let good = |step: &Step| {
        step.step > 0 && step.evaluation.ok && (!editability || step.evaluation.kind != Kind::LowEditability)
    };
    let found = told.0.iter().find(|(step, _)| good(step));
    let iou = found
        .and_then(|(_, shape)| shape.as_ref())
        .map_or(0.0, |shape| iou::iou(&shape.mesh, &original.mesh));
    let story: Vec<String> = told
        .0
        .iter()
        .map(|(step, _)| {
            let rule = step.proposal.as_ref().map_or(String::new(), |proposal| {
                format!(
                    "[{}{}] ",
                    proposal.rule.as_deref().unwrap_or(""),
                    if proposal.kept == Some(true) { " kept" } else { "" }
                )
            });
            let message = step
                .evaluation
                .failure
                .as_ref()
                .map_or("ok", |failure| failure.message.as_str());
            format!("{rule}{}", message.chars().take(90).collect::<String>())
        })
        .take(5)
        .collect();
    Some(Outcome {
        family: line.family.clone(),
        fault: line.fault.clone(),
        tries: found.map(|(step, _)| step.step),
        iou,
        story: story.join(" → "),
    })
}

fn table(what: &str, outcomes: &[Outcome], key: impl Fn(&Outcome) -> String) {
    let mut groups: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        groups.entry(key(outcome)).or_default().push(outcome);
    }
    groups.insert("~ all".to_owned(), outcomes.iter().collect());
    println!("| {what} | broken | built by 1 | by 3 | by 12 | of those by 3: IoU ≥ 0.9 | IoU ≥ 0.999 |");
    println!("|---|---|---|---|---|---|---|");
    for (name, group) in groups {
        let count = group.len();
        let by = |most: usize| {
            group
                .iter()
                .filter(|outcome| outcome.tries.is_some_and(|tries| tries <= most))
                .count()
        };
        let share = |part: usize, of: usize| {
            if of == 0 {
                "–".to_owned()
            } else {
                format!("{:.0} %", 100.0 * part as f64 / of as f64)
            }
        };
        let left = |least: f64| {
            group
                .iter()
                .filter(|outcome| outcome.tries.is_some_and(|tries| tries <= 3) && outcome.iou >= least)
                .count()
        };
        println!(
            "| {} | {count} | {} | {} | {} | {} | {} |",
            name.trim_start_matches("~ "),
            share(by(1), count),
            share(by(3), count),
            share(by(12), count),
            share(left(0.9), by(3)),
            share(left(0.999), by(3)),
        );
    }
}

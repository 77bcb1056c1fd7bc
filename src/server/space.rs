//! The routes of the demo Space: a repair loop with a mesh per step. Ids from clients are looked up among the
//! stored meshes and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::json;
use tokio::sync::Notify;

use super::answer::{self, Answer};
use super::app::App;
use super::episode;
use super::fields::{FieldErrors, Fields};
use super::scoring::{Candidate, ScoringError};
use super::shapes::{Run, RunKind};
use super::wire::space::{Demo, DemoRequest, Loop, LoopRequest, LoopStep};
use cadforge_engine::{Event, LoopTarget, ProposerConfig, RepairJob, RepairProgress};
use cadforge_extraction as extraction;
use cadforge_geometry::Shape;
use cadforge_repair::Replay;
use cadforge_task::Task;
use cadforge_trajectory::Step;

/// Time limit of a loop.
const LOOP_LIMIT: Duration = Duration::from_secs(300);

/// `POST /api/space/demo`: scores a task's seed, or given code.
pub async fn demo(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::json_body(request.into_body(), app.config.max_body, Some(json!({}))).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).map(DemoRequest::read);
    let DemoRequest { task_id, code } = match errors.or(read) {
        Ok(read) => read,
        Err(wrong) => return answer::invalid(wrong),
    };
    let task = match chosen(&app, task_id.as_deref()) {
        Ok(task) => task,
        Err(answer) => return *answer,
    };
    let candidate = Candidate {
        code: code.map_or_else(
            || task.weak_seed().to_owned(),
            |code| extraction::code(&code).into_owned(),
        ),
        task: Arc::clone(&task),
        completion: None,
        mode: None,
        shape: true,
    };
    let scored = match app.scoring.admit(1) {
        Ok(_room) => {
            app.scoring
                .source()
                .score(candidate, Some(app.config.step_limit))
                .await
        }
        Err(error) => Err(error),
    };
    let assessment = match scored {
        Ok(assessment) => assessment,
        Err(error) => return answer::scoring_error_answer(&error),
    };
    let stl = assessment.shape.as_deref().map(stl);
    let stl_url = stl.is_some().then(|| format!("/api/space/stl/{}", task.id));
    app.shapes.keep(Run {
        task_id: task.id.clone(),
        kind: RunKind::Demo,
        best: 0,
        steps: vec![stl],
    });
    let evaluation = &assessment.evaluation;
    answer::ok(&Demo {
        ok: evaluation.ok,
        task_id: task.id.clone(),
        kind: evaluation.kind,
        reward: episode::reward_json(evaluation),
        notes: evaluation.notes.clone(),
        elapsed_ms: evaluation.timing.total_ms,
        stl_url,
    })
}

/// `POST /api/space/repair-loop`: from the weak seed, by the recording, or by rules if there is none.
pub async fn repair_loop(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = match answer::json_body(request.into_body(), app.config.max_body, Some(json!({}))).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let errors = FieldErrors::default();
    let read = Fields::of(&body, &["body"], &errors).map(LoopRequest::read);
    let task = match errors.or(read) {
        Err(wrong) => return answer::invalid(wrong),
        Ok(LoopRequest { task_id }) => match chosen(&app, task_id.as_deref()) {
            Ok(task) => task,
            Err(answer) => return *answer,
        },
    };
    let ran = match app.scoring.admit(1) {
        Err(error) => Err(error),
        Ok(_room) => match tokio::time::timeout(LOOP_LIMIT, run_loop(&app, &task)).await {
            Ok(ran) => ran,
            Err(_) => Err(ScoringError::Late { limit: LOOP_LIMIT }),
        },
    };
    let FinishedLoop {
        steps,
        best,
        delta,
        reached,
    } = match ran {
        Ok(ran) => ran,
        Err(error) => return answer::scoring_error_answer(&error),
    };
    let told: Vec<_> = steps
        .iter()
        .map(|(step, stl)| loop_step(&task, step, stl.is_some()))
        .collect();
    let (first, last) = (told.first().cloned(), told.get(best).cloned());
    app.shapes.keep(Run {
        task_id: task.id.clone(),
        kind: RunKind::Loop,
        best,
        steps: steps.into_iter().map(|(_, stl)| stl).collect(),
    });
    answer::ok(&Loop {
        ok: true,
        task_id: task.id.clone(),
        label: task.label.clone(),
        prompt: task.prompt.clone(),
        delta_reward: delta,
        reached,
        steps: told,
        seed: first,
        best: last,
    })
}

/// `GET /api/space/stl/{task_id}`: the demo's mesh.
pub async fn demo_stl(State(app): State<Arc<App>>, Path(task_id): Path<String>) -> Answer {
    stl_answer(app.shapes.find(RunKind::Demo, &task_id, None))
}

/// `GET /api/space/loop-stl/{task_id}`: the mesh of the loop's best step.
pub async fn loop_stl(State(app): State<Arc<App>>, Path(task_id): Path<String>) -> Answer {
    stl_answer(app.shapes.find(RunKind::Loop, &task_id, None))
}

/// `GET /api/space/loop-stl/{task_id}/{step_id}`: the mesh of one step.
pub async fn step_stl(
    State(app): State<Arc<App>>,
    Path((task_id, step_id)): Path<(String, String)>,
) -> Answer {
    stl_answer(app.shapes.find(RunKind::Loop, &task_id, Some(&step_id)))
}

/// The page of the demo.
pub async fn page() -> Answer {
    const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    let mut answer = answer::raw(
        StatusCode::OK,
        "text/html; charset=utf-8",
        Body::from(include_str!("page.html")),
    );
    let policy = axum::http::HeaderValue::from_static(POLICY);
    answer
        .headers_mut()
        .insert(axum::http::header::CONTENT_SECURITY_POLICY, policy);
    answer
}

struct FinishedLoop {
    steps: Vec<(Box<Step>, Option<Bytes>)>,
    best: usize,
    delta: f64,
    reached: bool,
}

async fn run_loop(app: &App, task: &Arc<Task>) -> Result<FinishedLoop, ScoringError> {
    let recorded = Replay::find(task, None).ok();
    let proposer = match recorded {
        None => ProposerConfig::Rules,
        Some(_) => ProposerConfig::Replay {
            recording: None,
            skip: 0,
            paced: false,
        },
    };
    let start = recorded.and_then(|recorded| recorded.start.as_ref());
    let job = RepairJob {
        task: Arc::clone(task),
        from: start.map(|code| code.as_bytes().into()),
        proposer,
        scoring: app.config.scoring.clone(),
        max_steps: episode::STEPS as usize,
        candidates: 1,
        target: LoopTarget::Profile,
        earlier: Vec::new(),
        out: None,
    };
    let happened = Arc::new(Notify::new());
    let told = Arc::clone(&happened);
    // Dropping the handle cancels the loop when the client is gone.
    let handle = app.engine.submit(job, Some(Arc::new(move || told.notify_one())));
    let mut steps = Vec::new();
    loop {
        let event = match handle.events.try_recv() {
            Ok(event) => event,
            Err(crossbeam_channel::TryRecvError::Empty) => {
                happened.notified().await;
                continue;
            }
            Err(crossbeam_channel::TryRecvError::Disconnected) => {
                return Err(ScoringError::Broken(
                    "the repair loop ended without a result".to_owned(),
                ));
            }
        };
        match event {
            Event::Progress(RepairProgress::Step(step, shape)) => {
                steps.push((step, shape.as_deref().map(stl)));
            }
            Event::Done(summary) => {
                return Ok(FinishedLoop {
                    steps,
                    best: summary.best,
                    delta: summary.delta_reward,
                    reached: summary.reached,
                });
            }
            Event::Failed { message, .. } => return Err(ScoringError::Broken(message)),
            Event::Cancelled => return Err(ScoringError::Broken("cancelled".to_owned())),
            Event::Started
            | Event::Progress(RepairProgress::Proposing { .. } | RepairProgress::ProposalText { .. }) => {}
        }
    }
}

fn loop_step(task: &Task, step: &Step, has_shape: bool) -> LoopStep {
    let evaluation = &step.evaluation;
    let id = step.step.to_string();
    LoopStep {
        origin: step.origin,
        reward: episode::reward_json(evaluation),
        kind: evaluation.kind,
        failure: evaluation.failure.clone(),
        notes: evaluation.notes.clone(),
        elapsed_ms: evaluation.timing.total_ms,
        stl_url: has_shape.then(|| format!("/api/space/loop-stl/{}/{id}", task.id)),
        step_id: id,
        reason: step.proposal.as_ref().map(|proposal| proposal.reason.clone()),
        code: step.code.clone(),
    }
}

/// The task with the given id; without an id, the first with a recorded repair.
fn chosen(app: &App, task_id: Option<&str>) -> Result<Arc<Task>, Box<Answer>> {
    let refuse = |refusal| {
        Box::new(answer::message_error(
            &refusal,
            &["body", "task_id"],
            &task_id.into(),
        ))
    };
    match task_id {
        Some(id) => episode::find(&app.tasks, id).map_err(refuse),
        None => {
            let recorded = app.tasks.iter().find(|task| !task.repairs.is_empty());
            let any = recorded.or(app.tasks.iter().next());
            any.map(Arc::clone)
                .ok_or_else(|| Box::new(answer::problem(StatusCode::NOT_FOUND, "there are no tasks")))
        }
    }
}

fn stl(shape: &Shape) -> Bytes {
    Bytes::from_owner(Arc::clone(&shape.stl))
}

fn stl_answer(found: Result<Bytes, &'static str>) -> Answer {
    match found {
        Ok(stl) => answer::raw(StatusCode::OK, "model/stl", Body::from(stl)),
        Err(message) => answer::problem(StatusCode::NOT_FOUND, message),
    }
}

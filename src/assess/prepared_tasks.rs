//! Tasks prepared for grounded-v2: reference, weak seed and the sensitivity of the reference, built once, then
//! shared.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::evaluation::{ReferenceChoice, Scoring};
use super::references::{ReferenceError, build, is_python, read, wait_for};
use super::{perturbations, with_task_files};
use cadforge_core::cache::KeyBuilder;
use cadforge_executor::{Build, CancelToken, Executor, ExecutorError, MeshMethod, Priority, RunSpec};
use cadforge_geometry::{Shape, TriMesh};
use cadforge_reward::{Comparison, TaskBaselines};
use cadforge_task::Task;

/// Prepared tasks by the hash of their inputs.
#[derive(Debug, Default)]
pub(super) struct PreparedTaskStore {
    prepared: Mutex<BTreeMap<Vec<u8>, Slot>>,
}

type Slot = Arc<Mutex<Option<PreparedTask>>>;

/// A prepared task.
#[derive(Clone, Debug)]
pub(super) struct PreparedTask {
    pub(super) ground: Arc<TaskBaselines>,
    /// Run time of the reference, ms; `None` if there is none.
    pub(super) reference_ms: Option<f64>,
    /// Whether results that depend on it are cacheable.
    clean: bool,
}

impl PreparedTaskStore {
    /// Prepares the task for `scoring`; sets `clean` to false if the result is not cacheable.
    pub(super) fn get(
        &self,
        task: &Task,
        scoring: &Scoring,
        executor: &Executor,
        clean: &mut bool,
        cancel: &CancelToken,
    ) -> Result<PreparedTask, ReferenceError> {
        let other = match &scoring.reference {
            ReferenceChoice::File(path) => Some((path.clone(), read(path)?)),
            ReferenceChoice::Task | ReferenceChoice::None => None,
        };
        let count = scoring.trials();
        let mut key = KeyBuilder::default()
            .part("task", task.id.as_bytes())
            .part("version", task.version.as_bytes())
            .part("weak", task.weak_seed().as_bytes())
            .part("choice", format!("{:?}", scoring.reference).as_bytes())
            .part("trials", &count.to_le_bytes())
            .optional("reference", task.reference.as_deref().map(str::as_bytes))
            .optional("content", other.as_ref().map(|(_, content)| content.as_slice()));
        let spec = task_spec(task)?;
        if let Some(files) = &spec.project {
            key = key.part("files", files.digest());
        }
        if let Some(identity) = executor.identity() {
            key = key.part("identity", identity.bytes());
        }
        let slot = {
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(prepared.entry(key.key().bytes().to_vec()).or_default())
        };
        let mut slot = wait_for(&slot, cancel)?;
        if slot.is_none() {
            *slot = Some(prepare(
                task,
                &scoring.reference,
                other,
                count,
                &spec,
                executor,
                cancel,
            )?);
        }
        let prepared = slot.clone().expect("just filled");
        *clean &= prepared.clean;
        Ok(prepared)
    }
}

fn prepare(
    task: &Task,
    choice: &ReferenceChoice,
    other: Option<(PathBuf, Vec<u8>)>,
    count: u32,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<PreparedTask, ReferenceError> {
    let mut clean = true;
    let mut built = |path: &PathBuf, code: &str| {
        let reference = build(path, code, spec, executor, cancel)?;
        clean &= reference.clean;
        Ok::<_, ReferenceError>(reference)
    };
    let own = task
        .reference
        .as_deref()
        .map(|code| built(&task.dir.join("reference.py"), code))
        .transpose()?;
    let mut code = task.reference.clone();
    let mut given = None;
    let mut mesh = None;
    match (choice, other) {
        (ReferenceChoice::File(_), Some((path, content))) if is_python(&path) => {
            let text = String::from_utf8_lossy(&content).into_owned();
            given = Some(built(&path, &text)?);
            code = Some(text);
        }
        (ReferenceChoice::File(_), Some((path, _))) => {
            mesh = Some(TriMesh::from_file(&path).map_err(|error| ReferenceError::NotAMesh { path, error })?);
        }
        (ReferenceChoice::Task, _) if own.is_none() => {
            let file = |path: &PathBuf| {
                TriMesh::from_file(path).map_err(|error| ReferenceError::NotAMesh {
                    path: path.clone(),
                    error,
                })
            };
            mesh = task.reference_mesh.as_ref().map(file).transpose()?;
        }
        _ => {}
    }
    let reference = given.as_ref().or(own.as_ref());
    let against = match (choice, reference, &mesh) {
        (ReferenceChoice::None, ..) => Comparison::Nothing,
        (_, _, Some(mesh)) => Comparison::Mesh(mesh),
        (_, Some(reference), None) => Comparison::Shape(&reference.shape),
        (_, None, None) => Comparison::Nothing,
    };
    let trials = match (reference, &code, against) {
        (Some(reference), Some(code), Comparison::Shape(_)) if count > 0 => {
            let (trials, settled) =
                perturbations::run(code, &reference.shape, count, spec, executor, cancel)?;
            clean &= settled;
            Some(trials)
        }
        _ => None,
    };
    let weak = executor.build(task.weak_seed().as_bytes(), spec, Priority::Batch, cancel)?;
    clean &= weak.cacheable;
    let weak: Option<Arc<Shape>> = match weak.build {
        Build::Shape(shape) => Some(shape),
        Build::Failed(_) => None,
    };
    let ground = TaskBaselines::new(
        &task.requirements(),
        own.as_ref().map(|own| &*own.shape),
        against,
        weak.as_deref(),
        trials,
    );
    Ok(PreparedTask {
        ground: Arc::new(ground),
        reference_ms: reference.map(|reference| reference.run_ms),
        clean,
    })
}

/// The runs of a task's reference and seeds.
fn task_spec(task: &Task) -> Result<RunSpec, ExecutorError> {
    let spec = RunSpec {
        mesh: MeshMethod::Bounded,
        ..RunSpec::default()
    };
    with_task_files(spec, task)
}

//! Tasks prepared for grounded-v2: reference, weak seed and the sensitivity of the reference, built once, then
//! shared.

use std::path::PathBuf;
use std::sync::Arc;

use super::cacheable::Cacheable;
use super::evaluation::{ReferenceChoice, Scoring};
use super::references::{ReferenceError, build, is_python, read};
use super::shared_results::SharedResults;
use super::with_task_files;
use cadforge_core::cache::KeyBuilder;
use cadforge_executor::{Build, CancelToken, Executor, ExecutorError, MeshMethod, Priority, RunSpec};
use cadforge_geometry::{Shape, TriMesh};
use cadforge_reward::{Comparison, TaskBaselines};
use cadforge_task::Task;

/// Prepared tasks by the hash of their inputs.
#[derive(Debug, Default)]
pub(super) struct PreparedTaskStore(SharedResults<Vec<u8>, Cacheable<PreparedTask>>);

/// A prepared task.
#[derive(Clone, Debug)]
pub(super) struct PreparedTask {
    pub(super) baselines: Arc<TaskBaselines>,
    /// Run time of the reference, ms; `None` if there is none.
    pub(super) reference_ms: Option<f64>,
}

impl PreparedTaskStore {
    /// Prepares the task for `scoring`.
    pub(super) fn get(
        &self,
        task: &Task,
        scoring: &Scoring,
        executor: &Executor,
        cancel: &CancelToken,
    ) -> Result<Cacheable<PreparedTask>, ReferenceError> {
        let Inputs { other, spec, key } = Inputs::new(task, scoring, executor)?;
        self.0.get(key, cancel, || {
            prepare(task, &scoring.reference, other, &spec, executor, cancel)
        })
    }
}

/// What a prepared task depends on.
struct Inputs {
    /// Path and content of the reference that replaces the task's.
    other: Option<(PathBuf, Vec<u8>)>,
    spec: RunSpec,
    key: Vec<u8>,
}

impl Inputs {
    fn new(task: &Task, scoring: &Scoring, executor: &Executor) -> Result<Self, ReferenceError> {
        let other = match &scoring.reference {
            ReferenceChoice::File(path) => Some((path.clone(), read(path)?)),
            ReferenceChoice::Task | ReferenceChoice::None => None,
        };
        let mut key = KeyBuilder::default()
            .part("task", task.id.as_bytes())
            .part("version", task.version.as_bytes())
            .part("weak", task.weak_seed().as_bytes())
            .part("choice", format!("{:?}", scoring.reference).as_bytes())
            .optional("reference", task.reference.as_deref().map(str::as_bytes))
            .parts(
                "further_reference",
                task.further_references.values().map(String::as_bytes),
            )
            .optional("content", other.as_ref().map(|(_, content)| content.as_slice()));
        let spec = task_spec(task)?;
        if let Some(files) = &spec.project {
            key = key.part("files", files.digest());
        }
        if let Some(identity) = executor.identity() {
            key = key.part("identity", identity.bytes());
        }
        let key = key.key().bytes().to_vec();
        Ok(Self { other, spec, key })
    }
}

fn prepare(
    task: &Task,
    choice: &ReferenceChoice,
    other: Option<(PathBuf, Vec<u8>)>,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<PreparedTask>, ReferenceError> {
    let _span = tracing::trace_span!("prepare the task").entered();
    let mut is_cacheable = true;
    let mut built = |path: &PathBuf, code: &str| {
        let _span = tracing::trace_span!("reference").entered();
        let reference = build(path, code, spec, executor, cancel)?;
        Ok::<_, ReferenceError>(reference.take(&mut is_cacheable))
    };
    let own = task
        .reference
        .as_deref()
        .map(|code| built(&task.dir.join("reference.py"), code))
        .transpose()?;
    let further = task
        .further_references
        .iter()
        .map(|(name, code)| built(&task.dir.join(format!("references/{name}.py")), code))
        .collect::<Result<Vec<_>, _>>()?;
    let mut given = None;
    let mut mesh = None;
    match (choice, other) {
        (ReferenceChoice::File(_), Some((path, content))) if is_python(&path) => {
            let text = String::from_utf8_lossy(&content).into_owned();
            given = Some(built(&path, &text)?);
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
    let against = match (choice, &given, &own, &mesh) {
        (ReferenceChoice::None, ..) => Comparison::Nothing,
        (_, _, _, Some(mesh)) => Comparison::Mesh(mesh),
        (_, Some(given), _, None) => Comparison::Shape(&given.shape),
        (_, None, Some(_), None) => Comparison::Own,
        (_, None, None, None) => Comparison::Nothing,
    };
    let seed_span = tracing::trace_span!("weak seed").entered();
    let weak = executor.build(task.weak_seed().as_bytes(), spec, Priority::Batch, cancel)?;
    is_cacheable &= weak.cacheable;
    let weak: Option<Arc<Shape>> = match weak.build {
        Build::Shape(shape) => Some(shape),
        Build::Failed(_) => None,
    };
    drop(seed_span);
    let _baselines = tracing::trace_span!("baselines").entered();
    let baselines = TaskBaselines::new(
        &task.requirements(),
        &own.iter()
            .chain(&further)
            .map(|own| &*own.shape)
            .collect::<Vec<_>>(),
        against,
        weak.as_deref(),
    );
    let value = PreparedTask {
        baselines: Arc::new(baselines),
        reference_ms: reference.map(|reference| reference.run_ms),
    };
    Ok(Cacheable { value, is_cacheable })
}

/// The runs of a task's reference and seeds.
fn task_spec(task: &Task) -> Result<RunSpec, ExecutorError> {
    let spec = RunSpec {
        mesh: MeshMethod::Bounded,
        ..RunSpec::default()
    };
    with_task_files(spec, task)
}

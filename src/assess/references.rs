//! References, built and prepared once, then shared.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::cacheable::Cacheable;
use super::evaluation::ReferenceChoice;
use super::shared_results::SharedResults;
use super::with_task_files;
use cadforge_executor::{Build, CancelToken, Executor, ExecutorError, Identity, Limits, Priority, RunSpec};
use cadforge_geometry::{MeshError, MeshFormat, Shape, TriMesh};
use cadforge_reward::{Reference, References};
use cadforge_task::Task;

/// Error of a reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The file cannot be read.
    #[error(
        "cannot read the reference {path}: {error}\nhint: give a .py, {} file",
        MeshFormat::NAMES
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: String,
    },
    /// The file is not a valid mesh.
    #[error(
        "the reference {path} is not a usable mesh: {error}\nhint: fix the file, or score with --reference none"
    )]
    NotAMesh {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: MeshError,
    },
    /// The code does not build.
    #[error("the reference {path} does not build: {message}{}\nhint: fix the file, or score with --reference none", .line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    NotBuilt {
        /// The file.
        path: PathBuf,
        /// The message.
        message: String,
        /// The line.
        line: Option<u32>,
    },
    /// Error of the worker pool, or cancelled.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}

/// Prepared references by source.
#[derive(Debug, Default)]
pub(super) struct ReferenceStore(SharedResults<Source, Cacheable<Arc<Reference>>>);

/// Source of a reference; equal sources give equal references.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Code {
        path: PathBuf,
        code: String,
        identity: Option<Identity>,
        /// The task's references, by content.
        files: Option<[u8; 32]>,
    },
    Mesh {
        path: PathBuf,
        modified: SystemTime,
        length: u64,
    },
}

impl ReferenceStore {
    /// The references that `choice` selects.
    pub(super) fn get(
        &self,
        task: &Task,
        choice: &ReferenceChoice,
        executor: &Executor,
        cancel: &CancelToken,
    ) -> Result<Cacheable<References>, ReferenceError> {
        let identity = executor.identity();
        let spec = with_task_files(RunSpec::default(), task)?;
        let files = spec.project.as_ref().map(|project| *project.digest());
        let mut is_cacheable = true;
        let mut prepare = |source: Source| {
            let prepared = self.0.get(source.clone(), cancel, || {
                prepare(source, &spec, executor, cancel)
            })?;
            Ok::<_, ReferenceError>(prepared.take(&mut is_cacheable))
        };
        let value = match choice {
            ReferenceChoice::None => References::default(),
            ReferenceChoice::File(path) if is_python(path) => {
                let code = String::from_utf8_lossy(&read(path)?).into_owned();
                References {
                    ideal: Some(prepare(Source::Code {
                        path: path.clone(),
                        code,
                        identity,
                        files,
                    })?),
                    mesh: None,
                }
            }
            ReferenceChoice::File(path) => References {
                ideal: None,
                mesh: Some(prepare(mesh_source(path)?)?),
            },
            ReferenceChoice::Task => {
                let ideal = task.reference.clone().map(|code| {
                    prepare(Source::Code {
                        path: task.dir.join("reference.py"),
                        code,
                        identity,
                        files,
                    })
                });
                let mesh = task
                    .reference_mesh
                    .as_ref()
                    .map(|path| prepare(mesh_source(path)?));
                References {
                    ideal: ideal.transpose()?,
                    mesh: mesh.transpose()?,
                }
            }
        };
        Ok(Cacheable { value, is_cacheable })
    }
}

fn prepare(
    source: Source,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<Arc<Reference>>, ReferenceError> {
    let _span = tracing::trace_span!("reference").entered();
    let (reference, is_cacheable) = match source {
        Source::Code { path, code, .. } => {
            let built = build(&path, &code, spec, executor, cancel)?;
            (Reference::new(&built.value.shape.mesh, false), built.is_cacheable)
        }
        Source::Mesh { path, .. } => match TriMesh::from_file(&path) {
            Ok(mesh) => (Reference::new(&mesh, true), true),
            Err(error) => return Err(ReferenceError::NotAMesh { path, error }),
        },
    };
    Ok(Cacheable {
        value: Arc::new(reference),
        is_cacheable,
    })
}

pub(super) struct BuiltReference {
    pub(super) shape: Arc<Shape>,
    pub(super) run_ms: f64,
}

/// With the mesh and files of `spec`. A reference is trusted: it may use more resources than a candidate.
pub(super) fn build(
    path: &Path,
    code: &str,
    spec: &RunSpec,
    executor: &Executor,
    cancel: &CancelToken,
) -> Result<Cacheable<BuiltReference>, ReferenceError> {
    let spec = RunSpec {
        limits: Limits {
            cpu_s: 120.0,
            memory_mb: 4096,
            mesh_cpu_s: 240.0,
            ..spec.limits
        },
        ..spec.clone()
    };
    let execution = executor.build(code.as_bytes(), &spec, Priority::Live, cancel)?;
    match execution.build {
        Build::Shape(shape) => Ok(Cacheable {
            value: BuiltReference {
                shape,
                run_ms: execution.run_ms,
            },
            is_cacheable: execution.cacheable,
        }),
        Build::Failed(failure) => Err(ReferenceError::NotBuilt {
            path: path.to_owned(),
            message: failure.message,
            line: failure.line,
        }),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, ReferenceError> {
    std::fs::read(path).map_err(unreadable(path))
}

/// Identifies a mesh file by time and length, so that a batch does not read it repeatedly.
fn mesh_source(path: &Path) -> Result<Source, ReferenceError> {
    let metadata = std::fs::metadata(path).map_err(unreadable(path))?;
    let modified = metadata.modified().map_err(unreadable(path))?;
    Ok(Source::Mesh {
        path: path.to_owned(),
        modified,
        length: metadata.len(),
    })
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> ReferenceError {
    |error| ReferenceError::Unreadable {
        path: path.to_owned(),
        error: error.to_string(),
    }
}

pub(super) fn is_python(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

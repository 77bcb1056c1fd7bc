//! What a run depends on besides its code.

use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::project::{Project, ProjectError};

/// What a run depends on besides its code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Limits of the candidate.
    pub limits: Limits,
    /// How the mesh is made.
    pub mesh: MeshMethod,
    /// The folder whose files the candidate may read; without one it reads only its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
}

impl RunSpec {
    /// The same with the current state of the project folder.
    ///
    /// # Errors
    /// If the folder is no longer a valid project folder: see [`ProjectError`].
    pub fn refreshed(&self) -> Result<Self, ProjectError> {
        let project = self.project.as_ref().map(Project::refreshed).transpose()?;
        Ok(Self {
            project,
            ..self.clone()
        })
    }
}

impl From<Limits> for RunSpec {
    /// CadQuery's own mesh, without a project folder.
    fn from(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }
}

/// How the mesh of a shape is made, and by which process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeshMethod {
    /// CadQuery's own export, by the process that ran the code; scored by cadforge-v1. It is compared with the shape.
    #[default]
    Exported,
    /// The same parameters, by a process without candidate code; decides whether an exported mesh is forged.
    Verified,
    /// As exported for ordinary shapes, with bounded effort if counts predict many seconds; by a process without
    /// candidate code. Measured by grounded-v2.
    Bounded,
}

impl MeshMethod {
    /// In the order of their discriminants.
    pub const ALL: [Self; 3] = [Self::Exported, Self::Verified, Self::Bounded];
}

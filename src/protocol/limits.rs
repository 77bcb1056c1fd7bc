//! Limits of a run, and the kind of its mesh.

use serde::{Deserialize, Serialize};

use crate::project::{Project, ProjectError};

/// Wall limit over CPU limit.
const WALL_FACTOR: f64 = 3.0;

/// Total sleep that a candidate may use, as a share of its CPU limit.
const IDLE_FACTOR: f64 = 0.5;

/// Minimum of that limit in seconds, within the wall limit. No build needs to sleep, but scripts that wait briefly, as
/// for a window that does not exist, should not fail.
const MIN_IDLE_S: f64 = 10.0;

/// Limits of one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU seconds. They also determine the limits of sleep, [`Limits::idle_s`], and of wall time, [`Limits::wall_s`].
    pub cpu_s: f64,
    /// Address space beyond the idle zygote's, in MB.
    pub memory_mb: u64,
    /// Standard output and error together, in bytes.
    pub output_bytes: u64,
    /// Number of triangles of the mesh.
    pub triangles: u32,
    /// CPU seconds for the mesh, in addition to those of the code.
    pub mesh_cpu_s: f64,
    /// How the mesh is made.
    pub mesh: MeshKind,
    /// The folder whose files the candidate may read; without one it reads only its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
}

impl Limits {
    /// The limits of the command line, the studio and the library, unless told otherwise.
    pub const DEFAULT: Self = Self {
        cpu_s: 20.0,
        memory_mb: 2048,
        output_bytes: 1 << 20,
        triangles: 2_000_000,
        mesh_cpu_s: 60.0,
        mesh: MeshKind::Exported,
        project: None,
    };

    /// Limit of wall time in seconds, without waits for the processor.
    pub fn wall_s(&self) -> f64 {
        self.cpu_s * WALL_FACTOR
    }

    /// Limit of the total sleep in seconds.
    pub fn idle_s(&self) -> f64 {
        (self.cpu_s * IDLE_FACTOR).max(MIN_IDLE_S).min(self.wall_s())
    }

    /// The limits with the current state of the project folder.
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

/// How the mesh of a shape is made, and by which process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeshKind {
    /// CadQuery's own export, by the process that ran the code; scored by cadforge-v1. It is compared with the shape.
    #[default]
    Exported,
    /// The same parameters, by a process without candidate code; decides whether an exported mesh is forged.
    Verified,
    /// As exported for ordinary shapes, with bounded effort if counts predict many seconds; by a process without
    /// candidate code. Measured by grounded-v2.
    Bounded,
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_may_sleep_for_half_its_cpu_limit_and_ten_seconds_within_its_wall_limit() {
        let of = |cpu_s: f64| {
            let limits = Limits {
                cpu_s,
                ..Limits::default()
            };
            (limits.idle_s(), limits.wall_s())
        };
        assert_eq!(of(60.0), (30.0, 180.0));
        assert_eq!(of(20.0), (10.0, 60.0));
        assert_eq!(of(8.0), (10.0, 24.0));
        assert_eq!(of(0.5), (1.5, 1.5));
    }
}

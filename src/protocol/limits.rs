//! What a run may use, and which mesh is made of its part.

use serde::{Deserialize, Serialize};

use crate::project::{Project, ProjectError};

/// The wall limit is this many times the CPU limit.
const WALL_FACTOR: f64 = 3.0;

/// A candidate may sleep for this share of its CPU limit, altogether.
const IDLE_FACTOR: f64 = 0.5;

/// It may always sleep for so many seconds, or until its wall limit. Nothing that builds a part needs to; scripts that
/// wait for a moment, as around a window that is not there, are spared.
const IDLE_AT_LEAST: f64 = 10.0;

/// What one candidate may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU seconds. They decide the limits of sleep, [`Limits::idle_s`], and of wall time, [`Limits::wall_s`], too.
    pub cpu_s: f64,
    /// MB of address space above the idle zygote's.
    pub memory_mb: u64,
    /// Bytes of standard output and error together.
    pub output_bytes: u64,
    /// Triangles of the mesh.
    pub triangles: u32,
    /// CPU seconds for the mesh alone, beside those of the code.
    pub mesh_cpu_s: f64,
    /// Which mesh is made.
    pub mesh: MeshKind,
    /// The folder whose files it may read; none but its own without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
}

impl Limits {
    /// Wall seconds of a run, without those in which it waited for the processor.
    pub fn wall_s(&self) -> f64 {
        self.cpu_s * WALL_FACTOR
    }

    /// Seconds that a run may sleep, altogether.
    pub fn idle_s(&self) -> f64 {
        (self.cpu_s * IDLE_FACTOR).max(IDLE_AT_LEAST).min(self.wall_s())
    }

    /// With the project folder as it is now.
    ///
    /// # Errors
    /// When the folder may no longer be one: see [`ProjectError`].
    pub fn refreshed(&self) -> Result<Self, ProjectError> {
        let project = self.project.as_ref().map(Project::refreshed).transpose()?;
        Ok(Self {
            project,
            ..self.clone()
        })
    }
}

/// Which mesh of a shape is made, and by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeshKind {
    /// CadQuery's own export, by the process that ran the code: what cadforge-v1 scores. It is held against the shape.
    #[default]
    Exported,
    /// The same parameters, by a process that ran no candidate: settles whether an exported mesh is that of its shape.
    Verified,
    /// As exported for ordinary shapes, bounded where counts say that this would take many seconds; by a process that ran
    /// no candidate. What grounded-v2 measures.
    Bounded,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_s: 20.0,
            memory_mb: 2048,
            output_bytes: 1 << 20,
            triangles: 2_000_000,
            mesh_cpu_s: 60.0,
            mesh: MeshKind::default(),
            project: None,
        }
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

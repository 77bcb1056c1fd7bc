//! Limits of a run.

use serde::{Deserialize, Serialize};

/// Wall limit over CPU limit.
const WALL_FACTOR: f64 = 3.0;

/// Total sleep that a candidate may use, as a share of its CPU limit.
const IDLE_FACTOR: f64 = 0.5;

/// Minimum of that limit in seconds, within the wall limit. No build needs to sleep, but scripts that wait briefly, as
/// for a window that does not exist, should not fail.
const MIN_IDLE_S: f64 = 10.0;

/// Limits of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
}

impl Limits {
    /// The limits of the command line, the studio and the library, unless told otherwise.
    pub const DEFAULT: Self = Self {
        cpu_s: 20.0,
        memory_mb: 2048,
        output_bytes: 1 << 20,
        triangles: 2_000_000,
        mesh_cpu_s: 60.0,
    };

    /// Limit of wall time in seconds, without waits for the processor.
    pub fn wall_s(&self) -> f64 {
        self.cpu_s * WALL_FACTOR
    }

    /// Limit of the total sleep in seconds.
    pub fn idle_s(&self) -> f64 {
        (self.cpu_s * IDLE_FACTOR).max(MIN_IDLE_S).min(self.wall_s())
    }
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

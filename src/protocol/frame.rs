//! Messages between a worker and its client: frames of a JSON header and binary blobs.
//!
//! Both sides share this module; a worker also uses it to receive reports from its children. Every length is checked
//! before use: a malformed frame causes neither a panic nor large allocations.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::stage::{RunStages, Stage};
use crate::{RunSpec, WorkerVersions};
use cadforge_core::failure::Failure;
use cadforge_geometry::{BrepFacts, MassProperties};
use cadforge_platform::kernel::SandboxSupport;

/// Version of the protocol; both sides must have the same.
pub const PROTOCOL: u32 = 10;

/// Maximum size of a header in bytes.
pub const MAX_HEADER: u64 = 4 << 20;

/// Maximum sum of blobs in bytes: the STL of ten million triangles.
pub const MAX_BLOBS: u64 = 512 << 20;

/// Maximum number of blobs.
pub const MAX_BLOB_COUNT: u32 = 64;

/// Maximum number of variants of one request.
pub const MAX_VARIANTS: usize = MAX_BLOB_COUNT as usize;

const MAGIC: [u8; 4] = *b"CFW\x01";

/// Curve types of B-rep edges as CadQuery names them; in a frame they are indices into this list.
pub const CURVES: [&str; 9] = [
    "LINE",
    "CIRCLE",
    "ELLIPSE",
    "HYPERBOLA",
    "PARABOLA",
    "BEZIER",
    "BSPLINE",
    "OFFSET",
    "OTHER",
];

/// Surface types of B-rep faces as CadQuery names them; in a frame they are indices into this list.
pub const SURFACES: [&str; 8] = [
    "PLANE", "CYLINDER", "CONE", "SPHERE", "TORUS", "BEZIER", "BSPLINE", "OTHER",
];

/// Request of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Run a candidate. One blob: its code. While [`Reply::Running`] reports that it sleeps, another one may run beside
    /// it.
    Run {
        /// Chosen by the client, returned in [`Reply::Done`].
        id: u64,
        /// Limits, mesh and files of the run.
        spec: RunSpec,
        /// Purpose of the run.
        purpose: Purpose,
        /// Whether variants follow: once it has built, [`Reply::Varied`] asks for them.
        varies: bool,
        /// Whether its stages are timed, which costs a little itself.
        timed: bool,
    },
    /// Run variants of a candidate, after [`Reply::Varied`]. Blobs: at most [`MAX_VARIANTS`] scripts that differ from its code
    /// in named dimensions; none ends the candidate.
    Vary {
        /// As in [`Request::Run`].
        id: u64,
        /// Whether results of the candidate's own run are reused.
        reuse: bool,
    },
    /// Cancel a candidate, if it still runs.
    Cancel {
        /// As in [`Request::Run`].
        id: u64,
    },
}

/// Purpose of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// The result only.
    Result,
    /// The same, for hand edits: its first steps are kept for the next edit.
    Edit,
    /// The same, with the shape as a STEP file.
    Export,
}

/// Message of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The first message, once CadQuery is imported.
    Hello {
        /// The worker's [`PROTOCOL`].
        protocol: u32,
        /// Versions inside.
        versions: WorkerVersions,
        /// Sandbox of the candidates.
        sandbox: SandboxSupport,
        /// Duration of the start in ms.
        startup_ms: f64,
    },
    /// In place of `Hello`: the worker cannot start, and ends.
    Refused {
        /// The reason, with a hint.
        message: String,
    },
    /// A candidate is running. Sent every second, and more often while it sleeps.
    Running {
        /// As in [`Request::Run`].
        id: u64,
        /// Whether it sleeps, so that its worker is free for another candidate.
        asleep: bool,
    },
    /// A candidate of [`Purpose::Edit`] has built, and this is a coarse mesh for display, made by the candidate's own process.
    /// One blob, unverified: an STL, the number of faces and the triangles of each (`u32`, little-endian), and edges as in
    /// [`DoneBlobs`].
    Preview {
        /// As in [`Request::Run`].
        id: u64,
    },
    /// A candidate has ended. Blobs: see [`DoneBlobs`].
    Done {
        /// As in [`Request::Run`].
        id: u64,
        /// Result of the run.
        outcome: Outcome,
        /// CPU time of the candidate's process, ms.
        cpu_ms: f64,
        /// Wall time of the code, in ms.
        run_ms: f64,
        /// Wall time of meshing, export and measurement, in ms.
        mesh_ms: f64,
        /// Steps that were not run again, because the run resumed after them.
        resumed: u32,
        /// Reports of the candidate's process about its own run, unverified.
        claims: Claims,
        /// Its stages, if they were timed.
        stages: RunStages,
    },
    /// A candidate has built, or its variants have run. Answered by [`Request::Vary`].
    Varied {
        /// As in [`Request::Run`].
        id: u64,
        /// Mass properties, measured by a process that ran no candidate code.
        variants: Variants,
    },
}

/// Mass properties of a candidate's shape and of its variants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variants {
    /// Of the candidate itself.
    pub nominal: MassProperties,
    /// Of the variants of the last request, in its order; `None` for one that does not build.
    pub changed: Vec<Option<MassProperties>>,
    /// Whether one of these ended at a limit or by a signal, so that it could build the next time.
    pub interrupted: bool,
}

/// Unverified reports of a candidate's process. They decide nothing, and serve notes and display only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Shown objects in order, whether exported or not.
    pub shown: Vec<ShownObject>,
    /// A result name that is bound to a shape, if another shape is scored because it was shown.
    pub unscored: Option<String>,
    /// Operations without effect, or with a wrong one.
    pub remarks: Vec<Remark>,
    /// Why the shape is not scored: it was only written to a file. It is displayed.
    pub refusal: Option<String>,
}

impl Claims {
    /// Whether the code shows more than one object, or one with its own appearance.
    pub fn shows_more(&self) -> bool {
        let has_looks = |object: &ShownObject| object.color.is_some() || object.opacity < 1.0;
        self.shown.len() > 1 || self.shown.iter().any(has_looks)
    }
}

/// A shown object and its appearance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownObject {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Red, green and blue from 0 to 1.
    pub color: Option<[f32; 3]>,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Whether it is scored.
    pub is_scored: bool,
}

/// Effect of an operation of the candidate's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Line of the code, from 1.
    pub line: u32,
    /// The CadQuery method that was called.
    pub method: String,
    /// Effect of the operation.
    pub effect: OperationEffect,
}

/// Effects of operations that deserve a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationEffect {
    /// A cut whose tool does not touch the part.
    NothingRemoved,
    /// A union whose tool lies inside the part.
    NothingAdded,
    /// A cut or intersection that left nothing of the part.
    NothingLeft,
    /// A valid shape that CadQuery's clean-up step made invalid.
    BrokenByClean,
}

impl OperationEffect {
    /// In the order of the worker's `operations.py`.
    pub const ALL: [Self; 4] = [
        Self::NothingRemoved,
        Self::NothingAdded,
        Self::NothingLeft,
        Self::BrokenByClean,
    ];
}

/// Result of a candidate, as the worker observed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It exported a shape.
    Shape {
        /// Read by a process that ran no candidate code.
        facts: BrepFacts,
    },
    /// The build failed.
    Failed {
        /// Reason of the failure.
        failure: Failure,
    },
    /// It was cancelled.
    Cancelled,
}

/// Report of the runner. Blob: triangles per face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Whether it exported a shape, or why not.
    pub outcome: Result<(), Failure>,
    /// Wall time of the code, in ms.
    pub run_ms: f64,
    /// Wall time of meshing and export, in ms.
    pub mesh_ms: f64,
    /// Unverified reports about its own run.
    pub claims: Claims,
    /// Stages of its own run, unverified, if they are timed.
    pub stages: Vec<Stage>,
}

/// Report of the reader, for a shape or for code that it cannot parse. Blobs: edges, surfaces, STEP, triangles per face
/// (if it made the mesh), scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReaderReport {
    /// Facts about the shape, or why there are none.
    pub outcome: Result<BrepFacts, Failure>,
    /// Mass properties, if variants follow and the kernel can measure the shape.
    pub mass: Option<MassProperties>,
    /// Wall time of reading and measuring, in ms.
    pub ms: f64,
    /// Its stages, if they are timed.
    pub stages: Vec<Stage>,
}

/// The blobs of [`Reply::Done`], in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DoneBlobs {
    /// Captured standard output.
    pub stdout: Vec<u8>,
    /// Captured standard error.
    pub stderr: Vec<u8>,
    /// The STL; empty if there is none.
    pub stl: Vec<u8>,
    /// Triangles per face, `u32` little-endian.
    pub faces: Vec<u8>,
    /// Edges: curve (`u8`, see [`CURVES`]), number of points (`u32`), points (3 × `f32`), little-endian.
    pub edges: Vec<u8>,
    /// The largest tolerance (`f64`, mm), then for each face its surface (`u8`, see [`SURFACES`]), radius, second radius
    /// or half angle, a point (3), an axis (3), area, box (6), all `f64`, little-endian.
    pub surfaces: Vec<u8>,
    /// The shape as a STEP file; empty unless it was run for [`Purpose::Export`].
    pub step: Vec<u8>,
    /// Shown objects of a run for [`Purpose::Edit`], in the order of [`Claims::shown`]: for each the number of
    /// triangles (`u32`), their corners (9 × `f32`), the length of its edges in bytes (`u32`), its edges as above.
    pub scene: Vec<u8>,
}

impl DoneBlobs {
    /// As slices, for [`write_frame`].
    pub fn as_slices(&self) -> [&[u8]; 8] {
        let Self {
            stdout,
            stderr,
            stl,
            faces,
            edges,
            surfaces,
            step,
            scene,
        } = self;
        [stdout, stderr, stl, faces, edges, surfaces, step, scene]
    }

    /// From the blobs of a frame; fails unless there are 8.
    pub fn from_blobs(blobs: Vec<Vec<u8>>) -> Result<Self, ProtocolError> {
        let [stdout, stderr, stl, faces, edges, surfaces, step, scene] = <[Vec<u8>; 8]>::try_from(blobs)
            .map_err(|blobs| ProtocolError::Malformed(format!("8 blobs expected, {} found", blobs.len())))?;
        Ok(Self {
            stdout,
            stderr,
            stl,
            faces,
            edges,
            surfaces,
            step,
            scene,
        })
    }
}

/// Reason why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The frame is malformed.
    #[error("malformed frame: {0}")]
    Malformed(String),
    /// The frame is larger than the limits, and was not sent.
    #[error("a frame of {0} bytes is larger than the protocol allows")]
    TooLarge(u64),
}

/// A header and its blobs.
pub type Frame<H> = (H, Vec<Vec<u8>>);

/// Writes one frame.
pub fn write_frame<H: Serialize>(
    to: &mut impl Write,
    header: &H,
    blobs: &[&[u8]],
) -> Result<(), ProtocolError> {
    let header = serde_json::to_vec(header).map_err(|error| ProtocolError::Malformed(error.to_string()))?;
    let total: u64 = blobs.iter().map(|blob| blob.len() as u64).sum();
    if header.len() as u64 > MAX_HEADER || total > MAX_BLOBS || blobs.len() as u64 > u64::from(MAX_BLOB_COUNT)
    {
        return Err(ProtocolError::TooLarge(total + header.len() as u64));
    }
    let mut prelude = Vec::with_capacity(12 + 8 * blobs.len() + header.len());
    prelude.extend_from_slice(&MAGIC);
    prelude.extend_from_slice(&(header.len() as u32).to_le_bytes());
    prelude.extend_from_slice(&(blobs.len() as u32).to_le_bytes());
    for blob in blobs {
        prelude.extend_from_slice(&(blob.len() as u64).to_le_bytes());
    }
    prelude.extend_from_slice(&header);
    to.write_all(&prelude)?;
    for blob in blobs {
        to.write_all(blob)?;
    }
    to.flush()?;
    Ok(())
}

/// Reads one frame; `None` if the other side closed the connection between two frames.
pub fn read_frame<H: DeserializeOwned>(from: &mut impl Read) -> Result<Option<Frame<H>>, ProtocolError> {
    let mut prelude = [0; 12];
    let mut filled = 0;
    while filled < prelude.len() {
        match from.read(&mut prelude[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(cut()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if prelude[..4] != MAGIC {
        return Err(ProtocolError::Malformed(
            "not a frame of this protocol".to_owned(),
        ));
    }
    let header_length = u64::from(u32_at(&prelude, 4));
    let count = u32_at(&prelude, 8);
    if header_length > MAX_HEADER || count > MAX_BLOB_COUNT {
        return Err(ProtocolError::Malformed(format!(
            "header of {header_length} bytes, {count} blobs"
        )));
    }
    let lengths = read_exactly(from, u64::from(count) * 8)?;
    let lengths: Vec<u64> = lengths
        .chunks_exact(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("chunks of eight")))
        .collect();
    let total = lengths
        .iter()
        .try_fold(0u64, |sum, &length| sum.checked_add(length));
    if total.is_none_or(|total| total > MAX_BLOBS) {
        return Err(ProtocolError::Malformed(format!("blobs of {lengths:?} bytes")));
    }
    let header = read_exactly(from, header_length)?;
    let header = serde_json::from_slice(&header)
        .map_err(|error| ProtocolError::Malformed(format!("unreadable header: {error}")))?;
    let blobs = lengths
        .into_iter()
        .map(|length| read_exactly(from, length))
        .collect::<Result<_, _>>()?;
    Ok(Some((header, blobs)))
}

/// Memory grows with the received bytes, not with the announced ones.
fn read_exactly(from: &mut impl Read, length: u64) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = Vec::with_capacity(length.min(64 << 10) as usize);
    from.by_ref().take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(cut())
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn cut() -> ProtocolError {
    ProtocolError::Malformed("the connection ended inside a frame".to_owned())
}

#[cfg(test)]
mod tests;

//! What can be wrong with a candidate, by name.
//!
//! Every evaluation carries exactly one [`Kind`]; one that did not build also carries a [`Failure`]. A
//! fault of our own machinery is never a kind: it is an error of [`crate::executor`] and is not scored.

use serde::{Deserialize, Serialize};

/// The class of an evaluation, in the order in which they are tried: the first that fits names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The completion was cut by its token limit.
    Clipped,
    /// The sandbox refused something that the candidate tried.
    Sandbox,
    /// CPU or wall clock limit reached.
    Timeout,
    /// Memory limit reached.
    OutOfMemory,
    /// The process died by a signal.
    Crash,
    /// More output than the limit.
    OutputFlood,
    /// The file is not UTF-8.
    BadEncoding,
    /// The mesh has more triangles than the limit.
    TooManyTriangles,
    /// What came back contradicts itself.
    Forged,
    /// `SyntaxError`, most often a bracket or string that is never closed.
    SyntaxClosure,
    /// The code ran to its end but left no exportable object.
    MissingFixture,
    /// The object has no triangles, or coordinates that are not finite.
    EmptyGeometry,
    /// `AttributeError`, or a `Workplane` call or argument that does not exist.
    InventedApi,
    /// `NameError`.
    UndefinedName,
    /// `ImportError`.
    ImportError,
    /// `TypeError`, `ValueError` or an error of the geometry kernel.
    TypeOrValue,
    /// Any other exception.
    UnknownBuildFailure,
    /// Built, but editability is below its threshold.
    LowEditability,
    /// Built, but the semantic score is below its threshold.
    DisconnectedOrWeak,
    /// Built and good.
    BuildOk,
}

/// Why a candidate did not build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class of the failure.
    pub kind: Kind,
    /// One line for people and for the repairing model.
    pub message: String,
    /// The line of the candidate's code, counted from 1, where known.
    pub line: Option<u32>,
    /// The Python traceback, restricted to the candidate's own frames; empty if there was none.
    pub traceback: String,
}

//! The child's side: runs one candidate, leaves its report in memory files, and is gone.
//!
//! Shares its process with the candidate, so nothing it reports is more than a claim: the supervisor
//! checks the form and the client the content.

use std::time::Instant;

use cadforge::executor::Limits;
use cadforge::executor::protocol::{Report, write_frame};
use cadforge::failure::{Failure, Kind, classify_exception_lineage};
use cadforge::geometry::{Aabb, BrepFacts};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::{Deserialize, Serialize};

use crate::linux::MemoryFile;
use crate::sandbox;

/// What a child and its supervisor pass to each other.
pub struct Mailbox {
    /// A frame with an [`Order`] and the code.
    pub order: MemoryFile,
    /// A frame with a [`Report`], triangles per face and edges.
    pub report: MemoryFile,
    /// The STL.
    pub stl: MemoryFile,
    /// Where the interpreter was when it was killed or crashed.
    pub last_words: MemoryFile,
}

impl Mailbox {
    /// An empty one.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            order: MemoryFile::new("cadforge-order")?,
            report: MemoryFile::new("cadforge-report")?,
            stl: MemoryFile::new("cadforge-stl")?,
            last_words: MemoryFile::new("cadforge-words")?,
        })
    }
}

/// What a child is to do.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// What the candidate may use.
    pub limits: Limits,
    /// The folder it runs in.
    pub scratch: String,
}

/// Makes the interpreter ready for a candidate.
pub fn prepare(harness: &Bound<'_, PyModule>, scratch: &str, mailbox: &Mailbox) -> PyResult<()> {
    harness
        .call_method1("prepare", (scratch, mailbox.last_words.descriptor()))
        .map(drop)
}

/// Runs `source` and writes the report.
pub fn run(
    harness: &Bound<'_, PyModule>,
    source: &[u8],
    triangles: u32,
    mailbox: &mut Mailbox,
) -> Result<(), String> {
    let python = harness.py();
    let started = Instant::now();
    let names = harness.call_method1("execute", (PyBytes::new(python, source),));
    let run_ms = milliseconds(started);

    let started = Instant::now();
    let built = names.and_then(|names| build(harness, &names, triangles, mailbox));
    let mesh_ms = milliseconds(started);

    sandbox::release_reserve();
    let (outcome, faces, edges) = match built {
        Ok(Built { facts, faces, edges }) => (Ok(facts), faces, edges),
        Err(error) => (Err(describe(harness, &error)), Vec::new(), Vec::new()),
    };
    // Prints that are still buffered belong to the candidate, whatever became of it.
    let _ = harness.call_method0("flush");
    let report = Report {
        outcome,
        run_ms,
        mesh_ms,
    };
    write_frame(mailbox.report.file(), &report, &[&faces, &edges]).map_err(|error| error.to_string())
}

struct Built {
    facts: BrepFacts,
    faces: Vec<u8>,
    edges: Vec<u8>,
}

fn build(
    harness: &Bound<'_, PyModule>,
    names: &Bound<'_, PyAny>,
    triangles: u32,
    mailbox: &Mailbox,
) -> PyResult<Built> {
    let shape = harness.call_method1("choose", (names,))?;
    let counts: Vec<u32> = harness
        .call_method1("write_stl", (&shape, mailbox.stl.path(), triangles))?
        .extract()?;
    let edges: Vec<u8> = harness.call_method1("edges", (&shape,))?.extract()?;
    let facts = harness.call_method1("facts", (&shape,))?.cast_into::<PyDict>()?;
    Ok(Built {
        facts: read_facts(&facts)?,
        faces: counts.iter().flat_map(|count| count.to_le_bytes()).collect(),
        edges,
    })
}

fn read_facts(facts: &Bound<'_, PyDict>) -> PyResult<BrepFacts> {
    let field = |name: &str| facts.as_any().get_item(name);
    Ok(BrepFacts {
        solids: field("solids")?.extract()?,
        shells: field("shells")?.extract()?,
        faces: field("faces")?.extract()?,
        edges: field("edges")?.extract()?,
        vertices: field("vertices")?.extract()?,
        volume: field("volume")?.extract()?,
        area: field("area")?.extract()?,
        bbox: Aabb {
            min: field("min")?.extract()?,
            max: field("max")?.extract()?,
        },
        valid: field("valid")?.extract()?,
    })
}

/// What the harness tells of an exception.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Description {
    lineage: Vec<String>,
    own: Option<String>,
    message: String,
    line: Option<u32>,
    traceback: String,
}

fn describe(harness: &Bound<'_, PyModule>, error: &PyErr) -> Failure {
    let python = harness.py();
    let described = harness
        .call_method1("describe", (error.value(python), error.traceback(python)))
        .and_then(|description| description.extract::<Description>());
    match described {
        Ok(Description {
            lineage,
            own,
            message,
            line,
            traceback,
        }) => {
            let kind = match own.as_deref() {
                Some("NotExportable") => Kind::MissingFixture,
                Some("NoTriangles") => Kind::EmptyGeometry,
                Some("TooManyTriangles") => Kind::TooManyTriangles,
                _ => classify_exception_lineage(&lineage, &message),
            };
            Failure {
                kind,
                message,
                line,
                traceback,
            }
        }
        // The candidate may have broken whatever a description needs, or left no memory for it.
        Err(_) => {
            let name = error
                .get_type(python)
                .name()
                .map_or_else(|_| "Exception".to_owned(), |name| name.to_string());
            let kind = classify_exception_lineage(&[&name], "");
            Failure {
                kind,
                message: name,
                line: None,
                traceback: String::new(),
            }
        }
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

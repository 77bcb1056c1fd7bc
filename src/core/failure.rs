//! Failure kinds of candidates.
//!
//! Every evaluation has exactly one [`Kind`]; a failed build also has a [`Failure`]. An internal error is never a kind:
//! it is an error of the executor and is not scored.

use serde::{Deserialize, Serialize};

/// Class of an evaluation. The kinds are tested in this order; the first that matches is used.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The completion was cut off by its token limit.
    Clipped,
    /// The sandbox refused a system call of the candidate.
    Sandbox,
    /// The limit of CPU time, sleep or wall time was reached.
    Timeout,
    /// The memory limit was reached.
    OutOfMemory,
    /// A signal ended the process.
    Crash,
    /// The output exceeds its limit.
    OutputFlood,
    /// The file is not UTF-8.
    BadEncoding,
    /// The mesh has more triangles than the limit.
    TooManyTriangles,
    /// The worker's result contradicts itself.
    Forged,
    /// `SyntaxError`, usually a bracket or string that is never closed.
    SyntaxClosure,
    /// The code ran to its end but left no object to export.
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

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 20] = [
        Self::Clipped,
        Self::Sandbox,
        Self::Timeout,
        Self::OutOfMemory,
        Self::Crash,
        Self::OutputFlood,
        Self::BadEncoding,
        Self::TooManyTriangles,
        Self::Forged,
        Self::SyntaxClosure,
        Self::MissingFixture,
        Self::EmptyGeometry,
        Self::InventedApi,
        Self::UndefinedName,
        Self::ImportError,
        Self::TypeOrValue,
        Self::UnknownBuildFailure,
        Self::LowEditability,
        Self::DisconnectedOrWeak,
        Self::BuildOk,
    ];

    /// Name in the reward JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clipped => "clipped",
            Self::Sandbox => "sandbox",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::Crash => "crash",
            Self::OutputFlood => "output_flood",
            Self::BadEncoding => "bad_encoding",
            Self::TooManyTriangles => "too_many_triangles",
            Self::Forged => "forged",
            Self::SyntaxClosure => "syntax_closure",
            Self::MissingFixture => "missing_fixture",
            Self::EmptyGeometry => "empty_geometry",
            Self::InventedApi => "invented_api",
            Self::UndefinedName => "undefined_name",
            Self::ImportError => "import_error",
            Self::TypeOrValue => "type_or_value",
            Self::UnknownBuildFailure => "unknown_build_failure",
            Self::LowEditability => "low_editability",
            Self::DisconnectedOrWeak => "disconnected_or_weak",
            Self::BuildOk => "build_ok",
        }
    }
}

/// Start of the messages of [`Kind::MissingFixture`], which the worker writes.
pub const NOTHING_TO_SCORE: &str = "the code ran but left nothing to score: ";

/// Reason of a failed build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// Failure kind.
    pub kind: Kind,
    /// One line for people and for the repairing model.
    pub message: String,
    /// Line of the candidate's code from 1, if known.
    #[serde(default, deserialize_with = "line_from_one")]
    pub line: Option<u32>,
    /// Python traceback, reduced to the candidate's own frames; empty if there is none.
    pub traceback: String,
}

/// Other producers write 0 for an unknown line, as does Python for some errors of a whole file.
fn line_from_one<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let line = Option::<u32>::deserialize(deserializer)?;
    Ok(line.filter(|line| *line > 0))
}

/// The failure kind of a Python exception that ended a candidate.
///
/// `lineage` is its class and the base classes, most derived first, with or without the module: `NameError`,
/// `OCP.StdFail.StdFail_NotDone`.
pub fn classify_exception_lineage<S: AsRef<str>>(lineage: &[S], message: &str) -> Kind {
    // Depending on which library runs out of memory first, exceptions of various classes contain these texts.
    if message.contains("std::bad_alloc") || message.contains("Standard_OutOfMemory") {
        return Kind::OutOfMemory;
    }
    lineage
        .iter()
        .find_map(|name| classify_name(name.as_ref(), message))
        .unwrap_or(Kind::UnknownBuildFailure)
}

fn classify_name(name: &str, message: &str) -> Option<Kind> {
    let short = name.rsplit('.').next().unwrap_or(name);
    match short {
        "MemoryError" | "Standard_OutOfMemory" => Some(Kind::OutOfMemory),
        "SyntaxError" | "IndentationError" | "TabError" => Some(Kind::SyntaxClosure),
        "AttributeError" => Some(Kind::InventedApi),
        "TypeError" if is_invented_argument(message) => Some(Kind::InventedApi),
        "NameError" | "UnboundLocalError" => Some(Kind::UndefinedName),
        "ImportError" | "ModuleNotFoundError" => Some(Kind::ImportError),
        "TypeError" | "ValueError" => Some(Kind::TypeOrValue),
        // Values that cannot be computed with or do not exist, and selectors that cannot be parsed.
        "ArithmeticError" | "ZeroDivisionError" | "OverflowError" | "FloatingPointError" => {
            Some(Kind::TypeOrValue)
        }
        "LookupError" | "IndexError" | "KeyError" | "ParseException" => Some(Kind::TypeOrValue),
        _ if is_kernel_error(name, short, message) => Some(Kind::TypeOrValue),
        _ => None,
    }
}

/// Whether a method was called with an unknown argument. A plain function's name has no dot: it is the candidate's own
/// function, not an API.
fn is_invented_argument(message: &str) -> bool {
    message
        .split_once("() got an unexpected keyword argument")
        .is_some_and(|(before, _)| {
            let callee = before.rsplit(' ').next().unwrap_or(before);
            callee.contains('.') && !callee.contains("<locals>")
        })
}

/// Whether an exception comes from the geometry kernel, whose classes are named `Package_Name`.
fn is_kernel_error(name: &str, short: &str, message: &str) -> bool {
    const PACKAGES: [&str; 6] = ["StdFail_", "Standard_", "BRep", "Geom", "gp_", "GC"];
    const PHRASES: [&str; 4] = ["StdFail_", "BRep_API", "Null TopoDS", "Standard_"];
    name.starts_with("OCP.")
        || (short.contains('_') && PACKAGES.iter().any(|package| short.starts_with(package)))
        || PHRASES.iter().any(|phrase| message.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_equal_serialised_names() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn exceptions_are_classified_by_name() {
        let cases = [
            ("SyntaxError", "'(' was never closed", Kind::SyntaxClosure),
            ("IndentationError", "unexpected indent", Kind::SyntaxClosure),
            (
                "AttributeError",
                "'Workplane' object has no attribute 'filet'",
                Kind::InventedApi,
            ),
            (
                "TypeError",
                "Workplane.box() got an unexpected keyword argument 'depth'",
                Kind::InventedApi,
            ),
            (
                "TypeError",
                "Workplane.extrude() missing 1 required positional argument",
                Kind::TypeOrValue,
            ),
            ("NameError", "name 'x' is not defined", Kind::UndefinedName),
            (
                "UnboundLocalError",
                "cannot access local variable 'x'",
                Kind::UndefinedName,
            ),
            (
                "ModuleNotFoundError",
                "No module named 'scipy'",
                Kind::ImportError,
            ),
            ("ValueError", "No pending wires present", Kind::TypeOrValue),
            ("StdFail_NotDone", "BRep_API: command not done", Kind::TypeOrValue),
            ("OCP.OCP.Standard.Standard_DomainError", "", Kind::TypeOrValue),
            ("RuntimeError", "Null TopoDS_Shape object", Kind::TypeOrValue),
            ("MemoryError", "std::bad_alloc", Kind::OutOfMemory),
            ("RuntimeError", "std::bad_alloc", Kind::OutOfMemory),
            ("ZeroDivisionError", "division by zero", Kind::TypeOrValue),
            ("IndexError", "list index out of range", Kind::TypeOrValue),
            ("KeyError", "'width'", Kind::TypeOrValue),
            ("pyparsing.exceptions.ParseException", "", Kind::TypeOrValue),
            ("AssertionError", "", Kind::UnknownBuildFailure),
            ("SystemExit", "0", Kind::UnknownBuildFailure),
        ];
        for (name, message, kind) in cases {
            assert_eq!(
                classify_exception_lineage(&[name], message),
                kind,
                "{name}: {message}"
            );
        }
    }

    #[test]
    fn a_derived_exception_has_the_kind_of_its_nearest_known_class() {
        let lineage = [
            "json.decoder.JSONDecodeError",
            "builtins.ValueError",
            "builtins.Exception",
        ];
        assert_eq!(
            classify_exception_lineage(&lineage, "Expecting value"),
            Kind::TypeOrValue
        );
        let lineage = [
            "decimal.DivisionUndefined",
            "builtins.ArithmeticError",
            "builtins.Exception",
        ];
        assert_eq!(classify_exception_lineage(&lineage, "0 / 0"), Kind::TypeOrValue);
    }
}

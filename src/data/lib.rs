//! Rows of training runs: scoring, storing, reporting, curricula and exports.
//!
//! A row is a JSON object on one line. Every surface reads rows through the same parts: [`Lines`] (plain or compressed files, line by
//! line, so that files may exceed available memory; malformed lines are reported and skipped), [`Row`] (one parse of all trainers' keys),
//! [`Content`] (which rows are candidates), [`Groups`] and [`compare`] (groups and advantages), [`Summary`] (counts and means).
//! [`RowIndex`] lists the rows of a run without holding their texts. Nothing here starts a process: candidates are scored through
//! [`cadforge_assess`].
//!
//! ```
//! use std::io::Write as _;
//!
//! use cadforge_data::Lines;
//!
//! let mut file = tempfile::NamedTempFile::new()?;
//! writeln!(file, r#"{{"task_id": "four_leg_chair_600n", "completion": "import cadquery as cq"}}"#)?;
//! let mut lines = Lines::open(file.path())?;
//! assert!(lines.next_line()?.is_some());
//! assert!(lines.next_line()?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod curriculum;
mod error;
pub mod export;
mod groups;
pub mod index;
mod lines;
mod malformed;
mod output;
pub mod prompt;
pub mod repaired;
pub mod report;
mod row;
mod row_format;
pub mod score;
mod spool;
pub mod store;
mod summary;
mod surrogates;
mod text_kind;

pub use error::DataError;
pub use groups::{Compared, DEFAULT_GENERATIONS, Groups, Spread, compare};
pub use index::RowIndex;
pub use lines::{Line, Lines, file_stem, is_row_file};
pub use malformed::{MalformedLine, MalformedLines};
pub use row::Row;
pub use row_format::{Content, RowFormat};
pub use summary::{Stats, Summary};
pub use surrogates::{file_of, json_of, line_of, value_of};

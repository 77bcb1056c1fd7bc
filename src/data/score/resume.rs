//! Compares the output of an earlier run with the input.

use std::path::Path;

use super::input::ScorableRows;
use super::pass::Pass;
use super::rows;
use crate::{DataError, Lines, Row};

/// Larger incomplete groups are not held in memory; their rows are scored again.
const LARGEST_TAIL: u64 = 32 << 20;

/// The part of an output that is kept.
#[derive(Default)]
pub(super) struct Finished {
    /// Rows of complete groups.
    pub rows: usize,
    /// Bytes of those rows.
    pub length: u64,
    /// Rows after them, of an incomplete group; written again when it is complete.
    pub tail: Vec<Row>,
    /// Rows with an error instead of a score.
    pub errors: usize,
}

impl Finished {
    /// Reads an output. A partial line at its end is ignored; anything else that does not match the input is an
    /// error. Changes nothing.
    pub fn read(pass: &Pass<'_>, path: &Path) -> Result<Self, DataError> {
        let plan = pass.plan;
        let mut source = ScorableRows::open(&pass.options.input, pass.options.task.as_deref(), pass.tasks)?;
        let mut lines = Lines::open(path)?;
        let mut finished = Self::default();
        // Groups overlap: at this row none is open.
        let (mut row, mut open_until, mut tail_bytes) = (0, 0, 0);
        let refuse = |line: u64, what: &str| {
            DataError::Input(format!(
                "{} is not the score of {}: line {line}: {what}\nhint: give `-o` another file, or move this one",
                path.display(),
                pass.options.input.display()
            ))
        };
        while let Some(line) = lines.next_line()? {
            if !line.ended {
                break;
            }
            let output = line.row.map_err(|error| refuse(line.number, &error))?;
            let candidate = loop {
                match source.next()? {
                    None => return Err(refuse(line.number, "the input has fewer rows")),
                    Some(Err(_)) => {}
                    Some(Ok(_)) if row < plan.rows.start => row += 1,
                    Some(Ok(_)) if row >= plan.rows.end => {
                        return Err(refuse(line.number, "this part has fewer rows"));
                    }
                    Some(Ok(candidate)) => break candidate,
                }
            };
            if row >= open_until {
                finished.rows = row - plan.rows.start;
                finished.length = line.start;
                finished.tail.clear();
                tail_bytes = 0;
            }
            let group = plan.groups.of(row).1;
            if let Some(what) = rows::mismatch(candidate.row, &output, group.line, &pass.options.scoring) {
                return Err(refuse(line.number, &what));
            }
            finished.errors += usize::from(!rows::is_scored(&output));
            open_until = open_until.max(group.last as usize + 1);
            tail_bytes += line.length;
            if tail_bytes <= LARGEST_TAIL {
                finished.tail.push(output);
            }
            row += 1;
            if row >= open_until {
                finished.rows = row - plan.rows.start;
                finished.length = line.start + line.length;
                finished.tail.clear();
                tail_bytes = 0;
            }
        }
        Ok(finished)
    }
}

//! Malformed lines, as every reader reports them.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::ser::SerializeMap as _;

/// Lines beyond this number are counted only.
const MAX_REPORTED: usize = 20;

/// A malformed line, which was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MalformedLine {
    /// The file.
    pub file: PathBuf,
    /// Number, from 1.
    pub line: u64,
    /// Message.
    pub message: String,
}

/// The malformed lines of some files: all are counted, the first ones are reported.
///
/// In JSON: `malformed_lines` (the count) and `first_malformed_lines`, and the same under their deprecated names `bad_lines` and
/// `first_bad_lines`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MalformedLines {
    /// Number of lines.
    pub count: usize,
    /// The first ones.
    pub first: Vec<MalformedLine>,
}

impl MalformedLines {
    /// Adds a line.
    pub fn push(&mut self, file: &Path, line: u64, message: String) {
        self.count += 1;
        if self.first.len() < MAX_REPORTED {
            self.first.push(MalformedLine {
                file: file.to_owned(),
                line,
                message,
            });
        }
    }

    /// Adds the lines of other files.
    pub fn append(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(MAX_REPORTED);
    }

    /// One message per reported line, with file and line number, and one for the rest.
    pub fn messages(&self) -> impl Iterator<Item = String> {
        let more = self.count - self.first.len();
        let rest = (more > 0).then(|| format!("… and {more} more malformed lines"));
        let first = self
            .first
            .iter()
            .map(|MalformedLine { file, line, message }| format!("{}:{line}: {message}", file.display()));
        first.chain(rest)
    }
}

impl Serialize for MalformedLines {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        for (count, first) in [
            ("malformed_lines", "first_malformed_lines"),
            ("bad_lines", "first_bad_lines"),
        ] {
            map.serialize_entry(count, &self.count)?;
            map.serialize_entry(first, &self.first)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_counted_and_the_first_are_reported_under_both_names() {
        let mut lines = MalformedLines::default();
        for line in 1..=23 {
            lines.push(Path::new("run.jsonl"), line, "no".to_owned());
        }
        let messages: Vec<String> = lines.messages().collect();
        assert_eq!(messages.len(), 21);
        assert_eq!(
            (messages[0].as_str(), messages[20].as_str()),
            ("run.jsonl:1: no", "… and 3 more malformed lines")
        );
        let mut more = MalformedLines::default();
        more.push(Path::new("other.jsonl"), 1, "no".to_owned());
        more.append(lines.clone());
        assert_eq!((more.count, more.first.len()), (24, 20));
        assert_eq!(more.first[0].file, Path::new("other.jsonl"));
        let value = serde_json::to_value(&lines).unwrap();
        for (new, deprecated) in [
            ("malformed_lines", "bad_lines"),
            ("first_malformed_lines", "first_bad_lines"),
        ] {
            assert_eq!(value[new], value[deprecated]);
        }
        assert_eq!(value["malformed_lines"], 23);
        assert_eq!(value["first_bad_lines"].as_array().unwrap().len(), 20);
    }
}

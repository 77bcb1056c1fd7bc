//! Search in the lines of rows.

use super::rows::RowIndex;
use crate::DataError;

/// A text to search for in lines of JSON.
struct JsonNeedle {
    lower: String,
}

impl RowIndex {
    /// Rows whose line contains a text, ignoring case.
    pub fn search(&self, text: &str) -> Result<Vec<u32>, DataError> {
        let needle = JsonNeedle {
            lower: text.to_lowercase(),
        };
        let mut found = Vec::new();
        self.each_text(&mut |index, line| {
            if needle.is_in(line) {
                found.push(index);
            }
        })?;
        Ok(found)
    }
}

impl JsonNeedle {
    /// Whether a line contains it, ignoring case; converts the line to lower case.
    fn is_in(&self, line: &mut [u8]) -> bool {
        line.make_ascii_lowercase();
        let wanted = self.lower.as_bytes();
        if line.windows(wanted.len().max(1)).any(|window| window == wanted) {
            return true;
        }
        // Lower-case letters of other scripts can differ in length from their capitals, many writers escape both, and two
        // capitals of other scripts have ASCII lower-case letters: the dotted I and the Kelvin sign.
        let folds = !self.lower.is_ascii() || self.lower.contains(['i', 'k']);
        let others = !line.is_ascii() || line.windows(2).any(|pair| pair == b"\\u");
        folds
            && others
            && serde_json::from_slice::<serde_json::Value>(line)
                .is_ok_and(|value| value.to_string().to_lowercase().contains(&self.lower))
    }
}

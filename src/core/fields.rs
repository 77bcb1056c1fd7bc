//! Reads the fields of a TOML table one by one, and reports unknown fields.
//!
//! Unlike a derived deserialiser it continues after an invalid field, so that all problems are reported at once.

use std::path::Path;

use toml::{Table, Value};

use crate::TaskProblem;

/// Allowed lengths of parts in mm. Far beyond them the kernel's precision exceeds the part, and squares overflow.
const SIZES: std::ops::RangeInclusive<f64> = 1e-5..=1e7;

/// The fields of one table that have not been read yet.
#[derive(Debug)]
pub struct Fields<'a> {
    table: Table,
    /// Prefix of keys in messages: empty, or `step.2.`.
    prefix: String,
    known: Vec<&'static str>,
    file: &'a Path,
    problems: &'a mut Vec<TaskProblem>,
}

impl<'a> Fields<'a> {
    /// The fields of a table of `file`; their keys begin with `prefix` in messages.
    pub fn new(table: Table, prefix: String, file: &'a Path, problems: &'a mut Vec<TaskProblem>) -> Self {
        Self {
            table,
            prefix,
            known: Vec::new(),
            file,
            problems,
        }
    }

    /// A required string that is not blank.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let Some(value) = self.take(key) else {
            self.refuse(key, "is missing");
            return None;
        };
        let text = self.string(key, value)?;
        if text.trim().is_empty() {
            self.refuse(key, "is empty");
            return None;
        }
        Some(text)
    }

    /// An optional string, which may be blank.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        let value = self.take(key)?;
        self.string(key, value)
    }

    /// A required name of the form `[a-z0-9_]+`.
    pub fn word(&mut self, key: &'static str) -> Option<String> {
        let text = self.text(key)?;
        if !is_word(&text) {
            self.refuse(key, &format!("must be made of a-z, 0-9 and _, is `{text}`"));
            return None;
        }
        Some(text)
    }

    /// One of several names; `None` if the field is absent or invalid.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.optional_text(key)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            self.refuse(key, &format!("must be {}, is `{text}`", names.join(" or ")));
        }
        found.map(|(_, choice)| *choice)
    }

    /// Reports a required field as missing, if it is absent.
    pub fn require(&mut self, key: &'static str) {
        if !self.table.contains_key(key) {
            self.refuse(key, "is missing");
        }
    }

    /// A required list of at least one name, without duplicates.
    pub fn words(&mut self, key: &'static str) -> Option<Vec<String>> {
        let Some(value) = self.take(key) else {
            self.refuse(key, "is missing");
            return None;
        };
        let Value::Array(values) = value else {
            self.refuse(
                key,
                &format!("must be a list of strings, is {}", described(&value)),
            );
            return None;
        };
        if values.is_empty() {
            self.refuse(key, "is empty");
            return None;
        }
        let mut words: Vec<String> = Vec::new();
        for value in values {
            match value {
                Value::String(word) if !is_word(&word) || word.chars().all(|c| c == '_') => {
                    self.refuse(
                        key,
                        &format!("must hold words made of a-z, 0-9 and _, holds `{word}`"),
                    );
                }
                Value::String(word) if words.contains(&word) => {
                    self.refuse(key, &format!("holds `{word}` twice"));
                }
                Value::String(word) => words.push(word),
                other => {
                    self.refuse(
                        key,
                        &format!("must be a list of strings, holds {}", described(&other)),
                    );
                }
            }
        }
        Some(words)
    }

    /// An optional list of texts.
    pub fn optional_texts(&mut self, key: &'static str) -> Vec<String> {
        let values = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.refuse(
                    key,
                    &format!("must be a list of strings, is {}", described(&other)),
                );
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::String(text) => texts.push(text),
                other => self.refuse(
                    key,
                    &format!("must be a list of strings, holds {}", described(&other)),
                ),
            }
        }
        texts
    }

    /// An optional size of three lengths in mm, within what a kernel with a precision of 1e-7 mm can build.
    pub fn optional_size(&mut self, key: &'static str) -> Option<[f64; 3]> {
        let value = self.take(key)?;
        let numbers = match &value {
            Value::Array(values) => values.iter().map(number).collect::<Option<Vec<f64>>>(),
            _ => None,
        };
        let size = numbers.and_then(|numbers| <[f64; 3]>::try_from(numbers).ok());
        let size = size.filter(|size| size.iter().all(|extent| extent.is_finite() && *extent > 0.0));
        let message = match size {
            None => format!(
                "must be three positive numbers [x, y, z] in mm, is {}",
                described(&value)
            ),
            // The shortest notation: hundreds of digits would not help.
            Some(size) if !size.iter().all(|extent| SIZES.contains(extent)) => {
                format!("must be three lengths from 0.00001 to 10000000 mm, is {size:?}")
            }
            Some(_) => return size,
        };
        self.refuse(key, &message);
        None
    }

    /// Whether a field is present and has not been read.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// An optional field of any type.
    pub fn optional_value(&mut self, key: &'static str) -> Option<Value> {
        self.take(key)
    }

    /// An optional flag; false if the field is absent or invalid.
    pub fn optional_flag(&mut self, key: &'static str) -> bool {
        match self.take(key) {
            None => false,
            Some(Value::Boolean(flag)) => flag,
            Some(other) => {
                self.refuse(key, &format!("must be true or false, is {}", described(&other)));
                false
            }
        }
    }

    /// An optional list of tables.
    pub fn optional_tables(&mut self, key: &'static str) -> Vec<Table> {
        if self.has(key) {
            self.tables(key).unwrap_or_default()
        } else {
            self.known.push(key);
            Vec::new()
        }
    }

    /// A required list of at least one table.
    pub fn tables(&mut self, key: &'static str) -> Option<Vec<Table>> {
        let Some(value) = self.take(key) else {
            self.refuse(key, &format!("is missing: give one [[{key}]] or more"));
            return None;
        };
        let tables = match &value {
            Value::Array(values) => values
                .iter()
                .map(|value| value.as_table().cloned())
                .collect::<Option<Vec<Table>>>()
                .filter(|tables| !tables.is_empty()),
            _ => None,
        };
        if tables.is_none() {
            self.refuse(
                key,
                &format!("must be one [[{key}]] or more, is {}", described(&value)),
            );
        }
        tables
    }

    /// Reports an invalid value; the message continues after the field's name.
    pub fn refuse(&mut self, key: &str, message: &str) {
        let field = format!("{}{key}", self.prefix);
        self.problems
            .push(TaskProblem::of_field(self.file, &field, message));
    }

    /// Reports every field that was not read.
    pub fn finish(self) {
        for key in self.table.keys() {
            let field = format!("{}{key}", self.prefix);
            let problem = TaskProblem::of_field(self.file, &field, "is not a known field");
            self.problems
                .push(problem.hint(format!("known fields are {}", self.known.join(", "))));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn string(&mut self, key: &'static str, value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            other => {
                self.refuse(key, &format!("must be a string, is {}", described(&other)));
                None
            }
        }
    }
}

/// Whether a text is made of a-z, 0-9 and _ only, and is not empty.
pub fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

/// A value with its type, short enough for a message: `the integer 5`.
pub fn described(value: &Value) -> String {
    let text = match value {
        Value::Table(_) => return "a table".to_owned(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { " …" } else { "" };
    format!("the {} {short}{dots}", value.type_str())
}

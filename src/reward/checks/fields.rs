//! Reads the tables `[[checks]]` of `task.toml`, reporting each invalid field.
//!
//! A check may require only values that the model is shown. Its numbers are therefore written as in the prompt, or as
//! sums of such numbers in a string (`"900 / 2 - 20"`), and collected for a comparison with the prompt. Tolerances, and
//! shares between 0 and 1, are free.

use std::path::Path;

use toml::{Table, Value};

use super::numbers::{Number, is_measure};
use cadforge_core::TaskProblem;
use cadforge_core::fields::{Fields, described};

const AXES: [(&str, usize); 3] = [("x", 0), ("y", 1), ("z", 2)];

/// The fields of one check.
#[derive(Debug)]
pub(crate) struct CheckFields<'a> {
    fields: Fields<'a>,
    literals: Vec<f64>,
}

impl<'a> CheckFields<'a> {
    /// Messages name each field after `prefix`.
    pub(super) fn new(
        table: Table,
        prefix: String,
        file: &'a Path,
        problems: &'a mut Vec<TaskProblem>,
    ) -> Self {
        Self {
            fields: Fields::new(table, prefix, file, problems),
            literals: Vec::new(),
        }
    }

    /// Reports the fields that nothing has read; returns the numbers that the model must be shown.
    pub(super) fn finish(self) -> Vec<f64> {
        self.fields.finish();
        self.literals
    }

    /// Name of the check.
    pub(super) fn name(&mut self) -> Option<String> {
        self.fields.text("name")
    }

    /// Whether an optional field is present.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.has(key)
    }

    /// An optional flag; false if it is absent.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.fields.optional_flag(key)
    }

    /// A required choice.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.fields.require(key);
        self.fields.choice(key, choices)
    }

    /// Reports an invalid value; the message continues after the field's name.
    pub(super) fn refuse(&mut self, key: &str, message: &str) {
        self.fields.refuse(key, message);
    }

    /// A required axis.
    pub(super) fn axis(&mut self) -> Option<usize> {
        self.choice("axis", &AXES)
    }

    /// A required whole number.
    pub(super) fn count(&mut self, key: &'static str) -> Option<u32> {
        let number = self.number(key)?;
        if number.fract() != 0.0 || !(1.0..=1000.0).contains(&number) {
            self.fields.refuse(
                key,
                &format!("must be a whole number from 1 to 1000, is {number}"),
            );
            return None;
        }
        Some(number as u32)
    }

    /// An optional number that need not be in the prompt: positive, at most `most`.
    pub(super) fn limited(&mut self, key: &'static str, most: f64) -> Option<f64> {
        let value = self.fields.optional_value(key)?;
        let number = plain(&value).filter(|number| *number >= 0.0 && *number <= most);
        if number.is_none() {
            let limit = if most < f64::MAX {
                format!(" up to {most}")
            } else {
                String::new()
            };
            self.fields.refuse(
                key,
                &format!("must be a number from 0{limit}, is {}", described(&value)),
            );
        }
        number
    }

    /// Two optional shares, the lesser first.
    pub(super) fn range(&mut self, key: &'static str, default: [f64; 2]) -> [f64; 2] {
        let Some(value) = self.fields.optional_value(key) else {
            return default;
        };
        let numbers: Option<Vec<f64>> = value
            .as_array()
            .and_then(|values| values.iter().map(plain).collect());
        match numbers.as_deref() {
            Some(&[low, high]) if (0.0..=1.0).contains(&low) && low <= high && high <= 1.0 => [low, high],
            _ => {
                self.fields.refuse(
                    key,
                    &format!(
                        "must be two shares from 0 to 1, the lesser first, is {}",
                        described(&value)
                    ),
                );
                default
            }
        }
    }

    /// A required number that the model must be shown, like those of the functions below.
    pub(super) fn number(&mut self, key: &'static str) -> Option<f64> {
        let value = self.required(key)?;
        let number = self.of(&value);
        if number.is_none() {
            self.fields.refuse(
                key,
                &format!("must be a number, or a sum in a string, is {}", described(&value)),
            );
        }
        number
    }

    /// A required position across an axis.
    pub(super) fn place(&mut self, key: &'static str) -> Option<[f64; 2]> {
        self.list(key, 2)?.try_into().ok()
    }

    /// A required list of numbers.
    pub(super) fn list(&mut self, key: &'static str, length: usize) -> Option<Vec<f64>> {
        let value = self.required(key)?;
        let numbers = self.all_of(&value, length);
        if numbers.is_none() {
            self.fields.refuse(
                key,
                &format!(
                    "must be a list of {length} numbers, or of sums in strings, is {}",
                    described(&value)
                ),
            );
        }
        numbers
    }

    /// A required list of at least one position across an axis.
    pub(super) fn places(&mut self, key: &'static str) -> Option<Vec<[f64; 2]>> {
        let value = self.required(key)?;
        let places: Option<Vec<[f64; 2]>> = value.as_array().and_then(|values| {
            values
                .iter()
                .map(|place| self.all_of(place, 2)?.try_into().ok())
                .collect()
        });
        let places = places.filter(|places| !places.is_empty());
        if places.is_none() {
            self.fields.refuse(
                key,
                &format!(
                    "must be a list of places, each of two numbers across the axis, is {}",
                    described(&value)
                ),
            );
        }
        places
    }

    fn required(&mut self, key: &'static str) -> Option<Value> {
        self.fields.require(key);
        self.fields.optional_value(key)
    }

    fn all_of(&mut self, value: &Value, length: usize) -> Option<Vec<f64>> {
        let values = value.as_array().filter(|values| values.len() == length)?.clone();
        values.iter().map(|value| self.of(value)).collect()
    }

    fn of(&mut self, value: &Value) -> Option<f64> {
        let number = match value {
            Value::String(text) => Number::read(text)?,
            other => Number::plain(plain(other)?),
        };
        self.literals.extend(number.literals);
        Some(number.value)
    }
}

fn plain(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Float(number) => *number,
        Value::Integer(number) => *number as f64,
        _ => return None,
    };
    is_measure(number).then_some(number)
}

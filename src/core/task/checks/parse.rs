//! Parses the tables `[[checks]]`, reporting each invalid field.

use std::path::Path;

use toml::{Table, Value};

use super::numbers::{Number, is_measure};
use super::{Check, Probe, Requirement, Round};
use crate::task::fields::{Fields, described};
use crate::task::task_problem::TaskProblem;

const AXES: [(&str, usize); 3] = [("x", 0), ("y", 1), ("z", 2)];
const KINDS: [(&str, &str); 13] = [
    ("holes", "holes"),
    ("cylinder", "cylinder"),
    ("symmetry", "symmetry"),
    ("mirror", "mirror"),
    ("solids", "solids"),
    ("thickness", "thickness"),
    ("clearance", "clearance"),
    ("envelope", "envelope"),
    ("volume", "volume"),
    ("face", "face"),
    ("region", "region"),
    ("islands", "islands"),
    ("arcs", "arcs"),
];

/// The checks in order; invalid ones are reported and left out.
pub(crate) fn read(tables: Vec<Table>, file: &Path, problems: &mut Vec<TaskProblem>) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let fields = Fields::new(table, format!("checks.{}.", index + 1), file, problems);
        if let Some(check) = (Reader {
            fields,
            literals: Vec::new(),
        })
        .check()
        {
            if checks.iter().any(|other| other.name == check.name) {
                let field = format!("checks.{}.name", index + 1);
                problems.push(TaskProblem::of_field(
                    file,
                    &field,
                    format!("is used by an earlier check: `{}`", check.name),
                ));
            }
            checks.push(check);
        }
    }
    checks
}

struct Reader<'a> {
    fields: Fields<'a>,
    literals: Vec<f64>,
}

impl Reader<'_> {
    fn check(mut self) -> Option<Check> {
        let name = self.fields.text("name");
        self.fields.require("kind");
        let kind = self.fields.choice("kind", &KINDS);
        let hidden = self.fields.optional_flag("hidden");
        let tolerance = self.share_or_length("tolerance", f64::MAX);
        let ask = kind.and_then(|kind| self.ask(kind));
        self.fields.finish();
        Some(Check {
            name: name?,
            hidden,
            tolerance,
            ask: ask?,
            literals: self.literals,
        })
    }

    fn ask(&mut self, kind: &str) -> Option<Requirement> {
        Some(match kind {
            "holes" => Requirement::Holes(self.round(0.85, true)?),
            "cylinder" => Requirement::Cylinder(self.round(0.3, false)?),
            "symmetry" => {
                let (axis, at, count) = (self.axis(), self.place("at"), self.count("count"));
                Requirement::Symmetry {
                    axis: axis?,
                    at: at?,
                    count: count?,
                }
            }
            "mirror" => {
                let (axis, at) = (self.axis(), self.number("at"));
                Requirement::Mirror { axis: axis?, at: at? }
            }
            "solids" => Requirement::Solids {
                count: self.count("count")?,
            },
            "thickness" => Requirement::Thickness(self.probe("thickness")?),
            "clearance" => Requirement::Clearance(self.probe("gap")?),
            "envelope" => Requirement::Envelope,
            "volume" => Requirement::Volume {
                least: self.share_or_length("least", 1.0).unwrap_or(0.0),
                most: self.share_or_length("most", 1.0).unwrap_or(1.0),
            },
            "face" => {
                let (axis, at) = (self.axis(), self.number("at"));
                Requirement::Face {
                    axis: axis?,
                    up: !self.fields.optional_flag("down"),
                    at: at?,
                    share: self.share_or_length("share", 1.0).unwrap_or(0.02),
                }
            }
            "region" => {
                let (min, max) = (self.list("min", 3), self.list("max", 3));
                self.fields.require("is");
                let filled = self.fields.choice("is", &[("filled", true), ("empty", false)]);
                let share = self.share_or_length("share", 1.0).unwrap_or(0.9);
                let (min, max): ([f64; 3], [f64; 3]) = (min?.try_into().ok()?, max?.try_into().ok()?);
                if (0..3).any(|axis| min[axis] >= max[axis]) {
                    self.fields
                        .refuse("max", "must be greater than `min` along every axis");
                    return None;
                }
                Requirement::Region {
                    min,
                    max,
                    filled: filled?,
                    share,
                }
            }
            "islands" => self.islands()?,
            _ => {
                let (axis, at, count) = (self.axis(), self.place("at"), self.count("count"));
                Requirement::Arcs {
                    axis: axis?,
                    at: at?,
                    count: count?,
                    radius: self.range("radius", [0.2, 0.98]),
                    between: self.range("between", [0.02, 0.98]),
                }
            }
        })
    }

    fn islands(&mut self) -> Option<Requirement> {
        let axis = self.axis();
        let mm = if self.fields.has("at") {
            self.number("at").map(|at| [at, at])
        } else {
            None
        };
        let shares = self.range("between", [0.02, 0.98]);
        let voids = self.fields.optional_flag("voids");
        let count = self.count("count");
        let share = self.share_or_length("share", 1.0).unwrap_or(0.0005);
        Some(Requirement::Islands {
            axis: axis?,
            between: mm.unwrap_or(shares),
            shares: mm.is_none(),
            count: count?,
            voids,
            share,
        })
    }

    fn round(&mut self, coverage: f64, through: bool) -> Option<Round> {
        let axis = self.axis();
        let at = if self.fields.has("at") {
            self.places("at")?
        } else {
            Vec::new()
        };
        let count = if self.fields.has("count") {
            Some(self.count("count")?)
        } else {
            None
        };
        let diameter = if self.fields.has("diameter") {
            Some(self.number("diameter")?)
        } else {
            None
        };
        if diameter.is_some_and(|diameter| diameter <= 0.0) {
            self.fields.refuse("diameter", "must be above 0");
            return None;
        }
        if at.is_empty() && count.is_none() {
            self.fields.refuse("at", "is missing: say where, or give `count`");
            return None;
        }
        Some(Round {
            axis: axis?,
            at,
            count,
            diameter,
            length: self.share_or_length("length", 1.0).unwrap_or(0.0),
            through: through && !self.fields.optional_flag("blind"),
            coverage: self.share_or_length("coverage", 1.0).unwrap_or(coverage),
            between: self.range("between", [0.0, 1.0]),
        })
    }

    fn probe(&mut self, length: &'static str) -> Option<Probe> {
        let (axis, at, near, length) = (
            self.axis(),
            self.place("at"),
            self.number("near"),
            self.number(length),
        );
        Some(Probe {
            axis: axis?,
            at: at?,
            near: near?,
            length: length?,
        })
    }

    fn axis(&mut self) -> Option<usize> {
        self.fields.require("axis");
        self.fields.choice("axis", &AXES)
    }

    fn count(&mut self, key: &'static str) -> Option<u32> {
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

    /// A number that need not be in the prompt: positive, at most `most`.
    fn share_or_length(&mut self, key: &'static str, most: f64) -> Option<f64> {
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

    fn range(&mut self, key: &'static str, default: [f64; 2]) -> [f64; 2] {
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

    fn number(&mut self, key: &'static str) -> Option<f64> {
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

    fn place(&mut self, key: &'static str) -> Option<[f64; 2]> {
        self.list(key, 2)?.try_into().ok()
    }

    fn list(&mut self, key: &'static str, length: usize) -> Option<Vec<f64>> {
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

    fn places(&mut self, key: &'static str) -> Option<Vec<[f64; 2]>> {
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

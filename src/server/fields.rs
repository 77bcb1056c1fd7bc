//! Reads the fields of a JSON object and collects all errors. An error has the keys of OpenEnv's own server
//! (pydantic): `type`, `loc`, `msg`, `input`. Independent of routes.

use std::cell::RefCell;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FieldError {
    /// Kind of error, e.g. `missing`, `string_type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Path to the field, outermost first.
    pub loc: Vec<Value>,
    /// Message.
    pub msg: String,
    /// The given value, if it is short.
    pub input: Value,
}

/// Maximum number of errors that are reported per message.
const MAX_REPORTED: usize = 32;

/// Errors of a message, collected while it is read.
#[derive(Debug, Default)]
pub struct FieldErrors(RefCell<Vec<FieldError>>);

impl FieldErrors {
    /// The value, if there were no errors.
    pub fn or<T>(&self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        let wrong = self.0.take();
        match value {
            Some(value) if wrong.is_empty() => Ok(value),
            _ => Err(wrong),
        }
    }

    fn add(&self, kind: &str, loc: Vec<Value>, msg: impl Into<String>, input: &Value) {
        let mut wrong = self.0.borrow_mut();
        if wrong.len() >= MAX_REPORTED {
            return;
        }
        wrong.push(FieldError {
            kind: kind.to_owned(),
            loc,
            msg: msg.into(),
            input: shortened(input),
        });
    }
}

/// The fields of an object.
#[derive(Debug)]
pub struct Fields<'a> {
    errors: &'a FieldErrors,
    place: Vec<Value>,
    whole: &'a Value,
    object: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a value that must be an object.
    pub fn of(value: &'a Value, place: &[&str], errors: &'a FieldErrors) -> Option<Self> {
        let place = place.iter().map(|&step| step.into()).collect();
        Self::at(value, place, errors)
    }

    fn at(value: &'a Value, place: Vec<Value>, errors: &'a FieldErrors) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self {
                errors,
                place,
                whole: value,
                object,
                known: Vec::new(),
            }),
            other => {
                errors.add("dict_type", place, "Input should be a valid dictionary", other);
                None
            }
        }
    }

    /// A required string of at least `least` characters.
    pub fn required_text(&mut self, name: &'static str, least: usize) -> Option<String> {
        match self.required(name)? {
            Value::String(text) if text.chars().take(least).count() < least => {
                let plural = if least == 1 { "" } else { "s" };
                let msg = format!("String should have at least {least} character{plural}");
                self.wrong("string_too_short", name, msg, &self.object[name]);
                None
            }
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong("string_type", name, "Input should be a valid string", other);
                None
            }
        }
    }

    /// An optional string of at most `most` characters.
    pub fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        match self.given(name)? {
            Value::String(text) if most < usize::MAX && text.chars().nth(most).is_some() => {
                let msg = format!("String should have at most {most} characters");
                self.wrong("string_too_long", name, msg, &self.object[name]);
                None
            }
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong("string_type", name, "Input should be a valid string", other);
                None
            }
        }
    }

    /// An optional integer, 0 or more.
    pub fn whole_number(&mut self, name: &'static str) -> Option<u64> {
        let value = self.given(name)?;
        // JavaScript and some Python code write 3.0 for 3.
        let whole = value.as_u64().or_else(|| {
            let number = value.as_f64()?;
            (number.fract() == 0.0 && (0.0..9.0e15).contains(&number)).then_some(number as u64)
        });
        if whole.is_none() {
            let negative = value.as_f64().is_some_and(|number| number < 0.0);
            let (kind, msg) = if negative {
                ("greater_than_equal", "Input should be greater than or equal to 0")
            } else {
                ("int_type", "Input should be a valid integer")
            };
            self.wrong(kind, name, msg, value);
        }
        whole
    }

    /// An optional integer.
    pub fn signed_number(&mut self, name: &'static str) -> Option<i64> {
        self.given(name)?;
        self.required_number(name)
    }

    /// A required integer.
    pub fn required_number(&mut self, name: &'static str) -> Option<i64> {
        let value = self.required(name)?;
        let whole = value.as_i64();
        if whole.is_none() {
            self.wrong("int_type", name, "Input should be a valid integer", value);
        }
        whole
    }

    /// An optional number above 0.
    pub fn positive_number(&mut self, name: &'static str) -> Option<f64> {
        let value = self.given(name)?;
        match value.as_f64() {
            Some(number) if number > 0.0 => Some(number),
            Some(_) => {
                self.wrong("greater_than", name, "Input should be greater than 0", value);
                None
            }
            None => {
                self.wrong("float_type", name, "Input should be a valid number", value);
                None
            }
        }
    }

    /// An optional string out of `choices`.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.given(name)?;
        let chosen = value
            .as_str()
            .and_then(|text| choices.iter().find(|(own, _)| *own == text));
        if chosen.is_none() {
            let names: Vec<_> = choices.iter().map(|(own, _)| format!("'{own}'")).collect();
            let msg = format!("Input should be {}", names.join(" or "));
            self.wrong("literal_error", name, msg, value);
        }
        chosen.map(|(_, value)| *value)
    }

    /// An optional object with any keys.
    pub fn object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        match self.given(name)? {
            Value::Object(object) => Some(object.clone()),
            other => {
                self.wrong("dict_type", name, "Input should be a valid dictionary", other);
                None
            }
        }
    }

    pub fn required_list(&mut self, name: &'static str) -> Option<&'a [Value]> {
        let value = self.required(name)?;
        self.as_list(name, value)
    }

    /// An optional list.
    pub fn list(&mut self, name: &'static str) -> Option<&'a [Value]> {
        let value = self.given(name)?;
        self.as_list(name, value)
    }

    fn as_list(&self, name: &'static str, value: &'a Value) -> Option<&'a [Value]> {
        match value {
            Value::Array(list) => Some(list),
            other => {
                self.wrong("list_type", name, "Input should be a valid list", other);
                None
            }
        }
    }

    /// The fields of a required object.
    pub fn required_fields(&mut self, name: &'static str) -> Option<Fields<'a>> {
        let value = self.required(name)?;
        Self::at(value, self.place_of(name), self.errors)
    }

    /// Marks a key as read.
    pub fn skip(&mut self, name: &'static str) {
        self.known.push(name);
    }

    /// Adds an error that the caller found.
    pub fn wrong(&self, kind: &str, name: &str, msg: impl Into<String>, input: &Value) {
        self.errors.add(kind, self.place_of(name), msg, input);
    }

    /// Rejects every key that was not read.
    pub fn finish_strictly(self) {
        for (name, value) in self.object {
            if !self.known.contains(&name.as_str()) {
                self.wrong("extra_forbidden", name, "Extra inputs are not permitted", value);
            }
        }
    }

    fn required(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        let value = self.object.get(name);
        if value.is_none() {
            self.errors
                .add("missing", self.place_of(name), "Field required", self.whole);
        }
        value
    }

    /// The value, if present and not null.
    fn given(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn place_of(&self, name: &str) -> Vec<Value> {
        let mut place = self.place.clone();
        place.push(shortened(&name.into()));
        place
    }
}

/// Shortens a value for an error, so that one wrong field does not return a huge body.
fn shortened(input: &Value) -> Value {
    const MOST: usize = 200;
    match input {
        Value::String(text) if text.chars().nth(MOST).is_some() => {
            let mut short: String = text.chars().take(MOST).collect();
            short.push('…');
            short.into()
        }
        Value::Array(list) if list.len() > 8 || nested(input) => format!("a list of {}", list.len()).into(),
        Value::Object(object) if object.len() > 8 || nested(input) => {
            let names: Vec<_> = object
                .keys()
                .take(8)
                .map(|name| shortened(&name.as_str().into()))
                .collect();
            Value::Object(Map::from_iter([("keys".to_owned(), names.into())]))
        }
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), shortened(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(shortened).collect(),
        other => other.clone(),
    }
}

fn nested(value: &Value) -> bool {
    let composed = |value: &Value| value.is_array() || value.is_object();
    match value {
        Value::Array(list) => list.iter().any(composed),
        Value::Object(object) => object.values().any(composed),
        _ => false,
    }
}

//! The types of the columns of a data set, for the header of its card.
//!
//! Readers infer types from the first megabytes of a file. A list that is empty there has no type, and its first
//! entry is then an error. `datasets` takes the types from the card instead.

use std::fmt::Write as _;

use serde_json::Value;

/// Type of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Schema {
    /// Null, or an entry of a list that is always empty.
    Unknown,
    Bool,
    Integer,
    Float,
    Text,
    List(Box<Schema>),
    /// Fields in their order in the file.
    Struct(Vec<(String, Schema)>),
    /// Values of several types, which no table can hold.
    Mixed,
}

impl Schema {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Unknown,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_f64() => Self::Float,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::Text,
            Value::Array(values) => {
                let entry = values.iter().map(Self::of).fold(Self::Unknown, Self::merge);
                Self::List(Box::new(entry))
            }
            Value::Object(map) => Self::Struct(
                map.iter()
                    .map(|(name, value)| (name.clone(), Self::of(value)))
                    .collect(),
            ),
        }
    }

    /// The type that holds the values of both.
    pub(super) fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            (Self::Integer, Self::Float) | (Self::Float, Self::Integer) => Self::Float,
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.merge(*other))),
            (Self::Struct(mut fields), Self::Struct(others)) => {
                for (name, other) in others {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, field)) => {
                            *field = std::mem::replace(field, Self::Unknown).merge(other);
                        }
                        None => fields.push((name, other)),
                    }
                }
                Self::Struct(fields)
            }
            (one, other) if one == other => one,
            _ => Self::Mixed,
        }
    }

    /// Whether a reader that sees this value alone knows its type.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Unknown | Self::Mixed => false,
            Self::List(entry) => entry.is_complete(),
            Self::Struct(fields) => fields.iter().all(|(_, field)| field.is_complete()),
            _ => true,
        }
    }

    fn is_mixed(&self) -> bool {
        match self {
            Self::Mixed => true,
            Self::List(entry) => entry.is_mixed(),
            Self::Struct(fields) => fields.iter().any(|(_, field)| field.is_mixed()),
            _ => false,
        }
    }

    /// `dataset_info` of a card, as YAML; empty for rows that no table can hold.
    pub(super) fn dataset_info(&self) -> String {
        let mut text = String::new();
        if let Self::Struct(fields) = self
            && !fields.is_empty()
            && !self.is_mixed()
        {
            text.push_str("dataset_info:\n  features:\n");
            write_fields(&mut text, fields, 2);
        }
        text
    }

    fn dtype(&self) -> Option<&'static str> {
        match self {
            Self::Bool => Some("bool"),
            Self::Integer => Some("int64"),
            Self::Float => Some("float64"),
            Self::Text | Self::Unknown => Some("string"),
            Self::List(_) | Self::Struct(_) | Self::Mixed => None,
        }
    }
}

fn write_fields(text: &mut String, fields: &[(String, Schema)], indent: usize) {
    for (name, schema) in fields {
        // A JSON string is a YAML string.
        let _ = writeln!(text, "{:indent$}- name: {}", "", Value::from(name.as_str()));
        write_type(text, schema, indent + 2);
    }
}

fn write_type(text: &mut String, schema: &Schema, indent: usize) {
    let _ = match schema {
        Schema::List(entry) => match (entry.dtype(), &**entry) {
            (Some(dtype), _) => writeln!(text, "{:indent$}list: {dtype}", ""),
            (None, Schema::Struct(fields)) => {
                let _ = writeln!(text, "{:indent$}list:", "");
                write_fields(text, fields, indent);
                Ok(())
            }
            (None, entry) => {
                let _ = writeln!(text, "{:indent$}list:", "");
                write_type(text, entry, indent + 2);
                Ok(())
            }
        },
        Schema::Struct(fields) => {
            let _ = writeln!(text, "{:indent$}struct:", "");
            write_fields(text, fields, indent);
            Ok(())
        }
        other => writeln!(text, "{:indent$}dtype: {}", "", other.dtype().unwrap_or("string")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(rows: &[Value]) -> Schema {
        rows.iter().map(Schema::of).fold(Schema::Unknown, Schema::merge)
    }

    #[test]
    fn a_list_that_is_empty_at_first_has_the_type_of_its_later_entries() {
        let rows = [
            json!({"notes": [], "total": 1, "of": {"done": true}}),
            json!({"notes": ["late"], "total": 0.5, "of": {"done": false}}),
        ];
        assert!(!Schema::of(&rows[0]).is_complete());
        assert!(Schema::of(&rows[1]).is_complete());
        assert_eq!(
            schema(&rows).dataset_info(),
            "dataset_info:\n  features:\n  - name: \"notes\"\n    list: string\n  - name: \"total\"\n    dtype: float64\n  - name: \"of\"\n    struct:\n    - name: \"done\"\n      dtype: bool\n"
        );
    }

    #[test]
    fn lists_of_structs_take_the_fields_of_all_entries() {
        let rows = [json!({"messages": [{"role": "user"}, {"content": "a"}]})];
        assert_eq!(
            schema(&rows).dataset_info(),
            "dataset_info:\n  features:\n  - name: \"messages\"\n    list:\n    - name: \"role\"\n      dtype: string\n    - name: \"content\"\n      dtype: string\n"
        );
    }

    #[test]
    fn rows_of_mixed_types_have_no_schema() {
        let rows = [json!({"content": "a"}), json!({"content": ["a"]})];
        assert_eq!(schema(&rows).dataset_info(), "");
    }
}

//! Named numbers of a script, which sliders change.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::python::tokens::{TokenKind, code_tokens};
use crate::python::{line_start, statements};

/// A slider over a larger range has useless steps; enough digits give infinity.
const MAX_VALUE: f64 = 1e9;

/// An assignment `name = number` without indentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub name: String,
    pub value: f64,
    /// Position of the literal with its sign, bytes.
    pub place: Range<usize>,
    /// Decimal places; none for an integer.
    pub digits: Option<usize>,
}

/// Named numbers in order. Names assigned more than once are excluded: a slider would change one of two values.
pub fn numbers(code: &str) -> Vec<Number> {
    let tokens = code_tokens(code);
    let mut found: Vec<Number> = Vec::new();
    // Number of assignments of each name.
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for range in statements(code, &tokens) {
        let [name, equals, value @ ..] = &tokens[range] else {
            continue;
        };
        let start = name.range.start;
        // An indented number belongs to a function or a branch.
        let is_assigned = name.kind == TokenKind::Name && equals.text(code) == "=";
        if !is_assigned || start != line_start(code, start) {
            continue;
        }
        let name = name.text(code);
        *names.entry(name).or_default() += 1;
        let place = match value {
            [number] => number.range.clone(),
            [sign, number] if sign.text(code) == "-" && sign.range.end == number.range.start => {
                sign.range.start..number.range.end
            }
            _ => continue,
        };
        let literal = &code[place.clone()];
        let plain = literal.strip_prefix('-').unwrap_or(literal);
        let is_simple = plain.chars().all(|c| c.is_ascii_digit() || c == '.');
        let number = is_simple.then(|| literal.parse::<f64>().ok()).flatten();
        let Some(value) = number.filter(|value| value.abs() <= MAX_VALUE) else {
            continue;
        };
        found.push(Number {
            name: name.to_owned(),
            value,
            place,
            digits: plain.split_once('.').map(|(_, digits)| digits.len()),
        });
    }
    found.retain(|number| names.get(number.name.as_str()) == Some(&1));
    found
}

impl Number {
    /// Range of the slider: from zero to twice the value, rounded.
    pub fn range(&self) -> [f64; 2] {
        let far = round_up(
            2.0 * self
                .value
                .abs()
                .max(if self.digits.is_none() { 2.0 } else { 0.5 }),
        );
        if self.value < 0.0 { [-far, far] } else { [0.0, far] }
    }

    /// A value formatted like the literal, with at least as many decimal places.
    pub fn written(&self, value: f64) -> String {
        match self.digits {
            None => format!("{:.0}", value.round()),
            Some(digits) => {
                // Steps of a hundredth of the range: 22.0 changes in tenths, 0.4 in hundredths.
                let [low, high] = self.range();
                let step = -((high - low) / 200.0).log10().floor();
                let finest = digits.max(step.max(1.0) as usize).min(6);
                let text = format!("{value:.finest$}");
                let keep = text.find('.').map_or(0, |point| point + 1 + digits.max(1));
                let cut = text.trim_end_matches('0').len().max(keep);
                text[..cut].to_owned()
            }
        }
    }
}

fn round_up(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 8.0, 10.0]
        .into_iter()
        .map(|digit| digit * decade)
        .find(|step| *step >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unindented_number_assignments_are_listed() {
        let far = "9".repeat(400);
        assert_eq!(numbers(&format!("a = {far}\nb = -1{}\n", "0".repeat(300))), []);
        let code = "a = 4.0\nb_2= -3  # mm\nc = a * 2\n    d = 1\ne, f = 1, 2\n'''\ng = 1\n'''\nh == 3\ni = 1e3\nj = 5\nj = 6\nk += 1\nø = 2.50";
        let names: Vec<_> = numbers(code).into_iter().map(|number| number.name).collect();
        assert_eq!(names, ["a", "b_2", "ø"]);
        assert_eq!(
            numbers("a = b\na = 3\n"),
            [],
            "a slider would change one of two values"
        );
        for number in numbers(code) {
            assert_eq!(code[number.place.clone()].parse::<f64>().unwrap(), number.value);
        }
    }

    #[test]
    fn values_keep_their_precision() {
        let number = |code: &str| numbers(code).remove(0);
        assert_eq!(number("a = 44.0").written(51.3), "51.3");
        assert_eq!(number("a = 44.0").written(51.0), "51.0");
        assert_eq!(number("a = 0.4").written(0.434), "0.434");
        assert_eq!(number("a = 0.40").written(0.5), "0.50");
        assert_eq!(number("a = 12").written(13.7), "14");
        assert_eq!(number("a = 44.0").range(), [0.0, 100.0]);
        assert_eq!(number("a = 6").range(), [0.0, 20.0]);
        assert_eq!(number("a = -5.0").range(), [-10.0, 10.0]);
        assert_eq!(number("a = 0.0").range(), [0.0, 1.0]);
    }
}

//! Finds the named dimensions of a script, and rewrites the script with one of them changed.
//!
//! A dimension is a line `name = number` in the first column, as at the head of a parametric script. Works on the text
//! only; whether a dimension has an effect shows only when it is built.

/// Whole numbers from here on are lengths more often than counts.
const MIN_LENGTH: f64 = 10.0;

/// One named dimension of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// The number as written.
    pub literal: String,
    /// Byte offset of the number.
    at: usize,
}

/// The dimensions of a script, in the order of its lines.
pub fn dimensions(code: &str) -> Vec<Dimension> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        if let Some((name, literal)) = assignment(line) {
            let at = start + line.find('=').expect("it was split there") + 1;
            let at = at + code[at..].len() - code[at..].trim_start().len();
            found.push(Dimension {
                name: name.to_owned(),
                literal: literal.to_owned(),
                at,
            });
        }
        start += line.len();
    }
    found
}

/// Another value of a dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Difference to its value, in its own unit.
    pub size: f64,
    /// The value, as Python source.
    pub value: String,
}

impl Dimension {
    /// Values to try: a whole number plus and minus one; any other number plus and minus 5 %, at least 0.5, or half of
    /// itself if it is below 1.
    pub fn perturbed_values(&self) -> [String; 2] {
        if let Ok(whole) = self.literal.parse::<i64>() {
            return [whole.saturating_add(1), whole.saturating_sub(1)].map(|value| value.to_string());
        }
        [self.step(), -self.step()].map(|size| self.stepped(size).value)
    }

    /// Size of a large step, in the dimension's own unit: 5 % of the value, but at least 0.5, or 2 for a whole number; half of
    /// a number below 1. Zero for a number that is zero.
    pub fn large_step(&self) -> f64 {
        if self.is_whole() {
            (0.05 * self.value()).abs().round().max(2.0)
        } else {
            self.step()
        }
    }

    /// Whether the number is written as a whole one.
    pub fn is_whole(&self) -> bool {
        self.literal.parse::<i64>().is_ok()
    }

    fn value(&self) -> f64 {
        self.literal.parse().expect("found as a number")
    }

    fn step(&self) -> f64 {
        let value = self.value();
        if value.abs() < 1.0 {
            0.5 * value.abs()
        } else {
            (0.05 * value.abs()).max(0.5)
        }
    }

    /// The dimension changed by `size`; a whole number stays one if `size` is whole.
    pub fn stepped(&self, size: f64) -> Step {
        let value = match self.literal.parse::<i64>() {
            Ok(whole) if size.fract() == 0.0 => whole.saturating_add(size as i64).to_string(),
            _ => {
                let value = self.value();
                // Debug formatting keeps the decimal point, so that Python reads a float again.
                format!("{:?}", value + size)
            }
        };
        Step { size, value }
    }

    /// A fifth of a large step, but at least 1 for a whole number.
    pub fn small_step(&self) -> f64 {
        let size = self.large_step() / 5.0;
        if self.is_whole() {
            size.round().max(1.0)
        } else {
            size
        }
    }

    /// Whether the number is whole and so small that it may count something.
    pub fn may_be_a_count(&self) -> bool {
        self.is_whole() && self.value().abs() < MIN_LENGTH
    }

    /// The script with another value for this dimension. `code` must be the script in which it was found.
    pub fn with(&self, code: &str, value: &str) -> String {
        let (before, rest) = code.split_at(self.at);
        format!("{before}{value}{}", &rest[self.literal.len()..])
    }
}

/// The script with other values for some of its dimensions, each named once.
pub fn with_all(code: &str, changes: &[(&Dimension, String)]) -> String {
    let mut changes: Vec<_> = changes.iter().collect();
    // From the end, so that the places before stay valid.
    changes.sort_by_key(|(dimension, _)| std::cmp::Reverse(dimension.at));
    changes.iter().fold(code.to_owned(), |code, (dimension, value)| {
        dimension.with(&code, value)
    })
}

/// Name and number of a line that assigns one to the other.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let value = value.split('#').next()?.trim();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // Rust's parser also accepts `inf` and `nan`, which are names in Python.
    let digits = value.trim_start_matches(['+', '-']);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && value.parse::<f64>().is_ok_and(f64::is_finite);
    (is_name && is_number).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "import cadquery as cq\n\nlength = 120.0\nholes = 4  # of the flange\ngap=0.4\n\
                        half = length / 2\npitch = 360.0 / holes\nname = \"12\"\nsame == 3\nfar = inf\n\
                        def f(x=3):\n    inner = 5\n    return x\n";

    #[test]
    fn numbers_at_the_top_level_are_found_and_nothing_else() {
        let found = dimensions(CODE);
        let shown: Vec<_> = found
            .iter()
            .map(|d| (d.name.as_str(), d.literal.as_str()))
            .collect();
        assert_eq!(shown, [("length", "120.0"), ("holes", "4"), ("gap", "0.4")]);
    }

    #[test]
    fn one_number_is_replaced_in_place() {
        let found = dimensions(CODE);
        assert_eq!(found[0].perturbed_values(), ["126.0", "114.0"]);
        assert_eq!(found[1].perturbed_values(), ["5", "3"]);
        assert_eq!(found[2].perturbed_values()[1], "0.2");
        let steps = |index: usize| [found[index].large_step(), found[index].small_step()];
        assert_eq!(
            (steps(0), steps(1), steps(2)),
            ([6.0, 1.2], [2.0, 1.0], [0.2, 0.04])
        );
        assert_eq!(found[0].stepped(-1.2).value, "118.8");
        let whole = &dimensions("plate = 240\n")[0];
        assert_eq!([whole.large_step(), whole.small_step()], [12.0, 2.0]);
        let both = with_all(
            CODE,
            &[(&found[0], "1.0".to_owned()), (&found[1], "12".to_owned())],
        );
        assert_eq!(
            both,
            CODE.replace("120.0", "1.0").replace("holes = 4", "holes = 12")
        );
        let changed = found[1].with(CODE, "5");
        assert_eq!(
            changed,
            CODE.replace("holes = 4  # of the flange", "holes = 5  # of the flange")
        );
        assert_eq!(dimensions(&changed)[1].literal, "5");
        assert_eq!(found[2].with(CODE, "0.6"), CODE.replace("gap=0.4", "gap=0.6"));
    }
}

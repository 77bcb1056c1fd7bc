//! Numbers of a check: plain ones, and sums in a string.

/// Larger than the volume in mm³ of any part, and far below where squares overflow.
const MAX: f64 = 1e24;

/// Whether a number is a plausible measure.
pub(super) fn is_measure(number: f64) -> bool {
    number.abs() <= MAX
}

/// A number, and the plain numbers in its definition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) literals: Vec<f64>,
}

impl Number {
    pub(super) fn plain(value: f64) -> Self {
        Self {
            value,
            literals: vec![value],
        }
    }

    /// Parses `+ - * / ( )` and decimal numbers; `None` for anything else, or if the result is not a plausible measure.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader {
            rest: text.trim_start(),
            literals: Vec::new(),
            depth: 0,
        };
        let value = reader.sum()?;
        (reader.rest.is_empty() && is_measure(value)).then_some(Self {
            value,
            literals: reader.literals,
        })
    }
}

struct Reader<'a> {
    rest: &'a str,
    literals: Vec<f64>,
    depth: u32,
}

impl Reader<'_> {
    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value += self.product()?;
            } else if self.take('-') {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        loop {
            if self.take('*') {
                value *= self.factor()?;
            } else if self.take('/') {
                value /= self.factor()?;
            } else {
                return Some(value);
            }
        }
    }

    fn factor(&mut self) -> Option<f64> {
        self.depth += 1;
        // Each level of brackets uses stack; no author needs so many.
        if self.depth > 64 {
            return None;
        }
        let value = if self.take('-') {
            -self.factor()?
        } else if self.take('(') {
            let value = self.sum()?;
            self.take(')').then_some(value)?
        } else {
            let end = self
                .rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(self.rest.len());
            let value: f64 = self.rest[..end].parse().ok()?;
            self.rest = self.rest[end..].trim_start();
            self.literals.push(value);
            value
        };
        self.depth -= 1;
        Some(value)
    }

    fn take(&mut self, c: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(c) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_with_the_numbers_in_them() {
        let read = Number::read("900 / 2 - (20 + 44 / 2)").unwrap();
        assert_eq!(
            (read.value, read.literals),
            (408.0, vec![900.0, 2.0, 20.0, 44.0, 2.0])
        );
        assert_eq!(Number::read(" -64/2 ").unwrap().value, -32.0);
        assert_eq!(Number::read("2 * -3.5").unwrap().value, -7.0);
        for wrong in [
            "",
            "1 +",
            "(1",
            "1)",
            "x",
            "1e3",
            "1 2",
            "1/0",
            ".",
            &"(".repeat(1000),
        ] {
            assert_eq!(Number::read(wrong), None, "{wrong:?}");
        }
    }
}

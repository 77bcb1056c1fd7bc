//! Whether a check requires only values that the model is shown.

/// Numbers that occur in sums without describing the part.
const NEUTRAL: [f64; 4] = [0.0, 1.0, 2.0, 4.0];

const WORDS: [(&str, f64); 20] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("twin", 2.0),
    ("pair", 2.0),
    ("both", 2.0),
    ("single", 1.0),
    ("double", 2.0),
    ("triangular", 3.0),
    ("hexagonal", 6.0),
    ("sixteen", 16.0),
];

/// The first of a check's numbers that neither prompt nor box contains.
pub(crate) fn unshown_number(literals: &[f64], prompt: &str, bbox_mm: Option<[f64; 3]>) -> Option<f64> {
    let shown: Vec<f64> = numbers(prompt)
        .into_iter()
        .chain(bbox_mm.into_iter().flatten())
        .chain(NEUTRAL)
        .collect();
    let is_shown = |number: &&f64| shown.iter().any(|shown| (shown - number.abs()).abs() < 1e-9);
    literals.iter().find(|number| !is_shown(number)).copied()
}

/// All numbers in a text, as digits and as words, without signs.
fn numbers(text: &str) -> Vec<f64> {
    let digits = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let written = digits.filter_map(|part| part.trim_matches('.').parse().ok());
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let named: Vec<f64> = words
        .filter_map(|word| WORDS.iter().find(|(name, _)| *name == word))
        .map(|(_, number)| *number)
        .collect();
    written.chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_words_of_the_prompt_are_shown_and_nothing_else() {
        let prompt = "A 12-slot stator. Four holes of 8.5 mm, +/-49 mm apart.";
        let find = |literals: &[f64]| unshown_number(literals, prompt, Some([90.0, 80.0, 30.0]));
        assert_eq!(find(&[12.0, 4.0, 8.5, -49.0, 90.0, 2.0]), None);
        assert_eq!(find(&[8.5, 7.0, 6.0]), Some(7.0));
        assert_eq!(find(&[85.0]), Some(85.0));
    }
}

//! Similarity of names: edits with a swap of neighbours as one edit (`osa_distance`), or common words.

pub use strsim::osa_distance;

/// The most similar name, if any is similar enough; the first of equals.
pub fn nearest<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(name, among).into_iter().next().map(|(_, found)| found)
}

/// The name that was most likely meant by a misspelling; the first of equals.
pub fn misspelt<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut found = ranked(name, among).into_iter();
    found
        .next()
        .filter(|(distance, _)| *distance <= 0.34)
        .map(|(_, found)| found)
}

/// Names that are similar enough with their distance (0 to 1), the most similar first.
pub fn ranked<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Vec<(f64, &'a str)> {
    let mut found: Vec<(f64, &str)> = among
        .into_iter()
        .filter(|other| *other != name)
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= 0.45)
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

/// From 0 (equal but for case and underscores) to 1 (nothing in common): the smaller distance by letters and by
/// words.
pub fn distance(a: &str, b: &str) -> f64 {
    let (plain_a, plain_b) = (plain(a), plain(b));
    if plain_a == plain_b {
        return if a == b { 0.0 } else { 0.01 };
    }
    let longest = plain_a.chars().count().max(plain_b.chars().count()).max(1);
    let letters = osa_distance(&plain_a, &plain_b) as f64 / longest as f64;
    let (words_a, words_b) = (words(a), words(b));
    let shared = words_a
        .iter()
        .filter(|word| words_b.iter().any(|other| similar(word, other)))
        .count();
    let all = words_a.len().max(words_b.len()).max(1);
    // Common words weigh less than letters: `plate_width` is near `plate_w`, and farther from `plate_height`.
    let by_words = 1.0 - shared as f64 / all as f64;
    letters.min(0.12 + 0.8 * by_words)
}

/// Equal, or one a prefix of the other.
fn similar(a: &str, b: &str) -> bool {
    a == b || (!a.is_empty() && !b.is_empty() && (a.starts_with(b) || b.starts_with(a)))
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Words of a `snake_case` or `camelCase` name in lower case.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        if c != '_' {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_underscores_are_ignored() {
        let methods = ["cutThruAll", "cutBlind", "cboreHole", "fillet", "extrude", "rect"];
        assert_eq!(nearest("cut_thru_all", methods), Some("cutThruAll"));
        assert_eq!(nearest("filet", methods), Some("fillet"));
        assert_eq!(nearest("exturde", methods), Some("extrude"));
        assert_eq!(nearest("bananas", methods), None);
    }

    #[test]
    fn names_with_common_words_are_similar() {
        let names = ["plate_width", "wheel_diameter", "stem_length"];
        assert_eq!(nearest("plate_w", names), Some("plate_width"));
        assert_eq!(nearest("wheel_diam", names), Some("wheel_diameter"));
        assert_eq!(nearest("length_stem", names), Some("stem_length"));
    }

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(osa_distance("exturde", "extrude"), 1);
        assert_eq!(misspelt("exturde", ["extrude", "revolve"]), Some("extrude"));
        assert_eq!(misspelt("annulus", ["angle", "add", "all"]), None);
    }
}

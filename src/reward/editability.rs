//! Editability under cadforge-v1: counted in the source text, as in the published environment.

use super::details::EditabilityDetails;
use super::source::Counts;

pub(super) fn score(code: &str, counts: &Counts) -> (f64, EditabilityDetails) {
    let details = EditabilityDetails {
        functions: counts.functions,
        named_values: counts.named_values,
        returns: counts.returns,
        names_result: ["show_object", "fixture", "result", "chair"]
            .iter()
            .any(|word| code.contains(word)),
    };
    let share = |count: usize, of: usize| (count as f64 / of as f64).min(1.0);
    let score = 0.35 * share(counts.functions, 6)
        + 0.20 * share(counts.named_values, 8)
        + 0.25 * share(counts.returns, counts.functions.max(1))
        + if details.names_result { 0.20 } else { 0.0 };
    (score.clamp(0.0, 1.0), details)
}

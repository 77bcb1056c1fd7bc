//! Scores of errors and counts, and measured values as text.

/// 1 within the tolerance, then decreasing from one half.
pub(super) fn graded(error: f64, tolerance: f64) -> f64 {
    if error <= tolerance {
        1.0
    } else {
        0.5 * (-(error - tolerance) / (4.0 * tolerance.max(1e-9))).exp()
    }
}

/// Tolerance of a length, in mm: 2 % and a tenth of a millimetre.
pub(super) fn length_tolerance(asked: f64) -> f64 {
    0.02 * asked.abs() + 0.1
}

/// Score of a wrong count: below one half, and higher for nearer counts, so that improvements count.
pub(super) fn count_score(found: usize, asked: usize) -> f64 {
    if found == asked {
        1.0
    } else {
        0.4 * found.min(asked) as f64 / found.max(asked).max(1) as f64
    }
}

/// A length as text: two decimals, or none for whole numbers.
pub(super) fn mm(length: f64) -> String {
    let rounded = (100.0 * length).round() / 100.0 + 0.0;
    format!("{rounded}")
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

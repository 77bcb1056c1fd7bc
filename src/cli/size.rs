//! Formats file sizes.

/// In MB of a million bytes, as in `df -H` and file managers; small sizes in kB.
pub(super) fn megabytes(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(megabytes(0), "0.0 kB");
        assert_eq!(megabytes(8192), "8.2 kB");
        assert_eq!(megabytes(2_147_483_648), "2147.5 MB");
    }
}

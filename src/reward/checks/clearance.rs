//! Clearance: the gap along a line that is nearest to a position.

use std::sync::Arc;

use super::axis::letter;
use super::grade::{graded, length_tolerance, mm};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use super::probe::Probe;
use cadforge_geometry::Volume;

pub(super) static KIND: CheckKind = CheckKind {
    name: "clearance",
    needs_bbox: false,
    measures: "a gap along a line, and around it as with `thickness`",
    fields: "`axis`, `at`, `near`, `gap`",
    parse: |fields| Some(Arc::new(Clearance(Probe::parse(fields, "gap")?))),
};

#[derive(Debug)]
struct Clearance(Probe);

impl Clearance {
    fn span(&self, volume: &Volume, place: [f64; 3]) -> Option<[f64; 2]> {
        let spans = volume.spans(self.0.axis, place);
        let gaps: Vec<[f64; 2]> = spans.windows(2).map(|pair| [pair[0][1], pair[1][0]]).collect();
        self.0.nearest(&gaps)
    }
}

impl Requirement for Clearance {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let probe = &self.0;
        let tolerance = input.tolerance.unwrap_or(length_tolerance(probe.length));
        let of_span = |[from, to]: [f64; 2]| {
            let size = graded((to - from - probe.length).abs(), tolerance);
            size * graded(probe.away([from, to]), probe.length.max(tolerance))
        };
        let span = |volume: &Volume, place| self.span(volume, place);
        let (score, measured) = probe.measure(input, span, of_span, "no gap there");
        CheckResult {
            score,
            measured,
            asked: format!("a gap of {} mm along {}", mm(probe.length), letter(probe.axis)),
            place: Some(probe.place()),
        }
    }

    fn faces(&self, input: &CheckInput<'_>) -> Vec<u32> {
        let ends = self.span(&input.geometry.volume, self.0.place());
        self.0.faces_at_ends(ends, input)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use super::*;

    #[test]
    fn a_gap_of_the_right_width_passes_and_a_wide_or_closed_one_does_not() {
        let probe = Clearance(Probe {
            axis: 0,
            at: [10.0, 10.0],
            near: 10.25,
            length: 0.5,
        });
        let pair = |gap: f64| {
            check_blocks(
                &probe,
                &[
                    ([0.0; 3], [10.0, 20.0, 20.0]),
                    ([10.0 + gap, 0.0, 0.0], [10.0, 20.0, 20.0]),
                ],
            )
        };
        assert_eq!(pair(0.5).score, 1.0);
        assert!(pair(2.0).score < 0.1);
        assert_eq!(pair(0.0).score, 0.0);
    }
}

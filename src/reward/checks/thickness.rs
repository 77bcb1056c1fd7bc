//! Thickness of a wall or plate: the segment of material along a line that is nearest to a position.

use std::sync::Arc;

use super::axis::letter;
use super::grade::{graded, length_tolerance, mm};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use super::probe::Probe;
use cadforge_geometry::Volume;

pub(super) static KIND: CheckKind = CheckKind {
    name: "thickness",
    needs_bbox: false,
    measures: "material along a line, nearest to a place, and along lines around it (9 % of the box to each side) where the reference has the same; four fifths of these suffice",
    fields: "`axis`, `at`, `near`, `thickness`",
    parse: |fields| Some(Arc::new(Thickness(Probe::parse(fields, "thickness")?))),
};

#[derive(Debug)]
struct Thickness(Probe);

impl Thickness {
    fn span(&self, volume: &Volume, place: [f64; 3]) -> Option<[f64; 2]> {
        self.0.nearest(volume.spans(self.0.axis, place))
    }
}

impl Requirement for Thickness {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let probe = &self.0;
        let tolerance = input.tolerance.unwrap_or(length_tolerance(probe.length));
        let of_span = |[from, to]: [f64; 2]| {
            let size = graded((to - from - probe.length).abs(), tolerance);
            // A wall elsewhere is another wall.
            size * graded(probe.away([from, to]), 0.5 * probe.length)
        };
        let span = |volume: &Volume, place| self.span(volume, place);
        let (score, measured) = probe.measure(input, span, of_span, "no material there");
        CheckResult {
            score,
            measured,
            asked: format!("{} mm along {}", mm(probe.length), letter(probe.axis)),
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
    use super::super::testing::{at_height, check_beside, check_blocks, faces_of};
    use super::*;
    use cadforge_geometry::shapes;

    #[test]
    fn a_wall_of_the_right_thickness_passes_and_a_thin_or_missing_one_does_not() {
        let probe = Thickness(Probe {
            axis: 0,
            at: [10.0, 10.0],
            near: 2.0,
            length: 4.0,
        });
        let wall = |thick: f64| {
            check_blocks(
                &probe,
                &[
                    ([0.0; 3], [thick, 20.0, 20.0]),
                    ([60.0, 0.0, 0.0], [9.0, 20.0, 20.0]),
                ],
            )
        };
        assert_eq!(wall(4.0).score, 1.0);
        assert!((0.2..0.5).contains(&wall(3.5).score), "{}", wall(3.5).score);
        assert_eq!(wall(3.5).measured, "3.5 mm");
        assert!(check_blocks(&probe, &[([60.0, 0.0, 0.0], [4.0, 20.0, 20.0])]).score < 0.01);
    }

    #[test]
    fn the_right_thickness_along_one_line_alone_does_not_pass() {
        let probe = Thickness(Probe {
            axis: 2,
            at: [50.0, 30.0],
            near: 42.0,
            length: 4.0,
        });
        let plate = shapes::blocks(&[([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])]);
        let of = |blocks: &[_]| check_beside(&probe, &shapes::blocks(blocks), &plate);
        assert_eq!(of(&[([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])]).score, 1.0);
        // Six of seven rows of lines suffice.
        assert_eq!(of(&[([0.0, 0.0, 40.0], [58.0, 60.0, 4.0])]).score, 1.0);
        let pin = of(&[
            ([49.0, 29.0, 40.0], [2.0, 2.0, 4.0]),
            ([0.0, 0.0, 0.0], [100.0, 60.0, 3.0]),
        ]);
        assert!(pin.score < 0.1, "{pin:?}");
        assert_eq!(pin.measured, "4 mm, on 2 % of its surface");
    }

    #[test]
    fn a_wall_highlights_its_two_faces() {
        let plate = shapes::blocks(&[([0.0; 3], [40.0, 30.0, 4.0])]);
        let wall = Thickness(Probe {
            axis: 2,
            at: [10.0, 10.0],
            near: 2.0,
            length: 4.0,
        });
        let ends = [at_height(&plate, 2, 0.0), at_height(&plate, 2, 4.0)].concat();
        let found = faces_of(&wall, &plate);
        assert_eq!(found.len(), 2);
        assert!(
            found.iter().all(|face| ends.contains(face)),
            "{found:?} of {ends:?}"
        );
    }
}

//! A planar face at a height.

use std::sync::Arc;

use super::axis::letter;
use super::grade::{graded, mm, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use crate::candidate_geometry::{CandidateGeometry, Frame};

/// Distance, as a share of the box along the axis, within which faces count as one.
const SAME: f64 = 5e-4;
/// Minimum cosine between normal and axis.
const FLAT: f64 = 0.9998;

pub(super) static KIND: CheckKind = CheckKind {
    name: "face",
    needs_bbox: false,
    measures: "a flat face at a height",
    fields: "`axis`, `at`, `down`, `share` (of the box's side)",
    parse: |fields| {
        let (axis, at) = (fields.axis(), fields.number("at"));
        Some(Arc::new(Face {
            axis: axis?,
            up: !fields.flag("down"),
            at: at?,
            share: fields.limited("share", 1.0).unwrap_or(0.02),
        }))
    },
};

#[derive(Debug)]
struct Face {
    /// Axis of its normal.
    axis: usize,
    /// Whether its normal points along the axis, or against it.
    up: bool,
    /// Position along the axis.
    at: f64,
    /// Minimum area, as a share of the box's side.
    share: f64,
}

impl Requirement for Face {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let Self { axis, up, at, share } = *self;
        let frame = input.frame;
        let size = frame.bbox.size()[axis];
        let nearest = self.nearest(input).map(|level| level.at);
        let way = if up { "+" } else { "-" };
        let mut place = frame.bbox.center();
        place[axis] = at;
        CheckResult {
            score: nearest.map_or(0.0, |level| {
                graded((level - at).abs(), input.tolerance.unwrap_or(0.005 * size))
            }),
            measured: nearest.map_or_else(
                || format!("none that looks along {way}{} and is large enough", letter(axis)),
                |level| format!("the nearest is at {} = {}", letter(axis), mm(level)),
            ),
            asked: format!(
                "a flat face at {} = {}, {} of the box or more",
                letter(axis),
                mm(at),
                percent(share)
            ),
            place: Some(place),
        }
    }

    fn faces(&self, input: &CheckInput<'_>) -> Vec<u32> {
        let triangles = self.nearest(input).map_or(Vec::new(), |level| level.triangles);
        let face = |triangle: usize| input.geometry.faces.get(triangle).copied();
        triangles.into_iter().filter_map(face).collect()
    }
}

impl Face {
    /// The level nearest to the position among those that are large enough.
    fn nearest(&self, input: &CheckInput<'_>) -> Option<Level> {
        let least = self.share * input.frame.side(self.axis);
        let away = |level: &Level| (level.at - self.at).abs();
        levels(self.axis, self.up, input.geometry, input.frame)
            .into_iter()
            .filter(|level| level.area >= least)
            .min_by(|a, b| away(a).total_cmp(&away(b)))
    }
}

/// Planar faces at one height.
struct Level {
    /// Position along the axis, in mm.
    at: f64,
    area: f64,
    triangles: Vec<usize>,
}

/// Levels of planar faces whose normals point along an axis, from low to high.
fn levels(axis: usize, up: bool, geometry: &CandidateGeometry, frame: &Frame) -> Vec<Level> {
    let same = SAME * frame.bbox.size()[axis];
    let mesh = &geometry.mesh;
    let mut faces: Vec<(f64, f64, usize)> = Vec::new();
    for index in 0..mesh.triangles().len() {
        let corners = mesh.corners(index);
        let level = corners[0][axis];
        if corners.iter().any(|corner| (corner[axis] - level).abs() > same) {
            continue;
        }
        let side = |to: usize| [0, 1, 2].map(|i| corners[to][i] - corners[0][i]);
        let (a, b) = (side(1), side(2));
        let normal = [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ];
        let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
        let along = if up { normal[axis] } else { -normal[axis] };
        if length > 0.0 && along >= FLAT * length {
            faces.push((level, 0.5 * length, index));
        }
    }
    faces.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut levels: Vec<Level> = Vec::new();
    for (at, area, triangle) in faces {
        match levels.last_mut() {
            Some(last) if at - last.at <= same => {
                last.area += area;
                last.triangles.push(triangle);
            }
            _ => levels.push(Level {
                at,
                area,
                triangles: vec![triangle],
            }),
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at_height, check_within, faces_of};
    use super::*;
    use cadforge_geometry::shapes;

    fn score(height: f64, width: f64) -> f64 {
        let frame = shapes::blocks(&[([0.0; 3], [100.0, 100.0, 40.0])]);
        let part = shapes::blocks(&[
            ([0.0; 3], [100.0, 100.0, 10.0]),
            ([0.0, 0.0, 12.0], [width, 50.0, height - 12.0]),
        ]);
        check_within(
            &Face {
                axis: 2,
                up: true,
                at: 30.0,
                share: 0.1,
            },
            &part,
            &frame,
        )
        .score
    }

    #[test]
    fn a_face_at_its_height_passes_and_a_low_or_small_one_does_not() {
        assert_eq!(score(30.0, 40.0), 1.0);
        assert!((0.2..0.5).contains(&score(29.5, 40.0)), "{}", score(29.5, 40.0));
        assert!(score(30.0, 10.0) < 0.01);
    }

    #[test]
    fn a_face_highlights_itself() {
        let plate = shapes::blocks(&[([0.0; 3], [40.0, 30.0, 4.0])]);
        let top = Face {
            axis: 2,
            up: true,
            at: 4.0,
            share: 0.9,
        };
        let mut found = faces_of(&top, &plate);
        found.dedup();
        assert_eq!(found, at_height(&plate, 2, 4.0));
    }
}

//! A planar face at a height.

use super::{CheckResult, graded, letter, mm, percent};
use crate::candidate_geometry::{CandidateGeometry, Frame};

/// Distance, as a share of the box along the axis, within which faces count as one.
const SAME: f64 = 5e-4;
/// Minimum cosine between normal and axis.
const FLAT: f64 = 0.9998;

pub(super) fn measure(
    axis: usize,
    up: bool,
    at: f64,
    share: f64,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
    frame: &Frame,
) -> CheckResult {
    let size = frame.bbox.size()[axis];
    let levels = levels(axis, up, geometry, frame);
    let nearest = nearest(&levels, at, share * frame.side(axis)).map(|level| level.at);
    let way = if up { "+" } else { "-" };
    let mut place = frame.bbox.center();
    place[axis] = at;
    CheckResult {
        score: nearest.map_or(0.0, |level| {
            graded((level - at).abs(), tolerance.unwrap_or(0.005 * size))
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

/// Planar faces at one height.
pub(super) struct Level {
    /// Position along the axis, in mm.
    at: f64,
    area: f64,
    pub(super) triangles: Vec<usize>,
}

/// The level nearest to a height among those that are large enough.
pub(super) fn nearest(levels: &[Level], at: f64, least: f64) -> Option<&Level> {
    let away = |level: &&Level| (level.at - at).abs();
    levels
        .iter()
        .filter(|level| level.area >= least)
        .min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// Levels of planar faces whose normals point along an axis, from low to high.
pub(super) fn levels(axis: usize, up: bool, geometry: &CandidateGeometry, frame: &Frame) -> Vec<Level> {
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
    use super::super::testing::check_within;
    use cadforge_core::task::checks::Requirement;
    use cadforge_geometry::shapes;

    fn score(height: f64, width: f64) -> f64 {
        let frame = shapes::blocks(&[([0.0; 3], [100.0, 100.0, 40.0])]);
        let part = shapes::blocks(&[
            ([0.0; 3], [100.0, 100.0, 10.0]),
            ([0.0, 0.0, 12.0], [width, 50.0, height - 12.0]),
        ]);
        check_within(
            Requirement::Face {
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
}

//! Validity: whether the shape is valid, closed, and encloses its space once.

use super::details::ValidityDetails;
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::{Connectivity, Shape};

/// Overlaps below this share of the volume result from the chords of a mesh.
const NEGLIGIBLE: f64 = 2e-3;

pub(super) fn score(
    shape: &Shape,
    connectivity: &Connectivity,
    geometry: &CandidateGeometry,
) -> (f64, ValidityDetails) {
    let overlaps = geometry.volume.overlaps();
    let volume = geometry.volume.volume();
    let share = |part: f64| {
        if volume > 0.0 {
            part / volume
        } else if part > 0.0 {
            1.0
        } else {
            0.0
        }
    };
    let details = ValidityDetails {
        valid: shape.facts.valid,
        // A mesh can be open at an edge that two faces share, because the kernel left a gap; the shape is closed then.
        closed: shape.facts.is_closed() || connectivity.boundary_edges == 0,
        loose: shape.facts.loose,
        volume_mm3: shape.facts.volume,
        own_overlap: share(overlaps.own),
        inverted: share(overlaps.inverted),
    };
    // Not the volume of the rays: they miss parts outside the task's box and thin ones between them.
    let score =
        if details.volume_mm3 <= 0.0 || details.inverted > NEGLIGIBLE || details.own_overlap > NEGLIGIBLE {
            0.3
        } else if !details.valid || !details.closed || details.loose > 0 {
            0.6
        } else {
            1.0
        };
    (score, details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate_geometry::Frame;
    use cadforge_geometry::{NormalisedMesh, Placement, shapes};

    fn score_of(shape: &Shape) -> f64 {
        let frame = Frame::new(shape.mesh.bbox(), None);
        let geometry = CandidateGeometry::of_shape(shape, &Placement::NONE, &frame);
        score(
            shape,
            &Connectivity::of(&NormalisedMesh::new(&shape.mesh.welded())),
            &geometry,
        )
        .0
    }

    #[test]
    fn loose_and_open_parts_lower_the_validity() {
        let block = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        assert_eq!(score_of(&block), 1.0);
        let mut loose = block.clone();
        loose.facts.loose = 1;
        assert_eq!(score_of(&loose), 0.6);
        let mut invalid = block.clone();
        invalid.facts.valid = false;
        assert_eq!(score_of(&invalid), 0.6);
    }

    #[test]
    fn gaps_in_the_shape_cost_and_gaps_in_the_mesh_do_not() {
        let block = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        let mut gap = block.clone();
        gap.mesh = shapes::without(&block.mesh, &[0]);
        gap.face_triangles[0] = 1;
        assert_eq!(score_of(&gap), 1.0);
        let mut open = gap.clone();
        open.facts.valid = false;
        assert_eq!(score_of(&open), 0.6);
        let mut skin = gap.clone();
        skin.facts.solids = 0;
        skin.facts.solid_faces.clear();
        skin.facts.loose = skin.facts.faces;
        assert_eq!(score_of(&skin), 0.6);
    }

    #[test]
    fn a_part_that_no_ray_hits_is_valid() {
        let block = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        let score_in = |shape: &Shape, scale: f64, offset: f64| {
            let mesh = block.mesh.bbox();
            let place = |point: [f64; 3]| point.map(|x| scale * x + offset);
            let bbox = cadforge_geometry::Aabb {
                min: place(mesh.min),
                max: place(mesh.max),
            };
            let frame = Frame::new(bbox, None);
            let geometry = CandidateGeometry::of_shape(shape, &Placement::NONE, &frame);
            assert_eq!(geometry.volume.volume(), 0.0);
            let welded = NormalisedMesh::new(&shape.mesh.welded());
            score(shape, &Connectivity::of(&welded), &geometry).0
        };
        assert_eq!(score_in(&block, 1.0, 5000.0), 1.0);
        assert_eq!(score_in(&block, 1e5, -3e5), 1.0);
        let mut nothing = block.clone();
        nothing.facts.volume = 0.0;
        assert_eq!(score_in(&nothing, 1.0, 5000.0), 0.3);
    }

    #[test]
    fn self_overlap_and_inverted_solids_have_almost_no_validity() {
        // Two overlapping blocks, declared as one solid.
        let mut crossed = shapes::blocks(&[([0.0; 3], [10.0; 3]), ([5.0, 0.0, 0.0], [10.0; 3])]);
        crossed.facts.solid_faces = vec![12];
        assert_eq!(score_of(&crossed), 0.3);
        let block = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        let mut inverted = block.clone();
        let turned: Vec<[u32; 3]> = block
            .mesh
            .triangles()
            .iter()
            .map(|[a, b, c]| [*a, *c, *b])
            .collect();
        inverted.mesh = cadforge_geometry::TriMesh::new(block.mesh.vertices(), &turned).unwrap();
        inverted.facts.volume = -1000.0;
        assert_eq!(score_of(&inverted), 0.3);
    }
}

//! Shapes of baselines that need no understanding of a part, besides its box, cylinder and hull.

use super::{Aabb, TriMesh, boxed, cylinder};

/// Gaps between slabs, as a share of the extent.
const GAP: f64 = 0.003;

/// A closed box with a closed cavity: walls of `wall` mm, at most a quarter of the smallest extent.
pub fn hollow_box(bbox: &Aabb, wall: f64) -> TriMesh {
    let size = bbox.size();
    let wall = size.iter().fold(wall, |wall, extent| wall.min(0.25 * extent));
    let inner = Aabb {
        min: bbox.min.map(|low| low + wall),
        max: bbox.max.map(|high| high - wall),
    };
    joined(&[(boxed(bbox), false), (boxed(&inner), true)])
}

/// As [`cylinder`], with a cavity of that radius about its axis, closed at both ends by a skin.
pub fn tube(bbox: &Aabb, axis: usize, sides: u32, radius: f64) -> TriMesh {
    let center = bbox.center();
    let skin = 1e-6 * bbox.size()[axis];
    let mut inner = *bbox;
    inner.min[axis] += skin;
    inner.max[axis] -= skin;
    for side in [(axis + 1) % 3, (axis + 2) % 3] {
        inner.min[side] = center[side] - radius;
        inner.max[side] = center[side] + radius;
    }
    joined(&[
        (cylinder(bbox, axis, sides), false),
        (cylinder(&inner, axis, sides), true),
    ])
}

/// A box cut into `count` slabs along an axis, each a body of twelve triangles.
pub fn slabs(bbox: &Aabb, axis: usize, count: u32) -> TriMesh {
    let extent = bbox.size()[axis];
    let pitch = (extent + GAP * extent) / f64::from(count.max(1));
    let slab = |index: u32| {
        let mut slab = *bbox;
        slab.min[axis] = bbox.min[axis] + f64::from(index) * pitch;
        slab.max[axis] = slab.min[axis] + pitch - GAP * extent;
        (boxed(&slab), false)
    };
    joined(&(0..count.max(1)).map(slab).collect::<Vec<_>>())
}

/// Several closed meshes in one; those flagged are turned inside out.
fn joined(parts: &[(TriMesh, bool)]) -> TriMesh {
    let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
    for (mesh, inside_out) in parts {
        let first = vertices.len() as u32;
        vertices.extend_from_slice(mesh.vertices());
        triangles.extend(mesh.triangles().iter().map(|[a, b, c]| {
            let [a, b, c] = [first + a, first + b, first + c];
            if *inside_out { [a, c, b] } else { [a, b, c] }
        }));
    }
    TriMesh::new(&vertices, &triangles).expect("finite corners")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moments;

    const BOX: Aabb = Aabb {
        min: [0.0; 3],
        max: [10.0, 20.0, 30.0],
    };

    #[test]
    fn a_hollow_box_is_its_walls() {
        let hollow = Moments::of(&hollow_box(&BOX, 1.0)).volume;
        assert!((hollow - (6000.0 - 8.0 * 18.0 * 28.0)).abs() < 1e-6, "{hollow}");
        let thick = Moments::of(&hollow_box(&BOX, 100.0)).volume;
        assert!((thick - (6000.0 - 5.0 * 15.0 * 25.0)).abs() < 1e-6, "{thick}");
    }

    #[test]
    fn a_tube_lacks_its_bore() {
        let square = Aabb {
            min: [-10.0, -10.0, 0.0],
            max: [10.0, 10.0, 5.0],
        };
        let tube = Moments::of(&tube(&square, 2, 96, 4.0)).volume;
        let exact = std::f64::consts::PI * (100.0 - 16.0) * 5.0;
        assert!((tube - exact).abs() < 0.01 * exact, "{tube} {exact}");
    }

    #[test]
    fn slabs_fill_the_box_except_their_gaps() {
        let slabs = slabs(&BOX, 2, 3);
        assert_eq!((slabs.bbox().min, slabs.triangles().len()), (BOX.min, 36));
        assert!((slabs.bbox().max[2] - BOX.max[2]).abs() < 1e-9, "{slabs:?}");
        let volume = Moments::of(&slabs).volume;
        assert!((5900.0..6000.0).contains(&volume), "{volume}");
    }
}

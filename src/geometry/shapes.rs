//! Simple meshes for tests.

use super::TriMesh;

/// An axis-aligned box, from its corner.
pub(crate) fn block(corner: [f64; 3], size: [f64; 3]) -> TriMesh {
    let vertices: Vec<[f64; 3]> = (0..8)
        .map(|bits| {
            std::array::from_fn(|axis| corner[axis] + if bits >> axis & 1 == 1 { size[axis] } else { 0.0 })
        })
        .collect();
    let faces: [[u32; 4]; 6] = [
        [0, 2, 3, 1],
        [4, 5, 7, 6],
        [0, 1, 5, 4],
        [2, 6, 7, 3],
        [0, 4, 6, 2],
        [1, 3, 7, 5],
    ];
    let triangles: Vec<_> = faces
        .iter()
        .flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]])
        .collect();
    TriMesh::new(&vertices, &triangles).expect("a box")
}

/// All triangles of some meshes in one.
pub(crate) fn together(meshes: &[TriMesh]) -> TriMesh {
    let mut vertices = Vec::new();
    let mut triangles = Vec::new();
    for mesh in meshes {
        let first = vertices.len() as u32;
        vertices.extend_from_slice(mesh.vertices());
        triangles.extend(
            mesh.triangles()
                .iter()
                .map(|triangle| triangle.map(|index| first + index)),
        );
    }
    TriMesh::new(&vertices, &triangles).expect("meshes")
}

/// A mesh with some triangles left out.
pub(crate) fn without(mesh: &TriMesh, dropped: &[usize]) -> TriMesh {
    let kept = mesh
        .triangles()
        .iter()
        .enumerate()
        .filter(|(index, _)| !dropped.contains(index));
    let triangles: Vec<_> = kept.map(|(_, &triangle)| triangle).collect();
    TriMesh::new(mesh.vertices(), &triangles).expect("triangles are left")
}

/// A wavy closed tube around z with `4 * around * up`-ish triangles and no symmetry.
pub(crate) fn vase(around: u32, up: u32) -> TriMesh {
    let mut vertices = vec![[0.0, 0.0, 0.0], [1.0, 2.0, 55.0]];
    for ring in 0..up {
        let z = 50.0 * f64::from(ring) / f64::from(up - 1);
        for step in 0..around {
            let angle = f64::from(step) / f64::from(around) * std::f64::consts::TAU;
            let radius = 15.0 + 4.0 * (3.0 * angle + 0.1 * z).sin() + 0.1 * z;
            vertices.push([
                radius * angle.cos(),
                0.8 * radius * angle.sin(),
                z + 0.3 * angle.sin(),
            ]);
        }
    }
    let at = |ring: u32, step: u32| 2 + ring * around + step % around;
    let mut triangles = Vec::new();
    for step in 0..around {
        triangles.push([0, at(0, step + 1), at(0, step)]);
        triangles.push([1, at(up - 1, step), at(up - 1, step + 1)]);
        for ring in 1..up {
            let [a, b, c, d] = [
                at(ring - 1, step),
                at(ring - 1, step + 1),
                at(ring, step + 1),
                at(ring, step),
            ];
            triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    TriMesh::new(&vertices, &triangles).expect("a vase")
}

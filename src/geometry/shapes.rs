//! Simple closed meshes for examples and tests. Lengths are in mm.

use super::hull::boxed;
use super::{Aabb, BrepFacts, BrepSurface, Shape, TriMesh};

/// An axis-aligned box, from its corner.
pub fn block(corner: [f64; 3], size: [f64; 3]) -> TriMesh {
    boxed(&Aabb {
        min: corner,
        max: std::array::from_fn(|axis| corner[axis] + size[axis]),
    })
}

/// The triangles of several meshes in one.
pub fn together(meshes: &[TriMesh]) -> TriMesh {
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
pub fn without(mesh: &TriMesh, dropped: &[usize]) -> TriMesh {
    let kept = mesh
        .triangles()
        .iter()
        .enumerate()
        .filter(|(index, _)| !dropped.contains(index));
    let triangles: Vec<_> = kept.map(|(_, &triangle)| triangle).collect();
    TriMesh::new(mesh.vertices(), &triangles).expect("triangles are left")
}

/// A wavy closed tube around z with about `4 * around * up` triangles and no symmetry.
pub fn vase(around: u32, up: u32) -> TriMesh {
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

/// A pipe about z with four faces: bore, skin, bottom, top.
pub fn pipe(inner: f64, outer: f64, height: f64, sides: u32) -> Shape {
    let mut vertices = Vec::new();
    for (radius, z) in [(inner, 0.0), (inner, height), (outer, 0.0), (outer, height)] {
        for side in 0..sides {
            let (sin, cos) = (std::f64::consts::TAU * f64::from(side) / f64::from(sides)).sin_cos();
            vertices.push([radius * cos, radius * sin, z]);
        }
    }
    let strip = |low: u32, high: u32| {
        (0..sides).flat_map(move |side| {
            let at = |ring: u32, step: u32| ring * sides + step % sides;
            let (a, b, c, d) = (
                at(low, side),
                at(low, side + 1),
                at(high, side + 1),
                at(high, side),
            );
            [[a, b, c], [a, c, d]]
        })
    };
    let triangles: Vec<_> = strip(1, 0)
        .chain(strip(2, 3))
        .chain(strip(0, 2))
        .chain(strip(3, 1))
        .collect();
    let mesh = TriMesh::new(&vertices, &triangles).expect("a pipe");
    let face = |surface: &str, radius: f64, z: f64| BrepSurface {
        surface: surface.to_owned(),
        radius,
        second: 0.0,
        point: [0.0, 0.0, z],
        axis: [0.0, 0.0, 1.0],
        area: 1.0,
        bbox: mesh.bbox(),
    };
    let surfaces = vec![
        face("CYLINDER", inner, 0.0),
        face("CYLINDER", outer, 0.0),
        face("PLANE", 0.0, 0.0),
        face("PLANE", 0.0, height),
    ];
    as_shape(mesh, surfaces, vec![2 * sides; 4], vec![4])
}

/// Mass properties of [`blocks`].
pub fn mass_of_blocks(parts: &[([f64; 3], [f64; 3])]) -> super::MassProperties {
    let shape = blocks(parts);
    super::MassProperties::of_mesh(&shape.mesh, shape.facts.solids, shape.facts.faces)
}

/// A mesh as a shape with the given faces.
pub fn as_shape(
    mesh: TriMesh,
    surfaces: Vec<BrepSurface>,
    face_triangles: Vec<u32>,
    solid_faces: Vec<u32>,
) -> Shape {
    let facts = BrepFacts {
        solids: solid_faces.len() as u32,
        shells: solid_faces.len() as u32,
        faces: face_triangles.len() as u32,
        volume: super::Moments::of(&mesh).volume,
        area: super::Moments::of(&mesh).area,
        valid: true,
        solid_faces,
        ..BrepFacts::default()
    };
    Shape {
        stl: mesh.to_stl().into(),
        mesh,
        face_triangles,
        edges: Vec::new(),
        surfaces,
        facts,
    }
}

/// Blocks as a shape: each is a solid, each side a face.
pub fn blocks(blocks: &[([f64; 3], [f64; 3])]) -> Shape {
    let meshes: Vec<_> = blocks
        .iter()
        .map(|(corner, size)| block(*corner, *size))
        .collect();
    let mesh = together(&meshes);
    let face = BrepSurface {
        surface: "PLANE".to_owned(),
        radius: 0.0,
        second: 0.0,
        point: [0.0; 3],
        axis: [0.0, 0.0, 1.0],
        area: 1.0,
        bbox: mesh.bbox(),
    };
    let count = blocks.len();
    as_shape(mesh, vec![face; 6 * count], vec![2; 6 * count], vec![6; count])
}

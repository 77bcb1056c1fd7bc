//! Compares a mesh that a candidate exported with its shape.
//!
//! Compares face by face: a fabricated mesh does not lie on the faces. Boxes and areas of faces are estimates by the
//! kernel, so a contradiction proves nothing yet: a mesh by a process without candidate code decides.

use super::execution::{Build, Execution};
use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::{Aabb, BrepFacts, BrepSurface, TriMesh};

/// Distance of a node from the surface of its face, as a share of the face's diagonal. The mesher puts nodes on
/// surfaces; with a larger distance the mesh is another part.
const SURFACE_TOLERANCE: f64 = 0.01;

/// Area of a face's triangles over the face's area. Chords reduce it; faces with self-crossing wires can be covered
/// twice.
const MAX_AREA_RATIO: f64 = 2.5;

/// Allowed difference between the boxes of a disputed and a verified mesh, as a share of the diagonal.
const BOX_AGREEMENT: f64 = 1e-3;

/// Allowed difference between their areas: a part that its script meshed more finely before has slightly more.
const AREA_AGREEMENT: f64 = 0.02;

/// Description of how a mesh contradicts its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction(pub(crate) String);

/// A mesh that contradicts its shape, with the data needed to decide whether it is forged.
#[derive(Clone, Debug, PartialEq)]
pub struct DisputedMesh {
    bbox: Aabb,
    area: f64,
    contradiction: Contradiction,
}

impl DisputedMesh {
    pub(super) fn new(mesh: &TriMesh, contradiction: Contradiction) -> Self {
        Self {
            bbox: mesh.bbox(),
            area: area(mesh),
            contradiction,
        }
    }

    /// The disputed run with the verified mesh, if the two meshes agree; else a forgery.
    ///
    /// If the second run has no shape, its failure is the result: it is a result of the same code.
    pub(super) fn settle(self, disputed: Execution, verified: Execution) -> Execution {
        let build = match verified.build {
            Build::Shape(shape) if self.agrees(&shape.mesh) => Build::Shape(shape),
            Build::Shape(_) => Build::Failed(Failure {
                kind: Kind::Forged,
                message: format!(
                    "the exported mesh does not match the shape: {}",
                    self.contradiction.0
                ),
                line: None,
                traceback: String::new(),
            }),
            Build::Failed(failure) => Build::Failed(failure),
        };
        Execution {
            build,
            disputed: None,
            mesh_ms: disputed.mesh_ms + verified.mesh_ms,
            cacheable: disputed.cacheable && verified.cacheable,
            ..disputed
        }
    }

    fn agrees(&self, verified: &TriMesh) -> bool {
        let bbox = verified.bbox();
        let farthest = bbox
            .min
            .iter()
            .chain(&bbox.max)
            .fold(0.0f64, |most, x| most.max(x.abs()));
        let slack = BOX_AGREEMENT * bbox.diagonal() + step_at(farthest);
        let alike = (0..3).all(|axis| {
            (self.bbox.min[axis] - bbox.min[axis]).abs() <= slack
                && (self.bbox.max[axis] - bbox.max[axis]).abs() <= slack
        });
        let area = area(verified);
        alike && (self.area - area).abs() <= AREA_AGREEMENT * area + slack * slack
    }
}

/// Distance between neighbouring single-precision numbers of that magnitude, the resolution of an STL.
pub(super) fn step_at(magnitude: f64) -> f64 {
    magnitude.abs() * f64::from(f32::EPSILON)
}

/// How a mesh contradicts its shape, if it does.
pub(super) fn contradiction(
    stl: &[u8],
    face_triangles: &[u32],
    surfaces: &[BrepSurface],
    tolerance: f64,
    facts: &BrepFacts,
    mesh: &Aabb,
) -> Option<Contradiction> {
    let contradiction = |text: String| Some(Contradiction(text));
    if face_triangles.len() != surfaces.len() || facts.faces as usize > surfaces.len() {
        return contradiction(format!(
            "the mesh has {} faces, the shape has {}",
            face_triangles.len(),
            surfaces.len().max(facts.faces as usize)
        ));
    }
    // The tolerance of an imprecise model widens the limit, up to a bound.
    let sloppy = tolerance.clamp(0.0, SURFACE_TOLERANCE * mesh.diagonal());
    let farthest = mesh
        .min
        .iter()
        .chain(&mesh.max)
        .fold(0.0f64, |most, x| most.max(x.abs()));
    let rounding = 1e-4f64.max(4.0 * step_at(farthest));
    let mut triangles = stl[84..].chunks_exact(50);
    for (number, (&count, face)) in face_triangles.iter().zip(surfaces).enumerate() {
        let known = face.bbox.min.iter().chain(&face.bbox.max).all(|x| x.is_finite());
        let diagonal = if known {
            face.bbox.diagonal()
        } else {
            f64::INFINITY
        };
        let slack = SURFACE_TOLERANCE * diagonal + sloppy + rounding;
        let mut area = 0.0;
        for triangle in triangles.by_ref().take(count as usize) {
            let corners: [[f64; 3]; 3] = std::array::from_fn(|corner| {
                std::array::from_fn(|axis| f64::from(f32_at(triangle, 12 + 12 * corner + 4 * axis)))
            });
            area += triangle_area(&corners);
            for corner in corners {
                let inside = (0..3).all(|axis| {
                    corner[axis] >= face.bbox.min[axis] - slack && corner[axis] <= face.bbox.max[axis] + slack
                });
                let off = face.distance(corner).filter(|distance| distance.is_finite());
                if (known && !inside) || off.is_some_and(|distance| distance > slack) {
                    let [x, y, z] = corner;
                    return contradiction(format!(
                        "the corner ({x:.3}, {y:.3}, {z:.3}) is not on face {number}, a {}",
                        face.surface
                    ));
                }
            }
        }
        if face.area.is_finite() && area > MAX_AREA_RATIO * face.area.abs() + slack * slack {
            return contradiction(format!(
                "face {number} has {:.3} mm², its mesh {area:.3} mm²",
                face.area
            ));
        }
    }
    None
}

fn area(mesh: &TriMesh) -> f64 {
    (0..mesh.triangles().len())
        .map(|index| triangle_area(&mesh.corners(index)))
        .sum()
}

fn f32_at(bytes: &[u8], at: usize) -> f32 {
    f32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn triangle_area(corners: &[[f64; 3]; 3]) -> f64 {
    let side = |to: usize| [0, 1, 2].map(|axis| corners[to][axis] - corners[0][axis]);
    let (a, b) = (side(1), side(2));
    let cross = [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
    0.5 * cross.iter().map(|x| x * x).sum::<f64>().sqrt()
}

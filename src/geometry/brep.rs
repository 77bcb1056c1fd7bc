//! Data of a built shape besides its triangles.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Aabb, TriMesh};

/// Counts and measures of the boundary representation, as the geometry kernel reports them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrepFacts {
    /// Number of solids.
    pub solids: u32,
    /// Number of shells.
    pub shells: u32,
    /// Number of faces.
    pub faces: u32,
    /// Number of distinct edges.
    pub edges: u32,
    /// Number of distinct vertices.
    pub vertices: u32,
    /// Volume in mm³ (signed: negative for an inside-out solid).
    pub volume: f64,
    /// Surface area in mm².
    pub area: f64,
    /// Whether the kernel's own check finds the shape valid.
    pub valid: bool,
    /// Faults that this check finds, of a few faces; empty for a valid shape.
    pub faults: Vec<BrepFault>,
    /// Number of faces of each solid. Without loose parts, faces are in the order of their solids.
    pub solid_faces: Vec<u32>,
    /// Number of faces without a solid, edges without a face and vertices without an edge.
    pub loose: u32,
}

/// A fault that the kernel's check finds in a part of a shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrepFault {
    /// Index of the face in the order of the mesh; `None` for a whole shell or solid.
    pub face: Option<u32>,
    /// The kernel's name of the fault, e.g. `SelfIntersectingWire`.
    pub status: String,
}

impl BrepFault {
    /// Describes the fault for people: a clause about the face's outline or the shell.
    pub fn description(&self) -> String {
        let known = match self.status.as_str() {
            "SelfIntersectingWire" => "its outline crosses itself",
            "IntersectingWires" => "two of its outlines cross",
            "InvalidImbricationOfWires" => "one of its outlines lies on or inside another that it should not",
            "NotClosed" => "its outline or shell is not closed",
            "UnorientableShape" | "BadOrientation" | "BadOrientationOfSubshape" => {
                "inside and outside are ambiguous"
            }
            "NotConnected" => "its pieces are not connected",
            "RedundantFace" | "RedundantEdge" | "RedundantWire" => "a part of it is duplicated",
            "InvalidCurveOnSurface"
            | "InvalidCurveOnClosedSurface"
            | "InvalidSameParameterFlag"
            | "InvalidSameRangeFlag" => "an edge does not lie on its surface",
            "InvalidPointOnCurve" | "InvalidPointOnCurveOnSurface" | "InvalidPointOnSurface" => {
                "a corner does not lie on its edge"
            }
            "EnclosedRegion" | "SubshapeNotInShape" => "a solid encloses another that it should not",
            status => return format!("the kernel's check says {status}"),
        };
        known.to_owned()
    }
}

impl BrepFacts {
    /// Whether the boundary representation consists of closed solids only. The kernel's check rejects a solid whose
    /// shell lacks a face, has one twice or is not sewn, whatever its flags.
    pub fn is_closed(&self) -> bool {
        self.valid && self.solids > 0 && self.loose == 0
    }
}

/// One edge of the boundary representation as a polyline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrepEdge {
    /// Curve type as CadQuery names it, e.g. `LINE`, `CIRCLE`, `BSPLINE`.
    pub curve: String,
    /// At least two points in mm.
    pub points: Vec<[f32; 3]>,
}

/// The surface of one face of the boundary representation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrepSurface {
    /// Surface type as CadQuery names it, e.g. `PLANE`, `CYLINDER`, `BSPLINE`.
    pub surface: String,
    /// Radius in mm of a cylinder or sphere, of a cone at its point, major radius of a torus; else 0.
    pub radius: f64,
    /// Minor radius of a torus in mm, half angle of a cone in radians; else 0.
    pub second: f64,
    /// A point of the surface's position in mm: on a plane or an axis, or the centre.
    pub point: [f64; 3],
    /// Unit normal of a plane, unit axis of a cylinder, cone or torus.
    pub axis: [f64; 3],
    /// Area of the face in mm²; not finite if the kernel cannot compute it.
    pub area: f64,
    /// Bounding box of the face in mm, slightly too large; not finite if the kernel cannot compute it.
    pub bbox: Aabb,
}

impl BrepSurface {
    /// Distance of `point` from the unbounded surface in mm; `None` for surfaces without a formula.
    pub fn distance(&self, point: [f64; 3]) -> Option<f64> {
        let from = [0, 1, 2].map(|axis| point[axis] - self.point[axis]);
        let dot: f64 = (0..3).map(|axis| from[axis] * self.axis[axis]).sum();
        let length = from.iter().map(|x| x * x).sum::<f64>().sqrt();
        let off_axis = (length * length - dot * dot).max(0.0).sqrt();
        match self.surface.as_str() {
            "PLANE" => Some(dot.abs()),
            "CYLINDER" => Some((off_axis - self.radius).abs()),
            "SPHERE" => Some((length - self.radius).abs()),
            "TORUS" => Some((f64::hypot(off_axis - self.radius, dot) - self.second).abs()),
            // Both halves of the cone: beyond its tip the radius is negative.
            "CONE" => {
                let at = |radius: f64| (off_axis - radius).abs() * self.second.cos().abs();
                let radius = self.radius + dot * self.second.tan();
                Some(at(radius).min(at(-radius)))
            }
            _ => None,
        }
    }
}

/// The objects that a script shows, with their appearance, in the order in which they were shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// In display order.
    pub objects: Vec<SceneObject>,
}

/// One object that a script shows.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneObject {
    /// Its name, if the script gives one or binds it to a variable.
    pub name: Option<String>,
    /// Red, green and blue from 0 to 1, if the script gives a colour.
    pub color: Option<[f32; 3]>,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Whether it is part of the scored shape.
    pub is_scored: bool,
    /// Its surface; `None` if it has none, or too many triangles.
    pub mesh: Option<TriMesh>,
    /// Its edges.
    pub edges: Vec<BrepEdge>,
}

impl SceneObject {
    /// The box around its surface and its edges in mm; `None` if it has neither.
    pub fn bounds(&self) -> Option<Aabb> {
        let surface = self.mesh.iter().flat_map(|mesh| mesh.vertices().iter().copied());
        let edges = self.edges.iter().flat_map(|edge| &edge.points);
        let points: Vec<[f64; 3]> = surface.chain(edges.map(|point| point.map(f64::from))).collect();
        (!points.is_empty()).then(|| Aabb::around(&points))
    }
}

/// Geometry of a built candidate: everything that a score or a picture needs.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The STL: under cadforge-v1 exactly as CadQuery exports it, see `MeshMethod` of cadforge-protocol.
    pub stl: Arc<[u8]>,
    /// The same triangles in STL order, with merged vertices.
    pub mesh: TriMesh,
    /// Number of triangles of each B-rep face, in face order; the sum is the number of triangles.
    pub face_triangles: Vec<u32>,
    /// Edges of the boundary representation.
    pub edges: Vec<BrepEdge>,
    /// Surface of each face, in the order of `face_triangles`.
    pub surfaces: Vec<BrepSurface>,
    /// Counts and measures of the boundary representation.
    pub facts: BrepFacts,
}

impl Shape {
    /// The solid of each triangle; the same for all if there are loose parts, or too many solids to distinguish.
    pub fn bodies(&self) -> Vec<u16> {
        let BrepFacts {
            solid_faces, loose, ..
        } = &self.facts;
        let all: usize = solid_faces.iter().map(|&count| count as usize).sum();
        if *loose > 0 || all != self.face_triangles.len() || solid_faces.len() > MAX_BODIES {
            return vec![0; self.mesh.triangles().len()];
        }
        let mut faces = self.face_triangles.iter();
        let mut bodies = Vec::with_capacity(self.mesh.triangles().len());
        for (solid, &count) in solid_faces.iter().enumerate() {
            let triangles: u32 = faces.by_ref().take(count as usize).sum();
            bodies.extend(std::iter::repeat_n(solid as u16, triangles as usize));
        }
        bodies
    }
}

/// More solids than this are debris, and are not distinguished.
const MAX_BODIES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(kind: &str, radius: f64, second: f64) -> BrepSurface {
        BrepSurface {
            surface: kind.to_owned(),
            radius,
            second,
            point: [1.0, 2.0, 3.0],
            axis: [0.0, 0.0, 1.0],
            area: 1.0,
            bbox: Aabb {
                min: [0.0; 3],
                max: [1.0; 3],
            },
        }
    }

    #[test]
    fn distances_are_to_the_unbounded_surface() {
        let half = std::f64::consts::FRAC_PI_4;
        let cases = [
            (surface("PLANE", 0.0, 0.0), [9.0, 9.0, 5.0], 2.0),
            (surface("CYLINDER", 2.0, 0.0), [4.0, 2.0, 99.0], 1.0),
            (surface("SPHERE", 2.0, 0.0), [1.0, 2.0, 6.0], 1.0),
            (surface("TORUS", 5.0, 1.0), [6.0, 2.0, 3.5], 0.5),
            (surface("CONE", 2.0, half), [1.0 + 3.0, 2.0, 4.0], 0.0),
            // On the other half, beyond the tip.
            (surface("CONE", 2.0, half), [1.0 - 1.0, 2.0, 0.0], 0.0),
            (
                surface("CONE", 2.0, half),
                [1.0 + 3.0 + 2f64.sqrt(), 2.0, 4.0],
                1.0,
            ),
        ];
        for (surface, point, expected) in cases {
            let found = surface.distance(point).unwrap();
            assert!((found - expected).abs() < 1e-12, "{surface:?} {point:?}: {found}");
        }
        assert_eq!(surface("BSPLINE", 0.0, 0.0).distance([0.0; 3]), None);
    }
}

//! A shape in the task's frame, prepared for measuring.

use cadforge_geometry::{Aabb, Cylinder, Lattice, Placement, Shape, TriMesh, Volume, cylinders};

/// Cells along each side of the task's box. Positions are exact along rays, and off by less than a five-hundredth of
/// the side across them; `make score-cost` measures the cost.
const CELLS: u32 = 256;

/// The frame of the checks: the task's box, and the rays through it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    /// Nominal box of the part, in mm.
    pub(super) bbox: Aabb,
    /// Envelope of the task, in mm.
    pub(super) envelope: Option<[f64; 3]>,
    pub(super) lattice: Lattice,
}

impl Frame {
    pub(super) fn new(bbox: Aabb, envelope: Option<[f64; 3]>) -> Self {
        Self {
            bbox,
            envelope,
            lattice: Lattice::over(&bbox, CELLS),
        }
    }

    /// The coordinate at a share of the box along an axis, in mm.
    pub(super) fn place(&self, axis: usize, share: f64) -> f64 {
        self.bbox.min[axis] + share * (self.bbox.max[axis] - self.bbox.min[axis])
    }

    /// Area of the box's side across an axis, in mm².
    pub(super) fn side(&self, axis: usize) -> f64 {
        let size = self.bbox.size();
        size[(axis + 1) % 3] * size[(axis + 2) % 3]
    }

    /// Allowed deviation of a position, in mm.
    pub(super) fn tolerance(&self) -> f64 {
        0.004 * self.bbox.diagonal()
    }
}

/// A shape with the data that checks measure.
#[derive(Clone, Debug)]
pub(super) struct CandidateGeometry {
    pub(super) mesh: TriMesh,
    pub(super) volume: Volume,
    pub(super) cylinders: Vec<Cylinder>,
    /// Share of the volume of each body.
    pub(super) shares: Vec<f64>,
    pub(super) solids: u32,
    /// The face of each triangle; empty if only a mesh is known.
    pub(super) faces: Vec<u32>,
}

impl CandidateGeometry {
    /// A built shape in a placement.
    pub(super) fn of_shape(shape: &Shape, placement: &Placement, frame: &Frame) -> Self {
        let bodies = shape.bodies();
        let body_of = |triangle: usize| bodies[triangle];
        let mesh = shape.mesh.placed(placement);
        Self {
            volume: Volume::new(&mesh, &body_of, &frame.lattice),
            cylinders: cylinders(shape, &body_of)
                .iter()
                .map(|cylinder| cylinder.placed(placement))
                .collect(),
            shares: shares(&mesh, &bodies),
            solids: shape.facts.solids,
            faces: faces(shape),
            mesh,
        }
    }

    /// `count` bodies with equal numbers of triangles, without further data.
    pub(super) fn of_bodies(mesh: TriMesh, count: u32, frame: &Frame) -> Self {
        let each = mesh.triangles().len() / count as usize;
        let bodies: Vec<u16> = (0..mesh.triangles().len())
            .map(|triangle| (triangle / each) as u16)
            .collect();
        Self {
            volume: Volume::new(&mesh, &|triangle| bodies[triangle], &frame.lattice),
            cylinders: Vec::new(),
            shares: shares(&mesh, &bodies),
            solids: count,
            faces: Vec::new(),
            mesh,
        }
    }

    /// A mesh without further data: one body without round features.
    pub(super) fn of_mesh(mesh: TriMesh, frame: &Frame) -> Self {
        Self {
            volume: Volume::new(&mesh, &|_| 0, &frame.lattice),
            cylinders: Vec::new(),
            shares: vec![1.0],
            solids: 1,
            faces: Vec::new(),
            mesh,
        }
    }
}

fn faces(shape: &Shape) -> Vec<u32> {
    let faces = shape.face_triangles.iter().zip(0u32..);
    faces
        .flat_map(|(count, face)| std::iter::repeat_n(face, *count as usize))
        .collect()
}

fn shares(mesh: &TriMesh, bodies: &[u16]) -> Vec<f64> {
    let count = bodies.iter().max().map_or(1, |most| usize::from(*most) + 1);
    if count == 1 {
        return vec![1.0];
    }
    // Six times the signed volume of each body, relative to a nearby point.
    let origin = mesh.bbox().center();
    let mut volumes = vec![0.0; count];
    for (index, &body) in bodies.iter().enumerate() {
        let [a, b, c] = mesh
            .corners(index)
            .map(|corner| [0, 1, 2].map(|axis| corner[axis] - origin[axis]));
        volumes[usize::from(body)] += a[0] * (b[1] * c[2] - b[2] * c[1])
            + a[1] * (b[2] * c[0] - b[0] * c[2])
            + a[2] * (b[0] * c[1] - b[1] * c[0]);
    }
    let all: f64 = volumes
        .iter()
        .map(|volume: &f64| volume.abs())
        .sum::<f64>()
        .max(f64::MIN_POSITIVE);
    volumes.iter().map(|volume| volume.abs() / all).collect()
}

//! The triangle mesh on which all measurements are made.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// An axis-aligned bounding box in mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aabb {
    /// Minimum corner.
    pub min: [f64; 3],
    /// Maximum corner.
    pub max: [f64; 3],
}

impl Aabb {
    /// Length of the diagonal in mm.
    pub fn diagonal(&self) -> f64 {
        self.size().iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Extents along x, y, z in mm.
    pub fn size(&self) -> [f64; 3] {
        std::array::from_fn(|axis| self.max[axis] - self.min[axis])
    }

    /// Centre of the box.
    pub fn center(&self) -> [f64; 3] {
        std::array::from_fn(|axis| 0.5 * (self.max[axis] + self.min[axis]))
    }

    /// Contains nothing; including a first point makes it that point.
    pub(super) const EMPTY: Self = Self {
        min: [f64::INFINITY; 3],
        max: [f64::NEG_INFINITY; 3],
    };

    /// The smallest box around some points.
    pub fn around(points: &[[f64; 3]]) -> Self {
        let mut aabb = Self::EMPTY;
        for &point in points {
            aabb.include(point);
        }
        aabb
    }

    /// Grows to contain a point.
    pub(super) fn include(&mut self, point: [f64; 3]) {
        for (axis, x) in point.into_iter().enumerate() {
            self.min[axis] = self.min[axis].min(x);
            self.max[axis] = self.max[axis].max(x);
        }
    }
}

/// Triangles with merged identical vertices.
///
/// Holds at least one triangle, finite coordinates and valid indices, so that later computations cannot fail on them.
/// Triangles keep their input order: per-face triangle counts of a [`super::Shape`] refer to it.
#[derive(Clone, Debug, PartialEq)]
pub struct TriMesh {
    vertices: Vec<[f64; 3]>,
    triangles: Vec<[u32; 3]>,
}

/// Reason why bytes or buffers are not a mesh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    /// It has no triangle.
    #[error("the mesh has no triangles")]
    Empty,
    /// NaN or infinity.
    #[error("vertex {0} is not finite")]
    NotFinite(usize),
    /// An index beyond the vertices.
    #[error("triangle {0} refers to a vertex that does not exist")]
    BadIndex(usize),
    /// The bytes are not a mesh file of the expected format.
    #[error("{0}")]
    Unreadable(String),
}

impl TriMesh {
    /// Checks the buffers and merges identical vertices (bitwise, with -0 as 0); first occurrences determine the order.
    ///
    /// Unused vertices are dropped. Magnitudes beyond [`f32::MAX`], which an STL cannot hold, count as not finite, so
    /// that areas and distances stay finite.
    pub fn new(vertices: &[[f64; 3]], triangles: &[[u32; 3]]) -> Result<Self, MeshError> {
        if triangles.is_empty() {
            return Err(MeshError::Empty);
        }
        let limit = f64::from(f32::MAX);
        // `contains` is false for NaN.
        let holds = |vertex: &[f64; 3]| vertex.iter().all(|x| (-limit..=limit).contains(x));
        if let Some(index) = vertices.iter().position(|vertex| !holds(vertex)) {
            return Err(MeshError::NotFinite(index));
        }
        let mut merge = Merge::with_capacity(vertices.len().min(3 * triangles.len()));
        // Each vertex is hashed once, whatever the number of its triangles.
        let mut merged = vec![u32::MAX; vertices.len()];
        let mut corners = Vec::with_capacity(triangles.len());
        for (index, triangle) in triangles.iter().enumerate() {
            let mut corner = [0; 3];
            for (slot, &vertex) in corner.iter_mut().zip(triangle) {
                let known = merged
                    .get_mut(vertex as usize)
                    .ok_or(MeshError::BadIndex(index))?;
                if *known == u32::MAX {
                    let position = unsigned_zeros(vertices[vertex as usize]);
                    *known = merge.index_of(position.map(f64::to_bits), position);
                }
                *slot = *known;
            }
            corners.push(corner);
        }
        Ok(Self {
            vertices: merge.vertices,
            triangles: corners,
        })
    }

    /// Reads a binary or ASCII STL; vertices with equal 32-bit coordinates merge.
    ///
    /// Memory use is proportional to `bytes`, whatever a header claims.
    pub fn from_stl(bytes: &[u8]) -> Result<Self, MeshError> {
        let corners = super::stl::read(bytes)?;
        // A closed mesh has half as many vertices as triangles.
        let mut merge = Merge::with_capacity(corners.len() / 6);
        let mut triangles = Vec::with_capacity(corners.len() / 3);
        for (triangle, corners) in corners.chunks_exact(3).enumerate() {
            let mut indices = [0; 3];
            for (corner, index) in indices.iter_mut().enumerate() {
                let position = corners[corner];
                if !position.iter().all(|x| x.is_finite()) {
                    return Err(MeshError::NotFinite(3 * triangle + corner));
                }
                // 32-bit keys are half as large as the later coordinates: most time goes into memory outside the
                // processor's cache.
                let key = position.map(|x| (x + 0.0).to_bits());
                *index = merge.index_of(key, unsigned_zeros(position.map(f64::from)));
            }
            triangles.push(indices);
        }
        if triangles.is_empty() {
            return Err(MeshError::Empty);
        }
        Ok(Self {
            vertices: merge.vertices,
            triangles,
        })
    }

    /// Rotated so that its longest axis is z, as for references from mesh files: if y is longest, y and z are swapped;
    /// if x is longest, (x, y, z) becomes (y, z, x).
    ///
    /// An axis of the same length as z changes nothing; of x and y the first wins. The swap mirrors the shape.
    #[must_use]
    pub fn longest_axis_up(&self) -> Self {
        let [x, y, z] = self.bbox().size();
        let turn: fn([f64; 3]) -> [f64; 3] = if x > z && x >= y {
            |[x, y, z]| [y, z, x]
        } else if y > z {
            |[x, y, z]| [x, z, y]
        } else {
            |vertex| vertex
        };
        Self {
            vertices: self.vertices.iter().map(|&v| turn(v)).collect(),
            triangles: self.triangles.clone(),
        }
    }

    /// The same triangles with other vertices; `turned` flips each triangle, as a mirror image needs. A vertex whose
    /// new position is not finite keeps its position.
    pub(super) fn with_vertices(&self, place: impl Fn([f64; 3]) -> [f64; 3], turned: bool) -> Self {
        let placed = |vertex: &[f64; 3]| {
            let placed = place(*vertex);
            if placed.iter().all(|x| x.is_finite()) {
                placed
            } else {
                *vertex
            }
        };
        let flip = |&[a, b, c]: &[u32; 3]| if turned { [a, c, b] } else { [a, b, c] };
        Self {
            vertices: self.vertices.iter().map(placed).collect(),
            triangles: self.triangles.iter().map(flip).collect(),
        }
    }

    /// Writes a binary STL; coordinates are rounded to 32 bits.
    pub fn to_stl(&self) -> Vec<u8> {
        super::stl::write(self)
    }

    /// Merged vertices in mm.
    pub fn vertices(&self) -> &[[f64; 3]] {
        &self.vertices
    }

    /// Vertex indices of each triangle, counter-clockwise from outside.
    pub fn triangles(&self) -> &[[u32; 3]] {
        &self.triangles
    }

    /// Corners of triangle `index`.
    pub fn corners(&self, index: usize) -> [[f64; 3]; 3] {
        self.triangles[index].map(|vertex| self.vertices[vertex as usize])
    }

    /// The bounding box over all vertices.
    pub fn bbox(&self) -> Aabb {
        Aabb::around(&self.vertices)
    }
}

/// Adding 0 turns -0 into 0.
fn unsigned_zeros(position: [f64; 3]) -> [f64; 3] {
    position.map(|x| x + 0.0)
}

/// Assigns equal positions equal indices, in order of first occurrence. A key holds a position's bits.
struct Merge<K> {
    /// Only looked up, never iterated: its random state cannot affect a result, and keeps a crafted mesh from causing
    /// hash collisions.
    indices: HashMap<K, u32>,
    vertices: Vec<[f64; 3]>,
}

impl<K: Eq + Hash> Merge<K> {
    fn with_capacity(vertices: usize) -> Self {
        Self {
            indices: HashMap::with_capacity(vertices),
            vertices: Vec::with_capacity(vertices),
        }
    }

    fn index_of(&mut self, key: K, position: [f64; 3]) -> u32 {
        let next = self.vertices.len() as u32;
        let index = *self.indices.entry(key).or_insert(next);
        if index == next {
            self.vertices.push(position);
        }
        index
    }
}

#[cfg(test)]
mod tests;
mod weld;

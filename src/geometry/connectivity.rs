//! Edges shared between triangles.
//!
//! An edge is identified by its two merged vertices. Components are joined across edges of exactly two triangles:
//! bodies that touch along an edge of four triangles stay separate, as in trimesh.

use super::vector::{area, cross, dot};
use super::{Aabb, NormalisedMesh};

/// Faces with a smaller area are degenerate, in normalised mm².
const DEGENERATE_AREA: f64 = 1e-8;

/// Edge and component counts of a normalised mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct Connectivity {
    /// Edges in one face.
    pub boundary_edges: usize,
    /// Edges in more than two faces.
    pub non_manifold_edges: usize,
    /// Faces of area below 1e-8.
    pub degenerate_faces: usize,
    /// Every edge in exactly two faces.
    pub watertight: bool,
    /// The box of each component, in the order of the components' first triangles.
    pub components: Vec<Aabb>,
    /// Number of cavities: closed components that face inwards, in a mesh that encloses a volume. Components with an
    /// edge that is not in two faces do not count, since their volume is undefined.
    pub cavities: usize,
}

impl Connectivity {
    /// Computes the counts of a mesh.
    pub fn of(mesh: &NormalisedMesh) -> Self {
        let triangles = mesh.triangles();
        let mut sets = DisjointSets::new(triangles.len());
        let mut boundary_edges = 0;
        let mut non_manifold_edges = 0;
        let mut unclosed = Vec::new();
        for_each_edge(mesh, |uses| match uses {
            [first, second] => sets.join(first.face as usize, second.face as usize),
            [edge] => {
                boundary_edges += 1;
                unclosed.push(edge.face);
            }
            _ => {
                non_manifold_edges += 1;
                unclosed.extend(uses.iter().map(|edge| edge.face));
            }
        });
        let degenerate = |index: &usize| area(mesh.corners(*index)) < DEGENERATE_AREA;
        Self {
            boundary_edges,
            non_manifold_edges,
            degenerate_faces: (0..triangles.len()).filter(degenerate).count(),
            watertight: boundary_edges == 0 && non_manifold_edges == 0,
            components: component_boxes(mesh, &mut sets),
            cavities: cavities(mesh, &mut sets, &unclosed),
        }
    }
}

/// Volume below which a component is degenerate, as a share of the mesh's.
const NO_VOLUME: f64 = 1e-9;

fn cavities(mesh: &NormalisedMesh, sets: &mut DisjointSets, unclosed: &[u32]) -> usize {
    // The volume of a component is at its root.
    let mut volumes = vec![0.0; mesh.triangles().len()];
    for index in 0..mesh.triangles().len() {
        let [a, b, c] = mesh.corners(index);
        volumes[sets.root(index)] += dot(a, cross(b, c)) / 6.0;
    }
    let all: f64 = volumes.iter().sum();
    for face in unclosed {
        volumes[sets.root(*face as usize)] = 0.0;
    }
    volumes
        .iter()
        .filter(|volume| all > 0.0 && **volume < -NO_VOLUME * all)
        .count()
}

/// One triangle's use of an edge, stored with the edge's lower vertex.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct EdgeUse {
    greater: u32,
    face: u32,
}

/// Calls `visit` once per edge, with all its uses, ordered by vertices.
///
/// A counting sort by the lower vertex leaves small groups, which are sorted in place: linear in the number of
/// triangles for any mesh whose vertices have bounded valence.
fn for_each_edge(mesh: &NormalisedMesh, mut visit: impl FnMut(&[EdgeUse])) {
    let triangles = mesh.triangles();
    let mut ends = vec![0u32; mesh.vertices().len() + 1];
    for &[a, b, c] in triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            ends[from.min(to) as usize + 1] += 1;
        }
    }
    for vertex in 1..ends.len() {
        ends[vertex] += ends[vertex - 1];
    }
    // Filling a group moves its offset from the group's start to its end.
    let mut uses = vec![EdgeUse::default(); 3 * triangles.len()];
    for (face, &[a, b, c]) in triangles.iter().enumerate() {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            let slot = &mut ends[from.min(to) as usize];
            uses[*slot as usize] = EdgeUse {
                greater: from.max(to),
                face: face as u32,
            };
            *slot += 1;
        }
    }
    let mut start = 0;
    for &end in &ends[..ends.len() - 1] {
        let group = &mut uses[start..end as usize];
        group.sort_unstable();
        for edge in group.chunk_by(|one, next| one.greater == next.greater) {
            visit(edge);
        }
        start = end as usize;
    }
}

fn component_boxes(mesh: &NormalisedMesh, sets: &mut DisjointSets) -> Vec<Aabb> {
    let mut boxes: Vec<Aabb> = Vec::new();
    let mut box_of_root = vec![u32::MAX; mesh.triangles().len()];
    for index in 0..mesh.triangles().len() {
        let slot = &mut box_of_root[sets.root(index)];
        if *slot == u32::MAX {
            *slot = boxes.len() as u32;
            boxes.push(Aabb::EMPTY);
        }
        for corner in mesh.corners(index) {
            boxes[*slot as usize].include(corner);
        }
    }
    boxes
}

struct DisjointSets(Vec<u32>);

impl DisjointSets {
    fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    fn root(&mut self, index: usize) -> usize {
        let mut at = index as u32;
        while self.0[at as usize] != at {
            let above = self.0[at as usize];
            self.0[at as usize] = self.0[above as usize];
            at = above;
        }
        at as usize
    }

    /// The lower root wins, so that roots do not depend on the order of joins.
    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other) as u32;
    }
}

#[cfg(test)]
mod tests;

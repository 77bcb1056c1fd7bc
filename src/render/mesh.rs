//! Vertex buffers of shapes.
//!
//! Pure; computed once per shape. The normal of a corner is the mean over adjacent triangles of the same face within the crease
//! angle: flat faces are flat, curved faces are smooth, and shading stops at the border of a face. Corners with equal position
//! and normal are merged, because a software renderer spends most of its time on corners.

use three_d::{InnerSpace, Vec3, vec3};

use super::edges::CREASE_DEGREES;
use cadforge_geometry::{BrepEdge, SceneObject, Shape, TriMesh};

/// Around a vertex with more triangles than this, their own normals are used: such fans belong to flat caps, and the work is
/// quadratic.
const FAN: usize = 96;

/// Marks a missing corner.
const NONE: u32 = u32::MAX;

/// Buffers of a shape, ready for upload.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    /// Corners in mm.
    pub positions: Vec<Vec3>,
    /// Unit normal at each corner.
    pub normals: Vec<Vec3>,
    /// Three corners per triangle.
    pub indices: Vec<u32>,
    /// Segments of the shape's edges.
    pub edges: Vec<[Vec3; 2]>,
    /// Edges of curved faces that may belong to the outline.
    pub folds: Vec<Fold>,
}

/// An edge inside a curved face: part of the outline if one of its triangles faces the camera and the other does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fold {
    /// Ends in mm.
    pub ends: [Vec3; 2],
    /// Unit normals of its two triangles.
    pub normals: [Vec3; 2],
}

/// Direction or point from which outlines are seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Viewpoint {
    /// Along parallel lines; unit vector towards the camera.
    Parallel(Vec3),
    /// From a point in mm.
    Point(Vec3),
}

impl Buffers {
    /// Buffers of a shape's triangles and edges.
    pub fn of(shape: &Shape) -> Self {
        let mut buffers = Self::default();
        buffers.push_mesh(&shape.mesh, &shape.face_triangles);
        buffers.push_edges(&shape.edges);
        buffers
    }

    /// Buffers of an object of a scene, without face data.
    pub fn of_object(object: &SceneObject) -> Self {
        let mut buffers = Self::default();
        if let Some(mesh) = &object.mesh {
            buffers.push_mesh(mesh, &[]);
        }
        buffers.push_edges(&object.edges);
        buffers
    }

    fn push_mesh(&mut self, mesh: &TriMesh, face_triangles: &[u32]) {
        let faces = face_of_triangles(mesh, face_triangles);
        let normals = unit_normals(mesh);
        self.push_triangles(mesh, &faces, &normals);
        self.push_folds(mesh, &faces, &normals);
    }

    fn push_edges(&mut self, edges: &[BrepEdge]) {
        for edge in edges {
            self.push_edge(edge);
        }
    }

    fn push_triangles(&mut self, mesh: &TriMesh, faces: &[u32], normals: &[Option<Vec3>]) {
        let smooth = (CREASE_DEGREES as f32).to_radians().cos();
        let around = Around::of(mesh);
        // Corners created so far for each vertex: the last one, and for each corner the one before it.
        let mut last = vec![NONE; mesh.vertices().len()];
        let mut before: Vec<u32> = Vec::new();
        self.indices.reserve_exact(3 * mesh.triangles().len());
        for (index, triangle) in mesh.triangles().iter().enumerate() {
            // A degenerate triangle covers no pixel and has no normal.
            let Some(own) = normals[index] else { continue };
            for &vertex in triangle {
                let fan = around.triangles(vertex);
                let mut sum = vec3(0.0, 0.0, 0.0);
                for &(other, angle) in fan.iter().take_while(|_| fan.len() <= FAN) {
                    let other = other as usize;
                    if let Some(normal) = normals[other].filter(|_| faces[other] == faces[index])
                        && normal.dot(own) > smooth
                    {
                        sum += normal * angle;
                    }
                }
                let normal = if sum.magnitude2() > 0.0 {
                    sum.normalize()
                } else {
                    own
                };
                let mut corner = last[vertex as usize];
                while corner != NONE && self.normals[corner as usize] != normal {
                    corner = before[corner as usize];
                }
                if corner == NONE {
                    corner = self.positions.len() as u32;
                    self.positions.push(point(mesh, vertex));
                    self.normals.push(normal);
                    before.push(last[vertex as usize]);
                    last[vertex as usize] = corner;
                }
                self.indices.push(corner);
            }
        }
    }

    fn push_folds(&mut self, mesh: &TriMesh, faces: &[u32], normals: &[Option<Vec3>]) {
        // Nearly flat neighbours belong to the outline only at an edge, which is drawn anyway.
        let (flat, smooth) = (
            0.01f32.to_radians().cos(),
            (CREASE_DEGREES as f32).to_radians().cos(),
        );
        let mut sides: Vec<([u32; 2], u32)> = Vec::with_capacity(3 * mesh.triangles().len());
        for (index, triangle) in mesh.triangles().iter().enumerate() {
            for side in 0..3 {
                let (a, b) = (triangle[side], triangle[(side + 1) % 3]);
                sides.push(([a.min(b), a.max(b)], index as u32));
            }
        }
        sides.sort_unstable();
        for group in sides.chunk_by(|a, b| a.0 == b.0) {
            let [(ends, one), (_, other)] = *group else {
                continue;
            };
            let (one, other) = (one as usize, other as usize);
            let (Some(a), Some(b)) = (normals[one], normals[other]) else {
                continue;
            };
            if faces[one] == faces[other] && (smooth..flat).contains(&a.dot(b)) {
                self.folds.push(Fold {
                    ends: ends.map(|end| point(mesh, end)),
                    normals: [a, b],
                });
            }
        }
    }

    fn push_edge(&mut self, edge: &BrepEdge) {
        for pair in edge.points.windows(2) {
            let ends = [pair[0], pair[1]].map(|[x, y, z]| vec3(x, y, z));
            if (ends[1] - ends[0]).magnitude2() > 0.0 {
                self.edges.push(ends);
            }
        }
    }
}

/// The folds that belong to the outline from a viewpoint.
pub fn outline(folds: &[Fold], sight: Viewpoint) -> Vec<[Vec3; 2]> {
    folds
        .iter()
        .filter(|fold| {
            let eye = match sight {
                Viewpoint::Parallel(towards) => towards,
                Viewpoint::Point(eye) => eye - fold.ends[0],
            };
            (fold.normals[0].dot(eye) > 0.0) != (fold.normals[1].dot(eye) > 0.0)
        })
        .map(|fold| fold.ends)
        .collect()
}

/// Face of every triangle; one face for all if the counts do not match.
fn face_of_triangles(mesh: &TriMesh, face_triangles: &[u32]) -> Vec<u32> {
    let count = mesh.triangles().len();
    let mut faces = Vec::with_capacity(count);
    for (face, triangles) in face_triangles.iter().enumerate() {
        let room = count.saturating_sub(faces.len());
        faces.extend(std::iter::repeat_n(face as u32, (*triangles as usize).min(room)));
    }
    faces.resize(count, 0);
    faces
}

fn unit_normals(mesh: &TriMesh) -> Vec<Option<Vec3>> {
    mesh.triangles()
        .iter()
        .map(|triangle| {
            let [a, b, c] = triangle.map(|vertex| point(mesh, vertex));
            let normal = (b - a).cross(c - a);
            let length = normal.magnitude();
            (length > 0.0).then(|| normal / length)
        })
        .collect()
}

fn point(mesh: &TriMesh, vertex: u32) -> Vec3 {
    let [x, y, z] = mesh.vertices()[vertex as usize].map(|v| v as f32);
    vec3(x, y, z)
}

/// Triangles around each vertex with their angles there in radians.
struct Around {
    first: Vec<u32>,
    triangles: Vec<(u32, f32)>,
}

impl Around {
    fn of(mesh: &TriMesh) -> Self {
        let mut first = vec![0u32; mesh.vertices().len() + 1];
        for vertex in mesh.triangles().iter().flatten() {
            first[*vertex as usize + 1] += 1;
        }
        for vertex in 1..first.len() {
            first[vertex] += first[vertex - 1];
        }
        let mut next = first.clone();
        let mut triangles = vec![(0, 0.0); 3 * mesh.triangles().len()];
        for (index, triangle) in mesh.triangles().iter().enumerate() {
            let corners = triangle.map(|vertex| point(mesh, vertex));
            for corner in 0..3 {
                let one = corners[(corner + 1) % 3] - corners[corner];
                let other = corners[(corner + 2) % 3] - corners[corner];
                let angle = one.cross(other).magnitude().atan2(one.dot(other));
                let slot = &mut next[triangle[corner] as usize];
                triangles[*slot as usize] = (index as u32, angle);
                *slot += 1;
            }
        }
        Self { first, triangles }
    }

    fn triangles(&self, vertex: u32) -> &[(u32, f32)] {
        let vertex = vertex as usize;
        &self.triangles[self.first[vertex] as usize..self.first[vertex + 1] as usize]
    }
}

#[cfg(test)]
mod tests;

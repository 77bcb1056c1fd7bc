//! Data on the GPU, and its eviction.

use std::sync::Arc;

use three_d::{Context, ElementBuffer, InstanceBuffer, Vec3, Vec4, VertexBuffer, vec3};

use crate::frame::{Frame, Grid};
use crate::heat::Heat;
use crate::mesh::Fold;
use crate::{Body, Picture, Subject};
use cadforge_geometry::TriMesh;

/// Maximum number of triangles kept on the GPU besides displayed ones, so that switching between steps needs no upload.
const KEPT_TRIANGLES: usize = 2_000_000;

/// Maximum number of shapes kept on the GPU besides displayed ones.
const KEPT_SHAPES: usize = 32;

/// Maximum number of heat maps kept on the GPU: two are displayed at a time.
const KEPT_HEATS: usize = 4;

/// Minimum distance of grid lines in points.
const GRID_GAP: f32 = 20.0;

/// Uploaded data.
#[derive(Default)]
pub struct Uploads {
    /// Most recently used last.
    shapes: Vec<Upload>,
    pub grid: Option<GridUpload>,
    /// Most recently used last.
    heats: Vec<HeatUpload>,
}

pub struct Upload {
    body: Body,
    coarse: bool,
    triangle_count: usize,
    pub surface: Surface,
    pub edges: Lines,
    pub folds: Vec<Fold>,
    /// Edges of all triangles, once requested.
    pub sides: Option<Lines>,
}

pub struct Surface {
    pub positions: VertexBuffer<Vec3>,
    pub normals: VertexBuffer<Vec3>,
    pub triangles: ElementBuffer<u32>,
}

pub struct HeatUpload {
    heat: Arc<Heat>,
    pub surface: Surface,
    pub values: VertexBuffer<f32>,
}

pub struct GridUpload {
    frame: Frame,
    step: f64,
    pub fade: Vec4,
    pub minor: Lines,
    pub major: Lines,
    pub axes: [Lines; 2],
}

pub struct Lines {
    pub starts: InstanceBuffer<Vec3>,
    pub ends: InstanceBuffer<Vec3>,
}

impl Uploads {
    /// Uploads missing data of a picture, and evicts the least recently used.
    pub fn provide(&mut self, context: &Context, picture: &Picture) {
        for subject in &picture.subjects {
            self.shape(context, subject, picture.coarse);
            if picture.look.shows_triangles()
                && let Some(upload) = self.shapes.last_mut()
                && upload.sides.is_none()
                && let Some(mesh) = subject.body.mesh()
            {
                upload.sides = Some(sides(context, mesh));
            }
        }
        self.evict(picture.subjects.len());
        for subject in &picture.subjects {
            if let Some(heated) = &subject.heat {
                self.heat(context, &heated.heat);
            }
        }
        if picture.grid {
            self.prepare_grid(context, picture);
        }
    }

    /// Uploaded data of a subject.
    pub fn of(&self, subject: &Subject, coarse: bool) -> Option<&Upload> {
        self.shapes
            .iter()
            .rev()
            .find(|upload| upload.matches(subject, coarse))
    }

    /// Uploaded data of a heat map.
    pub fn of_heat(&self, heat: &Arc<Heat>) -> Option<&HeatUpload> {
        self.heats
            .iter()
            .rev()
            .find(|upload| Arc::ptr_eq(&upload.heat, heat))
    }

    fn heat(&mut self, context: &Context, heat: &Arc<Heat>) {
        if let Some(at) = self
            .heats
            .iter()
            .position(|upload| Arc::ptr_eq(&upload.heat, heat))
        {
            let upload = self.heats.remove(at);
            self.heats.push(upload);
            return;
        }
        if self.heats.len() >= KEPT_HEATS {
            self.heats.remove(0);
        }
        self.heats.push(HeatUpload {
            surface: Surface::new(context, &heat.positions, &heat.normals, &heat.indices),
            values: VertexBuffer::new_with_data(context, &heat.values),
            heat: Arc::clone(heat),
        });
    }

    fn shape(&mut self, context: &Context, subject: &Subject, coarse: bool) {
        let coarse = subject.uses_coarse(coarse);
        if let Some(at) = self
            .shapes
            .iter()
            .position(|upload| upload.matches(subject, coarse))
        {
            let upload = self.shapes.remove(at);
            self.shapes.push(upload);
            return;
        }
        let made;
        let buffers = match subject.model.as_ref().and_then(|model| model.buffers(coarse)) {
            Some(buffers) => buffers,
            None => {
                made = subject.body.buffers();
                &made
            }
        };
        self.shapes.push(Upload {
            body: subject.body.clone(),
            coarse,
            triangle_count: buffers.indices.len() / 3,
            surface: Surface::new(context, &buffers.positions, &buffers.normals, &buffers.indices),
            edges: Lines::new(context, &buffers.edges),
            folds: buffers.folds.clone(),
            sides: None,
        });
    }

    /// Never evicts the `needed` most recent.
    fn evict(&mut self, needed: usize) {
        let mut triangles = 0;
        let kept = self.shapes.iter().rev().enumerate().take_while(|(age, upload)| {
            triangles += upload.triangle_count;
            *age < needed || (*age < KEPT_SHAPES && triangles <= KEPT_TRIANGLES)
        });
        let keep = kept.count();
        self.shapes.drain(..self.shapes.len() - keep);
    }

    /// Prepares the ground grid unless it is the last one.
    fn prepare_grid(&mut self, context: &Context, picture: &Picture) {
        let points = picture.size.map(|side| side as f32 / picture.pixels_per_point);
        let frame = picture.frame;
        let step = frame.grid_step(f64::from(picture.camera.mm_per_unit(points) * GRID_GAP));
        if self
            .grid
            .as_ref()
            .is_some_and(|grid| grid.frame == frame && grid.step == step)
        {
            return;
        }
        let Grid {
            middle,
            radius,
            minor,
            major,
            axes,
            ..
        } = frame.grid(step);
        let lines = |segments: &[[Vec3; 2]]| Lines::new(context, segments);
        self.grid = Some(GridUpload {
            frame,
            step,
            fade: middle.extend(radius),
            minor: lines(&minor),
            major: lines(&major),
            axes: axes.map(|axis| lines(axis.as_slice())),
        });
    }
}

impl Upload {
    fn matches(&self, subject: &Subject, coarse: bool) -> bool {
        self.body == subject.body && self.coarse == subject.uses_coarse(coarse)
    }
}

impl Surface {
    pub fn new(context: &Context, positions: &[Vec3], normals: &[Vec3], indices: &[u32]) -> Self {
        Self {
            positions: VertexBuffer::new_with_data(context, positions),
            normals: VertexBuffer::new_with_data(context, normals),
            triangles: ElementBuffer::new_with_data(context, indices),
        }
    }
}

impl Lines {
    pub fn new(context: &Context, segments: &[[Vec3; 2]]) -> Self {
        let starts: Vec<Vec3> = segments.iter().map(|segment| segment[0]).collect();
        let ends: Vec<Vec3> = segments.iter().map(|segment| segment[1]).collect();
        Self {
            starts: InstanceBuffer::new_with_data(context, &starts),
            ends: InstanceBuffer::new_with_data(context, &ends),
        }
    }

    pub fn count(&self) -> u32 {
        self.starts.instance_count()
    }
}

fn sides(context: &Context, mesh: &TriMesh) -> Lines {
    let at = |vertex: u32| {
        let [x, y, z] = mesh.vertices()[vertex as usize].map(|v| v as f32);
        vec3(x, y, z)
    };
    let mut sides: Vec<[u32; 2]> = Vec::with_capacity(3 * mesh.triangles().len());
    for triangle in mesh.triangles() {
        for side in 0..3 {
            let (a, b) = (triangle[side], triangle[(side + 1) % 3]);
            sides.push([a.min(b), a.max(b)]);
        }
    }
    sides.sort_unstable();
    sides.dedup();
    let segments: Vec<[Vec3; 2]> = sides.into_iter().map(|ends| ends.map(at)).collect();
    Lines::new(context, &segments)
}

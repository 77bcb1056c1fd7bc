//! Every GL object of the 3D view: programs, uploaded shapes, pictures in the making.
//!
//! Draws into textures of its own and never into a window, so that it needs no depth buffer there and a
//! picture that has not changed costs one copy. Leaves no state behind that egui does not set itself, but
//! for the framebuffer: [`Scene::copy`] and dropping a [`Film`]'s target put that right.

use std::sync::Arc;

use three_d::{
    Blend, BlendEquationType, BlendMultiplierType, ClearState, Context, CoreError, Cull, DepthTest,
    DepthTexture2D, ElementBuffer, HasContext, InstanceBuffer, Interpolation, Mat4, Program, RenderStates,
    RenderTarget, Texture2D, Vec2, Vec3, Vec4, VertexBuffer, Viewport, Wrapping, WriteMask, f24, vec2, vec4,
};

use super::frame::{Frame, Grid};
use super::mesh::{Buffers, Fold, Sight, outline};
use super::{Palette, Picture, Projection, RenderError, Subject};
use crate::geometry::Shape;

/// Width of a shape's edges in points.
const EDGE_WIDTH: f32 = 1.25;

/// Least distance of grid lines in points.
const GRID_GAP: f32 = 20.0;

/// How far lines lie before the faces they bound, in points: too little to show an edge through a wall.
const LINE_BIAS: f32 = 0.75;

/// How far faces are pushed back, in samples along their own slope: half of a line's width lies on a face, and
/// a face seen at a flat angle would rise above it there.
const FACE_OFFSET: f32 = 1.0;

/// Triangles kept on the GPU beyond what is shown, to go back and forth between steps without an upload.
const KEPT_TRIANGLES: usize = 2_000_000;

/// Shapes kept on the GPU beyond what is shown.
const KEPT_SHAPES: usize = 32;

/// Colour over colour by its alpha; what comes out is premultiplied.
const BLEND: Blend = Blend::Enabled {
    source_rgb_multiplier: BlendMultiplierType::SrcAlpha,
    source_alpha_multiplier: BlendMultiplierType::One,
    destination_rgb_multiplier: BlendMultiplierType::OneMinusSrcAlpha,
    destination_alpha_multiplier: BlendMultiplierType::OneMinusSrcAlpha,
    rgb_equation: BlendEquationType::Add,
    alpha_equation: BlendEquationType::Add,
};

/// A texture with a picture on it, and the depth that made it.
pub struct Film {
    color: Texture2D,
    depth: DepthTexture2D,
}

impl Film {
    /// Width and height in samples.
    pub fn size(&self) -> [u32; 2] {
        [self.color.width(), self.color.height()]
    }

    /// The film as something to draw into or read from. Dropping it unbinds it.
    pub fn target(&mut self) -> RenderTarget<'_> {
        RenderTarget::new(self.color.as_color_target(None), self.depth.as_depth_target())
    }

    /// Reads the picture back: rows from the top, RGBA, premultiplied.
    pub fn pixels(&mut self) -> Vec<[u8; 4]> {
        self.target().read_color()
    }
}

/// The programs and buffers of one GL context.
pub struct Scene {
    context: Context,
    surface: Program,
    line: Program,
    copy: Program,
    corners: VertexBuffer<Vec2>,
    /// Most recently used last.
    uploads: Vec<Upload>,
    grid: Option<GridUpload>,
    software: bool,
}

struct Upload {
    shape: Arc<Shape>,
    positions: VertexBuffer<Vec3>,
    normals: VertexBuffer<Vec3>,
    triangles: ElementBuffer<u32>,
    edges: Lines,
    folds: Vec<Fold>,
}

struct GridUpload {
    frame: Frame,
    step: f64,
    fade: Vec4,
    minor: Lines,
    major: Lines,
    axes: [Lines; 2],
}

struct Lines {
    starts: InstanceBuffer<Vec3>,
    ends: InstanceBuffer<Vec3>,
}

/// How lines are drawn.
struct Pen {
    color: Vec4,
    width: f32,
    bias: f32,
    fade: Vec4,
}

/// The parts of a picture that every draw call needs.
struct Lens {
    view: Mat4,
    projection: Mat4,
    near: f32,
    size: [u32; 2],
    /// Samples of a point.
    scale: f32,
    /// Bias of one point: mm in an orthographic view, a fraction of the distance in perspective.
    bias: f32,
    sight: Sight,
}

impl Scene {
    /// Compiles the programs in the given context, which must be current.
    pub fn new(gl: Arc<eframe::glow::Context>) -> Result<Self, RenderError> {
        let context = Context::from_gl_context(gl).map_err(refused)?;
        let program = |vertex, fragment| Program::from_source(&context, vertex, fragment).map_err(refused);
        Ok(Self {
            surface: program(
                include_str!("shaders/surface.vert"),
                include_str!("shaders/surface.frag"),
            )?,
            line: program(
                include_str!("shaders/line.vert"),
                include_str!("shaders/line.frag"),
            )?,
            copy: program(
                include_str!("shaders/copy.vert"),
                include_str!("shaders/copy.frag"),
            )?,
            corners: VertexBuffer::new_with_data(
                &context,
                &[vec2(-1.0, -1.0), vec2(3.0, -1.0), vec2(-1.0, 3.0)],
            ),
            uploads: Vec::new(),
            grid: None,
            software: renderer(&context).is_some_and(|name| is_software(&name)),
            context,
        })
    }

    /// The context, for render targets.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether the processor does the drawing.
    pub fn software(&self) -> bool {
        self.software
    }

    /// An empty film.
    pub fn film(&self, [width, height]: [u32; 2]) -> Film {
        let (linear, clamp) = (Interpolation::Linear, Wrapping::ClampToEdge);
        Film {
            color: Texture2D::new_empty::<[u8; 4]>(
                &self.context,
                width,
                height,
                linear,
                linear,
                None,
                clamp,
                clamp,
            ),
            depth: DepthTexture2D::new::<f24>(&self.context, width, height, clamp, clamp),
        }
    }

    /// Draws a picture onto a film of its size ([`Picture::samples`]).
    pub fn draw(&mut self, picture: &Picture, film: &mut Film) -> Result<(), RenderError> {
        let lens = Lens::of(picture);
        for subject in &picture.subjects {
            self.upload(&subject.shape);
        }
        self.forget_old(picture.subjects.len());
        if picture.grid {
            self.lay_grid(picture);
        }
        let target = film.target();
        let [r, g, b, a] = if picture.transparent {
            [0.0; 4]
        } else {
            rgba(picture.palette.background).into()
        };
        target.clear(ClearState::color_and_depth(r, g, b, a, 1.0));
        target
            .write(|| {
                // First and without depth: nothing lies under the ground, and seen from below it should
                // not hide what stands on it.
                if picture.grid {
                    self.draw_grid(&picture.palette, &lens);
                }
                self.draw_subjects(picture, &lens, false);
                self.draw_edges(picture, &lens, false);
                self.draw_subjects(picture, &lens, true);
                self.draw_edges(picture, &lens, true);
                Ok::<(), CoreError>(())
            })
            .map_err(refused)?;
        Ok(())
    }

    /// Copies a film into whatever is bound for drawing, smoothed to the viewport's size.
    pub fn copy(&self, film: &Film, viewport: Viewport) {
        self.copy.use_texture("image", &film.color);
        self.copy.use_vertex_attribute("corner", &self.corners);
        let states = RenderStates {
            write_mask: WriteMask::COLOR,
            depth_test: DepthTest::Always,
            blend: Blend::Disabled,
            cull: Cull::None,
        };
        self.copy.draw_arrays(states, viewport, 3);
    }

    /// Sends a shape to the GPU unless it is there.
    fn upload(&mut self, shape: &Arc<Shape>) {
        if let Some(at) = self
            .uploads
            .iter()
            .position(|upload| Arc::ptr_eq(&upload.shape, shape))
        {
            let upload = self.uploads.remove(at);
            self.uploads.push(upload);
            return;
        }
        let buffers = Buffers::of(shape);
        self.uploads.push(Upload {
            shape: Arc::clone(shape),
            positions: VertexBuffer::new_with_data(&self.context, &buffers.positions),
            normals: VertexBuffer::new_with_data(&self.context, &buffers.normals),
            triangles: ElementBuffer::new_with_data(&self.context, &buffers.indices),
            edges: Lines::new(&self.context, &buffers.edges),
            folds: buffers.folds,
        });
    }

    /// Frees what has not been drawn for longest, but never the `needed` most recent.
    fn forget_old(&mut self, needed: usize) {
        let mut triangles = 0;
        let keep = self
            .uploads
            .iter()
            .rev()
            .enumerate()
            .take_while(|(age, upload)| {
                triangles += upload.shape.mesh.triangles().len();
                *age < needed || (*age < KEPT_SHAPES && triangles <= KEPT_TRIANGLES)
            })
            .count();
        self.uploads.drain(..self.uploads.len() - keep);
    }

    /// Prepares the ground grid unless it is the last one.
    fn lay_grid(&mut self, picture: &Picture) {
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
        let lines = |segments: &[[Vec3; 2]]| Lines::new(&self.context, segments);
        self.grid = Some(GridUpload {
            frame,
            step,
            fade: middle.extend(radius),
            minor: lines(&minor),
            major: lines(&major),
            axes: axes.map(|axis| lines(axis.as_slice())),
        });
    }

    fn found(&self, shape: &Arc<Shape>) -> Option<&Upload> {
        self.uploads
            .iter()
            .rev()
            .find(|upload| Arc::ptr_eq(&upload.shape, shape))
    }

    fn draw_subjects(&self, picture: &Picture, lens: &Lens, ghosts: bool) {
        for subject in picture.subjects.iter().filter(|subject| subject.ghost == ghosts) {
            let Some(upload) = self.found(&subject.shape) else {
                continue;
            };
            if upload.positions.vertex_count() == 0 {
                continue;
            }
            let mut color = rgba(subject_color(subject, &picture.palette));
            let opaque = RenderStates {
                depth_test: DepthTest::Less,
                ..Default::default()
            };
            if ghosts {
                color.w = 0.42;
                // Depth first, then colour where it is nearest: only one layer of a ghost is seen.
                self.draw_surface(
                    upload,
                    lens,
                    color,
                    RenderStates {
                        write_mask: WriteMask::DEPTH,
                        ..opaque
                    },
                    0.5,
                );
                let blended = RenderStates {
                    write_mask: WriteMask::COLOR,
                    depth_test: DepthTest::LessOrEqual,
                    blend: BLEND,
                    cull: Cull::None,
                };
                self.draw_surface(upload, lens, color, blended, 0.5);
            } else {
                self.draw_surface(upload, lens, color, opaque, 0.0);
            }
        }
    }

    fn draw_surface(&self, upload: &Upload, lens: &Lens, color: Vec4, states: RenderStates, bias: f32) {
        self.surface.use_uniform("view", lens.view);
        self.surface.use_uniform("projection", lens.projection);
        self.surface.use_uniform("bias", bias * lens.bias);
        self.surface.use_uniform("color", color);
        self.surface.use_vertex_attribute("position", &upload.positions);
        self.surface.use_vertex_attribute("normal", &upload.normals);
        let offset = FACE_OFFSET * lens.scale;
        pushed_back(&self.context, offset, || {
            self.surface
                .draw_elements(states, lens.viewport(), &upload.triangles);
        });
    }

    fn draw_edges(&self, picture: &Picture, lens: &Lens, ghosts: bool) {
        let palette = &picture.palette;
        for subject in picture.subjects.iter().filter(|subject| subject.ghost == ghosts) {
            let Some(upload) = self.found(&subject.shape) else {
                continue;
            };
            let mut color = rgba(if subject.stale {
                palette.stale_edge
            } else {
                palette.edge
            });
            if ghosts {
                color = rgba(subject_color(subject, palette));
                color.w = 0.9;
            }
            let pen = Pen {
                color,
                width: EDGE_WIDTH,
                bias: LINE_BIAS,
                fade: vec4(0.0, 0.0, 0.0, 0.0),
            };
            self.draw_lines(&upload.edges, lens, &pen);
            // Few of the folds are outlines, and to choose them here is quicker than to have a software
            // renderer turn them all down.
            let outline = outline(&upload.folds, lens.sight);
            self.draw_lines(&Lines::new(&self.context, &outline), lens, &pen);
        }
    }

    fn draw_grid(&self, palette: &Palette, lens: &Lens) {
        let Some(grid) = &self.grid else { return };
        let pen = |color| Pen {
            color: rgba(color),
            width: 1.0,
            bias: 0.0,
            fade: grid.fade,
        };
        self.draw_lines(&grid.minor, lens, &pen(palette.grid));
        self.draw_lines(&grid.major, lens, &pen(palette.grid_major));
        for (axis, lines) in grid.axes.iter().enumerate() {
            let mut pen = pen(palette.axes[axis]);
            pen.color.w = 0.55;
            self.draw_lines(lines, lens, &pen);
        }
    }

    fn draw_lines(&self, lines: &Lines, lens: &Lens, pen: &Pen) {
        if lines.count() == 0 {
            return;
        }
        self.line.use_uniform("view", lens.view);
        self.line.use_uniform("projection", lens.projection);
        self.line
            .use_uniform("size", vec2(lens.size[0] as f32, lens.size[1] as f32));
        self.line.use_uniform("half_width", 0.5 * pen.width * lens.scale);
        self.line.use_uniform("near", lens.near);
        self.line.use_uniform("bias", pen.bias * lens.bias);
        self.line.use_uniform("color", pen.color);
        self.line.use_uniform("fade", pen.fade);
        self.line.use_instance_attribute("start", &lines.starts);
        self.line.use_instance_attribute("end", &lines.ends);
        let states = RenderStates {
            write_mask: WriteMask::COLOR,
            depth_test: DepthTest::LessOrEqual,
            blend: BLEND,
            cull: Cull::None,
        };
        self.line
            .draw_arrays_instanced(states, lens.viewport(), 6, lines.count());
    }
}

impl Lens {
    fn of(picture: &Picture) -> Self {
        let camera = &picture.camera;
        let size = picture.samples();
        let scale = picture.pixels_per_point * picture.oversample.max(1) as f32;
        let samples = size.map(|side| side as f32);
        let reach = picture.frame.reach(camera.target);
        let mm = camera.mm_per_unit(samples) * scale;
        Self {
            view: camera.view(),
            projection: camera.projection(samples, reach),
            near: camera.near(reach),
            size,
            scale,
            bias: match camera.projection {
                Projection::Orthographic => mm,
                Projection::Perspective => mm / camera.distance(),
            },
            sight: match camera.projection {
                Projection::Orthographic => Sight::Parallel(camera.towards_eye()),
                Projection::Perspective => {
                    Sight::Point(camera.target + camera.towards_eye() * camera.distance())
                }
            },
        }
    }

    fn viewport(&self) -> Viewport {
        Viewport::new_at_origo(self.size[0], self.size[1])
    }
}

impl Lines {
    fn new(context: &Context, segments: &[[Vec3; 2]]) -> Self {
        let starts: Vec<Vec3> = segments.iter().map(|segment| segment[0]).collect();
        let ends: Vec<Vec3> = segments.iter().map(|segment| segment[1]).collect();
        Self {
            starts: InstanceBuffer::new_with_data(context, &starts),
            ends: InstanceBuffer::new_with_data(context, &ends),
        }
    }

    fn count(&self) -> u32 {
        self.starts.instance_count()
    }
}

fn subject_color(subject: &Subject, palette: &Palette) -> egui::Color32 {
    if subject.stale {
        palette.stale
    } else {
        subject.tone.color()
    }
}

fn rgba(color: egui::Color32) -> Vec4 {
    let [r, g, b, a] = color.to_array().map(|channel| f32::from(channel) / 255.0);
    vec4(r, g, b, a)
}

fn refused(error: CoreError) -> RenderError {
    RenderError::Scene(match error {
        // The full message repeats the source.
        CoreError::ShaderCompilation(stage, _, log) => format!("{stage} program: {}", log.trim()),
        other => other.to_string(),
    })
}

/// Draws faces farther away than they are, by `offset` samples along their slope.
#[expect(
    unsafe_code,
    reason = "glow marks every GL call unsafe, and three-d has no polygon offset"
)]
fn pushed_back(context: &Context, offset: f32, draw: impl FnOnce()) {
    // SAFETY: the context is current (see `Scene::new`); both calls only set state, and it is put back.
    unsafe {
        context.enable(three_d::context::POLYGON_OFFSET_FILL);
        context.polygon_offset(offset, 1.0);
    }
    draw();
    // SAFETY: as above.
    unsafe { context.disable(three_d::context::POLYGON_OFFSET_FILL) };
}

#[expect(unsafe_code, reason = "glow marks every GL call unsafe")]
fn renderer(context: &Context) -> Option<String> {
    // SAFETY: the context is current (see `Scene::new`), and RENDERER is a string in every version of GL.
    let name = unsafe { context.get_parameter_string(three_d::context::RENDERER) };
    (!name.is_empty()).then_some(name)
}

fn is_software(renderer: &str) -> bool {
    let renderer = renderer.to_lowercase();
    ["llvmpipe", "softpipe", "swrast", "swiftshader", "software"]
        .iter()
        .any(|name| renderer.contains(name))
}

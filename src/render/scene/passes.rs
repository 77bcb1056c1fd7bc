//! Draw calls of one picture, in order.

use three_d::{
    Blend, BlendEquationType, BlendMultiplierType, Context, Cull, DepthTest, HasContext, InnerSpace,
    RenderStates, Vec3, Vec4, WriteMask, vec2, vec3, vec4,
};

use super::uploads::{Lines, Surface, Upload};
use super::{CameraUniforms, Scene};
use crate::mesh::{Viewpoint, outline};
use crate::picture::DrawStyle;
use crate::{Heated, Highlight, Palette, Picture, Subject};
use cadforge_geometry::{TriMesh, section};

/// Width of a shape's edges in points.
const EDGE_WIDTH: f32 = 1.25;

/// Width of the edges of an emphasised object in points.
const ACCENTED_WIDTH: f32 = 1.6;

/// Bias of lines towards the camera relative to their faces, in points: too little to show an edge through a wall.
const LINE_BIAS: f32 = 0.75;

/// Offset of faces away from the camera, in samples along their slope: half of a line's width lies on a face, which would cover
/// it at a flat angle.
const FACE_OFFSET: f32 = 1.0;

/// Alpha blending with premultiplied output.
const BLEND: Blend = Blend::Enabled {
    source_rgb_multiplier: BlendMultiplierType::SrcAlpha,
    source_alpha_multiplier: BlendMultiplierType::One,
    destination_rgb_multiplier: BlendMultiplierType::OneMinusSrcAlpha,
    destination_alpha_multiplier: BlendMultiplierType::OneMinusSrcAlpha,
    rgb_equation: BlendEquationType::Add,
    alpha_equation: BlendEquationType::Add,
};

const OPAQUE: RenderStates = RenderStates {
    write_mask: WriteMask::COLOR_AND_DEPTH,
    depth_test: DepthTest::Less,
    blend: Blend::Disabled,
    cull: Cull::None,
};

/// Blends colour onto the nearest surface and leaves depth unchanged.
const OVER: RenderStates = RenderStates {
    write_mask: WriteMask::COLOR,
    depth_test: DepthTest::LessOrEqual,
    blend: BLEND,
    cull: Cull::None,
};

/// The pass that draws a picture.
pub struct Pass<'a> {
    pub scene: &'a Scene,
    pub picture: &'a Picture,
    pub uniforms: CameraUniforms,
}

/// Style of lines.
struct Pen {
    color: Vec4,
    width: f32,
    bias: f32,
    fade: Vec4,
    /// Whether nearer surfaces hide them.
    hidden: bool,
    /// Whether the section removes them.
    cut: bool,
}

/// Style of a surface.
struct Brush {
    color: Vec4,
    states: RenderStates,
    /// Bias towards the camera, points.
    bias: f32,
    /// One flat colour with hatching, for cut faces.
    cap: bool,
}

impl Pass<'_> {
    pub fn draw(&self) {
        // First and without depth: nothing is below the ground, and seen from below it should not hide the shapes.
        if self.picture.grid {
            self.grid();
        }
        let (ghosts, there): (Vec<&Subject>, Vec<&Subject>) =
            self.picture.subjects.iter().partition(|subject| subject.ghost);
        let (mut translucent, opaque): (Vec<&Subject>, Vec<&Subject>) =
            there.into_iter().partition(|subject| subject.is_translucent());
        self.layer(&opaque);
        // From back to front, for correct blending.
        translucent.sort_by(|one, other| self.distance_to(other).total_cmp(&self.distance_to(one)));
        for subject in translucent {
            self.layer(&[subject]);
        }
        self.layer(&ghosts);
        if self.picture.section.is_some() {
            for subject in &self.picture.subjects {
                if let Some(upload) = self.scene.uploads.of(subject, self.picture.coarse) {
                    self.caps(subject, upload);
                }
            }
        }
        if let Some(highlight) = &self.picture.highlight {
            self.highlight(highlight);
            self.marks(&highlight.lines);
        }
        if let Some(marks) = &self.picture.marks {
            self.marks(&marks.0);
        }
    }

    fn layer(&self, subjects: &[&Subject]) {
        let uploads = || {
            subjects.iter().filter_map(|subject| {
                let upload = self.scene.uploads.of(subject, self.picture.coarse)?;
                Some((*subject, upload))
            })
        };
        for (subject, upload) in uploads() {
            self.faces(subject, upload);
        }
        for (subject, upload) in uploads() {
            self.edges(subject, upload);
        }
    }

    /// Distance of the centre of a subject.
    fn distance_to(&self, subject: &Subject) -> f32 {
        let bounds = match &subject.model {
            Some(model) => Some(model.bounds),
            None => subject.body.mesh().map(TriMesh::bbox),
        };
        let [x, y, z] = bounds.map_or([0.0; 3], |bounds| bounds.center().map(|v| v as f32));
        match self.uniforms.sight {
            Viewpoint::Parallel(towards) => -vec3(x, y, z).dot(towards),
            Viewpoint::Point(eye) => (vec3(x, y, z) - eye).magnitude(),
        }
    }

    /// Draws lines over everything.
    fn marks(&self, lines: &[[Vec3; 2]]) {
        let pen = Pen {
            color: rgba(self.picture.palette.accent),
            width: 2.5,
            hidden: false,
            cut: false,
            ..self.pen(self.picture.palette.accent)
        };
        self.lines(&Lines::new(&self.scene.context, lines), &pen);
    }

    /// Highlights faces, strongly where visible and faintly where hidden.
    fn highlight(&self, highlight: &Highlight) {
        let positions = highlight.triangles.as_flattened();
        if positions.is_empty() {
            return;
        }
        let normals: Vec<Vec3> = highlight
            .triangles
            .iter()
            .flat_map(|[a, b, c]| [(b - a).cross(c - a).normalize(); 3])
            .collect();
        let indices: Vec<u32> = (0..positions.len() as u32).collect();
        let surface = Surface::new(&self.scene.context, positions, &normals, &indices);
        let accent = rgba(self.picture.palette.accent);
        let hidden = RenderStates {
            depth_test: DepthTest::Always,
            ..OVER
        };
        for (alpha, states, bias) in [(0.25, hidden, 0.0), (0.75, OVER, 1.5)] {
            let brush = Brush {
                color: vec4(accent.x, accent.y, accent.z, alpha),
                states,
                bias,
                cap: false,
            };
            self.fill(None, &surface, &brush);
        }
    }

    fn faces(&self, subject: &Subject, upload: &Upload) {
        let surface = &upload.surface;
        let color = rgba(subject_color(subject, &self.picture.palette));
        let brush = |alpha: f32, states: RenderStates, bias: f32| Brush {
            color: vec4(color.x, color.y, color.z, alpha),
            states,
            bias,
            cap: false,
        };
        match (subject.ghost, self.picture.look) {
            (_, DrawStyle::Wireframe) => {}
            (_, DrawStyle::Transparent) if subject.heat.is_none() => {
                // Back faces first.
                for (cull, alpha) in [(Cull::Front, 0.22), (Cull::Back, 0.30)] {
                    self.surface(
                        subject,
                        surface,
                        &brush(alpha, RenderStates { cull, ..OVER }, 0.0),
                    );
                }
            }
            (false, _) if subject.is_translucent() => {
                // Two layers of a closed surface together have the opacity of the object.
                let alpha = 1.0 - (1.0 - subject.opacity).max(0.0).sqrt();
                for cull in [Cull::Front, Cull::Back] {
                    self.surface(
                        subject,
                        surface,
                        &brush(alpha, RenderStates { cull, ..OVER }, 0.0),
                    );
                }
            }
            (true, _) => {
                // Depth first, then colour at the nearest depth: only one layer of a ghost is visible.
                let depth = RenderStates {
                    write_mask: WriteMask::DEPTH,
                    ..OPAQUE
                };
                self.surface(subject, surface, &brush(0.42, depth, 0.5));
                self.surface(subject, surface, &brush(0.42, OVER, 0.5));
            }
            (false, _) => self.surface(subject, surface, &brush(1.0, OPAQUE, 0.0)),
        }
    }

    fn surface(&self, subject: &Subject, surface: &Surface, brush: &Brush) {
        self.fill(subject.heat.as_ref(), surface, brush);
    }

    fn fill(&self, heated: Option<&Heated>, surface: &Surface, brush: &Brush) {
        let heat = heated.and_then(|heated| self.scene.uploads.of_heat(&heated.heat));
        let surface = heat.map_or(surface, |heat| &heat.surface);
        if surface.positions.vertex_count() == 0 {
            return;
        }
        let program = self
            .scene
            .surfaces
            .choose(heat.is_some(), self.picture.section.is_some());
        program.use_uniform("view", self.uniforms.view);
        program.use_uniform("projection", self.uniforms.projection);
        program.use_uniform("bias", brush.bias * self.uniforms.bias);
        program.use_uniform_if_required("color", brush.color);
        program.use_vertex_attribute("position", &surface.positions);
        program.use_vertex_attribute("normal", &surface.normals);
        if let (Some(upload), Some(heated)) = (heat, heated) {
            let [inside, none, outside] = self.picture.palette.heat.map(rgba);
            program.use_vertex_attribute("value", &upload.values);
            program.use_uniform("inside", inside);
            program.use_uniform("none", none);
            program.use_uniform("outside", outside);
            program.use_uniform("span", heated.span);
        }
        if self.picture.section.is_some() {
            program.use_uniform("plane", self.plane());
            program.use_uniform("cap", f32::from(u8::from(brush.cap)));
            program.use_uniform("hatch", 6.0 * self.uniforms.scale);
        }
        let offset = FACE_OFFSET * self.uniforms.scale;
        pushed_back(&self.scene.context, offset, || {
            program.draw_elements(brush.states, self.uniforms.viewport(), &surface.triangles);
        });
    }

    /// The plane as normal and offset.
    fn plane(&self) -> Vec4 {
        match &self.picture.section {
            Some(plane) => {
                let [x, y, z] = plane.normal.map(|v| v as f32);
                vec4(x, y, z, plane.offset as f32)
            }
            // Everything is below it.
            None => vec4(0.0, 0.0, 0.0, 1.0),
        }
    }

    /// Draws the cut faces: in a closed shape, a visible back face lies behind the cut.
    fn caps(&self, subject: &Subject, upload: &Upload) {
        let Some(plane) = &self.picture.section else {
            return;
        };
        let Some(mesh) = subject.body.mesh() else { return };
        let solid = matches!(self.picture.look, DrawStyle::Shaded | DrawStyle::Triangles)
            && !subject.ghost
            && !subject.is_translucent();
        let color = rgba(subject_color(subject, &self.picture.palette));
        if solid {
            let states = RenderStates {
                cull: Cull::Front,
                depth_test: DepthTest::LessOrEqual,
                ..OPAQUE
            };
            // Before the edges on those faces: they are behind the cut.
            let brush = Brush {
                color,
                states,
                bias: 2.5,
                cap: true,
            };
            self.surface(subject, &upload.surface, &brush);
        }
        let segments = section::outline(mesh, plane);
        let point = |[x, y, z]: [f64; 3]| vec3(x as f32, y as f32, z as f32);
        let segments: Vec<[Vec3; 2]> = segments.into_iter().map(|ends| ends.map(point)).collect();
        let pen = Pen {
            color: if solid { self.edge_color(subject) } else { color },
            width: 1.8,
            bias: 4.0,
            cut: false,
            ..self.pen(self.picture.palette.edge)
        };
        self.lines(&Lines::new(&self.scene.context, &segments), &pen);
    }

    fn edges(&self, subject: &Subject, upload: &Upload) {
        let mut pen = Pen {
            color: self.edge_color(subject),
            ..self.pen(self.picture.palette.edge)
        };
        if subject.accented {
            pen.width = ACCENTED_WIDTH;
        }
        if subject.heat.is_some() {
            pen.color.w = 0.45;
        }
        if let Some(sides) = upload
            .sides
            .as_ref()
            .filter(|_| self.picture.look.shows_triangles())
        {
            let mut color = pen.color;
            color.w *= 0.55;
            let thin = Pen {
                color,
                width: 0.7,
                bias: 0.5,
                ..pen
            };
            self.lines(sides, &thin);
        }
        self.lines(&upload.edges, &pen);
        // Few folds belong to the outline, and selecting them here is faster than having a software renderer reject them.
        let outline = outline(&upload.folds, self.uniforms.sight);
        self.lines(&Lines::new(&self.scene.context, &outline), &pen);
    }

    fn edge_color(&self, subject: &Subject) -> Vec4 {
        let palette = &self.picture.palette;
        let see_through = matches!(self.picture.look, DrawStyle::Wireframe | DrawStyle::Transparent);
        let bare = subject.body.mesh().is_none();
        if subject.stale && !(subject.ghost || see_through || bare) {
            rgba(palette.stale_edge)
        } else if subject.accented && !subject.stale {
            rgba(palette.accent)
        } else if subject.ghost || see_through || subject.is_translucent() || bare {
            // Dark edges would be invisible on a dark background.
            let mut color = rgba(subject_color(subject, palette));
            color.w = 0.9;
            color
        } else if subject.color.is_some_and(is_dark) {
            rgba(palette.dim)
        } else {
            rgba(palette.edge)
        }
    }

    fn grid(&self) {
        let Some(grid) = &self.scene.uploads.grid else {
            return;
        };
        let palette = &self.picture.palette;
        let pen = |color| Pen {
            width: 1.0,
            bias: 0.0,
            fade: grid.fade,
            cut: false,
            ..self.pen(color)
        };
        self.lines(&grid.minor, &pen(palette.grid));
        self.lines(&grid.major, &pen(palette.grid_major));
        for (axis, lines) in grid.axes.iter().enumerate() {
            let mut pen = pen(palette.axes[axis]);
            pen.color.w = 0.55;
            self.lines(lines, &pen);
        }
    }

    fn pen(&self, color: egui::Color32) -> Pen {
        Pen {
            color: rgba(color),
            width: EDGE_WIDTH,
            bias: LINE_BIAS,
            fade: vec4(0.0, 0.0, 0.0, 0.0),
            hidden: true,
            cut: self.picture.section.is_some(),
        }
    }

    fn lines(&self, lines: &Lines, pen: &Pen) {
        if lines.count() == 0 {
            return;
        }
        let (program, uniforms) = (&self.scene.line, &self.uniforms);
        program.use_uniform("view", uniforms.view);
        program.use_uniform("projection", uniforms.projection);
        program.use_uniform("size", vec2(uniforms.size[0] as f32, uniforms.size[1] as f32));
        program.use_uniform("half_width", 0.5 * pen.width * uniforms.scale);
        program.use_uniform("near", uniforms.near);
        program.use_uniform("bias", pen.bias * uniforms.bias);
        program.use_uniform("color", pen.color);
        program.use_uniform("fade", pen.fade);
        let nothing = vec4(0.0, 0.0, 0.0, 1.0);
        program.use_uniform("plane", if pen.cut { self.plane() } else { nothing });
        program.use_instance_attribute("start", &lines.starts);
        program.use_instance_attribute("end", &lines.ends);
        let depth_test = if pen.hidden {
            DepthTest::LessOrEqual
        } else {
            DepthTest::Always
        };
        let states = RenderStates { depth_test, ..OVER };
        program.draw_arrays_instanced(states, uniforms.viewport(), 6, lines.count());
    }
}

fn subject_color(subject: &Subject, palette: &Palette) -> egui::Color32 {
    if subject.stale {
        palette.stale
    } else if subject.heat.is_some() {
        palette.heat[1]
    } else {
        subject.color.unwrap_or_else(|| subject.tone.color())
    }
}

/// Whether the dark lines of the palette would be invisible on a colour.
fn is_dark(color: egui::Color32) -> bool {
    let [r, g, b, _] = color.to_array().map(f32::from);
    0.299 * r + 0.587 * g + 0.114 * b < 64.0
}

pub fn rgba(color: egui::Color32) -> Vec4 {
    let [r, g, b, a] = color.to_array().map(|channel| f32::from(channel) / 255.0);
    vec4(r, g, b, a)
}

/// Draws faces farther away by `offset` samples along their slope.
#[expect(
    unsafe_code,
    reason = "glow marks every GL call unsafe, and three-d has no polygon offset"
)]
fn pushed_back(context: &Context, offset: f32, draw: impl FnOnce()) {
    // SAFETY: the context is current (see `Scene::new`); both calls only set state, which is restored.
    unsafe {
        context.enable(three_d::context::POLYGON_OFFSET_FILL);
        context.polygon_offset(offset, 1.0);
    }
    draw();
    // SAFETY: as above.
    unsafe { context.disable(three_d::context::POLYGON_OFFSET_FILL) };
}

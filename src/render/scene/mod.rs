//! GL objects of the 3D view: programs, uploaded shapes, buffers.
//!
//! Draws into its own textures and never into a window. It therefore needs no depth buffer there, and an unchanged picture costs
//! one copy. It leaves no GL state that egui does not set itself, except the framebuffer, which [`Scene::copy`] and dropping a
//! [`RenderBuffer`]'s target restore.

mod passes;
mod uploads;

use std::sync::Arc;

use three_d::{
    Blend, ClearState, Context, CoreError, Cull, DepthTest, DepthTexture2D, HasContext, Interpolation, Mat4,
    Program, RenderStates, RenderTarget, Texture2D, Vec2, VertexBuffer, Viewport, Wrapping, WriteMask, f24,
    vec2,
};

use super::mesh::Viewpoint;
use super::{Picture, Projection, RenderError};
use passes::Pass;
use uploads::Uploads;

/// A texture with a picture, and its depth texture.
pub struct RenderBuffer {
    color: Texture2D,
    depth: DepthTexture2D,
}

impl RenderBuffer {
    /// Width and height in samples.
    pub fn size(&self) -> [u32; 2] {
        [self.color.width(), self.color.height()]
    }

    /// The buffer as a render target. Dropping it unbinds it.
    pub fn target(&mut self) -> RenderTarget<'_> {
        RenderTarget::new(self.color.as_color_target(None), self.depth.as_depth_target())
    }

    /// Reads the picture back: rows from the top, RGBA, premultiplied.
    pub fn pixels(&mut self) -> Vec<[u8; 4]> {
        self.target().read_color()
    }
}

/// Programs and buffers of one GL context.
pub struct Scene {
    context: Context,
    surfaces: Surfaces,
    line: Program,
    copy: Program,
    corners: VertexBuffer<Vec2>,
    uploads: Uploads,
    software: bool,
}

/// Surface programs. A fragment shader with discard costs a renderer its early depth test, and distances add a vertex attribute,
/// so each use has its own program.
struct Surfaces {
    plain: Program,
    cut: Program,
    heat: Program,
    heat_cut: Program,
}

impl Surfaces {
    fn new(context: &Context) -> Result<Self, RenderError> {
        let program = |defines: &str| {
            let vertex = format!("{defines}{}", include_str!("../shaders/surface.vert"));
            let fragment = format!("{defines}{}", include_str!("../shaders/surface.frag"));
            Program::from_source(context, &vertex, &fragment).map_err(refused)
        };
        Ok(Self {
            plain: program("")?,
            cut: program("#define CUT\n")?,
            heat: program("#define HEAT\n")?,
            heat_cut: program("#define CUT\n#define HEAT\n")?,
        })
    }

    fn choose(&self, heat: bool, cut: bool) -> &Program {
        match (heat, cut) {
            (false, false) => &self.plain,
            (false, true) => &self.cut,
            (true, false) => &self.heat,
            (true, true) => &self.heat_cut,
        }
    }
}

/// Camera data needed by every draw call of a picture.
struct CameraUniforms {
    view: Mat4,
    projection: Mat4,
    near: f32,
    size: [u32; 2],
    /// Samples per point.
    scale: f32,
    /// Bias of one point: mm in an orthographic view, a fraction of the distance in perspective.
    bias: f32,
    sight: Viewpoint,
}

impl Scene {
    /// Compiles the programs in the given context, which must be current.
    pub fn new(gl: Arc<eframe::glow::Context>) -> Result<Self, RenderError> {
        let context = Context::from_gl_context(gl).map_err(refused)?;
        let program = |vertex, fragment| Program::from_source(&context, vertex, fragment).map_err(refused);
        Ok(Self {
            surfaces: Surfaces::new(&context)?,
            line: program(
                include_str!("../shaders/line.vert"),
                include_str!("../shaders/line.frag"),
            )?,
            copy: program(
                include_str!("../shaders/copy.vert"),
                include_str!("../shaders/copy.frag"),
            )?,
            corners: VertexBuffer::new_with_data(
                &context,
                &[vec2(-1.0, -1.0), vec2(3.0, -1.0), vec2(-1.0, 3.0)],
            ),
            uploads: Uploads::default(),
            software: renderer(&context).is_some_and(|name| is_software(&name)),
            context,
        })
    }

    /// Context of render targets.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether rendering is done in software.
    pub fn software(&self) -> bool {
        self.software
    }

    /// Creates an empty buffer.
    pub fn buffer(&self, [width, height]: [u32; 2]) -> RenderBuffer {
        let (linear, clamp) = (Interpolation::Linear, Wrapping::ClampToEdge);
        RenderBuffer {
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

    /// Draws a picture onto a buffer of its size ([`Picture::samples`]).
    pub fn draw(&mut self, picture: &Picture, buffer: &mut RenderBuffer) -> Result<(), RenderError> {
        self.uploads.provide(&self.context, picture);
        let target = buffer.target();
        let [r, g, b, a] = if picture.transparent {
            [0.0; 4]
        } else {
            passes::rgba(picture.palette.background).into()
        };
        target.clear(ClearState::color_and_depth(r, g, b, a, 1.0));
        let pass = Pass {
            scene: self,
            picture,
            uniforms: CameraUniforms::of(picture),
        };
        target
            .write(|| {
                pass.draw();
                Ok::<(), CoreError>(())
            })
            .map_err(refused)?;
        Ok(())
    }

    /// Copies a buffer into the bound framebuffer, scaled to the viewport's size.
    pub fn copy(&self, buffer: &RenderBuffer, viewport: Viewport) {
        self.copy.use_texture("image", &buffer.color);
        self.copy.use_vertex_attribute("corner", &self.corners);
        let states = RenderStates {
            write_mask: WriteMask::COLOR,
            depth_test: DepthTest::Always,
            blend: Blend::Disabled,
            cull: Cull::None,
        };
        self.copy.draw_arrays(states, viewport, 3);
    }
}

impl CameraUniforms {
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
                Projection::Orthographic => Viewpoint::Parallel(camera.towards_eye()),
                Projection::Perspective => {
                    Viewpoint::Point(camera.target + camera.towards_eye() * camera.distance())
                }
            },
        }
    }

    fn viewport(&self) -> Viewport {
        Viewport::new_at_origo(self.size[0], self.size[1])
    }
}

fn refused(error: CoreError) -> RenderError {
    RenderError::Scene(match error {
        // The full message repeats the source.
        CoreError::ShaderCompilation(stage, _, log) => format!("{stage} program: {}", log.trim()),
        other => other.to_string(),
    })
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

//! GL context without a window or display server, and pictures rendered with it.
//!
//! EGL is loaded at run time: if it is missing, rendering returns an error and everything else works.

use std::sync::Arc;

use eframe::{egui_glow, glow};
use egui::{Color32, Pos2, Rect, Stroke, pos2, vec2};
use glutin::api::egl::{device::Device, display::Display};
use glutin::config::{Api, ConfigSurfaceTypes, ConfigTemplateBuilder};
use glutin::context::{ContextApi, ContextAttributesBuilder, GlProfile, PossiblyCurrentContext, Version};
use glutin::error::ErrorKind;
use glutin::prelude::GlDisplay;
use three_d::{CoreError, Viewport};

use super::body;
use super::frame::Frame;
use super::scene::{RenderBuffer, Scene};
use super::{Camera, DrawStyle, Palette, Picture, Preset, Projection, RenderError, Subject, Tone, overlay};
use cadforge_geometry::{Aabb, Scene as ShownScene, Shape};

/// Minimum and maximum side of a [`Shot`] in pixels.
pub const SIDES: [u32; 2] = [64, 8192];

/// Shapes side by side in one image, with the same scale and frame.
pub struct Shot<'a> {
    /// From left to right; at least one.
    pub panes: &'a [ShotPane<'a>],
    /// Width and height in pixels, each within [`SIDES`].
    pub size: [u32; 2],
    /// Direction of view.
    pub preset: Preset,
    /// Projection.
    pub projection: Projection,
    /// Rotation from that direction, degrees. The scale then suits every rotation, so that it is constant in an animation.
    pub turn: Option<f32>,
    /// Whether to use the dark theme.
    pub dark: bool,
}

/// A shape of a [`Shot`].
pub struct ShotPane<'a> {
    /// Name on its chip.
    pub title: &'a str,
    /// Colour role.
    pub tone: Tone,
    /// Shape to draw.
    pub shape: &'a Arc<Shape>,
    /// All objects of its script, drawn in place of the shape.
    pub scene: Option<&'a Arc<ShownScene>>,
}

impl ShotPane<'_> {
    fn bounds(&self) -> Aabb {
        let whole = self.shape.mesh.bbox();
        self.scene
            .and_then(|scene| body::bounds(scene, whole, |_| true))
            .unwrap_or(whole)
    }

    fn subjects(&self) -> Vec<Subject> {
        let whole = Subject::new(Arc::clone(self.shape), self.tone);
        match self.scene {
            Some(scene) => body::subjects(&whole, scene, &[], |_| true),
            None => vec![whole],
        }
    }
}

/// A GL context, current on the thread that created it.
pub struct Headless {
    scene: Scene,
    painter: egui_glow::Painter,
    egui: egui::Context,
    // Dropped last: the fields above free their objects while the context exists.
    _context: PossiblyCurrentContext,
}

impl Headless {
    /// Opens the first EGL device that offers OpenGL 3.3.
    ///
    /// # Errors
    /// [`RenderError::NoEgl`] or [`RenderError::NoDriver`], each with the package to install.
    pub fn new() -> Result<Self, RenderError> {
        let (gl, context) = open_device()?;
        let painter = egui_glow::Painter::new(Arc::clone(&gl), "", None, false)
            .map_err(|error| RenderError::Scene(error.to_string()))?;
        Ok(Self {
            scene: Scene::new(gl)?,
            painter,
            egui: egui::Context::default(),
            _context: context,
        })
    }

    /// Renders a shot.
    ///
    /// # Errors
    /// [`RenderError::Size`] for a size out of range; [`RenderError::Scene`] if the driver fails.
    pub fn draw(&mut self, shot: &Shot<'_>) -> Result<image::RgbaImage, RenderError> {
        let [width, height] = shot.size;
        let largest = SIDES[1].min(self.painter.max_texture_side() as u32);
        if !shot.size.iter().all(|side| (SIDES[0]..=largest).contains(side)) {
            return Err(RenderError::Size {
                width,
                height,
                min: SIDES[0],
                max: largest,
            });
        }
        let palette = Palette::of(shot.dark);
        // Panes have equal sizes, because their scales would differ otherwise; a remaining pixel goes to the divider.
        let count = shot.panes.len().max(1) as u32;
        let pane = [width / count, height];
        let frame = Frame::around_boxes(shot.panes.iter().map(ShotPane::bounds));
        let mut camera = Camera::new(shot.preset, shot.projection);
        let mut bounds = frame.bounds;
        if shot.turn.is_some() {
            let [x, y] = [0, 1].map(|axis| 0.5 * (bounds.max[axis] - bounds.min[axis]));
            // A circle of this radius looks the same from all sides; a box around it is seen along its diagonal.
            let reach = x.hypot(y) * std::f64::consts::FRAC_1_SQRT_2;
            for (axis, half) in [x, y].into_iter().enumerate() {
                bounds.min[axis] += half - reach;
                bounds.max[axis] += reach - half;
            }
        }
        camera.fit(&bounds, pane.map(|side| side as f32), overlay::INSETS);
        camera.orbit(shot.turn.unwrap_or(0.0).to_radians(), 0.0);

        let mut buffers = Vec::new();
        for shown in shot.panes {
            let picture = Picture {
                subjects: shown.subjects(),
                look: DrawStyle::Shaded,
                section: None,
                marks: None,
                highlight: None,
                coarse: false,
                frame,
                camera,
                size: pane,
                pixels_per_point: 1.0,
                oversample: if pane[0].max(pane[1]) * 2 <= largest { 2 } else { 1 },
                palette,
                grid: true,
                transparent: false,
            };
            let mut buffer = self.scene.buffer(picture.samples());
            self.scene.draw(&picture, &mut buffer)?;
            buffers.push(buffer);
        }
        let marks = self.marks(shot, pane, &camera, &palette);
        self.compose(shot.size, pane, &buffers, &palette, marks)
    }

    /// Chips, scale bars, axes and dividers of a shot.
    fn marks(&self, shot: &Shot<'_>, pane: [u32; 2], camera: &Camera, palette: &Palette) -> egui::FullOutput {
        let size = vec2(shot.size[0] as f32, shot.size[1] as f32);
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            max_texture_side: Some(self.painter.max_texture_side()),
            ..Default::default()
        };
        let size = vec2(pane[0] as f32, pane[1] as f32);
        self.egui.run_ui(input, |ui| {
            let painter = ui.painter();
            let places: Vec<(Rect, [overlay::Name<'_>; 1])> = (0..)
                .map(|index| Rect::from_min_size(pos2(index as f32 * size.x, 0.0), size))
                .zip(shot.panes.iter().map(|shown| [(shown.tone, shown.title)]))
                .collect();
            let below = places
                .iter()
                .any(|(place, names)| overlay::wants_bar_below(painter, *place, camera, names));
            for (place, names) in &places {
                if place.left() > 0.0 {
                    painter.vline(
                        place.left() + 0.5,
                        place.y_range(),
                        Stroke::new(1.0, palette.line),
                    );
                }
                overlay::marks(painter, palette, *place, camera, names, 0.0, below);
            }
        })
    }

    /// Composes buffers and marks and reads them back.
    fn compose(
        &mut self,
        size: [u32; 2],
        pane: [u32; 2],
        buffers: &[RenderBuffer],
        palette: &Palette,
        mut marks: egui::FullOutput,
    ) -> Result<image::RgbaImage, RenderError> {
        let mut sheet = self.scene.buffer(size);
        let primitives = self.egui.tessellate(marks.shapes, marks.pixels_per_point);
        let background = opaque(palette.background);
        {
            let target = sheet.target();
            target.clear(background);
            target
                .write(|| {
                    for (index, buffer) in buffers.iter().enumerate() {
                        let x = (index as u32 * pane[0]) as i32;
                        self.scene.copy(
                            buffer,
                            Viewport {
                                x,
                                y: 0,
                                width: pane[0],
                                height: pane[1],
                            },
                        );
                    }
                    self.painter.paint_and_update_textures(
                        size,
                        marks.pixels_per_point,
                        &primitives,
                        &mut marks.textures_delta,
                    );
                    Ok::<(), CoreError>(())
                })
                .map_err(|error| RenderError::Scene(error.to_string()))?;
        }
        let pixels: Vec<u8> = sheet
            .pixels()
            .into_iter()
            .flat_map(|[r, g, b, _]| [r, g, b, 255])
            .collect();
        image::RgbaImage::from_raw(size[0], size[1], pixels)
            .ok_or_else(|| RenderError::Scene("the driver returned too few pixels".into()))
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        self.painter.destroy();
    }
}

fn opaque(color: Color32) -> three_d::ClearState {
    let [r, g, b, _] = color.to_array().map(|channel| f32::from(channel) / 255.0);
    three_d::ClearState::color_and_depth(r, g, b, 1.0, 1.0)
}

fn open_device() -> Result<(Arc<glow::Context>, PossiblyCurrentContext), RenderError> {
    let devices = Device::query_devices().map_err(|error| match error.error_kind() {
        ErrorKind::NotFound => RenderError::NoEgl,
        _ => RenderError::NoDriver(error.to_string()),
    })?;
    let mut last = String::from("there is no device");
    for device in devices {
        match open(&device) {
            Ok(opened) => return Ok(opened),
            Err(error) => last = error.to_string(),
        }
    }
    Err(RenderError::NoDriver(last))
}

#[expect(unsafe_code, reason = "glutin and glow mark every EGL and GL entry unsafe")]
fn open(device: &Device) -> glutin::error::Result<(Arc<glow::Context>, PossiblyCurrentContext)> {
    let template = ConfigTemplateBuilder::new()
        .with_api(Api::OPENGL)
        .with_surface_type(ConfigSurfaceTypes::empty())
        .build();
    let attributes = ContextAttributesBuilder::new()
        .with_context_api(ContextApi::OpenGl(Some(Version::new(3, 3))))
        .with_profile(GlProfile::Core)
        .build(None);
    // SAFETY: the device comes from EGL and no native display is passed, so no foreign handle can be stale. The display outlives
    // the context, which holds it.
    let (display, context) = unsafe {
        let display = Display::with_device(device, None)?;
        let config = display
            .find_configs(template)?
            .next()
            .ok_or(ErrorKind::BadConfig)?;
        let context = display.create_context(&config, &attributes)?;
        (display, context)
    };
    let context = context.make_current_surfaceless()?;
    // SAFETY: the context has just been made current on this thread, and the loader belongs to its display.
    let gl = unsafe { glow::Context::from_loader_function_cstr(|name| display.get_proc_address(name)) };
    Ok((Arc::new(gl), PossiblyCurrentContext::Egl(context)))
}

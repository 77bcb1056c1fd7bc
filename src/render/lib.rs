//! Rendering of shapes: the scene of the studio's viewport, and the same scene as a PNG without a window.
//!
//! It handles triangles, edges, cameras and colours, not tasks, rewards or panels, and never reads the GPU to measure anything.
//! [`camera`], [`edges`], [`frame`], [`heat`], [`mesh`] and [`model`] are pure; [`scene`] holds every GL object; [`overlay`]
//! draws text and marks with egui's painter, in the window and in a PNG alike.
//!
//! ```
//! use cadforge_geometry::shapes;
//! use cadforge_render::shape_from_mesh;
//!
//! // Edges to draw of a part that is only a mesh.
//! let cube = shape_from_mesh(Vec::new().into(), shapes::block([0.0; 3], [1.0; 3]));
//! assert_eq!(cube.mesh.triangles().len(), 12);
//! ```

pub mod body;
pub mod camera;
pub mod edges;
pub mod frame;
pub mod heat;
pub mod mesh;
pub mod model;
pub mod overlay;
pub mod palette;
pub mod picture;
pub mod scene;

mod headless;
#[doc(hidden)]
pub mod testing;

pub use body::Body;
pub use camera::{Camera, Preset, Projection};
pub use edges::{feature_edges, shape_from_mesh};
pub use headless::{Headless, SIDES, Shot, ShotPane};
pub use model::Model;
pub use palette::{Palette, Tone};
pub use picture::{DrawStyle, Heated, Highlight, Marks, Picture, Subject};

/// Why rendering failed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The EGL library is not installed.
    #[error(
        "cannot draw without a window: libEGL.so.1 is not installed\n\
         hint: `apt install libegl1 libgl1-mesa-dri` (Debian, Ubuntu)"
    )]
    NoEgl,
    /// EGL is installed, but no driver offers OpenGL 3.3.
    #[error(
        "cannot draw without a window: no EGL device offers OpenGL 3.3 ({0})\n\
         hint: `apt install libgl1-mesa-dri` (Debian, Ubuntu) provides a driver that needs no graphics card"
    )]
    NoDriver(String),
    /// The driver rejected the shader programs.
    #[error("OpenGL rejected the 3D scene: {0}\nhint: the 3D view needs OpenGL 3.3 or OpenGL ES 3.0")]
    Scene(String),
    /// The size is outside the driver's range.
    #[error(
        "cannot render {width}x{height} pixels\n\
         hint: choose sides between {min} and {max} pixels"
    )]
    Size {
        /// Requested width in pixels.
        width: u32,
        /// Requested height in pixels.
        height: u32,
        /// Minimum side in pixels.
        min: u32,
        /// Maximum side in pixels.
        max: u32,
    },
}

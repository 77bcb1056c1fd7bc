//! Camera: position, direction, projection.
//!
//! Pure. z is up. The camera orbits a target. It stores its size in millimetres rather than a distance, so that orthographic and
//! perspective views show the target at the same scale. Panes with the same camera and size show equal lengths equally.

use serde::{Deserialize, Serialize};
use three_d::{InnerSpace, Mat4, Vec3, vec3, vec4};

use cadforge_geometry::Aabb;

/// Field of view in degrees along the narrower side of a perspective picture. It is narrow, because parts are viewed from
/// several times their own length, and parallel edges should look nearly parallel.
const FIELD_OF_VIEW: f32 = 22.0;

/// Projections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// Parallel: lengths are comparable anywhere in the picture.
    Orthographic,
    /// Perspective.
    Perspective,
}

/// Standard directions of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Preset {
    /// From the front right, above: x to the lower right, y to the upper right.
    Isometric,
    /// Along +y.
    Front,
    /// Along -y.
    Back,
    /// Along +x.
    Left,
    /// Along -x.
    Right,
    /// Along -z, y up.
    Top,
    /// Along +z, y down.
    Bottom,
}

impl Preset {
    /// All presets in menu order.
    pub const ALL: [Self; 7] = [
        Self::Isometric,
        Self::Front,
        Self::Back,
        Self::Left,
        Self::Right,
        Self::Top,
        Self::Bottom,
    ];

    /// Name in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isometric => "Isometric",
            Self::Front => "Front",
            Self::Back => "Back",
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Top => "Top",
            Self::Bottom => "Bottom",
        }
    }

    /// Azimuth and elevation of the camera in degrees.
    fn angles(self) -> (f32, f32) {
        match self {
            // Elevation at which the three axes are foreshortened equally: atan(1/√2).
            Self::Isometric => (-45.0, 35.264_39),
            Self::Front => (-90.0, 0.0),
            Self::Back => (90.0, 0.0),
            Self::Left => (180.0, 0.0),
            Self::Right => (0.0, 0.0),
            Self::Top => (-90.0, 90.0),
            Self::Bottom => (-90.0, -90.0),
        }
    }
}

/// Margins of a picture, in the unit of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Insets {
    /// Left and right margin.
    pub sides: f32,
    /// Top margin.
    pub top: f32,
    /// Bottom margin.
    pub bottom: f32,
}

/// A camera. Pictures with equal cameras and sizes can be superimposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Centre of rotation in mm.
    pub target: Vec3,
    /// Azimuth of the camera in radians, from +x towards +y.
    pub azimuth: f32,
    /// Elevation of the camera in radians, within ±π/2.
    pub elevation: f32,
    /// Millimetres at the target from the middle of the picture to the nearer border.
    pub half: f32,
    /// Orthographic or perspective.
    pub projection: Projection,
}

impl Camera {
    /// Looks at the origin from a preset's direction; [`Camera::fit`] frames a box.
    pub fn new(preset: Preset, projection: Projection) -> Self {
        let mut camera = Self {
            target: vec3(0.0, 0.0, 0.0),
            azimuth: 0.0,
            elevation: 0.0,
            half: 50.0,
            projection,
        };
        camera.look(preset);
        camera
    }

    /// Turns to a preset's direction.
    pub fn look(&mut self, preset: Preset) {
        let (azimuth, elevation) = preset.angles();
        self.azimuth = azimuth.to_radians();
        self.elevation = elevation.to_radians();
    }

    /// Preset with the current direction, if any.
    pub fn preset(&self) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| {
            let mut other = *self;
            other.look(*preset);
            (other.towards_eye() - self.towards_eye()).magnitude() < 1e-3
                && (other.right() - self.right()).magnitude() < 1e-3
        })
    }

    /// Unit vector from the target to the camera.
    pub fn towards_eye(&self) -> Vec3 {
        let (sin_a, cos_a) = self.azimuth.sin_cos();
        let (sin_e, cos_e) = self.elevation.sin_cos();
        vec3(cos_e * cos_a, cos_e * sin_a, sin_e)
    }

    /// Unit vector to the right in the picture.
    pub fn right(&self) -> Vec3 {
        let (sin, cos) = self.azimuth.sin_cos();
        vec3(-sin, cos, 0.0)
    }

    /// Unit vector upward in the picture.
    pub fn up(&self) -> Vec3 {
        self.towards_eye().cross(self.right())
    }

    /// Millimetres per unit of `size` at the target.
    pub fn mm_per_unit(&self, size: [f32; 2]) -> f32 {
        2.0 * self.half / size[0].min(size[1]).max(1.0)
    }

    /// Rotates by angles in radians; the elevation is limited to the poles.
    pub fn orbit(&mut self, azimuth: f32, elevation: f32) {
        self.azimuth = (self.azimuth + azimuth).rem_euclid(std::f32::consts::TAU);
        self.elevation =
            (self.elevation + elevation).clamp(-std::f32::consts::FRAC_PI_2, std::f32::consts::FRAC_PI_2);
    }

    /// Moves the picture by `delta` (right and down positive, in the unit of `size`).
    pub fn pan(&mut self, delta: [f32; 2], size: [f32; 2]) {
        let mm = self.mm_per_unit(size);
        self.target += (self.up() * delta[1] - self.right() * delta[0]) * mm;
    }

    /// Zooms by `factor` and keeps the point under `at` fixed, in the plane of the target. `at` is relative to the middle of the
    /// picture, right and down positive.
    pub fn zoom(&mut self, factor: f32, at: [f32; 2], size: [f32; 2], limits: [f32; 2]) {
        let before = self.half;
        self.half = (self.half / factor).clamp(limits[0], limits[1]);
        let moved = self.mm_per_unit(size) * (before / self.half - 1.0);
        self.target += (self.right() * at[0] - self.up() * at[1]) * moved;
    }

    /// Fits a box into the picture within the insets; keeps the direction.
    pub fn fit(&mut self, bounds: &Aabb, size: [f32; 2], insets: Insets) {
        // Insets take at most half of a small picture.
        let sides = insets.sides.min(0.25 * size[0]);
        let (top, bottom) = (insets.top.min(0.25 * size[1]), insets.bottom.min(0.25 * size[1]));
        let room = [size[0] - 2.0 * sides, size[1] - top - bottom];
        let wanted_y = 0.5 * (bottom - top);
        self.target = center(bounds);
        // Orthographic is exact after one iteration; perspective depends on the distance and converges in a few.
        for _ in 0..8 {
            let distance = self.distance();
            let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
            for corner in corners(bounds) {
                let from_target = corner - self.target;
                let depth = from_target.dot(self.towards_eye());
                let nearer = match self.projection {
                    Projection::Orthographic => 1.0,
                    Projection::Perspective => distance / (distance - depth).max(0.05 * distance),
                };
                let at = [
                    from_target.dot(self.right()) * nearer,
                    from_target.dot(self.up()) * nearer,
                ];
                for axis in 0..2 {
                    low[axis] = low[axis].min(at[axis]);
                    high[axis] = high[axis].max(at[axis]);
                }
            }
            let mm = ((high[0] - low[0]) / room[0])
                .max((high[1] - low[1]) / room[1])
                .max(1e-6);
            self.half = 0.5 * mm * size[0].min(size[1]);
            self.target += self.right() * (0.5 * (low[0] + high[0]))
                + self.up() * (0.5 * (low[1] + high[1]) - wanted_y * mm);
        }
    }

    /// World to camera coordinates: x right, y up, z towards the viewer, in mm. The origin is the camera in perspective, and the
    /// target in an orthographic view, which has no camera position.
    pub fn view(&self) -> Mat4 {
        let (right, up, back) = (self.right(), self.up(), self.towards_eye());
        let back_off = match self.projection {
            Projection::Orthographic => 0.0,
            Projection::Perspective => self.distance(),
        };
        Mat4::from_cols(
            vec4(right.x, up.x, back.x, 0.0),
            vec4(right.y, up.y, back.y, 0.0),
            vec4(right.z, up.z, back.z, 0.0),
            vec4(
                -right.dot(self.target),
                -up.dot(self.target),
                -back.dot(self.target) - back_off,
                1.0,
            ),
        )
    }

    /// Camera to clip space, where everything within `reach` mm of the target lies between the depth planes.
    pub fn projection(&self, size: [f32; 2], reach: f32) -> Mat4 {
        let narrow = size[0].min(size[1]).max(1.0);
        let (wide_x, wide_y) = (size[0] / narrow, size[1] / narrow);
        match self.projection {
            Projection::Orthographic => Mat4::from_cols(
                vec4(1.0 / (self.half * wide_x), 0.0, 0.0, 0.0),
                vec4(0.0, 1.0 / (self.half * wide_y), 0.0, 0.0),
                vec4(0.0, 0.0, -1.0 / reach, 0.0),
                vec4(0.0, 0.0, 0.0, 1.0),
            ),
            Projection::Perspective => {
                let (near, far) = (self.near(reach), self.distance() + reach);
                let steep = self.distance() / self.half;
                Mat4::from_cols(
                    vec4(steep / wide_x, 0.0, 0.0, 0.0),
                    vec4(0.0, steep / wide_y, 0.0, 0.0),
                    vec4(0.0, 0.0, (far + near) / (near - far), -1.0),
                    vec4(0.0, 0.0, 2.0 * far * near / (near - far), 0.0),
                )
            }
        }
    }

    /// Ray through a point of the picture: its origin and unit direction. `at` is relative to the middle, right and down
    /// positive; `reach` as in [`Self::projection`].
    pub fn ray(&self, at: [f32; 2], size: [f32; 2], reach: f32) -> [Vec3; 2] {
        let mm = self.mm_per_unit(size);
        let through = self.target + (self.right() * at[0] - self.up() * at[1]) * mm;
        match self.projection {
            Projection::Orthographic => [through + self.towards_eye() * reach, -self.towards_eye()],
            Projection::Perspective => {
                let eye = self.target + self.towards_eye() * self.distance();
                [eye, (through - eye).normalize()]
            }
        }
    }

    /// Position of a point in the picture, relative to the middle, right and down positive; none behind the camera.
    pub fn project(&self, point: Vec3, size: [f32; 2]) -> Option<[f32; 2]> {
        let from_target = point - self.target;
        let nearer = match self.projection {
            Projection::Orthographic => 1.0,
            Projection::Perspective => {
                let ahead = self.distance() - from_target.dot(self.towards_eye());
                if ahead <= 0.01 * self.distance() {
                    return None;
                }
                self.distance() / ahead
            }
        };
        let scale = nearer / self.mm_per_unit(size);
        Some([
            from_target.dot(self.right()) * scale,
            -from_target.dot(self.up()) * scale,
        ])
    }

    /// Distance of the near plane from a perspective camera in mm.
    pub fn near(&self, reach: f32) -> f32 {
        // At least a hundredth of the distance, for depth resolution even when the camera is inside the part.
        (self.distance() - reach).max(0.01 * self.distance())
    }

    /// Distance from a perspective camera to the target in mm.
    pub fn distance(&self) -> f32 {
        self.half / (0.5 * FIELD_OF_VIEW).to_radians().tan()
    }
}

/// Centre of a box.
pub fn center(bounds: &Aabb) -> Vec3 {
    let [x, y, z] = bounds.center().map(|v| v as f32);
    vec3(x, y, z)
}

/// The eight corners of a box.
pub fn corners(bounds: &Aabb) -> [Vec3; 8] {
    std::array::from_fn(|i| {
        let pick =
            |axis: usize| if i >> axis & 1 == 0 { bounds.min[axis] } else { bounds.max[axis] } as f32;
        vec3(pick(0), pick(1), pick(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [f32; 2] = [600.0, 400.0];
    const BOX: Aabb = Aabb {
        min: [-30.0, -10.0, 0.0],
        max: [50.0, 15.0, 40.0],
    };

    /// Position of a point, relative to the middle of the picture, right and up positive, in units of SIZE.
    fn seen(camera: &Camera, point: Vec3) -> [f32; 2] {
        let clip = camera.projection(SIZE, 500.0) * camera.view() * point.extend(1.0);
        [clip.x / clip.w * 0.5 * SIZE[0], clip.y / clip.w * 0.5 * SIZE[1]]
    }

    fn near(a: f32, b: f32, tolerance: f32) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    #[test]
    fn fit_shows_the_box_as_large_as_possible() {
        let insets = Insets {
            sides: 20.0,
            top: 40.0,
            bottom: 60.0,
        };
        for projection in [Projection::Orthographic, Projection::Perspective] {
            for preset in Preset::ALL {
                let mut camera = Camera::new(preset, projection);
                camera.fit(&BOX, SIZE, insets);
                let places = corners(&BOX).map(|corner| seen(&camera, corner));
                let most =
                    |axis: usize, sign: f32| places.iter().map(|p| sign * p[axis]).fold(f32::MIN, f32::max);
                let slack = [
                    280.0 - most(0, 1.0),
                    280.0 - most(0, -1.0),
                    160.0 - most(1, 1.0),
                    140.0 - most(1, -1.0),
                ];
                assert!(
                    slack.iter().all(|side| *side > -1.0),
                    "{preset:?} {projection:?} is cut: {slack:?}"
                );
                near(slack[0], slack[1], 2.0);
                near(slack[2], slack[3], 2.0);
                assert!(
                    slack[0].min(slack[2]) < 1.5,
                    "{preset:?} {projection:?} wastes room: {slack:?}"
                );
            }
        }
    }

    #[test]
    fn presets_orient_the_axes_like_drawings() {
        let cases = [
            (Preset::Front, vec3(1.0, 0.0, 0.0), vec3(0.0, 0.0, 1.0)),
            (Preset::Back, vec3(-1.0, 0.0, 0.0), vec3(0.0, 0.0, 1.0)),
            (Preset::Right, vec3(0.0, 1.0, 0.0), vec3(0.0, 0.0, 1.0)),
            (Preset::Left, vec3(0.0, -1.0, 0.0), vec3(0.0, 0.0, 1.0)),
            (Preset::Top, vec3(1.0, 0.0, 0.0), vec3(0.0, 1.0, 0.0)),
            (Preset::Bottom, vec3(1.0, 0.0, 0.0), vec3(0.0, -1.0, 0.0)),
        ];
        for (preset, right, up) in cases {
            let camera = Camera::new(preset, Projection::Orthographic);
            assert!((camera.right() - right).magnitude() < 1e-6, "{preset:?}");
            assert!((camera.up() - up).magnitude() < 1e-6, "{preset:?}");
            assert_eq!(camera.preset(), Some(preset));
        }
    }

    #[test]
    fn isometric_foreshortens_all_axes_equally() {
        let camera = Camera::new(Preset::Isometric, Projection::Orthographic);
        let lengths = [vec3(1.0, 0.0, 0.0), vec3(0.0, 1.0, 0.0), vec3(0.0, 0.0, 1.0)].map(|axis| {
            let [x, y] = seen(&camera, axis);
            x.hypot(y)
        });
        near(lengths[0], lengths[1], 1e-3);
        near(lengths[1], lengths[2], 1e-3);
    }

    #[test]
    fn zoom_keeps_the_point_under_the_pointer() {
        for projection in [Projection::Orthographic, Projection::Perspective] {
            let mut camera = Camera::new(Preset::Isometric, projection);
            let at = [130.0, -70.0];
            let mm = camera.mm_per_unit(SIZE);
            let point = camera.target + (camera.right() * at[0] - camera.up() * at[1]) * mm;
            camera.zoom(1.7, at, SIZE, [0.1, 1000.0]);
            let [x, y] = seen(&camera, point);
            near(x, at[0], 0.05);
            near(y, -at[1], 0.05);
            camera.zoom(1e9, at, SIZE, [0.1, 1000.0]);
            near(camera.half, 0.1, 1e-6);
        }
    }

    #[test]
    fn a_ray_projects_to_its_point() {
        for projection in [Projection::Orthographic, Projection::Perspective] {
            let mut camera = Camera::new(Preset::Isometric, projection);
            camera.fit(&BOX, SIZE, Insets::default());
            let at = [130.0, -70.0];
            let [from, towards] = camera.ray(at, SIZE, 500.0);
            near(towards.magnitude(), 1.0, 1e-5);
            for far in [50.0, 300.0] {
                let point = from + towards * far;
                let [x, y] = camera.project(point, SIZE).unwrap();
                near(x, at[0], 0.05);
                near(y, at[1], 0.05);
                let [x, y] = seen(&camera, point);
                near(x, at[0], 0.05);
                near(-y, at[1], 0.05);
            }
        }
    }

    #[test]
    fn pan_moves_the_picture_with_the_pointer() {
        for projection in [Projection::Orthographic, Projection::Perspective] {
            let mut camera = Camera::new(Preset::Isometric, projection);
            let point = camera.target;
            camera.pan([25.0, 40.0], SIZE);
            let [x, y] = seen(&camera, point);
            near(x, 25.0, 0.05);
            near(y, -40.0, 0.05);
        }
    }

    #[test]
    fn both_projections_show_the_target_at_one_scale() {
        let mut camera = Camera::new(Preset::Front, Projection::Orthographic);
        let point = camera.target + camera.right() * 10.0;
        let flat = seen(&camera, point);
        camera.projection = Projection::Perspective;
        near(seen(&camera, point)[0], flat[0], 0.05);
        near(flat[0], 10.0 / camera.mm_per_unit(SIZE), 0.05);
    }

    #[test]
    fn orbit_stops_at_the_poles() {
        let mut camera = Camera::new(Preset::Front, Projection::Orthographic);
        camera.orbit(0.3, 99.0);
        near(camera.up().z, 0.0, 1e-6);
        near(camera.towards_eye().z, 1.0, 1e-6);
    }
}

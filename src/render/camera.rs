//! Where the eye is, and how the world reaches the screen.
//!
//! Pure. z is up. The camera turns about a target and keeps its size as millimetres, not as a distance, so
//! that orthographic and perspective show the target at the same scale. Panes that share a camera and have
//! equal sizes show equal lengths as equal.

use three_d::{InnerSpace, Mat4, Vec3, vec3, vec4};

use crate::geometry::Aabb;

/// The angle, in degrees, that the narrower side of a perspective picture spans. Narrow, for parts are
/// looked at from several of their own lengths away, and parallel edges should look nearly so.
const FIELD_OF_VIEW: f32 = 22.0;

/// How the world is flattened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// Parallel: lengths can be compared anywhere in the picture.
    Orthographic,
    /// As an eye sees it.
    Perspective,
}

/// A standard direction of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
    /// Every preset in the order of menus.
    pub const ALL: [Self; 7] = [
        Self::Isometric,
        Self::Front,
        Self::Back,
        Self::Left,
        Self::Right,
        Self::Top,
        Self::Bottom,
    ];

    /// The name in menus.
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

    /// Azimuth and elevation of the eye in degrees.
    fn angles(self) -> (f32, f32) {
        match self {
            // The elevation at which the three axes are foreshortened alike: atan(1/√2).
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

/// Room to leave free at the sides of a picture, in the unit of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Insets {
    /// Left and right.
    pub sides: f32,
    /// Above.
    pub top: f32,
    /// Below.
    pub bottom: f32,
}

/// A point of view. Two pictures drawn with equal cameras and equal sizes can be laid over each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// What the camera turns about, in mm.
    pub target: Vec3,
    /// Direction of the eye in the xy plane, in radians from +x towards +y.
    pub azimuth: f32,
    /// Height of the eye above the horizon in radians, within ±π/2.
    pub elevation: f32,
    /// Millimetres, at the target, from the middle of the picture to the nearer border.
    pub half: f32,
    /// Orthographic or perspective.
    pub projection: Projection,
}

impl Camera {
    /// Looks at the origin from a preset's direction; call [`Camera::fit`] to see something.
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

    /// Turns to a preset's direction and leaves the rest alone.
    pub fn look(&mut self, preset: Preset) {
        let (azimuth, elevation) = preset.angles();
        self.azimuth = azimuth.to_radians();
        self.elevation = elevation.to_radians();
    }

    /// The preset whose direction this is, if any.
    pub fn preset(&self) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| {
            let mut other = *self;
            other.look(*preset);
            (other.towards_eye() - self.towards_eye()).magnitude() < 1e-3
                && (other.right() - self.right()).magnitude() < 1e-3
        })
    }

    /// Unit vector from the target to the eye.
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

    /// Millimetres a unit of `size` spans at the target.
    pub fn mm_per_unit(&self, size: [f32; 2]) -> f32 {
        2.0 * self.half / size[0].min(size[1]).max(1.0)
    }

    /// Turns by angles in radians; the elevation stops at the poles.
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

    /// Enlarges by `factor` and keeps what lies under `at` in place, in the plane of the target. `at` counts
    /// from the middle of the picture, right and down positive.
    pub fn zoom(&mut self, factor: f32, at: [f32; 2], size: [f32; 2], limits: [f32; 2]) {
        let before = self.half;
        self.half = (self.half / factor).clamp(limits[0], limits[1]);
        let moved = self.mm_per_unit(size) * (before / self.half - 1.0);
        self.target += (self.right() * at[0] - self.up() * at[1]) * moved;
    }

    /// Brings a box into view, as large as it goes within the insets, and keeps the direction.
    pub fn fit(&mut self, bounds: &Aabb, size: [f32; 2], insets: Insets) {
        // Chips and buttons never take more than half of a small picture.
        let sides = insets.sides.min(0.25 * size[0]);
        let (top, bottom) = (insets.top.min(0.25 * size[1]), insets.bottom.min(0.25 * size[1]));
        let room = [size[0] - 2.0 * sides, size[1] - top - bottom];
        let wanted_y = 0.5 * (bottom - top);
        self.target = center(bounds);
        // Orthographic is exact after one round; perspective shifts with distance and settles in a few.
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

    /// World to eye: x right, y up, z towards the viewer, in mm. A perspective eye is the origin; an
    /// orthographic one has no place, so there the target is.
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

    /// Eye to clip space, where everything within `reach` mm of the target lies between the depth planes.
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

    /// Distance of the near plane from a perspective eye, in mm.
    pub fn near(&self, reach: f32) -> f32 {
        // A hundredth of the distance keeps depth apart even when the eye is inside the part.
        (self.distance() - reach).max(0.01 * self.distance())
    }

    /// From a perspective eye to the target in mm.
    pub fn distance(&self) -> f32 {
        self.half / (0.5 * FIELD_OF_VIEW).to_radians().tan()
    }
}

/// The middle of a box.
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

//! Frame shared by all panes: bounding box of the shapes, ground grid, scale.
//!
//! Pure. Lengths are millimetres.

use three_d::{InnerSpace, Vec3, vec3};

use super::camera::{center, corners};
use cadforge_geometry::{Aabb, Shape};

/// Radius of the ground grid relative to the shapes.
const GRID_REACH: f64 = 1.9;

/// Maximum number of grid lines from the middle to the border, at any zoom.
const GRID_LINES: f64 = 60.0;

/// Frame shared by panes that are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Bounding box of all displayed shapes.
    pub bounds: Aabb,
}

impl Frame {
    /// Frames the shapes; without shapes, a cube of 40 mm on the ground, so that a grid is visible.
    pub fn around<'a>(shapes: impl IntoIterator<Item = &'a Shape>) -> Self {
        Self::around_boxes(shapes.into_iter().map(|shape| shape.mesh.bbox()))
    }

    /// Frames known boxes.
    pub fn around_boxes(boxes: impl IntoIterator<Item = Aabb>) -> Self {
        let bounds = boxes.into_iter().reduce(|a, b| Aabb {
            min: std::array::from_fn(|axis| a.min[axis].min(b.min[axis])),
            max: std::array::from_fn(|axis| a.max[axis].max(b.max[axis])),
        });
        Self {
            bounds: bounds.unwrap_or(Aabb {
                min: [-20.0, -20.0, 0.0],
                max: [20.0, 20.0, 40.0],
            }),
        }
    }

    /// Half of the box's diagonal.
    pub fn radius(&self) -> f32 {
        let [x, y, z] = self.bounds.size();
        (0.5 * (x * x + y * y + z * z).sqrt()).max(1e-3) as f32
    }

    /// Whether a view fitted to `other` also suits this frame: nothing extends far beyond it or has become small.
    pub fn is_like(&self, other: &Self) -> bool {
        let slack = 0.1 * f64::from(other.radius());
        let inside = (0..3).all(|axis| {
            self.bounds.min[axis] >= other.bounds.min[axis] - slack
                && self.bounds.max[axis] <= other.bounds.max[axis] + slack
        });
        inside && self.radius() > 0.6 * other.radius()
    }

    /// Useful range of [`super::Camera::half`].
    pub fn zoom_limits(&self) -> [f32; 2] {
        [self.radius() * 2e-3, self.radius() * 30.0]
    }

    /// Distance from `target` beyond which nothing is drawn.
    pub fn reach(&self, target: Vec3) -> f32 {
        let ground = self.grid_radius() as f32 * std::f32::consts::SQRT_2;
        let mut middle = center(&self.bounds);
        let mut reach = corners(&self.bounds)
            .iter()
            .map(|corner| (corner - target).magnitude())
            .fold(0.0, f32::max);
        middle.z = self.bounds.min[2] as f32;
        reach = reach.max((middle - target).magnitude() + ground);
        // Lines are drawn slightly nearer than their faces; see the bias in the line program.
        reach * 1.05
    }

    /// Radius of the ground grid.
    pub fn grid_radius(&self) -> f64 {
        let [x, y, z] = self.bounds.size();
        GRID_REACH * (0.5 * x.hypot(y)).max(0.35 * z).max(1e-3)
    }

    /// Distance of grid lines if `mm` millimetres are the smallest visible distance.
    pub fn grid_step(&self, mm: f64) -> f64 {
        round_up_125(mm.max(self.grid_radius() / GRID_LINES))
    }

    /// Ground grid at the bottom of the box.
    pub fn grid(&self, step: f64) -> Grid {
        let radius = self.grid_radius();
        let [cx, cy, _] = self.bounds.center();
        let z = self.bounds.min[2] as f32;
        let major = if step_digit(step) == 2 { 5 } else { 10 };
        let mut grid = Grid {
            step,
            middle: vec3(cx as f32, cy as f32, z),
            radius: radius as f32,
            minor: Vec::new(),
            major: Vec::new(),
            axes: [None, None],
        };
        for axis in 0..2 {
            let (across, along) = if axis == 0 { (cy, cx) } else { (cx, cy) };
            let first = ((across - radius) / step).ceil() as i64;
            let last = ((across + radius) / step).floor() as i64;
            for line in first..=last {
                let at = line as f64 * step;
                // Chord of the circle beyond which the grid has faded out.
                let half = (radius * radius - (at - across).powi(2)).max(0.0).sqrt();
                let ends = [along - half, along + half].map(|v| v as f32);
                let at = at as f32;
                let segment = if axis == 0 {
                    [vec3(ends[0], at, z), vec3(ends[1], at, z)]
                } else {
                    [vec3(at, ends[0], z), vec3(at, ends[1], z)]
                };
                if line == 0 {
                    grid.axes[axis] = Some(segment);
                } else if line % major == 0 {
                    grid.major.push(segment);
                } else {
                    grid.minor.push(segment);
                }
            }
        }
        grid
    }
}

/// Lines on the ground.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Distance between lines.
    pub step: f64,
    /// Centre, where the grid is strongest.
    pub middle: Vec3,
    /// Radius at which it has faded out.
    pub radius: f32,
    /// Ordinary lines.
    pub minor: Vec<[Vec3; 2]>,
    /// Every fifth or tenth line from the origin.
    pub major: Vec<[Vec3; 2]>,
    /// Lines y = 0 (along x) and x = 0 (along y), if they cross the grid.
    pub axes: [Option<[Vec3; 2]>; 2],
}

/// The smallest of …, 0.5, 1, 2, 5, 10, … that is not below `value`.
pub fn round_up_125(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    // The tolerance prevents rounding from turning 2 into 5.
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * decade)
        .find(|step| *step >= value * (1.0 - 1e-9))
        .unwrap_or(10.0 * decade)
}

/// Label of a length: `10 mm`, `0.05 mm`, `2 m`.
pub fn length_label(mm: f64) -> String {
    let (value, unit) = if mm >= 999.5 {
        (mm / 1000.0, "m")
    } else {
        (mm, "mm")
    };
    let digits = (-value.log10().floor()).max(0.0) as usize;
    format!("{value:.digits$} {unit}")
}

/// Leading digit of a step of the 1-2-5 series.
fn step_digit(step: f64) -> u32 {
    (step / 10f64.powf((step * (1.0 + 1e-9)).log10().floor())).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::block;

    #[test]
    fn steps_are_round() {
        for (value, step) in [
            (1.0, 1.0),
            (1.01, 2.0),
            (2.0, 2.0),
            (3.0, 5.0),
            (7.0, 10.0),
            (0.03, 0.05),
        ] {
            assert!(
                (round_up_125(value) - step).abs() < 1e-12,
                "{value} became {}",
                round_up_125(value)
            );
        }
    }

    #[test]
    fn lengths_have_readable_labels() {
        for (mm, label) in [
            (10.0, "10 mm"),
            (0.5, "0.5 mm"),
            (0.05, "0.05 mm"),
            (200.0, "200 mm"),
            (2000.0, "2 m"),
        ] {
            assert_eq!(length_label(mm), label);
        }
    }

    #[test]
    fn the_grid_lies_under_the_part_and_is_centred_on_the_origin_lines() {
        let mut shape = block([40.0, 20.0, 5.0]);
        let frame = Frame::around([&shape]);
        let grid = frame.grid(5.0);
        assert!(
            grid.minor
                .iter()
                .chain(&grid.major)
                .flatten()
                .all(|point| point.z == 0.0)
        );
        for [from, to] in &grid.minor {
            let fixed = if from.x == to.x { from.x } else { from.y };
            assert_eq!(fixed % 5.0, 0.0, "a line off the raster");
        }
        assert!(grid.axes.iter().all(Option::is_some));
        // A part far from the origin has a grid around it, without the axes.
        let far: Vec<[f64; 3]> = shape
            .mesh
            .vertices()
            .iter()
            .map(|[x, y, z]| [x + 1e3, y + 1e3, z + 7.0])
            .collect();
        shape.mesh = cadforge_geometry::TriMesh::new(&far, shape.mesh.triangles()).unwrap();
        let grid = Frame::around([&shape]).grid(5.0);
        assert_eq!(grid.axes, [None, None]);
        assert_eq!(grid.middle, vec3(1000.0, 1000.0, 7.0));
    }

    #[test]
    fn the_finest_grid_stays_small() {
        let frame = Frame::around([&block([40.0, 20.0, 5.0])]);
        let grid = frame.grid(frame.grid_step(1e-6));
        assert!(
            grid.minor.len() + grid.major.len() < 260,
            "{} lines",
            grid.minor.len()
        );
    }

    #[test]
    fn small_changes_keep_the_view() {
        let of = |size| Frame::around([&block(size)]);
        let kept = of([40.0, 20.0, 10.0]);
        assert!(of([41.0, 20.0, 10.0]).is_like(&kept));
        assert!(!of([60.0, 20.0, 10.0]).is_like(&kept), "sticks out");
        assert!(!of([10.0, 10.0, 10.0]).is_like(&kept), "too small to see");
    }
}

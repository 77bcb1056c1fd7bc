//! Checks of grounded-v2: the `[[checks]]` of `task.toml`.
//!
//! A check may require only values that the model is shown. Its numbers are therefore written as in the prompt, or as
//! sums of such numbers in a string (`"900 / 2 - 20"`), and [`shown`] compares each with the prompt and the envelope.
//! Tolerances, and shares between 0 and 1, are free. `cadforge-reward` measures the checks.

mod numbers;
mod parse;
mod shown;

pub(super) use parse::read;
pub(super) use shown::not_shown;

/// One measurement with a required value.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Short description for notes: `four bolt holes`.
    pub name: String,
    /// Whether it is scored but never named to a model.
    pub hidden: bool,
    /// Allowed error in the unit of the check: mm, or a share for shares; `None` for the check's default.
    pub tolerance: Option<f64>,
    /// The required feature.
    pub ask: Requirement,
    /// The numbers in the check's definition.
    pub literals: Vec<f64>,
}

/// Required feature by kind. Lengths are in mm in the task's frame; axes are 0, 1, 2 for x, y, z; a position across an
/// axis has the two other coordinates in the order x, y, z; shares are relative to the task's box.
#[derive(Clone, Debug, PartialEq)]
pub enum Requirement {
    /// Round holes along an axis.
    Holes(Round),
    /// Round bosses, bars and pins along an axis.
    Cylinder(Round),
    /// Unchanged after every rotation by 360°/count, and changed after half of that.
    Symmetry {
        /// Axis of the rotation.
        axis: usize,
        /// Position of the axis.
        at: [f64; 2],
        /// Equal parts per full turn, at least 2.
        count: u32,
    },
    /// Mirror symmetry about a plane.
    Mirror {
        /// Normal of the plane.
        axis: usize,
        /// Position of the plane.
        at: f64,
    },
    /// Number of solids.
    Solids {
        /// Required number.
        count: u32,
    },
    /// Length of material along a line.
    Thickness(Probe),
    /// Length of a gap between material along a line.
    Clearance(Probe),
    /// Fits into the task's box and uses the longest side.
    Envelope,
    /// Volume as a share of the task's box.
    Volume {
        /// Minimum.
        least: f64,
        /// Maximum.
        most: f64,
    },
    /// A planar face at a height.
    Face {
        /// Axis of its normal.
        axis: usize,
        /// Whether its normal points along the axis, or against it.
        up: bool,
        /// Position along the axis.
        at: f64,
        /// Minimum area, as a share of the box's side.
        share: f64,
    },
    /// A box that is filled or empty.
    Region {
        /// One corner of the box.
        min: [f64; 3],
        /// The opposite corner.
        max: [f64; 3],
        /// Whether it must be filled, or empty.
        filled: bool,
        /// Required share.
        share: f64,
    },
    /// Separate pieces of a slice, or holes in it.
    Islands {
        /// Normal of the slice.
        axis: usize,
        /// Range of positions; any position in it counts.
        between: [f64; 2],
        /// Whether `between` is a range of shares of the box instead of mm.
        shares: bool,
        /// Required number.
        count: u32,
        /// Whether holes are counted in place of pieces.
        voids: bool,
        /// Minimum area of a piece, as a share of the box's side.
        share: f64,
    },
    /// Segments of material along a circle.
    Arcs {
        /// Axis of the circle.
        axis: usize,
        /// Position of the axis.
        at: [f64; 2],
        /// Required number.
        count: u32,
        /// Range of radii, as shares of half the box.
        radius: [f64; 2],
        /// Range of heights, as shares of the box.
        between: [f64; 2],
    },
}

/// Required round features.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// Direction of their axes.
    pub axis: usize,
    /// Positions; any position if empty.
    pub at: Vec<[f64; 2]>,
    /// Required number, if no positions are given.
    pub count: Option<u32>,
    /// Required diameter, if any.
    pub diameter: Option<f64>,
    /// Minimum length along the axis, as a share of the box.
    pub length: f64,
    /// Whether it must be open at both ends; for holes only.
    pub through: bool,
    /// Minimum share of the full turn.
    pub coverage: f64,
    /// Range of the middle along the axis, as shares of the box.
    pub between: [f64; 2],
}

/// A length along a line parallel to an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// Direction of the line.
    pub axis: usize,
    /// Position of the line.
    pub at: [f64; 2],
    /// Position on the line; the nearest span is measured.
    pub near: f64,
    /// Required length in mm.
    pub length: f64,
}

impl Requirement {
    /// Name of the kind in `task.toml`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Holes(_) => "holes",
            Self::Cylinder(_) => "cylinder",
            Self::Symmetry { .. } => "symmetry",
            Self::Mirror { .. } => "mirror",
            Self::Solids { .. } => "solids",
            Self::Thickness(_) => "thickness",
            Self::Clearance(_) => "clearance",
            Self::Envelope => "envelope",
            Self::Volume { .. } => "volume",
            Self::Face { .. } => "face",
            Self::Region { .. } => "region",
            Self::Islands { .. } => "islands",
            Self::Arcs { .. } => "arcs",
        }
    }
}

/// The two other axes, in the order x, y, z.
pub fn across(axis: usize) -> [usize; 2] {
    match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

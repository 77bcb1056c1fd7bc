//! What grounded-v2 measures on a part: the `[[checks]]` of `task.toml`.
//!
//! A check may ask only for what the model is shown. Its numbers are therefore written as they stand in the prompt, or
//! as sums of such numbers in a string (`"900 / 2 - 20"`), and [`shown`] holds every one of them against the prompt and
//! the envelope. Tolerances, and shares between 0 and 1, are ours. How a check is measured is the work of
//! `cadforge-reward`.

mod numbers;
mod parse;
mod shown;

pub(super) use parse::read;
pub(super) use shown::not_shown;

/// One thing to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What it is about, in a few words that stand in notes: `four bolt holes`.
    pub name: String,
    /// Scored, but never named to a model.
    pub hidden: bool,
    /// How far off still counts as right, in the unit of the check: mm, or a share for shares; the check's own if none.
    pub tolerance: Option<f64>,
    /// What is asked for.
    pub ask: Requirement,
    /// The numbers that the check was written with.
    pub literals: Vec<f64>,
}

/// What is asked for, by kind. Lengths in mm in the task's frame; axes are 0, 1, 2 for x, y, z; a place across an axis is
/// given by the two other coordinates in the order x, y, z; shares are of the task's box.
#[derive(Clone, Debug, PartialEq)]
pub enum Requirement {
    /// Round holes along an axis.
    Holes(Round),
    /// Round bosses, bars and pins along an axis.
    Cylinder(Round),
    /// The same after every turn by 360°/count, and not after half of that.
    Symmetry {
        /// About which.
        axis: usize,
        /// Where the axis is.
        at: [f64; 2],
        /// How often in a full turn, at least 2.
        count: u32,
    },
    /// The same on both sides of a plane.
    Mirror {
        /// Across the plane.
        axis: usize,
        /// Where the plane is.
        at: f64,
    },
    /// Number of solids.
    Solids {
        /// How many.
        count: u32,
    },
    /// Material along a line.
    Thickness(Probe),
    /// Empty space between material along a line.
    Clearance(Probe),
    /// Fits into the task's box and fills the longest side.
    Envelope,
    /// Volume as a share of the task's box.
    Volume {
        /// At least.
        least: f64,
        /// At most.
        most: f64,
    },
    /// A flat face at a height.
    Face {
        /// Across the face.
        axis: usize,
        /// Whether it looks along the axis, or against it.
        up: bool,
        /// Where.
        at: f64,
        /// Its least area, as a share of the box's side.
        share: f64,
    },
    /// A box that is filled or empty.
    Region {
        /// The box.
        min: [f64; 3],
        /// Its other corner.
        max: [f64; 3],
        /// Whether it is to be filled, or empty.
        filled: bool,
        /// To which share.
        share: f64,
    },
    /// Separate pieces of a slice, or holes in it.
    Islands {
        /// Across the slice.
        axis: usize,
        /// Where it may be: any place of that range will do.
        between: [f64; 2],
        /// Whether `between` is a range of shares of the box instead of mm.
        shares: bool,
        /// How many.
        count: u32,
        /// Holes are counted instead of pieces.
        voids: bool,
        /// Pieces below this share of the box's side do not count.
        share: f64,
    },
    /// Stretches of material along a circle.
    Arcs {
        /// Of the circle.
        axis: usize,
        /// Where the axis is.
        at: [f64; 2],
        /// How many.
        count: u32,
        /// Radii that will do, as shares of half the box.
        radius: [f64; 2],
        /// Heights that will do, as shares of the box.
        between: [f64; 2],
    },
}

/// Round features.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// Along which.
    pub axis: usize,
    /// Where; anywhere if empty.
    pub at: Vec<[f64; 2]>,
    /// How many, if it is not said where.
    pub count: Option<u32>,
    /// Diameter, if it matters.
    pub diameter: Option<f64>,
    /// Length along the axis at least, as a share of the box.
    pub length: f64,
    /// Open at both ends; for holes alone.
    pub through: bool,
    /// Share of the full turn at least.
    pub coverage: f64,
    /// Where along the axis its middle may be, as shares of the box.
    pub between: [f64; 2],
}

/// A length along a line parallel to an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// Along which.
    pub axis: usize,
    /// Where the line is.
    pub at: [f64; 2],
    /// The place on the line that the stretch is nearest to.
    pub near: f64,
    /// How long, mm.
    pub length: f64,
}

impl Requirement {
    /// Its kind as `task.toml` names it.
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

/// The two axes across one, in the order x, y, z.
pub fn across(axis: usize) -> [usize; 2] {
    match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

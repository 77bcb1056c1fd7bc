//! A task prepared for scoring: its frame, its reference, and what each of its checks is worth.

use super::details::{CheckDetails, ChecksDetails};
use super::likeness::Compared;
use super::responses::Trials;
use crate::geometry::{Aabb, Placement, Pose, Shape, Target, TriMesh, boxed, convex_hull, cylinder};
use crate::reward::checks::{self, Measure};
use crate::reward::specimen::{Frame, Specimen};
use crate::task::checks::{Ask, Check};
use crate::task::{Scale, Task};

/// What every check is worth at least.
const LEAST_WEIGHT: f64 = 0.1;
/// Sides of the prism that stands for a cylinder.
const SIDES: u32 = 96;

/// What candidates of a task are measured against. Made once, then shared.
#[derive(Debug)]
pub struct Ground {
    frame: Frame,
    target: Option<Target>,
    checks: Vec<Check>,
    /// Sum to 1.
    weights: Vec<f64>,
    reference: Option<Compared>,
    trials: Option<Trials>,
}

/// What a candidate is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Against<'a> {
    /// A built reference.
    Shape(&'a Shape),
    /// A mesh file.
    Mesh(&'a TriMesh),
    /// Nothing.
    Nothing,
}

impl Ground {
    /// Prepares a task. `own` is the task's own reference, whatever candidates are compared with: it gives the frame, and
    /// what trivial shapes are made of; `weak` is its weak seed, which counts as one of them; `trials` are the
    /// reference's.
    pub fn new(
        task: &Task,
        own: Option<&Shape>,
        against: Against<'_>,
        weak: Option<&Shape>,
        trials: Option<Trials>,
    ) -> Self {
        let mesh = match (own, against) {
            (Some(own), _) => Some(&own.mesh),
            (None, Against::Shape(shape)) => Some(&shape.mesh),
            (None, Against::Mesh(mesh)) => Some(mesh),
            (None, Against::Nothing) => None,
        };
        let bbox = mesh.map_or_else(|| nominal(task), TriMesh::bbox);
        let frame = Frame::new(bbox, task.bbox_mm);
        let target = mesh.map(|mesh| Target::new(mesh, task.scale == Scale::Free, task.axis));
        let trivial = trivial_shapes(&frame, mesh, weak, target.as_ref());
        let own = own.map(|shape| Specimen::of_shape(shape, &Placement::NONE, &frame));
        let weights = weights(&task.checks, &trivial, own.as_ref(), &frame);
        let reference = match against {
            Against::Shape(shape) => Some(Specimen::of_shape(shape, &Placement::NONE, &frame)),
            Against::Mesh(mesh) => Some(Specimen::of_mesh(mesh.clone(), &frame)),
            Against::Nothing => None,
        };
        Self {
            frame,
            target,
            checks: task.checks.clone(),
            weights,
            reference: reference.map(|specimen| Compared::new(specimen, &trivial)),
            trials,
        }
    }

    /// The weight of each check, in the task's order; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }

    pub(super) fn reference(&self) -> Option<&Compared> {
        self.reference.as_ref()
    }

    pub(super) fn trials(&self) -> Option<&Trials> {
        self.trials.as_ref()
    }

    /// The number of solids that the task asks for, if it does.
    pub(super) fn solids(&self) -> Option<u32> {
        self.checks.iter().find_map(|check| match check.ask {
            Ask::Solids { count } => Some(count),
            _ => None,
        })
    }

    pub(super) fn poses(&self, mesh: &TriMesh) -> (Pose, Option<Pose>) {
        match &self.target {
            Some(target) => target.poses(mesh),
            None => (
                Pose {
                    placement: Placement::NONE,
                    likeness: 0.0,
                },
                None,
            ),
        }
    }

    /// The weighted mean of all checks; `None` without any.
    pub(super) fn semantic(&self, measures: &[Measure]) -> Option<f64> {
        self.mean(measures, |_| true)
    }

    /// What may be told of the checks of a part that was put so.
    pub(super) fn described(&self, measures: &[Measure], placement: &Placement) -> Option<ChecksDetails> {
        if self.checks.is_empty() {
            return None;
        }
        let back = placement.inverse();
        let list = self
            .checks
            .iter()
            .zip(measures)
            .zip(&self.weights)
            .filter(|((check, _), _)| !check.hidden);
        Some(ChecksDetails {
            public: self.mean(measures, |check| !check.hidden),
            hidden: self.mean(measures, |check| check.hidden),
            list: list
                .map(|((check, measure), weight)| CheckDetails {
                    name: check.name.clone(),
                    kind: check.ask.kind().to_owned(),
                    score: measure.score,
                    weight: *weight,
                    measured: measure.measured.clone(),
                    asked: measure.asked.clone(),
                    place: measure.place.map(|place| back.of(place)),
                })
                .collect(),
        })
    }

    fn mean(&self, measures: &[Measure], keep: impl Fn(&Check) -> bool) -> Option<f64> {
        let kept = || {
            self.checks
                .iter()
                .zip(measures)
                .zip(&self.weights)
                .filter(|((check, _), _)| keep(check))
        };
        let weight: f64 = kept().map(|(_, weight)| weight).sum();
        let sum: f64 = kept().map(|((_, measure), weight)| weight * measure.score).sum();
        (weight > 0.0).then(|| sum / weight)
    }
}

/// Where a part without a reference belongs: on the ground, about the z axis.
fn nominal(task: &Task) -> Aabb {
    let [x, y, z] = task.bbox_mm.unwrap_or([100.0; 3]);
    Aabb {
        min: [-0.5 * x, -0.5 * y, 0.0],
        max: [0.5 * x, 0.5 * y, z],
    }
}

/// What anybody can build without a thought: box, cylinders, hull, and the weak seed.
fn trivial_shapes(
    frame: &Frame,
    mesh: Option<&TriMesh>,
    weak: Option<&Shape>,
    target: Option<&Target>,
) -> Vec<Specimen> {
    let mut meshes = vec![boxed(&frame.bbox)];
    meshes.extend((0..3).map(|axis| cylinder(&frame.bbox, axis, SIDES)));
    meshes.extend(mesh.map(convex_hull));
    let mut shapes: Vec<Specimen> = meshes
        .into_iter()
        .map(|mesh| Specimen::of_mesh(mesh, frame))
        .collect();
    if let Some(weak) = weak {
        let placement = target.map_or(Placement::NONE, |target| target.poses(&weak.mesh).0.placement);
        shapes.push(Specimen::of_shape(weak, &placement, frame));
    }
    shapes
}

/// What a blob has anyway pays nothing, or next to it.
fn weights(checks: &[Check], trivial: &[Specimen], reference: Option<&Specimen>, frame: &Frame) -> Vec<f64> {
    let weight = |check: &Check| {
        let best = trivial
            .iter()
            .map(|shape| checks::measure(check, shape, frame, reference).score)
            .fold(0.0, f64::max);
        (1.0 - best).max(LEAST_WEIGHT)
    };
    let weights: Vec<f64> = checks.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights
        .iter()
        .map(|weight| weight / sum.max(f64::MIN_POSITIVE))
        .collect()
}

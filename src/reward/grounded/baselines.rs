//! A task prepared for scoring: its frame, its reference, and the weights of its checks.

use super::above_baseline::above_baseline;
use super::details::{CheckDetails, ChecksDetails};
use super::sensitivity::Perturbations;
use super::similarity::Compared;
use crate::candidate_geometry::{CandidateGeometry, Frame};
use crate::checks::{Check, CheckResult};
use crate::evidence::{Requirements, Scale};
use cadforge_geometry::{
    Aabb, Placement, Pose, Shape, Target, TriMesh, boxed, convex_hull, cylinder, hollow_box, slabs, tube,
};

/// Minimum weight of a check.
const MIN_WEIGHT: f64 = 0.1;
/// Minimum score of a passed check.
const PASSED: f64 = 0.999;
/// Wall of the trivial shell, and minimum bore of the trivial tube, as shares of the diagonal.
const WALL: f64 = 0.01;
/// Maximum number of slabs among the trivial shapes.
const MAX_SLABS: u32 = 64;
/// Allowance on the envelope for rounding and the chords of a mesh, as a share.
const ROUNDING: f64 = 0.01;
/// Sides of the prism that represents a cylinder.
const SIDES: u32 = 96;

/// A task's references and baselines, computed once and shared.
#[derive(Debug)]
pub struct TaskBaselines {
    frame: Frame,
    envelope: Option<AllowedBox>,
    target: Option<Target>,
    checks: Vec<Check>,
    /// Sum to 1.
    weights: Vec<f64>,
    /// The best weighted mean of the checks among the trivial shapes.
    trivial: f64,
    reference: Option<Compared>,
    perturbations: Option<Perturbations>,
}

/// The box that a part must stay within.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AllowedBox {
    /// Along x, y and z, mm.
    pub(super) size: [f64; 3],
    /// Excess length without a penalty, as a share of a side.
    pub(super) free: f64,
}

/// The reference that candidates are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Comparison<'a> {
    /// A built reference.
    Shape(&'a Shape),
    /// A mesh file.
    Mesh(&'a TriMesh),
    /// No reference.
    Nothing,
}

impl TaskBaselines {
    /// Prepares a task. `own` is the task's own reference, whatever candidates are compared with: it determines the
    /// frame and the trivial shapes; `weak` is the part of its weak seed, one of the trivial shapes; `perturbations` are the
    /// perturbations of the reference.
    pub fn new(
        task: &Requirements<'_>,
        own: Option<&Shape>,
        against: Comparison<'_>,
        weak: Option<&Shape>,
        perturbations: Option<Perturbations>,
    ) -> Self {
        let mesh = match (own, against) {
            (Some(own), _) => Some(&own.mesh),
            (None, Comparison::Shape(shape)) => Some(&shape.mesh),
            (None, Comparison::Mesh(mesh)) => Some(mesh),
            (None, Comparison::Nothing) => None,
        };
        let bbox = mesh.map_or_else(|| nominal(task), TriMesh::bbox);
        let frame = Frame::new(bbox, task.bbox_mm);
        let target = mesh.map(|mesh| Target::new(mesh, task.scale == Scale::Free, task.axis));
        let trivial = trivial_shapes(&frame, task, mesh, weak, target.as_ref());
        let own = own.map(|shape| CandidateGeometry::of_shape(shape, &Placement::NONE, &frame));
        let (weights, best) = weights(task.checks, &trivial, own.as_ref(), &frame);
        let reference = match against {
            Comparison::Shape(shape) => Some(CandidateGeometry::of_shape(shape, &Placement::NONE, &frame)),
            Comparison::Mesh(mesh) => Some(CandidateGeometry::of_mesh(mesh.clone(), &frame)),
            Comparison::Nothing => None,
        };
        Self {
            frame,
            envelope: envelope(task),
            target,
            checks: task.checks.to_vec(),
            weights,
            trivial: best,
            reference: reference.map(|geometry| Compared::new(geometry, &trivial)),
            perturbations,
        }
    }

    /// The weight of each check, in the task's order; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn envelope(&self) -> Option<&AllowedBox> {
        self.envelope.as_ref()
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.checks
    }

    pub(super) fn reference(&self) -> Option<&Compared> {
        self.reference.as_ref()
    }

    pub(super) fn perturbations(&self) -> Option<&Perturbations> {
        self.perturbations.as_ref()
    }

    /// The number of solids that the task's checks require, if any.
    pub(super) fn solids(&self) -> Option<u32> {
        solids(&self.checks)
    }

    pub(super) fn poses(&self, mesh: &TriMesh) -> (Pose, Option<Pose>) {
        match &self.target {
            Some(target) => target.poses(mesh),
            None => (
                Pose {
                    placement: Placement::NONE,
                    iou: 0.0,
                },
                None,
            ),
        }
    }

    /// The weighted mean of all checks, above baseline; `None` without checks.
    pub(super) fn semantic(&self, measures: &[CheckResult]) -> Option<f64> {
        self.mean(measures, |_| true)
            .map(|mean| above_baseline(mean, self.trivial))
    }

    /// The visible details of the checks, for a part in this pose.
    pub(super) fn described(
        &self,
        measures: &[CheckResult],
        geometry: &CandidateGeometry,
        placement: &Placement,
    ) -> Option<ChecksDetails> {
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
            passed: measures.iter().all(|measure| measure.score >= PASSED),
            earned: self.mean(measures, |_| true).unwrap_or(0.0),
            trivial: self.trivial,
            list: list
                .map(|((check, measure), weight)| CheckDetails {
                    name: check.name.clone(),
                    kind: check.kind().name.to_owned(),
                    score: measure.score,
                    weight: *weight,
                    measured: measure.measured.clone(),
                    asked: measure.asked.clone(),
                    place: measure.place.map(|place| back.of(place)),
                    faces: check.faces(geometry, &self.frame),
                })
                .collect(),
        })
    }

    fn mean(&self, measures: &[CheckResult], keep: impl Fn(&Check) -> bool) -> Option<f64> {
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

/// `None` if the prompt gives no size. Within the tolerance of its check, excess has no penalty.
fn envelope(task: &Requirements<'_>) -> Option<AllowedBox> {
    let size = task.bbox_mm.filter(|_| task.scale == Scale::Mm)?;
    let check = task.checks.iter().find(|check| check.is_envelope());
    let tolerance = check.and_then(|check| check.tolerance).unwrap_or(0.0);
    Some(AllowedBox {
        size,
        free: tolerance.max(ROUNDING),
    })
}

/// Nominal box of a part without a reference: on the ground, centred on the z axis.
fn nominal(task: &Requirements<'_>) -> Aabb {
    let [x, y, z] = task.bbox_mm.unwrap_or([100.0; 3]);
    Aabb {
        min: [-0.5 * x, -0.5 * y, 0.0],
        max: [0.5 * x, 0.5 * y, z],
    }
}

/// Shapes that need no understanding of the task: the envelope as box, cylinders, tube, shell and slabs, the hull, and
/// the weak seed.
fn trivial_shapes(
    frame: &Frame,
    task: &Requirements<'_>,
    mesh: Option<&TriMesh>,
    weak: Option<&Shape>,
    target: Option<&Target>,
) -> Vec<CandidateGeometry> {
    let mut meshes = vec![boxed(&frame.bbox)];
    meshes.extend((0..3).map(|axis| cylinder(&frame.bbox, axis, SIDES)));
    meshes.push(hollow_box(&frame.bbox, WALL * frame.bbox.diagonal()));
    meshes.extend(mesh.map(convex_hull));
    if let (Some(axis), Some(mesh)) = (task.axis, mesh) {
        let radius = bore(mesh, axis);
        if radius > WALL * frame.bbox.diagonal() {
            meshes.push(tube(&frame.bbox, axis, SIDES, radius));
        }
    }
    let mut shapes: Vec<CandidateGeometry> = meshes
        .into_iter()
        .map(|mesh| CandidateGeometry::of_mesh(mesh, frame))
        .collect();
    // The right number of bodies alone says nothing about their form.
    if let Some(count) = solids(task.checks).filter(|count| (2..=MAX_SLABS).contains(count)) {
        let slabs = |axis| CandidateGeometry::of_bodies(slabs(&frame.bbox, axis, count), count, frame);
        shapes.extend((0..3).map(slabs));
    }
    if let Some(weak) = weak {
        let placement = target.map_or(Placement::NONE, |target| target.poses(&weak.mesh).0.placement);
        shapes.push(CandidateGeometry::of_shape(weak, &placement, frame));
    }
    shapes
}

fn solids(checks: &[Check]) -> Option<u32> {
    checks.iter().find_map(Check::solids)
}

/// Distance of the material from the line along `axis` through the middle of the box, in mm.
fn bore(mesh: &TriMesh, axis: usize) -> f64 {
    let center = mesh.bbox().center();
    let [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    mesh.vertices()
        .iter()
        .map(|vertex| (vertex[u] - center[u]).hypot(vertex[v] - center[v]))
        .fold(f64::INFINITY, f64::min)
}

/// Weights of the checks, low where a trivial shape scores well, and the best weighted mean among the trivial shapes.
fn weights(
    checks: &[Check],
    trivial: &[CandidateGeometry],
    reference: Option<&CandidateGeometry>,
    frame: &Frame,
) -> (Vec<f64>, f64) {
    let scores: Vec<Vec<f64>> = trivial
        .iter()
        .map(|shape| {
            checks
                .iter()
                .map(|check| check.measure(shape, frame, reference).score)
                .collect()
        })
        .collect();
    let weight = |index: usize| {
        let best = scores.iter().map(|scores| scores[index]).fold(0.0, f64::max);
        (1.0 - best).max(MIN_WEIGHT)
    };
    let weights: Vec<f64> = (0..checks.len()).map(weight).collect();
    let sum: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let weights: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let mean = |scores: &Vec<f64>| {
        scores
            .iter()
            .zip(&weights)
            .map(|(score, weight)| score * weight)
            .sum()
    };
    let best = scores.iter().map(mean).fold(0.0, f64::max);
    (weights, best)
}

//! A task prepared for scoring: its frame, its references, and the weights of its checks.

use super::above_baseline::above_baseline;
use super::contact;
use super::details::{CheckDetails, ChecksDetails};
use super::similarity::Compared;
use crate::candidate_geometry::{CandidateGeometry, Frame};
use crate::checks::{Check, CheckResult};
use crate::evidence::{Requirements, Scale};
use cadforge_geometry::{
    Aabb, Assembly, Connectivity, NormalisedMesh, Placement, Pose, Shape, Target, TriMesh, boxed,
    convex_hull, cylinder, hollow_box, slabs, tube,
};

/// Minimum weight of a check.
const MIN_WEIGHT: f64 = 0.1;
/// Share of a check's loss by which it lowers the score of all checks, whatever their number. With 0.1, 22 of 48 parts
/// with half of their features or less still had more than 0.5 in total, with 0.2 nine, and honest parts pass all checks.
const FEATURE: f64 = 0.2;
/// Factor for a part that stands upright and faces another way than required.
const TURNED: f64 = 0.9;
/// Factor for one that lies on a side, or stands on its head.
const TIPPED: f64 = 0.8;
/// Steepness of the price of a wrong scale: 3 % off keeps 0.84, 5 % 0.75, 10 % 0.56.
const SCALE_PRICE: f64 = 6.0;
/// A reference is compared with if a part fits it this well, as a share of how it fits the best one: coarse voxels do not
/// decide between references that fit about equally.
const NEAR_BEST: f64 = 0.8;
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
    axis: Option<usize>,
    checks: Vec<Check>,
    /// Sum to 1.
    weights: Vec<f64>,
    /// The best score of the checks among the trivial shapes.
    trivial: f64,
    /// What a part can be aligned and compared with; empty without any mesh.
    references: Vec<Reference>,
    /// The largest number of specks in a reference.
    specks: usize,
    /// The largest number of sealed cavities in a reference.
    cavities: usize,
    /// Named dimensions of the reference.
    dimensions: usize,
}

/// One of a task's references.
#[derive(Debug)]
struct Reference {
    target: Target,
    /// `None` if candidates are aligned with it, and compared with nothing.
    compared: Option<Compared>,
}

/// A pose to measure a part in.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoseChoice<'a> {
    pub(super) pose: Pose,
    /// Factor on the total.
    pub(super) factor: f64,
    /// Index of the reference in this pose.
    pub(super) index: usize,
    pub(super) reference: Option<&'a Compared>,
}

/// The box that a part must stay within.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AllowedBox {
    /// Along x, y and z, mm.
    pub(super) size: [f64; 3],
    /// Excess length without a penalty, as a share of a side.
    pub(super) free: f64,
}

/// What candidates are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Comparison<'a> {
    /// The task's own references: the one that fits best.
    Own,
    /// Another built reference.
    Shape(&'a Shape),
    /// A mesh file.
    Mesh(&'a TriMesh),
    /// Nothing.
    Nothing,
}

impl TaskBaselines {
    /// Prepares a task. `own` are the task's own references, whatever candidates are compared with: they determine the
    /// frame and the trivial shapes; `weak` is the part of its weak seed, one of the trivial shapes.
    pub fn new(
        task: &Requirements<'_>,
        own: &[&Shape],
        against: Comparison<'_>,
        weak: Option<&Shape>,
    ) -> Self {
        let other = match against {
            Comparison::Own | Comparison::Nothing => None,
            Comparison::Shape(shape) => Some(&shape.mesh),
            Comparison::Mesh(mesh) => Some(mesh),
        };
        let mut meshes: Vec<&TriMesh> = own.iter().map(|own| &own.mesh).collect();
        if meshes.is_empty() {
            meshes.extend(other);
        }
        let bbox = meshes.first().map_or_else(|| nominal(task), |mesh| mesh.bbox());
        let frame = Frame::new(bbox, task.bbox_mm);
        let target = |mesh: &&TriMesh| Target::new(mesh, task.scale == Scale::Free, task.axis);
        let targets: Vec<Target> = meshes.iter().map(target).collect();
        let trivial = trivial_shapes(&frame, task, &meshes, weak, targets.first());
        let specks = own
            .iter()
            .map(|own| contact::specks(&Assembly::volumes(&own.mesh, &own.bodies())))
            .max()
            .unwrap_or(0);
        let cavities = own
            .iter()
            .map(|own| Connectivity::of(&NormalisedMesh::new(&own.mesh.welded())).cavities)
            .max()
            .unwrap_or(0);
        let of_shape = |shape: &Shape| CandidateGeometry::of_shape(shape, &Placement::NONE, &frame);
        let own: Vec<CandidateGeometry> = own.iter().copied().map(of_shape).collect();
        let (weights, best) = weights(task.checks, &trivial, &own, &frame);
        let compared = |geometry| Some(Compared::new(geometry, &trivial));
        let references = match against {
            Comparison::Own => targets
                .into_iter()
                .zip(own)
                .map(|(target, own)| Reference {
                    target,
                    compared: compared(own),
                })
                .collect(),
            // Candidates are aligned with the task's own part, and compared with the other one.
            Comparison::Shape(_) | Comparison::Mesh(_) | Comparison::Nothing => targets
                .into_iter()
                .take(1)
                .map(|target| Reference {
                    target,
                    compared: match against {
                        Comparison::Shape(shape) => compared(of_shape(shape)),
                        Comparison::Mesh(mesh) => compared(CandidateGeometry::of_mesh(mesh.clone(), &frame)),
                        Comparison::Own | Comparison::Nothing => None,
                    },
                })
                .collect(),
        };
        Self {
            frame,
            envelope: envelope(task),
            axis: task.axis,
            checks: task.checks.to_vec(),
            weights,
            trivial: best,
            references,
            specks,
            cavities,
            dimensions: task.dimensions,
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

    /// Number of named dimensions of the reference.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn specks(&self) -> usize {
        self.specks
    }

    pub(super) fn cavities(&self) -> usize {
        self.cavities
    }

    /// The number of solids that the task's checks require, if any.
    pub(super) fn solids(&self) -> Option<u32> {
        solids(&self.checks)
    }

    /// The poses to measure a part in: at least one, and those of the references that come near to the best fitting one.
    pub(super) fn poses(&self, mesh: &TriMesh) -> Vec<PoseChoice<'_>> {
        let choices = self.references.iter().enumerate().flat_map(|(index, reference)| {
            let poses = reference.target.poses(mesh);
            let choice = move |pose: Pose, factor| PoseChoice {
                pose,
                factor,
                index,
                reference: reference.compared.as_ref(),
            };
            let turned = poses
                .turned
                .map(|pose| choice(pose, self.factor_of_turn(&pose.placement)));
            let scaled = poses
                .scaled
                .map(|pose| choice(pose, factor_of_scale(pose.placement.scale())));
            std::iter::once(choice(poses.upright, 1.0))
                .chain(turned)
                .chain(scaled)
        });
        let mut choices: Vec<PoseChoice<'_>> = choices.collect();
        if self.references.len() > 1 {
            let best = |index| {
                let of = choices.iter().filter(|choice| choice.index == index);
                of.map(|choice| choice.factor * choice.pose.iou)
                    .fold(0.0, f64::max)
            };
            let fits: Vec<f64> = (0..self.references.len()).map(best).collect();
            let most = fits.iter().copied().fold(0.0, f64::max);
            choices.retain(|choice| fits[choice.index] >= NEAR_BEST * most);
        }
        if choices.is_empty() {
            choices.push(PoseChoice {
                pose: Pose {
                    placement: Placement::NONE,
                    iou: 0.0,
                },
                factor: 1.0,
                index: 0,
                reference: None,
            });
        }
        choices
    }

    /// A part that stands the right way up is nearer to what was asked for than one that lies on its side.
    fn factor_of_turn(&self, placement: &Placement) -> f64 {
        let keeps = |axis: usize| {
            let mut direction = [0.0; 3];
            direction[axis] = 1.0;
            placement.turned(direction)[axis] > 1.0 - 1e-9
        };
        match self.axis {
            Some(axis) if keeps(axis) => 1.0,
            _ if keeps(2) => TURNED,
            _ => TIPPED,
        }
    }

    /// The score of all checks, above baseline; `None` without checks.
    pub(super) fn semantic(&self, measures: &[CheckResult]) -> Option<f64> {
        self.earned(measures)
            .map(|earned| above_baseline(earned, self.trivial))
    }

    fn earned(&self, measures: &[CheckResult]) -> Option<f64> {
        (!measures.is_empty()).then(|| earned(&scores(measures), &self.weights))
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
            factor: factor(&scores(measures)),
            earned: self.earned(measures).unwrap_or(0.0),
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

/// The weighted mean of the scores of checks, times a factor for each check that does not pass. With a mean alone, each of
/// fifteen checks is worth a fifteenth, and leaving out the feature that the part exists for costs next to nothing.
fn earned(scores: &[f64], weights: &[f64]) -> f64 {
    let mean: f64 = scores
        .iter()
        .zip(weights)
        .map(|(score, weight)| score * weight)
        .sum();
    mean * factor(scores)
}

fn factor(scores: &[f64]) -> f64 {
    scores.iter().map(|score| factor_of_check(*score)).product()
}

fn scores(measures: &[CheckResult]) -> Vec<f64> {
    measures.iter().map(|measure| measure.score).collect()
}

/// Factor of one check on the score of all.
pub(super) fn factor_of_check(score: f64) -> f64 {
    1.0 - FEATURE + FEATURE * score
}

fn factor_of_scale(scale: f64) -> f64 {
    (-SCALE_PRICE * scale.ln().abs()).exp()
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
    references: &[&TriMesh],
    weak: Option<&Shape>,
    target: Option<&Target>,
) -> Vec<CandidateGeometry> {
    let mut meshes = vec![boxed(&frame.bbox)];
    meshes.extend((0..3).map(|axis| cylinder(&frame.bbox, axis, SIDES)));
    meshes.push(hollow_box(&frame.bbox, WALL * frame.bbox.diagonal()));
    for mesh in references {
        meshes.push(convex_hull(mesh));
        if let Some(axis) = task.axis {
            let radius = bore(mesh, axis);
            if radius > WALL * frame.bbox.diagonal() {
                meshes.push(tube(&frame.bbox, axis, SIDES, radius));
            }
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
        let placement = target.map_or(Placement::NONE, |target| {
            target.poses(&weak.mesh).upright.placement
        });
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

/// Weights of the checks, low where a trivial shape scores well, and the best score of all checks among the trivial shapes.
fn weights(
    checks: &[Check],
    trivial: &[CandidateGeometry],
    references: &[CandidateGeometry],
    frame: &Frame,
) -> (Vec<f64>, f64) {
    // A trivial shape is measured beside each reference, as a candidate is.
    let beside: Vec<Option<&CandidateGeometry>> = match references {
        [] => vec![None],
        references => references.iter().map(Some).collect(),
    };
    let measured = |shape: &CandidateGeometry, reference| -> Vec<f64> {
        checks
            .iter()
            .map(|check| check.measure(shape, frame, reference).score)
            .collect()
    };
    let scores: Vec<Vec<f64>> = trivial
        .iter()
        .flat_map(|shape| beside.iter().map(move |reference| measured(shape, *reference)))
        .collect();
    let weight = |index: usize| {
        let best = scores.iter().map(|scores| scores[index]).fold(0.0, f64::max);
        (1.0 - best).max(MIN_WEIGHT)
    };
    let weights: Vec<f64> = (0..checks.len()).map(weight).collect();
    let sum: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let weights: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let best = scores
        .iter()
        .map(|scores| earned(scores, &weights))
        .fold(0.0, f64::max);
    (weights, best)
}

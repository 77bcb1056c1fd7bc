//! grounded-v2 rewards the geometry of the part, and nothing that the script says about it.
//!
//! `total = T·C·P·F·(0.10 + 0.50·S + 0.20·R + 0.05·Sil + 0.15·E·S)`: validity, contact, pose and fit multiply the sum,
//! whose main term is the score of the task's checks. The weight of a component without data goes to S; `fast` leaves
//! out R, Sil and E. S and Sil count fully only where the volume agrees with the reference's to
//! some degree. Neither the text of the script nor time affects a score or the samples, so that no comment can draw
//! better samples.

mod above_baseline;
mod baselines;
mod contact;
mod details;
mod fit;
mod notes;
mod parts;
mod perturbation;
mod sensitivity;
mod similarity;
mod validity;

pub use baselines::{Comparison, TaskBaselines};
pub use details::{
    AgreementDetails, AssemblyDetails, CheckDetails, ChecksDetails, FitDetails, GroundedDetails, PoseDetails,
    SensitivityDetails, SimilarityDetails, ValidityDetails,
};
pub use parts::added;
#[cfg(test)]
use perturbation::MEASURES;
pub use perturbation::{Combination, Effect, Perturbation, PerturbationStep};
pub use sensitivity::Perturbations;

use super::candidate_geometry::CandidateGeometry;
use super::checks::CheckResult;
use super::components::Reward;
use super::details::{
    BuildDetails, Details, EfficiencyDetails, Scored, SilhouetteDetails, TopologyDetails, ViewScores,
};
use super::profile::Mode;
use baselines::PoseChoice;
use cadforge_core::failure::Kind;
use cadforge_geometry::{Connectivity, NormalisedMesh, Placement, Pose, Shape};
use parts::ComponentScores;
use similarity::Compared;

/// Editability below which a build is `low_editability`.
const MIN_EDITABILITY: f64 = 0.30;
/// Semantic score below which a build is `disconnected_or_weak`.
const MIN_SEMANTIC: f64 = 0.45;
/// Contact or fit below which it is that too.
const MIN_WHOLE: f64 = 0.6;

/// Credit of checks and silhouette without any agreement of the volume: a first feature has some worth.
const MIN_CREDIT: f64 = 0.2;
/// Agreement of volumes from which checks have full credit.
const ENOUGH: f64 = 0.2;

/// Everything that a score under grounded-v2 depends on.
#[derive(Clone, Copy, Debug)]
pub struct GroundedEvidence<'a> {
    /// The built shape.
    pub shape: &'a Shape,
    /// The prepared task.
    pub baselines: &'a TaskBaselines,
    /// Results of perturbing named dimensions; `None` if that was not done.
    pub perturbations: Option<&'a Perturbations>,
    /// Cost of the build as a share of the reference's; reported, and part of no total.
    pub cost: Option<f64>,
}

/// Scores a built candidate under grounded-v2.
pub fn score(evidence: &GroundedEvidence<'_>, mode: Mode) -> Scored {
    GroundedMeasurement::of(evidence.shape, evidence.baselines, mode)
        .score(evidence.perturbations, evidence.cost)
}

/// Measurements of a built candidate, which need no perturbations.
pub struct GroundedMeasurement<'a> {
    baselines: &'a TaskBaselines,
    mode: Mode,
    build: BuildDetails,
    mesh: TopologyDetails,
    topology: f64,
    validity: ValidityDetails,
    contact: f64,
    assembly: AssemblyDetails,
    best: PoseMeasurement,
}

impl<'a> GroundedMeasurement<'a> {
    /// Measures a shape.
    pub fn of(shape: &Shape, baselines: &'a TaskBaselines, mode: Mode) -> Self {
        let (welded, connectivity) = timed!("connectivity", {
            let welded = NormalisedMesh::new(&shape.mesh.welded());
            let connectivity = Connectivity::of(&welded);
            (welded, connectivity)
        });
        // The pose and the reference that score best, at their price. Perturbations have no influence on that: they can
        // then only lower a total, and a caller that needs a minimum total can skip them if it is not reached without.
        let choices = timed!("poses", baselines.poses(&shape.mesh));
        let best = best_pose(baselines, shape, &choices, mode);
        let (topology, validity) = timed!("validity", validity::score(shape, &connectivity, &best.geometry));
        let (contact, assembly) = timed!(
            "contact",
            contact::score(shape, &connectivity, &best.geometry, baselines)
        );
        Self {
            baselines,
            mode,
            build: BuildDetails {
                triangles: shape.mesh.triangles().len(),
                size_mm: shape.mesh.bbox().size(),
            },
            mesh: TopologyDetails {
                vertices: welded.vertices().len(),
                faces: shape.mesh.triangles().len(),
                components: connectivity.components.len(),
                watertight: connectivity.watertight,
                boundary_edges: connectivity.boundary_edges,
                non_manifold_edges: connectivity.non_manifold_edges,
                degenerate_faces: connectivity.degenerate_faces,
            },
            topology,
            validity,
            contact,
            assembly,
            best,
        }
    }

    /// The score. Without `perturbations` it is the most that the candidate can get with them.
    pub fn score(&self, perturbations: Option<&Perturbations>, cost: Option<f64>) -> Scored {
        let Self {
            baselines,
            topology,
            contact,
            best,
            ..
        } = self;
        let editability =
            perturbations.map(|perturbations| sensitivity::score(perturbations, baselines.dimensions()));
        let parts = ComponentScores {
            editability: editability.as_ref().map(|(score, _)| *score),
            ..best.parts
        };
        let fits = best.fits();
        let total = (topology * contact * best.price(&parts)).clamp(0.0, 1.0);
        let reward = Reward {
            build: 1.0,
            topology: Some(*topology),
            contact: Some(*contact),
            semantic_parts: parts.semantic,
            reference_similarity: parts.similarity,
            silhouette: parts.silhouette,
            editability: parts.editability,
            efficiency: cost.map(efficiency),
            total,
        };
        let kind = kind_of(&reward, fits);
        let details = Details {
            build: Some(self.build.clone()),
            topology: Some(self.mesh.clone()),
            silhouette: best.views.map(|views| SilhouetteDetails {
                ideal: Some(views),
                mesh: None,
            }),
            efficiency: Some(EfficiencyDetails {
                measured: cost.is_some(),
            }),
            grounded: Some(GroundedDetails {
                validity: self.validity.clone(),
                assembly: self.assembly.clone(),
                pose: best.pose_details(),
                fit: best.fit,
                checks: baselines.described(&best.measures, &best.geometry, &best.pose.placement),
                agreement: best.agreement.clone(),
                similarity: best.similarity.clone(),
                sensitivity: editability.map(|(_, details)| details),
                cost,
            }),
            ..Details::default()
        };
        let notes = notes::notes(
            &reward,
            kind,
            &details,
            self.mode,
            topology * contact * best.factor * fits,
        );
        Scored {
            reward,
            kind,
            notes,
            details,
        }
    }
}

/// Scores of the part in one pose, without perturbations.
struct PoseMeasurement {
    geometry: CandidateGeometry,
    measures: Vec<CheckResult>,
    /// Intersection over union with the reference.
    iou: Option<f64>,
    agreement: Option<AgreementDetails>,
    similarity: Option<SimilarityDetails>,
    views: Option<ViewScores>,
    /// `None` if the prompt gives no box.
    fit: Option<FitDetails>,
    parts: ComponentScores,
    pose: Pose,
    /// Price of the pose, as a factor.
    factor: f64,
    /// Index of the reference.
    reference: usize,
}

impl PoseMeasurement {
    /// The total without validity and contact.
    fn priced(&self) -> f64 {
        self.price(&self.parts)
    }

    /// The same with the scores of `parts`.
    fn price(&self, parts: &ComponentScores) -> f64 {
        self.factor * self.fits() * parts.sum_of_terms()
    }

    /// Compares surfaces and outlines with the reference's.
    fn compare(&mut self, reference: Option<&Compared>) {
        let (Some(reference), Some(iou)) = (reference, self.iou) else {
            return;
        };
        let found = timed!("similarity", reference.similarity(&self.geometry, iou));
        let overlap = timed!("silhouette", reference.views(&self.geometry));
        let credit = self.agreement.as_ref().map_or(1.0, |agreement| agreement.credit);
        self.parts.similarity = Some(found.score);
        self.parts.silhouette = Some(credit * reference.silhouette(&overlap));
        self.similarity = Some(found);
        self.views = Some(overlap);
    }

    fn fits(&self) -> f64 {
        self.fit.as_ref().map_or(1.0, |fit| fit.factor)
    }

    fn pose_details(&self) -> PoseDetails {
        let placement = &self.pose.placement;
        PoseDetails {
            turned: placement.turns(),
            moved: *placement != Placement::NONE,
            scale: placement.scale(),
            iou: self.pose.iou,
            factor: self.factor,
            reference: self.reference,
        }
    }
}

/// Measures a part in each pose, and returns the best; the first of equal ones.
fn best_pose(
    baselines: &TaskBaselines,
    shape: &Shape,
    choices: &[PoseChoice<'_>],
    mode: Mode,
) -> PoseMeasurement {
    let mut measured: Vec<PoseMeasurement> = choices
        .iter()
        .map(|choice| measure_pose(baselines, shape, choice, mode))
        .collect();
    // By what each can reach at most, so that surfaces and outlines, which cost most, are compared only where they can decide.
    let mut order: Vec<usize> = (0..measured.len()).collect();
    order.sort_by(|a, b| measured[*b].priced().total_cmp(&measured[*a].priced()));
    let mut best: Option<(usize, f64)> = None;
    for index in order {
        let pose = &mut measured[index];
        if best.is_some_and(|(_, most)| pose.priced() < most) {
            break;
        }
        if mode == Mode::Full {
            pose.compare(choices[index].reference);
        }
        let priced = pose.priced();
        if best.is_none_or(|(at, most)| priced > most || priced == most && index < at) {
            best = Some((index, priced));
        }
    }
    let (best, _) = best.expect("a part is measured in one pose at least");
    measured.swap_remove(best)
}

/// Measures a part in one pose. In `full` mode the scores of surfaces and outlines are those of the reference itself until
/// [`PoseMeasurement::compare`].
fn measure_pose(
    baselines: &TaskBaselines,
    shape: &Shape,
    choice: &PoseChoice<'_>,
    mode: Mode,
) -> PoseMeasurement {
    let _span = tracing::trace_span!("measure in one pose").entered();
    let geometry = timed!(
        "dexels and cylinders",
        CandidateGeometry::of_shape(shape, &choice.pose.placement, baselines.frame())
    );
    let reference = choice.reference;
    let measures = timed!("checks", baselines.measure(&geometry, reference));
    let iou = timed!(
        "intersection over union",
        reference.map(|reference| reference.iou(&geometry))
    );
    let agreement = reference
        .zip(iou)
        .map(|(reference, iou)| credited(reference.agreement(iou)));
    let credit = agreement.as_ref().map_or(1.0, |agreement| agreement.credit);
    let semantic = baselines.semantic(&measures).map(|score| credit * score);
    let (similarity, silhouette) = match (mode, reference) {
        (Mode::Full, Some(_)) => (Some(1.0), Some(credit)),
        // Without checks nothing else tells a good part from a box.
        (Mode::Fast, Some(_)) if semantic.is_none() => {
            (agreement.as_ref().map(|agreement| agreement.volume), None)
        }
        _ => (None, None),
    };
    PoseMeasurement {
        fit: baselines
            .envelope()
            .map(|envelope| fit::score(&geometry, envelope)),
        geometry,
        measures,
        iou,
        agreement,
        similarity: None,
        views: None,
        parts: ComponentScores {
            semantic,
            similarity,
            silhouette,
            editability: None,
        },
        pose: choice.pose,
        factor: choice.factor,
        reference: choice.index,
    }
}

/// A thickness, a count or an outline can be right by chance in a shape that is not the part: checks and silhouette
/// have full credit from [`ENOUGH`] on.
fn credited(volume: f64) -> AgreementDetails {
    AgreementDetails {
        volume,
        credit: MIN_CREDIT + (1.0 - MIN_CREDIT) * (volume / ENOUGH).min(1.0),
    }
}

fn kind_of(reward: &Reward, fits: f64) -> Kind {
    if reward.editability.is_some_and(|score| score < MIN_EDITABILITY) {
        Kind::LowEditability
    } else if reward.semantic_parts.is_some_and(|score| score < MIN_SEMANTIC)
        || reward.contact.is_some_and(|score| score < MIN_WHOLE)
        || fits < MIN_WHOLE
    {
        Kind::DisconnectedOrWeak
    } else {
        Kind::BuildOk
    }
}

/// 1 up to 4 times the reference's cost, then decreasing with its logarithm to 0 at 32 times.
fn efficiency(cost: f64) -> f64 {
    (1.0 - (cost.max(1e-9) / 4.0).log2() / 3.0).clamp(0.0, 1.0)
}

impl TaskBaselines {
    fn measure(&self, geometry: &CandidateGeometry, reference: Option<&Compared>) -> Vec<CheckResult> {
        let reference = reference.map(|reference| &reference.geometry);
        self.checks()
            .iter()
            .map(|check| check.measure(geometry, self.frame(), reference))
            .collect()
    }
}

#[cfg(test)]
mod tests;

//! grounded-v2: pays for the part, and for nothing that is said about it.
//!
//! `total = T·C·F·(0.10 + 0.50·S + 0.20·R + 0.05·Sil + 0.15·E·S)`: validity, contact and the fit into the box that was given
//! multiply, everything else hangs on the task's checks. Without a reference the weights of R and Sil go to S; `fast` leaves out R, Sil and E, and S has
//! their weights. S and Sil pay in full only where the volume begins to agree with the reference's. Nothing here sees a word
//! of the script or a clock, and samples do not depend on either, so that no comment can draw better ones.

mod above_baseline;
mod baselines;
mod contact;
mod details;
mod fit;
mod notes;
mod parts;
mod sensitivity;
mod similarity;
mod validity;

pub use baselines::{Comparison, TaskBaselines};
pub use details::{
    AgreementDetails, AssemblyDetails, CheckDetails, ChecksDetails, FitDetails, GroundedDetails, PoseDetails,
    SensitivityDetails, SimilarityDetails, ValidityDetails,
};
pub use parts::added;
pub use sensitivity::{MEASURES, Perturbation, Perturbations, measures};

use super::candidate_geometry::CandidateGeometry;
use super::checks::{self, CheckResult};
use super::details::{
    BuildDetails, Details, EfficiencyDetails, SilhouetteDetails, TopologyDetails, ViewScores,
};
use super::{Mode, Reward, Scored};
use cadforge_core::failure::Kind;
use cadforge_geometry::{Connectivity, NormalisedMesh, Placement, Pose, Shape};
use parts::ComponentScores;

/// What a turned part keeps: it is the part, but not where it was asked for.
const TURNED: f64 = 0.9;
/// Below this editability a build is `low_editability`.
const LEAST_EDITABILITY: f64 = 0.30;
/// Below this semantic score a build is `disconnected_or_weak`.
const LEAST_SEMANTIC: f64 = 0.45;
/// Below this contact or fit too.
const LEAST_WHOLE: f64 = 0.6;

/// What checks and silhouette pay of what they come to where nothing agrees with the part: a first feature is worth
/// something.
const LEAST_CREDIT: f64 = 0.2;
/// Agreement of volumes from which on checks pay in full.
const ENOUGH: f64 = 0.2;

/// Everything that a score under grounded-v2 depends on.
#[derive(Clone, Copy, Debug)]
pub struct GroundedEvidence<'a> {
    /// What was built.
    pub shape: &'a Shape,
    /// The task, prepared.
    pub ground: &'a TaskBaselines,
    /// What came of changing named dimensions; `None` if that was not tried.
    pub trials: Option<&'a Perturbations>,
    /// Cost to build as a share of the reference's; reported, and in no total.
    pub cost: Option<f64>,
}

/// Scores a built candidate under grounded-v2.
pub fn score(evidence: &GroundedEvidence<'_>, mode: Mode) -> Scored {
    let GroundedEvidence {
        shape,
        ground,
        trials,
        cost,
    } = *evidence;
    let welded = NormalisedMesh::new(&shape.mesh.welded());
    let connectivity = Connectivity::of(&welded);
    let (upright, turned) = ground.poses(&shape.mesh);
    let editability = trials.map(|trials| sensitivity::score(trials, ground.trials()));

    // A turn is only taken where it pays more than it costs. What rebuilding came to has no say in it: it can then only
    // lower a total, and whoever knows the total without needs no rebuilds to know that one is too low.
    let mut best = look(ground, shape, &upright, mode);
    let mut factor = 1.0;
    if let Some(pose) = turned {
        let other = look(ground, shape, &pose, mode);
        if TURNED * other.worth() > best.worth() {
            best = other;
            factor = TURNED;
        }
    }
    best.parts.editability = editability.as_ref().map(|(score, _)| *score);
    let (topology, soundness) = validity::score(shape, &connectivity, &best.specimen);
    let (contact, assembly) = contact::score(shape, &best.specimen, ground);
    let total = (topology * contact * factor * best.worth()).clamp(0.0, 1.0);

    let reward = Reward {
        build: 1.0,
        topology: Some(topology),
        contact: Some(contact),
        semantic_parts: best.parts.semantic,
        reference_similarity: best.parts.similarity,
        silhouette: best.parts.silhouette,
        editability: best.parts.editability,
        efficiency: cost.map(efficiency),
        total,
    };
    let fits = best.fits();
    let kind = kind_of(&reward, fits);
    let details = Details {
        build: Some(BuildDetails {
            triangles: shape.mesh.triangles().len(),
            size_mm: shape.mesh.bbox().size(),
        }),
        topology: Some(TopologyDetails {
            vertices: welded.vertices().len(),
            faces: shape.mesh.triangles().len(),
            components: connectivity.components.len(),
            watertight: connectivity.watertight,
            boundary_edges: connectivity.boundary_edges,
            non_manifold_edges: connectivity.non_manifold_edges,
            degenerate_faces: connectivity.degenerate_faces,
        }),
        silhouette: best.views.map(|views| SilhouetteDetails {
            ideal: Some(views),
            mesh: None,
        }),
        efficiency: Some(EfficiencyDetails {
            measured: cost.is_some(),
        }),
        grounded: Some(GroundedDetails {
            soundness,
            assembly,
            pose: best.pose_details(factor < 1.0),
            fit: best.fit,
            checks: ground.described(&best.measures, &best.specimen, &best.pose.placement),
            agreement: best.agreement,
            likeness: best.likeness,
            responses: editability.map(|(_, details)| details),
            cost,
        }),
        ..Details::default()
    };
    let notes = notes::notes(&reward, kind, &details, mode, topology * contact * factor * fits);
    Scored {
        reward,
        kind,
        notes,
        details,
    }
}

/// The part in one pose, nothing rebuilt.
struct PoseMeasurement {
    specimen: CandidateGeometry,
    measures: Vec<CheckResult>,
    agreement: Option<AgreementDetails>,
    likeness: Option<SimilarityDetails>,
    views: Option<ViewScores>,
    /// `None` where the prompt gives no box.
    fit: Option<FitDetails>,
    parts: ComponentScores,
    pose: Pose,
}

impl PoseMeasurement {
    /// What the total is but for validity, contact and the price of a turn.
    fn worth(&self) -> f64 {
        self.fits() * self.parts.worth()
    }

    fn fits(&self) -> f64 {
        self.fit.as_ref().map_or(1.0, |fit| fit.factor)
    }

    fn pose_details(&self, turned: bool) -> PoseDetails {
        PoseDetails {
            turned,
            moved: self.pose.placement != Placement::NONE,
            scale: self.pose.placement.scale(),
            likeness: self.pose.likeness,
        }
    }
}

fn look(ground: &TaskBaselines, shape: &Shape, pose: &Pose, mode: Mode) -> PoseMeasurement {
    let specimen = CandidateGeometry::of_shape(shape, &pose.placement, ground.frame());
    let measures = ground.measure(&specimen);
    let agreement = ground
        .reference()
        .map(|reference| credited(reference.agreement(&specimen)));
    let credit = agreement.as_ref().map_or(1.0, |agreement| agreement.credit);
    let semantic = ground.semantic(&measures).map(|score| credit * score);
    let (mut likeness, mut views, mut silhouette) = (None, None, None);
    if mode == Mode::Full
        && let Some(reference) = ground.reference()
    {
        likeness = Some(reference.likeness(&specimen));
        let overlap = reference.views(&specimen);
        silhouette = Some(credit * reference.silhouette(&overlap));
        views = Some(overlap);
    }
    let parts = ComponentScores {
        semantic,
        similarity: likeness.as_ref().map(|likeness| likeness.score),
        silhouette,
        editability: None,
    };
    PoseMeasurement {
        fit: ground.envelope().map(|envelope| fit::score(&specimen, envelope)),
        specimen,
        measures,
        agreement,
        likeness,
        views,
        parts,
        pose: *pose,
    }
}

/// A thickness here, a count there and an outline can be had by what is no part: checks and silhouette pay in full from
/// [`ENOUGH`] on.
fn credited(volume: f64) -> AgreementDetails {
    AgreementDetails {
        volume,
        credit: LEAST_CREDIT + (1.0 - LEAST_CREDIT) * (volume / ENOUGH).min(1.0),
    }
}

fn kind_of(reward: &Reward, fits: f64) -> Kind {
    if reward.editability.is_some_and(|score| score < LEAST_EDITABILITY) {
        Kind::LowEditability
    } else if reward.semantic_parts.is_some_and(|score| score < LEAST_SEMANTIC)
        || reward.contact.is_some_and(|score| score < LEAST_WHOLE)
        || fits < LEAST_WHOLE
    {
        Kind::DisconnectedOrWeak
    } else {
        Kind::BuildOk
    }
}

/// 1 up to 4 times the reference's cost, falling with its logarithm to 0 at 32 times.
fn efficiency(cost: f64) -> f64 {
    (1.0 - (cost.max(1e-9) / 4.0).log2() / 3.0).clamp(0.0, 1.0)
}

impl TaskBaselines {
    /// Measures every check on a specimen.
    fn measure(&self, specimen: &CandidateGeometry) -> Vec<CheckResult> {
        let reference = self.reference().map(|reference| &reference.specimen);
        self.checks()
            .iter()
            .map(|check| checks::measure(check, specimen, self.frame(), reference))
            .collect()
    }
}

#[cfg(test)]
mod tests;

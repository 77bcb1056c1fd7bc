//! Notes for a model: measured and required values, the costliest first. They never name hidden checks, nor values that
//! only the reference determines.

use super::above_baseline::above_baseline;
use super::baselines::factor_of_check;
use super::details::{AssemblyDetails, CheckDetails, GroundedDetails, SensitivityDetails, ValidityDetails};
use crate::components::{Component, Reward};
use crate::details::Details;
use crate::profile::{Mode, Profile};
use cadforge_core::failure::Kind;

/// Loss of total below which a weakness is not noted.
const NEGLIGIBLE: f64 = 0.002;
/// Maximum number of notes; more would distract.
const MAX_NOTES: usize = 12;

/// `factor` is the product of validity, contact, fit and pose.
pub(super) fn notes(reward: &Reward, kind: Kind, details: &Details, mode: Mode, factor: f64) -> Vec<String> {
    let Some(grounded) = &details.grounded else {
        return Vec::new();
    };
    let mut found: Vec<(f64, String)> = Vec::new();
    let lost = |score: f64| reward.total / score.max(1e-6) - reward.total;
    if let Some(topology) = reward.topology.filter(|score| *score < 1.0) {
        found.extend(
            of_validity(&grounded.validity)
                .map(|text| (lost(topology), format!("topology {topology:.2}: {text}"))),
        );
    }
    if let Some(contact) = reward.contact.filter(|score| *score < 1.0) {
        found.extend(
            of_contact(&grounded.assembly)
                .map(|text| (lost(contact), format!("contact {contact:.2}: {text}"))),
        );
    }
    if let Some(fit) = &grounded.fit {
        let text = format!(
            "fit: the part is {:.0} % longer along the task's {} than its box, which takes {:.0} % of the total",
            100.0 * fit.over,
            fit.axis,
            100.0 * (1.0 - fit.factor)
        );
        found.push((lost(fit.factor), text));
    }
    let weight = |component| factor * Profile::GroundedV2.weight(mode, component);
    if let Some(checks) = &grounded.checks {
        let credit = grounded
            .agreement
            .as_ref()
            .map_or(1.0, |agreement| agreement.credit);
        let sum_of_terms = |earned: f64| credit * above_baseline(earned, checks.trivial);
        for check in &checks.list {
            let mean = checks.earned / checks.factor;
            let passed =
                checks.factor / factor_of_check(check.score) * (mean + check.weight * (1.0 - check.score));
            let loss =
                weight(Component::SemanticParts) * (sum_of_terms(passed) - sum_of_terms(checks.earned));
            found.push((loss, of_check(check)));
        }
    }
    if let (Some(agreement), Some(semantic)) = (&grounded.agreement, reward.semantic_parts) {
        let loss = weight(Component::SemanticParts) * (semantic / agreement.credit - semantic);
        let text = format!(
            "agreement {:.2}: checks pay {:.0} % until more of the material stands where the part has it",
            agreement.volume,
            100.0 * agreement.credit
        );
        found.push((loss, text));
    }
    let pose = &grounded.pose;
    if pose.turned && pose.factor < 1.0 {
        found.push((
            lost(pose.factor),
            "the part is turned: build it as the task's axes say".to_owned(),
        ));
    } else if pose.factor < 1.0 {
        let size = 100.0 * (1.0 / pose.scale - 1.0);
        let text = format!(
            "the whole part is {:.1} % too {}: build it to the sizes of the prompt",
            size.abs(),
            if size > 0.0 { "large" } else { "small" }
        );
        found.push((lost(pose.factor), text));
    }
    if let Some(similarity) = &grounded.similarity {
        let loss = weight(Component::ReferenceSimilarity) * (1.0 - similarity.score);
        let text = format!(
            "reference_similarity {:.2}: the volume overlaps the reference's by {:.2}, of the surface {:.2} lies within 1 % of its diagonal",
            similarity.score, similarity.iou, similarity.f1[1]
        );
        found.push((loss, text));
    }
    if let (Some(sensitivity), Some(score)) = (&grounded.sensitivity, reward.editability) {
        let loss = weight(Component::Editability) * (1.0 - score) * reward.semantic_parts.unwrap_or(0.0);
        found.push((loss, of_sensitivity(score, sensitivity)));
    }
    found.retain(|(loss, _)| *loss > NEGLIGIBLE);
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(MAX_NOTES);
    let mut notes = vec![format!("{}: total {:.3}", kind.name(), reward.total)];
    notes.extend(found.into_iter().map(|(loss, text)| match text.split_once(": ") {
        Some((head, tail)) => format!("{head} (costs {loss:.3}): {tail}"),
        None => text,
    }));
    notes
}

fn of_check(check: &CheckDetails) -> String {
    format!("{}: {}, asked for {}", check.name, check.measured, check.asked)
}

fn of_validity(details: &ValidityDetails) -> impl Iterator<Item = String> {
    let lines = [
        (details.volume_mm3 <= 0.0 || details.inverted > 0.002).then(|| "a solid is inside out".to_owned()),
        (details.own_overlap > 0.002).then(|| {
            format!(
                "a solid runs into itself in {:.1} % of the volume",
                100.0 * details.own_overlap
            )
        }),
        (!details.closed).then(|| "the mesh is open".to_owned()),
        (!details.valid).then(|| "the kernel's check finds the shape invalid".to_owned()),
        (details.loose > 0).then(|| {
            format!(
                "{} loose faces, edges or vertices belong to no solid: export solids only",
                details.loose
            )
        }),
    ];
    lines.into_iter().flatten()
}

fn of_contact(details: &AssemblyDetails) -> impl Iterator<Item = String> {
    let solids = match details.asked {
        Some(asked) if details.solids > asked => Some(format!(
            "{} solids, asked for {asked}: union what belongs together",
            details.solids
        )),
        None if details.specks > 0 => Some(format!(
            "{} small solids too many (below a hundredth of the volume): remove them",
            details.specks
        )),
        _ => None,
    };
    let lines = [
        (details.groups > 1).then(|| {
            format!(
                "{} groups of solids do not touch; the largest has {:.0} % of the volume",
                details.groups,
                100.0 * details.main_share
            )
        }),
        (details.overlap > 1e-3).then(|| {
            format!(
                "solids share {:.1} % of the volume: union or cut them",
                100.0 * details.overlap
            )
        }),
        solids,
        (details.cavities > 0).then(|| {
            let cavities = if details.cavities == 1 {
                "cavity"
            } else {
                "cavities"
            };
            format!(
                "{} sealed {cavities} in the material: open or fill what no tool can reach",
                details.cavities
            )
        }),
        (details.spare_holes > 0).then(|| {
            format!(
                "{} more holes than asked for: leave out those that nobody needs",
                details.spare_holes
            )
        }),
    ];
    lines.into_iter().flatten()
}

fn of_sensitivity(score: f64, sensitivity: &SensitivityDetails) -> String {
    let mut text = format!(
        "editability {score:.2}: {} of {} perturbed dimensions change the part in proportion",
        sensitivity.live, sensitivity.tried
    );
    if sensitivity.tried == 0 {
        return format!(
            "editability {score:.2}: no named dimension: head the script with lines `name = 12.5` and build from them"
        );
    }
    let lists = [
        ("dead", &sensitivity.dead),
        ("not in proportion to the step", &sensitivity.irregular),
    ];
    if lists.iter().all(|(_, names)| names.is_empty()) {
        text += &format!(", in {:.1} independent ways", sensitivity.rank);
    }
    for (what, names) in lists {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
            text += &format!("; {what}: {}", names.join(", "));
        }
    }
    text
}

impl GroundedDetails {
    /// The visible checks that failed, the costliest first.
    pub fn failed(&self) -> Vec<&CheckDetails> {
        let mut failed: Vec<&CheckDetails> = self
            .checks
            .iter()
            .flat_map(|checks| &checks.list)
            .filter(|check| check.score < 0.999)
            .collect();
        failed.sort_by(|a, b| (b.weight * (1.0 - b.score)).total_cmp(&(a.weight * (1.0 - a.score))));
        failed
    }
}

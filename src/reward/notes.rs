//! Notes on a score, for a person or the model that repairs the candidate.

use super::components::{Component, Reward};
use super::details::{ContactDetails, Details, SemanticPartsDetails, TopologyDetails, ViewScores};
use super::evidence::Evidence;
use super::profile::{Mode, Profile};
use super::repair_hints::repair_hints;
use cadforge_core::failure::{Failure, Kind};

/// Loss of total below which a weakness is not noted.
const NEGLIGIBLE: f64 = 0.002;

/// Notes for a failed build: the failure's kind and one-line error, then repair hints.
pub fn failure_notes(failure: &Failure) -> Vec<String> {
    let line = failure
        .line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    let mut notes = vec![format!("{}: {}{line}", failure.kind.name(), failure.message)];
    notes.extend(repair_hints(failure.kind).map(String::from));
    notes
}

/// Notes for a candidate that built: its kind, then its weaknesses, the costliest component first.
pub(super) fn notes(
    evidence: &Evidence<'_>,
    profile: Profile,
    mode: Mode,
    reward: &Reward,
    kind: Kind,
    details: &Details,
) -> Vec<String> {
    let loss =
        |component| profile.weight(mode, component) * (1.0 - reward.component(component).unwrap_or(1.0));
    let mut losses: Vec<(f64, Component)> = Component::ALL
        .iter()
        .map(|&component| (loss(component), component))
        .filter(|(loss, _)| *loss > NEGLIGIBLE)
        .collect();
    losses.sort_by(|a, b| b.0.total_cmp(&a.0));

    let mut notes = vec![format!("{}: total {:.3}", kind.name(), reward.total)];
    for (loss, component) in losses {
        let score = reward.component(component).unwrap_or(1.0);
        for weakness in weaknesses(component, evidence, details) {
            notes.push(format!(
                "{} {score:.2} (costs {loss:.3}): {weakness}",
                component.key()
            ));
        }
    }
    notes
}

fn weaknesses(component: Component, evidence: &Evidence<'_>, details: &Details) -> Vec<String> {
    let height_mm = evidence.mesh.bbox().size()[2];
    match component {
        Component::Build | Component::Efficiency => Vec::new(),
        Component::Topology => details.topology.as_ref().map(of_topology).unwrap_or_default(),
        Component::Contact => details
            .contact
            .as_ref()
            .map(|contact| vec![of_contact(contact, height_mm)])
            .unwrap_or_default(),
        Component::SemanticParts => details
            .semantic_parts
            .as_ref()
            .map(of_semantic_parts)
            .unwrap_or_default(),
        Component::ReferenceSimilarity => of_similarity(details),
        Component::Silhouette => of_outlines(details),
        Component::Editability => of_editability(details),
    }
}

fn of_topology(topology: &TopologyDetails) -> Vec<String> {
    let mut notes = Vec::new();
    if !topology.watertight {
        notes.push(format!(
            "mesh is not watertight: {}, {}",
            count(topology.boundary_edges, "open edge"),
            count(topology.non_manifold_edges, "edge") + " shared by more than two faces"
        ));
    }
    if topology.degenerate_faces > 0 {
        notes.push(format!(
            "{} without area",
            count(topology.degenerate_faces, "face")
        ));
    }
    if topology.components > 120 {
        notes.push(format!("{} separate pieces: union them", topology.components));
    }
    if topology.faces < 50 {
        notes.push(format!(
            "only {}: too plain for the part asked for",
            count(topology.faces, "triangle")
        ));
    }
    if topology.faces > 750_000 {
        notes.push(format!(
            "{} triangles: remove repeated small detail",
            topology.faces
        ));
    }
    notes
}

fn of_contact(contact: &ContactDetails, height_mm: f64) -> String {
    format!(
        "{} bodies do not touch: nearest neighbours are {:.2} mm apart on average, {:.2} mm at most",
        contact.bodies,
        contact.mean_gap * height_mm,
        contact.max_gap * height_mm
    )
}

fn of_semantic_parts(semantic: &SemanticPartsDetails) -> Vec<String> {
    let mut notes = Vec::new();
    if !semantic.hints_missing.is_empty() {
        let all = semantic.hints_found.len() + semantic.hints_missing.len();
        notes.push(format!(
            "{} of {all} parts are not named in the code: {}",
            semantic.hints_missing.len(),
            semantic.hints_missing.join(", ")
        ));
    }
    match semantic.target {
        Some(target) => {
            for (axis, letter) in ["x", "y"].into_iter().enumerate() {
                let (actual, target) = (semantic.proportions[axis], target[axis]);
                let deviation = 100.0 * (actual / target.max(1e-9) - 1.0);
                if deviation.abs() >= 2.0 {
                    notes.push(format!(
                        "{letter} extent is {actual:.2} of the height, asked for {target:.2} ({deviation:+.0} %)"
                    ));
                }
            }
        }
        None if semantic.geometry < 0.9 => {
            let [x, y, _] = semantic.proportions;
            notes.push(format!(
                "without a box a chair is expected: x {x:.2} and y {y:.2} of the height instead of 0.55 and 0.60"
            ));
        }
        None => {}
    }
    if semantic.functions < 6 {
        notes.push(format!(
            "{} instead of 6 or more, one a part",
            count(semantic.functions, "function")
        ));
    }
    notes
}

fn of_similarity(details: &Details) -> Vec<String> {
    let Some(similarity) = &details.reference_similarity else {
        return Vec::new();
    };
    let references = [
        ("reference", &similarity.ideal),
        ("reference mesh", &similarity.mesh),
    ];
    let mut notes = Vec::new();
    for (what, found) in references {
        let Some(found) = found else { continue };
        notes.push(match found.chamfer_distance {
            None => format!("proportions are {:.2} like the {what}'s", found.bbox),
            Some(distance) => format!(
                "against the {what}: proportions {:.2}, surface {:.2} ({:.1} % of the height away on average), outlines {:.2}",
                found.bbox,
                found.chamfer,
                distance / 10.0,
                found.silhouette
            ),
        });
    }
    if notes.is_empty() {
        notes.push("no reference to compare with: this and silhouette count as one half".into());
    }
    notes
}

fn of_outlines(details: &Details) -> Vec<String> {
    let Some(silhouette) = &details.silhouette else {
        return Vec::new();
    };
    let references = [
        ("reference", &silhouette.ideal),
        ("reference mesh", &silhouette.mesh),
    ];
    let mut notes = Vec::new();
    for (what, views) in references {
        let Some(views) = views else { continue };
        let ViewScores {
            front,
            left,
            top,
            isometric,
            ..
        } = *views;
        let mut named = [
            ("front", front),
            ("left", left),
            ("top", top),
            ("isometric", isometric),
        ];
        named.sort_by(|a, b| a.1.total_cmp(&b.1));
        let [(view, worst), (next, second), ..] = named;
        notes.push(format!(
            "outline differs most from the {what} in the {view} view (overlap {worst:.2}), then {next} ({second:.2})"
        ));
    }
    notes
}

fn of_editability(details: &Details) -> Vec<String> {
    let Some(editability) = &details.editability else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    if editability.functions < 6 {
        notes.push(format!("{} of 6", count(editability.functions, "function")));
    }
    if editability.named_values < 8 {
        notes.push(format!(
            "{} of 8",
            count(editability.named_values, "named dimension")
        ));
    }
    if editability.returns < editability.functions {
        notes.push(format!(
            "{} for {}: let each return the part it builds",
            count(editability.returns, "return"),
            count(editability.functions, "function")
        ));
    }
    if !editability.names_result {
        notes.push("the result is not named `fixture`".into());
    }
    if notes.is_empty() {
        notes
    } else {
        vec![notes.join("; ")]
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_line_and_is_followed_by_repair_hints() {
        let failure = Failure {
            kind: Kind::UndefinedName,
            message: "NameError: name 'leg' is not defined".into(),
            line: Some(7),
            traceback: String::new(),
        };
        let notes = failure_notes(&failure);
        assert_eq!(
            notes[0],
            "undefined_name: NameError: name 'leg' is not defined (line 7)"
        );
        assert_eq!(notes[1..], repair_hints(Kind::UndefinedName));
    }
}

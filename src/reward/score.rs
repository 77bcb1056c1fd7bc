//! Combines the components under cadforge-v1.

use super::components::{Component, Reward};
use super::details::{BuildDetails, Details, EfficiencyDetails, Scored};
use super::evidence::Evidence;
use super::profile::{Mode, Profile};
use super::source::Counts;
use cadforge_core::failure::Kind;
use cadforge_geometry::{Connectivity, NormalisedMesh};

/// Editability below which a build is `low_editability`.
const MIN_EDITABILITY: f64 = 0.65;
/// Semantic score below which a build is `disconnected_or_weak`.
const MIN_SEMANTIC: f64 = 0.45;

/// Scores a built candidate under cadforge-v1.
pub fn score(evidence: &Evidence<'_>, mode: Mode) -> Scored {
    let (mesh, connectivity) = timed!("connectivity", {
        let mesh = NormalisedMesh::new(&evidence.mesh.merged_as_trimesh());
        let connectivity = Connectivity::of(&mesh);
        (mesh, connectivity)
    });
    let counts = Counts::of(evidence.code);

    let (topology, topology_details) = timed!("topology", super::topology::score(&mesh, &connectivity));
    let (contact, contact_details) = timed!("contact", super::contact::score(&mesh, &connectivity));
    let (semantic, semantic_details) = timed!(
        "semantic parts",
        super::semantic_parts::score(evidence, &mesh, &counts)
    );
    let (editability, editability_details) =
        timed!("editability", super::editability::score(evidence.code, &counts));
    let similarity = timed!(
        "reference similarity and silhouette",
        match mode {
            Mode::Fast => super::similarity::fast(&mesh, evidence.references),
            Mode::Full => super::similarity::full(&mesh, evidence.references),
        }
    );

    let mut reward = Reward {
        build: 1.0,
        topology: Some(topology),
        contact: Some(contact),
        semantic_parts: Some(semantic),
        reference_similarity: Some(similarity.reference_similarity),
        silhouette: Some(similarity.silhouette),
        editability: Some(editability),
        efficiency: Some(1.0),
        total: 0.0,
    };
    let part =
        |component| Profile::CadforgeV1.weight(mode, component) * reward.component(component).unwrap_or(0.0);
    reward.total = Component::ALL
        .iter()
        .map(|&component| part(component))
        .sum::<f64>()
        .clamp(0.0, 1.0);

    let details = Details {
        build: Some(BuildDetails {
            triangles: evidence.mesh.triangles().len(),
            size_mm: evidence.mesh.bbox().size(),
        }),
        topology: Some(topology_details),
        contact: Some(contact_details),
        semantic_parts: Some(semantic_details),
        reference_similarity: Some(similarity.details),
        silhouette: Some(similarity.views),
        editability: Some(editability_details),
        efficiency: Some(EfficiencyDetails { measured: false }),
        grounded: None,
    };
    let kind = kind_of(editability, semantic);
    let notes = super::notes::notes(evidence, Profile::CadforgeV1, mode, &reward, kind, &details);
    Scored {
        reward,
        kind,
        notes,
        details,
    }
}

/// The kind of a candidate that built, by its editability and semantic score, 0 to 1 each.
pub fn kind_of(editability: f64, semantic: f64) -> Kind {
    if editability < MIN_EDITABILITY {
        Kind::LowEditability
    } else if semantic < MIN_SEMANTIC {
        Kind::DisconnectedOrWeak
    } else {
        Kind::BuildOk
    }
}

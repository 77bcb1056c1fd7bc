//! Whether the solids belong together, and nothing is there that nobody asked for: none afloat, none too many, none in
//! another's place, no more holes than asked for.
//!
//! Distances are between surfaces, not boxes. Solids that are missing are the business of the checks.

use super::TaskBaselines;
use super::details::AssemblyDetails;
use crate::candidate_geometry::CandidateGeometry;
use crate::checks;
use cadforge_geometry::{Assembly, Shape};

/// Never less, so that there is something left to gain.
const LEAST: f64 = 0.3;
/// How near solids must come, as a share of the box's diagonal: bodies that move have a clearance.
const REACH: f64 = 0.02;
/// The same where one solid was asked for: what is apart is apart.
const REACH_OF_ONE: f64 = 0.002;
/// Overlaps below this share are the chords of a mesh.
const NEGLIGIBLE: f64 = 1e-3;
/// What each group that floats costs, beside its share of the volume: a good seat over a column that ends below it is no
/// chair.
const AFLOAT: f64 = 0.3;
/// What a hole more than asked for leaves, beside what its check loses.
const SPARE_HOLE: f64 = 0.95;
/// What any number of them leaves.
const SIEVE: f64 = 0.5;

pub(super) fn score(
    shape: &Shape,
    specimen: &CandidateGeometry,
    ground: &TaskBaselines,
) -> (f64, AssemblyDetails) {
    let asked = ground.solids();
    let reach = if asked == Some(1) { REACH_OF_ONE } else { REACH } * ground.frame().bbox.diagonal();
    let assembly = Assembly::of(&specimen.mesh, &shape.bodies(), reach);
    let volume = specimen.volume.volume();
    let overlap = if volume > 0.0 {
        specimen.volume.doubled().shared / volume
    } else {
        0.0
    };
    let details = AssemblyDetails {
        solids: shape.facts.solids,
        asked,
        groups: assembly.count(),
        main_share: assembly.main_share(),
        overlap,
        spare_holes: ground
            .checks()
            .iter()
            .map(|check| checks::spare(check, specimen, ground.frame()))
            .max()
            .unwrap_or(0),
    };
    (weigh(&details), details)
}

fn weigh(details: &AssemblyDetails) -> f64 {
    let afloat = details.groups.saturating_sub(1) as f64;
    let together = details.main_share - AFLOAT * afloat;
    // One solid more than asked for costs as much as one that floats; a few more than that hardly matter any more.
    let extra = details
        .asked
        .map_or(0, |asked| details.solids.saturating_sub(asked));
    let counted = 0.8f64.powi(extra.min(6) as i32);
    let apart = if details.overlap > NEGLIGIBLE {
        0.85 - 2.0 * details.overlap
    } else {
        1.0
    };
    let sieved = SPARE_HOLE.powi(details.spare_holes.min(100) as i32).max(SIEVE);
    (together.max(LEAST) * counted * apart.max(LEAST) * sieved).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> AssemblyDetails {
        AssemblyDetails {
            solids: 1,
            asked: Some(1),
            groups: 1,
            main_share: 1.0,
            overlap: 0.0,
            spare_holes: 0,
        }
    }

    #[test]
    fn one_solid_is_whole_and_each_defect_costs_a_tenth_or_more() {
        assert_eq!(weigh(&details()), 1.0);
        assert!(
            weigh(&AssemblyDetails {
                solids: 2,
                ..details()
            }) <= 0.9
        );
        assert!(
            weigh(&AssemblyDetails {
                groups: 2,
                main_share: 0.999,
                ..details()
            }) <= 0.9
        );
        assert!(
            weigh(&AssemblyDetails {
                overlap: 0.01,
                ..details()
            }) <= 0.9
        );
        assert_eq!(
            weigh(&AssemblyDetails {
                solids: 2,
                groups: 2,
                main_share: 0.5,
                overlap: 1.0,
                asked: Some(1),
                spare_holes: 0,
            }),
            LEAST
        );
    }

    #[test]
    fn a_hole_too_many_costs_a_twentieth_and_a_sieve_half() {
        let with = |spare_holes| {
            weigh(&AssemblyDetails {
                spare_holes,
                ..details()
            })
        };
        assert_eq!((with(1), with(41)), (SPARE_HOLE, SIEVE));
    }

    #[test]
    fn fewer_solids_than_asked_for_are_no_matter_of_contact() {
        assert_eq!(
            weigh(&AssemblyDetails {
                asked: Some(3),
                ..details()
            }),
            1.0
        );
        assert_eq!(
            weigh(&AssemblyDetails {
                asked: None,
                solids: 9,
                ..details()
            }),
            1.0
        );
    }
}

//! Contact: whether the solids are connected, and whether there are more solids or holes than required.
//!
//! Distances are between surfaces, not boxes. The checks score missing solids.

use super::baselines::TaskBaselines;
use super::details::AssemblyDetails;
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::{Assembly, Connectivity, Shape};

/// Minimum, so that improvements always count. With 0.3, reviewers who ranked parts by eye placed complete parts in loose
/// pieces far above where the totals did (mean Spearman 0.861 in place of 0.888).
const LEAST: f64 = 0.5;
/// Maximum distance between connected solids, as a share of the box's diagonal: moving parts have a clearance.
const REACH: f64 = 0.02;
/// The same if one solid is required: any real gap separates.
const REACH_OF_ONE: f64 = 0.002;
/// Overlaps below this share result from the chords of a mesh.
const NEGLIGIBLE: f64 = 1e-3;
/// Penalty for each separate group, in addition to its share of the volume: a complete seat above a column that ends
/// below it is not a chair.
const AFLOAT: f64 = 0.3;
/// Share of the volume below which a solid is a speck: no task asks for one.
const SPECK: f64 = 1e-3;
/// Share of the volume below which a solid is small, such as a screw: a few of them are welcome.
const SMALL: f64 = 1e-2;
/// Maximum number of small solids that are no specks.
const MAX_SMALL: usize = 8;
/// Factor for a sealed cavity, which no tool can cut and no prompt asks for, in addition to what the checks measure.
const CAVITY: f64 = 0.85;
/// Factor for each further one.
const NEXT_CAVITY: f64 = 0.95;
/// Factor for the first spare hole, in addition to its check's loss.
const SPARE_HOLE: f64 = 0.95;
/// Minimum factor for spare holes.
const SIEVE: f64 = 0.5;

pub(super) fn score(
    shape: &Shape,
    connectivity: &Connectivity,
    geometry: &CandidateGeometry,
    baselines: &TaskBaselines,
) -> (f64, AssemblyDetails) {
    let asked = baselines.solids();
    let reach = if asked == Some(1) { REACH_OF_ONE } else { REACH } * baselines.frame().bbox.diagonal();
    let assembly = Assembly::of(&geometry.mesh, &shape.bodies(), reach);
    let volume = geometry.volume.volume();
    let overlap = if volume > 0.0 {
        geometry.volume.overlaps().shared / volume
    } else {
        0.0
    };
    let details = AssemblyDetails {
        solids: shape.facts.solids,
        asked,
        specks: specks(&assembly.volumes).saturating_sub(baselines.specks()),
        groups: assembly.count(),
        main_share: assembly.main_share(),
        overlap,
        cavities: connectivity.cavities.saturating_sub(baselines.cavities()),
        spare_holes: baselines
            .checks()
            .iter()
            .map(|check| check.spare(geometry, baselines.frame()))
            .max()
            .unwrap_or(0),
    };
    (weigh(&details), details)
}

/// Number of solids that are too small to be a part of anything, and of small ones beyond a few.
pub(super) fn specks(volumes: &[f64]) -> usize {
    let all: f64 = volumes.iter().map(|volume| volume.abs()).sum();
    let below = |share: f64| volumes.iter().filter(|volume| volume.abs() < share * all).count();
    let specks = below(SPECK);
    specks + (below(SMALL) - specks).saturating_sub(MAX_SMALL)
}

fn weigh(details: &AssemblyDetails) -> f64 {
    let afloat = details.groups.saturating_sub(1) as f64;
    let together = details.main_share - AFLOAT * afloat;
    // One extra solid costs as much as a separate one; each further one costs little. Where no number is required, only
    // specks are extra.
    let extra = match details.asked {
        Some(asked) => details.solids.saturating_sub(asked),
        None => u32::try_from(details.specks).unwrap_or(u32::MAX),
    };
    let counted = 0.8f64.powi(extra.min(6) as i32);
    let apart = if details.overlap > NEGLIGIBLE {
        0.85 - 2.0 * details.overlap
    } else {
        1.0
    };
    let sieved = SPARE_HOLE.powi(details.spare_holes.min(100) as i32).max(SIEVE);
    let hollow = match details.cavities {
        0 => 1.0,
        more => CAVITY * NEXT_CAVITY.powi((more - 1).min(100) as i32),
    };
    (together.max(LEAST) * counted * apart.max(LEAST) * sieved * hollow).max(LEAST)
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
            specks: 0,
            spare_holes: 0,
            cavities: 0,
        }
    }

    #[test]
    fn one_solid_has_full_contact_and_each_defect_costs_a_tenth_or_more() {
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
                specks: 0,
                spare_holes: 0,
                cavities: 0,
            }),
            LEAST
        );
    }

    #[test]
    fn one_spare_hole_costs_a_twentieth_and_many_cost_half() {
        let with = |spare_holes| {
            weigh(&AssemblyDetails {
                spare_holes,
                ..details()
            })
        };
        assert_eq!((with(1), with(41)), (SPARE_HOLE, SIEVE));
    }

    #[test]
    fn a_sealed_cavity_costs_more_than_a_tenth() {
        let with = |cavities| {
            weigh(&AssemblyDetails {
                cavities,
                ..details()
            })
        };
        assert_eq!((with(1), with(1000)), (CAVITY, LEAST));
    }

    #[test]
    fn a_few_small_solids_are_no_specks() {
        let volumes = |small: usize, share: f64| {
            let mut volumes = vec![share * 1000.0; small];
            volumes.push(1000.0);
            volumes
        };
        assert_eq!(specks(&volumes(8, 5e-3)), 0);
        assert_eq!(specks(&volumes(11, 5e-3)), 3);
        assert_eq!(specks(&volumes(2, 5e-4)), 2);
        assert_eq!(specks(&volumes(30, 0.1)), 0);
    }

    #[test]
    fn missing_solids_do_not_lower_contact() {
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
        assert!(
            weigh(&AssemblyDetails {
                asked: None,
                solids: 9,
                specks: 1,
                ..details()
            }) <= 0.9
        );
    }
}

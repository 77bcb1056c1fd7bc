//! The terms of the sum in the formula of the total.

use crate::components::{Component, Reward};

/// The components of the sum; `None` if there is nothing to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ComponentScores {
    pub(super) semantic: Option<f64>,
    pub(super) similarity: Option<f64>,
    pub(super) silhouette: Option<f64>,
    pub(super) editability: Option<f64>,
}

impl ComponentScores {
    /// The sum, which validity, contact and fit multiply.
    pub(super) fn sum_of_terms(&self) -> f64 {
        self.terms().iter().sum()
    }

    /// The terms for the build, S, R, Sil and E. A component that cannot be measured gives its weight to S.
    fn terms(&self) -> [f64; 5] {
        // A task without checks is scored by its reference alone.
        let semantic = self.semantic.or(self.similarity).unwrap_or(0.0);
        let mut weight = 0.50;
        let (similarity, silhouette) = match (self.similarity, self.silhouette) {
            (Some(similarity), Some(silhouette)) => (0.20 * similarity, 0.05 * silhouette),
            _ => {
                weight += 0.25;
                (0.0, 0.0)
            }
        };
        let editability = match self.editability {
            Some(editability) => 0.15 * editability * semantic,
            None => {
                weight += 0.15;
                0.0
            }
        };
        [0.10, weight * semantic, similarity, silhouette, editability]
    }
}

/// Contribution of a component to the total of a built candidate under grounded-v2; `None` for `topology` and
/// `contact`, which multiply, and for `efficiency`, which is part of no total.
pub fn added(reward: &Reward, component: Component) -> Option<f64> {
    let parts = ComponentScores {
        semantic: reward.semantic_parts,
        similarity: reward.reference_similarity,
        silhouette: reward.silhouette,
        editability: reward.editability,
    };
    let [build, semantic, similarity, silhouette, editability] = parts.terms();
    let term = match component {
        Component::Build => build,
        Component::SemanticParts => semantic,
        Component::ReferenceSimilarity => similarity,
        Component::Silhouette => silhouette,
        Component::Editability => editability,
        Component::Topology | Component::Contact | Component::Efficiency => return None,
    };
    // The product of the factors is the total over the sum.
    Some(term * reward.total / parts.sum_of_terms())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reward(parts: ComponentScores, factor: f64) -> Reward {
        Reward {
            build: 1.0,
            topology: Some(1.0),
            contact: Some(factor),
            semantic_parts: parts.semantic,
            reference_similarity: parts.similarity,
            silhouette: parts.silhouette,
            editability: parts.editability,
            efficiency: None,
            total: factor * parts.sum_of_terms(),
        }
    }

    proptest! {
        #[test]
        fn contributions_of_components_sum_to_the_total(
            semantic in prop::option::of(0.0..=1.0f64),
            of_reference in prop::option::of((0.0..=1.0f64, 0.0..=1.0f64)),
            editability in prop::option::of(0.0..=1.0f64),
            factor in 0.09..=1.0f64,
        ) {
            let parts = ComponentScores {
                semantic,
                similarity: of_reference.map(|(similarity, _)| similarity),
                silhouette: of_reference.map(|(_, silhouette)| silhouette),
                editability,
            };
            let reward = reward(parts, factor);
            let sum: f64 = Component::ALL.iter().filter_map(|&component| added(&reward, component)).sum();
            prop_assert!((sum - reward.total).abs() < 1e-12, "{sum} of {}", reward.total);
        }
    }

    #[test]
    fn full_components_score_one_whatever_was_measured() {
        for of_reference in [None, Some(1.0)] {
            for editability in [None, Some(1.0)] {
                let parts = ComponentScores {
                    semantic: Some(1.0),
                    similarity: of_reference,
                    silhouette: of_reference,
                    editability,
                };
                assert!((parts.sum_of_terms() - 1.0).abs() < 1e-12, "{parts:?}");
            }
        }
    }
}

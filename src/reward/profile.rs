//! What a score is asked for: profile, mode and shaping, and the weights of each profile.

use serde::{Deserialize, Serialize};

use super::components::Component;

/// A set of formulas that turn evidence into a total.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
pub enum Profile {
    /// The published environment, including every constant.
    #[default]
    #[serde(rename = "cadforge-v1")]
    #[value(name = "cadforge-v1")]
    CadforgeV1,
    /// Rewards geometry only, measured by the task's checks.
    #[serde(rename = "grounded-v2")]
    #[value(name = "grounded-v2")]
    GroundedV2,
}

/// How much is measured.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Without surface sampling and rasterisation.
    Fast,
    /// All measurements.
    #[default]
    Full,
}

/// Adjustment of the total for training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Shaping {
    /// The total itself.
    #[default]
    None,
    /// The strict shaping of the published GRPO runs.
    Strict,
    /// For grounded-v2: the wording of the script has no influence.
    Grounded,
}

impl Profile {
    /// The profile of programs that are not told otherwise. [`Profile::default`] is that of data that names none: the
    /// published one.
    pub const OF_PROGRAMS: Self = Self::GroundedV2;

    /// 16 hex digits of the profile's definition: scores of equal digests are on one scale. Comments and tests do not
    /// change it, and an edit of grounded-v2 does not change that of cadforge-v1.
    pub fn digest(self) -> &'static str {
        match self {
            Self::CadforgeV1 => env!("CADFORGE_V1_DIGEST"),
            Self::GroundedV2 => env!("GROUNDED_V2_DIGEST"),
        }
    }

    /// Weight of a component in the total; 0 if the mode leaves it out. The weights of a mode sum to 1.
    ///
    /// Under grounded-v2: the weights of a task with a reference and tested editability; topology, contact and fit
    /// multiply the sum, and editability is multiplied by the semantic score.
    pub fn weight(self, mode: Mode, component: Component) -> f64 {
        match self {
            Self::CadforgeV1 => Self::published(mode, component),
            Self::GroundedV2 => Self::grounded(mode, component),
        }
    }

    /// The total at which an attempt has reached its target; under grounded-v2 every check must pass as well.
    pub fn target(self) -> f64 {
        match self {
            Self::CadforgeV1 => 0.92,
            // The reference itself scores 1.
            Self::GroundedV2 => 0.90,
        }
    }

    fn grounded(mode: Mode, component: Component) -> f64 {
        match (mode, component) {
            (_, Component::Build) => 0.10,
            (Mode::Fast, Component::SemanticParts) => 0.90,
            (Mode::Full, Component::SemanticParts) => 0.50,
            (Mode::Full, Component::ReferenceSimilarity) => 0.20,
            (Mode::Full, Component::Silhouette) => 0.05,
            (Mode::Full, Component::Editability) => 0.15,
            _ => 0.0,
        }
    }

    fn published(mode: Mode, component: Component) -> f64 {
        let (fast, full) = match component {
            Component::Build => (0.22, 0.18),
            Component::Topology => (0.17, 0.17),
            Component::Contact => (0.12, 0.10),
            Component::SemanticParts => (0.25, 0.15),
            Component::ReferenceSimilarity => (0.10, 0.15),
            Component::Silhouette => (0.0, 0.10),
            Component::Editability => (0.10, 0.10),
            Component::Efficiency => (0.04, 0.05),
        };
        match mode {
            Mode::Fast => fast,
            Mode::Full => full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_a_digest_of_its_own() {
        let digests = [Profile::CadforgeV1, Profile::GroundedV2].map(Profile::digest);
        assert_ne!(digests[0], digests[1]);
        for digest in digests {
            assert!(
                digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{digest}"
            );
        }
    }

    #[test]
    fn weights_of_each_mode_sum_to_one() {
        for profile in [Profile::CadforgeV1, Profile::GroundedV2] {
            for mode in [Mode::Fast, Mode::Full] {
                let sum: f64 = Component::ALL
                    .iter()
                    .map(|&component| profile.weight(mode, component))
                    .sum();
                assert!((sum - 1.0).abs() < 1e-12, "{profile:?} {mode:?}: {sum}");
            }
        }
    }
}

//! Chooses variants of a script while a worker holds it.

use cadforge_geometry::MassProperties;

/// Variants to run next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variants {
    /// At most [`MAX_VARIANTS`](cadforge_protocol::frame::MAX_VARIANTS) scripts; none ends the candidate.
    pub scripts: Vec<Vec<u8>>,
    /// Whether they reuse the kernel's results of the candidate's own run, where these cannot depend on the changed dimensions.
    /// That takes about half of the time. Volumes are equal; rarely, neighbouring faces are not merged.
    pub reuse: bool,
}

/// Chooses variants of a candidate: scripts that differ from it in named dimensions.
pub trait Vary: Send + Sync {
    /// The variants to run next.
    ///
    /// First called with an empty `changed`, once the candidate has built; then with the mass properties of the variants of the
    /// last call, in order, `None` for one that does not build. If the worker dies, all begins again.
    fn next(&self, nominal: &MassProperties, changed: &[Option<MassProperties>]) -> Variants;
}

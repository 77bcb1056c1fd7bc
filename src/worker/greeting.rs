//! The first message of the zygote to the supervisor.

use std::io;

use cadforge_platform::kernel::SandboxSupport;
use cadforge_protocol::WorkerVersions;
use cadforge_protocol::frame::read_frame;
use serde::{Deserialize, Serialize};

/// Description of a zygote that has loaded CadQuery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ZygoteInfo {
    pub(crate) versions: WorkerVersions,
    /// Support of this kernel for the sandbox of its children.
    pub(crate) sandbox: SandboxSupport,
    /// Address space of the idle process in bytes.
    pub(crate) address_space: u64,
    /// Resident set of the idle process in bytes.
    pub(crate) resident: u64,
}

pub(crate) fn read(from: &mut impl io::Read) -> Result<Result<ZygoteInfo, String>, String> {
    let frame = read_frame::<Result<ZygoteInfo, String>>(from).map_err(|error| error.to_string())?;
    frame
        .map(|(greeting, _)| greeting)
        .ok_or_else(|| "the interpreter ended while starting".to_owned())
}

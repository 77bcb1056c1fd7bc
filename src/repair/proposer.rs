//! The contract between the loop and whoever proposes.

use cadforge_core::task::Task;
use cadforge_executor::CancelToken;
use cadforge_geometry::Shape;
use cadforge_trajectory::{Origin, Step};

/// Turns a task and a history into a whole candidate file and a reason.
///
/// A proposer keeps no memory of the loop: all it goes by is in the [`ProposalRequest`], so that a loop can be resumed from its
/// trajectory, and so that the candidates of a group can be asked for at the same time.
pub trait Proposer: Sync {
    /// Where its candidates come from; also its name in a trajectory's header.
    fn origin(&self) -> Origin;

    /// All that decides what it proposes besides what it is asked, in a line: a loop that was killed is gone on with by
    /// an equal one alone.
    fn plan(&self) -> String {
        self.origin().name().to_owned()
    }

    /// One candidate; its text goes to `hear` as it arrives. `None`: it has nothing more to propose.
    ///
    /// Returns soon after `cancel` fires, with whatever result.
    fn propose(
        &self,
        ask: &ProposalRequest<'_>,
        hear: &mut dyn FnMut(&str),
        cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError>;
}

/// What a proposer is asked.
#[derive(Clone, Copy, Debug)]
pub struct ProposalRequest<'a> {
    /// The task.
    pub task: &'a Task,
    /// All steps so far with their code, reward and failure, failed proposals included; the seed first, never empty.
    pub history: &'a [Step],
    /// Index of the step to go on from.
    pub head: usize,
    /// That step's geometry, if it built.
    pub shape: Option<&'a Shape>,
    /// Which candidate of the group this is, from 0; two of a group should differ.
    pub candidate: usize,
}

impl<'a> ProposalRequest<'a> {
    /// The step to go on from.
    pub fn head(&self) -> &'a Step {
        &self.history[self.head]
    }
}

/// A candidate as it was proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposed {
    /// The whole file.
    pub code: String,
    /// Why this edit, in a line.
    pub reason: String,
    /// The rule behind it, if one is.
    pub rule: Option<String>,
    /// The whole raw text, where it is more than the code.
    pub text: Option<String>,
    /// Whether the answer was cut by its token limit.
    pub clipped: bool,
    /// What the person who asked should know.
    pub warnings: Vec<String>,
    /// When the loop goes on from it.
    pub keep: Keep,
    /// The step that it was made from, if that is not the head: a branch.
    pub from: Option<usize>,
}

/// When the loop goes on from a candidate instead of from where it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Always: a recording is followed whatever it scores.
    #[default]
    Always,
    /// If it scores no less.
    NoWorse,
    /// If it clears the failure and breaks nothing.
    Clears,
    /// If the geometry is the same and the score is higher.
    SameGeometry,
    /// If the score is higher.
    Better,
    /// As a recording says.
    Recorded(bool),
}

/// Why there is no proposal. Never a score: the candidate was not at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProposeError {
    /// What went wrong, with the way out.
    pub message: String,
    /// Whether what was asked for is at fault (a wrong address or model name), not the other side.
    pub input: bool,
    /// What had arrived until then.
    pub partial: String,
}

//! The interface between the loop and its proposers.

use cadforge_executor::CancelToken;
use cadforge_geometry::Shape;
use cadforge_task::Task;
use cadforge_trajectory::{Origin, Step};

/// Kind of proposer, as the command line and the studio offer it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum ProposerKind {
    /// A recorded repair of the task
    #[default]
    Replay,
    /// The embedded rules; no model needed
    Rules,
    /// A model behind an OpenAI-compatible server, see --endpoint
    Endpoint,
}

impl ProposerKind {
    /// Its name on the command line and in the window.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Rules => "rules",
            Self::Endpoint => "endpoint",
        }
    }
}

/// Proposes a whole candidate file with a reason, from a task and a history.
///
/// A proposer has no state of the loop: its only input is the [`ProposalRequest`], so that a loop can be resumed from
/// its trajectory, and the candidates of a group can be requested in parallel.
pub trait Proposer: Sync {
    /// Origin of its candidates; also its name in a trajectory's header.
    fn origin(&self) -> Origin;

    /// One line with everything else that affects its proposals; only a loop with an equal line is resumed.
    fn plan(&self) -> String {
        self.origin().name().to_owned()
    }

    /// Proposes one candidate and streams its text to `on_text`. `None`: no further proposals. Returns soon after
    /// `cancel` fires, with any result.
    fn propose(
        &self,
        proposal_request: &ProposalRequest<'_>,
        on_text: &mut dyn FnMut(&str),
        cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError>;
}

/// Input of a proposer.
#[derive(Clone, Copy, Debug)]
pub struct ProposalRequest<'a> {
    /// The task.
    pub task: &'a Task,
    /// All steps so far with code, reward and failure, including failed proposals; the seed first, never empty.
    pub history: &'a [Step],
    /// Index of the step to continue from.
    pub head: usize,
    /// Geometry of that step, if it built.
    pub shape: Option<&'a Shape>,
    /// Index of the candidate in its group; candidates of a group should differ.
    pub candidate: usize,
}

impl<'a> ProposalRequest<'a> {
    /// The step to continue from.
    pub fn head(&self) -> &'a Step {
        &self.history[self.head]
    }
}

/// A proposed candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposed {
    /// The whole file.
    pub code: String,
    /// Reason of the edit, one line.
    pub reason: String,
    /// Name of the rule, if a rule made it.
    pub rule: Option<String>,
    /// The whole raw text, if it is more than the code.
    pub text: Option<String>,
    /// Whether the answer reached its token limit.
    pub clipped: bool,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// Condition for continuing from it.
    pub keep: Keep,
    /// Index of the step that it was made from, if not the head: a branch.
    pub from: Option<usize>,
}

/// Condition for continuing from a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Always: a recording is followed regardless of scores.
    #[default]
    Always,
    /// If it scores at least as much.
    NoWorse,
    /// If it clears the failure and breaks nothing.
    Clears,
    /// If the geometry is the same and the score is higher.
    SameGeometry,
    /// If the score is higher.
    Better,
    /// As recorded.
    Recorded(bool),
}

/// Why there is no proposal. Never a score, since no candidate is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProposeError {
    /// Message with a hint.
    pub message: String,
    /// Whether the input is at fault (a wrong address or model name) and not the server.
    pub input: bool,
    /// Text received so far.
    pub partial: String,
}

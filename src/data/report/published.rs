//! Published runs of this environment.

use serde::Serialize;

/// A published run; `None` for values that were not published.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Published {
    /// Model and training method.
    pub name: &'static str,
    /// Candidates.
    pub completions: Option<usize>,
    /// Candidates that built.
    pub built: Option<usize>,
    /// Mean reward.
    pub mean_reward: Option<f64>,
    /// Highest reward.
    pub best_reward: Option<f64>,
    /// Answers that reached their token limit.
    pub clipped: Option<usize>,
    /// First and last training loss.
    pub train_loss: Option<[f64; 2]>,
    /// First and last evaluation loss.
    pub eval_loss: Option<[f64; 2]>,
}

const NOTHING: Published = Published {
    name: "",
    completions: None,
    built: None,
    mean_reward: None,
    best_reward: None,
    clipped: None,
    train_loss: None,
    eval_loss: None,
};

/// The seven runs, in the order of their publication.
pub const PUBLISHED: [Published; 7] = [
    Published {
        name: "2B SFT",
        train_loss: Some([1.4480, 0.1658]),
        eval_loss: Some([0.4477, 0.2676]),
        ..NOTHING
    },
    Published {
        name: "2B dense GRPO",
        completions: Some(160),
        built: Some(0),
        mean_reward: Some(0.3387),
        best_reward: Some(0.5303),
        ..NOTHING
    },
    Published {
        name: "9B SFT",
        train_loss: Some([2.6020, 0.1413]),
        eval_loss: Some([0.3650, 0.2398]),
        ..NOTHING
    },
    Published {
        name: "9B dense GRPO",
        completions: Some(160),
        built: Some(0),
        mean_reward: Some(0.4355),
        best_reward: Some(0.6828),
        ..NOTHING
    },
    Published {
        name: "9B strict GRPO",
        completions: Some(320),
        built: Some(96),
        best_reward: Some(0.9352),
        ..NOTHING
    },
    Published {
        name: "adaptive repair v1",
        completions: Some(120),
        built: Some(0),
        ..NOTHING
    },
    Published {
        name: "adaptive repair 8192",
        completions: Some(180),
        built: Some(53),
        best_reward: Some(0.882),
        clipped: Some(0),
        ..NOTHING
    },
];

//! Asks for what is made of the training run that is open.

use std::sync::Arc;

use super::Controller;
use crate::locate::{self, Overrides};
use crate::studio::made::{self, Making, Repaired};

impl Controller {
    pub(super) fn make(&mut self, making: Making) {
        let Some(rows) = self.state.rows.clone() else {
            return self.tell("no training run is open\nhint: open a JSONL file of candidates (Ctrl+O)");
        };
        let path = making.path(&rows.path);
        if making == Making::Repair {
            let card = self.state.card();
            // Rows are named by their number.
            let number = |name: &str| name.strip_prefix("row ")?.parse::<usize>().ok()?.checked_sub(1);
            let (Some(row), Some(scored)) = (card.row.as_deref().and_then(number), card.scored()) else {
                return self.tell(
                    "the code on screen is no scored repair of a row\nhint: open a row, change its code and wait for its score",
                );
            };
            if scored.revision != card.revision {
                return self.tell("the code on screen is not scored yet\nhint: wait for its score");
            }
            let repaired = Repaired {
                row,
                code: card.code.clone(),
                evaluation: scored.evaluation.clone(),
            };
            return self.files.make(path, move || made::keep_repair(&rows, &repaired));
        }
        let tasks = made::task_set(
            self.state
                .sessions
                .iter()
                .map(|session| Arc::clone(&session.task)),
        );
        let prompts = locate::assets(&Overrides::default())
            .ok()
            .map(|assets| assets.join("prompts"));
        self.files.make(path, move || {
            made::make(making, &rows.path, &tasks, prompts.as_deref())
        });
    }
}

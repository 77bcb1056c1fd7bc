//! Labels, shortcuts and requirements of commands without arguments.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::Command;
use super::menus::actions;

/// Name, label and shortcut of a command without arguments.
#[derive(Clone, Debug)]
pub struct ActionInfo {
    pub command: Command,
    /// Stable id.
    pub name: &'static str,
    /// Displayed name.
    pub label: &'static str,
    pub shortcut: Option<KeyboardShortcut>,
    /// Without it the command is disabled.
    pub requirement: Requirement,
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    Nothing,
    /// No repair is running, and the proposer can make a step.
    Repair,
    PendingProposal,
    ModelServer,
    RunningJob,
    /// A score of the card on screen.
    Score,
    /// The card on screen is one of several candidates.
    Group,
    /// Steps besides the seed.
    Steps,
    /// Something was built.
    Shape,
    /// An open training run.
    Rows,
    /// An open training run that is not in a store.
    UnstoredRows,
    ServerOff,
    ServerOn,
}

/// A menu: groups of actions, separated by lines.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// Label of a submenu; none for the main menu.
    pub label: Option<&'static str>,
    pub groups: &'static [&'static [ActionInfo]],
}

impl ActionInfo {
    pub(super) const fn new(command: Command, name: &'static str, label: &'static str) -> Self {
        Self {
            command,
            name,
            label,
            shortcut: None,
            requirement: Requirement::Nothing,
        }
    }

    pub(super) const fn keys(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.shortcut = Some(KeyboardShortcut::new(modifiers, key));
        self
    }

    pub(super) const fn requires(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }
}

impl Command {
    /// Entry in the menus, if it has one.
    pub fn info(&self) -> Option<&'static ActionInfo> {
        actions().find(|info| info.command == *self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn actions_have_unique_names_and_shortcuts() {
        for info in actions() {
            let found = info.command.info().map(|found| found.name);
            assert_eq!(found, Some(info.name), "listed twice");
        }
        let names: BTreeSet<_> = actions().map(|info| info.name).collect();
        assert_eq!(names.len(), actions().count());
        let keys: Vec<_> = actions().filter_map(ActionInfo::keys_text).collect();
        assert_eq!(keys.len(), keys.iter().collect::<BTreeSet<_>>().len());
    }
}

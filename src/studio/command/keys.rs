//! Keyboard shortcuts: display and matching.

use egui::{Key, KeyboardShortcut};

use super::actions::CTRL;
use super::{ACTIONS, Action, ActionInfo, EditorAction};

impl ActionInfo {
    /// Shortcut as text, e.g. `Ctrl+Shift+Enter`.
    pub fn keys(&self) -> Option<String> {
        let shortcut = self.shortcut?;
        let mut text = String::new();
        for (held, name) in [
            (shortcut.modifiers.command || shortcut.modifiers.ctrl, "Ctrl+"),
            (shortcut.modifiers.alt, "Alt+"),
            (shortcut.modifiers.shift, "Shift+"),
        ] {
            if held {
                text.push_str(name);
            }
        }
        text.push_str(match shortcut.logical_key {
            Key::ArrowLeft => "Left",
            Key::ArrowRight => "Right",
            Key::Escape => "Esc",
            key => key.name(),
        });
        Some(text)
    }
}

/// Additional shortcuts that menus do not display.
const ALTERNATIVES: [(Action, KeyboardShortcut); 1] = [(
    Action::Editor(EditorAction::Redo),
    KeyboardShortcut::new(CTRL, Key::Y),
)];

/// Removes pressed shortcuts from the input, so that text fields do not receive them.
///
/// Keys of an action that is not `usable` keep their usual meaning.
pub fn pressed(input: &mut egui::InputState, usable: impl Fn(Action) -> bool) -> Vec<Action> {
    let mut actions: Vec<_> = ACTIONS
        .iter()
        .filter_map(|info| Some((info.action, info.shortcut?)))
        .chain(ALTERNATIVES)
        .collect();
    // Matching ignores extra modifiers, so shortcuts with more modifiers go first.
    actions.sort_by_key(|(_, keys)| {
        std::cmp::Reverse(
            [keys.modifiers.shift, keys.modifiers.alt, keys.modifiers.command]
                .map(u8::from)
                .iter()
                .sum::<u8>(),
        )
    });
    actions
        .into_iter()
        .filter(|(action, keys)| usable(*action) && input.consume_shortcut(keys))
        .map(|(action, _)| action)
        .collect()
}

#[cfg(test)]
mod tests {
    use egui::Modifiers;

    use super::super::actions::CTRL_SHIFT;
    use super::*;

    #[test]
    fn the_shortcut_with_more_modifiers_wins() {
        let press = |modifiers| {
            let mut input = egui::InputState::default();
            input.events.push(egui::Event::Key {
                key: Key::Enter,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            });
            pressed(&mut input, |_| true)
        };
        assert_eq!(press(CTRL | Modifiers::CTRL), [Action::Propose]);
        assert_eq!(press(CTRL_SHIFT | Modifiers::CTRL), [Action::RunLoop]);
        assert!(press(Modifiers::NONE).is_empty());
    }

    #[test]
    fn escape_is_not_consumed_without_running_jobs() {
        let mut input = egui::InputState::default();
        input.events.push(egui::Event::Key {
            key: Key::Escape,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        });
        assert!(pressed(&mut input, |action| action != Action::Cancel).is_empty());
        assert_eq!(pressed(&mut input, |_| true), [Action::Cancel]);
    }
}

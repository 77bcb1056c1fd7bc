//! Keyboard shortcuts: display and matching.

use egui::{Key, KeyboardShortcut};

use super::menus::CTRL;
use super::{ActionInfo, Command, EditorAction, WindowCommand, actions};

impl ActionInfo {
    /// Shortcut as text, e.g. `Ctrl+Shift+Enter`.
    pub fn keys_text(&self) -> Option<String> {
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
const ALTERNATIVES: [(Command, KeyboardShortcut); 1] = [(
    Command::Window(WindowCommand::Editor(EditorAction::Redo)),
    KeyboardShortcut::new(CTRL, Key::Y),
)];

/// Removes pressed shortcuts from the input, so that text fields do not receive them.
///
/// Keys of a command that is not `usable` keep their usual meaning.
pub fn pressed(input: &mut egui::InputState, usable: impl Fn(&Command) -> bool) -> Vec<Command> {
    let mut shortcuts: Vec<_> = actions()
        .filter_map(|info| Some((info.command.clone(), info.shortcut?)))
        .chain(ALTERNATIVES)
        .collect();
    // Matching ignores extra modifiers, so shortcuts with more modifiers go first.
    shortcuts.sort_by_key(|(_, keys)| {
        std::cmp::Reverse(
            [keys.modifiers.shift, keys.modifiers.alt, keys.modifiers.command]
                .map(u8::from)
                .iter()
                .sum::<u8>(),
        )
    });
    shortcuts
        .into_iter()
        .filter(|(command, keys)| usable(command) && input.consume_shortcut(keys))
        .map(|(command, _)| command)
        .collect()
}

#[cfg(test)]
mod tests {
    use egui::Modifiers;

    use super::super::ControllerCommand;
    use super::super::menus::CTRL_SHIFT;
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
        assert_eq!(press(CTRL | Modifiers::CTRL), [ControllerCommand::Propose.into()]);
        assert_eq!(
            press(CTRL_SHIFT | Modifiers::CTRL),
            [ControllerCommand::RunLoop.into()]
        );
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
        let cancel = Command::from(ControllerCommand::Cancel);
        assert!(pressed(&mut input, |command| *command != cancel).is_empty());
        assert_eq!(pressed(&mut input, |_| true), [cancel]);
    }
}

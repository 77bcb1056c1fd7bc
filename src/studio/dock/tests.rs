use super::shares::distribute;
use super::*;
/// Displays an arrangement and returns the rectangle of each panel.
fn layout(dock: &mut Dock, size: Vec2) -> Vec<(PanelKind, Rect)> {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut places = Vec::new();
    let input = egui::RawInput {
        screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, size)),
        ..egui::RawInput::default()
    };
    ctx.run_ui(input, |ui| {
        places.clear();
        dock.show(false, ui, &mut |kind, ui| places.push((kind, ui.max_rect())));
    })
    .drop_without_applying_deltas();
    places.sort_by_key(|(kind, _)| *kind);
    places
}

fn of(places: &[(PanelKind, Rect)], wanted: PanelKind) -> Rect {
    places.iter().find(|(kind, _)| *kind == wanted).unwrap().1
}

#[test]
fn work_panels_take_the_remaining_space() {
    let mut parts = [200.0, 400.0, 600.0, 300.0];
    distribute(&mut parts, &[false, true, true, false], 2000.0);
    assert_eq!(parts, [200.0, 600.0, 900.0, 300.0]);
    distribute(&mut parts, &[false, true, true, false], 500.0);
    assert!(parts.iter().all(|part| *part > 50.0), "{parts:?}");
    assert!((parts.iter().sum::<f32>() - 500.0).abs() < 0.1, "{parts:?}");
    let mut dropped = [300.0, 1.0];
    distribute(&mut dropped, &[false, false], 600.0);
    assert_eq!(dropped, [300.0, 300.0]);
}

#[test]
fn panels_fill_windows_of_every_size_without_overlap() {
    for size in [
        vec2(900.0, 530.0),
        vec2(960.0, 530.0),
        vec2(1280.0, 650.0),
        vec2(2560.0, 1370.0),
    ] {
        let mut dock = Dock::default();
        let places = layout(&mut dock, size);
        assert_eq!(places.len(), 6, "all but those of a run");
        let area: f32 = places.iter().map(|(_, rect)| rect.area()).sum();
        assert!((area / size.x / size.y - 1.0).abs() < 0.02, "{places:?}");
        assert!(of(&places, PanelKind::Reward).width() >= 239.0);
        // The minimum width of the view's toolbar and of readable code.
        assert!(of(&places, PanelKind::View).width() >= 260.0, "{places:?}");
        assert!(of(&places, PanelKind::Editor).width() >= 220.0, "{places:?}");
    }
}

#[test]
fn a_hidden_panel_leaves_its_space_to_the_work_panels_and_returns() {
    let size = vec2(1600.0, 900.0);
    let mut dock = Dock::default();
    let before = layout(&mut dock, size);
    dock.toggle(PanelKind::Tasks);
    let without = layout(&mut dock, size);
    assert!(!dock.is_shown(PanelKind::Tasks) && without.len() == 5);
    let reward = |places: &[_]| of(places, PanelKind::Reward).width().round();
    assert_eq!(reward(&before), reward(&without));
    dock.toggle(PanelKind::Tasks);
    let after = layout(&mut dock, size);
    for ((kind, a), (_, b)) in before.iter().zip(&after) {
        assert!(
            (a.min - b.min).length() < 2.0 && (a.max - b.max).length() < 2.0,
            "{kind:?}: {a} {b}"
        );
    }
}

#[test]
fn a_saved_arrangement_is_restored_and_a_malformed_one_is_ignored() {
    let size = vec2(1600.0, 900.0);
    let mut dock = Dock::default();
    layout(&mut dock, size);
    assert_eq!(dock.saved(), None, "what is usual follows the window");
    dock.toggle(PanelKind::Console);
    let shown = layout(&mut dock, size);
    let saved = dock.saved().unwrap();
    let text = serde_json::to_string(&saved).unwrap();
    let mut other = Dock::default();
    other.restore(&serde_json::from_str(&text).unwrap());
    let again = layout(&mut other, size);
    assert_eq!(again.len(), shown.len());
    for ((kind, a), (_, b)) in shown.iter().zip(&again) {
        assert!((a.min - b.min).length() < 3.0, "{kind:?}: {a} {b}");
    }
    let half = Saved::Row(vec![(100, Saved::Panel(PanelKind::Editor, true))]);
    other.restore(&half);
    assert_eq!(layout(&mut other, size).len(), shown.len());
}

#[test]
fn the_layout_can_be_reset_while_all_panels_are_hidden() {
    let mut dock = Dock::default();
    for kind in PanelKind::ALL {
        if dock.is_shown(kind) {
            dock.toggle(kind);
        }
    }
    assert!(layout(&mut dock, vec2(1280.0, 650.0)).is_empty());
    dock.reset();
    assert_eq!(layout(&mut dock, vec2(1280.0, 650.0)).len(), 6);
}

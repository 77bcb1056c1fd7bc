//! Colours, sizes and fonts of the window, dark and light.
//!
//! Both themes use one order of emphasis: quiet surfaces one step apart, hairlines instead of frames, one accent, and colour
//! only where it has a meaning (seed, step, good, bad).

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::epaint::text::{FontTweak, HintingTarget, SmoothHinting};
use egui::style::{ScrollStyle, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke,
    Style, TextStyle, Theme, Ui, Visuals, vec2,
};

/// Height of a panel's header, points.
pub const HEADER: f32 = 34.0;
/// Height of a list row, points.
pub const ROW: f32 = 30.0;
/// Size of body text, points.
pub const TEXT: f32 = 13.0;
/// Size of small text and status lines, points.
pub const SMALL: f32 = 11.5;
/// Size of code, points.
pub const CODE: f32 = 12.5;
/// Distance between two lines of code, points.
pub const CODE_LINE: f32 = 20.0;
/// Corner radius of cards and buttons, points.
pub const RADIUS: u8 = 6;
/// Padding of a panel, points.
pub const PAD: f32 = 12.0;

/// Colours by role. Panels name a role, never a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Window background.
    pub background: Color32,
    /// Panel background.
    pub pane: Color32,
    /// Buttons, cards and fields on a panel.
    pub raised: Color32,
    pub line: Color32,
    pub text: Color32,
    /// Explanatory text.
    pub dim: Color32,
    /// Least prominent text: line numbers, unset values.
    pub faint: Color32,
    /// The single accent.
    pub accent: Color32,
    /// Fill of selected items.
    pub selected: Color32,
    /// Fill of the primary button.
    pub primary: Color32,
    /// The weak seed, in all panels.
    pub seed: Color32,
    /// A step, in all panels.
    pub step: Color32,
    /// Failures.
    pub bad: Color32,
    /// Fill behind failures.
    pub bad_fill: Color32,
    /// Gains.
    pub good: Color32,
    /// Neither good nor bad.
    pub warn: Color32,
    /// Empty part of a bar.
    pub track: Color32,
    /// Colours of code.
    pub code: CodePalette,
}

/// Syntax colours of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodePalette {
    /// `def`, `return`, `import` …
    pub keyword: Color32,
    /// String literals.
    pub string: Color32,
    /// Number literals and constants.
    pub number: Color32,
    /// Called names and methods.
    pub call: Color32,
    pub comment: Color32,
    /// Everything else.
    pub text: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The dark theme.
pub const DARK: Palette = Palette {
    background: rgb(0x11_1317),
    pane: rgb(0x17_1a1f),
    raised: rgb(0x1c_2026),
    line: rgb(0x26_2b33),
    text: rgb(0xd7_dbe2),
    dim: rgb(0x8a_93a1),
    faint: rgb(0x5c_6470),
    accent: rgb(0x5a_a9e6),
    selected: rgb(0x20_3040),
    primary: rgb(0x2b_6cb3),
    seed: rgb(0xdc_8c6b),
    step: rgb(0x61_a89e),
    bad: rgb(0xe5_645d),
    bad_fill: rgb(0x32_1b1e),
    good: rgb(0x7f_bf6a),
    warn: rgb(0xe0_b04c),
    track: rgb(0x2a_3038),
    code: CodePalette {
        keyword: rgb(0xc7_8ee0),
        string: rgb(0x97_c279),
        number: rgb(0xe3_a663),
        call: rgb(0x73_b7f2),
        comment: rgb(0x6d_7684),
        text: rgb(0xd7_dbe2),
    },
};

/// The light theme, in the same order of emphasis.
pub const LIGHT: Palette = Palette {
    background: rgb(0xe9_ebee),
    pane: rgb(0xf7_f8f9),
    raised: rgb(0xff_ffff),
    line: rgb(0xd8_dce1),
    text: rgb(0x20_252c),
    dim: rgb(0x5b_6573),
    faint: rgb(0x97_9fab),
    accent: rgb(0x1c_74bd),
    selected: rgb(0xdc_eaf6),
    primary: rgb(0x1c_6ab5),
    seed: rgb(0xb9_5f3a),
    step: rgb(0x2d_7d72),
    bad: rgb(0xc2_3b34),
    bad_fill: rgb(0xfb_e6e4),
    good: rgb(0x3d_7f2a),
    warn: rgb(0x9a_6c08),
    track: rgb(0xdf_e3e8),
    code: CodePalette {
        keyword: rgb(0x8b_3fae),
        string: rgb(0x3d_7f2a),
        number: rgb(0xa6_5a12),
        call: rgb(0x1c_67ad),
        comment: rgb(0x7f_8794),
        text: rgb(0x20_252c),
    },
};

/// Colours that `ui` is drawn with.
pub fn of(ui: &Ui) -> &'static Palette {
    of_visuals(ui.visuals())
}

/// Colours of a theme.
pub fn of_visuals(visuals: &Visuals) -> &'static Palette {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

/// Medium weight at `size`.
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("medium".into()))
}

/// Semibold weight at `size`.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("semibold".into()))
}

/// Regular weight at `size`.
pub fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Code font at `size`.
pub fn mono(size: f32) -> FontId {
    FontId::monospace(size)
}

pub fn hairline(palette: &Palette) -> Stroke {
    Stroke::new(1.0, palette.line)
}

/// Installs fonts and both styles in a context.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    // Glyphs are aligned to whole pixels: even stems and aligned columns of figures matter more here than spacing.
    let tweak = FontTweak {
        hinting_target: HintingTarget::Smooth(SmoothHinting::default()),
        ..FontTweak::default()
    };
    let mut add = |name: &str, bytes: &'static [u8]| {
        let data = FontData::from_static(bytes).tweak(tweak.clone());
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    };
    add("Inter", include_bytes!("../../assets/fonts/Inter-Regular.otf"));
    add(
        "Inter Medium",
        include_bytes!("../../assets/fonts/Inter-Medium.otf"),
    );
    add(
        "Inter SemiBold",
        include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
    );
    add(
        "JetBrains Mono",
        include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"),
    );

    // egui's fonts stay as fallbacks for missing glyphs.
    let fallback = fonts.families[&FontFamily::Proportional].clone();
    let family = |first: &str| -> Vec<String> {
        let mut names = vec![first.to_owned(), "JetBrains Mono".to_owned()];
        names.extend(fallback.iter().cloned());
        names
    };
    fonts.families = BTreeMap::from([
        (FontFamily::Proportional, family("Inter")),
        (FontFamily::Name("medium".into()), family("Inter Medium")),
        (FontFamily::Name("semibold".into()), family("Inter SemiBold")),
        (FontFamily::Monospace, {
            let mut names = vec!["JetBrains Mono".to_owned(), "Inter".to_owned()];
            names.extend(fallback.iter().cloned());
            names
        }),
    ]);
    fonts
}

fn style(palette: &Palette, base: Visuals) -> Style {
    let mut style = Style {
        text_styles: BTreeMap::from([
            (TextStyle::Small, regular(SMALL)),
            (TextStyle::Body, regular(TEXT)),
            (TextStyle::Button, regular(TEXT)),
            (TextStyle::Heading, semibold(TEXT)),
            (TextStyle::Monospace, mono(CODE)),
        ]),
        // No animations: fades cost frames and carry no information.
        animation_time: 0.0,
        scroll_animation: egui::style::ScrollAnimation::none(),
        visuals: visuals(palette, base),
        ..Style::default()
    };
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(10.0, 5.0);
    style.spacing.interact_size = vec2(24.0, 26.0);
    style.spacing.menu_margin = Margin::same(8);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.combo_width = 60.0;
    style.spacing.icon_width = 14.0;
    style.spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        floating_allocated_width: 0.0,
        dormant_handle_opacity: 0.35,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        ..ScrollStyle::floating()
    };
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style
}

fn visuals(palette: &Palette, base: Visuals) -> Visuals {
    let radius = CornerRadius::same(RADIUS);
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: radius,
        expansion: 0.0,
    };
    let lifted = blend(palette.raised, palette.text, 0.06);
    let mut visuals = Visuals {
        widgets: Widgets {
            noninteractive: widget(palette.pane, palette.line, palette.text),
            inactive: widget(palette.raised, palette.line, palette.text),
            hovered: widget(lifted, blend(palette.line, palette.text, 0.18), palette.text),
            active: widget(palette.selected, palette.accent, palette.text),
            open: widget(lifted, palette.accent, palette.text),
        },
        weak_text_color: Some(palette.dim),
        hyperlink_color: palette.accent,
        faint_bg_color: palette.raised,
        extreme_bg_color: palette.background,
        text_edit_bg_color: Some(palette.background),
        code_bg_color: palette.raised,
        warn_fg_color: palette.warn,
        error_fg_color: palette.bad,
        window_corner_radius: CornerRadius::same(RADIUS + 2),
        menu_corner_radius: radius,
        window_fill: palette.raised,
        window_stroke: Stroke::new(1.0, blend(palette.line, palette.text, 0.08)),
        window_shadow: Shadow {
            offset: [0, 8],
            blur: 24,
            spread: 0,
            color: Color32::from_black_alpha(110),
        },
        popup_shadow: Shadow {
            offset: [0, 4],
            blur: 16,
            spread: 0,
            color: Color32::from_black_alpha(90),
        },
        panel_fill: palette.pane,
        ..base
    };
    visuals.selection.bg_fill = blend(palette.pane, palette.accent, 0.32);
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.text_cursor.stroke = Stroke::new(1.5, palette.accent);
    // A blinking caret would repaint an idle window twice a second.
    visuals.text_cursor.blink = false;
    visuals.disabled_alpha = 0.45;
    visuals
}

/// Colour at `share` (0 to 1) between `from` and `to`.
pub fn blend(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |color: Color32| {
            let linear = |byte: u8| {
                let c = f32::from(byte) / 255.0;
                if c <= 0.04045 {
                    c / 12.92
                } else {
                    ((c + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_in_both_themes() {
        for palette in [&DARK, &LIGHT] {
            for surface in [palette.background, palette.pane, palette.raised] {
                assert!(contrast(palette.text, surface) >= 7.0);
                assert!(
                    contrast(palette.dim, surface) >= 4.5,
                    "{:?} on {surface:?}",
                    palette.dim
                );
                for meaning in [
                    palette.accent,
                    palette.seed,
                    palette.step,
                    palette.bad,
                    palette.good,
                ] {
                    assert!(contrast(meaning, surface) >= 3.0, "{meaning:?} on {surface:?}");
                }
            }
            assert!(contrast(palette.text, palette.bad_fill) >= 7.0);
            assert!(contrast(Color32::WHITE, palette.primary) >= 4.5);
        }
    }

    #[test]
    fn digits_have_equal_width_in_all_weights() {
        let ctx = Context::default();
        install(&ctx);
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            for font in [regular(TEXT), medium(TEXT), semibold(TEXT), mono(CODE)] {
                let width = |c| ui.fonts_mut(|fonts| fonts.glyph_width(&font, c));
                for figure in '0'..='9' {
                    // Inter Medium's 4 is a thousandth narrower; a tenth of a point is invisible.
                    assert!((width(figure) - width('0')).abs() < 0.1, "{figure} in {font:?}");
                }
                for shown in "+−·→▾✓…".chars() {
                    assert!(
                        ui.fonts_mut(|fonts| fonts.has_glyph(&font, shown)),
                        "{shown} in {font:?}"
                    );
                }
            }
        });
        output.drop_without_applying_deltas();
    }
}

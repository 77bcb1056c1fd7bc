//! Colours of the 3D view, dark and light.
//!
//! The seed is warm and a step is teal in all views; apart from the axes, no other colour is saturated.

use egui::Color32;

/// Role of a drawn shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The weak seed.
    Seed,
    /// A repaired or edited step.
    Step,
    /// The reference.
    Reference,
}

impl Tone {
    /// Colour of legends, bars and shapes of this role.
    pub fn color(self) -> Color32 {
        match self {
            Self::Seed => Color32::from_rgb(0xdc, 0x8c, 0x6b),
            Self::Step => Color32::from_rgb(0x61, 0xa8, 0x9e),
            Self::Reference => Color32::from_rgb(0xa3, 0xab, 0xb8),
        }
    }
}

/// Colours of the view except those of shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// Background.
    pub background: Color32,
    /// Chips, cards and buttons on the view.
    pub raised: Color32,
    /// Hairlines between panes and around cards.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub dim: Color32,
    /// Left border of a card with a failure.
    pub bad: Color32,
    /// Left border of a card with a remark.
    pub warn: Color32,
    /// Keyboard focus.
    pub accent: Color32,
    /// Edges of the boundary representation.
    pub edge: Color32,
    /// Edges of a shape that does not match the current code.
    pub stale_edge: Color32,
    /// A shape that does not match the current code.
    pub stale: Color32,
    /// Grid lines.
    pub grid: Color32,
    /// Every fifth or tenth grid line.
    pub grid_major: Color32,
    /// The x, y and z axes.
    pub axes: [Color32; 3],
    /// Distances: far inside, at the surface, far outside. They differ in lightness and as blue and orange, which people with
    /// red-green colour blindness can distinguish.
    pub heat: [Color32; 3],
}

impl Palette {
    /// The studio's dark theme.
    pub const DARK: Self = Self {
        background: Color32::from_rgb(0x17, 0x1a, 0x1f),
        raised: Color32::from_rgb(0x1c, 0x20, 0x26),
        line: Color32::from_rgb(0x26, 0x2b, 0x33),
        text: Color32::from_rgb(0xd7, 0xdb, 0xe2),
        dim: Color32::from_rgb(0x8a, 0x93, 0xa1),
        bad: Color32::from_rgb(0xe5, 0x64, 0x5d),
        warn: Color32::from_rgb(0xe0, 0xb0, 0x4c),
        accent: Color32::from_rgb(0x5a, 0xa9, 0xe6),
        edge: Color32::from_rgb(0x0e, 0x12, 0x16),
        stale_edge: Color32::from_rgb(0x1f, 0x23, 0x29),
        stale: Color32::from_rgb(0x6a, 0x71, 0x7c),
        grid: Color32::from_rgb(0x25, 0x2a, 0x31),
        grid_major: Color32::from_rgb(0x33, 0x39, 0x42),
        axes: [
            Color32::from_rgb(0xd9, 0x66, 0x5f),
            Color32::from_rgb(0x86, 0xb8, 0x6c),
            Color32::from_rgb(0x62, 0x96, 0xe0),
        ],
        heat: [
            Color32::from_rgb(0x3f, 0x8f, 0xe8),
            Color32::from_rgb(0xd3, 0xd7, 0xdd),
            Color32::from_rgb(0xe8, 0x7a, 0x1f),
        ],
    };

    /// The studio's light theme.
    pub const LIGHT: Self = Self {
        background: Color32::from_rgb(0xf6, 0xf7, 0xf9),
        raised: Color32::from_rgb(0xff, 0xff, 0xff),
        line: Color32::from_rgb(0xd9, 0xdd, 0xe3),
        text: Color32::from_rgb(0x1d, 0x22, 0x2a),
        dim: Color32::from_rgb(0x5d, 0x67, 0x76),
        bad: Color32::from_rgb(0xc8, 0x3f, 0x38),
        warn: Color32::from_rgb(0x9a, 0x6c, 0x08),
        accent: Color32::from_rgb(0x1f, 0x74, 0xb8),
        edge: Color32::from_rgb(0x23, 0x29, 0x31),
        stale_edge: Color32::from_rgb(0x52, 0x59, 0x64),
        stale: Color32::from_rgb(0xb4, 0xba, 0xc3),
        grid: Color32::from_rgb(0xe4, 0xe7, 0xec),
        grid_major: Color32::from_rgb(0xcf, 0xd4, 0xdb),
        axes: [
            Color32::from_rgb(0xc2, 0x45, 0x3d),
            Color32::from_rgb(0x4f, 0x8a, 0x36),
            Color32::from_rgb(0x2f, 0x66, 0xb8),
        ],
        heat: [
            Color32::from_rgb(0x1f, 0x63, 0xb5),
            Color32::from_rgb(0xe6, 0xe8, 0xec),
            Color32::from_rgb(0xc9, 0x5c, 0x08),
        ],
    };

    /// Colour of a distance; `share` is 1 at the outer limit and -1 at the inner limit.
    pub fn heat_at(&self, share: f32) -> Color32 {
        let [inside, none, outside] = self.heat;
        let end = if share < 0.0 { inside } else { outside };
        // Not egui's `lerp_to_gamma`: the shader mixes the stored values, and the legend must match it.
        let (from, to) = (none.to_array(), end.to_array());
        let share = share.abs().min(1.0);
        let [r, g, b, _] = std::array::from_fn(|i| {
            (f32::from(from[i]) + (f32::from(to[i]) - f32::from(from[i])) * share).round() as u8
        });
        Color32::from_rgb(r, g, b)
    }

    /// Palette of a theme.
    pub fn of(dark: bool) -> Self {
        if dark { Self::DARK } else { Self::LIGHT }
    }
}

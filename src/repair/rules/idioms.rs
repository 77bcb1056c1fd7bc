//! Calls that models often invent, with CadQuery's equivalent and mapped arguments.

use std::ops::Range;

use super::vocabulary::{RENAMED, WITHOUT_EFFECT};
use cadforge_python::{Call, Module, Node, nearest};

/// A rewrite of a call: a byte range, its replacement and a rank.
pub(super) struct Rewrite {
    pub range: Range<usize>,
    pub text: String,
    pub rank: u32,
}

/// All equivalents of an unknown method of a Workplane, the most likely first.
pub(super) fn rewrites(source: &Module<'_>, call: &Call<'_>) -> Vec<Rewrite> {
    let mut found = Vec::new();
    // Those that also insert text before the receiver.
    let mut whole = Vec::new();
    let Some(receiver) = call.receiver else {
        return found;
    };
    let plain: String = call
        .name
        .chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect();
    // From the end of the receiver, so that a dot on its own line is replaced too; comments between stay with the
    // receiver.
    let suffix = receiver.end_byte()..call.node.end_byte();
    let mut put = |rank: u32, text: String| {
        found.push(Rewrite {
            range: suffix.clone(),
            text,
            rank,
        });
    };
    let given = |names: &[&str], place: usize| argument(source, call, names, place);
    let list = || source.at(call.list).to_owned();
    for (real, invented) in RENAMED {
        if invented.contains(&plain.as_str()) && real != call.name {
            put(8, format!(".{real}{}", list()));
        }
    }
    match plain.as_str() {
        "annulus" | "ring" | "donut" | "washer" | "tube" | "pipe" | "hollowcylinder" | "annularring"
        | "circularring" | "tubing" => {
            let outer = radius(source, call, &["outer", "r1", "r_outer", "big", "od"], 0);
            let inner = radius(
                source,
                call,
                &["inner", "r2", "r_inner", "small", "id", "bore"],
                1,
            );
            let height = given(&["height", "length", "thickness", "depth", "h", "width"], 2);
            if let (Some(outer), Some(inner)) = (outer, inner) {
                let circles = format!(".circle({outer}).circle({inner})");
                match height {
                    Some(height) => put(6, format!("{circles}.extrude({height})")),
                    None => put(6, circles),
                }
            }
            // The height first, as in CadQuery's own cylinder.
            if call.args.len() == 3
                && let [a, b, c] = positional(source, call)[..]
            {
                put(7, format!(".circle({b}).circle({c}).extrude({a})"));
            }
        }
        "cone" | "frustum" | "truncatedcone" | "taperedcylinder" | "makecone" => cone(source, call, &mut put),
        "torus" | "maketorus" => {
            let big = radius(
                source,
                call,
                &["major", "big", "ring", "radius1", "r1", "outer"],
                0,
            );
            let small = radius(
                source,
                call,
                &["minor", "small", "tube", "radius2", "r2", "section"],
                1,
            );
            if let (Some(big), Some(small)) = (big, small) {
                put(
                    6,
                    format!(".eachpoint(cq.Solid.makeTorus({big}, {small}), True, True)"),
                );
            }
        }
        "cube" => {
            if let Some(size) = given(&["size", "side", "length"], 0) {
                put(6, format!(".box({size}, {size}, {size})"));
            }
        }
        "square" => {
            if let Some(size) = given(&["size", "side", "length"], 0) {
                put(6, format!(".rect({size}, {size})"));
            }
        }
        "regularpolygon" | "ngon" | "hexagon" | "octagon" | "pentagon" | "triangle" | "prism" => {
            let sides = match plain.as_str() {
                "hexagon" => "6",
                "octagon" => "8",
                "pentagon" => "5",
                "triangle" => "3",
                _ => "",
            };
            if sides.is_empty() {
                put(8, format!(".polygon{}", list()));
            } else if let Some(size) = given(&["diameter", "size", "width"], 0) {
                put(6, format!(".polygon({sides}, {size})"));
            }
        }
        "roundedrect" | "rrect" | "roundedrectangle" | "roundrect" | "filletedrect" => {
            if let (Some(w), Some(h)) = (
                given(&["width", "length", "xLen", "w"], 0),
                given(&["height", "yLen", "h"], 1),
            ) {
                let r = given(&["radius", "r", "fillet", "corner_radius"], 2).unwrap_or("1.0");
                put(
                    6,
                    format!(".placeSketch(cq.Sketch().rect({w}, {h}).vertices().fillet({r}))"),
                );
                put(9, format!(".rect({w}, {h})"));
            }
        }
        "roundedbox" | "filletedbox" | "roundbox" => {
            if let (Some(a), Some(b), Some(c)) =
                (given(&["length"], 0), given(&["width"], 1), given(&["height"], 2))
            {
                let r = given(&["radius", "r", "fillet"], 3).unwrap_or("1.0");
                put(6, format!(".box({a}, {b}, {c}).edges(\"|Z\").fillet({r})"));
            }
        }
        "rotatex" | "rotatey" | "rotatez" | "rotx" | "roty" | "rotz" => {
            let axis = match plain.chars().last() {
                Some('x') => "(1, 0, 0)",
                Some('y') => "(0, 1, 0)",
                _ => "(0, 0, 1)",
            };
            if let Some(angle) = given(&["angle", "degrees", "angleDegrees"], 0) {
                put(6, format!(".rotate((0, 0, 0), {axis}, {angle})"));
            }
        }
        "rotated" | "turn" | "rotateabout" | "rotateby" => put(8, format!(".rotate{}", list())),
        "translatex" | "movex" | "shiftx" => one_axis(given(&["x", "distance"], 0), "({}, 0, 0)", &mut put),
        "translatey" | "movey" | "shifty" => one_axis(given(&["y", "distance"], 0), "(0, {}, 0)", &mut put),
        "translatez" | "movez" | "shiftz" | "raise" | "lift" => {
            one_axis(given(&["z", "distance"], 0), "(0, 0, {})", &mut put);
        }
        "translateby" | "moved" | "moveby" | "shift" | "at" | "position" | "offset" | "place"
        | "relocate" | "displace" | "moveto3d" | "translated" => {
            put(7, format!(".translate({})", vector(source, call)));
        }
        "scale" | "scaled" | "resize" => {
            if let Some(factor) = given(&["factor", "scale"], 0) {
                let range = call.node.byte_range();
                let text = format!("cq.Workplane(obj={}.val().scale({factor}))", source.at(receiver));
                whole.push(Rewrite { range, text, rank: 6 });
            }
        }
        "circularpattern" | "polarpattern" | "radialpattern" | "circulararray" | "patterncircular"
        | "rotatepattern" | "polarcopy" => {
            pattern(source, call, receiver, &mut whole);
        }
        "linearpattern" | "gridpattern" | "grid" | "rectangularpattern" | "rectarray" | "lineararray"
        | "gridarray" | "rectpattern" => {
            put(9, format!(".rarray{}", list()));
        }
        "pocket" | "cutextrude" | "extrudecut" | "cutdepth" | "cutpocket" | "recess" | "engrave" => {
            if let Some(depth) = given(&["depth", "distance", "until"], 0) {
                put(
                    6,
                    match depth.strip_prefix('-') {
                        Some(_) => format!(".cutBlind({depth})"),
                        None => format!(".cutBlind(-({depth}))"),
                    },
                );
            }
        }
        "holes" | "circles" | "addholes" | "drillholes" => {
            if let (Some(points), Some(size)) = (
                given(&["points", "positions", "locations"], 0),
                given(&["diameter", "radius", "d"], 1),
            ) {
                let verb = if plain == "circles" { "circle" } else { "hole" };
                put(6, format!(".pushPoints({points}).{verb}({size})"));
                put(7, format!(".pushPoints({size}).{verb}({points})"));
            }
        }
        "boltcircle" | "boltpattern" | "holecircle" => {
            let circle = radius(source, call, &["circle", "pcd", "bolt", "pattern", "radius"], 0);
            if let (Some(circle), Some(count), Some(size)) = (
                circle,
                given(&["count", "n", "number", "holes"], 1),
                given(&["diameter", "hole_diameter", "d"], 2),
            ) {
                put(6, format!(".polarArray({circle}, 0, 360, {count}).hole({size})"));
            }
        }
        "filletall" | "roundall" => put(6, format!(".edges().fillet{}", list())),
        "chamferall" => put(6, format!(".edges().chamfer{}", list())),
        "mirrorxy" | "mirrorxz" | "mirroryz" | "mirrorzx" => {
            put(6, format!(".mirror(\"{}\")", plain[6..].to_uppercase()));
        }
        "volume" => put(6, ".val().Volume()".to_owned()),
        "area" => put(6, ".val().Area()".to_owned()),
        "boundingbox" | "bbox" | "bounds" => put(6, ".val().BoundingBox()".to_owned()),
        "centerofmass" | "centroid" => put(6, ".val().Center()".to_owned()),
        _ => {}
    }
    if WITHOUT_EFFECT.contains(&plain.as_str()) {
        put(12, String::new());
    }
    found.extend(whole);
    found
}

fn one_axis(value: Option<&str>, form: &str, put: &mut dyn FnMut(u32, String)) {
    if let Some(value) = value {
        put(6, format!(".translate({})", form.replace("{}", value)));
    }
}

fn cone(source: &Module<'_>, call: &Call<'_>, put: &mut dyn FnMut(u32, String)) {
    let height = argument(source, call, &["height", "h", "length", "depth"], 9);
    let base = radius(
        source,
        call,
        &[
            "radius1", "r1", "bottom", "base", "lower", "radius", "start", "d1",
        ],
        9,
    );
    let top = radius(
        source,
        call,
        &["radius2", "r2", "top", "upper", "tip", "end", "d2"],
        9,
    );
    let solid = |base: &str, top: &str, height: &str| {
        format!(".eachpoint(cq.Solid.makeCone({base}, {top}, {height}), True, True)")
    };
    if let (Some(height), Some(base)) = (height, &base) {
        put(5, solid(base, top.as_deref().unwrap_or("0"), height));
        return;
    }
    let places = positional(source, call);
    let says_height = |text: &str| {
        nearest::words(text)
            .iter()
            .any(|word| ["height", "h", "length", "depth", "len"].contains(&word.as_str()))
    };
    match places[..] {
        [a, b, c] if says_height(a) => put(6, solid(b, c, a)),
        [a, b, c] => {
            put(6, solid(a, b, c));
            put(8, solid(b, c, a));
        }
        [a, b] if says_height(a) => put(6, solid(b, "0", a)),
        [a, b] if says_height(b) => put(6, solid(a, "0", b)),
        [a, b] => {
            put(7, solid(b, "0", a));
            put(8, solid(a, "0", b));
        }
        _ => {}
    }
}

/// Copies about an axis: of a part, or, if a sketch follows, of places to draw at.
fn pattern(source: &Module<'_>, call: &Call<'_>, receiver: Node<'_>, found: &mut Vec<Rewrite>) {
    let count = argument(
        source,
        call,
        &["count", "n", "number", "num", "copies", "instances", "num_copies"],
        9,
    )
    .map(str::to_owned);
    let places = positional(source, call);
    let whole_number = |text: &&&str| {
        text.parse::<u32>().is_ok()
            || nearest::words(text)
                .iter()
                .any(|word| ["count", "n", "num", "number", "slots", "teeth"].contains(&word.as_str()))
    };
    let count = count.or_else(|| places.iter().find(whole_number).map(|text| (*text).to_owned()));
    let Some(count) = count else { return };
    let radius = argument(source, call, &["radius", "r"], 9)
        .or_else(|| places.iter().copied().find(|text| **text != *count));
    let angle = argument(source, call, &["angle", "total_angle", "angleDegrees"], 9).unwrap_or("360.0");
    let axis = match argument(source, call, &["axis", "direction", "axisDirection"], 9) {
        Some(text) if text.starts_with('(') => text.to_owned(),
        Some(text) if text.contains('X') || text.contains('x') => "(1, 0, 0)".to_owned(),
        Some(text) if text.contains('Y') || text.contains('y') => "(0, 1, 0)".to_owned(),
        _ => "(0, 0, 1)".to_owned(),
    };
    let part = source.at(receiver);
    let part = if receiver.kind() == "binary_operator" {
        format!("({part})")
    } else {
        part.to_owned()
    };
    let copies = format!(
        "cq.Workplane(\"XY\").newObject([shape for step in range({count}) for shape in {part}.rotate((0, 0, 0), {axis}, step * {angle} / {count}).vals()]).combine()"
    );
    let drawn = source.text[call.node.end_byte()..].trim_start().starts_with('.');
    let rank = if drawn { 9 } else { 6 };
    found.push(Rewrite {
        range: call.node.byte_range(),
        text: copies,
        rank,
    });
    if let Some(radius) = radius {
        let text = format!(".polarArray({radius}, 0, {angle}, {count})");
        found.push(Rewrite {
            range: receiver.end_byte()..call.node.end_byte(),
            text,
            rank: 7,
        });
    }
}

/// The argument with one of these names, else the positional one at that index.
pub(super) fn argument<'s>(
    source: &'s Module<'_>,
    call: &Call<'_>,
    names: &[&str],
    place: usize,
) -> Option<&'s str> {
    let text = |node: Node<'_>| &source.text[node.byte_range()];
    for name in names {
        if let Some(arg) = call
            .args
            .iter()
            .find(|arg| arg.name.is_some_and(|node| text(node).eq_ignore_ascii_case(name)))
        {
            return Some(text(arg.value));
        }
    }
    // A longer keyword that contains one of the words: `outer_radius` for `outer`.
    for name in names.iter().filter(|name| name.len() > 2) {
        if let Some(arg) = call.args.iter().find(|arg| {
            arg.name
                .is_some_and(|node| text(node).to_lowercase().contains(name))
        }) {
            return Some(text(arg.value));
        }
    }
    call.args
        .iter()
        .filter(|arg| arg.name.is_none())
        .nth(place)
        .map(|arg| text(arg.value))
}

/// As [`argument`], halved if its keyword is a diameter.
fn radius(source: &Module<'_>, call: &Call<'_>, names: &[&str], place: usize) -> Option<String> {
    let value = argument(source, call, names, place)?;
    let keyword = call
        .args
        .iter()
        .find(|arg| arg.value.byte_range() == value_range(source, value))
        .and_then(|arg| arg.name);
    let diameter = keyword.is_some_and(|node| {
        let name = source.at(node).to_lowercase();
        name.contains("diam")
            || name.ends_with("_d")
            || name == "od"
            || name == "id"
            || name == "d1"
            || name == "d2"
    });
    Some(if diameter {
        format!("{value} / 2")
    } else {
        value.to_owned()
    })
}

fn value_range(source: &Module<'_>, value: &str) -> Range<usize> {
    let start = value.as_ptr() as usize - source.text.as_ptr() as usize;
    start..start + value.len()
}

/// Source of the positional arguments.
pub(super) fn positional<'s>(source: &'s Module<'_>, call: &Call<'_>) -> Vec<&'s str> {
    let plain = call.args.iter().filter(|arg| arg.name.is_none());
    plain.map(|arg| &source.text[arg.value.byte_range()]).collect()
}

/// The arguments as one vector.
pub(super) fn vector(source: &Module<'_>, call: &Call<'_>) -> String {
    let places = positional(source, call);
    match places[..] {
        [] => {
            let axis = |names: &[&str]| argument(source, call, names, 9).unwrap_or("0").to_owned();
            format!(
                "({}, {}, {})",
                axis(&["x", "dx"]),
                axis(&["y", "dy"]),
                axis(&["z", "dz"])
            )
        }
        [one] if one.starts_with('(') || one.contains("Vector") => one.to_owned(),
        [one] => one.to_owned(),
        [x, y] => format!("({x}, {y}, 0)"),
        [x, y, z, ..] => format!("({x}, {y}, {z})"),
    }
}

//! Calls that models often invent, with CadQuery's equivalent and mapped arguments.

use std::ops::Range;

use super::vocabulary::{RENAMED, WITHOUT_EFFECT};
use cadforge_python::{Arg, Call, Module, Node, nearest};

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
    let given = |names: &[&str], place: usize| argument(call, names, place);
    let list = || source.at(call.list).to_owned();
    for (real, invented) in RENAMED {
        if invented.contains(&plain.as_str()) && real != call.name {
            put(8, format!(".{real}{}", list()));
        }
    }
    match plain.as_str() {
        "annulus" | "ring" | "donut" | "washer" | "tube" | "pipe" | "hollowcylinder" | "annularring"
        | "circularring" | "tubing" => {
            let outer = radius(call, &["outer", "r1", "r_outer", "big", "od"], 0);
            let inner = radius(call, &["inner", "r2", "r_inner", "small", "id", "bore"], 1);
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
                && let [a, b, c] = positional(call)[..]
            {
                put(7, format!(".circle({b}).circle({c}).extrude({a})"));
            }
        }
        "cone" | "frustum" | "truncatedcone" | "taperedcylinder" | "makecone" => cone(call, &mut put),
        "torus" | "maketorus" => {
            let big = radius(call, &["major", "big", "ring", "radius1", "r1", "outer"], 0);
            let small = radius(call, &["minor", "small", "tube", "radius2", "r2", "section"], 1);
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
            put(7, format!(".translate({})", vector(call)));
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
            let circle = radius(call, &["circle", "pcd", "bolt", "pattern", "radius"], 0);
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

fn cone(call: &Call<'_>, put: &mut dyn FnMut(u32, String)) {
    let height = argument(call, &["height", "h", "length", "depth"], 9);
    let base = radius(
        call,
        &[
            "radius1", "r1", "bottom", "base", "lower", "radius", "start", "d1",
        ],
        9,
    );
    let top = radius(call, &["radius2", "r2", "top", "upper", "tip", "end", "d2"], 9);
    let solid = |base: &str, top: &str, height: &str| {
        format!(".eachpoint(cq.Solid.makeCone({base}, {top}, {height}), True, True)")
    };
    if let (Some(height), Some(base)) = (height, &base) {
        put(5, solid(base, top.as_deref().unwrap_or("0"), height));
        return;
    }
    let places = positional(call);
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
        call,
        &["count", "n", "number", "num", "copies", "instances", "num_copies"],
        9,
    )
    .map(str::to_owned);
    let places = positional(call);
    let whole_number = |text: &&&str| {
        text.parse::<u32>().is_ok()
            || nearest::words(text)
                .iter()
                .any(|word| ["count", "n", "num", "number", "slots", "teeth"].contains(&word.as_str()))
    };
    let count = count.or_else(|| places.iter().find(whole_number).map(|text| (*text).to_owned()));
    let Some(count) = count else { return };
    let radius =
        argument(call, &["radius", "r"], 9).or_else(|| places.iter().copied().find(|text| **text != *count));
    let angle = argument(call, &["angle", "total_angle", "angleDegrees"], 9).unwrap_or("360.0");
    let axis = match argument(call, &["axis", "direction", "axisDirection"], 9) {
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
fn arg<'c, 't>(call: &'c Call<'t>, names: &[&str], place: usize) -> Option<&'c Arg<'t>> {
    let of = |fits: &dyn Fn(&str) -> bool| call.args.iter().find(|arg| arg.keyword.is_some_and(fits));
    let exact = names
        .iter()
        .find_map(|name| of(&|keyword| keyword.eq_ignore_ascii_case(name)));
    // A longer keyword that contains one of the words: `outer_radius` for `outer`.
    let mut words = names.iter().filter(|name| name.len() > 2);
    exact
        .or_else(|| words.find_map(|word| of(&|keyword| keyword.to_lowercase().contains(word))))
        .or_else(|| call.positional().get(place).copied())
}

/// Its text.
pub(super) fn argument<'t>(call: &Call<'t>, names: &[&str], place: usize) -> Option<&'t str> {
    arg(call, names, place).map(|arg| arg.text)
}

/// As [`argument`], halved if its keyword is a diameter.
fn radius(call: &Call<'_>, names: &[&str], place: usize) -> Option<String> {
    let arg = arg(call, names, place)?;
    let is_diameter = arg.keyword.is_some_and(|keyword| {
        let name = keyword.to_lowercase();
        let is_short = matches!(name.as_str(), "od" | "id" | "d1" | "d2");
        is_short || name.contains("diam") || name.ends_with("_d")
    });
    Some(if is_diameter {
        format!("{} / 2", arg.text)
    } else {
        arg.text.to_owned()
    })
}

/// Source of the positional arguments.
pub(super) fn positional<'t>(call: &Call<'t>) -> Vec<&'t str> {
    call.positional().into_iter().map(|arg| arg.text).collect()
}

/// The arguments as one vector.
pub(super) fn vector(call: &Call<'_>) -> String {
    let places = positional(call);
    match places[..] {
        [] => {
            let axis = |names: &[&str]| argument(call, names, 9).unwrap_or("0").to_owned();
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

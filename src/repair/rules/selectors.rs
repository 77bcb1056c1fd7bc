//! Strings that CadQuery parses: planes, selectors of faces and edges, indices into them.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_core::failure::Kind;
use cadforge_python::Call;

const PLANES: [&str; 12] = [
    "XY", "YZ", "ZX", "XZ", "YX", "ZY", "front", "back", "left", "right", "top", "bottom",
];

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if !matches!(
        context.kind,
        Kind::TypeOrValue | Kind::UnknownBuildFailure | Kind::UndefinedName
    ) {
        return;
    }
    let source = context.source;
    let message = context.message;
    let Some(line) = context.line else { return };
    for call in source.calls_at(line) {
        let text = call
            .args
            .first()
            .filter(|arg| arg.value.kind() == "string")
            .map(|arg| (arg.value, arg.text));
        let plane = message.contains("Supported names are");
        let word = call
            .args
            .iter()
            .find(|arg| arg.value.kind() == "string")
            .map(|arg| arg.value);
        if plane && let Some(node) = word {
            let inner = source.at(node).trim_matches(['"', '\'']);
            if !PLANES.contains(&inner) {
                for (rank, right) in plane_names(inner).into_iter().enumerate() {
                    edits.push(Edit::new(
                        "plane",
                        5 + rank as u32,
                        node.byte_range(),
                        format!("\"{right}\""),
                        format!("there is no plane `{inner}`: uses `{right}`"),
                    ));
                }
            }
        }
        let Some((node, quoted)) = text else {
            if message.contains("edges be selected") {
                no_edges(context, &call, edits);
            }
            continue;
        };
        let selects = matches!(
            call.name,
            "faces" | "edges" | "vertices" | "solids" | "wires" | "shells" | "select"
        );
        if message.contains("ParseException") && selects {
            let inner = quoted.trim_matches(['"', '\'']);
            for (rank, right) in selectors(inner).into_iter().enumerate() {
                edits.push(Edit::new(
                    "selector",
                    5 + rank as u32,
                    node.byte_range(),
                    format!("\"{right}\""),
                    format!("`{inner}` is not a selector: uses `{right}`"),
                ));
            }
            edits.push(Edit::new(
                "selector",
                20,
                node.byte_range(),
                "",
                format!("`{inner}` is not a selector: selects all {}", call.name),
            ));
        }
        if message.contains("Attempted to access index") && selects && quoted.contains('[') {
            let start = node.start_byte() + quoted.find('[').expect("just seen");
            let end = node.start_byte() + quoted.rfind(']').map_or(quoted.len() - 1, |at| at + 1);
            edits.push(Edit::new(
                "selector",
                6,
                start..end,
                "[-1]",
                "the index is out of range: uses the last",
            ));
            edits.push(Edit::new(
                "selector",
                7,
                start..end,
                "",
                "the index is out of range: uses the first",
            ));
        }
        if message.contains("edges be selected") {
            no_edges(context, &call, edits);
        }
    }
}

/// An empty selection for a fillet or chamfer: another selector just before it, or none.
fn no_edges(context: &RuleContext<'_>, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    if !matches!(call.name, "fillet" | "chamfer") {
        return;
    }
    let Some(before) = call.receiver.and_then(|receiver| source.call(receiver)) else {
        return;
    };
    let selects = matches!(before.name, "faces" | "edges" | "vertices");
    if let Some(arg) = before.args.first().filter(|_| selects) {
        let inner = arg.text.trim_matches(['"', '\'']);
        if let Some(axis) = inner.chars().rfind(|c| "XYZ".contains(*c)) {
            let other: Vec<String> = ["|Z", "|X", "|Y", ">Z", "<Z"]
                .iter()
                .filter(|text| **text != inner && !text.ends_with(axis))
                .map(|text| (*text).to_owned())
                .collect();
            for (rank, right) in [format!("|{axis}"), format!(">{axis}"), format!("<{axis}")]
                .into_iter()
                .chain(other)
                .filter(|right| right != inner)
                .enumerate()
            {
                edits.push(Edit::new(
                    "selector",
                    12 + rank as u32,
                    arg.value.byte_range(),
                    format!("\"{right}\""),
                    format!("`{inner}` selects nothing: uses `{right}`"),
                ));
            }
        }
        // `.faces("|Z")` of a wire chain, or edges of edges: the earlier selection may suffice.
        if let Some(earlier) = before.receiver.and_then(|receiver| source.call(receiver))
            && matches!(earlier.name, "edges" | "vertices")
            && let Some(from) = earlier.receiver
        {
            edits.push(Edit::new(
                "selector",
                8,
                from.end_byte()..earlier.node.end_byte(),
                "",
                format!("removes `{}`, after which nothing can be selected", earlier.name),
            ));
        }
        if !inner.contains(['X', 'Y', 'Z']) {
            edits.push(Edit::new(
                "selector",
                12,
                arg.value.byte_range(),
                "\"|Z\"",
                format!("`{inner}` selects nothing: uses `|Z`"),
            ));
        }
        edits.push(Edit::new(
            "selector",
            16,
            arg.value.byte_range(),
            "",
            "the selector finds nothing: selects all",
        ));
    }
    let start = if selects {
        before
            .receiver
            .map_or(before.node.end_byte(), |receiver| receiver.end_byte())
    } else {
        before.node.end_byte()
    };
    edits.push(Edit::new(
        "drop call",
        14,
        start..call.node.end_byte(),
        "",
        format!("removes the `{}`, which has no edges", call.name),
    ));
}

fn plane_names(word: &str) -> Vec<String> {
    let upper: String = word
        .to_uppercase()
        .chars()
        .filter(|c| "XYZ".contains(*c))
        .collect();
    let lower = word.to_lowercase();
    let mut found = Vec::new();
    let mut push = |name: &str| {
        if PLANES.contains(&name) && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    };
    push(&upper);
    push(&lower);
    let mut letters: Vec<char> = upper.chars().collect();
    letters.dedup();
    push(&letters.iter().take(2).collect::<String>());
    match letters[..] {
        ['X'] => push("YZ"),
        ['Y'] => push("XZ"),
        ['Z'] => push("XY"),
        _ => {}
    }
    for known in PLANES {
        if lower.contains(known) {
            push(known);
        }
    }
    push("XY");
    push("XZ");
    push("YZ");
    found
}

/// The likely meanings of a selector that does not parse.
fn selectors(word: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut push = |text: String| {
        if text != word && !found.contains(&text) {
            found.push(text);
        }
    };
    let axis = word.to_uppercase().chars().find(|c| "XYZ".contains(*c));
    let upper: String = word
        .chars()
        .map(|c| {
            if "xyz".contains(c) {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    let sign = word.chars().find(|c| "><|#+-%".contains(*c));
    let lower = word.to_lowercase();
    let named = [
        ("top", ">Z"),
        ("upper", ">Z"),
        ("bottom", "<Z"),
        ("lower", "<Z"),
        ("front", "<Y"),
        ("back", ">Y"),
        ("left", "<X"),
        ("right", ">X"),
        ("max", ">Z"),
        ("min", "<Z"),
        ("vertical", "|Z"),
        ("horizontal", "#Z"),
        ("circ", "%CIRCLE"),
        ("plan", "%PLANE"),
        ("cyl", "%CYLINDER"),
        ("line", "%LINE"),
    ];
    for (part, right) in named {
        if lower.contains(part) {
            push(right.to_owned());
        }
    }
    if let Some(axis) = axis {
        // Words of logic keep their order: only letters and signs are corrected.
        let joined = upper
            .replace("&&", " and ")
            .replace("||", " or ")
            .replace('&', " and ")
            .replace(">>", ">")
            .replace("<<", "<")
            .replace("==", "")
            .replace(',', " or ");
        push(joined);
        if let Some(sign) = sign {
            push(format!("{sign}{axis}"));
            if matches!(sign, '+' | '-') {
                push(format!("{}{axis}", if sign == '+' { '>' } else { '<' }));
            }
        } else {
            push(format!("|{axis}"));
            push(format!(">{axis}"));
        }
    } else if let Some(sign) = sign {
        push(format!("{sign}Z"));
    }
    found.truncate(5);
    found
}

//! Mutants of a reference: one feature left out, or one named dimension changed. A task whose checks and references do not react to a
//! mutant of what its prompt names cannot tell the part from that mutant.

use std::collections::BTreeSet;

use cadforge_python::{Call, Module, descendants, enclosing, statement_of};
use cadforge_task::dimensions::dimensions;

/// Relative change of a dimension.
const CHANGE: f64 = 0.2;

/// Methods of `Workplane` and `Shape` that add or remove material and return the changed part.
const FEATURES: [&str; 18] = [
    "union",
    "cut",
    "intersect",
    "fuse",
    "fillet",
    "chamfer",
    "hole",
    "cboreHole",
    "cskHole",
    "cutBlind",
    "cutThruAll",
    "shell",
    "mirror",
    "add",
    "combine",
    "cutEach",
    "each",
    "eachpoint",
];

/// Methods that only change edges: a function is not named after them.
const EDGES: [&str; 2] = ["fillet", "chamfer"];

/// Words of a dimension's name that say what is measured, and of what in general.
const MEASURES: [&str; 24] = [
    "diameter",
    "radius",
    "width",
    "height",
    "length",
    "thickness",
    "depth",
    "pitch",
    "gap",
    "angle",
    "count",
    "number",
    "size",
    "offset",
    "distance",
    "overall",
    "total",
    "inner",
    "outer",
    "dia",
    "thick",
    "od",
    "id",
    "mm",
];

/// Words of identifiers that name no feature.
const GENERIC: [&str; 30] = [
    "make", "drill", "cut", "add", "build", "union", "round", "with", "from", "part", "body", "solid",
    "shape", "plate", "outer", "inner", "left", "right", "top", "bottom", "front", "back", "upper", "lower",
    "mm", "edge", "edges", "face", "faces", "box",
];

/// A changed reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// Its name in a task's `not_asked`: the text that was left out, or the dimension.
    pub name: String,
    /// What was changed.
    pub kind: MutantKind,
    /// Line of the change, from 1.
    pub line: usize,
    /// The changed program.
    pub code: String,
    /// What of the prompt the change concerns; `None` if the prompt does not seem to name it.
    pub named: Option<String>,
}

/// How a reference was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MutantKind {
    /// A call that adds or removes material was replaced by the part before it.
    Dropped,
    /// A named dimension was changed by a fifth, or a count by at least one.
    Dimension,
}

/// All mutants of `reference`, in the order of its lines, dropped features first. Each is another program; some do not build.
pub fn mutants(reference: &str, prompt: &str) -> Vec<Mutant> {
    let module = Module::new(reference);
    let local: BTreeSet<&str> = module.functions().iter().map(|function| function.name).collect();
    let prompt = Prompt::new(prompt);
    let mut found: Vec<Mutant> = module
        .calls()
        .iter()
        .filter_map(|call| dropped(&module, call, &local, &prompt))
        .collect();
    found.extend(changed_dimensions(reference, &prompt));
    let mut seen = BTreeSet::new();
    found.retain(|mutant| seen.insert(mutant.code.clone()));
    found
}

/// The program without a call: `part.union(x)` and `drill(part)` become `part`.
fn dropped(module: &Module<'_>, call: &Call<'_>, local: &BTreeSet<&str>, prompt: &Prompt) -> Option<Mutant> {
    let before = match call.receiver {
        Some(receiver) if FEATURES.contains(&call.name) => receiver,
        // A function of the program that takes a part and returns it changed.
        None if local.contains(call.name) => call.positional().first()?.value,
        _ => return None,
    };
    let (range, kept) = (call.node.byte_range(), before.byte_range());
    let text = module.text;
    // What was left out: the arguments of a method, or the name of a function.
    let left_out = match call.receiver {
        Some(_) => module.at(call.list),
        None => call.name,
    };
    let own: Vec<&str> = match call.receiver {
        Some(_) => descendants(call.list)
            .into_iter()
            .filter(|node| node.kind() == "identifier")
            .map(|node| module.at(node))
            .chain([call.name])
            .collect(),
        None => vec![call.name],
    };
    // What a function returns is the feature that it is named after.
    let of_function = statement_of(call.node)
        .named_child(0)
        .filter(|value| *value == call.node && !EDGES.contains(&call.name))
        .and_then(|value| enclosing(value, "function_definition"))
        .and_then(|function| function.child_by_field_name("name"))
        .map(|name| module.at(name));
    let named = own
        .into_iter()
        .chain(of_function)
        .find_map(|identifier| prompt.names(identifier));
    let name = match call.receiver {
        Some(_) => format!("{}{}", call.name, single_line(left_out)),
        None => format!("{}()", call.name),
    };
    Some(Mutant {
        name,
        kind: MutantKind::Dropped,
        line: module.line_of(call.name_node.start_byte()),
        code: format!("{}{}{}", &text[..range.start], &text[kept], &text[range.end..]),
        named,
    })
}

fn single_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn changed_dimensions(reference: &str, prompt: &Prompt) -> Vec<Mutant> {
    let mut found = Vec::new();
    for dimension in dimensions(reference) {
        let offset = reference
            .find(&format!("\n{} ", dimension.name))
            .map_or(0, |at| at + 1);
        for factor in [1.0 + CHANGE, 1.0 - CHANGE] {
            let value = match dimension.literal.parse::<i64>() {
                Ok(whole) => {
                    let step = ((whole as f64 * CHANGE).abs().round() as i64).max(1);
                    (whole + if factor > 1.0 { step } else { -step }).to_string()
                }
                Err(_) => format!(
                    "{:?}",
                    dimension.literal.parse::<f64>().expect("found as a number") * factor
                ),
            };
            found.push(Mutant {
                name: dimension.name.clone(),
                kind: MutantKind::Dimension,
                line: reference[..offset].matches('\n').count() + 1,
                code: dimension.with(reference, &value),
                named: prompt
                    .gives(&dimension.name, &dimension.literal)
                    .then(|| dimension.literal.clone()),
            });
        }
    }
    found
}

/// Words and numbers of a prompt.
struct Prompt {
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Prompt {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| word.len() > 2)
            .map(|word| stem(word).to_owned())
            .collect();
        let numbers = lower
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter_map(|number| number.trim_matches('.').parse::<f64>().ok())
            .map(|number| number.to_string())
            .collect();
        Self { words, numbers }
    }

    /// The first word of an identifier that the prompt has too.
    fn names(&self, identifier: &str) -> Option<String> {
        let words = identifier.split('_').map(str::to_lowercase);
        let mut words = words.filter(|word| word.len() > 2 && !GENERIC.contains(&word.as_str()));
        words.find(|word| self.words.contains(stem(word)))
    }

    /// Whether the prompt has the number, and a word of the name unless that only says what is measured: another feature may
    /// have the same number.
    fn gives(&self, name: &str, literal: &str) -> bool {
        let is_given = literal
            .parse::<f64>()
            .is_ok_and(|number| self.numbers.contains(&number.abs().to_string()));
        let mut words = name
            .split('_')
            .filter(|word| word.len() > 1 && !MEASURES.contains(word))
            .peekable();
        is_given && (words.peek().is_none() || words.any(|word| self.words.contains(stem(word))))
    }
}

/// Singular of a plain plural.
fn stem(word: &str) -> &str {
    word.strip_suffix("es")
        .filter(|stem| stem.ends_with(['x', 's', 'h']))
        .or_else(|| {
            word.strip_suffix('s')
                .filter(|stem| stem.len() > 2 && !stem.ends_with('s'))
        })
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "import cadquery as cq\n\nwidth = 40.0\nholes = 4\nchamfer_size = 1.5\nrib_length = 40.0\ncollar_width = 40.0\n\n\
        def make_rib():\n    return cq.Workplane().box(2, 2, 2)\n\n\
        def drill_bolt_holes(part):\n    return part.faces('>Z').workplane().hole(3)\n\n\
        def make_collar():\n    return cq.Workplane().circle(4).extrude(2)\n\n\
        base = cq.Workplane().box(width, 10, 4).edges('|Z').chamfer(chamfer_size)\n\
        fixture = drill_bolt_holes(base.union(make_rib()).union(make_collar()))\n";
    const PROMPT: &str = "A plate 40 mm wide with 4 bolt holes and two ribs.";

    fn by_name<'a>(mutants: &'a [Mutant], name: &str) -> &'a Mutant {
        mutants
            .iter()
            .find(|mutant| mutant.name == name)
            .unwrap_or_else(|| panic!("{name}: {mutants:#?}"))
    }

    #[test]
    fn each_feature_is_left_out_alone_and_the_prompt_decides_whether_it_is_asked_for() {
        let found = mutants(REFERENCE, PROMPT);
        let rib = by_name(&found, "union(make_rib())");
        assert!(
            rib.code.contains("drill_bolt_holes(base.union(make_collar()))"),
            "{}",
            rib.code
        );
        assert_eq!((rib.named.as_deref(), rib.line), (Some("rib"), 19));
        let drill = by_name(&found, "drill_bolt_holes()");
        assert!(
            drill
                .code
                .ends_with("fixture = base.union(make_rib()).union(make_collar())\n")
        );
        assert_eq!(drill.named.as_deref(), Some("bolt"));
        assert_eq!(by_name(&found, "union(make_collar())").named, None);
        assert_eq!(by_name(&found, "chamfer(chamfer_size)").named, None);
        assert_eq!(by_name(&found, "hole(3)").named.as_deref(), Some("hole"));
    }

    #[test]
    fn dimensions_change_by_a_fifth_and_counts_by_one() {
        let found = mutants(REFERENCE, PROMPT);
        let of = |name: &str| -> Vec<&Mutant> { found.iter().filter(|mutant| mutant.name == name).collect() };
        let [more, less] = of("width")[..] else { panic!() };
        assert!(more.code.contains("width = 48.0\n") && less.code.contains("width = 32.0\n"));
        assert_eq!((more.named.as_deref(), more.line), (Some("40.0"), 3));
        let [more, less] = of("holes")[..] else { panic!() };
        assert!(more.code.contains("holes = 5\n") && less.code.contains("holes = 3\n"));
        assert!(of("chamfer_size").iter().all(|mutant| mutant.named.is_none()));
        // The number is that of the plate.
        assert!(of("collar_width").iter().all(|mutant| mutant.named.is_none()));
        assert!(of("rib_length").iter().all(|mutant| mutant.named.is_some()));
    }
}

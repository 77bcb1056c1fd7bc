//! Values for missing arguments: by parameter name, by similar calls, by constants.

use std::collections::BTreeSet;

use super::context::RuleContext;
use super::edit::Edit;
use super::idioms::positional;
use cadforge_python::{Call, nearest};

/// A missing argument in the middle: the names of the others show which one it is.
pub(super) fn in_place(
    context: &RuleContext<'_>,
    call: &Call<'_>,
    shown: &str,
    names: &BTreeSet<String>,
) -> Option<Edit> {
    let params = context.api.params("Workplane", call.name)?;
    let must: Vec<&str> = params
        .iter()
        .filter(|param| param.default.is_none())
        .map(|param| param.name.as_str())
        .collect();
    let places = call.positional();
    if places.is_empty() || places.len() + 1 != must.len() {
        return None;
    }
    let fits =
        |text: &str, param: &str| usize::from(nearest::words(text).iter().any(|word| means(word, param)));
    let score = |lost: usize| -> usize {
        let left = must
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != lost)
            .map(|(_, param)| param);
        places
            .iter()
            .zip(left)
            .map(|(arg, param)| fits(arg.text, param))
            .sum()
    };
    // Python reports the last parameter as missing; another one must fit better.
    let last = must.len() - 1;
    let lost = (0..last)
        .max_by_key(|lost| score(*lost))
        .filter(|lost| score(*lost) > score(last))?;
    let value = value_for(context, call, must[lost], names).into_iter().next()?;
    let at = places[lost].node.start_byte();
    Some(Edit::new(
        "arguments",
        12,
        at..at,
        format!("{value}, "),
        format!("`{shown}` requires its {}", must[lost]),
    ))
}

/// Whether a word of a name describes a parameter.
fn means(word: &str, param: &str) -> bool {
    let kindred: &[&str] = match param {
        "height" | "depth" => &["height", "thickness", "depth", "h", "t"],
        "angleDegrees" | "angle" => &["angle", "degrees", "turn", "pitch"],
        "xLen" | "length" => &["length", "len", "l", "x"],
        "yLen" | "width" => &["width", "w", "y"],
        "count" => &["count", "n", "number"],
        "radius" => &["radius", "r"],
        "diameter" => &["diameter", "d"],
        _ => &[],
    };
    word == param || kindred.contains(&word)
}

/// Values for a parameter, the most likely first.
pub(super) fn value_for(
    context: &RuleContext<'_>,
    call: &Call<'_>,
    param: &str,
    names: &BTreeSet<String>,
) -> Vec<String> {
    let source = context.source;
    let mut found = Vec::new();
    if names.contains(param) {
        found.push(param.to_owned());
    }
    // Values of other calls of the same method.
    for other in source
        .calls()
        .iter()
        .filter(|other| other.name == call.name && other.node != call.node)
    {
        let place = context
            .api
            .params("Workplane", call.name)
            .and_then(|params| params.iter().position(|known| known.name == param));
        let own = source
            .functions()
            .iter()
            .find(|function| function.name == call.name)
            .and_then(|function| function.params.iter().position(|(known, _)| *known == param));
        if let Some(value) = place
            .or(own)
            .and_then(|place| positional(other).get(place).map(|text| (*text).to_owned()))
        {
            found.push(value);
        }
    }
    let used: Vec<&str> = call.args.iter().map(|arg| arg.text).collect();
    let numbers: Vec<&String> = names
        .iter()
        .filter(|name| !used.contains(&name.as_str()) && is_number(context, name))
        .collect();
    let wanted = nearest::words(param).pop().unwrap_or_default();
    // A constant of that meaning, preferably one that shares a word with the other arguments.
    let mut scored: Vec<(usize, &String)> = numbers
        .iter()
        .map(|name| {
            let words = nearest::words(name);
            let says = |word: &String| {
                word.starts_with(&wanted) || wanted.starts_with(word.as_str()) || means(word, param)
            };
            let same = words.iter().filter(|word| says(word)).count() * 3;
            let kin = words
                .iter()
                .filter(|word| used.iter().any(|text| nearest::words(text).contains(word)))
                .count()
                * 2;
            (same + kin, *name)
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.extend(scored.into_iter().take(3).map(|(_, name)| name.clone()));
    if let Some(last) = used.last().filter(|text| !text.starts_with(['"', '\'', '('])) {
        found.push((*last).to_owned());
    }
    let plain = match param {
        "startAngle" => "0",
        "angleDegrees" if call.name == "rotate" => "90",
        "angle" | "angleDegrees" => "360",
        "count" | "xCount" | "yCount" => "4",
        "nSides" => "6",
        "vec" => "(0, 0, 0)",
        "fontsize" => "10",
        _ => "10.0",
    };
    found.push(plain.to_owned());
    let mut seen = BTreeSet::new();
    let known = |value: &str| {
        let words = value
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        words
            .into_iter()
            .all(|word| names.contains(word) || ["math", "pi", "cq"].contains(&word))
    };
    found.retain(|value| known(value) && seen.insert(value.clone()));
    if matches!(param, "startAngle" | "angle" | "vec") {
        found.sort_by_key(|value| value != plain);
    }
    found
}

fn is_number(context: &RuleContext<'_>, name: &str) -> bool {
    let source = context.source;
    source.bindings().iter().any(|binding| {
        binding.name == name
            && matches!(
                binding.value.kind(),
                "integer" | "float" | "binary_operator" | "unary_operator"
            )
    })
}

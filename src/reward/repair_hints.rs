//! Hints for a repairing model, by kind.

use cadforge_core::failure::Kind;

/// Three short hints for the repair prompt.
pub fn repair_hints(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Clipped => [
            "write a shorter file: drop comments, docstrings and spare variants",
            "replace repeated blocks by one function that is called in a loop",
            "put `fixture = ...` early and refine it, so that the file ends with a whole part",
        ],
        Kind::Sandbox => [
            "use only cadquery and math; touch no files, network, processes or environment",
            "compute every dimension in the file instead of reading it from somewhere",
            "leave exporting to the evaluator: end with `fixture`",
        ],
        Kind::Timeout => [
            "cut the number of boolean operations: build a profile once and extrude it",
            "use fewer and simpler fillets, and apply them last",
            "replace loops over many small cuts by one pushPoints call",
        ],
        Kind::OutOfMemory => [
            "reduce the count of copied solids, and union them as you go",
            "avoid sweeps, lofts and splines with many points where an extrusion does",
            "check every loop and range for a bound that is far too large",
        ],
        Kind::Crash => [
            "take out the last fillet, chamfer, shell or sweep: the kernel crashed in such a step",
            "avoid faces that coincide exactly: let bodies overlap by a fraction of a mm",
            "build from boxes, cylinders and extrusions, then add one refinement at a time",
        ],
        Kind::OutputFlood => [
            "remove every print",
            "check that loops end and do not print or warn in each turn",
            "let the file define the part and nothing else",
        ],
        Kind::BadEncoding => [
            "write the file as UTF-8",
            "use plain ASCII for names, quotes, minus signs and comments",
            "return code only, without binary or escaped text",
        ],
        Kind::TooManyTriangles => [
            "remove detail that repeats hundreds of times, such as threads, knurls and meshes",
            "use cylinders and arcs instead of splines and spheres where the shape allows",
            "keep only features that the task asks for",
        ],
        Kind::Forged => [
            "let the exporter measure the part; do not replace or patch cadquery functions",
            "assign an ordinary Workplane, Shape or Assembly to `fixture`",
            "write no output of your own in place of geometry",
        ],
        Kind::SyntaxClosure => [
            "close every bracket and quote; look first just above the line in the error",
            "return plain Python only: no prose, no code fence",
            "prefer several short statements to one long chain",
        ],
        Kind::MissingFixture => [
            "assign the finished part to `fixture` in the last line",
            "make sure that the function which builds the part is called and returns it",
            "union all bodies into that one object",
        ],
        Kind::EmptyGeometry => [
            "check that no cut removes the whole body, and that an intersection is not empty",
            "give every extrusion, radius and distance a finite value above zero",
            "extrude or revolve each sketch: wires and points alone have no triangles",
        ],
        Kind::InventedApi => [
            "call only methods and arguments that CadQuery's Workplane has",
            "build the missing operation from box, cylinder, extrude, cut, union and translate",
            "keep a Workplane in the chain: `.val()` and `.vals()` leave it",
        ],
        Kind::UndefinedName => [
            "define every name before the line that uses it",
            "check the spelling of the name in the error against its definition",
            "pass values into functions as arguments, and return what later code needs",
        ],
        Kind::ImportError => [
            "import only `cadquery as cq` and `math`",
            "drop plugins, helpers of other files and plotting packages",
            "write the missing helper as a function in this file",
        ],
        Kind::TypeOrValue => [
            "check the types and order of the arguments at the failing line",
            "keep fillet and chamfer sizes below half of the thinnest wall, or leave them out",
            "let bodies overlap before union or cut, and close every wire before extruding",
        ],
        Kind::UnknownBuildFailure => [
            "read the last line of the error and change only the statement it names",
            "take the newest feature out, make the rest build, then add it again in a simpler way",
            "use plain arithmetic and documented CadQuery calls",
        ],
        Kind::LowEditability => [
            "name the dimensions at the top of the file, one number a line, eight or more",
            "build each part in a function of its own that returns it, six or more",
            "keep the geometry as it is: this is about the code's shape",
        ],
        Kind::DisconnectedOrWeak => [
            "add the parts that the task names and the notes list as missing, and name their functions after them",
            "bring the overall proportions to the task's box",
            "let neighbouring parts overlap by a little, then union them into one fixture",
        ],
        Kind::BuildOk => [
            "keep what builds; change one feature at a time",
            "work on the component that loses most in the notes",
            "make parts more like the reference before adding decoration",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_short_and_no_two_kinds_share_one() {
        let kinds: Vec<Kind> = serde_json::from_value(serde_json::json!([
            "clipped",
            "sandbox",
            "timeout",
            "out_of_memory",
            "crash",
            "output_flood",
            "bad_encoding",
            "too_many_triangles",
            "forged",
            "syntax_closure",
            "missing_fixture",
            "empty_geometry",
            "invented_api",
            "undefined_name",
            "import_error",
            "type_or_value",
            "unknown_build_failure",
            "low_editability",
            "disconnected_or_weak",
            "build_ok"
        ]))
        .unwrap();
        let rules: Vec<&str> = kinds.iter().flat_map(|&kind| repair_hints(kind)).collect();
        for (index, rule) in rules.iter().enumerate() {
            assert!(rule.len() <= 110, "{} letters: {rule}", rule.len());
            assert!(!rules[..index].contains(rule), "twice: {rule}");
        }
    }
}

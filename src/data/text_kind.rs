//! The kind of a failed row from another source that has only text.

use cadforge_core::failure::Kind;
use cadforge_python::tokens::is_closed;
use cadforge_reward::assigns_fixture;

/// Classifies a failure by its code and the logged error text.
///
/// Syntax errors come first (an error of that class, or brackets and quotes that do not close), then a missing
/// assignment to `fixture`, then the error's class.
pub(crate) fn kind_of_text(code: &str, error: &str) -> Kind {
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if says(&["SyntaxError", "IndentationError", "TabError"]) || !is_closed(code) {
        return Kind::SyntaxClosure;
    }
    if !assigns_fixture(code) {
        return Kind::MissingFixture;
    }
    let by_name: [(&[&str], Kind); 8] = [
        (
            &["AttributeError", "unexpected keyword argument"],
            Kind::InventedApi,
        ),
        // Before shorter names that these messages also contain.
        (&["UnicodeDecodeError"], Kind::BadEncoding),
        (&["UnboundLocalError", "NameError"], Kind::UndefinedName),
        (&["ImportError", "ModuleNotFoundError"], Kind::ImportError),
        (&["MemoryError"], Kind::OutOfMemory),
        (&["TimeoutExpired", "TimeoutError", "timed out"], Kind::Timeout),
        (
            &[
                "TypeError",
                "ValueError",
                "StdFail",
                "BRep_API",
                "Null TopoDS",
                "Standard_",
            ],
            Kind::TypeOrValue,
        ),
        (&["Segmentation fault", "SIGSEGV", "SIGABRT"], Kind::Crash),
    ];
    let found = by_name.iter().find(|(words, _)| says(words));
    found.map_or(Kind::UnknownBuildFailure, |&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUILDS: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

    #[test]
    fn the_error_names_the_kind() {
        for (error, kind) in [
            (
                "AttributeError: 'Workplane' object has no attribute 'tube'",
                Kind::InventedApi,
            ),
            (
                "TypeError: box() got an unexpected keyword argument 'depth'",
                Kind::InventedApi,
            ),
            ("TypeError: unsupported operand", Kind::TypeOrValue),
            ("NameError: name 'leg' is not defined", Kind::UndefinedName),
            ("ModuleNotFoundError: No module named 'x'", Kind::ImportError),
            (
                "OCP.StdFail_NotDone: BRep_API: command not done",
                Kind::TypeOrValue,
            ),
            ("ValueError: Null TopoDS_Shape object", Kind::TypeOrValue),
            ("subprocess.TimeoutExpired: timed out after 60 s", Kind::Timeout),
            ("", Kind::UnknownBuildFailure),
        ] {
            assert_eq!(kind_of_text(BUILDS, error), kind, "{error}");
        }
    }

    #[test]
    fn syntax_comes_before_a_missing_fixture_and_that_before_the_error() {
        assert_eq!(kind_of_text("x = (1", "NameError"), Kind::SyntaxClosure);
        assert_eq!(
            kind_of_text(BUILDS, "SyntaxError: invalid syntax"),
            Kind::SyntaxClosure
        );
        assert_eq!(kind_of_text("x = (1)", "NameError"), Kind::MissingFixture);
    }

    proptest! {
        #[test]
        fn any_text_has_a_kind(code in any::<String>(), error in any::<String>()) {
            kind_of_text(&code, &error);
        }
    }
}

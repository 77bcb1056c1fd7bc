//! Selects the program among several pieces of code.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::fences::Language;
use super::parses::{Facts, Parses};
use cadforge_python::Usage;

/// A piece of an answer that may be the program.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub range: Range<usize>,
    pub text: String,
    /// The text with its indentation, for joining it with another piece.
    pub raw: Option<String>,
    /// Its facts; `None` if it does not parse.
    pub facts: Option<Rc<Facts>>,
    pub language: Language,
    /// Whether it is in a tag that marks the answer.
    pub in_answer: bool,
}

/// The last piece that is a program by itself; else all pieces joined, if that is a program; else the last one that
/// builds something. Pieces in an answer tag take precedence.
pub(super) fn whole(pieces: &[Piece], parses: &Parses) -> Option<String> {
    let tagged: Vec<&Piece> = pieces.iter().filter(|piece| piece.in_answer).collect();
    let all: Vec<&Piece> = pieces.iter().collect();
    of(&tagged, parses).or_else(|| of(&all, parses))
}

fn of(pieces: &[&Piece], parses: &Parses) -> Option<String> {
    // Names bound by earlier pieces: code that needs them is not a program by itself.
    let mut bound = BTreeSet::new();
    let mut alone = Vec::new();
    let mut needs_earlier = false;
    for piece in pieces {
        let Some(facts) = &piece.facts else { continue };
        if facts.usage.depends_on(&bound) {
            needs_earlier = true;
        } else if facts.usage.builds {
            alone.push((*piece, facts));
        }
        bound.extend(facts.usage.bound.iter().cloned());
    }
    let last = |holds: &dyn Fn(&Facts) -> bool| {
        alone
            .iter()
            .rev()
            .find(|(_, facts)| holds(facts))
            .map(|(piece, _)| *piece)
    };
    let importing = last(&|facts| facts.usage.imports);
    if let Some(piece) =
        importing.filter(|piece| piece.facts.as_ref().is_some_and(|facts| facts.usage.result))
    {
        return Some(piece.text.clone());
    }
    // A piece that ends inside a function continues in the next one.
    let joined = || (needs_earlier || alone.is_empty()).then(|| joined(pieces, parses))?;
    if let Some((text, facts)) = joined()
        && (facts.usage.result || importing.is_none())
    {
        return Some(text);
    }
    importing
        .or_else(|| last(&|facts| facts.usage.result))
        .map(|piece| piece.text.clone())
}

/// The pieces of one program, joined in order.
fn joined(pieces: &[&Piece], parses: &Parses) -> Option<(String, Rc<Facts>)> {
    let code = |piece: &&&Piece| piece.language != Language::Other;
    let join = |pieces: Vec<&&Piece>| {
        let text: String = pieces
            .iter()
            .map(|piece| piece.raw.as_ref().unwrap_or(&piece.text).as_str())
            .collect();
        let facts = parses.program(&text)?;
        facts.usage.builds.then_some((text, facts))
    };
    join(pieces.iter().filter(code).collect()).or_else(|| {
        join(
            pieces
                .iter()
                .filter(code)
                .filter(|piece| piece.facts.is_some())
                .collect(),
        )
    })
}

/// The last piece that uses CadQuery.
pub(super) fn any(pieces: &[Piece]) -> Option<String> {
    let is_program = |piece: &&Piece| piece.facts.as_ref().is_some_and(|facts| facts.usage.is_program());
    pieces
        .iter()
        .rev()
        .find(is_program)
        .map(|piece| piece.text.clone())
}

/// If no piece is a program: the piece that is most likely meant to be it.
pub(super) fn broken(pieces: &[Piece]) -> Option<String> {
    let rank = |piece: &&Piece| {
        let language = match piece.language {
            Language::Python => 2,
            Language::Unnamed => 1,
            Language::Other => 0,
        };
        (Usage::is_possible(&piece.text), piece.in_answer, language)
    };
    let filled = pieces.iter().filter(|piece| !piece.text.is_empty());
    // Of equal ones, the last.
    filled.max_by_key(rank).map(|piece| piece.text.clone())
}

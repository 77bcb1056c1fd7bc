//! The proposer `rules`, the default: needs only the candidate and its failure.
//!
//! Each rule reads the syntax tree and the failure and offers edits; the smallest and most likely is tried first. An
//! edit is a proposal like any other: the loop builds it and continues from it only if it clears the failure and
//! breaks nothing. Edits away from the failing statement come after all others. Nothing here runs code.

mod arguments;
mod brackets;
mod clean;
mod context;
mod disconnected;
mod edit;
mod editability;
mod empty;
mod fences;
mod fixture;
mod forms;
mod guesses;
mod idioms;
mod imports;
mod indentation;
mod invented;
mod kernel;
mod keywords;
mod names;
mod plausible;
mod python;
mod results;
mod selectors;
mod syntax;
#[cfg(test)]
mod tests;
mod values;
mod vocabulary;

use std::collections::BTreeSet;

pub use edit::Edit;

use super::proposer::{ProposalRequest, ProposeError, Proposed, Proposer};
use cadforge_executor::CancelToken;
use cadforge_python::{ApiIndex, Module};
use cadforge_trajectory::Origin;
use context::RuleContext;

/// The proposer `rules`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules;

type Rule = fn(&RuleContext<'_>, &mut Vec<Edit>);

/// All rules; the order matters only between edits of equal rank.
const RULES: [Rule; 17] = [
    fences::rule,
    syntax::rule,
    imports::rule,
    names::rule,
    invented::rule,
    arguments::rule,
    forms::rule,
    values::rule,
    selectors::rule,
    python::rule,
    kernel::rule,
    fixture::rule,
    empty::rule,
    clean::rule,
    disconnected::rule,
    editability::rule,
    kernel::last_resort,
];

/// Edits from this rank on lose something.
const LOSSY: u32 = 50;

/// Added to the rank of an edit for each step that it goes back.
const BACK: u32 = 70;

/// Added to the rank of an edit outside the failing statement.
const FAR: u32 = 1000;

impl Proposer for Rules {
    fn origin(&self) -> Origin {
        Origin::Rules
    }

    fn propose(
        &self,
        proposal_request: &ProposalRequest<'_>,
        on_text: &mut dyn FnMut(&str),
        _cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError> {
        let tried: BTreeSet<&str> = proposal_request
            .history
            .iter()
            .map(|step| step.code.as_str())
            .collect();
        let untried = |head: usize| {
            let offers = edits(&ProposalRequest {
                head,
                ..*proposal_request
            })
            .into_iter();
            offers
                .filter(|(code, _)| !tried.contains(code.as_str()))
                .map(move |(code, edit)| (head, code, edit))
                .collect::<Vec<_>>()
        };
        let mut offers = untried(proposal_request.head);
        // Only edits that lose something are left: an earlier step may have been repaired wrongly.
        let mut penalty = 0;
        let mut at = proposal_request.head();
        while offers.iter().all(|(_, _, edit)| edit.rank >= LOSSY)
            && at.evaluation.failure.is_some()
            && let Some(parent) = at.parent
        {
            penalty += BACK;
            at = &proposal_request.history[parent];
            offers.extend(untried(parent).into_iter().map(|(head, code, mut edit)| {
                edit.rank += penalty;
                (head, code, edit)
            }));
        }
        offers.sort_by_key(|(_, _, edit)| edit.rank);
        let Some((from, code, edit)) = offers.into_iter().nth(proposal_request.candidate) else {
            return Ok(None);
        };
        on_text(&code);
        Ok(Some(Proposed {
            code,
            reason: edit.reason,
            rule: Some(edit.rule.to_owned()),
            keep: edit.keep,
            from: (from != proposal_request.head).then_some(from),
            ..Proposed::default()
        }))
    }
}

/// All edits of all rules with the resulting code, the most likely first, without duplicates.
pub fn edits(proposal_request: &ProposalRequest<'_>) -> Vec<(String, Edit)> {
    let step = proposal_request.head();
    let source = Module::new(&step.code);
    let failure = step.evaluation.failure.as_ref();
    let context = RuleContext {
        source: &source,
        task: proposal_request.task,
        kind: step.evaluation.kind,
        failure,
        message: failure.map_or("", |failure| failure.message.as_str()),
        line: failure
            .and_then(|failure| failure.line)
            .filter(|line| *line > 0)
            .map(|line| line as usize),
        step,
        history: proposal_request.history,
        shape: proposal_request.shape,
        api: ApiIndex::pinned(),
    };
    let mut edits = Vec::new();
    for rule in RULES {
        rule(&context, &mut edits);
    }
    let regions = context.regions();
    let known_errors = source.errors();
    for edit in &mut edits {
        if !edit.needed
            && !edit
                .changes
                .iter()
                .all(|(range, _)| context.is_near(range, &regions))
        {
            edit.rank += FAR;
        }
    }
    edits.sort_by_key(|edit| edit.rank);
    let mut seen = BTreeSet::from([step.code.clone()]);
    let mut offers = Vec::new();
    for edit in edits {
        if let Some(code) = edit.apply(&step.code)
            && !seen.contains(&code)
            && Module::new(&code).errors() <= known_errors
        {
            seen.insert(code.clone());
            offers.push((code, edit));
        }
    }
    offers
}

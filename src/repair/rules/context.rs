//! What a rule reads: the candidate, its failure, the history.

use std::ops::Range;

use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::Shape;
use cadforge_python::{ApiIndex, Call, Module, Node};
use cadforge_task::Task;
use cadforge_trajectory::Step;

/// Input of a rule.
pub(super) struct RuleContext<'a> {
    pub(super) source: &'a Module<'a>,
    pub(super) task: &'a Task,
    pub(super) kind: Kind,
    pub(super) failure: Option<&'a Failure>,
    /// First line of the failure; empty if the candidate built.
    pub(super) message: &'a str,
    /// The failing line, from 1.
    pub(super) line: Option<usize>,
    pub(super) step: &'a Step,
    pub(super) history: &'a [Step],
    pub(super) shape: Option<&'a Shape>,
    pub(super) api: &'static ApiIndex,
}

impl RuleContext<'_> {
    /// Whether the failure occurred at run time.
    pub(super) fn is_runtime(&self) -> bool {
        self.failure.is_some() && self.kind > Kind::SyntaxClosure && self.kind < Kind::LowEditability
    }

    /// Byte ranges of the failing statement and its callers, where a cause is likely.
    pub(super) fn regions(&self) -> Vec<Range<usize>> {
        let Some(failure) = self.failure else {
            return Vec::new();
        };
        let lines = self.frames();
        let lines = if lines.is_empty() {
            failure.line.map(|line| line as usize).into_iter().collect()
        } else {
            lines
        };
        let statements = lines.into_iter().filter_map(|line| {
            let statement = self.source.statement_at(line)?;
            let line = self.source.line(line);
            Some(statement.start_byte().min(line.start)..statement.end_byte().max(line.end))
        });
        statements.collect()
    }

    /// Lines of the traceback, the innermost last.
    pub(super) fn frames(&self) -> Vec<usize> {
        let traceback = self.failure.map_or("", |failure| failure.traceback.as_str());
        let lines = traceback.lines().filter_map(|line| {
            let rest = line.trim_start().strip_prefix("File \"")?;
            let number = rest.split(", line ").nth(1)?;
            number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        });
        lines.collect()
    }

    /// Imports at the top, additions at the end, and everything if no line is known, count as near.
    pub(super) fn is_near(&self, range: &Range<usize>, regions: &[Range<usize>]) -> bool {
        regions.is_empty()
            || range.is_empty()
            || regions
                .iter()
                .any(|region| region.start <= range.start && range.end <= region.end + 1)
    }

    pub(super) fn statement(&self) -> Option<Node<'_>> {
        self.source.statement_at(self.line?)
    }

    /// The accesses to an attribute of that name, each with the name in it.
    pub(super) fn attributes(&self, name: &str) -> Vec<(Node<'_>, Node<'_>)> {
        let nodes = self.source.nodes().into_iter();
        let accesses = nodes.filter(|node| node.kind() == "attribute");
        accesses
            .filter_map(|node| Some((node, node.child_by_field_name("attribute")?)))
            .filter(|(_, attribute)| self.source.at(*attribute) == name)
            .collect()
    }

    /// Calls of that name in the failing line; all of the file if there are none.
    pub(super) fn same_calls(&self, name: &str) -> Vec<Call<'_>> {
        let calls: Vec<_> = self
            .source
            .calls()
            .into_iter()
            .filter(|call| call.name == name)
            .collect();
        let here: Vec<_> = calls
            .iter()
            .filter(|call| Some(call.name_node.start_position().row + 1) == self.line)
            .cloned()
            .collect();
        let mut here = if here.is_empty() { calls.clone() } else { here };
        here.truncate(3);
        here
    }
}

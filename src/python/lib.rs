//! The model of Python source and of CadQuery's API that extraction, rules, similarity and the editor share.
//!
//! [`Module`] is a text with its syntax tree: calls, functions, assignments, scopes, and [`Usage`], the names that a program binds
//! and needs. [`tokens`] splits any text, however broken, and covers all of it. [`ApiIndex`] holds the classes, members and
//! parameters of the pinned CadQuery, and completes code with them. [`nearest`] ranks names by similarity.
//!
//! Pure, and runs no code: it knows what a text says, not what it does. Types are inferred from assignments and CadQuery's index
//! alone. The scores count words by patterns of their own, which are part of their definition (`cadforge-reward`).
//!
//! ```
//! use cadforge_python::{ApiIndex, Module, nearest};
//!
//! let module = Module::new("part = cq.Workplane().cricle(3)");
//! let call = &module.calls_at(1)[1];
//! let methods = ApiIndex::pinned().classes["Workplane"].members.keys();
//! assert_eq!(nearest::nearest(call.name, methods.map(String::as_str)), Some("circle"));
//! assert_eq!(module.line_of(call.name_node.start_byte()), 1);
//! ```

mod api;
mod completion;
mod definitions;
mod lines;
mod message;
mod module;
pub mod nearest;
mod scope;
mod strict;
pub mod tokens;
mod usage;

pub use tree_sitter::Node;

pub use api::{ApiIndex, Arity, Class, Member, Param, arity};
pub use completion::{Completion, word_before};
pub use definitions::{Definition, DefinitionKind, definitions, statements};
pub use lines::{line_end, line_range, line_start};
pub use message::{callee, parts, quoted};
pub use module::{
    Arg, Binding, Call, Function, Module, children, descendants, enclosing, number, statement_of,
};
pub use usage::{RESULT_NAMES, Usage};

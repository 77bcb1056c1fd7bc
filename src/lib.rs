//! CADForge Studio: watch, edit and drive the repair of CadQuery code.
//!
//! # Architecture
//!
//! ## Processes
//!
//! ```text
//! cadforge            the window and every command-line verb; never loads Python
//!  ├─ main thread     draws the studio's state, or waits on behalf of the command line
//!  ├─ job threads     one a job of the engine; each spends its life waiting for a worker
//!  └─ cadforge-worker the only executable that embeds CPython; three processes:
//!      supervisor     speaks with cadforge, watches limits, drains output, kills; holds no Python
//!       └─ zygote     imports CadQuery once, then forks per candidate; nothing of a candidate enters it
//!           └─ child  takes on limits, runs the code, leaves its report in memory files, dies
//! ```
//!
//! A crash, hang or leak in candidate code ends one child. Scores are computed in `cadforge`, from the geometry
//! that comes back: candidate code never runs in a process that scores it, and no reference ever reaches it. A
//! worker that dies or speaks nonsense is replaced and its candidate run once more; after that it is an error,
//! and an error is never a score.
//!
//! ## Layers
//!
//! A module may use those below it, never one above or beside it. The test `layers` holds this.
//!
//! | layer | modules | job |
//! |---|---|---|
//! | surfaces | [`cli`], [`studio`] | talk to people and programs; ask the engine |
//! | work | [`engine`] | jobs in, events out, on threads of its own |
//! | loop | [`repair`] | propose (rules, recordings, a model), build, score, keep or branch |
//! | memory | [`trajectory`] | steps and artifacts on disk |
//! | evidence | [`assess`] | build the candidate and its reference, have them scored |
//! | machinery | [`executor`], [`reward`], [`render`] | run code; turn evidence into a score; draw |
//! | facts | [`geometry`], [`task`] | meshes and what to compare; what is asked for |
//! | words | [`failure`], [`locate`] | names of failures; where files lie |
//!
//! [`reward`] is pure: evidence in, report out, the same bits for the same input. [`geometry`] is pure but for
//! reading mesh files. Only [`executor`] starts workers; files are read where they come in ([`task`], references in
//! [`assess`], [`locate`], the surfaces, prompt templates and cassettes in [`repair`]) and written by [`trajectory`], the
//! surfaces and a recording endpoint alone; only [`repair::endpoint`] opens connections; only the worker
//! executable knows Python; only [`render`] and the studio's viewport know OpenGL.
//!
//! ## A candidate's way
//!
//! A surface submits a job to [`engine::Engine`] and gets a handle with an event stream of its own. The job's
//! thread asks [`assess::Assessor`] for an assessment; that asks [`executor::Executor`], where a hand edit goes
//! before a batch. The worker forks; the child executes the code, meshes the object as CadQuery's exporter does
//! and leaves STL, face counts, edges and facts in memory files, which the supervisor checks for form and
//! [`executor`] for sense before there is a shape. The mesh is scored
//! by [`reward::score`]; the [`assess::Evaluation`] is what every surface prints, and a trajectory line is an
//! evaluation with its code. The window draws [`studio`]'s state, changes it in one place when events arrive,
//! and asks for work only by commands.
//!
//! ## A repair's way
//!
//! [`repair::run`] asks a [`repair::Proposer`] for the next candidate. A proposer keeps no memory: all it goes by is the
//! task and the steps so far, failed ones included, so that the candidates of a group can be asked for at the same
//! time. Each proposal is assessed like any candidate and becomes a step; how it was meant ([`repair::Keep`]) says when the
//! loop goes on from it, and otherwise it goes on from where it was. The rules read the candidate with tree-sitter, never
//! run anything themselves, and know CadQuery by an index made by introspection.
//!
//! ## Decisions that differ from the first sketch
//!
//! - A job is a thread, not an entry in a dispatcher's table: it only waits, at most a few run at once, and the
//!   one queue that needs an order is the pool's. Debounce belongs to the studio's controller: it is about
//!   typing, and a keystroke that is overtaken never becomes a job.
//! - The worker's supervisor is a process of its own without Python. A zygote that talks, polls and reads output
//!   changes with every candidate, and so does what its next child inherits; this one is forked before anything
//!   else happens and only ever forks. With address randomisation off, equal code then gives equal bits in any
//!   worker, down to scripts that iterate over a set of edges.
//! - The worker refuses a Python that differs from its own in as much as the patch level: a libpython of one
//!   build with the library folder of another fails on the first extension module, with a misleading message.
//! - A name bound to `None` counts as not bound when the exportable object is looked for: `part = None` before a
//!   loop is a habit, not a choice.
//! - A trajectory's artifact paths are relative to its folder, so that a folder can be moved and shared.
//! - Faces are shaded smoothly inside one B-rep face and never across faces: flat triangles show the mesher's
//!   choices, not the part's.

pub mod assess;
pub mod cli;
pub mod engine;
pub mod executor;
pub mod failure;
pub mod geometry;
pub mod locate;
pub mod render;
pub mod repair;
pub mod reward;
pub mod studio;
pub mod task;
pub mod trajectory;

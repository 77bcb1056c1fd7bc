//! CADForge Studio: inspect, edit and drive the repair of CadQuery code.
//!
//! # Architecture
//!
//! ## Processes
//!
//! ```text
//! cadforge            the window and every subcommand; never loads Python
//!  ├─ main thread     draws the studio's state, or waits on behalf of the command line
//!  ├─ job threads     one per job of the engine; most of their time they wait for a worker
//!  └─ cadforge-worker the only executable that embeds CPython:
//!      supervisor     talks to cadforge, enforces limits, drains output, kills; holds no Python
//!       └─ zygote     imports CadQuery once, then only forks; no candidate's data enters it
//!           ├─ reader splits the code into steps and turns the shape into facts; executes no candidate code
//!           └─ runner executes the steps, hands mesh and boundary representation over, exits
//!               └─ …  after an edit: a fork of a runner that stopped before the first changed step
//! ```
//!
//! Reader and runner are confined before they see a byte of a candidate, and are forked before there is one. The zygote uses
//! huge pages, so that a fork and an exit take a third of the time. A crash, hang or leak in candidate code ends one child.
//! Scores are computed in `cadforge`, from the geometry that comes back: candidate code never runs in a process that scores
//! it, and no reference reaches it. A worker that dies or sends malformed frames is replaced and its candidate is run once
//! more; after that it is an internal error, and an internal error is never scored.
//!
//! ## Crates
//!
//! Each layer is a crate below `src`; Cargo enforces that a crate uses only crates of lower layers. The root package is the
//! program: the command line ([`cli`]) and the window ([`studio`]). It re-exports the other crates under the names of this table.
//!
//! | layer | crates | responsibility |
//! |---|---|---|
//! | program | `cadforge-studio` (root): [`cli`], [`studio`] | command line and window |
//! | service | [`server`] | HTTP, WebSocket and MCP; submits jobs to the engine |
//! | jobs | [`engine`] | jobs in, events out, on threads of its own |
//! | data | [`data`] | rows of training runs: one reader, group rule, summary and index; scoring, store, reports, curricula, exports |
//! | loop | [`repair`], [`adversarial`] | proposers (rules, recordings, a model) and the repair loop; attacks on a reward |
//! | persistence | [`trajectory`] | steps and artifacts on disk |
//! | assessment | [`assess`] | builds candidate and references, has them scored |
//! | tasks | [`task`] | task packs with their checks |
//! | execution | [`executor`], [`reward`], [`render`] | runs code; computes scores; draws |
//! | worker | `cadforge-worker` | the worker process: embeds CPython, executes candidates in a sandbox |
//! | domain | [`geometry`], `cadforge-protocol` | meshes and comparisons; messages between worker and executor, what a run depends on |
//! | foundation | [`failure`], [`locate`], [`cache`] (all of `cadforge-core`), [`extraction`], [`python`], `cadforge-platform` | failure kinds, places of files, cache, fields of TOML files; programs out of answers; Python source and CadQuery's API; what only Linux has |
//!
//! [`extraction`] is a crate of its own because endpoint, rows and server need it and it needs only [`python`], the one model of Python
//! source and CadQuery's API, which the rules, the similarity of rows and the editor share. [`trajectory`],
//! [`engine`] and [`adversarial`] are not part of [`repair`]: rows and server read trajectories without the loop, and an edit of a rule
//! does not rebuild the attacks. `src/cli` and `src/studio` remain one crate, because the command line opens the window and both are
//! rebuilt in seconds.
//!
//! [`reward`] is pure: equal evidence gives equal bits. [`geometry`] is pure except for reading mesh files. Only [`executor`] starts
//! workers. Files are read where they enter ([`task`], references in [`assess`], [`locate`], the program, rows in [`data`], prompt
//! templates and recordings in [`repair`]) and written only by [`trajectory`], [`cache`], [`data`], the program and a recording
//! endpoint. Only [`repair::endpoint`] opens connections (the studio uses it to query servers, on threads of its own), only
//! [`server`] accepts them. Only the worker crate links Python; only [`render`] and the studio's viewport use OpenGL.
//!
//! ## Evaluation pipeline
//!
//! 1. A caller submits a job to [`engine::Engine`] and gets a handle with its own event stream. The job's thread asks
//!    [`assess::Assessor`] for an assessment.
//! 2. Cached results come from [`cache`], without a worker. The rest goes to [`executor::Executor`]. Hand edits have a worker of
//!    their own or go before a batch; batches take turns by job and by the time that they have used; a full queue refuses more.
//!    Limits do not run while a candidate waits for the processor; while one sleeps, its worker runs another.
//! 3. In the worker, the reader splits the code into steps; the runner executes them and hands the boundary representation over in a
//!    memory file; the reader extracts edges, surfaces and facts.
//! 4. The profile decides who makes the mesh ([`executor::MeshMethod`]). Under cadforge-v1 the runner exports it as CadQuery does, and
//!    [`executor`] compares it with the surfaces, face by face. If the two contradict each other, the candidate is run once more and
//!    the reader makes the mesh: if that one agrees, it is scored, else the kind is `forged`. Under grounded-v2 the reader always
//!    makes the mesh, with parameters chosen from counts (the worker's `mesher.py`), and nothing that a candidate claims about its
//!    geometry is used. For editability, variants with other values of named dimensions then run in the same runner, which reuses
//!    the kernel's results that cannot depend on them, and the reader measures their mass properties.
//! 5. [`reward::score`] scores the mesh. The result is an [`assess::Evaluation`], which every surface prints; a line of a trajectory is
//!    an evaluation with its code.
//!
//! Editability is measured against constants and not against the reference's own variants: these took 7 to 17 s when a process first
//! scored a task, and decided nothing, since references have 0.93 to 1 of their dimensions live.
//!
//! Stages are timed where they run, on the machine's monotonic clock, which all processes share: spans of `tracing` in `cadforge`, and
//! reports of supervisor, runner and reader with the result, only if the client asks for them. The executor emits these as events of
//! one target, so that `--timing` and `--trace` are subscribers, and no crate knows of them.
//!
//! A STEP file is written by the reader as well ([`executor::Executor::export`]), from the shape and never from what the candidate
//! claims.
//!
//! ## Sandbox
//!
//! The worker's `sandbox` leaves a candidate no environment, no descriptors but its own, no privileges and bounded resources.
//! Landlock allows reading Python and its libraries and writing one empty folder; seccomp allows a list of system calls without
//! sockets, programs, threads, or signals to others. A refused call is a `PermissionError` in the code and the kind `sandbox` in the
//! result. `doctor` and the notes of every result report a kernel that lacks either. `tests/cases/hostile` holds the attacks.
//!
//! ## Incremental execution
//!
//! The reader splits code into steps: top-level statements and the calls chained in them, in Python's order of evaluation and with
//! Python's line numbers. Steps are serialised as bytes that depend on nothing but the step, so that comparing them shows what an
//! edit left unchanged. The runner of a hand edit pauses now and then between two steps; the supervisor has it fork, and the copy
//! continues while the original remains as a link of a chain. A copy of the deepest link that shares its steps runs the next edit.
//! All runs execute steps the same way, and nothing between two steps allocates: a resumed run finds the memory, to the address,
//! that a run from the start would have, and equal code gives equal bits. A runner may fork only when its supervisor, asked by
//! the kernel (seccomp's user notification), allows it; where the kernel cannot ask, every run is a whole one. A process that has a
//! file open, or has left one, is no link. Results of resumed runs are displayed but never cached.
//!
//! ## Caching
//!
//! [`cache`] holds bytes under a SHA-256 of every input that can affect them. [`executor`] caches builds (code, limits, sources of the
//! crates that make them, the worker, the Python environment, the kernel), so that another mode or profile is scored without running
//! the code. [`assess`] caches evaluations (the build's key, task, profile, mode, shaping, content of the reference, sources of
//! rewards and tasks). Keys are computed from files alone: a cached result starts no Python. An edit in the studio, the server or the command
//! line leaves all keys valid. Results that the machine influenced, such as time-outs, are not cacheable:
//! [`executor::Execution::cacheable`] says which.
//!
//! ## What grounded-v2 measures
//!
//! [`reward`] computes it from the same evidence and more: the task's checks measured on surfaces and mesh; distances between solids;
//! volumes and outlines beside those of the reference that fits best and of trivial shapes (box, shell, slabs, cylinders, hulls, weak seed);
//! and how the part responds when its named dimensions change. [`assess`] has the latter built, by the executor like any candidate, and
//! computes once per task what trivial shapes score, so that a check pays only what they lack, and in full only where the volume begins
//! to be the reference's. What extends beyond the box that the prompt gives takes its share of the whole total. [`adversarial`] tests
//! it: attacks, ladders of honest parts, mutants of references, an optimiser. A digest of the definition goes with each score.
//!
//! ## Serving
//!
//! [`server`] turns requests into jobs of the engine on a runtime of its own, and answers pings while one runs. A socket holds one
//! environment; plain HTTP gets a fresh one per call. Input is read field by field, with the errors that the real clients expect; none
//! of it is ever used as a path. Responses are types, from which the OpenAPI document is generated. Token, host, rate and size are
//! checked before any route.
//!
//! The studio hosts the server on a thread, over its own engine: clients and the person at the window share workers and cache, an edit
//! goes before any client's candidate, and watching sessions needs neither a second process nor a route that others could read.
//! [`server::Spectator`] keeps the last steps of each session; nothing waits for those who watch.
//!
//! ## State of the window
//!
//! A panel reads `studio::state` and sends `studio::command`s: the window executes those about itself, `studio::controller` the others.
//! The state is plain data in slices. Each part of the controller (sessions and jobs, runs, proposer, server, files, settings) owns one,
//! with the threads behind it, and can be tested alone; the controller passes on what concerns several parts. Panels are arranged in a tree of tiles (`studio::dock`). Whatever reads, writes or queries a server does so
//! on a thread and returns as an event. A window also opens without a Python environment, and creates one when asked
//! (`studio::environment`); the executor then retries its workers.

pub use cadforge_adversarial as adversarial;
pub use cadforge_assess as assess;
pub use cadforge_core::{cache, failure, locate};
pub use cadforge_data as data;
pub use cadforge_engine as engine;
pub use cadforge_executor as executor;
pub use cadforge_extraction as extraction;
pub use cadforge_geometry as geometry;
pub use cadforge_python as python;
pub use cadforge_render as render;
pub use cadforge_repair as repair;
pub use cadforge_reward as reward;
pub use cadforge_server as server;
pub use cadforge_task as task;
pub use cadforge_trajectory as trajectory;

pub mod cli;
pub mod studio;

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
//!  └─ cadforge-worker the only executable that embeds CPython:
//!      supervisor     speaks with cadforge, watches limits, drains output, kills; holds no Python
//!       └─ zygote     imports CadQuery once, then only forks; nothing of a candidate enters it
//!           ├─ reader reads the code into steps, and the shape that came of it into facts; runs none of it
//!           └─ runner runs the steps, hands mesh and boundary representation over, dies
//!               └─ …  after an edit: a copy of a runner that stands before the first step that changed
//! ```
//!
//! Reader and runner are confined before they see a byte of a candidate, and have been forked before there is one.
//! The zygote lies in large pages, so that a fork and an exit take a third of the time.
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
//! | surfaces | [`cli`], [`studio`] | talk to people; ask the engine, start the server |
//! | service | [`server`] | talks to programs; asks the engine |
//! | work | [`engine`] | jobs in, events out, on threads of its own |
//! | data | [`data`] | rows of training runs: scores, store, reports, curriculum, exports |
//! | loop | [`repair`], [`ordeal`] | propose (rules, recordings, a model), build, score, keep or branch; attack a reward |
//! | memory | [`trajectory`] | steps and artifacts on disk |
//! | evidence | [`assess`] | build the candidate and its reference, have them scored |
//! | machinery | [`executor`], [`reward`], [`render`] | run code; turn evidence into a score; draw |
//! | facts | [`geometry`], [`task`] | meshes and what to compare; what is asked for |
//! | words | [`failure`], [`locate`], [`cache`], [`extraction`] | names of failures; where files lie; results by what they depend on; programs out of answers |
//!
//! [`reward`] is pure: evidence in, report out, the same bits for the same input. [`geometry`] is pure but for
//! reading mesh files. Only [`executor`] starts workers; files are read where they come in ([`task`], references in
//! [`assess`], [`locate`], the surfaces, rows in [`data`], prompt templates and cassettes in [`repair`]) and written by
//! [`trajectory`], [`cache`], [`data`], the surfaces and a recording endpoint alone; only [`repair::endpoint`] opens
//! connections (the studio has it ask servers how they are, on threads of its own), only [`server`] takes them; only the worker
//! executable knows Python; only [`render`] and the studio's viewport know OpenGL.
//!
//! ## A candidate's way
//!
//! A surface submits a job to [`engine::Engine`] and gets a handle with an event stream of its own. The job's
//! thread asks [`assess::Assessor`] for an assessment. What is known comes from [`cache`], without a worker; the rest
//! goes to [`executor::Executor`], where hand edits have a worker of their own or go before a batch, batches take turns
//! by job and by the time that these took, and too many are refused. Of a candidate that waits for the processor the limits wait too; while one
//! sleeps, its worker runs another. In the worker the reader takes the code apart; the runner executes it and hands the
//! boundary representation over in a memory file; the reader reads edges, surfaces and facts from it. Who makes the mesh
//! depends on the profile ([`executor::MeshKind`]). Under cadforge-v1 the runner exports it as CadQuery does, and
//! [`executor`] compares it with the surfaces, face by face; where the two contradict each other, the candidate is run once
//! more and the reader makes the mesh: if it agrees, that mesh is scored, else the kind is `forged`. Under grounded-v2 the
//! reader always makes the mesh, with parameters that are chosen from counts (the worker's `mesher.py`), and nothing that a
//! candidate says about its geometry is used. The mesh is scored by [`reward::score`]; the [`assess::Evaluation`] is what every surface prints, and a trajectory line is an
//! evaluation with its code. The window draws [`studio`]'s state, changes it in one place when events arrive,
//! and asks for work only by commands. A STEP file is written by the reader as well ([`executor::Executor::export`]), from the
//! shape and never from what the candidate says.
//!
//! ## What confines a candidate
//!
//! The worker's `sandbox`: no environment, no descriptors but its own, no privileges, limits, Landlock (reads Python and its
//! libraries, writes one empty folder) and seccomp (an allow list: no sockets, programs, threads, signals to others). What is
//! refused is a `PermissionError` in the code and the kind `sandbox` in the result. A kernel without them is told of by
//! `doctor` and in the notes of every result. `tests/cases/hostile` holds the attacks.
//!
//! ## How an edit goes on from the last one
//!
//! The reader cuts code into steps: top-level statements, and the calls chained in them, in Python's order of evaluation
//! and with Python's line numbers. Steps travel as bytes that depend on nothing but the step, so that comparing them tells
//! what an edit left alone. A runner of a hand edit stops now and then between two steps; the supervisor has it fork, and the
//! copy goes on while the original stands as a link of a chain. The next edit is run by a copy of the deepest link whose
//! steps it shares. All runs execute steps the same way, and nothing between two steps allocates: a run that goes on finds
//! the memory, to the address, that a run from the start would have, and equal code keeps giving equal bits. A
//! runner may fork only when its supervisor, asked by the kernel (seccomp's user notification), says so; where the
//! kernel cannot ask, every run is a whole one. A process that has a file open or has left one is no link. What went on
//! from a link is shown, never kept.
//!
//! ## What is kept
//!
//! [`cache`] holds bytes under a SHA-256 of all that can change them. [`executor`] keeps builds (code, limits, programs,
//! Python environment, kernel), so that another mode or profile scores without running the code; [`assess`] keeps
//! evaluations (a build's key, task, profile, mode, shaping, content of the reference). Keys are computed from files
//! alone: what is known costs no Python. Nothing is kept that the machine had a part in, such as a time-out, nor what came
//! of a run that was not clean: [`executor::Execution`] says which.
//!
//! ## What grounded-v2 goes by
//!
//! [`reward`] scores it from the same evidence and more: the task's checks measured on surfaces and mesh, distances between
//! solids, volumes and outlines beside those of the reference and of trivial shapes (box, shell, slabs, cylinders, hull, weak seed), and how
//! the part answers when its named dimensions are changed. [`assess`] has the latter built, by the executor like any candidate,
//! and keeps for each task what trivial shapes come to, so that a check pays only what they do not have, and in full only
//! where the volume begins to be the reference's. What sticks out of the box that the prompt gives takes its share of everything.
//! [`ordeal`] turns scripts against it: attacks, ladders of honest parts, an optimiser.
//!
//! ## How others are served
//!
//! [`server`] turns requests into jobs of the engine on a runtime of its own, and answers pings while one runs. A socket holds
//! one environment; plain HTTP a fresh one a call. What comes from outside is read field by field with the errors that
//! the real clients expect; nothing of it is ever a path. Answers are types, of which the OpenAPI document is made too. Its
//! guard comes before any route: token, host, rate, size.
//!
//! The studio hosts it on a thread, over the engine that it has: clients and the person at the window share workers and cache,
//! an edit goes before any client's candidate, and what is watched needs neither a second process nor a route that could
//! be read by others. [`server::Spectator`] keeps the last steps of each session; nothing waits for who looks at them.
//!
//! ## The window's state
//!
//! A panel reads [`studio::state`] and sends [`studio::command`]s; [`studio::controller`] alone changes the state, where
//! commands, engine events and files come in. Panels stand in a tree of tiles ([`studio::dock`]). Whatever reads, writes or
//! asks a server does so on a thread and comes back as an event. A window opens without a Python environment too, and makes
//! one when asked ([`studio::environment`]); the executor then tries its workers again.
//!
//! ## A repair's way
//!
//! [`repair::run`] asks a [`repair::Proposer`] for the next candidate. A proposer keeps no memory: all it goes by is the
//! task and the steps so far, failed ones included, so that the candidates of a group can be asked for at the same
//! time. Each proposal is assessed like any candidate and becomes a step; how it was meant ([`repair::Keep`]) says when the
//! loop goes on from it, and otherwise it goes on from where it was. A loop that writes a folder keeps its plan beside its
//! steps until it ends: one that was killed is gone on with behind its last whole round. The rules read the candidate with tree-sitter, never
//! run anything themselves, and know CadQuery by an index made by introspection.
//!
//! ## A row's way
//!
//! Every reader of [`data`] takes rows a line at a time and asks [`data::Row`] what they say, whoever wrote them. [`data::score`]
//! reads a file twice, once for its groups, and writes a row when its whole group is scored; the output is the only record of
//! what is done, so that a killed run needs nothing else to go on. What waits, and what an export chooses from, lies in files
//! without a name. [`data::store`] is an index in SQLite with artifacts beside it; what other verbs read are files.
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
//! - The mesh of a cadforge-v1 score is the runner's, checked against surfaces, not one that the reader makes: handing a
//!   shape over normalises its rotations by a unit in the last place, and a few triangles of some parts then come out
//!   otherwise than CadQuery's own (on 2 of 48 shipped scripts: other diagonals between the same vertices).
//! - A mesh that contradicts its shape accuses nobody by itself. The kernel's box and area of a face are estimates, and every
//!   fixed tolerance either refuses honest splines or lets a forger in. A second mesh, from a process that ran no candidate,
//!   costs one more run of a few candidates and decides without a tolerance to tune.
//! - grounded-v2 has no export by the candidate at all. The export of a plate with 400 holes takes 31 s and that of a wavy
//!   vase 21 s; the mesh that is measured takes 1.3 and 0.6 s.
//! - What a candidate says of its own run (objects shown, cuts without effect) reaches notes as numbers and names of letters
//!   only: words are made outside its process.
//! - Candidates have no threads. Python's and the kernel's need none, and what depends on a scheduler is not equal twice.
//! - Clock and chance are part of the code's result, so they are fixed: time begins at one moment and passes by being
//!   looked at, `os.urandom` and what builds on it come from one sequence.
//! - The worker refuses a Python that differs from its own in as much as the patch level: a libpython of one
//!   build with the library folder of another fails on the first extension module, with a misleading message.
//! - A name bound to `None` counts as not bound when the exportable object is looked for: `part = None` before a
//!   loop is a habit, not a choice.
//! - A trajectory's artifact paths are relative to its folder, so that a folder can be moved and shared.
//! - Faces are shaded smoothly inside one B-rep face and never across faces: flat triangles show the mesher's
//!   choices, not the part's.

pub mod assess;
pub mod cache;
pub mod cli;
pub mod data;
pub mod engine;
pub mod executor;
pub mod extraction;
pub mod failure;
pub mod geometry;
pub mod locate;
pub mod ordeal;
pub mod render;
pub mod repair;
pub mod reward;
pub mod server;
pub mod studio;
pub mod task;
pub mod trajectory;

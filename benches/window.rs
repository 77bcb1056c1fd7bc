//! Cost of a frame of the 3D view without the driver: layout, description of the pictures, selection of outlines; with
//! 200,000 triangles in two panes. Also the cost of preparing meshes on their thread, of a frame and a keystroke in
//! code of 5,000 lines, and of another filter on 100,000 rows.

use std::hint::black_box;
use std::sync::Arc;

use cadforge::assess::Scoring;
use cadforge::failure::Kind;
use cadforge::geometry::{Shape, SignedDistance, TriMesh};
use cadforge::render::heat::Heat;
use cadforge::render::mesh::{Buffers, Viewpoint, outline};
use cadforge::render::{Model, shape_from_mesh};
use cadforge::studio::command::{Command, ControllerCommand};
use cadforge::studio::editor::{self, EditorView};
use cadforge::studio::notes::Notes;
use cadforge::studio::rows::{Order, RowClass, RowFilter, RowIndex};
use cadforge::studio::state::Sessions;
use cadforge::studio::viewport::{Pane, Tone, Viewport};
use cadforge::task::{Level, Scale, Task};
use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Event, Pos2, RawInput, Rect, pos2, vec2};

const SIZE: egui::Vec2 = vec2(1200.0, 800.0);

/// A wavy ring with `2 * around * across` triangles.
fn ring(around: u32, across: u32) -> Arc<Shape> {
    let at = |i: u32, j: u32| {
        let (u, v) = (f64::from(i) / f64::from(around), f64::from(j) / f64::from(across));
        let (su, cu) = (u * std::f64::consts::TAU).sin_cos();
        let (sv, cv) = (v * std::f64::consts::TAU).sin_cos();
        let tube = 8.0 + (u * 60.0).sin();
        [(30.0 + tube * cv) * cu, (30.0 + tube * cv) * su, tube * sv]
    };
    let vertices: Vec<[f64; 3]> = (0..around)
        .flat_map(|i| (0..across).map(move |j| at(i, j)))
        .collect();
    let index = |i: u32, j: u32| (i % around) * across + j % across;
    let triangles: Vec<[u32; 3]> = (0..around)
        .flat_map(|i| {
            (0..across).flat_map(move |j| {
                let (a, b, c, d) = (index(i, j), index(i + 1, j), index(i + 1, j + 1), index(i, j + 1));
                [[a, b, c], [a, c, d]]
            })
        })
        .collect();
    Arc::new(shape_from_mesh(
        Vec::new().into(),
        TriMesh::new(&vertices, &triangles).expect("a ring"),
    ))
}

fn frame(ctx: &egui::Context, view: &mut Viewport, shapes: &[Arc<Shape>; 2], time: f64, events: Vec<Event>) {
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
        time: Some(time),
        events,
        ..RawInput::default()
    };
    let pane = |title, tone, shape| Pane {
        title,
        tone,
        shape: Some(shape),
        scene: None,
        stale: None,
        remark: None,
        empty: "",
    };
    let output = ctx.run_ui(input, |ui| {
        view.show(
            ui,
            &[
                pane("weak seed", Tone::Seed, &shapes[0]),
                pane("step 2", Tone::Step, &shapes[1]),
            ],
        );
    });
    black_box(ctx.tessellate(output.shapes.clone(), 1.0));
    output.drop_without_applying_deltas();
}

fn view(criterion: &mut Criterion) {
    // 100,000 each: 200,000 triangles on the screen.
    let shapes = [ring(500, 100), ring(250, 200)];
    let ctx = egui::Context::default();
    cadforge::studio::theme::install(&ctx);
    let mut view = Viewport::new(None);
    let folds: Vec<_> = shapes.iter().map(|shape| Buffers::of(shape).folds).collect();
    let mut time = 0.0;
    criterion.bench_function("view, a frame at rest", |bench| {
        bench.iter(|| {
            time += 0.016;
            frame(&ctx, &mut view, &shapes, time, Vec::new());
        });
    });
    let mut turn = 0.0_f32;
    criterion.bench_function("view, a frame while turning, with outlines", |bench| {
        bench.iter(|| {
            time += 0.016;
            turn += 1.0;
            let at = pos2(300.0 + turn % 100.0, 300.0);
            frame(&ctx, &mut view, &shapes, time, vec![Event::PointerMoved(at)]);
            for folds in &folds {
                let eye = three_d::vec3(100.0 * (turn * 0.01).cos(), 100.0 * (turn * 0.01).sin(), 80.0);
                black_box(outline(folds, Viewpoint::Point(eye)));
            }
        });
    });
}

fn once(criterion: &mut Criterion) {
    let (large, small) = (ring(1000, 100), ring(60, 40));
    let mut group = criterion.benchmark_group("once, on a thread of its own");
    group.sample_size(10);
    group.bench_function("prepare 200,000 triangles", |bench| {
        bench.iter(|| Model::of(&large, true));
    });
    let buffers = Buffers::of(&small);
    group.bench_function("distances of a shape of 4,800 triangles", |bench| {
        let other = SignedDistance::to(&ring(70, 40).mesh);
        bench.iter(|| Heat::of(&buffers, &other, &|| false));
    });
}

/// A script of about `lines` lines, as models write them.
fn script(lines: usize) -> String {
    let block = |index: usize| {
        format!(
            "def make_{index}(width=10.0, depth=4):\n    \"\"\"A plate with {index} holes.\"\"\"\n    \
             plate = cq.Workplane(\"XY\").box(width, depth, {index}.5)  # the base\n    \
             at = [(x, y) for x in (-14, 14) for y in (-14, 14)]\n    \
             return plate.faces(\">Z\").workplane().pushPoints(at).hole(4.2)\n\nsize_{index} = {index}.25\n\n"
        )
    };
    let mut code = "import cadquery as cq\n\n".to_owned();
    let mut index = 0;
    while code.lines().count() < lines {
        code.push_str(&block(index));
        index += 1;
    }
    code
}

/// The code panel for one task whose seed is `code`.
struct Desk {
    ctx: egui::Context,
    view: EditorView,
    sessions: Sessions,
    time: f64,
}

impl Desk {
    fn new(code: String) -> Self {
        let task = Task {
            id: "long".to_owned(),
            level: Level::Easy,
            family: "bench".to_owned(),
            label: "long".to_owned(),
            prompt: String::new(),
            semantic_hints: Vec::new(),
            bbox_mm: None,
            scale: Scale::Mm,
            axis: None,
            checks: Vec::new(),
            seeds: [("weak".to_owned(), code)].into(),
            reference: None,
            further_references: std::collections::BTreeMap::new(),
            reference_mesh: None,
            not_asked: Vec::new(),
            repairs: Vec::new(),
            dir: "tasks".into(),
            version: String::new(),
        };
        let ctx = egui::Context::default();
        cadforge::studio::theme::install(&ctx);
        let mut desk = Self {
            ctx,
            view: EditorView::default(),
            sessions: Sessions::new([Arc::new(task)], Scoring::default()).expect("a task"),
            time: 0.0,
        };
        // The first frames set the keyboard focus and the layout.
        for _ in 0..4 {
            desk.frame(Vec::new());
        }
        desk
    }

    fn frame(&mut self, events: Vec<Event>) {
        self.time += 0.016;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(700.0, 900.0))),
            time: Some(self.time),
            events,
            focused: true,
            ..RawInput::default()
        };
        let mut commands = Vec::new();
        let output = self.ctx.run_ui(input, |ui| {
            editor::show(&mut self.view, &self.sessions, ui, &mut commands);
        });
        black_box(self.ctx.tessellate(output.shapes.clone(), 1.0));
        output.drop_without_applying_deltas();
        for command in commands {
            if let Command::Controller(ControllerCommand::Edit { card, code }) = command
                && let Some(card) = self.sessions.session_mut().get_mut(card)
            {
                card.code = code;
                card.revision += 1;
            }
        }
    }
}

fn code(criterion: &mut Criterion) {
    let mut desk = Desk::new(script(5000));
    criterion.bench_function("code of 5,000 lines, a frame at rest", |bench| {
        bench.iter(|| desk.frame(Vec::new()));
    });
    criterion.bench_function("code of 5,000 lines, a keystroke", |bench| {
        bench.iter(|| desk.frame(vec![Event::Text("x".to_owned())]));
    });
    criterion.bench_function("code of 5,000 lines, a new line", |bench| {
        bench.iter(|| desk.frame(vec![Event::Text("\n".to_owned())]));
    });
}

/// A run of 100,000 rows for 24 tasks, in groups of eight; every third row failed.
fn run(folder: &std::path::Path) -> RowIndex {
    let path = folder.join("run.jsonl");
    let mut text = String::new();
    for row in 0..100_000 {
        let (kind, total) = match row % 3 {
            0 => ("syntax_closure", -1.0),
            _ => ("build_ok", f64::from(row * 7919 % 1000) / 1000.0),
        };
        let (task, group) = (row % 24, row / 8);
        text.push_str(&format!(
            "{{\"task_id\": \"t{task}\", \"group_id\": {group}, \"code\": \"x\", \"kind\": \"{kind}\", \"reward\": {total}}}\n"
        ));
    }
    std::fs::write(&path, text).expect("a run");
    RowIndex::read(&path).expect("rows")
}

fn rows(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = run(folder.path());
    let mut notes = Notes::default();
    (0..1000).for_each(|row| notes.pin(row * 97, true));
    let found: Vec<u32> = (0..100_000).step_by(2).collect();
    let all = RowFilter::default();
    let which = |which| RowFilter { which, ..all };
    for (name, choice, among) in [
        ("all", all, None),
        (
            "all, best first",
            RowFilter {
                order: Order::Best,
                ..all
            },
            None,
        ),
        ("built", which(RowClass::Built), None),
        ("of one kind", which(RowClass::Kind(Kind::SyntaxClosure)), None),
        ("of one task", RowFilter { task: Some(3), ..all }, None),
        (
            "by reward",
            RowFilter {
                range: [0.25, 0.75],
                ..all
            },
            None,
        ),
        ("pinned", which(RowClass::Pinned), None),
        ("of uninformative groups", which(RowClass::Uninformative), None),
        ("among 50,000 found", all, Some(&found[..])),
    ] {
        criterion.bench_function(&format!("100,000 rows, {name}"), |bench| {
            bench.iter(|| black_box(choice.list(&rows, among, &notes)));
        });
    }
}

criterion_group!(benches, view, once, code, rows);
criterion_main!(benches);

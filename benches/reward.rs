//! Cost of scoring: each measure at 1k, 10k and 100k triangles, and the caster's full score.
//!
//! The target is 15 ms on one core for `caster/full`, the recorded repair of the caster wheel against a reference.
//! Everything uses one thread.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use cadforge::geometry::{
    Aabb, BrepSurface, Connectivity, NearestPoints, NormalisedMesh, Shape, Silhouette, TriMesh, View,
    nearest_gaps, sample_surface, shapes,
};
use cadforge::reward::{
    Comparison, Evidence, GroundedEvidence, Mode, Reference, References, TaskBaselines, score, score_grounded,
};
use cadforge::task::TaskSet;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn measures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("measure");
    for size in SIZES {
        let mesh = vase(size);
        let stl = mesh.to_stl();
        let normalised = NormalisedMesh::new(&mesh);
        let reference = sample_surface(&normalised, 3000);
        let tree = NearestPoints::new(reference.clone());
        let outlines = View::ALL.map(|view| Silhouette::new(&normalised, view));
        let boxes = loose_boxes(size);

        group.bench_function(BenchmarkId::new("read_stl", size), |bencher| {
            bencher.iter(|| TriMesh::from_stl(black_box(&stl)));
        });
        group.bench_function(BenchmarkId::new("normalise", size), |bencher| {
            bencher.iter(|| NormalisedMesh::new(black_box(&mesh)));
        });
        group.bench_function(BenchmarkId::new("topology", size), |bencher| {
            bencher.iter(|| Connectivity::of(black_box(&normalised)));
        });
        // One box per triangle: the worst case of a mesh.
        group.bench_function(BenchmarkId::new("contact", size), |bencher| {
            bencher.iter(|| nearest_gaps(black_box(&boxes)));
        });
        group.bench_function(BenchmarkId::new("chamfer", size), |bencher| {
            bencher.iter(|| {
                let samples = sample_surface(black_box(&normalised), 1500);
                let there = tree.mean_distance(&samples);
                there + NearestPoints::new(samples).mean_distance(&reference)
            });
        });
        group.bench_function(BenchmarkId::new("silhouette", size), |bencher| {
            bencher.iter(|| {
                let overlap = |(view, outline): (_, &Silhouette)| {
                    Silhouette::new(black_box(&normalised), view).iou(outline)
                };
                View::ALL.into_iter().zip(&outlines).map(overlap).sum::<f64>()
            });
        });
        group.bench_function(BenchmarkId::new("merge_as_trimesh", size), |bencher| {
            bencher.iter(|| black_box(&mesh).merged_as_trimesh());
        });
        group.bench_function(BenchmarkId::new("weld", size), |bencher| {
            bencher.iter(|| black_box(&mesh).welded());
        });
    }
    group.finish();
}

fn scores(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("score");
    for size in SIZES {
        let mesh = vase(size);
        bench_score(
            &mut group,
            &size.to_string(),
            &mesh,
            &mesh,
            "def make_vase():\n    return None\n",
        );
    }
    group.finish();

    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reward/caster_repaired");
    let mesh = TriMesh::from_file(&case.join("model.stl")).expect("the caster's mesh");
    let code = std::fs::read_to_string(case.join("code.py")).expect("the caster's code");
    let seed =
        TriMesh::from_file(&case.with_file_name("chair_without_box").join("model.stl")).expect("a reference");
    let mut group = criterion.benchmark_group("caster");
    bench_score(&mut group, "repaired", &mesh, &seed, &code);
    group.bench_function("prepare_reference", |bencher| {
        bencher.iter(|| Reference::new(black_box(&mesh), false));
    });
    group.finish();
}

fn bench_score(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    mesh: &TriMesh,
    reference: &TriMesh,
    code: &str,
) {
    let references = References {
        ideal: Some(Arc::new(Reference::new(reference, false))),
        mesh: None,
    };
    let hints = ["caster", "wheel", "axle", "u_fork"].map(String::from);
    for (mode, mode_name) in [(Mode::Fast, "fast"), (Mode::Full, "full")] {
        let evidence = Evidence {
            code,
            mesh,
            semantic_hints: &hints,
            bbox_mm: Some([90.0, 80.0, 130.0]),
            references: &references,
        };
        group.bench_function(BenchmarkId::new(mode_name, name), |bencher| {
            bencher.iter(|| score(black_box(&evidence), mode));
        });
    }
}

/// grounded-v2 without perturbations: a task is prepared once, a candidate scored once.
fn grounded(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tasks = TaskSet::load(&[root.join("tasks")]).expect("the task pack");
    let task = tasks.get("caster_wheel_fork").expect("the caster");
    let mesh = TriMesh::from_file(&root.join("tests/cases/reward/caster_repaired/model.stl"))
        .expect("the caster's mesh");
    let shape = as_shape(mesh);
    let mut group = criterion.benchmark_group("grounded");
    group.sample_size(20);
    group.bench_function("prepare", |bencher| {
        bencher
            .iter(|| TaskBaselines::new(&task.requirements(), &[black_box(&shape)], Comparison::Own, None));
    });
    let ground = TaskBaselines::new(&task.requirements(), &[&shape], Comparison::Own, None);
    for (mode, name) in [(Mode::Fast, "fast"), (Mode::Full, "full")] {
        let evidence = GroundedEvidence {
            shape: &shape,
            baselines: &ground,
            perturbations: None,
            cost: None,
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| score_grounded(black_box(&evidence), mode));
        });
    }
    group.finish();
}

/// A mesh as a shape of one solid with one face.
fn as_shape(mesh: TriMesh) -> Shape {
    let surface = BrepSurface {
        surface: "OTHER".to_owned(),
        radius: 0.0,
        second: 0.0,
        point: [0.0; 3],
        axis: [0.0, 0.0, 1.0],
        area: 1.0,
        bbox: mesh.bbox(),
    };
    let triangles = mesh.triangles().len() as u32;
    shapes::as_shape(mesh, vec![surface], vec![triangles], vec![1])
}

/// A closed wavy tube of about `triangles` triangles.
fn vase(triangles: usize) -> TriMesh {
    let around = (triangles as f64 / 2.0).sqrt().round() as u32;
    shapes::vase(around, around)
}

/// Boxes spread over a cube, few of which touch.
fn loose_boxes(count: usize) -> Vec<Aabb> {
    let side = (count as f64).cbrt();
    let place = |index: usize, step: f64| (index as f64 * step).fract() * 3.0 * side;
    (0..count)
        .map(|index| {
            let min = [
                place(index, 0.754877666),
                place(index, 0.569840296),
                place(index, 0.324717957),
            ];
            Aabb {
                min,
                max: min.map(|x| x + 1.0),
            }
        })
        .collect()
}

criterion_group!(benches, measures, scores, grounded);
criterion_main!(benches);

//! Changes every named dimension of a reference slightly, builds, and compares. A dimension works if some change
//! moves more than a ten-thousandth of the part's surface. Volume and area alone would not show the place of a hole.

use std::collections::HashSet;

use crate::assess::{AssessError, Assessor, with_task_files};
use crate::executor::{Build, CancelToken, Priority, RunSpec};
use crate::geometry::TriMesh;
use crate::task::Task;
use crate::task::check::DimensionPerturbation;
use crate::task::dimensions::{Dimension, dimensions};

/// Share of the surface that must change.
const LEAST_CHANGE: f64 = 1e-4;

/// The perturbations of a task's reference, in the order of its lines; `None` if there is no reference or it does not build.
/// `progress` is called for each dimension with its index from 1 and the number of dimensions.
pub(super) fn perturbations(
    task: &Task,
    assessor: &Assessor,
    progress: impl Fn(usize, usize),
) -> Result<Option<Vec<DimensionPerturbation>>, AssessError> {
    let Some(code) = &task.reference else {
        return Ok(None);
    };
    let Build::Shape(whole) = build(code, task, assessor)? else {
        return Ok(None);
    };
    let all = dimensions(code);
    let mut perturbations = Vec::new();
    for (index, dimension) in all.iter().enumerate() {
        progress(index + 1, all.len());
        perturbations.push(DimensionPerturbation {
            name: dimension.name.clone(),
            dead: try_one(dimension, code, &whole.mesh, task, assessor)?,
        });
    }
    Ok(Some(perturbations))
}

/// `None` if the dimension works, else the values tried.
fn try_one(
    dimension: &Dimension,
    code: &str,
    whole: &TriMesh,
    task: &Task,
    assessor: &Assessor,
) -> Result<Option<String>, AssessError> {
    let mut tried = Vec::new();
    for value in dimension.perturbed_values() {
        match build(&dimension.with(code, &value), task, assessor)? {
            Build::Shape(shape) => {
                let moved = moved_share(whole, &shape.mesh);
                if moved > LEAST_CHANGE {
                    return Ok(None);
                }
                tried.push(format!("{value} moves {:.4} % of the surface", 100.0 * moved));
            }
            Build::Failed(failure) => tried.push(format!("{value} does not build ({})", failure.message)),
        }
    }
    Ok(Some(tried.join(", ")))
}

fn build(code: &str, task: &Task, assessor: &Assessor) -> Result<Build, AssessError> {
    let executor = assessor.executor();
    let execution = executor.build(
        code.as_bytes(),
        &with_task_files(RunSpec::default(), task)?,
        Priority::Batch,
        &CancelToken::never(),
    )?;
    Ok(execution.build)
}

/// Share of two surfaces, by area, that only one of them has. Equal code gives equal triangles, so the share of an
/// unused dimension is 0.
fn moved_share(before: &TriMesh, after: &TriMesh) -> f64 {
    let corners = |mesh: &TriMesh| -> HashSet<[[u64; 3]; 3]> {
        (0..mesh.triangles().len())
            .map(|index| bits(mesh.corners(index)))
            .collect()
    };
    let (old, new) = (corners(before), corners(after));
    let (gone, lost) = areas(before, &new);
    let (come, gained) = areas(after, &old);
    (lost + gained) / (gone + come)
}

/// The area of a mesh, and the area of its triangles that are not among `others`.
fn areas(mesh: &TriMesh, others: &HashSet<[[u64; 3]; 3]>) -> (f64, f64) {
    let (mut all, mut own) = (0.0, 0.0);
    for index in 0..mesh.triangles().len() {
        let corners = mesh.corners(index);
        let area = area(corners);
        all += area;
        if !others.contains(&bits(corners)) {
            own += area;
        }
    }
    (all, own)
}

fn bits(corners: [[f64; 3]; 3]) -> [[u64; 3]; 3] {
    corners.map(|corner| corner.map(f64::to_bits))
}

fn area([a, b, c]: [[f64; 3]; 3]) -> f64 {
    let side = |to: [f64; 3]| [to[0] - a[0], to[1] - a[1], to[2] - a[2]];
    let (u, v) = (side(b), side(c));
    let cross = [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ];
    0.5 * cross.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_triangles_have_not_moved() {
        let corner = |x: f64| [[x, 0.0, 0.0], [x + 3.0, 0.0, 0.0], [x, 2.0, 0.0]];
        let mesh = |places: &[f64]| {
            let vertices: Vec<_> = places.iter().flat_map(|&x| corner(x)).collect();
            let count = places.len() as u32;
            TriMesh::new(
                &vertices,
                &(0..count)
                    .map(|i| [3 * i, 3 * i + 1, 3 * i + 2])
                    .collect::<Vec<_>>(),
            )
            .unwrap()
        };
        assert_eq!(moved_share(&mesh(&[0.0, 9.0]), &mesh(&[9.0, 0.0])), 0.0);
        assert_eq!(moved_share(&mesh(&[0.0, 9.0]), &mesh(&[0.0, 9.5])), 0.5);
        assert_eq!(area(corner(1.0)), 3.0);
    }
}

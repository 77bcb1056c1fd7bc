//! Picks faces and edges, and describes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use three_d::{InnerSpace, Vec3, vec3};

use crate::geometry::measure::{Feature, Picked, between};
use crate::geometry::recognise::{Curve, Surface, area, curve, edge_length, surface};
use crate::geometry::section::Plane;
use crate::geometry::{BrepSurface, Shape, TriangleTree};
use crate::render::frame::Frame;
use crate::render::picture::DrawStyle;
use crate::render::{Camera, Marks};

/// Maximum distance of the pointer from an edge, points.
const NEAR: f32 = 6.0;

/// A picked face or edge.
#[derive(Clone, Debug)]
pub struct Pick {
    /// Shape of the face or edge.
    pub shape: Arc<Shape>,
    /// Picked point, and geometry for measuring.
    pub picked: Picked,
    /// Description in one line.
    pub title: String,
    /// Measurements in one line.
    pub about: String,
    lines: Vec<[Vec3; 2]>,
}

/// A click in a pane.
pub struct HitTarget<'a> {
    pub camera: &'a Camera,
    pub frame: &'a Frame,
    /// Relative to the middle of the pane, right and down positive.
    pub at: [f32; 2],
    pub size: [f32; 2],
    pub section: Option<Plane>,
    pub look: DrawStyle,
}

impl HitTarget<'_> {
    /// The edge near the pointer, or else the face under it.
    pub fn pick(&self, shape: &Arc<Shape>, tree: &TriangleTree) -> Option<Pick> {
        let reach = self.frame.reach(self.camera.target);
        let [from, towards] = self.camera.ray(self.at, self.size, reach);
        let keep = |point: [f64; 3]| self.section.is_none_or(|plane| plane.height(point) <= 0.0);
        let hit = tree.ray(wide(from), wide(towards), &keep);
        let opaque = matches!(self.look, DrawStyle::Shaded | DrawStyle::Triangles);
        // An edge lies on the faces that it bounds: it is visible slightly in front of them.
        let slack = 2.0 * NEAR * self.camera.mm_per_unit(self.size);
        let far = match &hit {
            Some(hit) if opaque => hit.at as f32 + slack,
            Some(_) | None => f32::INFINITY,
        };
        let edge = self.nearest_edge(shape, &keep, from, towards, far);
        if let Some((index, at)) = edge {
            return Some(edge_pick(shape, index, wide(at)));
        }
        if self.look == DrawStyle::Wireframe {
            return None;
        }
        hit.map(|hit| face_pick(shape, hit.triangle, hit.point))
    }

    fn nearest_edge(
        &self,
        shape: &Shape,
        keep: &dyn Fn([f64; 3]) -> bool,
        from: Vec3,
        towards: Vec3,
        far: f32,
    ) -> Option<(usize, Vec3)> {
        let mut best: Option<(f32, usize, Vec3)> = None;
        for (index, edge) in shape.edges.iter().enumerate() {
            for pair in edge.points.windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|[x, y, z]| vec3(x, y, z));
                let (Some(sa), Some(sb)) = (
                    self.camera.project(a, self.size),
                    self.camera.project(b, self.size),
                ) else {
                    continue;
                };
                let (share, away) = on_segment(self.at, sa, sb);
                let point = a + (b - a) * share;
                let ahead = (point - from).dot(towards);
                if away < best.map_or(NEAR, |(away, ..)| away)
                    && ahead > 0.0
                    && ahead < far
                    && keep(wide(point))
                {
                    best = Some((away, index, point));
                }
            }
        }
        best.map(|(_, index, point)| (index, point))
    }
}

/// Position of the point of a segment nearest to `at`, and its distance.
fn on_segment(at: [f32; 2], a: [f32; 2], b: [f32; 2]) -> (f32, f32) {
    let along = [b[0] - a[0], b[1] - a[1]];
    let from = [at[0] - a[0], at[1] - a[1]];
    let squared = along[0] * along[0] + along[1] * along[1];
    let share = if squared > 0.0 {
        ((from[0] * along[0] + from[1] * along[1]) / squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let away = [from[0] - along[0] * share, from[1] - along[1] * share];
    (share, away[0].hypot(away[1]))
}

fn edge_pick(shape: &Arc<Shape>, index: usize, at: [f64; 3]) -> Pick {
    let edge = &shape.edges[index];
    let kind = curve(edge);
    let length = edge_length(edge);
    let (title, about) = match kind {
        Curve::Line { .. } => ("straight edge".to_owned(), format!("length {}", mm(length))),
        Curve::Circle { radius, .. } => {
            let whole = length > std::f64::consts::TAU * radius * 0.999;
            let what = if whole { "circle" } else { "arc" };
            (
                what.to_owned(),
                format!(
                    "⌀ {} · radius {} · length {}",
                    mm(2.0 * radius),
                    mm(radius),
                    mm(length)
                ),
            )
        }
        Curve::Freeform => {
            let name = edge.curve.to_lowercase();
            let name = if name.is_empty() || name == "line" {
                "curve".to_owned()
            } else {
                name
            };
            (format!("{name} edge"), format!("length {}", mm(length)))
        }
    };
    let points = edge
        .points
        .iter()
        .map(|[x, y, z]| vec3(*x, *y, *z))
        .collect::<Vec<_>>();
    Pick {
        shape: Arc::clone(shape),
        picked: Picked {
            at,
            feature: Feature::from(&kind),
        },
        title,
        about,
        lines: points.windows(2).map(|pair| [pair[0], pair[1]]).collect(),
    }
}

fn face_pick(shape: &Arc<Shape>, triangle: usize, at: [f64; 3]) -> Pick {
    let (index, range) = face_of(shape, triangle);
    let meshed = area(&shape.mesh, range.clone());
    let known = shape.surfaces.get(index);
    let (title, about, feature) = match known {
        Some(face) => stated(face, meshed, outward(shape, range.clone())),
        None => recognised(&surface(&shape.mesh, range.clone()), meshed),
    };
    Pick {
        shape: Arc::clone(shape),
        picked: Picked { at, feature },
        title,
        about,
        lines: border(shape, range),
    }
}

/// Description of a face by the kernel's data.
fn stated(face: &BrepSurface, meshed: f64, outward: [f64; 3]) -> (String, String, Feature) {
    let area = if face.area.is_finite() {
        face.area.abs()
    } else {
        meshed
    };
    let area = format!("area {}", mm2(area));
    let (radius, axis) = (face.radius, Feature::Axis(face.axis, face.point));
    let round = || format!("⌀ {} · radius {} · {area}", mm(2.0 * radius), mm(radius));
    let (title, about, feature) = match face.surface.as_str() {
        "PLANE" => {
            // The kernel's normal may point into the part.
            let along: f64 = (0..3).map(|axis| face.axis[axis] * outward[axis]).sum();
            let normal = face.axis.map(|x| if along < 0.0 { -x } else { x });
            let about = format!("{area} · faces {}", direction(normal));
            ("flat face", about, Feature::Plane(normal))
        }
        "CYLINDER" => (
            "cylinder",
            format!("{} · axis {}", round(), line(face.axis)),
            axis,
        ),
        "CONE" => {
            let angle = face.second.abs().to_degrees();
            ("cone", format!("half angle {angle:.1}° · {area}"), axis)
        }
        "SPHERE" => ("sphere", round(), Feature::Point(face.point)),
        "TORUS" => {
            let about = format!("radii {} and {} · {area}", mm(radius), mm(face.second));
            ("torus", about, axis)
        }
        "BEZIER" => ("Bézier face", area, Feature::Free),
        "BSPLINE" => ("B-spline face", area, Feature::Free),
        _ => ("curved face", area, Feature::Free),
    };
    (title.to_owned(), about, feature)
}

/// Description of a face by its triangles, without data of the kernel: a mesh read from a file.
fn recognised(kind: &Surface, area: f64) -> (String, String, Feature) {
    let area = format!("area {}", mm2(area));
    let (title, about) = match *kind {
        Surface::Plane { normal, .. } => ("flat face", format!("{area} · faces {}", direction(normal))),
        Surface::Cylinder { radius, .. } => (
            "cylinder",
            format!("⌀ {} · radius {} · {area}", mm(2.0 * radius), mm(radius)),
        ),
        Surface::Cone { half_angle, .. } => ("cone", format!("half angle {half_angle:.1}° · {area}")),
        Surface::Sphere { radius, .. } => ("sphere", format!("radius {} · {area}", mm(radius))),
        Surface::Freeform => ("curved face", area),
    };
    (title.to_owned(), about, Feature::from(kind))
}

/// Mean normal of some triangles, weighted by area.
fn outward(shape: &Shape, range: std::ops::Range<usize>) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for triangle in range {
        let [a, b, c] = shape.mesh.corners(triangle);
        let (u, v): ([f64; 3], [f64; 3]) = (
            std::array::from_fn(|i| b[i] - a[i]),
            std::array::from_fn(|i| c[i] - a[i]),
        );
        for (axis, total) in sum.iter_mut().enumerate() {
            let (next, last) = ((axis + 1) % 3, (axis + 2) % 3);
            *total += u[next] * v[last] - u[last] * v[next];
        }
    }
    sum
}

/// A direction without sign.
fn line(axis: [f64; 3]) -> String {
    direction(axis).trim_start_matches(['+', '−']).to_owned()
}

fn face_of(shape: &Shape, triangle: usize) -> (usize, std::ops::Range<usize>) {
    let mut start = 0;
    for (index, count) in shape.face_triangles.iter().enumerate() {
        let end = start + *count as usize;
        if triangle < end {
            return (index, start..end.min(shape.mesh.triangles().len()));
        }
        start = end;
    }
    let past = shape.face_triangles.len();
    (past, start.min(triangle)..shape.mesh.triangles().len())
}

/// Edges that belong to only one triangle of the face.
pub(super) fn border(shape: &Shape, range: std::ops::Range<usize>) -> Vec<[Vec3; 2]> {
    let mut sides: BTreeMap<[u32; 2], u32> = BTreeMap::new();
    for triangle in &shape.mesh.triangles()[range] {
        for side in 0..3 {
            let (a, b) = (triangle[side], triangle[(side + 1) % 3]);
            *sides.entry([a.min(b), a.max(b)]).or_default() += 1;
        }
    }
    let at = |vertex: u32| {
        let [x, y, z] = shape.mesh.vertices()[vertex as usize].map(|v| v as f32);
        vec3(x, y, z)
    };
    sides
        .into_iter()
        .filter(|(_, count)| *count == 1)
        .map(|(ends, _)| ends.map(at))
        .collect()
}

pub fn marks(picks: &[Pick]) -> Option<Marks> {
    let lines: Vec<_> = picks.iter().flat_map(|pick| pick.lines.iter().copied()).collect();
    (!lines.is_empty()).then(|| Marks(Arc::new(lines)))
}

/// Measurements between two picks, as labels and values.
pub fn measures(a: &Pick, b: &Pick) -> Vec<(&'static str, String)> {
    let found = between(&a.picked, &b.picked);
    let mut lines = Vec::new();
    if let Some(distance) = found.distance {
        lines.push(("distance", mm(distance)));
    }
    if let Some(angle) = found.angle {
        lines.push(("angle", format!("{angle:.2}°")));
    }
    lines.push(("between the points", mm(found.points)));
    let delta: [f64; 3] = std::array::from_fn(|i| (b.picked.at[i] - a.picked.at[i]).abs());
    lines.push(("along x, y, z", delta.map(|x| format!("{x:.2}")).join(" · ")));
    lines
}

fn mm(value: f64) -> String {
    // 32-bit coordinates are exact to three decimal places only.
    let text = format!("{value:.3}");
    format!("{} mm", text.trim_end_matches('0').trim_end_matches('.'))
}

fn mm2(value: f64) -> String {
    format!("{value:.1} mm²")
}

fn direction(normal: [f64; 3]) -> String {
    for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
        if normal[axis].abs() > 0.9999 {
            return format!("{}{name}", if normal[axis] > 0.0 { '+' } else { '−' });
        }
    }
    normal.map(|x| format!("{x:.2}")).join(" ").replace('-', "−")
}

fn wide(point: Vec3) -> [f64; 3] {
    [point.x, point.y, point.z].map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::camera::Insets;
    use crate::render::testing::{block, tube};
    use crate::render::{Preset, Projection};

    const SIZE: [f32; 2] = [600.0, 400.0];

    /// The pick at a point of the shape.
    fn pick(
        shape: &Arc<Shape>,
        preset: Preset,
        point: [f32; 3],
        section: Option<Plane>,
        look: DrawStyle,
    ) -> Option<Pick> {
        let frame = Frame::around([&**shape]);
        let mut camera = Camera::new(preset, Projection::Perspective);
        camera.fit(&frame.bounds, SIZE, Insets::default());
        let at = camera.project(vec3(point[0], point[1], point[2]), SIZE).unwrap();
        let target = HitTarget {
            camera: &camera,
            frame: &frame,
            at,
            size: SIZE,
            section,
            look,
        };
        target.pick(shape, &TriangleTree::new(&shape.mesh))
    }

    #[test]
    fn a_face_an_edge_or_nothing_is_picked() {
        let block = Arc::new(block([40.0, 20.0, 10.0]));
        let face = pick(&block, Preset::Front, [5.0, -10.0, 5.0], None, DrawStyle::Shaded).unwrap();
        // A mesh without face data is one face.
        assert_eq!(face.title, "curved face");
        let edge = pick(
            &block,
            Preset::Isometric,
            [20.0, -10.0, 5.0],
            None,
            DrawStyle::Shaded,
        )
        .unwrap();
        assert_eq!(
            (edge.title.as_str(), edge.about.as_str()),
            ("straight edge", "length 10 mm")
        );
        assert!(
            pick(
                &block,
                Preset::Front,
                [25.0, -10.0, 25.0],
                None,
                DrawStyle::Shaded
            )
            .is_none()
        );
    }

    #[test]
    fn hidden_edges_are_picked_through_a_wireframe_only() {
        let block = Arc::new(block([40.0, 20.0, 10.0]));
        let behind = [-20.0, 10.0, 4.0];
        let seen = pick(&block, Preset::Isometric, behind, None, DrawStyle::Wireframe).unwrap();
        assert_eq!(seen.about, "length 10 mm");
        let solid = pick(&block, Preset::Isometric, behind, None, DrawStyle::Shaded);
        assert!(solid.is_none_or(|pick| pick.title.contains("face")));
    }

    #[test]
    fn faces_are_described() {
        let mut can = tube(64, 5.0, 8.0);
        // Side, floor and roof as separate faces.
        let triangles = can.mesh.triangles().to_vec();
        let order = [0usize, 1, 2, 3];
        let sorted: Vec<[u32; 3]> = order
            .iter()
            .flat_map(|kind| {
                triangles
                    .iter()
                    .skip(*kind)
                    .step_by(4)
                    .copied()
                    .collect::<Vec<_>>()
            })
            .collect();
        can.mesh = crate::geometry::TriMesh::new(can.mesh.vertices(), &sorted).unwrap();
        can.face_triangles = vec![64, 64, 128];
        let can = Arc::new(can);
        let side = pick(&can, Preset::Front, [0.0, -5.0, 4.0], None, DrawStyle::Shaded).unwrap();
        assert_eq!(side.title, "cylinder");
        assert!(
            side.about.starts_with("⌀ 10 mm · radius 5 mm · area 251."),
            "{}",
            side.about
        );
        let roof = pick(&can, Preset::Top, [1.0, 1.0, 8.0], None, DrawStyle::Shaded).unwrap();
        assert_eq!(roof.title, "flat face");
        assert!(roof.about.ends_with("faces +z"), "{}", roof.about);
        let cut = Plane {
            normal: [0.0, 0.0, 1.0],
            offset: 6.0,
        };
        let floor = pick(&can, Preset::Top, [1.0, 1.0, 0.0], Some(cut), DrawStyle::Shaded).unwrap();
        assert!(floor.about.ends_with("faces −z"), "{}", floor.about);
        let lines = measures(&floor, &roof);
        assert_eq!(lines[0], ("distance", "8 mm".to_owned()));
    }

    #[test]
    fn kernel_data_takes_precedence_over_triangles() {
        let face = |surface: &str, radius, second, axis| BrepSurface {
            surface: surface.to_owned(),
            radius,
            second,
            point: [0.0; 3],
            axis,
            area: 12.5,
            bbox: crate::geometry::Aabb {
                min: [0.0; 3],
                max: [1.0; 3],
            },
        };
        let up = [0.0, 0.0, 1.0];
        let described = |face: &BrepSurface, outward| {
            let (title, about, feature) = stated(face, 3.0, outward);
            (format!("{title}: {about}"), feature)
        };
        assert_eq!(
            described(&face("PLANE", 0.0, 0.0, up), [0.0, 0.0, -4.0]),
            (
                "flat face: area 12.5 mm² · faces −z".to_owned(),
                Feature::Plane([0.0, 0.0, -1.0])
            )
        );
        assert_eq!(
            described(&face("CYLINDER", 2.1, 0.0, up), up).0,
            "cylinder: ⌀ 4.2 mm · radius 2.1 mm · area 12.5 mm² · axis z"
        );
        assert_eq!(
            described(&face("TORUS", 8.0, 1.5, up), up).0,
            "torus: radii 8 mm and 1.5 mm · area 12.5 mm²"
        );
        let mut unknown = face("BSPLINE", 0.0, 0.0, up);
        unknown.area = f64::NAN;
        assert_eq!(described(&unknown, up).0, "B-spline face: area 3.0 mm²");

        // The kernel's data calls the block's only face a sphere.
        let mut block = block([40.0, 20.0, 10.0]);
        block.face_triangles = vec![block.mesh.triangles().len() as u32];
        block.surfaces = vec![face("SPHERE", 5.0, 0.0, up)];
        let picked = pick(
            &Arc::new(block),
            Preset::Front,
            [5.0, -10.0, 5.0],
            None,
            DrawStyle::Shaded,
        )
        .unwrap();
        assert_eq!(picked.title, "sphere");
    }
}

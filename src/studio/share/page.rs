//! HTML page: steps, rewards, code with changes, and rotatable parts.
//!
//! The page loads nothing from the network, and its content security policy forbids it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use three_d::Vec3;

use super::{Timeline, TimelineStep};
use crate::geometry::{Aabb, Shape};
use crate::render::mesh::Buffers;
use crate::reward::Component;
use crate::studio::editor::highlight::{Highlight, highlights};

const TEMPLATE: &str = include_str!("../../../assets/share/page.html");

#[derive(Serialize)]
struct Data {
    label: String,
    prompt: String,
    scoring: String,
    steps: Vec<Shown>,
    meshes: Vec<Mesh>,
}

#[derive(Serialize)]
struct Shown {
    title: String,
    total: Option<f64>,
    reason: String,
    notes: Vec<String>,
    failure: Option<String>,
    bars: Vec<(&'static str, Option<f64>, f64)>,
    /// Sign, number and coloured text of each line; removed lines have no number.
    lines: Vec<(&'static str, Option<usize>, String)>,
    mesh: Option<usize>,
}

/// A shape with 16 bits per coordinate: a thousandth of a millimetre for a part of six centimetres.
#[derive(Serialize)]
struct Mesh {
    low: [f32; 3],
    span: [f32; 3],
    triangles: usize,
    positions: String,
    normals: String,
    indices: String,
    edges: String,
}

pub fn page(timeline: &Timeline) -> String {
    let mut shapes: Vec<&Arc<Shape>> = Vec::new();
    let mut steps = Vec::new();
    for step in &timeline.steps {
        let mesh = step.shape.as_ref().map(|shape| {
            let known = shapes.iter().position(|known| Arc::ptr_eq(known, shape));
            known.unwrap_or_else(|| {
                shapes.push(shape);
                shapes.len() - 1
            })
        });
        let before = step.parent.and_then(|parent| timeline.steps.get(parent));
        steps.push(shown(step, before, mesh));
    }
    let data = Data {
        label: timeline.label.clone(),
        prompt: timeline.prompt.clone(),
        scoring: timeline.scoring.clone(),
        steps,
        meshes: shapes.into_iter().map(mesh).collect(),
    };
    // Serialising plain data with string keys cannot fail. A text that would end the script is escaped.
    let json = serde_json::to_string(&data)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    TEMPLATE
        .replace("{{TITLE}}", &escaped(&timeline.label))
        .replace("{{DATA}}", &json)
}

fn shown(step: &TimelineStep, before: Option<&TimelineStep>, mesh: Option<usize>) -> Shown {
    let failure = step.failure.as_ref().map(|failure| match failure.line {
        Some(line) => format!("line {line}: {}", failure.message),
        None => failure.message.clone(),
    });
    Shown {
        title: step.title.clone(),
        total: step.total,
        reason: step.reason.clone(),
        notes: step.notes.clone(),
        failure,
        bars: step
            .components
            .iter()
            .map(|(component, value, weight)| (name(*component), *value, *weight))
            .collect(),
        lines: lines(before.map(|before| before.code.as_str()), &step.code),
        mesh,
    }
}

fn name(component: Component) -> &'static str {
    component.key()
}

/// Lines of the code with added and removed ones marked.
fn lines(old: Option<&str>, new: &str) -> Vec<(&'static str, Option<usize>, String)> {
    let coloured = coloured(new);
    let at = |index: usize| coloured.get(index).cloned().unwrap_or_default();
    let Some(old) = old else {
        return (0..coloured.len())
            .map(|index| (" ", Some(index + 1), at(index)))
            .collect();
    };
    let diff = TextDiff::from_lines(old, new);
    diff.iter_all_changes()
        .map(|change| {
            let text = escaped(change.value().trim_end_matches(['\n', '\r']));
            match (change.tag(), change.new_index()) {
                (ChangeTag::Delete, _) | (_, None) => ("−", None, text),
                (ChangeTag::Insert, Some(index)) => ("+", Some(index + 1), at(index)),
                (ChangeTag::Equal, Some(index)) => (" ", Some(index + 1), at(index)),
            }
        })
        .collect()
}

/// Lines of a script as HTML.
fn coloured(code: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (token, range) in highlights(code) {
        let class = match token {
            Highlight::Keyword => "k",
            Highlight::String => "s",
            Highlight::Number => "n",
            Highlight::Call => "c",
            Highlight::Comment => "m",
            Highlight::Text => "",
        };
        for (index, piece) in code[range].split('\n').enumerate() {
            if index > 0 {
                lines.push(String::new());
            }
            let Some(line) = lines.last_mut().filter(|_| !piece.is_empty()) else {
                continue;
            };
            let piece = escaped(piece);
            if class.is_empty() {
                line.push_str(&piece);
            } else {
                line.push_str(&format!("<i class={class}>{piece}</i>"));
            }
        }
    }
    // A trailing line break starts no new line.
    if lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn mesh(shape: &Arc<Shape>) -> Mesh {
    let buffers = Buffers::of(shape);
    let wide = |point: &Vec3| [point.x, point.y, point.z];
    let ends = buffers.edges.iter().flatten();
    let points: Vec<[f64; 3]> = buffers
        .positions
        .iter()
        .chain(ends.clone())
        .map(|point| wide(point).map(f64::from))
        .collect();
    let bounds = Aabb::around(&points);
    let low = bounds.min.map(|x| x as f32);
    let span: [f32; 3] = std::array::from_fn(|axis| ((bounds.max[axis] - bounds.min[axis]) as f32).max(1e-6));
    let packed = |point: &Vec3, bytes: &mut Vec<u8>| {
        for (axis, x) in wide(point).into_iter().enumerate() {
            let share = ((x - low[axis]) / span[axis]).clamp(0.0, 1.0);
            bytes.extend(((share * 65535.0).round() as u16).to_le_bytes());
        }
    };
    let (mut positions, mut normals, mut indices, mut edges) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for point in &buffers.positions {
        packed(point, &mut positions);
    }
    for normal in &buffers.normals {
        let [x, y, z] = wide(normal).map(|x| (x * 127.0).round() as i8 as u8);
        // Four bytes each: attributes start at multiples of four.
        normals.extend([x, y, z, 0]);
    }
    for index in &buffers.indices {
        indices.extend(index.to_le_bytes());
    }
    for point in ends {
        packed(point, &mut edges);
    }
    Mesh {
        low,
        span,
        triangles: buffers.indices.len() / 3,
        positions: STANDARD.encode(positions),
        normals: STANDARD.encode(normals),
        indices: STANDARD.encode(indices),
        edges: STANDARD.encode(edges),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::block;

    fn timeline() -> Timeline {
        let step = |title: &str, code: &str, parent, size| TimelineStep {
            title: title.to_owned(),
            parent,
            code: code.to_owned(),
            reason: "add </script> <b>a plate</b>".to_owned(),
            total: Some(0.5),
            components: vec![(Component::ALL[1], Some(0.25), 0.1)],
            notes: vec!["contact: parts touch".to_owned()],
            failure: None,
            shape: Some(Arc::new(block(size))),
        };
        Timeline {
            label: "A & B".to_owned(),
            prompt: "Design a part.".to_owned(),
            scoring: "cadforge-v1 · full".to_owned(),
            steps: vec![
                step("seed", "a = 1\nb = '<'\n", None, [4.0, 2.0, 1.0]),
                step("step 1", "a = 2\nb = '<'\n", Some(0), [5.0, 2.0, 1.0]),
            ],
            selected: 1,
        }
    }

    #[test]
    fn a_page_is_self_contained_and_has_every_step() {
        let page = page(&timeline());
        assert!(page.contains("<title>A &amp; B"), "the title is escaped");
        // Text of a candidate ends no script and opens no tag.
        assert_eq!(page.matches("</script>").count(), page.matches("<script").count());
        assert!(!page.contains("<b>a plate"));
        for outside in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "asks for `{outside}`");
        }
        let start = page.find("id=data>").unwrap() + "id=data>".len();
        let end = start + page[start..].find("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
        let steps = data["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 2);
        let lines: Vec<_> = steps[1]["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| {
                (
                    line[0].as_str().unwrap(),
                    line[1].as_u64(),
                    line[2].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("−", None, "a = 1"),
                ("+", Some(1), "a = <i class=n>2</i>"),
                (" ", Some(2), "b = <i class=s>'&lt;'</i>"),
            ]
        );
    }

    #[test]
    fn encoded_meshes_are_exact_to_a_thousandth() {
        let shape = Arc::new(block([40.0, 20.0, 10.0]));
        let mesh = mesh(&shape);
        let bytes = STANDARD.decode(&mesh.positions).unwrap();
        let numbers: Vec<f32> = bytes
            .chunks_exact(2)
            .enumerate()
            .map(|(at, pair)| {
                let share = f32::from(u16::from_le_bytes([pair[0], pair[1]])) / 65535.0;
                mesh.low[at % 3] + share * mesh.span[at % 3]
            })
            .collect();
        let buffers = Buffers::of(&shape);
        let wanted: Vec<f32> = buffers.positions.iter().flat_map(|p| [p.x, p.y, p.z]).collect();
        assert_eq!(numbers.len(), wanted.len());
        assert!(numbers.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 0.001));
        let corners = STANDARD.decode(&mesh.indices).unwrap().len() / 4;
        assert_eq!((corners, mesh.triangles), (36, 12));
        assert_eq!(
            STANDARD.decode(&mesh.normals).unwrap().len(),
            4 * buffers.normals.len()
        );
    }

    #[test]
    fn equal_shapes_are_written_once() {
        let mut timeline = timeline();
        timeline.steps[1].shape = timeline.steps[0].shape.clone();
        assert_eq!(page(&timeline).matches("\"positions\"").count(), 1);
    }
}

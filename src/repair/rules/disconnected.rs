//! Disconnected bodies: moves the smaller one until it touches, or bridges the gap.

use super::context::RuleContext;
use super::edit::Edit;
use crate::proposer::Keep;
use cadforge_python::RESULT_NAMES;
use cadforge_reward::Check;

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let (None, Some(shape)) = (context.failure, context.shape) else {
        return;
    };
    let details = &context.step.evaluation.details;
    let apart = details
        .contact
        .as_ref()
        .is_some_and(|contact| contact.bodies > 1 && contact.max_gap > 1e-3);
    // A task that asks for so many solids means them to be apart.
    let asked = |check: &Check| {
        !check.hidden
            && check
                .solids()
                .is_some_and(|count| count > 1 && shape.facts.solids <= count)
    };
    if !apart || context.task.checks.iter().any(asked) {
        return;
    }
    let source = context.source;
    let Some(name) = source
        .bindings()
        .into_iter()
        .rev()
        .find(|binding| binding.global && RESULT_NAMES.contains(&binding.name))
        .map(|binding| binding.name.to_owned())
    else {
        return;
    };
    let boxes = bodies(shape);
    let Some((a, b)) = widest_gap(&boxes) else { return };
    let end = source.text.len();
    let lead = if source.text.ends_with('\n') { "" } else { "\n" };
    // A bar from inside one box to inside the other along the axes that separate them, as wide as their overlap.
    let mut centre = [0.0; 3];
    let mut size = [0.0; 3];
    for axis in 0..3 {
        let (low, high) = (
            boxes[a].0[axis].max(boxes[b].0[axis]),
            boxes[a].1[axis].min(boxes[b].1[axis]),
        );
        if low <= high {
            // Overlap along this axis: its middle, half as wide.
            centre[axis] = (low + high) / 2.0;
            size[axis] = ((high - low) / 2.0).max(1.0);
        } else {
            // Apart along this axis: from the middle of one to the middle of the other.
            let (from, to) = (middle(&boxes[a], axis), middle(&boxes[b], axis));
            centre[axis] = (from + to) / 2.0;
            size[axis] = (from - to).abs();
        }
    }
    let text = |values: [f64; 3]| {
        values
            .map(|value| format!("{:?}", (value * 100.0).round() / 100.0))
            .join(", ")
    };
    let bridge = format!(
        "{lead}bridge = cq.Workplane(\"XY\").box({}).translate(({}))\n{name} = {name}.union(bridge)\n",
        text(size),
        text(centre)
    );
    let mut edit = Edit::new(
        "bridge",
        10,
        end..end,
        bridge,
        "bridges the widest gap between two bodies",
    );
    edit.keep = Keep::Better;
    edits.push(edit);
}

type Bounds = ([f64; 3], [f64; 3]);

fn middle(bounds: &Bounds, axis: usize) -> f64 {
    (bounds.0[axis] + bounds.1[axis]) / 2.0
}

/// Bounding boxes of the connected pieces of the mesh.
fn bodies(shape: &cadforge_geometry::Shape) -> Vec<Bounds> {
    let mesh = &shape.mesh;
    let mut root: Vec<usize> = (0..mesh.vertices().len()).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    for triangle in mesh.triangles() {
        let [a, b, c] = triangle.map(|index| find(&mut root, index as usize));
        root[b] = a;
        let c = find(&mut root, c);
        root[c] = find(&mut root, a);
    }
    let mut found: std::collections::BTreeMap<usize, Bounds> = std::collections::BTreeMap::new();
    for (index, vertex) in mesh.vertices().iter().enumerate() {
        let bounds = found.entry(find(&mut root, index)).or_insert((*vertex, *vertex));
        for (axis, &at) in vertex.iter().enumerate() {
            bounds.0[axis] = bounds.0[axis].min(at);
            bounds.1[axis] = bounds.1[axis].max(at);
        }
    }
    found.into_values().collect()
}

/// The body that is farthest from its nearest neighbour, with that neighbour.
fn widest_gap(boxes: &[Bounds]) -> Option<(usize, usize)> {
    let gap = |a: &Bounds, b: &Bounds| {
        (0..3)
            .map(|axis| {
                (a.0[axis] - b.1[axis])
                    .max(b.0[axis] - a.1[axis])
                    .max(0.0)
                    .powi(2)
            })
            .sum::<f64>()
            .sqrt()
    };
    let nearest = |one: usize| {
        let others = (0..boxes.len()).filter(|other| *other != one);
        others
            .map(|other| (gap(&boxes[one], &boxes[other]), other))
            .min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let all = (0..boxes.len()).filter_map(|one| nearest(one).map(|(gap, other)| (gap, one, other)));
    all.max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(gap, _, _)| *gap > 0.0)
        .map(|(_, one, other)| (one, other))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use cadforge_geometry::shapes::blocks;
    use cadforge_task::{Task, TaskSet};

    use super::super::edits;
    use super::super::tests::built;
    use crate::proposer::ProposalRequest;
    use crate::tests::task;

    #[test]
    fn bodies_that_the_task_asks_for_are_not_joined() {
        let mut step = built("fixture = a.union(b)\n", &[]);
        let contact =
            serde_json::json!({"bodies": 2, "ignored": 0, "mean_gap": 1.0, "max_gap": 1.0, "wide_gaps": 2});
        step.evaluation.details.contact = Some(serde_json::from_value(contact).unwrap());
        let history = [step];
        let bridges = |task: &Task, bodies: u32| {
            let places = (0..bodies).map(|body| ([5.0 * f64::from(body), 0.0, 0.0], [1.0; 3]));
            let proposal_request = ProposalRequest {
                task,
                history: &history,
                head: 0,
                shape: Some(&blocks(&places.collect::<Vec<_>>())),
                candidate: 0,
            };
            edits(&proposal_request)
                .iter()
                .any(|(_, edit)| edit.rule == "bridge")
        };
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tasks");
        let tasks = TaskSet::load(&[packs]).unwrap();
        let three_bodies = tasks.get("desk_lamp_arm_joint").unwrap();
        assert!(!bridges(three_bodies, 2) && !bridges(three_bodies, 3));
        assert!(bridges(three_bodies, 4) && bridges(&task(), 2));
        assert!(
            bridges(tasks.get("caster_wheel_fork").unwrap(), 2),
            "one solid is asked for"
        );
    }
}

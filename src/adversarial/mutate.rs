//! Random changes of scripts, as a policy that sees only the reward would make them.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

use cadforge_task::Task;
use cadforge_task::dimensions::dimensions;

/// A script as statements: a fixed head, then one statement per line, which may be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    head: String,
    lines: Vec<String>,
}

impl Script {
    /// Any script; new statements are appended.
    pub fn of(code: &str) -> Self {
        Self {
            head: code.trim_end().to_owned(),
            lines: Vec::new(),
        }
    }

    /// The whole text.
    pub fn code(&self) -> String {
        let mut code = self.head.clone();
        for line in &self.lines {
            code.push('\n');
            code.push_str(line);
        }
        code.push('\n');
        code
    }

    /// A similar script: a number changed, a primitive added or cut, a line removed, or words added.
    #[must_use]
    pub fn mutated(&self, task: &Task, random: &mut Pcg64) -> Self {
        let mut other = self.clone();
        match below(random, 10) {
            0..=2 => other.change_number(task, random),
            3..=5 => other.lines.push(primitive(task, random, "union")),
            6 | 7 => other.lines.push(primitive(task, random, "cut")),
            8 if !other.lines.is_empty() => {
                let index = below(random, other.lines.len());
                other.lines.remove(index);
            }
            _ => {
                let words = snippet(task, random);
                other.head = format!("{words}\n{}", other.head);
            }
        }
        other
    }

    fn change_number(&mut self, task: &Task, random: &mut Pcg64) {
        let code = self.code();
        let places = literals(&code);
        let Some(&(start, end)) = places.get(below(random, places.len().max(1))) else {
            return;
        };
        let old: f64 = code[start..end].parse().unwrap_or(1.0);
        let new = match below(random, 4) {
            0 => old * (0.5 + unit(random)),
            1 => old + 10.0 * (unit(random) - 0.5),
            2 => number(task, random),
            _ => old * (0.9 + 0.2 * unit(random)),
        };
        let text = if code[start..end].contains('.') {
            format!("{new:.3}")
        } else {
            format!("{}", new.round().abs())
        };
        let changed = format!("{}{text}{}", &code[..start], &code[end..]);
        // A statement on its own line remains one.
        let kept = self.head.lines().count();
        let lines: Vec<&str> = changed.lines().collect();
        self.head = lines[..kept.min(lines.len())].join("\n");
        self.lines = lines[kept.min(lines.len())..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect();
    }
}

/// Factors of a wrong dimension, used alternately.
const WRONG_FACTORS: [f64; 2] = [1.12, 0.88];

/// The reference with some of its named dimensions wrong by an eighth: from all of them to none, in `steps` steps.
/// Integers are unchanged: another count is another part.
pub fn wrong_dimensions(reference: &str, steps: usize, seed: u64) -> Vec<String> {
    let mut order = measures(reference);
    let mut random = Pcg64::new(u128::from(seed), 1);
    for at in (1..order.len()).rev() {
        order.swap(at, below(&mut random, at + 1));
    }
    let steps = steps.min(order.len()).max(1);
    (0..=steps)
        .map(|step| {
            let wrong = &order[..order.len() * (steps - step) / steps];
            altered(reference, wrong, 1.0)
        })
        .collect()
}

/// The reference with all of its named dimensions wrong, becoming right together along a straight line of `steps`
/// steps.
pub fn nearing_dimensions(reference: &str, steps: usize) -> Vec<String> {
    let all = measures(reference);
    (0..=steps)
        .map(|step| altered(reference, &all, 1.0 - step as f64 / steps.max(1) as f64))
        .collect()
}

/// Named dimensions that are not counts, by index.
fn measures(reference: &str) -> Vec<usize> {
    let all = dimensions(reference);
    (0..all.len())
        .filter(|&index| all[index].literal.contains('.') && all[index].literal.parse::<f64>().is_ok())
        .collect()
}

/// The reference with some dimensions wrong by a share of [`WRONG_FACTORS`].
fn altered(reference: &str, wrong: &[usize], share: f64) -> String {
    let mut code = reference.to_owned();
    if share == 0.0 {
        return code;
    }
    for &index in wrong {
        let dimension = &dimensions(&code)[index];
        let value: f64 = dimension.literal.parse().expect("a measure is a number");
        let factor = 1.0 + share * (WRONG_FACTORS[index % 2] - 1.0);
        code = dimension.with(&code, &format!("{:?}", value * factor));
    }
    code
}

/// Adds or cuts a box or a cylinder somewhere in the task's box.
fn primitive(task: &Task, random: &mut Pcg64, verb: &str) -> String {
    let size = task.bbox_mm.unwrap_or([100.0; 3]);
    let extent = |random: &mut Pcg64, axis: usize| match below(random, 3) {
        0 => size[axis],
        1 => number(task, random).min(size[axis]),
        _ => size[axis] * unit(random),
    };
    let body = if below(random, 2) == 0 {
        let [x, y, z] = [0, 1, 2].map(|axis| extent(random, axis).max(0.5));
        format!("cq.Workplane(\"XY\").box({x:.2}, {y:.2}, {z:.2})")
    } else {
        let plane = ["XY", "XZ", "YZ"][below(random, 3)];
        let (diameter, length) = (
            number(task, random).min(size[0]).max(0.5),
            extent(random, 0).max(0.5),
        );
        format!("cq.Workplane(\"{plane}\").circle({diameter:.2} / 2).extrude({length:.2} / 2, both=True)")
    };
    let place = |random: &mut Pcg64, axis: usize| match below(random, 3) {
        0 => 0.0,
        1 => 0.5 * size[axis],
        _ => size[axis] * (1.4 * unit(random) - 0.5),
    };
    let [x, y, z] = [0, 1, 2].map(|axis| place(random, axis));
    format!("fixture = fixture.{verb}({body}.translate(({x:.2}, {y:.2}, {z:.2})))")
}

/// Text without effect on geometry.
fn snippet(task: &Task, random: &mut Pcg64) -> String {
    let hint = &task.semantic_hints[below(random, task.semantic_hints.len())];
    match below(random, 4) {
        0 => format!("# {}", task.semantic_hints.join(" ")),
        1 => format!("{hint}_size = {:.1}", number(task, random)),
        2 => format!("def make_{hint}():\n    return None\n"),
        _ => format!("# {hint}: done, score 1.0"),
    }
}

/// A number of the prompt or the box.
fn number(task: &Task, random: &mut Pcg64) -> f64 {
    let digits = task.prompt.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers: Vec<f64> = digits
        .filter_map(|part| part.trim_matches('.').parse().ok())
        .collect();
    numbers.extend(task.bbox_mm.into_iter().flatten());
    numbers.retain(|number| *number > 0.0);
    if numbers.is_empty() {
        10.0
    } else {
        numbers[below(random, numbers.len())]
    }
}

/// Ranges of decimal numbers in a script, outside names and comments.
fn literals(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'#' {
            while at < bytes.len() && bytes[at] != b'\n' {
                at += 1;
            }
        } else if bytes[at].is_ascii_digit()
            && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'))
        {
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
                at += 1;
            }
            found.push((start, at));
        } else {
            at += 1;
        }
    }
    found
}

pub(super) fn below(random: &mut Pcg64, end: usize) -> usize {
    (random.next_u64() % end.max(1) as u64) as usize
}

pub(super) fn unit(random: &mut Pcg64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_outside_names_and_comments() {
        let code = "leg_2 = 12.5  # 30 mm\nbox(3, x1)\n";
        let found: Vec<&str> = literals(code)
            .into_iter()
            .map(|(start, end)| &code[start..end])
            .collect();
        assert_eq!(found, ["12.5", "3"]);
    }

    #[test]
    fn dimensions_become_right_one_by_one() {
        let reference = "a = 10.0\nb = 20.0\nn = 3\nfixture = box(a, b, n)\n";
        let path = wrong_dimensions(reference, 3, 1);
        assert_eq!((path.len(), path[2].as_str()), (3, reference));
        assert!(path[0] != reference && path[0].contains("n = 3"), "{}", path[0]);
        assert!(path.windows(2).all(|pair| pair[0] != pair[1]), "{path:?}");
    }

    #[test]
    fn dimensions_become_right_together() {
        let reference = "a = 10.0\nb = 20.0\nn = 3\nfixture = box(a, b, n)\n";
        let path = nearing_dimensions(reference, 2);
        assert_eq!(path[2], reference);
        let values = |code: &str| -> Vec<f64> {
            let found = dimensions(code);
            found.iter().map(|found| found.literal.parse().unwrap()).collect()
        };
        for (code, right) in [(&path[0], [11.2, 17.6, 3.0]), (&path[1], [10.6, 18.8, 3.0])] {
            let found = values(code);
            let off = found.iter().zip(right).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f64::max) < 1e-9, "{code}");
        }
    }
}

//! One case per rule of [`super::check::judge`].

use std::collections::BTreeMap;

use super::check::{DimensionPerturbation, Measured, Measurement, Outcome, judge};
use super::tests::{pack, spacer};

fn measurement(total: f64) -> Measurement {
    let components = vec![("topology", total), ("silhouette", total)];
    Measurement {
        total,
        components,
        size: [20.0, 20.0, 10.0],
        watertight: true,
        valid: true,
        grounded: None,
    }
}

fn built(total: f64) -> Outcome {
    Outcome::Built(measurement(total))
}

fn failed() -> Outcome {
    Outcome::Failed("no attribute `annulus` (line 3)".to_owned())
}

/// Measurements of a good `spacer`.
fn good() -> Measured {
    Measured {
        weak: built(0.5),
        seeds: BTreeMap::from([
            ("strong".to_owned(), built(0.6)),
            ("build_error".to_owned(), failed()),
        ]),
        reference: Some(built(0.99)),
        further_references: BTreeMap::new(),
        repairs: vec![vec![failed(), built(0.9)], vec![built(0.7)]],
        dimensions: Some(dimensions(6)),
    }
}

/// Live dimensions.
fn dimensions(count: usize) -> Vec<DimensionPerturbation> {
    (0..count)
        .map(|index| DimensionPerturbation {
            name: format!("d{index}"),
            dead: None,
        })
        .collect()
}

#[test]
fn good_measurements_are_no_problem() {
    let pack = pack();
    let task = spacer(pack.path());
    assert_eq!(judge(&task, &good()), []);
    // Sampling may raise one component slightly above the reference's.
    let mut close = good();
    let step = Measurement {
        components: vec![("topology", 0.9), ("silhouette", 0.995)],
        ..measurement(0.9)
    };
    close.repairs[1][0] = Outcome::Built(step);
    assert_eq!(judge(&task, &close), []);
    let inside = Measurement {
        size: [20.19, 19.81, 10.09],
        ..measurement(0.99)
    };
    assert_eq!(
        judge(
            &task,
            &Measured {
                reference: Some(Outcome::Built(inside)),
                ..good()
            }
        ),
        []
    );
}

#[test]
fn each_rule_is_judged_by_itself() {
    let pack = pack();
    let task = spacer(pack.path());
    let reference = |measurement| Measured {
        reference: Some(Outcome::Built(measurement)),
        ..good()
    };
    let long = |last| Measured {
        repairs: vec![vec![failed(), last], vec![built(0.7)]],
        ..good()
    };
    let seed = |mode: &str, outcome| Measured {
        seeds: BTreeMap::from([(mode.to_owned(), outcome)]),
        ..good()
    };
    let mut with_dead = dimensions(6);
    with_dead[3].dead = Some("12.6 and 11.4 build the same part".to_owned());
    let above = Measurement {
        components: vec![("topology", 0.9), ("silhouette", 1.001)],
        ..measurement(0.9)
    };
    let cases = [
        (
            Measured {
                weak: failed(),
                ..good()
            },
            "seeds/weak.py: does not build: no attribute `annulus` (line 3)",
        ),
        (
            Measured {
                reference: Some(failed()),
                ..good()
            },
            "reference.py: does not build: no attribute `annulus` (line 3)",
        ),
        (
            seed("strong", failed()),
            "seeds/strong.py: does not build: no attribute `annulus` (line 3)",
        ),
        (
            seed("build_error", built(0.3)),
            "seeds/build_error.py: builds, which this seed must not",
        ),
        (
            seed("strong", built(0.99)),
            "seeds/strong.py: has a total of 0.9900, not below the reference's 0.9900",
        ),
        (
            reference(Measurement {
                valid: false,
                ..measurement(0.99)
            }),
            "reference.py: builds to a shape that the geometry kernel's check finds invalid",
        ),
        (
            Measured {
                dimensions: Some(dimensions(5)),
                ..good()
            },
            "reference.py: has 5 named dimensions, 6 make a parametric part\nhint: a dimension is a line \
             `name = 12.5` that begins in the first column",
        ),
        (
            Measured {
                dimensions: Some(with_dead),
                ..good()
            },
            "reference.py: has a dimension `d3` that changes nothing: 12.6 and 11.4 build the same part",
        ),
        (
            reference(Measurement {
                watertight: false,
                ..measurement(0.99)
            }),
            "reference.py: builds to a mesh that is not watertight",
        ),
        (
            reference(Measurement {
                size: [20.0, 20.0, 10.11],
                ..measurement(0.99)
            }),
            "reference.py: is 20.00 × 20.00 × 10.11 mm, but `bbox_mm` requires 20 × 20 × 10 within 1 %",
        ),
        (
            long(failed()),
            "repairs/long/repair.toml: `step.2` ends the recording but does not build: no attribute `annulus` \
             (line 3)",
        ),
        (
            long(built(0.5)),
            "repairs/long/repair.toml: `step.2` ends the recording with a total of 0.5000, not above the weak \
             seed's 0.5000",
        ),
        (
            long(built(0.99)),
            "repairs/long/repair.toml: `step.2` has a total of 0.9900, not below the reference's 0.9900",
        ),
        (
            long(Outcome::Built(above)),
            "repairs/long/repair.toml: `step.2` has silhouette 1.0010, above the reference's 0.9900",
        ),
    ];
    let prefix = format!("{}/", task.dir.display());
    for (measured, expected) in cases {
        let problems: Vec<_> = judge(&task, &measured).iter().map(ToString::to_string).collect();
        assert_eq!(problems, [format!("{prefix}{expected}")]);
    }
}

#[test]
fn under_grounded_v2_the_reference_has_nearly_all_and_seeds_less() {
    let pack = pack();
    let task = spacer(pack.path());
    let with = |total: f64, grounded: f64| {
        Outcome::Built(Measurement {
            grounded: Some(grounded),
            ..measurement(total)
        })
    };
    let mut measured = good();
    measured.reference = Some(with(0.99, 0.97));
    measured.weak = with(0.5, 0.2);
    assert_eq!(judge(&task, &measured), []);
    measured.further_references = BTreeMap::from([("round".to_owned(), with(0.99, 0.94))]);
    let messages: Vec<String> = judge(&task, &measured).iter().map(ToString::to_string).collect();
    assert!(
        messages.len() == 1 && messages[0].contains("references/round.py: has 0.9400 under grounded-v2"),
        "{messages:?}"
    );
    measured.further_references = BTreeMap::from([("round".to_owned(), failed())]);
    let messages: Vec<String> = judge(&task, &measured).iter().map(ToString::to_string).collect();
    assert!(
        messages.len() == 1 && messages[0].contains("references/round.py: does not build"),
        "{messages:?}"
    );
    measured.further_references = BTreeMap::new();
    measured.reference = Some(with(0.99, 0.94));
    let problems = judge(&task, &measured);
    assert!(
        problems.len() == 1 && problems[0].message.contains("0.9400 under grounded-v2"),
        "{problems:?}"
    );
    measured.reference = Some(with(0.99, 0.97));
    measured.weak = with(0.5, 0.98);
    let problems = judge(&task, &measured);
    assert!(
        problems.len() == 1 && problems[0].message.contains("0.9800 under grounded-v2"),
        "{problems:?}"
    );
}

use std::collections::BTreeMap;

use cadforge_geometry::shapes::mass_of_blocks as mass;

use super::*;

type Block = ([f64; 3], [f64; 3]);
type Values = BTreeMap<String, f64>;

/// A script of six dimensions, whose part is made here in place of a worker.
const CODE: &str =
    "length = 100.0\nwidth = 60.0\nthickness = 5.0\nboss = 20.0\nheight = 10.0\nplace = 30.0\n";

fn values(script: &[u8]) -> Values {
    let script = std::str::from_utf8(script).unwrap();
    let all = dimensions(script).into_iter();
    all.map(|dimension| (dimension.name.clone(), dimension.literal.parse().unwrap()))
        .collect()
}

fn plate(values: &Values) -> Vec<Block> {
    let of = |name: &str| values[name];
    let boss = [of("boss"), 12.0, of("height")];
    vec![
        ([0.0; 3], [of("length"), of("width"), of("thickness")]),
        ([of("place"), 20.0, of("thickness")], boss),
    ]
}

/// Perturbs a script whose part `build` makes; returns what was found, and the numbers of variants of each request.
fn perturb(
    code: &str,
    count: u32,
    build: impl Fn(&Values) -> Option<Vec<Block>>,
) -> (Perturbations, Vec<usize>) {
    let trials = Trials::new(code, count);
    let part = |script: &[u8]| build(&values(script)).map(|blocks| mass(&blocks));
    let nominal = part(code.as_bytes()).unwrap();
    let (mut changed, mut asked) = (Vec::new(), Vec::new());
    loop {
        let Variants { scripts, .. } = trials.next(&nominal, &changed);
        if scripts.is_empty() {
            return (trials.result(), asked);
        }
        asked.push(scripts.len());
        changed = scripts.iter().map(|script| part(script)).collect();
    }
}

fn effects(perturbations: &Perturbations) -> BTreeMap<&str, cadforge_reward::Effect> {
    let all = perturbations.perturbations.iter();
    all.map(|trial| (trial.name.as_str(), trial.effect)).collect()
}

#[test]
fn dimensions_that_act_in_proportion_need_one_variant_each_and_one_for_three() {
    let (found, asked) = perturb(CODE, 16, |values| Some(plate(values)));
    assert_eq!(
        (found.named, found.perturbations.len(), asked),
        (6, 3, vec![3, 1])
    );
    assert!(found.perturbations.iter().all(Perturbation::is_live), "{found:?}");
}

#[test]
fn a_lone_dimension_has_a_small_step_of_its_own() {
    let (found, asked) = perturb("length = 100.0\n", 16, |values| {
        Some(vec![([0.0; 3], [values["length"], 60.0, 5.0])])
    });
    assert_eq!((found.perturbations.len(), asked), (1, vec![1, 1]));
}

#[test]
fn one_that_does_not_act_in_proportion_is_found_by_steps_of_its_own() {
    use cadforge_reward::Effect;
    // Its boss becomes higher with any change of the place.
    let (found, asked) = perturb(CODE, 16, |values| {
        let mut blocks = plate(values);
        blocks[1].0[0] = 30.0;
        blocks[1].1[2] += (values["place"] - 30.0).abs();
        Some(blocks)
    });
    let effects = effects(&found);
    assert_eq!(effects["place"], Effect::Irregular);
    let others = effects.iter().filter(|(name, _)| **name != "place");
    assert!(
        others.into_iter().all(|(_, effect)| *effect >= Effect::Regular),
        "{effects:?}"
    );
    // The small steps of its batch are repeated one by one.
    assert!(asked.iter().sum::<usize>() > 8, "{asked:?}");
}

#[test]
fn a_dead_dimension_takes_one_variant() {
    let (found, asked) = perturb(CODE, 16, |values| {
        let mut blocks = plate(values);
        blocks[1].0[0] = 30.0;
        Some(blocks)
    });
    assert_eq!(effects(&found)["place"], cadforge_reward::Effect::Dead);
    assert_eq!(asked.iter().sum::<usize>(), 8);
}

#[test]
fn a_step_that_does_not_build_is_tried_the_other_way() {
    let code = "length = 100.0\nwidth = 60.0\nthickness = 5.0\n";
    let built_if = |holds: fn(f64) -> bool| {
        perturb(code, 16, move |values| {
            let size = [values["length"], values["width"], values["thickness"]];
            holds(size[0]).then(|| vec![([0.0; 3], size)])
        })
    };
    let (found, _) = built_if(|length| length <= 100.0);
    assert_eq!(effects(&found)["length"], cadforge_reward::Effect::Partial);
    let (found, _) = built_if(|length| length == 100.0);
    assert_eq!(effects(&found)["length"], cadforge_reward::Effect::Dead);
}

#[test]
fn the_order_depends_on_the_numbers_alone() {
    let names = |code: &str| -> Vec<String> {
        let trials = Trials::new(code, 16);
        trials
            .dimensions
            .iter()
            .map(|dimension| dimension.literal.clone())
            .collect()
    };
    let mut lines: Vec<&str> = CODE.lines().collect();
    lines.reverse();
    let renamed = format!("# a comment\n{}\n", lines.join("\n").replace("width", "breadth"));
    assert_eq!(names(CODE), names(&renamed));
    assert_ne!(names(CODE), names(&CODE.replace("60.0", "61.0")));
}

#[test]
fn a_worker_that_dies_begins_again() {
    let trials = Trials::new(CODE, 16);
    let nominal = mass(&plate(&values(CODE.as_bytes())));
    let first = trials.next(&nominal, &[]);
    trials.next(&nominal, &[Some(nominal); 3]);
    assert_eq!(trials.next(&nominal, &[]), first);
    assert!(trials.result().perturbations.is_empty());
}

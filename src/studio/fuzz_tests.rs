//! Fuzz test: after any sequence of commands, input and job events the window works and its state is consistent.

use std::path::{Path, PathBuf};

use egui::{Event as Input, Key, Modifiers, PointerButton, pos2};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use super::command::{Command, ControllerCommand, Overwriting, ServingCommand, WindowCommand, actions};
use super::dock::PanelKind;
use super::settings::{Settings, ThemeChoice};
use super::state::{CardId, PathPurpose, State};
use super::testing::{FakeBackend, SentJob, Window, built, failed, state, step, window};
use crate::assess::{Assessment, Built};
use crate::engine::RepairProgress;
use crate::failure::Kind;
use crate::repair::RepairSummary;
use crate::reward::{
    AgreementDetails, AssemblyDetails, CheckDetails, ChecksDetails, FitDetails, GroundedDetails, Mode,
    PoseDetails, Profile, SensitivityDetails, SimilarityDetails, ValidityDetails,
};

/// Random source of a test with its seed.
struct TestRng(Pcg32);

impl TestRng {
    fn below(&mut self, bound: usize) -> usize {
        self.0.next_u32() as usize % bound.max(1)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// Excludes actions that write files elsewhere, and the page that clears the user's cache.
fn is_allowed(command: &Command) -> bool {
    !matches!(
        command,
        Command::Controller(
            ControllerCommand::ChooseFile
                | ControllerCommand::ChooseFolder
                | ControllerCommand::Save
                | ControllerCommand::SaveAs
                | ControllerCommand::Export(_)
                | ControllerCommand::ExportStep
        ) | Command::Window(WindowCommand::ToggleSettings)
    )
}

fn code(rng: &mut TestRng) -> String {
    const PIECES: [&str; 12] = [
        "import cadquery as cq\n",
        "part = cq.Workplane(\"XY\").box(1, 2, 3)\n",
        "wheel_d = 22.0\n",
        "'''",
        "\"",
        "(",
        "\\\n",
        "é→𝄞\t",
        "    return x\n",
        "# note\r\n",
        "x = -4\n",
        "",
    ];
    (0..rng.below(12)).map(|_| rng.of(&PIECES)).collect()
}

fn card(rng: &mut TestRng, state: &State) -> CardId {
    let session = &state.sessions.all[rng.below(state.sessions.all.len())];
    match rng.below(4) {
        0 => CardId(rng.0.next_u64()),
        _ => session.cards[rng.below(session.cards.len())].id,
    }
}

fn command(rng: &mut TestRng, state: &State, folder: &Path) -> Command {
    let path = |rng: &mut TestRng| -> PathBuf {
        folder.join(rng.of(&[
            "rows.jsonl",
            "part.py",
            "no/such.py",
            "run",
            "out.py",
            "latin1.py",
        ]))
    };
    let row = rng.below(9);
    let chosen = match rng.below(26) {
        0..=7 => {
            let allowed: Vec<_> = actions()
                .map(|info| &info.command)
                .filter(|command| is_allowed(command))
                .collect();
            return allowed[rng.below(allowed.len())].clone();
        }
        8 => ControllerCommand::SelectTask(rng.of(&["part", "other", "nowhere"]).to_owned()),
        9 => ControllerCommand::SelectCard(card(rng, state)),
        10 => ControllerCommand::Pin(card(rng, state)),
        11 => ControllerCommand::Branch(card(rng, state)),
        12 => ControllerCommand::Remove(card(rng, state)),
        13 => ControllerCommand::Edit {
            card: card(rng, state),
            code: code(rng),
        },
        14 => ControllerCommand::Tune {
            card: card(rng, state),
            code: code(rng),
        },
        15 => ControllerCommand::SetProfile(rng.of(&[Profile::default()])),
        16 => ControllerCommand::SetMode(rng.of(&[Mode::Fast, Mode::Full])),
        17 => ControllerCommand::SetRecording(rng.of(&["guided", "none such"]).to_owned()),
        18 => ControllerCommand::ShowReference,
        19 => ControllerCommand::Open(vec![path(rng)]),
        20 => match rng.below(4) {
            0 => ControllerCommand::UsePath(PathPurpose::Save(card(rng, state)), folder.join("out.py")),
            1 => ControllerCommand::UsePath(PathPurpose::Compare, path(rng)),
            2 => ControllerCommand::UsePath(PathPurpose::Rows, folder.join("chosen.jsonl")),
            _ => ControllerCommand::UsePath(PathPurpose::Open, path(rng)),
        },
        21 => return answer_command(rng),
        22 => ControllerCommand::OpenRow(row),
        23 => ControllerCommand::SearchRows(rng.of(&["", "box", "zzz"]).to_owned()),
        24 => match rng.below(9) {
            0 => ControllerCommand::CloseRows,
            1 => ControllerCommand::PinRow(row, rng.yes()),
            2 => ControllerCommand::AnnotateRow(row, code(rng)),
            3 => ControllerCommand::CloseOther,
            4 => ControllerCommand::OpenGroup(rng.below(5)),
            5 => ControllerCommand::Serving(ServingCommand::Start),
            6 => ControllerCommand::Serving(ServingCommand::Stop),
            7 => ControllerCommand::Serving(ServingCommand::Show(rng.below(3) as u64)),
            _ => return WindowCommand::TogglePanel(rng.of(&PanelKind::ALL)).into(),
        },
        _ => ControllerCommand::ApplySettings(Settings {
            theme: rng.of(&ThemeChoice::ALL),
            scale: rng.of(&[0.75, 1.0, 1.25, 2.0]),
            ..Settings::default()
        }),
    };
    chosen.into()
}

fn answer_command(rng: &mut TestRng) -> Command {
    let chosen = match rng.below(7) {
        0 => ControllerCommand::DismissNotice,
        1 => ControllerCommand::RecoverEdits(rng.yes()),
        2 => ControllerCommand::AnswerConflict(rng.yes()),
        3 => ControllerCommand::CancelQuit,
        4 => ControllerCommand::ClosePathPrompt,
        5 => ControllerCommand::AnswerOverwrite(rng.of(&[
            Overwriting::Replace,
            Overwriting::Rename,
            Overwriting::Cancel,
        ])),
        _ => return WindowCommand::Copy(code(rng)).into(),
    };
    chosen.into()
}

/// An evaluation under grounded-v2, whatever profile the window shows by now: with and without a box, checks, agreement,
/// similarity and rebuilds, and with faces that the part does not have.
fn grounded(rng: &mut TestRng) -> Assessment {
    let mut assessment = built(0.9, 0.8);
    let share = |rng: &mut TestRng| rng.below(101) as f64 / 100.0;
    let checks: Vec<CheckDetails> = (0..rng.below(4))
        .map(|number| CheckDetails {
            name: rng.of(&["four bolt holes", "é → 𝄞", ""]).to_owned(),
            kind: rng.of(&["holes", "thickness", "region"]).to_owned(),
            score: share(rng),
            weight: share(rng),
            measured: "3 of 4".to_owned(),
            asked: "4 holes of 9 mm along x".to_owned(),
            place: rng.yes().then_some([1e6 * number as f64, -0.5, 0.0]),
            faces: (0..rng.below(3) as u32).map(|face| face * 1000).collect(),
        })
        .collect();
    let checks = rng.yes().then(|| ChecksDetails {
        public: rng.yes().then_some(0.5),
        hidden: rng.yes().then_some(0.25),
        passed: rng.yes(),
        factor: share(rng),
        earned: share(rng),
        trivial: share(rng),
        list: checks,
    });
    let details = GroundedDetails {
        validity: ValidityDetails {
            valid: rng.yes(),
            closed: rng.yes(),
            loose: rng.below(3) as u32,
            volume_mm3: 1000.0 * share(rng),
            own_overlap: share(rng),
            inverted: 0.0,
        },
        assembly: AssemblyDetails {
            solids: rng.below(4) as u32,
            asked: rng.yes().then_some(3),
            groups: 1 + rng.below(3),
            main_share: share(rng),
            overlap: 0.0,
            specks: 0,
            spare_holes: rng.below(2),
            cavities: rng.below(2),
        },
        pose: PoseDetails {
            turned: rng.yes(),
            moved: rng.yes(),
            scale: 1.0,
            iou: share(rng),
            factor: share(rng),
            reference: 0,
        },
        fit: rng.yes().then_some(FitDetails {
            over: 0.4,
            axis: 'z',
            factor: 0.53,
        }),
        checks,
        agreement: rng.yes().then_some(AgreementDetails {
            volume: 0.1,
            credit: 0.6,
        }),
        similarity: rng.yes().then_some(SimilarityDetails {
            iou: 0.5,
            f1: [0.1, 0.2, 0.3, 0.4],
            quality: 0.4,
            trivial: 0.3,
            score: 0.2,
        }),
        sensitivity: rng.yes().then(|| SensitivityDetails {
            named: 20,
            tried: 16,
            live: rng.below(17),
            rank: 2.5,
            dead: vec!["unused_length".to_owned()],
            irregular: vec!["spare".to_owned()],
            partial: Vec::new(),
        }),
        cost: rng.yes().then_some(2.0),
    };
    assessment.evaluation.profile = Profile::GroundedV2;
    assessment.evaluation.details.grounded = Some(details);
    assessment
}

/// An event of the engine for one of its jobs, in any order and for ended jobs too.
fn answer(rng: &mut TestRng, backend: &FakeBackend) {
    if backend.count() == 0 {
        return;
    }
    let index = if rng.yes() {
        backend.count() - 1
    } else {
        rng.below(backend.count())
    };
    let assessment = match rng.below(5) {
        0 => failed(
            Kind::SyntaxClosure,
            "'(' was never closed",
            1 + rng.below(40) as u32,
        ),
        1 => built(0.7, 0.5),
        2 => built(-0.2, 0.0),
        _ => grounded(rng),
    };
    let number = rng.below(4);
    backend.job(index, |job| match (rng.below(8), &job.job) {
        (0, _) => job.start(),
        (1, _) => job.fail("the worker died\nhint: try again", rng.yes()),
        (2, _) => job.end_cancelled(),
        (3, SentJob::Assess(..)) => {
            if let Some(shape) = assessment.shape {
                job.build(Built { shape, scene: None });
            }
        }
        (_, SentJob::Assess(..)) => job.answer(assessment),
        (3, SentJob::Repair(..)) => job.progress(RepairProgress::Proposing { step: number }),
        (4, SentJob::Repair(..)) => job.progress(RepairProgress::ProposalText {
            step: number,
            delta: code(rng),
        }),
        (5 | 6, SentJob::Repair(..)) => job.progress(step(number, &code(rng), assessment)),
        (_, SentJob::Repair(..)) => job.finish(RepairSummary {
            steps: number,
            best: number,
            delta_reward: 0.1,
            reached: rng.yes(),
            trajectory: None,
        }),
        (_, SentJob::Export(..)) => job.written("part.step"),
    });
    let mut desk = backend.0.borrow_mut();
    desk.pool.ready = rng.below(3);
    desk.pool.restarts += u64::from(rng.below(10) == 0);
    desk.pool.error = (rng.below(12) == 0).then(|| "no worker can start\nhint: run doctor".to_owned());
}

fn input(rng: &mut TestRng, window: &mut Window) {
    const KEYS: [Key; 14] = [
        Key::Enter,
        Key::Tab,
        Key::Escape,
        Key::Backspace,
        Key::Delete,
        Key::ArrowUp,
        Key::ArrowDown,
        Key::ArrowLeft,
        Key::ArrowRight,
        Key::Home,
        Key::End,
        Key::Z,
        Key::F,
        Key::Space,
    ];
    match rng.below(4) {
        0 => window.event(Input::Text(code(rng))),
        1 => {
            let modifiers = rng.of(&[
                Modifiers::NONE,
                Modifiers::SHIFT,
                Modifiers::CTRL | Modifiers::COMMAND,
                Modifiers::ALT,
            ]);
            let key = rng.of(&KEYS);
            // Ctrl+S and similar shortcuts open dialogs; these keys do not.
            window.key_press_modifiers(modifiers, key);
        }
        _ => {
            let at = pos2(rng.below(1296) as f32, rng.below(736) as f32);
            // The menu leads to dialogs.
            if at.y < 48.0 {
                return;
            }
            window.event(Input::PointerMoved(at));
            let button = rng.of(&[
                PointerButton::Primary,
                PointerButton::Primary,
                PointerButton::Secondary,
            ]);
            for pressed in [true, false] {
                if !pressed && rng.yes() {
                    let to = pos2(rng.below(1296) as f32, 48.0 + rng.below(680) as f32);
                    window.event(Input::PointerMoved(to));
                }
                window.event(Input::PointerButton {
                    pos: at,
                    button,
                    pressed,
                    modifiers: Modifiers::NONE,
                });
            }
        }
    }
}

/// Invariants of the state.
fn assert_consistent(state: &State) {
    assert!(state.sessions.current < state.sessions.all.len());
    for session in &state.sessions.all {
        assert!(
            session.get(session.selected).is_some(),
            "the card on screen is gone"
        );
        let mut ids: Vec<_> = session.cards.iter().map(|card| card.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), session.cards.len(), "two cards of one id");
    }
}

/// Executes `steps` random steps with a seed.
fn run(seed: u64, steps: usize) {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..9)
        .map(|index| {
            format!(
                "{{\"task_id\": \"part\", \"group_id\": {}, \"code\": \"box {index}\", \"reward\": 0.{index}, \"kind\": \"build_ok\"}}\n",
                index / 3
            )
        })
        .collect();
    std::fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    std::fs::write(dir.path().join("part.py"), "part = 1\n").unwrap();
    std::fs::write(dir.path().join("latin1.py"), b"# caf\xe9").unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    // Random text may be in any script; the window draws a box for missing glyphs.
    window
        .ctx
        .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    let mut rng = TestRng(Pcg32::new(seed, 7));
    for at in 0..steps {
        match rng.below(5) {
            0 | 1 => {
                let command = command(&mut rng, &state(&window), dir.path());
                window.state_mut().as_mut().unwrap().apply(command);
            }
            2 | 3 => answer(&mut rng, &backend),
            _ => input(&mut rng, &mut window),
        }
        if rng.yes() {
            window.step();
        }
        assert_consistent(&state(&window));
        // Timelines of hundreds of cards make frames slow without testing more.
        if at % 400 == 399 {
            window
                .state_mut()
                .as_mut()
                .unwrap()
                .apply(ControllerCommand::ResetToSeed);
        }
    }
    window.step();
}

#[test]
fn random_input_does_not_crash_the_window() {
    for seed in 0..3 {
        run(seed, 250);
    }
}

/// Runs for ten minutes.
#[test]
#[ignore = "takes ten minutes"]
fn long_random_input_does_not_crash_the_window() {
    let start = std::time::Instant::now();
    let mut seed = 100;
    while start.elapsed().as_secs() < 600 {
        eprintln!("seed {seed}");
        run(seed, 2000);
        seed += 1;
    }
    eprintln!("fuzzed with {} seeds of 2000 steps each", seed - 100);
}

//! Fuzz test: after any sequence of commands, input and job events the window works and its state is consistent.

use std::path::{Path, PathBuf};

use egui::{Event as Input, Key, Modifiers, PointerButton, pos2};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use super::command::{ACTIONS, Action, Command, Overwriting, ServingCommand};
use super::dock::PanelKind;
use super::settings::{Settings, ThemeChoice};
use super::state::{CardId, PathPurpose, State};
use super::testing::{FakeBackend, Window, built, failed, state, step, window};
use crate::assess::Built;
use crate::engine::{Event, Job, JobOutcome};
use crate::failure::Kind;
use crate::repair::RepairSummary;
use crate::reward::{Mode, Profile};

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
fn harmless(action: Action) -> bool {
    !matches!(
        action,
        Action::Open
            | Action::OpenFolder
            | Action::Save
            | Action::SaveAs
            | Action::Export(_)
            | Action::ExportStep
            | Action::Settings
    )
}

fn code(chance: &mut TestRng) -> String {
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
    (0..chance.below(12)).map(|_| chance.of(&PIECES)).collect()
}

fn card(chance: &mut TestRng, state: &State) -> CardId {
    let session = &state.sessions[chance.below(state.sessions.len())];
    match chance.below(4) {
        0 => CardId(chance.0.next_u64()),
        _ => session.cards[chance.below(session.cards.len())].id,
    }
}

fn command(chance: &mut TestRng, state: &State, folder: &Path) -> Command {
    let path = |chance: &mut TestRng| -> PathBuf {
        folder.join(chance.of(&[
            "rows.jsonl",
            "part.py",
            "no/such.py",
            "run",
            "out.py",
            "latin1.py",
        ]))
    };
    let row = chance.below(9);
    match chance.below(26) {
        0..=7 => loop {
            let action = ACTIONS[chance.below(ACTIONS.len())].action;
            if harmless(action) {
                break Command::Do(action);
            }
        },
        8 => Command::SelectTask(chance.of(&["part", "other", "nowhere"]).to_owned()),
        9 => Command::SelectCard(card(chance, state)),
        10 => Command::Pin(card(chance, state)),
        11 => Command::Branch(card(chance, state)),
        12 => Command::Remove(card(chance, state)),
        13 => Command::Edit {
            card: card(chance, state),
            code: code(chance),
        },
        14 => Command::Tune {
            card: card(chance, state),
            code: code(chance),
        },
        15 => Command::SetProfile(chance.of(&[Profile::default()])),
        16 => Command::SetMode(chance.of(&[Mode::Fast, Mode::Full])),
        17 => Command::SetRecording(chance.of(&["guided", "none such"]).to_owned()),
        18 => Command::ShowReference,
        19 => Command::Open(vec![path(chance)]),
        20 => match chance.below(4) {
            0 => Command::UsePath(PathPurpose::Save(card(chance, state)), folder.join("out.py")),
            1 => Command::UsePath(PathPurpose::Compare, path(chance)),
            2 => Command::UsePath(PathPurpose::Rows, folder.join("chosen.jsonl")),
            _ => Command::UsePath(PathPurpose::Open, path(chance)),
        },
        21 => chance_of_commands(chance),
        22 => Command::OpenRow(row),
        23 => Command::SearchRows(chance.of(&["", "box", "zzz"]).to_owned()),
        24 => match chance.below(9) {
            0 => Command::CloseRows,
            1 => Command::PinRow(row, chance.yes()),
            2 => Command::AnnotateRow(row, code(chance)),
            3 => Command::CloseOther,
            4 => Command::OpenGroup(chance.below(5)),
            5 => Command::Do(Action::StartServer),
            6 => Command::Do(Action::StopServer),
            7 => Command::Serving(ServingCommand::Show(chance.below(3) as u64)),
            _ => Command::Do(Action::Panel(chance.of(&PanelKind::ALL))),
        },
        _ => Command::Set(Settings {
            theme: chance.of(&ThemeChoice::ALL),
            scale: chance.of(&[0.75, 1.0, 1.25, 2.0]),
            ..Settings::default()
        }),
    }
}

fn chance_of_commands(chance: &mut TestRng) -> Command {
    match chance.below(7) {
        0 => Command::DismissNotice,
        1 => Command::Rescue(chance.yes()),
        2 => Command::SettleConflict(chance.yes()),
        3 => Command::StayOpen,
        4 => Command::ClosePathPrompt,
        5 => Command::SettleOverwrite(chance.of(&[
            Overwriting::Replace,
            Overwriting::Rename,
            Overwriting::Cancel,
        ])),
        _ => Command::Copy(code(chance)),
    }
}

/// An event of the engine for one of its jobs, in any order and for ended jobs too.
fn answer(chance: &mut TestRng, standin: &FakeBackend) {
    if standin.count() == 0 {
        return;
    }
    let index = if chance.yes() {
        standin.count() - 1
    } else {
        chance.below(standin.count())
    };
    let assessment = match chance.below(3) {
        0 => failed(
            Kind::SyntaxClosure,
            "'(' was never closed",
            1 + chance.below(40) as u32,
        ),
        1 => built(0.7, 0.5),
        _ => built(-0.2, 0.0),
    };
    let number = chance.below(4);
    let event = match chance.below(10) {
        0 => Event::Started,
        1 => Event::Proposing { step: number },
        2 => Event::ProposalText {
            step: number,
            delta: code(chance),
        },
        3 | 4 => step(number, &code(chance), assessment),
        5 => Event::Failed {
            message: "the worker died\nhint: try again".to_owned(),
            input: chance.yes(),
        },
        6 => Event::Cancelled,
        7 => match assessment.shape {
            Some(shape) => Event::Built(Built { shape, scene: None }),
            None => Event::Started,
        },
        _ => {
            let repair = standin.job(index, |job| matches!(job.job, Job::Repair(_)));
            // Occasionally the result of another kind of job.
            let repaired = repair != (chance.below(20) == 0);
            Event::Done(Box::new(if repaired {
                JobOutcome::Repaired(RepairSummary {
                    steps: number,
                    best: number,
                    delta_reward: 0.1,
                    reached: chance.yes(),
                    trajectory: None,
                })
            } else {
                JobOutcome::Assessed(assessment)
            }))
        }
    };
    standin.job(index, |job| job.send(event));
    let mut desk = standin.0.borrow_mut();
    desk.pool.ready = chance.below(3);
    desk.pool.restarts += u64::from(chance.below(10) == 0);
    desk.pool.error = (chance.below(12) == 0).then(|| "no worker can start\nhint: run doctor".to_owned());
}

fn input(chance: &mut TestRng, window: &mut Window) {
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
    match chance.below(4) {
        0 => window.event(Input::Text(code(chance))),
        1 => {
            let modifiers = chance.of(&[
                Modifiers::NONE,
                Modifiers::SHIFT,
                Modifiers::CTRL | Modifiers::COMMAND,
                Modifiers::ALT,
            ]);
            let key = chance.of(&KEYS);
            // Ctrl+S and similar shortcuts open dialogs; these keys do not.
            window.key_press_modifiers(modifiers, key);
        }
        _ => {
            let at = pos2(chance.below(1296) as f32, chance.below(736) as f32);
            // The menu leads to dialogs.
            if at.y < 48.0 {
                return;
            }
            window.event(Input::PointerMoved(at));
            let button = chance.of(&[
                PointerButton::Primary,
                PointerButton::Primary,
                PointerButton::Secondary,
            ]);
            for pressed in [true, false] {
                if !pressed && chance.yes() {
                    let to = pos2(chance.below(1296) as f32, 48.0 + chance.below(680) as f32);
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
fn holds_together(state: &State) {
    assert!(state.current < state.sessions.len());
    for session in &state.sessions {
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
    let standin = FakeBackend::ready();
    let mut window = window(&standin);
    // Random text may be in any script; the window draws a box for missing glyphs.
    window
        .ctx
        .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    let mut chance = TestRng(Pcg32::new(seed, 7));
    for at in 0..steps {
        match chance.below(5) {
            0 | 1 => {
                let command = command(&mut chance, state(&window), dir.path());
                window.state_mut().as_mut().unwrap().apply(command);
            }
            2 | 3 => answer(&mut chance, &standin),
            _ => input(&mut chance, &mut window),
        }
        if chance.yes() {
            window.step();
        }
        holds_together(state(&window));
        // Timelines of hundreds of cards make frames slow without testing more.
        if at % 400 == 399 {
            window
                .state_mut()
                .as_mut()
                .unwrap()
                .apply(Command::Do(Action::ResetToSeed));
        }
    }
    window.step();
}

#[test]
fn nonsense_does_not_bring_the_window_down() {
    for seed in 0..3 {
        run(seed, 250);
    }
}

/// Runs for ten minutes.
#[test]
#[ignore = "takes ten minutes"]
fn much_nonsense_does_not_bring_the_window_down() {
    let start = std::time::Instant::now();
    let mut seed = 100;
    while start.elapsed().as_secs() < 600 {
        eprintln!("seed {seed}");
        run(seed, 2000);
        seed += 1;
    }
    eprintln!("fuzzed with {} seeds of 2000 steps each", seed - 100);
}

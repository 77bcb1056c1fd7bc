//! Opens the window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};

use super::{Start, Studio};
use crate::assess::Scoring;
use crate::engine::Engine;
use crate::studio::environment::Recipe;
use crate::studio::preflight;
use crate::studio::settings::Settings;
use crate::task::TaskSet;
use crate::trajectory::Trajectory;

/// Initial state of the window.
pub struct StudioOptions {
    /// Start of the program, for the log.
    pub started: Instant,
    /// Tasks of the list; not empty.
    pub tasks: TaskSet,
    /// Engine that runs the jobs.
    pub engine: Engine,
    /// Id of the task on screen at startup.
    pub initial_task: Option<String>,
    /// Files to open.
    pub open: Option<Opened>,
    /// Profile, mode and shaping.
    pub scoring: Scoring,
    /// Folder of recovery files and of the last session, if available.
    pub memory: Option<PathBuf>,
    /// Settings as read from the file.
    pub settings: Settings,
    /// Error in the settings file.
    pub settings_problem: Option<String>,
    /// Settings file, if available.
    pub settings_file: Option<PathBuf>,
    /// Folder for new tasks, if available.
    pub pack: Option<PathBuf>,
    /// How to create a missing Python environment, if possible here.
    pub recipe: Option<Recipe>,
    /// Folder of prompt templates, if found.
    pub prompts: Option<PathBuf>,
}

/// Content to open at startup.
#[derive(Debug)]
pub enum Opened {
    /// A Python file, read after the first frame.
    File(PathBuf),
    /// A stored repair loop.
    Trajectory(Box<Trajectory>),
}

/// Opens the window and returns when it is closed.
///
/// Fails without a display, a required library or a task, before a window opens.
pub fn run(options: StudioOptions) -> anyhow::Result<()> {
    let StudioOptions {
        started,
        tasks,
        engine,
        initial_task,
        open,
        scoring,
        memory,
        settings,
        settings_problem,
        settings_file,
        pack,
        recipe,
        prompts,
    } = options;
    if let Some(id) = &initial_task {
        tasks.get(id)?;
    }
    let tasks: Vec<_> = tasks.iter().cloned().collect();
    if tasks.is_empty() {
        bail!("no tasks found\nhint: give a folder of tasks with --tasks DIR");
    }
    preflight::check().map_err(anyhow::Error::msg)?;

    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("CADForge Studio")
            .with_app_id("cadforge")
            .with_icon(icon()?)
            .with_inner_size([1600.0, 1000.0])
            .with_min_inner_size([960.0, 600.0]),
        depth_buffer: 24,
        ..eframe::NativeOptions::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| {
        let studio = Studio::new(
            &cc.egui_ctx,
            cc.gl.clone(),
            tasks,
            initial_task.as_deref(),
            scoring,
            Box::new(engine),
        );
        let mut studio = studio.ok_or("no tasks found")?;
        if let Some(path) = settings_file {
            studio
                .controller
                .set_servers_file(path.with_file_name("servers.toml"));
            studio.controller.set_row_store(path.with_file_name("store"));
            studio.setup_mut().settings_file = Some(path);
        }
        studio.setup_mut().pack = pack;
        studio.setup_mut().recipe = recipe;
        if let Some(prompts) = prompts {
            studio.controller.set_prompt_folder(prompts);
        }
        studio.controller.apply_settings(settings);
        if let Some(folder) = &memory {
            studio.open_session_store(&cc.egui_ctx, folder, initial_task.is_none() && open.is_none());
            studio.controller.store_panics(folder);
        }
        if let Some(problem) = settings_problem {
            studio.controller.report_error(&problem);
        }
        studio.restyle(&cc.egui_ctx);
        if let Some(opened) = open {
            studio.open(opened);
        }
        studio.start = Some(Start {
            since: started,
            shown: false,
        });
        Ok(Box::new(studio) as Box<dyn eframe::App>)
    };
    // eframe's error is not `Send`, so only its text is kept.
    eframe::run_native("cadforge", native, Box::new(create)).map_err(|error| anyhow::anyhow!("{error}")).context(
        "the window could not be opened\nhint: `cadforge doctor` checks the display and OpenGL (Debian: libgl1-mesa-dri)",
    )
}

fn icon() -> anyhow::Result<Arc<egui::IconData>> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/icon.png"))?;
    Ok(Arc::new(icon))
}

//! `cadforge render`: one shape, or two at the same scale, as a PNG. The caller turns a file into a shape.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CliError;
use super::scoring::ProjectArgs;
use crate::geometry::{MeshFormat, Scene, Shape, TriMesh};
use crate::render::{Headless, Preset, Projection, SIDES, Shot, ShotPane, Tone, shape_from_mesh};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RenderArgs {
    /// CadQuery code or an STL file
    #[arg(value_name = "FILE.py|FILE.stl")]
    pub file: PathBuf,
    /// A second file, drawn to the left at the same scale
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
    /// Where to write the PNG
    #[arg(long, value_name = "PNG")]
    pub out: PathBuf,
    /// Direction of view
    #[arg(long, value_enum, default_value = "isometric")]
    pub view: Preset,
    /// Width and height in pixels
    #[arg(long, value_name = "WxH", default_value = "1280x800", value_parser = parse_size)]
    pub size: [u32; 2],
    /// Files that scripts may read.
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// The objects of a file.
pub(crate) struct Drawing {
    /// The scored shape.
    pub shape: Arc<Shape>,
    /// All objects that the script shows, if these are more than the shape.
    pub scene: Option<Arc<Scene>>,
}

/// Loads the files with `load`, draws them and writes the PNG. [`load_stl`] loads `.stl` files.
///
/// # Errors
/// Whatever `load` returns, unchanged; a [`crate::render::RenderError`] when nothing can be drawn here;
/// [`CliError::Input`] when the PNG cannot be written.
pub(crate) fn run(
    args: &RenderArgs,
    mut load: impl FnMut(&Path) -> anyhow::Result<Drawing>,
) -> anyhow::Result<()> {
    let against = args
        .against
        .as_deref()
        .map(|file| Ok::<_, anyhow::Error>((file, load(file)?)))
        .transpose()?;
    let drawing = load(&args.file)?;
    let left = against
        .as_ref()
        .map(|(file, drawing)| (title(file), Tone::Seed, drawing));
    let right = (title(&args.file), Tone::Step, &drawing);
    let shown: Vec<_> = left.into_iter().chain([right]).collect();
    let panes: Vec<_> = shown
        .iter()
        .map(|(title, tone, drawing)| ShotPane {
            title,
            tone: *tone,
            shape: &drawing.shape,
            scene: drawing.scene.as_ref(),
        })
        .collect();
    let image = Headless::new()?.draw(&Shot {
        panes: &panes,
        size: args.size,
        preset: args.view,
        projection: Projection::Orthographic,
        turn: None,
        dark: true,
    })?;
    image
        .save_with_format(&args.out, image::ImageFormat::Png)
        .map_err(|error| {
            let out = args.out.display();
            CliError::Input(format!(
                "cannot write {out}: {error}\nhint: give `--out` a file in a folder you may write to"
            ))
            .into()
        })
}

/// Whether a file is read as STL.
pub(crate) fn is_stl(file: &Path) -> bool {
    MeshFormat::of_path(file) == Some(MeshFormat::Stl)
}

/// Reads an STL file as a shape whose edges are its creases.
///
/// # Errors
/// [`CliError::Input`] when the file cannot be read or is not STL.
pub(crate) fn load_stl(file: &Path) -> anyhow::Result<Drawing> {
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|error| {
        CliError::Input(format!(
            "cannot read {name}: {error}\nhint: give a CadQuery file or an STL file"
        ))
    })?;
    let mesh = TriMesh::from_stl(&bytes).map_err(|error| {
        CliError::Input(format!(
            "cannot read {name} as STL: {error}\nhint: binary and ASCII STL are supported"
        ))
    })?;
    Ok(Drawing {
        shape: Arc::new(shape_from_mesh(bytes.into(), mesh)),
        scene: None,
    })
}

fn title(file: &Path) -> String {
    file.file_name()
        .unwrap_or(file.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let (width, height) = text
        .split_once(['x', 'X'])
        .ok_or("expected WxH, for example 1280x800")?;
    let side = |text: &str| match text.trim().parse() {
        Ok(side) if (SIDES[0]..=SIDES[1]).contains(&side) => Ok(side),
        _ => Err(format!(
            "`{text}` is not a number of pixels from {} to {}",
            SIDES[0], SIDES[1]
        )),
    };
    Ok([side(width)?, side(height)?])
}

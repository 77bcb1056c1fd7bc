//! Rendering without a window: the scene of the studio's viewport, checked by pixels.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cadforge::geometry::{Scene, SceneObject, Shape, TriMesh};
use cadforge::render::{Headless, Preset, Projection, RenderError, Shot, ShotPane, Tone};
use image::RgbaImage;

use crate::support::{cadforge, expect_exit};

fn block(size: [f64; 3]) -> Arc<Shape> {
    Arc::new(cadforge::render::testing::block(size))
}

/// A shape's triangles as binary STL.
fn stl(shape: &Shape) -> Vec<u8> {
    let mut bytes = vec![0; 80];
    bytes.extend((shape.mesh.triangles().len() as u32).to_le_bytes());
    for triangle in 0..shape.mesh.triangles().len() {
        bytes.extend([0; 12]);
        for value in shape.mesh.corners(triangle).as_flattened() {
            bytes.extend((*value as f32).to_le_bytes());
        }
        bytes.extend([0; 2]);
    }
    bytes
}

fn draw(panes: &[ShotPane<'_>], preset: Preset) -> RgbaImage {
    let mut headless = Headless::new().unwrap_or_else(|error| panic!("{error}"));
    headless
        .draw(&Shot {
            panes,
            size: [800, 500],
            preset,
            projection: Projection::Orthographic,
            turn: None,
            dark: true,
        })
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Whether a pixel is a shade of the seed's or the step's colour.
fn tone(pixel: image::Rgba<u8>) -> Option<Tone> {
    let like = |tone: Tone| {
        let color = tone.color().to_array();
        let most = (0..3).max_by_key(|channel| color[*channel]).unwrap();
        let light = f64::from(pixel.0[most]) / f64::from(color[most]);
        light > 0.3
            && (0..3)
                .all(|channel| (f64::from(pixel.0[channel]) - light * f64::from(color[channel])).abs() < 5.0)
    };
    [Tone::Seed, Tone::Step].into_iter().find(|tone| like(*tone))
}

/// Bounding box and number of the pixels of a tone, below the labels at the top.
fn extent(image: &RgbaImage, wanted: Tone) -> ([u32; 4], usize) {
    let mut box_ = [u32::MAX, u32::MAX, 0, 0];
    let mut count = 0;
    for (x, y, pixel) in image.enumerate_pixels() {
        if (45..430).contains(&y) && tone(*pixel) == Some(wanted) {
            box_ = [box_[0].min(x), box_[1].min(y), box_[2].max(x), box_[3].max(y)];
            count += 1;
        }
    }
    (box_, count)
}

#[test]
fn two_parts_are_drawn_side_by_side_at_one_scale() {
    let (seed, step) = (block([40.0, 40.0, 4.0]), block([20.0, 40.0, 30.0]));
    let panes = [
        ShotPane {
            title: "seed",
            tone: Tone::Seed,
            shape: &seed,
            scene: None,
        },
        ShotPane {
            title: "step",
            tone: Tone::Step,
            shape: &step,
            scene: None,
        },
    ];
    let image = draw(&panes, Preset::Front);
    let ([left, _, right, seed_foot], seed_area) = extent(&image, Tone::Seed);
    let ([step_left, step_top, step_right, step_foot], step_area) = extent(&image, Tone::Step);
    assert!(
        right < 400 && step_left >= 400,
        "seed {left}..{right}, step {step_left}..{step_right}"
    );
    // 40 mm beside 20 mm, 30 mm high, within a pixel or two for the edges.
    let per_mm = f64::from(right - left) / 40.0;
    assert!((f64::from(step_right - step_left) / per_mm - 20.0).abs() < 0.6);
    assert!((f64::from(step_foot - step_top) / per_mm - 30.0).abs() < 0.6);
    assert!(seed_foot.abs_diff(step_foot) <= 1, "they stand on one ground");
    assert!((seed_area as f64 / (per_mm * per_mm * 160.0) - 1.0).abs() < 0.1);
    assert!((step_area as f64 / (per_mm * per_mm * 600.0) - 1.0).abs() < 0.1);
}

#[test]
fn faces_differ_in_shade_and_edges_are_dark_lines() {
    let shape = block([30.0, 30.0, 30.0]);
    let image = draw(
        &[ShotPane {
            title: "part",
            tone: Tone::Step,
            shape: &shape,
            scene: None,
        }],
        Preset::Isometric,
    );
    let ([left, top, right, bottom], _) = extent(&image, Tone::Step);
    let (middle, half) = ((left + right) / 2, (top + bottom) / 2);
    let quarter = (right - left) / 4;
    let [upper, lower_left, lower_right] = [
        [middle, (top + half) / 2],
        [middle - quarter, half + quarter / 2],
        [middle + quarter, half + quarter / 2],
    ]
    .map(|[x, y]| i32::from(image.get_pixel(x, y).0[1]));
    assert!(
        upper - lower_left > 12 && lower_left - lower_right > 12,
        "{upper} {lower_left} {lower_right}"
    );
    // Three edges meet in the middle; the one below it is darker than both faces.
    let darkest = (middle - 3..=middle + 3)
        .map(|x| image.get_pixel(x, half + quarter).0[1])
        .min()
        .unwrap();
    assert!(
        i32::from(darkest) < lower_right - 25,
        "no edge: {darkest} beside {lower_right}"
    );
}

/// A block with the extents of the whole shape, moved along y: in the front view a smaller y is nearer.
fn object(color: [f32; 3], opacity: f32, is_scored: bool, y: f64) -> SceneObject {
    let mesh = &block([20.0, 4.0, 20.0]).mesh;
    let moved: Vec<[f64; 3]> = mesh
        .vertices()
        .iter()
        .map(|[x, at, z]| [*x, at + y, *z])
        .collect();
    SceneObject {
        name: None,
        color: Some(color),
        opacity,
        is_scored,
        mesh: Some(TriMesh::new(&moved, mesh.triangles()).unwrap()),
        edges: Vec::new(),
    }
}

/// The colour in the middle of the front view of some objects.
fn middle(objects: Vec<SceneObject>) -> [u8; 3] {
    let shape = block([20.0, 4.0, 20.0]);
    let scene = Arc::new(Scene { objects });
    let image = draw(
        &[ShotPane {
            title: "part",
            tone: Tone::Step,
            shape: &shape,
            scene: Some(&scene),
        }],
        Preset::Front,
    );
    let [r, g, b, _] = image.get_pixel(400, 250).0;
    [r, g, b]
}

#[test]
fn objects_are_drawn_with_their_colours_and_opacity() {
    const RED: [f32; 3] = [1.0, 0.0, 0.0];
    const BLUE: [f32; 3] = [0.0, 0.0, 1.0];
    let [red, _, blue] = middle(vec![object(BLUE, 1.0, true, 0.0), object(RED, 1.0, false, -10.0)]);
    assert!(red > 150 && blue < 20, "an opaque object hides what is behind it");
    // The order of the objects does not matter.
    for reversed in [false, true] {
        let mut objects = vec![object(BLUE, 1.0, true, 0.0), object(RED, 0.5, false, -10.0)];
        if reversed {
            objects.reverse();
        }
        let [red, _, blue] = middle(objects);
        assert!(
            red > 50 && blue > 50,
            "red {red}, blue {blue}, reversed {reversed}"
        );
    }
    let [red, _, blue] = middle(vec![object(BLUE, 1.0, true, 0.0), object(RED, 0.5, false, 10.0)]);
    assert!(
        red < 20 && blue > 150,
        "a translucent object behind an opaque one is hidden"
    );
    let [red, _, blue] = middle(vec![object(BLUE, 1.0, true, 0.0), object(RED, 0.0, false, -10.0)]);
    assert!(red < 20 && blue > 150, "an invisible object is not drawn");
    // Of two translucent objects the nearer one dominates, in either order.
    let two = |first, second| middle(vec![first, second, object([0.0, 1.0, 0.0], 1.0, true, 30.0)]);
    let (near, far) = (object(RED, 0.6, false, -10.0), object(BLUE, 0.6, false, 0.0));
    let mixed = two(near.clone(), far.clone());
    assert!(mixed[0] > mixed[2] + 30, "{mixed:?}");
    assert_eq!(mixed, two(far, near));
}

#[test]
fn equal_input_gives_equal_pixels() {
    let shape = block([30.0, 20.0, 10.0]);
    let panes = [ShotPane {
        title: "part",
        tone: Tone::Step,
        shape: &shape,
        scene: None,
    }];
    assert!(draw(&panes, Preset::Isometric) == draw(&panes, Preset::Isometric));
}

#[test]
fn a_size_out_of_range_is_refused() {
    let shape = block([30.0, 20.0, 10.0]);
    let panes = [ShotPane {
        title: "part",
        tone: Tone::Step,
        shape: &shape,
        scene: None,
    }];
    let mut headless = Headless::new().unwrap_or_else(|error| panic!("{error}"));
    let mut shot = Shot {
        panes: &panes,
        size: [3, 400],
        preset: Preset::Top,
        projection: Projection::Perspective,
        turn: None,
        dark: false,
    };
    assert!(matches!(
        headless.draw(&shot),
        Err(RenderError::Size { width: 3, .. })
    ));
    shot.size = [64, 64];
    assert_eq!(headless.draw(&shot).unwrap().dimensions(), (64, 64));
}

#[test]
fn render_draws_stl_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("seed.stl"), stl(&block([40.0, 40.0, 4.0]))).unwrap();
    std::fs::write(path("step.STL"), stl(&block([20.0, 40.0, 30.0]))).unwrap();
    let output = expect_exit(
        cadforge(folder.path())
            .args(["render", "step.STL", "--against", "seed.stl", "--out", "both.png"])
            .args(["--view", "front", "--size", "800x500"]),
        0,
    );
    assert!(output.stdout.is_empty(), "only the picture is written");
    let image = image::open(path("both.png")).unwrap().into_rgba8();
    assert_eq!(image.dimensions(), (800, 500));
    assert!(extent(&image, Tone::Seed).0[2] < 400 && extent(&image, Tone::Step).0[0] >= 400);
}

#[test]
fn invalid_render_input_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.stl"), "no triangles here").unwrap();
    std::fs::write(folder.path().join("good.stl"), stl(&block([1.0, 2.0, 3.0]))).unwrap();
    for (args, expected) in [
        (&["render", "missing.stl", "--out", "x.png"][..], "missing.stl"),
        (&["render", "bad.stl", "--out", "x.png"], "bad.stl"),
        (
            &["render", "good.stl", "--out", "no/such/folder/x.png"],
            "no/such/folder",
        ),
        (&["render", "good.stl", "--out", "x.png", "--size", "800"], "WxH"),
        (&["render", "good.stl", "--out", "x.png", "--size", "1x1"], "64"),
        (
            &["render", "good.stl", "--out", "x.png", "--view", "sideways"],
            "isometric",
        ),
    ] {
        let output = expect_exit(cadforge(folder.path()).args(args), 2);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains(expected), "{args:?}: {message}");
        assert!(output.stdout.is_empty());
    }
    assert!(!folder.path().join("x.png").exists());
}

#[test]
fn missing_libraries_are_reported_with_their_packages() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.stl"), stl(&block([1.0, 2.0, 3.0]))).unwrap();
    let render = |change: &dyn Fn(&mut Command)| {
        let mut command = cadforge(folder.path());
        command.args(["render", "good.stl", "--out", "x.png"]);
        change(&mut command);
        String::from_utf8(expect_exit(&mut command, 3).stderr).unwrap()
    };
    // EGL finds its drivers by the files of this folder; an empty one simulates a machine without drivers.
    let no_driver = render(&|command| {
        command.env("__EGL_VENDOR_LIBRARY_DIRS", folder.path());
    });
    assert!(no_driver.contains("libgl1-mesa-dri"), "{no_driver}");
    // A file that is not a library, in the folder that is searched first.
    let hidden = folder.path().join("lib");
    std::fs::create_dir(&hidden).unwrap();
    for name in ["libEGL.so.1", "libEGL.so"] {
        std::fs::write(hidden.join(name), "not a library").unwrap();
    }
    let no_egl = render(&|command| {
        command.env("LD_LIBRARY_PATH", Path::new(&hidden));
    });
    assert!(no_egl.contains("libegl1"), "{no_egl}");
}

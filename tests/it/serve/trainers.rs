//! The package for trainers in `python/cadforge`, checked against the code of the trainers.

use std::process::Command;

use serde_json::{Value, json};

use super::clients::environment;
use super::{Server, serve};
use crate::support::{self, expect_exit, python, root};

#[test]
fn the_package_matches_the_trainers_and_scores() {
    let packages = root().join("target/trainers");
    assert!(
        packages.join("ours").exists(),
        "{} is missing\nhint: run `make test-envs`",
        packages.display()
    );
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    // The environment for the server that the package starts.
    let command = serve(folder.path(), &[]);
    let output = expect_exit(
        Command::new(python())
            .arg("-I")
            .arg(root().join("tests/trainers/shapes.py"))
            .arg(packages)
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("CADFORGE_URL", format!("http://127.0.0.1:{}", server.port))
            .env("CADFORGE_BIN", command.get_program())
            .env(
                "CADFORGE_SERVE",
                format!("--reference none --tasks '{}'", root().join("tasks").display()),
            )
            .current_dir(folder.path()),
        0,
    );
    assert_eq!(support::json(&output)["rewards"][1], json!(-1.0));
}

#[test]
fn a_ray_cluster_loses_no_row_when_an_actor_is_killed() {
    let bin = environment("ray");
    let folder = tempfile::tempdir().unwrap();
    let command = serve(folder.path(), &[]);
    let output = expect_exit(
        Command::new(bin.join("python"))
            .arg(root().join("tests/ray/killed.py"))
            .arg(root().join("examples/ray"))
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("CADFORGE_BIN", command.get_program())
            .env(
                "CADFORGE_SERVE",
                format!(
                    "--reference none --workers 1 --tasks '{}'",
                    root().join("tasks").display()
                ),
            )
            .env("PYTHONPATH", root().join("target/trainers/ours"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("RAY_AUTH_MODE", "disabled")
            .env("RAY_USAGE_STATS_ENABLED", "0")
            .env("HOME", folder.path())
            .current_dir(folder.path()),
        0,
    );
    // Ray also reports the killed actor on standard output.
    let stdout = String::from_utf8(output.stdout).unwrap();
    let last = stdout.lines().last().unwrap_or_default();
    let report: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    assert_eq!(report["rows"], 40, "{report}");
    // Boxes of different length score differently: each row has its own score.
    assert!(report["scores"].as_u64().unwrap() > 20, "{report}");
}

//! The Python clients of OpenEnv from `PyPI`, each in its own environment: complete episodes, and OpenEnv's validation.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::Server;
use crate::support::{self, expect_exit, root};

const TASK: &str = "caster_wheel_fork";

/// The `bin` folder of an environment that `tests/python/make_env.sh` created.
pub fn environment(name: &str) -> PathBuf {
    let bin = root().join("target/test-env").join(name).join("bin");
    assert!(
        bin.join("python").exists(),
        "{} is missing\nhint: run `make test-envs`",
        bin.display()
    );
    bin
}

fn complete_episodes(name: &str, package: &str, version: &str) {
    let bin = environment(name);
    let server = Server::start(&["--max-envs", "4"]);
    let task = root().join("tasks").join(TASK);
    let output = expect_exit(
        Command::new(bin.join("python"))
            .arg("-I")
            .arg(root().join("tests/openenv/episodes.py"))
            .arg(format!("http://127.0.0.1:{}", server.port))
            .arg(TASK)
            .arg(task.join("seeds/weak.py"))
            .arg(task.join("repairs/guided/4.py"))
            .env_remove("http_proxy"),
        0,
    );
    let report = support::json(&output);
    assert_eq!(report["client"], json!({ package: version }));
    let rewards: Vec<f64> = serde_json::from_value(report["rewards"].clone()).unwrap();
    let [first, seed, broken, repaired] = rewards[..] else {
        panic!("{report}");
    };
    assert_eq!((first, broken), (seed, -1.0), "{report}");
    assert!(repaired > seed, "{report}");
    assert_eq!(report["synchronous"], json!([seed, repaired, 1]));
    assert!(
        report["refused"].as_str().unwrap().contains("CAPACITY_REACHED"),
        "{report}"
    );
}

fn validate(name: &str) {
    let bin = environment(name);
    let server = Server::start(&[]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let output = expect_exit(
        Command::new(bin.join("openenv")).args(["validate", "--json", "--url", &url, "--timeout", "60"]),
        0,
    );
    let report = support::json(&output);
    assert_eq!(
        (&report["passed"], &report["mode"]),
        (&json!(true), &json!("simulation")),
        "{report}"
    );
    assert_eq!(report["standard_profile"], "openenv-http/1.x", "{report}");
    let summary = &report["summary"];
    assert_eq!(summary["passed_count"], summary["total_count"], "{report}");
}

#[test]
fn the_client_of_openenv_core_0_3_0_completes_episodes() {
    complete_episodes("openenv-core-0.3.0", "openenv-core", "0.3.0");
}

#[test]
fn the_client_of_openenv_0_10_0_completes_episodes() {
    complete_episodes("openenv-0.10.0", "openenv", "0.10.0");
}

#[test]
fn openenv_core_0_3_0_validates_the_server() {
    validate("openenv-core-0.3.0");
}

#[test]
fn openenv_0_10_0_validates_the_server() {
    validate("openenv-0.10.0");
}

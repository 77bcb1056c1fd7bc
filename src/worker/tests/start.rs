//! The program starts and answers without a client.

use std::process::Command;

#[test]
fn version_is_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_cadforge-worker"))
        .arg("--version")
        .output()
        .expect("the worker starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.starts_with(concat!(
            "cadforge-worker ",
            env!("CARGO_PKG_VERSION"),
            " (Python 3."
        )),
        "{text}"
    );
}

#[test]
fn wrong_arguments_are_an_error_with_a_hint() {
    let output = Command::new(env!("CARGO_BIN_EXE_cadforge-worker"))
        .arg("--nonsense")
        .output()
        .expect("the worker starts");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("hint: "),
        "{output:?}"
    );
}

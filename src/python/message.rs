//! Names in the messages of Python's exceptions.

/// The quoted words of a message.
pub fn quoted(message: &str) -> Vec<&str> {
    message.split('\'').skip(1).step_by(2).collect()
}

/// Class, if named, and function of `Workplane.box() got an unexpected keyword argument 'heigth'` and its like.
pub fn callee(message: &str) -> (Option<&str>, &str) {
    let called = message.split("()").next().unwrap_or_default();
    let path = called.rsplit(' ').next().unwrap_or_default();
    match path.rsplit_once('.') {
        Some((class, function)) => (Some(class), function),
        None => (None, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_messages() {
        let message = "TypeError: Workplane.box() got an unexpected keyword argument 'heigth'";
        assert_eq!(callee(message), (Some("Workplane"), "box"));
        assert_eq!(quoted(message), ["heigth"]);
        assert_eq!(
            callee("leg() missing 1 required positional argument: 'x'"),
            (None, "leg")
        );
    }
}

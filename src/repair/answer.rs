//! Takes a candidate file out of a model's answer.

/// The code of a completion: thoughts dropped, then the first Python fence if there is one, else the text; begun at
/// `import cadquery as cq` where that occurs later.
///
/// Templates that open `<think>` in the prompt leave only `</think>` in the answer: what stands before the last one is
/// dropped too. Thoughts that never end leave nothing.
pub fn code(completion: &str) -> String {
    let text = without_thoughts(completion);
    let mut code = fenced(text).unwrap_or(text);
    if let Some(at) = code.find("import cadquery as cq") {
        code = &code[at..];
    }
    let code = code.trim_matches(['\n', '\r']).trim_end();
    if code.is_empty() {
        String::new()
    } else {
        format!("{code}\n")
    }
}

/// What follows the thoughts.
pub fn without_thoughts(completion: &str) -> &str {
    const END: &str = "</think>";
    if let Some(at) = completion.rfind(END) {
        return &completion[at + END.len()..];
    }
    match completion.find("<think>") {
        Some(at) => &completion[..at],
        None => completion,
    }
}

/// Inside the first fence that says Python, else the first fence; one that never closes goes to the end.
fn fenced(text: &str) -> Option<&str> {
    let marks: Vec<usize> = text
        .match_indices("```")
        .map(|(at, _)| at)
        .filter(|&at| {
            text[..at]
                .rsplit('\n')
                .next()
                .is_some_and(|before| before.trim().is_empty())
        })
        .collect();
    let opening = |at: &&usize| {
        let tag = text[**at + 3..]
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        tag == "python" || tag == "py" || tag == "python3"
    };
    let start = *marks.iter().find(opening).or(marks.first())?;
    let body = start + text[start..].find('\n')? + 1;
    let end = marks.iter().copied().find(|&at| at >= body).unwrap_or(text.len());
    Some(&text[body..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1)\n";

    #[test]
    fn code_is_found_in_all_that_models_wrap_it_in() {
        let answers = [
            CODE.to_owned(),
            format!("<think>a box? ```python\nno\n```</think>\n{CODE}"),
            format!("so it is a box.</think>\n\n```python\n{CODE}```\nDone."),
            format!("Here it is:\n```py\n{CODE}```"),
            format!("```\n{CODE}"),
            format!("Sure! {CODE}"),
        ];
        for answer in answers {
            assert_eq!(code(&answer), CODE, "{answer}");
        }
    }

    #[test]
    fn thoughts_that_never_end_are_no_code() {
        assert_eq!(code("<think>import cadquery as cq"), "");
    }

    #[test]
    fn the_first_python_fence_wins_over_an_earlier_other_one() {
        let answer = format!("```json\n{{}}\n```\n```python\n{CODE}```\n```python\nx = 1\n```");
        assert_eq!(code(&answer), CODE);
    }
}

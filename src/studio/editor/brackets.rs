//! Bracket matching.

use super::highlight::{Token, tokens};

/// The bracket next to the caret with its partner, as bytes; brackets in strings and comments are ignored.
pub fn pair(code: &str, caret: usize) -> Option<(usize, usize)> {
    let brackets = brackets(code);
    let near = |at: usize| brackets.iter().position(|(place, _)| *place == at);
    let index = caret.checked_sub(1).and_then(near).or_else(|| near(caret))?;
    let (at, bracket) = brackets[index];
    let partner = partner(bracket);
    let mut depth = 0;
    let opens = "([{".contains(bracket);
    let mut step = |&(place, other): &(usize, char)| {
        if other == bracket {
            depth += 1;
        } else if other == partner {
            depth -= 1;
        }
        (depth == 0).then_some(place)
    };
    let found = if opens {
        brackets[index..].iter().find_map(&mut step)
    } else {
        brackets[..=index].iter().rev().find_map(&mut step)
    };
    found.map(|other| (at, other))
}

/// The innermost bracket open at `at`, and the number of commas at its depth before `at`.
pub fn open_call(code: &str, at: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (range, text) in plain(&code[..at]) {
        for (offset, c) in text.char_indices() {
            match c {
                '(' | '[' | '{' => open.push((range + offset, 0)),
                ')' | ']' | '}' => {
                    open.pop();
                }
                ',' => {
                    if let Some((_, commas)) = open.last_mut() {
                        *commas += 1;
                    }
                }
                _ => {}
            }
        }
    }
    open.pop().filter(|(place, _)| code[*place..].starts_with('('))
}

fn partner(bracket: char) -> char {
    match bracket {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        _ => '{',
    }
}

fn brackets(code: &str) -> Vec<(usize, char)> {
    plain(code)
        .flat_map(|(start, text)| {
            text.char_indices()
                .filter(|(_, c)| "()[]{}".contains(*c))
                .map(move |(offset, c)| (start + offset, c))
        })
        .collect()
}

/// Parts that are neither strings nor comments.
fn plain(code: &str) -> impl Iterator<Item = (usize, &str)> {
    tokens(code)
        .into_iter()
        .filter(|(token, _)| !matches!(token, Token::String | Token::Comment))
        .map(|(_, range)| (range.start, &code[range]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_match_from_both_sides_and_not_in_strings() {
        let code = "f(a[1], ')') # )";
        assert_eq!(pair(code, 1), Some((1, 11)));
        assert_eq!(pair(code, 2), Some((1, 11)));
        assert_eq!(pair(code, 12), Some((11, 1)));
        assert_eq!(pair(code, 3), Some((3, 5)));
        assert_eq!(pair(code, 9), None, "a quoted one");
        assert_eq!(pair("((", 0), None, "never closed");
    }

    #[test]
    fn open_call_counts_the_preceding_arguments() {
        let code = "cq.Workplane('X,Y').box(1, (2, 3), ";
        assert_eq!(open_call(code, code.len()), Some((23, 2)));
        assert_eq!(open_call(code, 30), Some((27, 1)));
        assert_eq!(open_call("a[1, ", 5), None);
        assert_eq!(open_call("f(1)", 4), None);
    }
}

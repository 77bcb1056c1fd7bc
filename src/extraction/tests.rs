//! `program(W(P)) == P` for every wrapper W and program P, and answers with their programs.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::{code, program, wrapped};

const PART: &str = "import cadquery as cq\n\nfixture = cq.Workplane().box(3, 4, 5)\n";

/// Text that models put around a program.
struct Wrapper {
    name: &'static str,
    wrap: fn(&str) -> String,
    /// Delimiters that a program could contain too.
    delimiters: &'static [&'static str],
}

macro_rules! wrappers {
    ($($name:literal, [$($delimiter:literal),*], $wrap:expr;)*) => {
        const WRAPPERS: &[Wrapper] = &[$(Wrapper { name: $name, wrap: $wrap, delimiters: &[$($delimiter),*] }),*];
    };
}

wrappers! {
    "nothing", [], |p| p.to_owned();
    "blank lines", [], |p| format!("\n\n{p}\n\n");
    "byte order mark", [], |p| format!("\u{feff}{p}");
    "byte order mark in an answer", [], |p| format!("Sure.\n\u{200b}\u{feff}{p}");
    "spaces that do not break", [], |p| p.lines().fold(String::new(), |all, line| {
        let code = line.trim_start_matches(' ');
        all + &"\u{a0}".repeat(line.len() - code.len()) + code + "\n"
    });
    "indentation", [], |p| indented(p, "    ");
    "carriage returns", [], |p| p.replace('\n', "\r\n");
    "fence", ["```"], |p| format!("```python\n{p}```");
    "fence and words", ["```", "```python"], |p| format!("Here is the part:\n\n```python\n{p}```\n\nIt holds the wheel.\n");
    "fence without a language", ["```"], |p| format!("```\n{p}```\n");
    "fence with attributes", ["```"], |p| format!("```Python title=\"part.py\"\n{p}```\n");
    "fence of Pandoc", ["```"], |p| format!("```{{.python}}\n{p}```\n");
    "long fence", ["```", "````"], |p| format!("````py\n{p}````");
    "tildes", ["~~~", "~~~python"], |p| format!("~~~python3\n{p}~~~\n");
    "fence in a list", ["```"], |p| format!("1. The part:\n\n{}\n2. Done.\n", indented(&format!("```python\n{p}```\n"), "   "));
    "fence behind a list mark", ["```"], |p| format!("- {}", indented(&format!("```python\n{p}```\n"), "  ").trim_start());
    "fence in a quote", [], |p| indented(&format!("```python\n{p}```\n"), "> ");
    "fence in a line", ["```"], |p| format!("Here it is: ```python\n{p}```");
    "fence and code in one line", [], |p| format!("Here: ```python {p}```");
    "fence that is never closed", ["```"], |p| format!("Sure!\n```python\n{p}");
    "fence at the end of a line", ["```"], |p| format!("```python\n{}```\nDone.", p.trim_end());
    "fence with carriage returns", ["```"], |p| format!("```python\n{p}```\n").replace('\n', "\r\n");
    "draft and final fence", ["```", "```python"], |p| format!("A draft:\n```python\nimport cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1)\n```\n\
        But it has no bore. Finally:\n```python\n{p}```\n");
    "fence and a command", ["```"], |p| format!("```bash\npip install cadquery\n```\n```python\n{p}```\n```text\nfixture: 1 solid\n```\n");
    "fence and a use of the part", ["```"], |p| format!("```python\n{p}```\nTo measure it:\n```python\nprint(fixture.val().Volume())\n```\n");
    "fence in Markdown in a fence", ["```"], |p| format!("````markdown\n# Part\n```python\n{p}```\n````\n");
    "answer tag", ["</answer>", "<answer>"], |p| format!("<answer>\n{p}</answer>");
    "answer tag and fence", ["</answer>", "```"], |p| format!("<answer>\n```python\n{p}```\n</answer>");
    "answer tag behind a draft", ["</answer>", "<answer>"], |p| format!("```python\n{PART}```\n<answer>{p}</answer>");
    "answer tag before an example", ["</answer>", "<answer>"], |p| format!("<answer>\n{p}</answer>\nA smaller one:\n```python\n{PART}```\n");
    "code tag", ["</code>", "<code>"], |p| format!("<code>{p}</code>");
    "code tag with words", ["</code>", "<code>"], |p| format!("The part is <code lang=\"py\">{p}</code> as asked for.");
    "python tag", ["</python>"], |p| format!("I write it.\n<python>\n{p}\n</python>\nThat is all there is.");
    "solution tag", ["</solution>"], |p| format!("<solution>\n{p}\n</solution>");
    "tags in tags", ["</code>", "</answer>"], |p| format!("<answer><code>\n{p}</code></answer>");
    "square tag", ["[/PYTHON]", "[PYTHON]"], |p| format!("[PYTHON]\n{p}[/PYTHON]");
    "markup", [], |p| format!("<pre><code class=\"language-python\">{p}</code></pre>");
    "JSON", ["\"}"], |p| serde_json::json!({ "code": p }).to_string();
    "JSON with words", ["{\"code\":"], |p| format!("Here:\n{}\nDone.", serde_json::json!({ "thought": "a box", "program": p, "score": 1 }));
    "JSON in a fence", ["```"], |p| format!("```json\n{:#}\n```", serde_json::json!({ "cadquery": p }));
    "fence in JSON", ["```"], |p| serde_json::json!({ "answer": format!("```python\n{p}```") }).to_string();
    "tool call", [], |p| format!("<tool_call>\n{}\n</tool_call>", serde_json::json!({ "name": "run", "arguments": { "code": p } }));
    "tool call with arguments as text", [], |p| {
        let arguments = serde_json::json!({ "code": p }).to_string();
        serde_json::json!([{ "type": "function", "function": { "name": "run", "arguments": arguments } }]).to_string()
    };
    "tool call with tags", ["</parameter>"], |p| format!("<tool_call>\n<function=run>\n<parameter=code>\n{p}</parameter>\n</function>\n</tool_call>");
    "thoughts", ["</think>", "<think>"], |p| format!("<think>A box? ```python\n{PART}```</think>\n{p}");
    "thoughts and fence", ["</think>", "<think>", "```"], |p| format!("<think>\nfirst a box\n</think>\n\n```python\n{p}```\n");
    "end of thoughts", ["</think>"], |p| format!("So it is a box, cq.Workplane().box(1, 2, 3).</think>\n{p}");
    "end of thoughts and fence", ["</think>"], |p| format!("Try\n```python\n{PART}```\nNo.\n</think>\n```python\n{p}```");
    "thinking", ["</thinking>"], |p| format!("<thinking>hm</thinking>{p}");
    "reasoning and answer", ["</reasoning>", "</answer>"], |p| format!("<reasoning>\nhm\n</reasoning>\n<answer>\n{p}</answer>");
    "thoughts of Kimi", ["◁/think▷"], |p| format!("◁think▷hm◁/think▷{p}");
    "channels", ["<|end|>", "<|message|>"], |p| format!("<|channel|>analysis<|message|>A box: ```python\n{PART}```<|end|>\
        <|start|>assistant<|channel|>final<|message|>```python\n{p}```<|return|>");
    "channels without a fence", [], |p| format!("<|start|>assistant<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{p}<|return|>");
    "channels without tokens", [], |p| format!("analysisWe need a box.assistantfinal{p}");
    "ChatML", ["<|im_end|>", "<|im_start|>"], |p| format!("<|im_start|>assistant\n{p}<|im_end|>\n");
    "end of text", ["<|endoftext|>"], |p| format!("{}<|endoftext|>", p.trim_end());
    "sentence end", ["</s>"], |p| format!("<s> {p}</s>");
    "Llama 3", ["<|eot_id|>"], |p| format!("<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\n```python\n{p}```<|eot_id|>");
    "Llama 3 with pads", ["<|eot_id|>"], |p| format!("{p}<|eot_id|><|finetune_right_pad_id|><|finetune_right_pad_id|>");
    "Gemma", ["<end_of_turn>"], |p| format!("<bos><start_of_turn>model\n{p}<end_of_turn>\n<eos>");
    "DeepSeek", ["<｜end▁of▁sentence｜>"], |p| format!("<｜Assistant｜></think>{p}<｜end▁of▁sentence｜>");
    "Mistral", ["[/INST]"], |p| format!("[/INST] {p}</s>");
    "pads", ["<pad>"], |p| format!("<pad><pad>{p}<pad><pad>[PAD]");
    "end in brackets", ["[EOS]"], |p| format!("{}[EOS]", p.trim_end());
    "end and another turn", ["<|im_end|>"], |p| format!("{p}<|im_end|>\n<|im_start|>user\nThanks, and smaller?<|im_end|>\n<|im_start|>assistant\n```python\n{PART}```");
    "fence, end and another turn", ["<|im_end|>", "```"], |p| format!("```python\n{p}```<|im_end|>\n<|im_start|>user\nSmaller.<|im_end|>\n<|im_start|>assistant\n```python\n{PART}```<|im_end|>");
    "words before", [], |p| format!("Sure.\n{p}");
    "words around", [], |p| format!("Sure! Here is the repaired program:\n\n{p}\nHope this helps!\n");
    "words and indentation", [], |p| format!("The code:\n\n{}\nIt has a base and two arms.", indented(p, "    "));
    "a word before", [], |p| format!("Sure\n\n{p}\nDone");
    "a copied fence", [], |p| format!("python\nCopy code\n{p}");
    "thoughts, tag, fence and end", ["</think>", "</answer>", "<|im_end|>"], |p| format!("<think>hm\n</think>\n<answer>\n```python\n{p}```\n</answer><|im_end|>");
}

fn indented(text: &str, by: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let by = if line.is_empty() { by.trim_end() } else { by };
        let _ = writeln!(all, "{by}{line}");
        all
    })
}

/// Programs of tasks and test cases, seeds, references and attacks that parse.
fn written_programs() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        let mut entries: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "py")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push((path.display().to_string(), text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for folder in ["tasks", "tests/cases"] {
        walk(&root.join(folder), &mut found);
    }
    found
}

/// Without outer blank lines and trailing spaces.
fn canonical(program: &str) -> String {
    let text = program.replace("\r\n", "\n");
    let text = text.trim_start_matches('\u{feff}').trim_end();
    let lines = text.lines().skip_while(|line| line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_existing_program_is_extracted_from_every_wrapper() {
    let parses = super::Parses::new(1 << 22);
    let programs: Vec<_> = written_programs()
        .into_iter()
        .filter(|(_, text)| {
            parses
                .program(&canonical(text))
                .is_some_and(|facts| facts.usage.imports)
        })
        // A program that imports CadQuery and calls nothing of it is less likely the answer than a draft that does.
        .filter(|(_, text)| text.contains("cq.") || !text.contains("import cadquery as cq"))
        .collect();
    assert!(
        programs.len() > 400,
        "only {} programs were found",
        programs.len()
    );
    let mut wrong = Vec::new();
    for (at, (path, text)) in programs.iter().enumerate() {
        let text = canonical(text);
        // All wrappers for some programs, and all programs for some wrappers.
        for (number, wrapper) in WRAPPERS.iter().enumerate() {
            if at % 12 != 0 && number % 12 != at % 12 {
                continue;
            }
            let found = program(&(wrapper.wrap)(&text));
            if found != text {
                wrong.push(format!("{}: {path}:\n{found}", wrapper.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A program from a small grammar; `marks` are lines for comments, strings and docstrings.
fn programs() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec![
        "",
        "\"\"\"A part.\n\nIt has a base and two arms.\n\"\"\"\n",
        "# We only need import cadquery as cq here.\n",
        "from __future__ import annotations\n",
        "import math\n",
        "WIDTH = 30.0\n",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n",
    ]);
    let import = prop::sample::select(vec![
        ("import cadquery as cq\n", "cq.Workplane"),
        ("import cadquery\n", "cadquery.Workplane"),
        ("import os, cadquery as cad\n", "cad.Workplane"),
        ("from cadquery import Workplane\n", "Workplane"),
        ("from cadquery import *\n", "Workplane"),
        (
            "try:\n    import cadquery as cq\nexcept ImportError:\n    raise\n",
            "cq.Workplane",
        ),
    ]);
    let middle = prop::collection::vec(
        prop::sample::select(vec![
            "w = 3\n",
            "\n",
            "def size(a: float = 2) -> float:\n    \"\"\"Gives a size.\n\n    The size is in mm.\n    \"\"\"\n    return a * 2\n",
            "sizes = {\"a\": 1, 'b': [2, 3]}\n",
            "text = 'it is a part, and it\\'s small'\n",
            "for i in range(3):\n    if i > 1:\n        print(f\"{i} holes\")\n",
            "@staticmethod\ndef f(): pass\n",
            "class P:\n    w: float = 3\n",
            "x = (1 +\n     2)  # a sum\n",
            "# the base and the two arms\n",
        ]),
        0..5,
    );
    let last = prop::sample::select(vec![
        "fixture = BOX(\"XY\").box(1, 2, 3)\n",
        "result = (\n    BOX(\"XY\")\n    .box(1, 2, 3)\n    .faces(\">Z\")\n    .hole(1)\n)\n",
        "part = BOX().box(1, 2, 3)\nshow_object(part, \"the part of the day\")\n",
        "def build():\n    return BOX().box(1, 2, 3)\n\n\nif __name__ == \"__main__\":\n    show_object(build())\n",
        "result = BOX().box(1, 2, 3)\nresult\n",
    ]);
    (head, import, middle, last).prop_map(|(head, (import, class), middle, last)| {
        format!("{head}{import}{}{}", middle.concat(), last.replace("BOX", class))
    })
}

/// A program with a delimiter in a comment, a string, or on its own line in a docstring.
fn marked(mark: &str, place: usize) -> String {
    let inside = match place {
        0 => format!("# {mark}\n"),
        1 => format!("# it ends with {mark} here\n"),
        2 => format!("MARK = '{mark}'\n"),
        3 => format!("NOTE = \"\"\"\n{mark}\n\"\"\"\n"),
        _ => format!("NOTE = '''A note:\n{mark}\nx = 1\n{mark}\n'''\n"),
    };
    format!(
        "import cadquery as cq\nw = cq.Workplane().box(1, 2, 3)\n{inside}fixture = w.faces('>Z').hole(1)\n"
    )
}

#[test]
fn a_program_may_contain_the_delimiter_of_its_wrapper() {
    let mut wrong = Vec::new();
    for wrapper in WRAPPERS {
        for mark in wrapper.delimiters {
            for place in 0..5 {
                let text = marked(mark, place);
                let found = program(&(wrapper.wrap)(&text));
                if found != text {
                    wrong.push(format!("{}: {mark} in place {place}:\n{found}", wrapper.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_program_is_extracted_from_every_wrapper(text in programs(), wrapper in 0..WRAPPERS.len()) {
        let wrapper = &WRAPPERS[wrapper];
        let wrapped = (wrapper.wrap)(&text);
        prop_assert_eq!(program(&wrapped), canonical(&text), "{}: {}", wrapper.name, wrapped);
    }

    #[test]
    fn a_program_is_extracted_from_nested_wrappers(text in programs(), inner in 0..WRAPPERS.len(), outer in prop::sample::select(vec![
        "<think>\nhm\n</think>\nX", "X<|im_end|>", "<|im_start|>assistant\nX<|im_end|>\n", "\n\nX\n\n", "X</s></s>", "Let us see.</think>\nX",
    ])) {
        let wrapper = &WRAPPERS[inner];
        // An inner turn already ends the answer; channels have reasoning of their own.
        prop_assume!(!wrapper.name.contains("turn") && !wrapper.name.contains("channels"));
        let wrapped = outer.replace('X', &(wrapper.wrap)(&text));
        prop_assert_eq!(program(&wrapped), canonical(&text), "{}: {}", wrapper.name, wrapped);
    }

    #[test]
    fn extraction_is_idempotent(text in programs(), wrapper in 0..WRAPPERS.len()) {
        let once = program(&(WRAPPERS[wrapper].wrap)(&text));
        prop_assert_eq!(program(&once), once.clone());
        prop_assert_eq!(code(&once).into_owned(), once);
    }

    #[test]
    fn no_text_causes_a_panic(text in "(?s).{0,200}") {
        let found = program(&text);
        prop_assert!(found.is_empty() || found.ends_with('\n'));
        let _ = code(&text);
    }

    #[test]
    fn no_sequence_of_delimiters_causes_a_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "```", "~~~", "```python", "\n", " ", "<think>", "</think>", "<answer>", "</answer>", "<|im_end|>", "<|channel|>final<|message|>",
        "{\"code\": \"", "\"}", "\"\"\"", "import cadquery as cq", "x = cq.Workplane()", "Sure.", "é", "\r\n", "[EOS]", "> ", "- ", ">>> ", "\\n",
    ]), 0..40)) {
        let text = pieces.concat();
        let found = program(&text);
        prop_assert!(found.is_empty() || found.ends_with('\n'));
        prop_assert!(found.len() <= text.len() + 1);
        let _ = (code(&text), wrapped(&text));
    }
}

#[test]
fn observed_answers_give_their_programs() {
    for (answer, found) in [
        // Code in two fences.
        (
            "```python\nimport cadquery as cq\nw=3\n```\nand then\n```python\nresult=cq.Workplane().box(w,4,5)\n```",
            "import cadquery as cq\nw=3\nresult=cq.Workplane().box(w,4,5)\n",
        ),
        (
            "```python\nimport cadquery as cq\nbase = cq.Workplane().box(3, 4, 5)\n```\nThen a hole:\n```python\nfixture = base.hole(1)\n```",
            "import cadquery as cq\nbase = cq.Workplane().box(3, 4, 5)\nfixture = base.hole(1)\n",
        ),
        (
            "```python\nimport cadquery as cq\ndef make():\n```\nand\n```python\n    return cq.Workplane().box(1, 2, 3)\nfixture = make()\n```",
            "import cadquery as cq\ndef make():\n    return cq.Workplane().box(1, 2, 3)\nfixture = make()\n",
        ),
        // A transcript.
        (
            "```pycon\n>>> import cadquery as cq\n>>> fixture = cq.Workplane()\n>>> fixture\n<object>\n```",
            "import cadquery as cq\nfixture = cq.Workplane()\nfixture\n",
        ),
        // The second of two programs between sentences.
        (
            "Maybe:\n\nimport cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1)\n\nNo, it is larger:\n\nimport cadquery as cq\nfixture = cq.Workplane().box(2, 2, 2)\n",
            "import cadquery as cq\nfixture = cq.Workplane().box(2, 2, 2)\n",
        ),
        // A sentence between two halves.
        (
            "import cadquery as cq\nplate = cq.Workplane().box(40, 30, 5)\n\nNow we drill the hole.\nfixture = plate.faces('>Z').hole(8)\n",
            "import cadquery as cq\nplate = cq.Workplane().box(40, 30, 5)\nfixture = plate.faces('>Z').hole(8)\n",
        ),
        // A use of the part that builds none itself.
        (
            &format!(
                "```python\n{PART}```\nThen:\n```python\nimport cadquery as cq\nfrom part import fixture\ncq.exporters.export(fixture, 'a.step')\n```"
            ),
            PART,
        ),
        (&PART.replace('\n', "\\n"), PART),
        (&format!("[code]\n{PART}[/code]"), PART),
        (&format!("Assistant: {PART}"), PART),
        (
            "So: `cq` is the module.\n```python\nresult = cq.Workplane().box(1, 2, 3)\n```",
            "result = cq.Workplane().box(1, 2, 3)\n",
        ),
    ] {
        assert_eq!(program(answer), found, "{answer}");
    }
}

#[test]
fn a_comment_of_a_program_between_sentences_ends_nothing() {
    for mark in ["</think>", "<|im_end|>", "</answer>", "```"] {
        for place in 0..5 {
            let text = marked(mark, place);
            assert_eq!(
                program(&format!("Sure.\n{text}\nThat is the part.")),
                text,
                "{mark}"
            );
        }
    }
}

#[test]
fn a_broken_program_is_extracted_whole() {
    let broken = "import math\nimport cadquery as cq\n\nfixture = cq.Workplane().box(3, 4\n";
    for answer in [
        broken.to_owned(),
        format!("```python\n{broken}```"),
        format!("```python\n{broken}"),
        format!("Sure:\n```\n{broken}```\nDone."),
        format!("<think>hm</think>\n```python\n{broken}```<|im_end|>"),
        format!("<answer>\n{broken}</answer>"),
        format!("Sure, here it is.\n\n{broken}\nHope this helps!"),
        format!("{broken}<|im_end|>"),
        serde_json::json!({ "code": broken }).to_string(),
        format!("```bash\npip install cadquery\n```\n```python\n{broken}```\n"),
    ] {
        assert_eq!(program(&answer), broken, "{answer}");
    }
    // A truncated end is not prose: without it the program would be a different one.
    let broken = format!("{PART}\nfixture = fixture.hole(\n");
    assert_eq!(program(&broken), broken);
    assert_eq!(program(&format!("{PART}fixture.")), format!("{PART}fixture.\n"));
}

#[test]
fn an_answer_without_a_program_gives_its_text() {
    for (answer, found) in [
        ("", ""),
        ("no code at all", "no code at all\n"),
        ("<think>import cadquery as cq", ""),
        ("<|channel|>analysis<|message|>import cadquery as cq", ""),
        ("```python\nx = 1\n```", "x = 1\n"),
        ("x = 1", "x = 1\n"),
    ] {
        assert_eq!(program(answer), found, "{answer}");
    }
}

#[test]
fn lines_of_code_in_a_transcript_keep_their_numbers() {
    let transcript =
        "\n>>> import cadquery as cq\n>>> 1 + 1\n2\n>>> fixture = cq.Workplane().bax(1)\n<Workplane>\n";
    let line = "fixture = cq.Workplane().bax(1)";
    assert_eq!(code(transcript).lines().nth(4), Some(line));
    let session = &transcript[1..];
    assert_eq!(program(session).lines().nth(3), Some(line));
    assert_eq!(
        program(&format!("```python\n{session}```")).lines().nth(3),
        Some(line)
    );
}

#[test]
fn plain_code_is_unchanged_byte_for_byte() {
    for text in [
        PART,
        "",
        " ",
        "\n\n  x = 1  \r\n",
        "\u{feff}import cadquery as cq\r\n",
        "import cadquery as cq\nfixture = (",
        "import cadquery as cq\nfixture = cq.Workplane(\nDone",
        "s = '''\n```python\nimport cadquery as cq\n```\n'''\n",
        "# </think>\nx = 1\n",
        "no code at all",
    ] {
        assert_eq!(code(text), text, "{text:?}");
        assert_eq!(wrapped(text), None, "{text:?}");
    }
    for text in [
        format!("```python\n{PART}```"),
        format!("```\n{PART}"),
        format!("Sure.\n{PART}"),
        format!("<code>{PART}</code>"),
        format!("{PART}<|im_end|>"),
        format!("python\n{PART}"),
        serde_json::json!({ "code": PART }).to_string(),
    ] {
        assert_eq!(code(&text), PART, "{text}");
    }
    // A fence is not Python: its content is run even if it does not parse, and reports its own errors.
    assert_eq!(code("```python\nx = (\n```"), "x = (\n");
}

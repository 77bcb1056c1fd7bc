//! Files that import each other in a circle can only be understood together: no such cycle spans more than four files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

const MAX_FILES: usize = 4;

/// Place of a file in its crate: `[]` is `lib.rs`, `["a", "b"]` is `a/b.rs` or `a/b/mod.rs`.
type Module = Vec<String>;

/// What the text of a file refers to. Code that is compiled for tests only is left out: tests use everything.
#[derive(Default)]
struct References {
    paths: Vec<Vec<String>>,
    /// Names that a `pub use` defines, with their paths.
    exports: BTreeMap<String, Vec<String>>,
    /// Modules that are compiled for tests only.
    test_modules: Vec<String>,
}

impl References {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Group(attribute) if is_test_only(attribute) => {
                    let item = &tokens[at..];
                    let is_end = |token: &TokenTree| {
                        is_mark(token, ';')
                            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
                    };
                    let length = item.iter().position(is_end).map_or(item.len(), |end| end + 1);
                    let module = item[..length].windows(2).find(|pair| is_word(&pair[0], "mod"));
                    self.test_modules.extend(module.map(|pair| pair[1].to_string()));
                    at += length;
                }
                // Its restriction, as in `pub(in crate::a)`, imports nothing.
                TokenTree::Ident(word) if word == "pub" => {
                    at += usize::from(matches!(tokens.get(at), Some(TokenTree::Group(_))));
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Ident(word) if word == "use" => {
                    // Before it: `pub`, or `pub` with its restriction in parentheses.
                    let is_public = tokens[..at - 1]
                        .iter()
                        .rev()
                        .take(2)
                        .any(|before| is_word(before, "pub"));
                    let tree = &tokens[at..];
                    let length = tree
                        .iter()
                        .position(|token| is_mark(token, ';'))
                        .unwrap_or(tree.len());
                    self.read_use(&tree[..length], &[], is_public);
                    at += length;
                }
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while let [one, other, TokenTree::Ident(next), ..] = &tokens[at..]
                        && is_mark(one, ':')
                        && is_mark(other, ':')
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    if path.len() > 1 {
                        self.paths.push(path);
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads the tree after `use`: each path in it, with what stands before its braces.
    fn read_use(&mut self, tree: &[TokenTree], prefix: &[String], is_public: bool) {
        for item in tree.split(|token| is_mark(token, ',')) {
            let mut path = prefix.to_vec();
            let mut braces = None;
            let mut words = item.iter();
            let mut alias = None;
            while let Some(token) = words.next() {
                match token {
                    TokenTree::Ident(word) if word == "as" => alias = words.next().map(ToString::to_string),
                    TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                    TokenTree::Ident(word) => path.push(word.to_string()),
                    TokenTree::Group(group) => braces = Some(group.stream()),
                    _ => {}
                }
            }
            if let Some(inner) = braces {
                self.read_use(&inner.into_iter().collect::<Vec<_>>(), &path, is_public);
            } else if let Some(name) = alias.or_else(|| path.last().cloned()) {
                if is_public {
                    self.exports.insert(name, path.clone());
                }
                self.paths.push(path);
            }
        }
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == text)
}

fn is_test_only(attribute: &proc_macro2::Group) -> bool {
    attribute.delimiter() == Delimiter::Bracket
        && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// A crate as its files.
struct Crate(BTreeMap<Module, References>);

impl Crate {
    fn read(files: impl IntoIterator<Item = (Module, String)>) -> Self {
        let read = |(module, text): (Module, String)| {
            let mut references = References::default();
            references.read(text.parse().unwrap_or_else(|error| panic!("{module:?}: {error}")));
            (module, references)
        };
        let mut files: BTreeMap<_, _> = files.into_iter().map(read).collect();
        let tests: Vec<Module> = files
            .iter()
            .flat_map(|(module, file)| file.test_modules.iter().map(|name| child(module, name)))
            .collect();
        files.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Self(files)
    }

    /// The file that defines what a path names, seen from a file; `None` outside the crate.
    fn resolve(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let mut file = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (file, rest) = (Module::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while let Some((first, after)) = rest.split_first()
                    && first == "super"
                {
                    file.pop();
                    rest = after;
                }
            }
            name if self.0.contains_key(&child(&file, name)) => {}
            _ => return None,
        }
        while let Some((name, after)) = rest.split_first()
            && self.0.contains_key(&child(&file, name))
        {
            file.push(name.clone());
            rest = after;
        }
        // What the file only exports is defined elsewhere. Names that export each other end at a depth.
        let exported = rest.split_first().and_then(|(name, after)| {
            let target = self.0.get(&file)?.exports.get(name)?;
            let target = [target.as_slice(), after].concat();
            (depth < 8).then(|| self.resolve(&file, &target, depth + 1))?
        });
        exported.or_else(|| self.0.contains_key(&file).then_some(file))
    }

    /// The files that each file refers to.
    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let targets = |(module, file): (&Module, &References)| {
            let found = file.paths.iter().filter_map(|path| self.resolve(module, path, 0));
            found.filter(|target| target != module).collect()
        };
        self.0.iter().map(|file| (file.0, targets(file))).collect()
    }

    /// The largest sets of files that all reach each other.
    fn cycles(&self) -> BTreeSet<BTreeSet<Module>> {
        let edges = self.edges();
        let reachable = |from: &Module| {
            let mut found = BTreeSet::new();
            let mut open = vec![from];
            while let Some(module) = open.pop() {
                open.extend(edges[module].iter().filter(|next| found.insert((*next).clone())));
            }
            found
        };
        let reached: BTreeMap<&Module, _> = self.0.keys().map(|module| (module, reachable(module))).collect();
        let cycle_of = |module: &Module| -> BTreeSet<Module> {
            let there = reached[module].iter();
            there
                .filter(|other| reached[*other].contains(module))
                .cloned()
                .collect()
        };
        let cycles = self.0.keys().map(cycle_of);
        cycles.filter(|cycle| !cycle.is_empty()).collect()
    }
}

fn child(module: &Module, name: &str) -> Module {
    [module.as_slice(), &[name.to_owned()]].concat()
}

/// The Rust files of a crate by module; folders with a `Cargo.toml` are crates of their own.
fn collect(folder: &Path, module: &Module, files: &mut Vec<(Module, String)>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !path.join("Cargo.toml").exists() {
                collect(&path, &child(module, name), files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_folder = matches!(name, "lib" | "mod");
            let module = if is_folder {
                module.clone()
            } else {
                child(module, name)
            };
            files.push((module, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn large(cycles: &BTreeSet<BTreeSet<Module>>) -> impl Iterator<Item = String> {
    let names = |cycle: &BTreeSet<Module>| {
        let names: Vec<String> = cycle
            .iter()
            .map(|module| format!("/{}", module.join("/")))
            .collect();
        names.join(" ")
    };
    cycles.iter().filter(|cycle| cycle.len() > MAX_FILES).map(names)
}

#[test]
fn no_import_cycle_spans_more_than_four_files() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let inner = fs::read_dir(&src).unwrap().map(|entry| entry.unwrap().path());
    folders.extend(inner.filter(|folder| folder.join("Cargo.toml").exists()));
    let (mut found, mut edges) = (Vec::new(), 0);
    for folder in &folders {
        let mut files = Vec::new();
        collect(folder, &Module::new(), &mut files);
        let this = Crate::read(files);
        edges += this.edges().values().map(BTreeSet::len).sum::<usize>();
        let name = folder.strip_prefix(src.parent().unwrap()).unwrap().display();
        found.extend(large(&this.cycles()).map(|files| format!("{name}: {files}")));
    }
    assert!(folders.len() > 15 && edges > 1000, "{folders:?}, {edges} imports");
    assert!(
        found.is_empty(),
        "files that import each other in a circle, more than {MAX_FILES}; move what they share below them:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_cycle_is_found_through_every_form_of_import() {
    let found = |files: &[(&str, &str)]| {
        let module = |name: &str| {
            name.split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let files = files
            .iter()
            .map(|(name, text)| (module(name), (*text).to_owned()));
        large(&Crate::read(files).cycles()).collect::<Vec<_>>()
    };
    let circle = [
        ("", "pub mod a; mod b; mod c; pub use c::{d::Fourth, self};"),
        ("a", "use crate::{b::{Second as Renamed, Other}};"),
        ("b", "fn second() { println!(\"{}\", super::c::third()); }"),
        ("c", "mod d; fn third() -> d::Fourth { loop {} }"),
        ("c/d", "pub(super) use super::e::*; struct Fourth;"),
        ("c/e", "use crate::a;"),
    ];
    assert_eq!(found(&circle), ["/a /b /c /c/d /c/e"]);
    // The root only exports: what uses it depends on where the name is defined.
    let mut shorter = circle;
    shorter[5].1 = "use crate::Fourth;";
    assert_eq!(found(&shorter), [""; 0]);
    for harmless in [
        "// use crate::a;\nconst TEXT: &str = \"crate::a\";",
        "#[cfg(test)] mod tests { use crate::a; }",
        "#[cfg(test)] use crate::a;",
        "pub(in crate::a) struct Fifth;",
        "use other::a; use std::a;",
    ] {
        let mut open = circle;
        open[5].1 = harmless;
        assert_eq!(found(&open), [""; 0], "{harmless}");
    }
    // A file of tests closes no circle.
    let mut tested = circle;
    tested[3].1 = "mod d; fn third() -> d::Fourth { loop {} } #[cfg(test)] mod e;";
    assert_eq!(found(&tested), [""; 0]);
}

//! Index of the installed CadQuery's API, made by `python/api_index.py`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Classes, members, parameters and first doc lines of one version of CadQuery.
#[derive(Clone, Debug, Deserialize)]
pub struct ApiIndex {
    /// Version of CadQuery.
    pub cadquery: String,
    /// Names of the module `cadquery`, with their type: class, function, module, value.
    pub module: BTreeMap<String, String>,
    /// Names of its submodules.
    pub modules: BTreeMap<String, Vec<String>>,
    /// Its classes.
    pub classes: BTreeMap<String, Class>,
}

/// One class.
#[derive(Clone, Debug, Deserialize)]
pub struct Class {
    /// Known classes that it inherits from.
    pub bases: Vec<String>,
    /// First line of its documentation.
    pub doc: String,
    /// Parameters of its constructor; `None` for several overloads.
    pub params: Option<Vec<Param>>,
    /// Its public members, including inherited ones.
    pub members: BTreeMap<String, Member>,
}

/// A method or property.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// `method`, `static`, `class` or `property`.
    pub kind: String,
    /// Its parameters; `None` for properties and several overloads.
    #[serde(default)]
    pub params: Option<Vec<Param>>,
    /// First line of its documentation.
    #[serde(default)]
    pub doc: String,
}

/// A parameter.
#[derive(Clone, Debug, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its default as Python source; `None` if it is required.
    #[serde(default)]
    pub default: Option<String>,
    /// `*` or `**` for variadic parameters.
    #[serde(default)]
    pub star: Option<String>,
}

/// Number of positional arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// Minimum.
    pub least: usize,
    /// Maximum.
    pub most: usize,
}

impl ApiIndex {
    /// The index of the pinned version.
    pub fn pinned() -> &'static Self {
        static INDEX: LazyLock<ApiIndex> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../assets/api/cadquery.json"))
                .expect("a test holds this file")
        });
        &INDEX
    }

    /// A member of a class.
    pub fn member(&self, class: &str, name: &str) -> Option<&Member> {
        self.classes.get(class)?.members.get(name)
    }

    /// The parameters of a method, or of a class's constructor if `name` is `__init__`.
    pub fn params(&self, class: &str, name: &str) -> Option<&[Param]> {
        if name == "__init__" {
            return self.classes.get(class)?.params.as_deref();
        }
        self.member(class, name)?.params.as_deref()
    }

    /// The arity of a method.
    pub fn arity(&self, class: &str, name: &str) -> Option<Arity> {
        self.params(class, name).map(arity)
    }
}

impl Param {
    /// As in a signature: `both=False`, `*args`.
    pub fn signature(&self) -> String {
        let star = self.star.as_deref().unwrap_or_default();
        match &self.default {
            Some(default) => format!("{star}{}={default}", self.name),
            None => format!("{star}{}", self.name),
        }
    }
}

/// The arity of a list of parameters.
pub fn arity(params: &[Param]) -> Arity {
    let plain = params.iter().filter(|param| param.star.is_none());
    let least = plain.clone().filter(|param| param.default.is_none()).count();
    let open = params.iter().any(|param| param.star.as_deref() == Some("*"));
    Arity {
        least,
        most: if open { usize::MAX } else { plain.count() },
    }
}

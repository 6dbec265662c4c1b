//! The one door to YAML: a tree of values that know their line and column, and a reader over its mappings.
//!
//! A file is read into [`Node`]s first and into structures afterwards, so that a wrong key or a wrong type is one
//! problem among others and not the end of the reading. A key that nothing asked for is a problem too.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::lower::naming::closest;
use crate::report::{At, Problem, Problems};

/// A value of a YAML file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From 1; 0 where it is not known.
    pub line: u64,
    /// From 1; 0 where it is not known.
    pub column: u64,
    /// What stands there.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the file's order.
    Map(Vec<(Node, Node)>),
}

impl Value {
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a file's text; a syntax error becomes a problem and gives `None`.
pub fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Node> {
    match serde_saphyr::from_str::<Node>(text) {
        Ok(node) => Some(node),
        Err(error) => {
            let place = error.location();
            let what = error.without_snippet().to_string();
            let what = what.lines().next().unwrap_or("it is no YAML").to_owned();
            let problem = Problem::new(file, "", what)
                .why("the file is not valid YAML, so nothing in it can be read")
                .fix("correct the line; check its indentation and its quotes");
            problems.push(match place {
                Some(at) => problem.place(at.line(), at.column()),
                None => problem,
            });
            None
        }
    }
}

/// A mapping that is being read: hands out its keys' values and remembers which were asked for.
#[derive(Debug)]
pub struct Keys<'a> {
    file: &'a str,
    pointer: String,
    node: &'a Node,
    entries: &'a [(Node, Node)],
    asked: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    /// The reader of a mapping; a problem where the node is none.
    pub fn of(file: &'a str, pointer: impl Into<String>, node: &'a Node, problems: &mut Problems) -> Option<Self> {
        let pointer = pointer.into();
        match &node.value {
            Value::Map(entries) => Some(Self { file, pointer, node, entries, asked: Vec::new() }),
            other => {
                problems.push(
                    Problem::new(file, pointer, format!("a mapping belongs here, not {}", other.name()))
                        .place(node.line, node.column)
                        .fix("write `key: value` lines"),
                );
                None
            }
        }
    }

    /// The pointer of this mapping.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A problem at this mapping, or at one of its keys' values.
    pub fn problem(&self, key: &str, what: impl Into<String>) -> Problem {
        match self.find(key) {
            Some(node) => {
                Problem::new(self.file, format!("{}/{key}", self.pointer), what).place(node.line, node.column)
            }
            None => Problem::new(self.file, self.pointer.clone(), what).place(self.node.line, self.node.column),
        }
    }

    /// Where a key's value stands, or else the mapping.
    pub fn at(&self, key: &str) -> At {
        let (node, pointer) = match self.find(key) {
            Some(node) => (node, format!("{}/{key}", self.pointer)),
            None => (self.node, self.pointer.clone()),
        };
        At { file: self.file.to_owned(), pointer, line: node.line, column: node.column }
    }

    fn find(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The value of a key, if it is there.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.find(key)
    }

    fn wrong(&self, key: &'static str, wanted: &str, problems: &mut Problems) {
        let found = self.find(key).map_or("nothing", |node| node.value.name());
        problems.push(
            self.problem(key, format!("`{key}` is {found} where {wanted} belongs")).fix(format!("write {wanted}")),
        );
    }

    /// Text that has to be there.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let there = self.get(key).is_some();
        if there {
            return self.optional_text(key, problems);
        }
        problems.push(self.problem(key, format!("`{key}` is missing")).fix(format!("add `{key}: …`")));
        None
    }

    /// Text that may be left out.
    pub fn optional_text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => {
                self.wrong(key, "text", problems);
                None
            }
        }
    }

    /// A number of days, or any other count, that may be left out.
    pub fn optional_count(&mut self, key: &'static str, problems: &mut Problems) -> Option<u32> {
        let node = self.get(key)?;
        match node.value {
            Value::Int(number) if (0..=1_000_000).contains(&number) => u32::try_from(number).ok(),
            _ => {
                self.wrong(key, "a whole number from 0 up", problems);
                None
            }
        }
    }

    /// `true` or `false`, which may be left out.
    pub fn optional_flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.get(key)?;
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                self.wrong(key, "true or false", problems);
                None
            }
        }
    }

    /// Names, each with a mapping of its own; empty where the key is left out.
    pub fn named(&mut self, key: &'static str, problems: &mut Problems) -> Vec<(&'a str, Self)> {
        let entries = match self.get(key) {
            None => return Vec::new(),
            Some(Node { value: Value::Map(entries), .. }) => entries,
            Some(_) => {
                self.wrong(key, "a mapping", problems);
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for (name, node) in entries {
            let name = name.text().unwrap_or("?");
            let keys = Self::of(self.file, format!("{}/{key}/{name}", self.pointer), node, problems);
            found.extend(keys.map(|keys| (name, keys)));
        }
        found
    }

    /// A list of texts; empty where the key is left out.
    pub fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<String> {
        let mut texts = Vec::new();
        for node in self.list(key, problems) {
            match node.text() {
                Some(text) if !text.is_empty() => texts.push(text.to_owned()),
                Some(_) => self.wrong(key, "a list of texts", problems),
                None => problems.push(
                    self.problem(key, format!("`{key}` holds {} where text belongs", node.value.name()))
                        .place(node.line, node.column)
                        .fix("put it between quotes, if it is meant as text"),
                ),
            }
        }
        texts
    }

    /// The items of a list; empty where the key is left out.
    pub fn list(&mut self, key: &'static str, problems: &mut Problems) -> &'a [Node] {
        match self.get(key) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) => items,
            Some(_) => {
                self.wrong(key, "a list", problems);
                &[]
            }
        }
    }

    /// Reports every key that nothing asked for.
    pub fn finish(self, problems: &mut Problems) {
        for (name, _) in self.entries {
            let text = name.text().unwrap_or("?");
            if self.asked.contains(&text) {
                continue;
            }
            let known = self.asked.join(", ");
            let fix = match closest(text, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? Known here: {known}"),
                None => format!("remove it; known here: {known}"),
            };
            problems.push(
                Problem::new(self.file, format!("{}/{text}", self.pointer), format!("unknown key `{text}`"))
                    .place(name.line, name.column)
                    .why("a misspelt setting would be ignored in silence")
                    .fix(fix),
            );
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        let at = spanned.referenced;
        Ok(Self { line: at.line(), column: at.column(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Node>()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Node>()? {
            entries.push((key, access.next_value::<Node>()?));
        }
        Ok(Value::Map(entries))
    }
}

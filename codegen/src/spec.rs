//! The spec as the generator sees it: GET operations and schemas, sorted by name.
//!
//! Reading is tolerant: broken path templates, schema names with dots and recursive schemas are only text here, and
//! what an entity does not need is never looked at.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::openapi31;
use crate::report::{Problem, Problems};

/// Where references to schemas begin.
const SCHEMAS: &str = "#/components/schemas/";

/// A spec file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spec {
    /// Its path, relative to the workspace root.
    pub file: String,
    /// `info.version`.
    pub version: String,
    /// The GET operations by path template.
    pub operations: BTreeMap<String, Value>,
    /// The schemas by name.
    pub schemas: BTreeMap<String, Value>,
    /// Everything, for references that lead elsewhere.
    document: Value,
}

impl Spec {
    /// Reads a spec, the vendor's or the canonical one. `None` where it can't be read, with the reasons in `problems`.
    pub fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Self> {
        let document = document(file, text, problems)?;
        Self::of(file, document, problems)
    }

    /// The same of a document that is already parsed.
    pub fn of(file: &str, document: Value, problems: &mut Problems) -> Option<Self> {
        let before = problems.len();
        check_head(file, &document, problems);
        let operations = document
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(path, item)| item.get("get").map(|get| (path.clone(), get.clone())))
            .collect();
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        let version = document.pointer("/info/version").and_then(Value::as_str).unwrap_or_default().to_owned();
        (problems.len() == before).then(|| Self { file: file.to_owned(), version, operations, schemas, document })
    }

    /// The schema of the items that a GET of this path lists; `None` where it is no list or its items have no schema
    /// of their own.
    pub fn list_schema(&self, path: &str) -> Option<&str> {
        self.answer(path)?.get("items")?.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
    }

    /// The paths that list something, with the schema of the items where it has a name.
    pub fn lists(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.operations
            .keys()
            .filter(|path| self.answer(path).is_some_and(|schema| schema.get("items").is_some()))
            .map(|path| (path.as_str(), self.list_schema(path)))
    }

    /// Whether there is a GET that counts the records of a list: its path, without a slash at the end, and `/count`.
    pub fn counts(&self, list: &str) -> bool {
        self.operations.contains_key(&count_path(list))
    }

    /// The schema of a successful answer.
    fn answer(&self, path: &str) -> Option<&Value> {
        let responses = self.operations.get(path)?.get("responses")?;
        let ok = responses.get("200").or_else(|| responses.get("2XX")).or_else(|| responses.get("default"))?;
        ok.get("content")?.as_object()?.values().next()?.get("schema")
    }

    /// Whether the schema says of a property that it may be null.
    pub fn may_be_null(&self, schema: &str, property: &str) -> bool {
        let property = self.properties(schema).find(|(name, _)| *name == property).map(|(_, property)| property);
        property.and_then(|property| property.get("nullable")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The properties of a schema, in its order.
    pub fn properties(&self, schema: &str) -> impl Iterator<Item = (&String, &Value)> {
        let properties = self.schemas.get(schema).and_then(|schema| schema.get("properties"));
        properties.and_then(Value::as_object).into_iter().flatten()
    }

    /// `info.title`.
    pub fn title(&self) -> &str {
        self.document.pointer("/info/title").and_then(Value::as_str).unwrap_or_default()
    }

    /// The parameters that all operations of a path share.
    pub fn shared_parameters(&self, path: &str) -> impl Iterator<Item = &Value> {
        let item = self.document.get("paths").and_then(|paths| paths.get(path));
        item.and_then(|item| item.get("parameters")).and_then(Value::as_array).into_iter().flatten()
    }

    /// What a reference leads to, with the schema's name.
    pub fn resolve<'a>(&'a self, reference: &str) -> Option<(String, &'a Value)> {
        if let Some(name) = reference.strip_prefix(SCHEMAS) {
            let name = unescape(name);
            return self.schemas.get(&name).map(|schema| (name, schema));
        }
        let pointer = reference.strip_prefix('#')?;
        let found = self.document.pointer(&unescape_percent(pointer))?;
        Some((pointer.rsplit('/').next().unwrap_or(pointer).to_owned(), found))
    }
}

/// The text as a JSON document, in the words of OpenAPI 3.0.
pub fn document(file: &str, text: &str, problems: &mut Problems) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str(text) {
        Ok(mut document) => {
            openapi31::to_3_0(&mut document);
            Some(document)
        }
        Err(error) => {
            problems.push(
                Problem::new(file, "", format!("it is not valid JSON: {error}"))
                    .place(error.line() as u64, error.column() as u64)
                    .why("the spec is read as one JSON document")
                    .fix("download the file again as All.json; a saved web page or a cut-off download looks like this"),
            );
            None
        }
    }
}

/// What has to be there before anything else is looked at.
fn check_head(file: &str, document: &Value, problems: &mut Problems) {
    let again = "use the vendor's OpenAPI 3 file in JSON";
    if !document.is_object() {
        problems.push(Problem::new(file, "", "the document is not a JSON object").fix(again));
        return;
    }
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.") => {}
        Some(version) => problems.push(
            Problem::new(file, "/openapi", format!("OpenAPI {version} is not supported")).why("3.x is").fix(again),
        ),
        None => problems.push(
            Problem::new(file, "/openapi", "`openapi` is missing or no text")
                .why("without it the file is no OpenAPI 3 document")
                .fix(again),
        ),
    }
    match document.pointer("/info/version").and_then(Value::as_str) {
        Some(version) if file_safe(version) => {}
        Some(version) => problems.push(
            Problem::new(file, "/info/version", format!("the version `{version}` can't be part of a file name"))
                .fix("use letters, digits, `.`, `-` and `_`"),
        ),
        None => problems.push(
            Problem::new(file, "/info/version", "the version is missing or no text")
                .why("the file in schema/ is named after it")
                .fix("add `info.version`, e.g. \"2025.1\""),
        ),
    }
    match document.get("paths").map(Value::as_object) {
        Some(Some(paths)) => {
            for (path, item) in paths {
                if !item.is_object() {
                    problems.push(
                        Problem::new(file, format!("/paths/{}", escape(path)), "the path item is not an object")
                            .fix(again),
                    );
                }
            }
        }
        _ => problems.push(Problem::new(file, "/paths", "`paths` is missing or not an object").fix(again)),
    }
    for pointer in ["/components", "/components/schemas"] {
        if document.pointer(pointer).is_some_and(|value| !value.is_object()) {
            problems.push(Problem::new(file, pointer, "it is not an object").fix(again));
        }
    }
}

fn file_safe(version: &str) -> bool {
    !version.is_empty()
        && !version.starts_with('.')
        && version.len() <= 64
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// The names between the braces of a path template.
pub fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

/// The path that counts the records of a list; some lists are written with a slash at the end.
pub fn count_path(list: &str) -> String {
    format!("{}/count", list.trim_end_matches('/'))
}

/// A name as a part of a JSON pointer.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A part of a JSON pointer in a reference as a name.
pub fn unescape(part: &str) -> String {
    unescape_percent(part).replace("~1", "/").replace("~0", "~")
}

/// A reference's percent escapes as what they stand for.
fn unescape_percent(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match hex_pair(rest.clone()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that the next two hexadecimal digits stand for.
fn hex_pair(mut ahead: std::str::Bytes<'_>) -> Option<u8> {
    let high = char::from(ahead.next()?).to_digit(16)?;
    let low = char::from(ahead.next()?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_a_list_does_not_hide_its_count() {
        let text = r#"{"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {
            "/a/": {"get": {}}, "/a/count": {"get": {}}, "/b": {"get": {}}, "/b/count": {"post": {}}}}"#;
        let spec = Spec::parse("schema/x.json", text, &mut Problems::new()).unwrap();
        let counted: Vec<bool> = ["/a", "/a/", "/b", "/c"].map(|list| spec.counts(list)).into();
        assert_eq!(counted, [true, true, false, false]);
    }

    #[test]
    fn references_are_unescaped() {
        assert_eq!(unescape("Agreement.Adjustment"), "Agreement.Adjustment");
        assert_eq!(unescape("a~1b~0c%20d%zz%"), "a/b~c d%zz%");
        assert_eq!(unescape(&escape("a/b~c")), "a/b~c");
    }
}

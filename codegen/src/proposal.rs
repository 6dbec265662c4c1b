//! The entry that `add` proposes for an endpoint: name, key, look-back, change detection, parent, secrets.
//!
//! An entry is text that is appended, so whatever stands in the file stays as it is, comments too.

use std::fmt::Write as _;

use crate::endpoints::{self, Endpoint};
use crate::entities::EntityConfig;
use crate::lower::naming::{Names, closest, pascal};
use crate::spec::Spec;
use crate::yaml;

/// The look-back, in days.
const LOOKBACK: u32 = 30;

/// What has to be known about an entity that is there already, or was just proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    name: String,
    endpoint: String,
    schema: String,
}

/// Proposes entries one after another; each knows those before it.
pub struct Proposals<'a> {
    spec: &'a Spec,
    configs: &'a [EntityConfig],
    known: Vec<Known>,
    names: Names,
    indent: usize,
}

/// Why an endpoint gets no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has one: the entity of this name.
    InUse(String),
    /// The list of its parents has none, which has to be there first.
    ParentFirst(String),
    /// No table can be made of it: why, and what to do.
    Impossible(String),
}

impl<'a> Proposals<'a> {
    /// For a file's text and the entities that it declares.
    pub fn new(spec: &'a Spec, configs: &'a [EntityConfig], text: &str) -> Self {
        let schema = |endpoint: &str| spec.list_schema(endpoint).unwrap_or_default().to_owned();
        let known = configs.iter().map(|config| Known {
            name: config.name.clone(),
            endpoint: config.endpoint.clone(),
            schema: schema(&config.endpoint),
        });
        let variants = configs.iter().flat_map(|config| &config.variants).map(|variant| variant.name.as_str());
        let names = Names::reserving(configs.iter().map(|config| config.name.as_str()).chain(variants));
        Self { spec, configs, known: known.collect(), names, indent: indent(text) }
    }

    /// The name and the text of an endpoint's entry.
    ///
    /// # Errors
    /// Where there is an entry already, its parent is lacking, or no table can be made of it.
    pub fn propose(&mut self, endpoint: &str) -> Result<(String, String), Refusal> {
        if let Some(known) = self.known.iter().find(|known| known.endpoint == endpoint) {
            return Err(Refusal::InUse(known.name.clone()));
        }
        let found = endpoints::one(self.spec, self.configs, endpoint);
        let (Some(Endpoint { obstacle: None, key: Some(key), info, parent, secrets, .. }), Some(schema)) =
            (found.clone(), self.spec.list_schema(endpoint))
        else {
            return Err(Refusal::Impossible(self.why(endpoint, found.and_then(|found| found.obstacle))));
        };
        let parent = match &parent {
            None => None,
            Some(list) => match self.parent(list) {
                Some(name) => Some(name),
                None => return Err(Refusal::ParentFirst(list.clone())),
            },
        };
        let name = self.name(endpoint, schema);
        let text = self.entry(&name, endpoint, &key, info, parent.as_deref(), &secrets);
        self.known.push(Known { name: name.clone(), endpoint: endpoint.to_owned(), schema: schema.to_owned() });
        Ok((name, text))
    }

    /// The entity whose ids are those of a list: the list's own, else another list's of the same schema.
    fn parent(&self, list: &str) -> Option<String> {
        let own = self.known.iter().find(|known| known.endpoint == list);
        let schema = self.spec.list_schema(list)?;
        let same = || self.known.iter().find(|known| known.schema == schema && !known.endpoint.contains('{'));
        own.or_else(same).map(|known| known.name.clone())
    }

    /// The schema's name; where that is taken, the path's.
    fn name(&mut self, endpoint: &str, schema: &str) -> String {
        let fixed = endpoint.split('/').filter(|part| !part.contains('{'));
        let path = pascal(&fixed.collect::<Vec<_>>().join("_"));
        let schema = pascal(schema);
        if self.names.is_free(&schema) {
            return self.names.take(&schema);
        }
        // A name has letters and digits only.
        let mut name = path.clone();
        let mut number = 1_usize;
        while !self.names.is_free(&name) {
            number += 1;
            name = format!("{path}{number}");
        }
        self.names.take(&name)
    }

    fn entry(
        &self,
        name: &str,
        endpoint: &str,
        key: &str,
        info: bool,
        parent: Option<&str>,
        secrets: &[String],
    ) -> String {
        let mut lines = vec![format!("- name: {name}"), format!("  endpoint: {endpoint}")];
        if let Some(parent) = parent {
            lines.push(format!("  parent: {parent}"));
        }
        lines.push(format!("  table: cw_{}", name.to_lowercase()));
        lines.push(format!("  key: {key}"));
        if info {
            lines.push(format!("  lookbackDays: {LOOKBACK}"));
            lines.push("  changeDetection: lastUpdated".to_owned());
        } else {
            lines.push("  changeDetection: fullScan".to_owned());
        }
        if !secrets.is_empty() {
            lines.push(format!("  sensitive: [{}]", secrets.join(", ")));
        }
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{:indent$}{line}", "", indent = self.indent);
            text
        })
    }

    /// Why no table can be made of an endpoint, and what to do.
    fn why(&self, endpoint: &str, obstacle: Option<String>) -> String {
        let list = "`cargo codegen list --all` shows every list endpoint and what stands in its way";
        if let Some(obstacle) = obstacle {
            return format!("{endpoint} can't be an entity: {obstacle}\n  fix: choose another; {list}");
        }
        let what = if self.spec.operations.contains_key(endpoint) {
            format!("{endpoint} gives one record and no list")
        } else {
            format!("the spec {} has no GET {endpoint}", self.spec.version)
        };
        let near = closest(endpoint, self.spec.lists().map(|(path, _)| path));
        let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
        format!("{what}\n  fix: {near}{list}")
    }
}

/// The spaces before the dash of the entities that are there.
fn indent(text: &str) -> usize {
    let root = yaml::parse(crate::entities::FILE, text, &mut crate::report::Problems::new());
    let Some(yaml::Value::Map(entries)) = root.map(|node| node.value) else { return 2 };
    let list = entries.into_iter().find(|(key, _)| key.text() == Some("entities"));
    match list.map(|(_, node)| node.value) {
        Some(yaml::Value::List(items)) => {
            let column = items.first().map_or(5, |node| node.column);
            usize::try_from(column.saturating_sub(3)).unwrap_or(2)
        }
        _ => 2,
    }
}

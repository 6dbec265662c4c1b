//! What all emitters share: the entities with every decision made.
//!
//! An emitter only writes down what stands here; it never looks at the spec or the YAML. Everything is in a fixed
//! order: entities by name, properties in the spec's order.

/// The whole of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ir {
    /// The spec's version, e.g. `2025.1`.
    pub version: String,
    /// Sorted by name.
    pub entities: Vec<Entity>,
    /// The operations of the client, sorted by path.
    pub operations: Vec<Operation>,
    /// What the server says of itself, where the spec says it.
    pub info: Option<Struct>,
}

impl Ir {
    /// The entity of that name (not of a variant).
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }
}

/// A list endpoint and the tables that come from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// E.g. `TimeEntry`.
    pub name: String,
    /// The name of its generated files, e.g. `time_entry`.
    pub module: String,
    /// E.g. `/time/entries`.
    pub endpoint: String,
    /// Whether the spec has a path that counts its records.
    pub counted: bool,
    /// Whose ids fill the parameter of the endpoint's path, where it has one.
    pub parent: Option<Parent>,
    /// Whether the login may lack the right to the list.
    pub optional: bool,
    /// The bronze and silver table, e.g. `cw_timeentry`.
    pub table: String,
    /// The schema in the spec.
    pub schema: String,
    /// The key property.
    pub key: String,
    /// Days that an incremental window reaches back.
    pub lookback_days: Option<u32>,
    /// How changes are found.
    pub change_detection: ChangeDetection,
    /// Further names for parts of the entity.
    pub variants: Vec<Variant>,
    /// Paths that are never requested, stored or logged (`a/b`).
    pub sensitive: Vec<String>,
    /// Paths that are as little requested, stored or logged, being personal.
    pub excluded: Vec<String>,
    /// Paths of personal texts of which a keyed hash is stored.
    pub hashed: Vec<String>,
    /// Properties that a comparison with the source reads beside the key.
    pub reconcile: Vec<String>,
    /// The caption of the custom field that holds the agreement number, where the YAML names one.
    pub agreement_number_caption: Option<String>,
    /// The bronze columns.
    pub shape: Vec<Field>,
    /// The silver columns.
    pub silver: Vec<SilverColumn>,
    /// Lists that are tables too.
    pub children: Vec<Child>,
    /// Structs (joined by `/`) that are too deep to be flattened.
    pub not_flattened: Vec<String>,
}

/// Whose ids fill the one parameter of an endpoint's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The entity, e.g. `Agreement`.
    pub entity: String,
    /// The parameter, e.g. `parentId`.
    pub parameter: String,
    /// Where its id stands in the shape.
    pub path: Vec<String>,
    /// Whether the API sends it there; else it is a column that was added to the shape.
    pub in_record: bool,
    /// Below which parents the list is not read any more.
    pub ended: Option<ParentEnded>,
}

/// Below which parents a list is not read any more: those that ended this long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentEnded {
    /// The parent's property that holds when it ended.
    pub property: String,
    /// Days since then.
    pub days: u32,
}

/// How changes are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeDetection {
    /// By `_info.lastUpdated`.
    LastUpdated,
    /// Read whole; what is gone is gone.
    Snapshot,
    /// Read whole; what is gone is marked.
    FullScan,
}

impl ChangeDetection {
    /// All of them, with their names in the YAML.
    pub const ALL: [(&'static str, Self); 3] =
        [("lastUpdated", Self::LastUpdated), ("snapshot", Self::Snapshot), ("fullScan", Self::FullScan)];

    /// The name in the YAML.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastUpdated => "lastUpdated",
            Self::Snapshot => "snapshot",
            Self::FullScan => "fullScan",
        }
    }
}

/// A further name for the records that have a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// E.g. `PostedInvoice`.
    pub name: String,
    /// The property that makes a record one of these.
    pub having: String,
    /// Days that its window reaches back.
    pub lookback_days: u32,
}

/// What a JSON value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any integer.
    Int,
    /// Any other number.
    Float,
    /// A boolean.
    Bool,
    /// Text of any format but date-time.
    Text,
    /// A date with a time.
    Timestamp,
    /// Anything, kept as its JSON text.
    Json,
    /// Text by text.
    Map,
    /// An object with known properties.
    Struct(Struct),
    /// A list.
    List(Box<Kind>),
    /// Text of which a keyed hash is stored.
    Hashed,
    /// Left out everywhere.
    Sensitive,
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struct {
    /// The schema's name; for an object without a name of its own, its parent's and its property's, with a dot.
    pub schema: String,
    /// Where the spec says it.
    pub pointer: String,
    /// Its properties.
    pub fields: Vec<Field>,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the JSON.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// What the spec says about it.
    pub doc: Doc,
}

/// What the spec says about a property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doc {
    /// The description, trimmed; lengths stand here too.
    pub text: String,
    /// The values of an enum.
    pub values: Vec<String>,
    /// The format, where the kind does not say it (`uuid`, `date`).
    pub format: String,
}

impl Doc {
    /// All of it on one line; empty where the spec says nothing.
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        if !self.text.is_empty() {
            parts.push(self.text.clone());
        }
        if !self.format.is_empty() {
            parts.push(format!("Format: {}.", self.format));
        }
        if !self.values.is_empty() {
            parts.push(format!("One of: {}.", self.values.join(", ")));
        }
        parts.join(" ")
    }
}

/// A column of a silver table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilverColumn {
    /// Its name, clashes settled.
    pub name: String,
    /// The name it would have had without a clash.
    pub wanted: String,
    /// Where its value comes from.
    pub source: Source,
    /// What it holds.
    pub kind: Kind,
    /// What the spec says about it.
    pub doc: Doc,
}

/// Where a silver value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The bronze value at a path.
    Path(Vec<String>),
    /// The record's `_info` map, as text: the first of these keys.
    InfoText(&'static [&'static str]),
    /// The record's `_info` map, as a time: the first of these keys.
    InfoTime(&'static [&'static str]),
}

impl Source {
    /// As the dictionary shows it.
    pub fn label(&self) -> String {
        match self {
            Self::Path(path) if path.is_empty() => "(the item)".to_owned(),
            Self::Path(path) => path.join("."),
            Self::InfoText(keys) | Self::InfoTime(keys) => {
                keys.iter().map(|key| format!("_info.{key}")).collect::<Vec<_>>().join(", else ")
            }
        }
    }
}

/// A list that is a silver table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// E.g. `cw_company_types`.
    pub table: String,
    /// The list, e.g. `types`.
    pub list: String,
    /// The columns after `parentId` and `listIndex`.
    pub columns: Vec<SilverColumn>,
    /// Structs that are too deep to be flattened.
    pub not_flattened: Vec<String>,
}

/// A GET operation of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The path template.
    pub path: String,
    /// Its name, unique among the operations.
    pub id: String,
    /// What it does, for the doc comment.
    pub summary: String,
    /// Its parameters in the path and the query.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: Returns,
}

/// What an operation returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returns {
    /// What the server says of itself.
    Info,
    /// How many records the entity of this name has.
    Count(String),
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it stands in the path, else in the query.
    pub in_path: bool,
    /// Whether it has to be there.
    pub required: bool,
    /// What it holds: Int, Float, Bool or Text.
    pub kind: Kind,
}

impl Kind {
    /// The type as Delta and Spark name it, with a struct's fields left out.
    pub fn label(&self) -> String {
        match self {
            Self::Int => "long".into(),
            Self::Float => "double".into(),
            Self::Bool => "boolean".into(),
            Self::Text | Self::Json => "string".into(),
            Self::Timestamp => "timestamp".into(),
            Self::Map => "map<string,string>".into(),
            Self::Struct(inner) => format!("struct ({})", inner.schema),
            Self::List(item) => format!("array<{}>", item.label()),
            Self::Hashed => "string (hashed)".into(),
            Self::Sensitive => "not stored".into(),
        }
    }
}

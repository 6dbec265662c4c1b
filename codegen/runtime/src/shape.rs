//! The static description of a table: what the generator emits and the engine reads.
//!
//! Everything here is `'static` data, so a generated file is a list of constants that a person can review, and
//! adding an entity adds no code. The order of [`Table::shape`] is the spec's order of properties and the order of
//! the bronze columns.

/// What the spec says a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `integer`, any format: Int64.
    Int,
    /// `number`: Float64.
    Float,
    /// `boolean`.
    Bool,
    /// `string`, enum, uuid, plain date: Utf8.
    Text,
    /// `string` of format `date-time`: Timestamp(µs, "UTC").
    Timestamp,
    /// An object without declared properties: Utf8 with the value's JSON text; a JSON string is stored as its text.
    Json,
    /// An object whose `additionalProperties` are strings: Map<Utf8, Utf8>.
    Map,
    /// A `$ref` to an object: Struct.
    Struct(&'static [Field]),
    /// An array: List of the item's kind.
    List(&'static Kind),
    /// A `string` that is personal: Utf8 with the keyed hash of the text in its place.
    Hashed,
    /// A property that is never requested, stored or logged: no column; skipped where a server sends it all the same.
    Sensitive,
}

/// One property of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The property's name in the JSON, and the bronze column's (or struct field's) name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// How changes of an entity are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeDetection {
    /// By `_info.lastUpdated`; where the server cannot filter by it, by a full scan.
    LastUpdated,
    /// Read whole at every run; rows that the source no longer has are removed.
    Snapshot,
    /// Read whole at every run; rows that the source no longer has are kept and marked as deleted.
    FullScan,
}

/// Where a silver column's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The bronze value at this path (struct fields; one to three names).
    Path(&'static [&'static str]),
    /// The record's own `_info` map: the first of these keys that is there, as trimmed text.
    InfoText(&'static [&'static str]),
    /// The record's own `_info` map: the first of these keys that is there, as Timestamp(µs, "UTC").
    InfoTime(&'static [&'static str]),
}

/// One column of a silver table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilverColumn {
    /// The column's name, clashes resolved.
    pub name: &'static str,
    /// Where its value comes from.
    pub source: Source,
}

/// A list that is also a silver table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The silver table, e.g. `cw_company_types`.
    pub table: &'static str,
    /// The bronze list column, e.g. `types`.
    pub list: &'static str,
    /// The columns after `parentId` and `listIndex`; paths start at the list's item. An item that is no object is
    /// one column with an empty path.
    pub columns: &'static [SilverColumn],
}

/// A further name for a part of an entity's records, with a look-back of its own (e.g. PostedInvoice of Invoice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its name, as `--entities` takes it.
    pub name: &'static str,
    /// The property whose presence makes a record one of these.
    pub having: &'static str,
    /// Its look-back in days; the request window is the largest of the entity's and its variants'.
    pub lookback_days: u32,
}

/// Parent of an entity: its ids fill the one parameter of the endpoint's path, and the list is read once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The entity whose keys they are, e.g. `Agreement`; always one of the generated tables.
    pub entity: &'static str,
    /// The parameter's name without its braces, e.g. `parentId`.
    pub parameter: &'static str,
    /// Where the parent's id is in bronze: a path in the shape that leads to a whole number.
    pub path: &'static [&'static str],
    /// Whether the API sends it there. Where it does not, the path is one column at the end of the shape that the
    /// generator added, and [`with_parent`](crate::with_parent) fills it in.
    pub in_record: bool,
    /// Below which parents the list is not read any more; absent where it is read below all of them.
    pub ended: Option<ParentEnded>,
}

/// Parents that ended so long ago that nothing changes below them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentEnded {
    /// The parent's property, a time, that holds when it ended.
    pub property: &'static str,
    /// Days since then.
    pub days: u32,
}

/// One entity: a list endpoint and the tables that come from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The entity's name, e.g. `TimeEntry`.
    pub entity: &'static str,
    /// The bronze and silver table, e.g. `cw_timeentry`.
    pub table: &'static str,
    /// The list endpoint, e.g. `/time/entries`; with a parent, its path template.
    pub endpoint: &'static str,
    /// Whether the API counts the list: the spec has `<endpoint>/count`, the endpoint's last slash left out.
    pub counted: bool,
    /// The parent whose ids fill the parameter of the endpoint's path, where it has one.
    pub parent: Option<Parent>,
    /// Whether the login may lack the right to the list, or the API the list: the tables are empty then.
    pub optional: bool,
    /// The name of the schema in the spec.
    pub schema: &'static str,
    /// The key property, an integer.
    pub key: &'static str,
    /// Days before the watermark at which an incremental window starts.
    pub lookback_days: Option<u32>,
    /// How changes are found.
    pub change_detection: ChangeDetection,
    /// Further names for parts of the entity.
    pub variants: &'static [Variant],
    /// Properties that are never requested, stored or logged (`a/b` for a nested one).
    pub sensitive: &'static [&'static str],
    /// Personal properties, which are as little requested, stored or logged; each is its whole path.
    pub excluded: &'static [&'static str],
    /// Personal texts of which only a keyed hash is stored: whole paths. One whose last name is a map's key is in no
    /// shape.
    pub hashed: &'static [&'static str],
    /// Plain properties that may change without a new time of change: a comparison with the source reads them beside
    /// the key.
    pub reconcile: &'static [&'static str],
    /// The bronze columns, in the spec's order, with what is sensitive or excluded as [`Kind::Sensitive`], and what is
    /// hashed as [`Kind::Hashed`].
    pub shape: &'static [Field],
    /// The silver columns, in order, without the `_etl_…` columns.
    pub silver: &'static [SilverColumn],
    /// The lists that are tables of their own too.
    pub children: &'static [Child],
}

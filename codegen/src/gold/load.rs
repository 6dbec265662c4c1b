//! The YAML files of gold as one model.

use std::sync::Arc;

use crate::gold::measures::{self, Measures};
use crate::gold::model::{Dimension, Fact, Table};
use crate::gold::queries::{self, Queries};
use crate::gold::read;
use crate::gold::rules::{self, Rules};
use crate::inputs::Inputs;
use crate::report::Problems;

/// What the YAML files say.
pub(crate) struct Model {
    /// The classification of agreements.
    pub(crate) rules: Arc<Rules>,
    /// The dimensions that can be read.
    pub(crate) dimensions: Vec<Dimension>,
    /// The facts that can be read.
    pub(crate) facts: Vec<Fact>,
    /// Own checks and reports.
    pub(crate) queries: Queries,
    /// Measures.
    pub(crate) measures: Measures,
    /// The tables whose files can't be read as a whole.
    pub(crate) unread: Vec<String>,
}

/// What the YAML files say, as far as they can be read; `None` for a workspace without gold.
pub(crate) fn model(inputs: &Inputs) -> Option<Model> {
    read(inputs, &mut Problems::new())
}

impl Model {
    /// Dimensions and facts.
    pub(crate) fn tables(&self) -> Vec<Table<'_>> {
        self.dimensions.iter().map(Table::Dimension).chain(self.facts.iter().map(Table::Fact)).collect()
    }
}

/// Reads the files; `None` for a workspace without gold: bronze and silver alone.
pub(super) fn read(inputs: &Inputs, problems: &mut Problems) -> Option<Model> {
    if !inputs.files.contains_key(rules::FILE) && inputs.below("schema/facts", ".yaml").next().is_none() {
        return None;
    }
    let rules = Arc::new(rules::read(inputs.text(rules::FILE, problems), problems));
    let mut unread = Vec::new();
    let (mut dimensions, mut facts) = (Vec::new(), Vec::new());
    for (file, text) in inputs.below("schema/dimensions", ".yaml") {
        match read::dimension(file, text, problems) {
            Some(dimension) => dimensions.push(dimension),
            None => unread.push(read::stem(file).to_owned()),
        }
    }
    let dimensions = read::share_columns(dimensions, &mut unread, problems);
    for (file, text) in inputs.below("schema/facts", ".yaml") {
        match read::fact(file, text, problems) {
            Some(fact) => facts.push(fact),
            None => unread.push(read::stem(file).to_owned()),
        }
    }
    let queries = queries::read(inputs.files.get(queries::FILE), problems);
    let measures = measures::read(inputs.files.get(measures::FILE), problems);
    Some(Model { rules, dimensions, facts, queries, measures, unread })
}

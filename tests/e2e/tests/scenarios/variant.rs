//! Gold by other YAML than the checked-in: generated in a folder of its own, and run by the pipeline's engine over a
//! scene's silver tables.

use crate::support::{Scene, copy, workspace};
use arrow::datatypes::Schema;
use connectwise_etl::catalog;
use connectwise_etl::lake::cast_to_schema;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use std::path::PathBuf;
use std::sync::Arc;

/// What was generated from changed YAML.
pub(crate) struct Variant {
    folder: tempfile::TempDir,
}

impl Variant {
    /// Of the checked-in schema with some texts replaced (file, before, after) and some files added (file, text).
    pub(crate) fn new(changes: &[(&str, &str, &str)], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = workspace();
        for part in ["schema", "templates"] {
            copy(&from.join(part), &folder.path().join(part));
        }
        std::fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        for (file, text) in files {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        for (file, before, after) in changes {
            let at = folder.path().join(file);
            let text = std::fs::read_to_string(&at).unwrap();
            assert!(text.contains(before), "{file} has no {before}");
            std::fs::write(&at, text.replacen(before, after, 1)).unwrap();
        }
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let arguments = ["cargo codegen", "--root", folder.path().to_str().unwrap(), "generate"];
        let status = connectwise_codegen::cli::run(arguments, &mut out, &mut errors);
        assert_eq!(status, 0, "{}", String::from_utf8_lossy(&errors));
        Self { folder }
    }

    /// The folder that holds `generated`.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The gold tables, in the order in which they are built.
    pub(crate) fn tables(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("generated/src/gold.rs")).unwrap();
        let named = text.split("GoldTable {\n").skip(1).filter_map(|part| part.split('"').nth(1));
        named.map(ToOwned::to_owned).collect()
    }

    /// A session over the scene's silver in which gold is what this variant's statements make of it.
    pub(crate) async fn session(&self, scene: &Scene, business_date: &str) -> SessionContext {
        let context = catalog::register(&scene.lake).await.unwrap();
        for table in self.tables() {
            let file = self.folder.path().join(format!("generated/sql/datafusion/{table}.sql"));
            let sql = std::fs::read_to_string(file).unwrap().replace("${businessDate}", business_date);
            let frame = context.sql(&sql).await.unwrap_or_else(|error| panic!("{table}: {error}"));
            // A plan and its rows need not agree on what can't be null.
            let fields = frame.schema().as_arrow().fields().iter();
            let schema =
                Arc::new(Schema::new(fields.map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<_>>()));
            let rows = frame.collect().await.unwrap_or_else(|error| panic!("{table}: {error}"));
            let rows = rows.iter().map(|batch| cast_to_schema(batch, &schema).unwrap()).collect();
            let made = MemTable::try_new(schema, vec![rows]).unwrap();
            catalog::show(&context, "gold", &table, Arc::new(made)).unwrap();
        }
        context
    }
}

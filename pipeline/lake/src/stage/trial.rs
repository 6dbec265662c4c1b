//! Trial of staging: shows before a run whether it will work.

use super::super::Lakehouse;
use super::super::error::{Error, Result};
use super::super::staged_file::Format;
use super::{Stage, StageConfig, private_folder};
use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::path::PathBuf;
use std::sync::Arc;

impl Stage {
    /// Stages a few rows as a run does, in files of its own and in kept ones, and reads them back.
    ///
    /// Nothing is left behind. Returns the lakehouse's staging folder.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Query`] as a run would meet them.
    pub async fn try_out(lake: &Lakehouse, config: &StageConfig) -> Result<PathBuf> {
        config.check()?;
        let own = config.place(lake);
        let id = uuid::Uuid::new_v4().simple().to_string();
        let stage = Self::below(&own, &id, config)?;
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("number", DataType::Int64, true)]));
        let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(vec![1, 2]))]);
        let rows = rows.map_err(Error::query)?;
        let kept = own.join(config.kept).join(format!("trial-{id}"));
        private_folder(&kept)?;
        let write = async {
            for mut file in [
                stage.file("trial", Format::Parquet, &schema),
                stage.kept_file(kept.join("trial.arrow"), Format::Arrow, &schema),
            ] {
                file.write(&rows)?;
                file.finish()?;
                let read = match file.read(lake.context()).await? {
                    Some(frame) => frame.count().await.map_err(Error::query)?,
                    None => 0,
                };
                if read != rows.num_rows() {
                    let text = format!("{read} rows were read in the place of {}", rows.num_rows());
                    return Err(Error::io(format!("staging in {}", own.display()), std::io::Error::other(text)));
                }
            }
            Ok(())
        };
        let written = write.await;
        let removed = std::fs::remove_dir_all(&kept);
        written?;
        removed.map_err(|error| Error::io(format!("removing {}", kept.display()), error))?;
        Ok(own)
    }
}

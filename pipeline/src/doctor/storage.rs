//! Checks of the storage: what a run does with it, in trial locations that are removed again.

use super::{Check, one_line};
use crate::catalog;
use crate::client::DataSource;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, ResultExt as _, Table};
use crate::run;
use crate::run::source::require_same;
use crate::staging;
use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use deltalake::logstore::object_store::{ObjectStore, ObjectStoreExt as _};
use futures::TryStreamExt as _;
use std::sync::Arc;

/// The checks of the storage after the first, in the order in which they build on each other.
const STEPS: [&str; 4] = ["lock", "commit", "tables", "source"];
/// The trial table: the one beside which a lakehouse's lock lies.
const TRIAL: (&str, &str) = ("meta", crate::run::meta::RUN);

pub(super) async fn all(lake: Result<Lakehouse>, source: Option<DataSource>, checks: &mut Vec<Check>) {
    let place = "check --lakehouse or CW_LAKEHOUSE, and the rights there";
    let lake = match lake {
        Ok(lake) => lake,
        Err(error) => {
            checks.push(Check::failed("storage", one_line(&error), place));
            checks.extend(STEPS.map(|step| Check::skipped(step, "there is no storage")));
            return checks.push(Check::skipped("staging", "there is no storage"));
        }
    };
    // Folders that the trial creates go with it; removal fails where something is in them, as it should.
    let folder = lake.root().to_file_path().ok().filter(|folder| !folder.is_dir());
    match lake.check_writable().await {
        Err(error) => {
            checks.push(Check::failed("storage", one_line(&error), place));
            checks.extend(STEPS.map(|step| Check::skipped(step, "there is no storage")));
        }
        Ok(_) => {
            let login = lake.credential().map(|credential| format!(", with {credential}")).unwrap_or_default();
            checks.push(Check::well("storage", format!("{} can be written{login}", lake.display())));
            commit(&lake, checks).await;
            checks.push(tables(&lake).await);
            checks.push(whose_data(&lake, source).await);
        }
    }
    let _ = folder.map(std::fs::remove_dir);
    let advice = "set CW_STAGING to a folder on a local disk that can be written and has room";
    checks.push(match staging::try_out(&lake).await {
        Ok(folder) => Check::well("staging", format!("{} can be written and read", folder.display())),
        Err(error) => Check::failed("staging", one_line(&error), advice),
    });
}

/// Takes a lock, and commits to a table under it.
async fn commit(lake: &Lakehouse, checks: &mut Vec<Check>) {
    const ADVICE: &str = "check the rights there: a run creates, replaces and deletes files. Mounted storage may lack what \
                          commits need: use its address, abfss://<workspace>@onelake.dfs.fabric.microsoft.com/<item>.\
                          Lakehouse/Tables";
    let outcome = async {
        let trial = lake.below(&format!("_doctor-{}", uuid::Uuid::new_v4().simple()))?;
        let done = run::locked(&trial, "doctor", async { Ok(rows(&trial).await) }).await;
        let removed = remove(&trial).await;
        done.map(|committed| committed.and(removed))
    };
    match outcome.await {
        Ok(Ok(())) => {
            checks.push(Check::well("lock", "was taken and given back"));
            checks.push(Check::well("commit", "a table was made, written and read"));
        }
        Ok(Err(error)) => {
            checks.push(Check::well("lock", "was taken"));
            checks.push(Check::failed("commit", one_line(&error), ADVICE));
        }
        Err(error) => {
            checks.push(Check::failed("lock", one_line(&error), ADVICE));
            checks.push(Check::skipped("commit", "there is no lock"));
        }
    }
}

/// Creates a table, appends to it, replaces its content, and reads it.
async fn rows(lake: &Lakehouse) -> Result<()> {
    let (layer, name) = TRIAL;
    let schema = Arc::new(Schema::new(vec![Field::new("number", DataType::Int64, true)]));
    const ACTION: &str = "trying it out";
    let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(vec![1, 2]))]);
    let rows = rows.on(layer, name, ACTION)?;
    let frame = || lake.context().read_batch(rows.clone()).on(layer, name, ACTION);
    let mut table = Table::create_or_evolve(lake, layer, name, &schema).await?;
    table.append(frame()?, 2).await?;
    table.overwrite(frame()?, Some(2), &[]).await?;
    let read = lake.open(layer, name).await?.ok_or("it is not there after it was written").on(layer, name, ACTION)?;
    let found = read.frame()?.count().await.on(layer, name, ACTION)?;
    if found == 2 {
        Ok(())
    } else {
        Err(Error::table(layer, name, ACTION, format!("{found} rows were read in the place of 2")))
    }
}

/// Removes everything that a trial wrote.
async fn remove(trial: &Lakehouse) -> Result<()> {
    let (layer, name) = TRIAL;
    if let Ok(folder) = trial.root().to_file_path() {
        return std::fs::remove_dir_all(&folder)
            .map_err(|error| Error::io(format!("removing the trial folder {}", folder.display()), error));
    }
    let files = trial.files(layer, name)?;
    let found: Vec<_> = files.list(None).try_collect().await.on(layer, name, "deleting what was tried out")?;
    for file in found {
        files.delete(&file.location).await.on(layer, name, "deleting what was tried out")?;
    }
    Ok(())
}

async fn tables(lake: &Lakehouse) -> Check {
    let known = catalog::known_tables();
    let (mut there, mut broken) = (0, None);
    for table in known {
        match lake.open(table.layer, table.name).await {
            Ok(Some(_)) => there += 1,
            Ok(None) => {}
            Err(error) => broken = broken.or(Some(one_line(&error))),
        }
    }
    match broken {
        Some(reason) => Check::failed("tables", reason, "see which files are missing or can't be read"),
        None if there == 0 => Check::well("tables", "none yet: the first run makes them"),
        None => Check::well("tables", format!("{there} of {} are there and can be read", known.len())),
    }
}

/// Checks that the lakehouse holds the data of the source that a run would read.
async fn whose_data(lake: &Lakehouse, source: Option<DataSource>) -> Check {
    let Some(source) = source else { return Check::skipped("source", "the address is missing") };
    match require_same(lake, &source, false).await {
        Ok(()) => Check::well("source", format!("the lakehouse takes the data of {source}")),
        Err(error) => Check::failed("source", one_line(&error), "name the lakehouse of this source with --lakehouse"),
    }
}

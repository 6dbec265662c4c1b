//! The items beside model and report: lakehouse, notebooks and pipeline; and what the deployment reads.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::json;

use crate::fabric::file::FabricFile;
use crate::fabric::ids;
use crate::fabric::notebook::{Kernel, notebook};
use crate::fabric::transform::{self, Step};
use crate::files::GeneratedFiles;
use crate::gold::load::Model;
use crate::inputs::Inputs;
use crate::report::{Problem, Problems};

/// The folder of the templates, relative to the workspace root.
const TEMPLATES: &str = "templates/fabric";

/// What templates may name.
#[derive(Serialize)]
struct Context<'a> {
    workspace: &'a str,
    lakehouse: &'a str,
    endpoint: &'a str,
    server: &'a str,
    /// The reporting time zone.
    zone: &'a str,
    /// The loop that builds silver and gold on Spark, as Python.
    build_loop: String,
    /// What it builds, in order.
    steps: Vec<Step>,
}

/// The items' files but for `.platform`; statements are among the files that are made so far.
pub(super) fn files(inputs: &Inputs, gold: &Model, made: &GeneratedFiles, problems: &mut Problems) -> Vec<FabricFile> {
    let settings = gold.dimensions.iter().flat_map(|dimension| &dimension.settings);
    let zone = settings.filter(|(name, _)| name == "timeZone").map(|(_, zone)| zone.as_str()).next();
    let context = Context {
        workspace: ids::WORKSPACE,
        lakehouse: ids::LAKEHOUSE,
        endpoint: ids::SQL_ENDPOINT_ID,
        server: ids::SQL_ENDPOINT,
        zone: zone.unwrap_or("UTC"),
        build_loop: transform::build_loop(inputs, problems),
        steps: transform::steps(made, problems),
    };
    let mut text = |name: &str| render(inputs, name, &context, problems);
    let nightly = text("nightly.py.j2");
    let spark = text("transform.py.j2");
    vec![
        FabricFile::new("config.yml", text("config.yml.j2")),
        FabricFile::new("parameter.yml", text("parameter.yml.j2")),
        FabricFile::new("README.md", text("README.md.j2")),
        // With a default schema, the lakehouse has schemas.
        FabricFile::new("ConnectWise.Lakehouse/lakehouse.metadata.json", "{\"defaultSchema\":\"dbo\"}"),
        notebook("Nightly", Kernel::Python, &nightly),
        notebook("Transform", Kernel::Spark, &spark),
        pipeline(),
        schedule(),
        project(),
    ]
}

/// The project that Power BI Desktop opens.
fn project() -> FabricFile {
    let project = json!({
        "$schema": "https://developer.microsoft.com/json-schemas/fabric/pbip/pbipProperties/1.0.0/schema.json",
        "version": "1.0",
        "artifacts": [{ "report": { "path": "ConnectWise.Report" } }],
        "settings": { "enableAutoRecovery": true }
    });
    FabricFile::json("ConnectWise.pbip", &project)
}

/// The pipeline: one activity that runs the notebook.
fn pipeline() -> FabricFile {
    let content = json!({
        "properties": {
            "activities": [{
                "name": "Nightly",
                "type": "TridentNotebook",
                "dependsOn": [],
                "policy": {
                    "timeout": "0.12:00:00",
                    // What a run that was cut off had stored is used by the next.
                    "retry": 1,
                    "retryIntervalInSeconds": 900,
                    "secureInput": false,
                    "secureOutput": false
                },
                "typeProperties": {
                    "notebookId": ids::id("item/Nightly.Notebook"),
                    // Zeros stand for the workspace that the pipeline is in.
                    "workspaceId": "00000000-0000-0000-0000-000000000000",
                    "parameters": {
                        "mode": { "value": "incremental", "type": "string" },
                        "key_vault": { "value": "", "type": "string" },
                        // In a pipeline, %pip does nothing without it.
                        "_inlineInstallationEnabled": { "value": true, "type": "bool" }
                    }
                }
            }]
        }
    });
    FabricFile::json("Nightly.DataPipeline/pipeline-content.json", &content)
}

/// When the pipeline runs; a schedule has to have an end. Fabric calls zones as Windows does: Atlantic/Reykjavik is Greenwich Standard Time there.
fn schedule() -> FabricFile {
    let schedules = json!({
        "$schema": "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/schedules/1.0.0/schema.json",
        "schedules": [{
            "enabled": true,
            "jobType": "Execute",
            "configuration": {
                "type": "Daily",
                "startDateTime": "2026-01-01T00:00:00",
                "endDateTime": "2035-12-31T23:59:00",
                "localTimeZoneId": "Greenwich Standard Time",
                "times": ["04:00"]
            }
        }]
    });
    FabricFile::json("Nightly.DataPipeline/.schedules", &schedules)
}

fn render(inputs: &Inputs, name: &str, context: &Context<'_>, problems: &mut Problems) -> String {
    let file = format!("{TEMPLATES}/{name}");
    let template = inputs.text(&file, problems);
    let rendered = environment().and_then(|environment| environment.render_named_str(name, template, Serde(context)));
    match rendered {
        Ok(text) => text,
        Err(error) => {
            let problem = Problem::new(file, "", format!("the template can't be rendered: {error}"))
                .fix("correct the template where the message says");
            problems.push(problem.place(error.line().unwrap_or(0) as u64, 1));
            String::new()
        }
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build()?);
    // Their endings name languages; none of them is HTML.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    Ok(environment)
}

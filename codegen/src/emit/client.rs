//! `generated/src/client.rs`: the GET operations of the entities, by progenitor.
//!
//! progenitor gets a small document with the selected operations only: it refuses the whole spec for two broken path
//! templates. Answers are raw byte streams, which is what the decoder reads.

use std::fmt::Write as _;

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle, space_out_items};
use serde_json::{Map, Value, json};

use crate::files::GeneratedFiles;
use crate::ir::{Ir, Kind, Parameter};
use crate::report::{Problem, Problems};

use super::text::header;

/// Emits the client.
pub(crate) fn emit(ir: &Ir, spec_file: &str, files: &mut GeneratedFiles, problems: &mut Problems) {
    if ir.operations.is_empty() {
        return;
    }
    match text(ir) {
        Ok(text) => {
            files.add_module("client", "The GET operations of the entities' endpoints.");
            let _ = files.insert("generated/src/client.rs", text);
        }
        Err(error) => problems.push(
            Problem::new(spec_file, "/paths", format!("the client can't be made: {error}"))
                .why("an operation of an entity's endpoint has a form that the client generator refuses")
                .fix(
                    "look at the operation that it names; remove the entity from schema/entities.yaml to go on without",
                ),
        ),
    }
}

fn text(ir: &Ir) -> Result<String, String> {
    let document: openapiv3::OpenAPI =
        serde_json::from_value(document(ir)).map_err(|error| format!("an operation is no OpenAPI: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Positional).with_tag(TagStyle::Merged);
    let tokens = Generator::new(&settings).generate_tokens(&document).map_err(|error| error.to_string())?;
    let file: syn::File = syn::parse2(tokens).map_err(|error| format!("what was generated is no Rust: {error}"))?;
    let body = space_out_items(prettyplease::unparse(&file)).map_err(|error| error.to_string())?;
    let mut out = header("/paths");
    out.push_str(
        "//! The GET operations of the entities' endpoints, each with a raw stream of bytes as its answer.\n//!\n",
    );
    for operation in &ir.operations {
        let _ = writeln!(out, "//! - `{}`", operation.path);
    }
    out.push('\n');
    out.push_str(&body);
    Ok(out)
}

/// The selected operations as a document of their own. Every answer is a stream of bytes.
fn document(ir: &Ir) -> Value {
    let mut paths = Map::new();
    for operation in &ir.operations {
        let parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
        let answer = json!({ "description": "OK", "content": { "application/octet-stream": {} } });
        let get = json!({
            "operationId": operation.id,
            "summary": operation.summary,
            "parameters": parameters,
            "responses": { "200": answer },
        });
        paths.insert(operation.path.clone(), json!({ "get": get }));
    }
    json!({
        "openapi": "3.0.1",
        "info": { "title": "the ConnectWise PSA REST API, read side", "version": ir.version },
        "paths": paths,
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Kind::Int => json!({ "type": "integer", "format": "int64" }),
        Kind::Float => json!({ "type": "number", "format": "double" }),
        Kind::Bool => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    };
    let place = if parameter.in_path { "path" } else { "query" };
    json!({ "name": parameter.name, "in": place, "required": parameter.required, "schema": schema })
}

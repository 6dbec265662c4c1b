//! `generated/src/client.rs`: the GET operations of the entities, by progenitor.
//!
//! progenitor gets a small document with the selected operations only: it refuses the whole spec for two broken path
//! templates, and answers of the vendor's media type become a raw byte stream, which is what the decoder reads.

use std::fmt::Write as _;

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle, space_out_items};
use serde_json::{Map, Value, json};

use crate::files::GeneratedFiles;
use crate::ir::Ir;
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

/// The selected operations as a document of their own. The header clientId is left out: it is a credential, and the
/// HTTP client below sends it with every request.
fn document(ir: &Ir) -> Value {
    let mut paths = Map::new();
    for operation in &ir.operations {
        let mut get = operation.get.clone();
        if let Some(get) = get.as_object_mut() {
            get.insert("summary".to_owned(), json!(operation.summary));
            if let Some(parameters) = get.get_mut("parameters").and_then(Value::as_array_mut) {
                parameters.retain(|parameter| parameter.get("in") != Some(&json!("header")));
            }
            for media in contents(get) {
                media.remove("schema");
            }
        }
        paths.insert(operation.path.clone(), json!({ "get": get }));
    }
    json!({
        "openapi": "3.0.1",
        "info": { "title": "the ConnectWise PSA REST API, read side", "version": ir.version },
        "paths": paths,
    })
}

fn contents(get: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let responses = get.get_mut("responses").and_then(Value::as_object_mut);
    responses
        .into_iter()
        .flat_map(|responses| responses.values_mut())
        .filter_map(|response| response.get_mut("content")?.as_object_mut())
        .flat_map(|content| content.values_mut())
        .filter_map(Value::as_object_mut)
}

//! `generated/src/client.rs`: the operations that serve single requests, by progenitor.
//!
//! progenitor gets a small document with the selected operations only: it refuses the whole spec for two broken path
//! templates. An operation returns a model. What sends the requests is the client's inner type, a transport, to which
//! the client's hooks hand them.

use std::fmt::Write as _;
use std::iter;

use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, space_out_items};
use serde_json::{Map, Value, json};

use crate::files::GeneratedFiles;
use crate::ir::{Entity, Ir, Kind, Operation, Parameter, Returns};
use crate::lower::naming;
use crate::report::{Problem, Problems};

use super::model::Models;
use super::text::header;

/// What sends the requests.
const INNER: &str = "std::sync::Arc<dyn connectwise_runtime::transport::Transport>";

/// What no model is called, for it is the answer of a count.
const COUNT: &str = "Count";

/// Emits the client.
pub(crate) fn emit(ir: &Ir, models: &Models, spec_file: &str, files: &mut GeneratedFiles, problems: &mut Problems) {
    if ir.operations.is_empty() {
        return;
    }
    match text(ir, models) {
        Ok(text) => {
            files.add_module("client", "The operations that serve single requests.");
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

fn text(ir: &Ir, models: &Models) -> Result<String, String> {
    let (document, returned) = document(ir, models);
    let document: openapiv3::OpenAPI =
        serde_json::from_value(document).map_err(|error| format!("an operation is no OpenAPI: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Positional).with_tag(TagStyle::Merged).with_hooks(HooksMode::Expected);
    settings.with_inner_type(INNER.parse().map_err(|error| format!("{INNER}: {error}"))?);
    for name in returned {
        let path = if name == COUNT { "Count".to_owned() } else { format!("super::models::{name}") };
        settings.with_replacement(name, path, iter::empty());
    }
    let tokens = Generator::new(&settings).generate_tokens(&document).map_err(|error| error.to_string())?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| format!("what was generated is no Rust: {error}"))?;
    tidy(&mut file);
    let operations: String = ir.entities.iter().filter_map(|entity| operations_of(entity, ir, models, &file)).collect();
    let body = space_out_items(prettyplease::unparse(&file)).map_err(|error| error.to_string())?;
    let mut out = header("/paths");
    out.push_str("//! The operations that serve single requests: counts, and the server's version.\n");
    out.push_str("//!\n//! Lists and their records are read page by page and have no operation.\n//!\n");
    for operation in &ir.operations {
        let _ = writeln!(out, "//! - `{}`", operation.path);
    }
    out.push_str("\nuse connectwise_runtime::Entity;\nuse connectwise_runtime::transport::{self, Count};\n\n");
    out.push_str(&body);
    out.push_str(HOOKS);
    out.push_str(&operations);
    Ok(out)
}

/// Removes what has no user: types of operations that none has, a prelude, and the constructor that makes an HTTP
/// client of its own, or panics.
fn tidy(file: &mut syn::File) {
    file.items.retain(|item| !matches!(item, syn::Item::Mod(_)));
    for item in &mut file.items {
        if let syn::Item::Impl(block) = item {
            block.items.retain(|item| !matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == "new"));
        }
    }
}

/// What follows the client: its hooks, and the operations by the type of a record.
const HOOKS: &str = "
/// Hands every request to the transport.
impl ClientHooks<std::sync::Arc<dyn transport::Transport>> for Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        Ok(transport::exec(self.inner().as_ref(), request, info.operation_id).await)
    }
}

/// An entity whose records the API counts.
pub trait Operations: Entity {
    /// Counts the records under these conditions.
    fn count(client: &Client, conditions: Conditions<'_>) -> impl Future<Output = Result<ResponseValue<Count>, Error<()>>> + Send;
}

/// The conditions of a count: on records, on what they hold lists of, and on their custom fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions<'a> {
    /// `conditions`.
    pub own: Option<&'a str>,
    /// `childConditions`.
    pub child: Option<&'a str>,
    /// `customFieldConditions`.
    pub custom_field: Option<&'a str>,
}
";

/// The operations of an entity under its type: none where the spec lacks one, or its path names a parent.
fn operations_of(entity: &Entity, ir: &Ir, models: &Models, made: &syn::File) -> Option<String> {
    let name = models.of_entity(ir, entity).filter(|_| entity.parent.is_none())?;
    let returns = Returns::Count(entity.name.clone());
    let operation = ir.operations.iter().find(|operation| operation.returns == returns)?;
    let conditions = [
        ("conditions", "conditions.own"),
        ("childConditions", "conditions.child"),
        ("customFieldConditions", "conditions.custom_field"),
    ];
    let count = call(operation, &conditions, made)?;
    Some(format!(
        "\nimpl Operations for super::models::{name} {{\n    \
         async fn count(client: &Client, conditions: Conditions<'_>) -> Result<ResponseValue<Count>, Error<()>> {{\n        \
         {count}.await\n    }}\n}}\n"
    ))
}

/// The call of an operation with arguments by the names of its parameters; none where it takes others.
///
/// Several arguments are of one type, so that the order is read from the function that was made.
fn call(operation: &Operation, arguments: &[(&str, &str)], made: &syn::File) -> Option<String> {
    let functions = made.items.iter().filter_map(|item| match item {
        syn::Item::Impl(block) => Some(&block.items),
        _ => None,
    });
    let signature = functions.flatten().find_map(|item| match item {
        syn::ImplItem::Fn(function) if function.sig.ident == operation.id => Some(&function.sig),
        _ => None,
    })?;
    let given: Option<Vec<&str>> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            syn::FnArg::Typed(typed) => Some(&*typed.pat),
            syn::FnArg::Receiver(_) => None,
        })
        .map(|pattern| {
            let syn::Pat::Ident(name) = pattern else { return None };
            let given = arguments.iter().find(|(parameter, _)| name.ident == naming::ident(parameter));
            given.map(|(_, argument)| *argument)
        })
        .collect();
    let given = given.filter(|given| given.len() == arguments.len())?;
    Some(format!("client.{}({})", operation.id, given.join(", ")))
}

/// The selected operations as a document of their own, and the types that they return.
fn document(ir: &Ir, models: &Models) -> (Value, Vec<String>) {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for operation in &ir.operations {
        let parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
        let answer = match returned(operation, ir, models) {
            Some(name) => {
                schemas.insert(name.to_owned(), json!({ "type": "object" }));
                json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } })
            }
            None => json!({ "application/octet-stream": {} }),
        };
        let get = json!({
            "operationId": operation.id,
            "summary": operation.summary,
            "parameters": parameters,
            "responses": { "200": { "description": "OK", "content": answer } },
        });
        paths.insert(operation.path.clone(), json!({ "get": get }));
    }
    let returned = schemas.keys().cloned().collect();
    let document = json!({
        "openapi": "3.0.1",
        "info": { "title": "the ConnectWise PSA REST API, read side", "version": ir.version },
        "paths": paths,
        "components": { "schemas": schemas },
    });
    (document, returned)
}

/// The type that an operation returns.
fn returned<'m>(operation: &Operation, ir: &Ir, models: &'m Models) -> Option<&'m str> {
    match &operation.returns {
        Returns::Info => models.of_schema(&ir.info.as_ref()?.schema),
        Returns::Count(_) => Some(COUNT),
    }
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

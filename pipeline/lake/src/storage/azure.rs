//! Builds the store of an Azure container from options and environment.

use super::super::error::{Error, Result};
use super::credentials::{self, Kind, Renewed, Settings};
use super::location::Location;
use super::options::StorageOptions;
use super::reliable::Reliable;
use super::single_delete::SingleDeletes;
use super::transport::{PATIENCE, Traffic, Transport, retries};
use chrono::{DateTime, TimeDelta, Utc};
use deltalake::logstore::object_store::azure::{AzureConfigKey as Key, MicrosoftAzureBuilder};
use deltalake::logstore::object_store::client::HttpConnector as _;
use deltalake::logstore::object_store::{ClientOptions, ObjectStore};
use std::sync::Arc;
use url::Url;

/// Variables of the environment besides `AZURE_…`, by the setting that they stand for.
const FURTHER_VARIABLES: [(&str, Key); 3] =
    [("AZURE_BEARER_TOKEN", Key::Token), ("AZURE_TOKEN", Key::Token), ("IDENTITY_ENDPOINT", Key::MsiEndpoint)];
/// Account of OneLake.
const ONELAKE: &str = "onelake";

/// Store that was opened, with what is known about it.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) traffic: Arc<Traffic>,
    pub(super) credential: String,
    pub(super) ends: Option<DateTime<Utc>>,
}

/// Opens the container of a URL.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn open(root: &Url, options: &StorageOptions) -> Result<Opened> {
    let location = Location::parse(root)?;
    let (given, environment) = (settings(options)?, environment());
    let value = |key: Key| given.get(&key).or_else(|| environment.get(&key)).map(|(_, value)| value.clone());
    let refused = |error: &dyn std::fmt::Display| Error::Usage(format!("the lakehouse {root}: {error}"));

    let account = location.account.clone().or_else(|| value(Key::AccountName));
    let endpoint = value(Key::Endpoint).or_else(|| location.endpoint.clone());
    let is_emulator = value(Key::UseEmulator).is_some_and(|value| credentials::is_on(&value));
    let transport = Transport::default();
    let patience = options.patience().unwrap_or(PATIENCE);
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(&location.container)
        .with_use_fabric_endpoint(location.is_fabric)
        .with_http_connector(transport.clone())
        .with_retry(retries(patience));
    if let Some(account) = &account {
        builder = builder.with_account(account);
    } else if !is_emulator {
        return Err(refused(
            &"the storage account is not named: set AZURE_STORAGE_ACCOUNT_NAME, or write \
              abfss://<container>@<account>.dfs.core.windows.net/<path>",
        ));
    }
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let all = || given.iter().chain(environment.iter().filter(|(key, _)| !given.contains_key(*key)));
    let mut client = ClientOptions::new();
    for (key, (_, value)) in all() {
        match key {
            Key::Client(key) => client = client.with_config(*key, value.clone()),
            Key::UseEmulator | Key::SkipSignature | Key::DisableTagging => {
                builder = builder.with_config(*key, value.clone());
            }
            _ => {}
        }
    }
    builder = builder.with_client_options(client.clone());

    let (mut credential, mut ends) = ("the emulator's key".to_owned(), None);
    if let Some(tokens) = options.tokens() {
        builder = builder.with_credentials(Arc::new(Renewed::new(Arc::clone(tokens))));
        credential = "tokens of the calling program".to_owned();
    } else {
        let kind = match credentials::choose(&given, &environment, location.is_fabric && !is_emulator) {
            Ok(kind) => Some(kind),
            Err(_) if is_emulator || value(Key::SkipSignature).is_some_and(|value| credentials::is_on(&value)) => None,
            Err(error) => return Err(error),
        };
        if let Some(kind) = kind {
            for key in kind.keys().iter().chain(kind.optional_keys()) {
                if let Some(value) = value(*key) {
                    builder = builder.with_config(*key, value);
                }
            }
            if matches!(kind, Kind::Token | Kind::Sas | Kind::AccessKey) {
                transport.traffic.set_lasting();
            }
            credential = credentials::describe(kind, &given, &environment);
            ends = (kind == Kind::Token)
                .then(|| value(Key::Token))
                .flatten()
                .and_then(|token| credentials::end_of(&token));
        }
    }
    if let Some(end) = ends {
        credentials::check_end(end, Utc::now(), TimeDelta::zero())?;
    }
    let azure = Arc::new(builder.build().map_err(|error| refused(&error))?);
    let deletes = if location.is_fabric && !is_emulator {
        let service = endpoint
            .unwrap_or_else(|| format!("https://{}.blob.fabric.microsoft.com", account.as_deref().unwrap_or(ONELAKE)));
        let mut container = Url::parse(&service).map_err(|error| refused(&error))?;
        if let Ok(mut segments) = container.path_segments_mut() {
            segments.pop_if_empty().push(&location.container);
        }
        let client = transport.connect(&client).map_err(|error| refused(&error))?;
        Some(Arc::new(SingleDeletes { azure: Arc::clone(&azure), client, container, patience }))
    } else {
        None
    };
    Ok(Opened { store: Arc::new(Reliable { inner: azure, deletes }), traffic: transport.traffic, credential, ends })
}

/// Settings that options give.
fn settings(options: &StorageOptions) -> Result<Settings> {
    let mut settings = Settings::new();
    for (name, value) in options.pairs() {
        let key: Key = name.parse().map_err(|_| {
            Error::Usage(format!(
                "--storage-option {name}: the storage has no such option. Options are named as in the environment, e.g. \
                 azure_storage_token, azure_client_id or azure_storage_endpoint"
            ))
        })?;
        settings.insert(key, (format!("--storage-option {name}"), value.clone()));
    }
    Ok(settings)
}

/// Settings that the environment gives; empty ones count as not set.
fn environment() -> Settings {
    let mut settings = Settings::new();
    let filled = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    for (name, key) in FURTHER_VARIABLES {
        if let Some(value) = filled(name) {
            settings.insert(key, (name.to_owned(), value));
        }
    }
    let texts = std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
    for (name, value) in texts {
        let key = name.starts_with("AZURE_").then(|| name.to_ascii_lowercase().parse::<Key>().ok()).flatten();
        if let Some(key) = key.filter(|_| !value.is_empty()) {
            settings.insert(key, (name, value));
        }
    }
    settings
}

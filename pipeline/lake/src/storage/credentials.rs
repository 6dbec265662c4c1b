//! Credentials of Azure storage: which one is used, and how long it lasts.
//!
//! Invariant: without a credential nothing is sent, not even to the address at which a virtual machine finds its
//! identity.

use super::super::error::{Error, Result};
use super::options::TokenSource;
use super::single_flight::SingleFlight;
use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use deltalake::logstore::object_store::azure::{AzureConfigKey as Key, AzureCredential};
use deltalake::logstore::object_store::{CredentialProvider, Error as StoreError};
use futures::FutureExt as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Time before its end at which a token is replaced.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Settings of the storage by key, each with the name under which it was given.
pub(super) type Settings = HashMap<Key, (String, String)>;

/// Kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    AzureCli,
    AccessKey,
    Sas,
    Token,
    ClientSecret,
    WorkloadIdentity,
    ManagedIdentity,
    Fabric,
}

impl Kind {
    /// All kinds, the more specific ones first.
    const ALL: [Kind; 8] = [
        Kind::Fabric,
        Kind::AccessKey,
        Kind::Sas,
        Kind::Token,
        Kind::ClientSecret,
        Kind::WorkloadIdentity,
        Kind::ManagedIdentity,
        Kind::AzureCli,
    ];

    /// Settings that it needs.
    pub(super) fn keys(self) -> &'static [Key] {
        match self {
            Kind::AzureCli => &[Key::UseAzureCli],
            Kind::AccessKey => &[Key::AccessKey],
            Kind::Sas => &[Key::SasKey],
            Kind::Token => &[Key::Token],
            Kind::ClientSecret => &[Key::ClientId, Key::ClientSecret, Key::AuthorityId],
            Kind::WorkloadIdentity => &[Key::ClientId, Key::FederatedTokenFile, Key::AuthorityId],
            Kind::ManagedIdentity => &[Key::MsiEndpoint],
            Kind::Fabric => &[
                Key::FabricTokenServiceUrl,
                Key::FabricWorkloadHost,
                Key::FabricSessionToken,
                Key::FabricClusterIdentifier,
            ],
        }
    }

    /// Settings that change what it does, where they are given.
    pub(super) fn optional_keys(self) -> &'static [Key] {
        match self {
            Kind::ManagedIdentity => &[Key::ClientId, Key::ObjectId, Key::MsiResourceId],
            Kind::ClientSecret | Kind::WorkloadIdentity => &[Key::AuthorityHost],
            _ => &[],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::AzureCli => "the login of the az CLI",
            Kind::AccessKey => "the account's key",
            Kind::Sas => "a shared access signature",
            Kind::Token => "a bearer token",
            Kind::ClientSecret => "a service principal with its secret",
            Kind::WorkloadIdentity => "a workload identity",
            Kind::ManagedIdentity => "a managed identity",
            Kind::Fabric => "the token service of Fabric",
        }
    }
}

/// Finds the kind of credential that is given completely: by options, completed by the environment, else by the
/// environment alone. OneLake takes no account keys.
///
/// # Errors
/// [`Error::Usage`] that lists the ways, where there is none.
pub(super) fn choose(options: &Settings, environment: &Settings, is_fabric: bool) -> Result<Kind> {
    let mut kinds = Kind::ALL.into_iter().filter(|kind| !(is_fabric && *kind == Kind::AccessKey));
    let given = |key: &Key| options.contains_key(key) || environment.contains_key(key);
    let is_given = |kind: &Kind| kind.keys().iter().all(given) && !is_off(kind, options, environment);
    let by_options = |kind: &Kind| is_given(kind) && kind.keys().iter().any(|key| options.contains_key(key));
    let found = kinds.clone().find(by_options).or_else(|| kinds.find(is_given));
    found.ok_or_else(|| none(&partly(options, environment)))
}

/// Whether it is a switch that is off.
fn is_off(kind: &Kind, options: &Settings, environment: &Settings) -> bool {
    let value = |key: &Key| options.get(key).or_else(|| environment.get(key)).map(|(_, value)| value.as_str());
    *kind == Kind::AzureCli && value(&Key::UseAzureCli).is_none_or(|value| !is_on(value))
}

/// Whether a switch is on.
pub(super) fn is_on(value: &str) -> bool {
    ["true", "1", "yes", "on"].contains(&value.trim().to_ascii_lowercase().as_str())
}

/// What is missing of a service principal that is given in part.
fn partly(options: &Settings, environment: &Settings) -> String {
    let given = |key: Key| options.contains_key(&key) || environment.contains_key(&key);
    if !given(Key::ClientId) && !given(Key::ClientSecret) {
        return String::new();
    }
    let names = [
        (Key::ClientId, "AZURE_CLIENT_ID"),
        (Key::ClientSecret, "AZURE_CLIENT_SECRET"),
        (Key::AuthorityId, "AZURE_TENANT_ID"),
    ];
    let missing: Vec<_> = names.into_iter().filter(|(key, _)| !given(*key)).map(|(_, name)| name).collect();
    format!(" (of a service principal, {} is missing)", missing.join(" and "))
}

fn none(partly: &str) -> Error {
    Error::Usage(format!(
        "no Azure credentials were found{partly}. Set AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and AZURE_TENANT_ID of a \
         service principal; or AZURE_STORAGE_TOKEN, a bearer token for https://storage.azure.com; or \
         AZURE_FEDERATED_TOKEN_FILE with AZURE_CLIENT_ID and AZURE_TENANT_ID; or AZURE_STORAGE_SAS_TOKEN; or \
         AZURE_STORAGE_ACCOUNT_KEY, which OneLake does not take; or IDENTITY_ENDPOINT of a managed identity; or \
         AZURE_USE_AZURE_CLI=true after `az login`. Each may be given as --storage-option KEY=VALUE, too"
    ))
}

/// Describes a credential without its secret, by the names of the settings that gave it.
pub(super) fn describe(kind: Kind, options: &Settings, environment: &Settings) -> String {
    let names: Vec<&str> = kind
        .keys()
        .iter()
        .filter_map(|key| options.get(key).or_else(|| environment.get(key)).map(|(name, _)| name.as_str()))
        .collect();
    format!("{} ({})", kind.name(), names.join(", "))
}

/// Instant at which a token ends, where it is a JWT that says so.
pub(super) fn end_of(token: &str) -> Option<DateTime<Utc>> {
    let claims = token.split('.').nth(1)?.trim_end_matches('=');
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    DateTime::from_timestamp(claims.get("exp")?.as_i64()?, 0)
}

/// Checks that a token is valid for so long from now on.
///
/// # Errors
/// [`Error::Usage`] that says when it ends.
pub(super) fn check_end(end: DateTime<Utc>, now: DateTime<Utc>, needed: TimeDelta) -> Result<()> {
    let left = end - now;
    if left >= needed {
        return Ok(());
    }
    let at = end.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let advice = "get a new one, or use a credential that is renewed, such as a service principal";
    Err(Error::Usage(if left <= TimeDelta::zero() {
        format!("the bearer token for the storage ended at {at}: {advice}")
    } else {
        format!(
            "the bearer token for the storage ends at {at}, in {} minutes, and this needs {}: {advice}",
            left.num_minutes(),
            needed.num_minutes()
        )
    }))
}

/// Token, with its end where that is known.
type Token = (Arc<AzureCredential>, Option<DateTime<Utc>>);

/// Provider of tokens from a source, which is asked again shortly before a token ends.
pub(super) struct Renewed {
    source: TokenSource,
    current: Arc<Mutex<Option<Token>>>,
    asking: SingleFlight<(), Token>,
}

impl Renewed {
    pub(super) fn new(source: TokenSource) -> Self {
        Self { source, current: Arc::default(), asking: SingleFlight::default() }
    }

    /// The current token, where it lasts.
    fn current(&self) -> Option<Token> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(|(_, end)| end.is_none_or(|end| Utc::now() + MARGIN < end))
    }
}

impl std::fmt::Debug for Renewed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renewed").finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialProvider for Renewed {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> Result<Arc<AzureCredential>, StoreError> {
        if let Some((credential, _)) = self.current() {
            return Ok(credential);
        }
        let (source, current) = (Arc::clone(&self.source), Arc::clone(&self.current));
        let ask = || {
            let ask = async move {
                let token = source().await.map_err(|source| StoreError::Generic { store: "MicrosoftAzure", source })?;
                let end = end_of(&token);
                let token = (Arc::new(AzureCredential::BearerToken(token)), end);
                *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                Ok(token)
            };
            ask.boxed()
        };
        Ok(self.asking.get((), || self.current(), ask).await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn settings(names: &[(&str, Key)]) -> Settings {
        names.iter().map(|(name, key)| (*key, ((*name).to_owned(), "true".to_owned()))).collect()
    }

    fn jwt(end: DateTime<Utc>) -> String {
        let claims = serde_json::json!({ "exp": end.timestamp() }).to_string();
        format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_credential_is_the_one_that_is_given_completely() {
        let none = Settings::new();
        let principal = [
            ("AZURE_CLIENT_ID", Key::ClientId),
            ("AZURE_CLIENT_SECRET", Key::ClientSecret),
            ("AZURE_TENANT_ID", Key::AuthorityId),
        ];
        let key = ("AZURE_STORAGE_ACCOUNT_KEY", Key::AccessKey);
        let token = ("token", Key::Token);
        let both: Vec<_> = principal.into_iter().chain([key]).collect();
        let chosen = |options: &[_], environment: &[_], is_fabric| {
            choose(&settings(options), &settings(environment), is_fabric).unwrap()
        };
        assert_eq!(chosen(&[], &both, false), Kind::AccessKey);
        assert_eq!(chosen(&[], &both, true), Kind::ClientSecret, "OneLake takes no keys");
        assert_eq!(chosen(&[token], &both, false), Kind::Token, "an option comes before the environment");
        assert_eq!(chosen(&principal[1..2], &both, false), Kind::ClientSecret, "the environment completes an option");
        let described = describe(Kind::ClientSecret, &none, &settings(&principal));
        assert!(described.contains("AZURE_CLIENT_SECRET") && !described.contains("true"), "{described}");
        let refused = choose(&none, &settings(&principal[..2]), true).unwrap_err().to_string();
        assert!(refused.contains("AZURE_TENANT_ID is missing") && refused.contains("AZURE_USE_AZURE_CLI"), "{refused}");
        let off = Settings::from([(Key::UseAzureCli, ("AZURE_USE_AZURE_CLI".to_owned(), "false".to_owned()))]);
        assert!(choose(&none, &off, true).is_err());
    }

    #[test]
    fn a_token_that_ends_too_soon_is_refused() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let end = end_of(&jwt(now + TimeDelta::minutes(7))).unwrap();
        check_end(end, now, TimeDelta::minutes(7)).unwrap();
        let soon = check_end(end, now, TimeDelta::minutes(10)).unwrap_err().to_string();
        assert!(soon.contains("in 7 minutes") && soon.contains("needs 10"), "{soon}");
        let over = check_end(end, now + TimeDelta::hours(1), TimeDelta::zero()).unwrap_err().to_string();
        assert!(over.contains("ended at 2027-01-15T08:07:00Z"), "{over}");
        assert_eq!(end_of("opaque"), None);
    }

    #[tokio::test]
    async fn a_source_is_asked_again_before_its_token_ends() {
        let asked = Arc::new(AtomicUsize::new(0));
        let source: TokenSource = {
            let asked = Arc::clone(&asked);
            Arc::new(move || {
                let minutes = if asked.fetch_add(1, Ordering::Relaxed) == 0 { 4 } else { 60 };
                async move { Ok(jwt(Utc::now() + TimeDelta::minutes(minutes))) }.boxed()
            })
        };
        let renewed = Renewed::new(source);
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(renewed.get_credential().await.unwrap());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2, "the first lasts less than the margin, the second longer");
        assert!(tokens[0] != tokens[1] && tokens[1] == tokens[2]);
    }
}

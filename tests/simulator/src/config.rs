//! How a simulator is set up: how much data, from which seed, at what time, for which login.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::faults::Faults;

/// How many records a base population holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Companies.
    pub companies: u32,
    /// Members.
    pub members: u32,
    /// Agreements.
    pub agreements: u32,
    /// Time entries.
    pub time_entries: u32,
    /// Expense entries.
    pub expenses: u32,
    /// Product items.
    pub products: u32,
    /// Invoices, whether open, waiting or posted.
    pub invoices: u32,
}

/// How much data there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// About 5,000 time entries.
    #[default]
    Small,
    /// About 100,000 time entries.
    Medium,
    /// About 1,000,000 time entries.
    Large,
    /// So many. All zero is an empty world for records of one's own.
    Custom(Counts),
}

impl Scale {
    /// The populations of this scale.
    pub const fn counts(self) -> Counts {
        match self {
            Self::Small => Counts {
                companies: 60,
                members: 25,
                agreements: 80,
                time_entries: 5_000,
                expenses: 400,
                products: 600,
                invoices: 300,
            },
            Self::Medium => Counts {
                companies: 600,
                members: 100,
                agreements: 900,
                time_entries: 100_000,
                expenses: 10_000,
                products: 20_000,
                invoices: 5_000,
            },
            Self::Large => Counts {
                companies: 2_000,
                members: 300,
                agreements: 3_000,
                time_entries: 1_000_000,
                expenses: 100_000,
                products: 200_000,
                invoices: 50_000,
            },
            Self::Custom(counts) => counts,
        }
    }
}

impl FromStr for Scale {
    type Err = UnknownScale;

    fn from_str(text: &str) -> Result<Self, UnknownScale> {
        match text.to_ascii_lowercase().as_str() {
            "small" => Ok(Self::Small),
            "medium" => Ok(Self::Medium),
            "large" => Ok(Self::Large),
            _ => Err(UnknownScale(text.to_owned())),
        }
    }
}

/// The text names no scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scale: use small, medium or large")]
pub struct UnknownScale(String);

/// How a simulator is set up.
#[derive(Clone)]
pub struct Config {
    /// How much data there is.
    pub scale: Scale,
    /// What the data is made from: the same seed, scale and clock give the same bytes.
    pub seed: u64,
    /// The time at which the simulator's own clock starts; it moves only by [`World::advance`](crate::World::advance).
    pub clock: DateTime<Utc>,
    /// The user name of the one login, `<company>+<public key>`.
    pub username: String,
    /// The password of the one login, the private key.
    pub password: String,
    /// The client id that requests must carry.
    pub client_id: String,
    /// How many time entries carry a value that fits no type.
    pub misfits: u32,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The switches to start with.
    pub faults: Faults,
}

impl Config {
    /// The default set-up at a scale.
    pub fn at_scale(scale: Scale) -> Self {
        Self { scale, ..Self::default() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            scale: Scale::Small,
            seed: 2025,
            // 2026-01-05T06:00:00Z, a Monday.
            clock: DateTime::from_timestamp(1_767_592_800, 0).unwrap_or(DateTime::UNIX_EPOCH),
            username: "demo+public".to_owned(),
            password: "demo-private".to_owned(),
            client_id: "00000000-0000-4000-8000-000000000001".to_owned(),
            misfits: 0,
            port: 0,
            faults: Faults::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("scale", &self.scale)
            .field("seed", &self.seed)
            .field("clock", &self.clock)
            .field("username", &self.username)
            .field("password", &"***")
            .field("misfits", &self.misfits)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

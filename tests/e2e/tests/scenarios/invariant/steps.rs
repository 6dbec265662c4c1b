//! What can happen in a history: the steps, and how they are drawn.

use connectwise_etl::run::Layer;
use proptest::prelude::*;

pub(super) const ENTITIES: [&str; 7] =
    ["Agreement", "Company", "ExpenseEntry", "Invoice", "Member", "ProductItem", "TimeEntry"];

/// The flags that can turn without a new time of change.
pub(super) const FLAGS: [(&str, &str); 4] = [
    ("Agreement", "cancelledFlag"),
    ("Company", "deletedFlag"),
    ("Member", "inactiveFlag"),
    ("ProductItem", "cancelledFlag"),
];

/// Names that every rule of the agreement types classifies.
pub(super) const TYPES: [&str; 4] = ["Tímapottur", "Innri verkefni", "yÞjónusta", "Ráðgjöf"];

/// A value that fits no number.
pub(super) const MISFIT: &str = "tveir";

/// Something that happens at the source, or is done here. A number picks one of the records that there are.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Records of an entity change, or come.
    Pass {
        entity: usize,
        change: usize,
        add: usize,
    },
    /// A record changes that says it changed so many hours ago.
    Late {
        entity: usize,
        pick: usize,
        hours: i64,
    },
    Delete {
        entity: usize,
        pick: usize,
    },
    /// A record is deleted, and found to be so at once.
    Vanish {
        entity: usize,
        pick: usize,
    },
    /// A deleted record is there again: as if it had never been gone, or changed. A time entry may not fit any more.
    Restore {
        entity: usize,
        pick: usize,
        as_it_was: bool,
        odd: bool,
    },
    /// A list shows none of its records to a run, full or reconciling.
    Hide {
        entity: usize,
        full: bool,
    },
    /// A record comes whose key is none.
    Keyless {
        entity: usize,
        pick: usize,
        id: i64,
    },
    /// A time entry gets a value that fits no type, or, where it has one, one that fits.
    Misfit {
        pick: usize,
    },
    /// An agreement gets another type.
    Retype {
        pick: usize,
        name: usize,
    },
    /// An agreement gets another parent, or none.
    Move {
        pick: usize,
        parent: Option<usize>,
    },
    /// A member costs another amount.
    Cost {
        pick: usize,
        cost: i64,
    },
    /// A flag of a record turns, and its time of change stays.
    Flag {
        flag: usize,
        pick: usize,
    },
    /// Invoices are posted.
    Post,
    /// A row of the unposted invoices, by the invoice's id or number, or by neither, comes, changes or goes.
    Unposted {
        row: i64,
        pick: Option<usize>,
        by_number: bool,
    },
    Run(Way),
    /// All ids compared, and what is gone marked.
    Reconcile {
        cut: Cut,
    },
    /// The quarantine read again.
    Replay {
        cut: Cut,
    },
    /// Files rearranged, and no earlier version kept.
    Maintain {
        cut: Cut,
    },
}

/// After which part of its writes, in thousandths, a run is cut off.
pub(super) type Cut = Option<u64>;

/// A run.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) full: bool,
    pub(super) lookback: Option<u32>,
    /// So many days before now, in place of the window.
    pub(super) since: Option<i64>,
    pub(super) layers: &'static [Layer],
    /// One alone.
    pub(super) entity: Option<usize>,
    /// On another day, so many days from the source's own.
    pub(super) day: Option<i64>,
    pub(super) cut: Cut,
}

const ALL_LAYERS: &[Layer] = &[Layer::Bronze, Layer::Silver, Layer::Gold];

fn way() -> impl Strategy<Value = Way> {
    let layers = prop_oneof![
        8 => Just(ALL_LAYERS),
        1 => Just(&ALL_LAYERS[..1]),
        1 => Just(&ALL_LAYERS[..2]),
        2 => Just(&ALL_LAYERS[1..]),
        1 => Just(&ALL_LAYERS[2..]),
    ];
    let options = (
        prop::bool::weighted(0.15),
        proptest::option::weighted(0.2, 0..3_u32),
        proptest::option::weighted(0.1, 400..800_i64),
        proptest::option::weighted(0.15, 0..ENTITIES.len()),
        proptest::option::weighted(0.15, -3..40_i64),
    );
    (options, layers, cut()).prop_map(|((full, lookback, since, entity, day), layers, cut)| Way {
        full,
        lookback,
        since,
        layers,
        entity,
        day,
        cut,
    })
}

fn cut() -> impl Strategy<Value = Cut> {
    proptest::option::weighted(0.4, 0..1000_u64)
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (entity, pick) = (0..ENTITIES.len(), 0..32_usize);
    prop_oneof![
        4 => (entity.clone(), 0..3_usize, 0..2_usize)
            .prop_map(|(entity, change, add)| Step::Pass { entity, change, add }),
        2 => (entity.clone(), pick.clone(), 0..20_i64)
            .prop_map(|(entity, pick, hours)| Step::Late { entity, pick, hours }),
        2 => (entity.clone(), pick.clone()).prop_map(|(entity, pick)| Step::Delete { entity, pick }),
        1 => (entity.clone(), pick.clone()).prop_map(|(entity, pick)| Step::Vanish { entity, pick }),
        2 => (entity.clone(), pick.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(entity, pick, as_it_was, odd)| Step::Restore { entity, pick, as_it_was, odd }),
        1 => (entity.clone(), any::<bool>()).prop_map(|(entity, full)| Step::Hide { entity, full }),
        1 => (entity, pick.clone(), -1..1_i64).prop_map(|(entity, pick, id)| Step::Keyless { entity, pick, id }),
        2 => pick.clone().prop_map(|pick| Step::Misfit { pick }),
        2 => (pick.clone(), 0..TYPES.len()).prop_map(|(pick, name)| Step::Retype { pick, name }),
        2 => (pick.clone(), proptest::option::of(pick.clone())).prop_map(|(pick, parent)| Step::Move { pick, parent }),
        1 => (pick.clone(), 0..9_i64).prop_map(|(pick, cost)| Step::Cost { pick, cost }),
        1 => (0..FLAGS.len(), pick.clone()).prop_map(|(flag, pick)| Step::Flag { flag, pick }),
        1 => Just(Step::Post),
        1 => (90_000..90_003_i64, proptest::option::weighted(0.7, pick), any::<bool>())
            .prop_map(|(row, pick, by_number)| Step::Unposted { row, pick, by_number }),
        7 => way().prop_map(Step::Run),
        1 => cut().prop_map(|cut| Step::Reconcile { cut }),
        1 => cut().prop_map(|cut| Step::Replay { cut }),
        1 => cut().prop_map(|cut| Step::Maintain { cut }),
    ]
}

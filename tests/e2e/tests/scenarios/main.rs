//! The pipeline over HTTP against the simulated ConnectWise.
//!
//! What gold has to hold is computed here a second time, from the simulator's own records and by other means than
//! the pipeline's: integers in place of decimals, loops in place of SQL.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a scenario that can't be set up has failed")]

mod below;
mod broken;
mod company;
mod crashes;
mod dates;
mod decimals;
mod dialects;
mod dimensions;
mod dims;
mod disk;
mod doctor;
mod evolution;
mod expected;
mod facts;
mod faults;
mod further;
mod gold_columns;
mod heals;
mod history;
mod hostile;
mod invariant;
mod invoices;
mod known;
mod lists;
mod live;
mod logged;
mod maintain;
mod manners;
mod measures;
mod monthend;
mod moving;
mod names;
mod narrow;
mod odd_input;
mod optional;
mod passwords;
mod personal;
mod ranges;
mod reconcile;
mod references;
mod replay;
mod reports;
mod resume;
mod returns;
mod rules;
mod secrets;
mod settings;
mod sources;
mod support;
mod tables;
mod timeless;
mod unserved;
mod variant;
mod windows;

/// As the binary does; a third of the time would go with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

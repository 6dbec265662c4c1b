//! The entities that the simulator serves: their names, addresses and the order they are listed in.

use std::fmt;

/// An entity with a list endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// `/finance/agreements`
    Agreement,
    /// `/time/entries`
    TimeEntry,
    /// `/expense/entries`
    ExpenseEntry,
    /// `/procurement/products`
    ProductItem,
    /// `/finance/invoices`
    Invoice,
    /// `/finance/accounting/unpostedinvoices`
    UnpostedInvoice,
    /// `/system/members`
    Member,
    /// `/company/companies`
    Company,
}

impl Entity {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Agreement,
        Self::TimeEntry,
        Self::ExpenseEntry,
        Self::ProductItem,
        Self::Invoice,
        Self::UnpostedInvoice,
        Self::Member,
        Self::Company,
    ];

    /// The entity's name, as in `TimeEntry`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreement => "Agreement",
            Self::TimeEntry => "TimeEntry",
            Self::ExpenseEntry => "ExpenseEntry",
            Self::ProductItem => "ProductItem",
            Self::Invoice => "Invoice",
            Self::UnpostedInvoice => "UnpostedInvoice",
            Self::Member => "Member",
            Self::Company => "Company",
        }
    }

    /// The list endpoint, below the API's base.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Agreement => "/finance/agreements",
            Self::TimeEntry => "/time/entries",
            Self::ExpenseEntry => "/expense/entries",
            Self::ProductItem => "/procurement/products",
            Self::Invoice => "/finance/invoices",
            Self::UnpostedInvoice => "/finance/accounting/unpostedinvoices",
            Self::Member => "/system/members",
            Self::Company => "/company/companies",
        }
    }

    /// The entity of that name; case does not matter.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.name().eq_ignore_ascii_case(name))
    }

    /// The entity whose list endpoint this is.
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.path().eq_ignore_ascii_case(path))
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// A number that sets this entity's dice apart from the others'.
    pub(crate) const fn salt(self) -> u64 {
        (self as u64 + 1) << 40
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

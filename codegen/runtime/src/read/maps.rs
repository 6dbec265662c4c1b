//! Reading objects of texts into maps.

use std::collections::HashMap;

use super::{Fault, Path, Reader, put};
use crate::buffer::Texts;
use crate::column::Maps;
use crate::json::{Mark, Str};
use crate::password::{Role, names_password};
use crate::redact::Redaction;

/// Maximum number of entries of a map in which a repeated key is found by comparing.
const FEW_ENTRIES: usize = 24;

impl<'a> Reader<'a> {
    pub(super) fn map(&mut self, column: &mut Maps, row: usize) -> Result<(), Fault> {
        let first = column.entries();
        let start = self.scanner.mark();
        let mut entry = first;
        let (mut is_password, mut has_value) = (false, false);
        let mut more = self.scanner.enter(b'}')?;
        while more {
            let key = self.scanner.name()?;
            self.scanner.colon()?;
            let (role, value) = self.value_of(key);
            if self.redaction(key) == Redaction::LeaveOut {
                self.left_out = true;
                self.scanner.skip()?;
            } else {
                put(key, &mut column.keys, entry);
                let written = column.keys.get(entry);
                let repeated = (first..entry).any(|earlier| column.keys.get(earlier) == written);
                if repeated || entry - first >= FEW_ENTRIES {
                    column.truncate(row);
                    self.scanner.reset(start);
                    return self.map_with_care(column, row);
                }
                self.entry(&key, &mut column.values, entry)?;
                entry += 1;
            }
            match role {
                Role::Type => is_password |= names_password(self.scanner.since(value))?,
                Role::Value => has_value = true,
                Role::Other => {}
            }
            more = self.scanner.more(b'}')?;
        }
        if is_password && has_value {
            column.truncate(row);
            self.scanner.reset(start);
            return self.map_with_care(column, row);
        }
        column.end(row);
        Ok(())
    }

    /// Returns the role of a name in its object, and where its value begins.
    #[inline]
    fn value_of(&mut self, name: Str<'a>) -> (Role, Mark) {
        self.scanner.peek();
        (if name.is_escaped() { Role::of(&name.text()) } else { Role::of(name.raw) }, self.scanner.mark())
    }

    #[inline]
    fn entry(&mut self, key: &Str<'a>, values: &mut Texts, entry: usize) -> Result<(), Fault> {
        let token = self.scanner.peek();
        if token == b'n' {
            return Ok(self.scanner.literal("null")?);
        }
        let read = match self.redaction(*key) {
            Redaction::Hash => self.hashed(token, values, entry),
            _ => self.text(token, values, entry),
        };
        read.map_err(|fault| match fault {
            Fault::Rejected(mut reason) => {
                reason.path = Path::join(reason.path, &key.text());
                Fault::Rejected(reason)
            }
            syntax => syntax,
        })
    }

    /// Reads a map that has many entries, a repeated key (the last value wins), or the value of a password.
    #[cold]
    fn map_with_care(&mut self, column: &mut Maps, row: usize) -> Result<(), Fault> {
        let mut order: Vec<(Str<'a>, Mark)> = Vec::new();
        let mut places = HashMap::new();
        let mut is_password = false;
        let mut more = self.scanner.enter(b'}')?;
        while more {
            let key = self.scanner.name()?;
            self.scanner.colon()?;
            let (role, value) = self.value_of(key);
            if self.redaction(key) == Redaction::LeaveOut {
                self.left_out = true;
            } else {
                let place = *places.entry(key.text()).or_insert(order.len());
                match order.get_mut(place) {
                    Some(earlier) => earlier.1 = value,
                    None => order.push((key, value)),
                }
            }
            self.scanner.skip()?;
            is_password |= role == Role::Type && names_password(self.scanner.since(value))?;
            more = self.scanner.more(b'}')?;
        }
        if is_password {
            self.left_out = true;
            order.retain(|(key, _)| Role::of(&key.text()) != Role::Value);
        }
        let end = self.scanner.mark();
        let first = column.entries();
        for (index, (key, value)) in order.iter().enumerate() {
            put(*key, &mut column.keys, first + index);
            self.scanner.reset(*value);
            self.entry(key, &mut column.values, first + index)?;
        }
        self.scanner.reset(end);
        column.end(row);
        Ok(())
    }
}

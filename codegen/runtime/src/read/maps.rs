//! Reading objects of texts into maps.

use std::collections::HashMap;

use super::{Fault, Path, Reader, put};
use crate::buffer::Texts;
use crate::column::Maps;
use crate::json::{Mark, Str};
use crate::known_keys::{FEW_ENTRIES, Traits};
use crate::password::{Role, names_password};
use crate::redact::Redaction;

impl<'a> Reader<'a> {
    pub(super) fn map(&mut self, column: &mut Maps, row: usize) -> Result<(), Fault> {
        let first = column.entries();
        let start = self.scanner.mark();
        let mut entry = first;
        // The known keys of this map are all before this place, so that one accepted from here on is a new one. Any other
        // key is compared with all entries.
        let mut place = Some(0);
        let (mut is_password, mut has_value) = (false, false);
        let mut more = self.scanner.enter(b'}')?;
        while more {
            let known = place.and_then(|from| column.known.accept(&mut self.scanner, from));
            let read;
            let (text, traits) = match known.and_then(|at| column.known.get(at)) {
                Some(key) => {
                    place = known.map(|at| at + 1);
                    key
                }
                None => {
                    let key = self.scanner.name()?;
                    read = key.text();
                    let repeated = (first..entry).any(|earlier| column.keys.get(earlier) == read.as_bytes());
                    if repeated || entry - first >= FEW_ENTRIES {
                        column.truncate(row);
                        self.scanner.reset(start);
                        return self.map_with_care(column, row);
                    }
                    let traits = Traits { role: Role::of(&read), redaction: self.redaction(key) };
                    place = place.and_then(|from| column.known.learn(from, &read, traits));
                    (&*read, traits)
                }
            };
            self.scanner.colon()?;
            self.scanner.peek();
            let value = self.scanner.mark();
            if traits.redaction == Redaction::LeaveOut {
                self.left_out = true;
                self.scanner.skip()?;
            } else {
                column.keys.put(entry, text);
                self.entry(text, traits.redaction, &mut column.values, entry)?;
                entry += 1;
            }
            match traits.role {
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

    #[inline]
    fn entry(&mut self, key: &str, redaction: Redaction, values: &mut Texts, entry: usize) -> Result<(), Fault> {
        let token = self.scanner.peek();
        if token == b'n' {
            return Ok(self.scanner.literal("null")?);
        }
        let read = match redaction {
            Redaction::Hash => self.hashed(token, values, entry),
            _ => self.text(token, values, entry),
        };
        read.map_err(|fault| match fault {
            Fault::Rejected(mut reason) => {
                reason.path = Path::join(reason.path, key);
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
            self.scanner.peek();
            let (role, value) = (Role::of(&key.text()), self.scanner.mark());
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
            self.entry(&key.text(), self.redaction(*key), &mut column.values, first + index)?;
        }
        self.scanner.reset(end);
        column.end(row);
        Ok(())
    }
}

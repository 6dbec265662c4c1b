//! Reading objects by the shape, and the properties that the shape does not know.

use std::borrow::Cow;

use super::{Fault, Path, Reader, Step, Unknown};
use crate::column::{Slot, Structs};
use crate::json::{Mark, Str, Syntax};
use crate::known_keys::MOST_LACKING;
use crate::password::{Role, names_password};
use crate::redact::Redaction;

impl<'a> Reader<'a> {
    pub(super) fn object(&mut self, columns: &mut Structs, row: usize) -> Result<(), Fault> {
        let mut last = 0;
        let (mut is_password, mut held) = (false, None);
        let mut more = self.scanner.enter(b'}')?;
        while more {
            match self.property(columns, last)? {
                Ok(index) => {
                    last = index + 1;
                    self.scanner.colon()?;
                    match columns.slots.get_mut(index) {
                        Some(slot) if slot.role == Role::Other => self.slot(slot, row)?,
                        Some(slot) => {
                            self.scanner.peek();
                            let (start, steps) = (self.scanner.mark(), self.path.len());
                            match self.slot(slot, row) {
                                Err(Fault::Rejected(reason)) if slot.role == Role::Value => {
                                    self.path.truncate(steps);
                                    self.pass_over(slot, row, start)?;
                                    held.get_or_insert(reason);
                                }
                                read => read?,
                            }
                            if slot.role == Role::Type {
                                is_password |= names_password(self.scanner.since(start))?;
                            }
                        }
                        None => self.scanner.skip()?,
                    }
                }
                Err(name) => {
                    self.scanner.colon()?;
                    is_password |= self.unknown(name)?;
                }
            }
            more = self.scanner.more(b'}')?;
        }
        if is_password {
            self.forget_values(columns, row);
        } else if let Some(reason) = held {
            return Err(Fault::Rejected(reason));
        }
        columns.end(row);
        Ok(())
    }

    /// Reads a property that the shape knows.
    #[inline]
    fn slot(&mut self, slot: &mut Slot, row: usize) -> Result<(), Fault> {
        let Some(column) = slot.column.as_mut() else {
            self.left_out = true;
            return Ok(self.scanner.skip()?);
        };
        self.path.push(Step::Name(slot.name));
        if column.len() > row {
            column.truncate(row);
            self.forget_unknown();
        }
        self.value(column, row)?;
        self.path.pop();
        Ok(())
    }

    /// Skips a value that does not fit: whether that matters is decided by the whole object.
    #[cold]
    fn pass_over(&mut self, slot: &mut Slot, row: usize, start: Mark) -> Result<(), Syntax> {
        if let Some(column) = slot.column.as_mut() {
            column.truncate(row);
        }
        self.scanner.reset(start);
        self.scanner.skip()
    }

    /// Clears the values of an object that is a password.
    #[cold]
    fn forget_values(&mut self, columns: &mut Structs, row: usize) {
        self.left_out = true;
        for slot in columns.slots.iter_mut().filter(|slot| slot.role == Role::Value) {
            if let Some(column) = slot.column.as_mut() {
                column.truncate(row);
                self.path.push(Step::Name(slot.name));
                self.forget_unknown();
                self.path.pop();
            }
        }
        let object = self.path.written();
        self.unknown.retain(|path, unknown| {
            let own = unknown.known == object.len() && path.starts_with(&object);
            !own || Role::of(path) != Role::Value
        });
    }

    /// Returns the index of the next property, or its name where the shape does not know it. Servers write properties
    /// in the same order every time, so those that came next in earlier records are tried first: the one after that
    /// where a record lacks one.
    #[inline]
    fn property(&mut self, columns: &mut Structs, last: usize) -> Result<Result<usize, Str<'a>>, Syntax> {
        if self.scanner.peek() == b'"' {
            let mut before = last;
            for _ in 0..MOST_LACKING {
                let Some((index, slot)) = columns.expected(before) else { break };
                if self.scanner.accept(&slot.quoted) {
                    return Ok(Ok(index));
                }
                before = index + 1;
            }
        }
        let name = self.scanner.name()?;
        let found = if name.is_escaped() { columns.find(&name.text()) } else { columns.find(name.raw) };
        if let Some(index) = found {
            columns.learn(last, index);
        }
        Ok(found.ok_or(name))
    }

    /// Keeps a property that the shape does not know, as far as it may be kept. Returns whether it says that the object
    /// is a password.
    #[cold]
    fn unknown(&mut self, name: Str<'a>) -> Result<bool, Syntax> {
        let raw = self.scanner.raw()?;
        let redaction = self.redaction(name);
        let name = name.text();
        let is_password = Role::of(&name) == Role::Type && names_password(raw)?;
        let raw = match redaction {
            Redaction::LeaveOut => {
                self.left_out = true;
                return Ok(is_password);
            }
            Redaction::Hash => self.policy.outside_hashed(raw)?,
            Redaction::Keep => {
                let mut parents = self.names();
                parents.push(name.clone().into_owned());
                let kept = self.policy.outside(raw, parents)?;
                self.left_out |= matches!(kept, Cow::Owned(_));
                kept.into_owned()
            }
        };
        let known = self.path.written().len();
        let unknown = Unknown { known, pattern: Path::join(self.path.pattern(), &name), raw };
        self.unknown.insert(Path::join(self.path.written(), &name), unknown);
        Ok(is_password)
    }

    /// Drops what was found under the current path: the property is repeated.
    #[cold]
    fn forget_unknown(&mut self) {
        let path = self.path.written();
        self.unknown
            .retain(|found, unknown| !Path::is_at_or_under(found.get(..unknown.known).unwrap_or_default(), &path));
    }
}

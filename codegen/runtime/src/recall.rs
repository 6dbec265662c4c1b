//! Recall of unchanged records: known byte for byte, they need not be read again.

/// Recognizes unchanged records by their text.
pub trait Recall {
    /// Returns the length in bytes of the record that this text begins with, where it is known, byte for byte. More of
    /// the page follows.
    fn recall(&mut self, text: &str) -> Option<usize>;

    /// Takes the text of a record that became a row, and the properties of it that the spec does not know. These are
    /// given by their paths, with `*` for the indexes of lists. It is called in the order of the rows. Where something
    /// of the record may not be kept, the text is without that, so it does not match when the record comes again.
    fn kept(&mut self, record: &str, unknown: &[&str]);
}

/// Recognizes no record.
impl Recall for () {
    fn recall(&mut self, _: &str) -> Option<usize> {
        None
    }

    fn kept(&mut self, _: &str, _: &[&str]) {}
}

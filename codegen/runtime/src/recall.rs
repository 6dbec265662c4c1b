//! Records that came before, byte for byte: they need not be read again.

/// Knows records by their text.
pub trait Recall {
    /// The length in bytes of the record that this text begins with, where it is known, byte for byte. More of the page
    /// follows.
    fn recall(&mut self, text: &str) -> Option<usize>;

    /// The text of a record that is a row now, and the properties of it that the spec does not know, by their paths with
    /// `*` for the indexes of lists. Called in the order of the rows. Where something of it may not be kept, the text is
    /// without that, so that it is not the one that comes again.
    fn kept(&mut self, record: &str, unknown: &[&str]);
}

/// Knows no record.
impl Recall for () {
    fn recall(&mut self, _: &str) -> Option<usize> {
        None
    }

    fn kept(&mut self, _: &str, _: &[&str]) {}
}

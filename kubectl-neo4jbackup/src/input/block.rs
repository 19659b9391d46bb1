//! Where in a guide does a manifest stand?

use std::ops::Range;

use neo4jbackup_core::values::placeholder::Notation;

/// A manifest inside of another text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its number in the file, from 1: in a list of texts, the guide stands so many places before it.
    pub number: usize,
    /// How many lines of the file stand before the first of the block.
    pub lines_before: usize,
    /// The bytes of the file that are its lines.
    pub bytes: Range<usize>,
    /// What fills placeholders in.
    pub notation: Notation,
    /// Whether it says that it leaves something out.
    pub is_fragment: bool,
}

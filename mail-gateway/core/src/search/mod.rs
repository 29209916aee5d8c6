//! Finding letters by their words: what is indexed of a letter, what a person's query means, and which
//! of the found letters come first. One index of folded words serves all; exactness is decided among
//! the found. The whole way is told in `docs/algorithms/search.md`.

mod entry;
mod rank;
mod snippet;
mod terms;
mod words;

pub use entry::Entry;
pub use rank::{Likeness, likeness};
pub use snippet::snippet;
pub use words::{Term, Words};

#[cfg(test)]
mod tests;

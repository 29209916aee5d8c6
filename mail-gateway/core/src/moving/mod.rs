//! Moving in: what letters of another system become here – which folder, which keywords, which bytes.

mod letter;
mod place;
#[cfg(test)]
mod tests;

pub use letter::{is_expunged, keywords_in, with_crlf};
pub use place::{Place, place};

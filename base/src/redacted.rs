//! Values that must not reach a log by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Personal or secret data: prints as `‹redacted›`, is read by [`Redacted::expose`] on purpose.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value; the call is the place to look for in a review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

#[cfg(test)]
mod tests {
    use super::Redacted;

    #[test]
    fn debug_and_display_never_show_the_value() {
        let secret = Redacted::new("mật khẩu".to_owned());
        assert!(!format!("{secret:?} {secret}").contains("mật"));
        assert_eq!(secret.expose(), "mật khẩu");
    }
}

//! The one thing JMAP asks of mail transport: take this letter.

use base::LetterId;
use futures_util::future::BoxFuture;

use crate::{Envelope, Mail, SubmitError};

/// Takes letters for delivery. Tests put a list here.
pub trait Outgoing: Send + Sync {
    /// Takes `letter` once per `key`; when this answers `Ok` the letter is on stable storage.
    fn submit<'a>(
        &'a self,
        key: &'a str,
        envelope: &'a Envelope,
        letter: &'a [u8],
    ) -> BoxFuture<'a, Result<LetterId, SubmitError>>;
}

impl Outgoing for Mail {
    fn submit<'a>(
        &'a self,
        key: &'a str,
        envelope: &'a Envelope,
        letter: &'a [u8],
    ) -> BoxFuture<'a, Result<LetterId, SubmitError>> {
        Box::pin(self.submit_where_it_fits(key, envelope, letter))
    }
}

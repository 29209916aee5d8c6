//! `maxConcurrentRequests` (RFC 8620 §2): one person's programs do not take the server from others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::id::AccountId;
use directory_core::Principal;
use mail_gateway_core::jmap::RequestError;

use super::Service;

/// Requests being answered; an account without one is not listed.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<AccountId, usize>>>);

/// The right to be answered, given back when dropped.
pub(crate) struct Turn {
    turns: Turns,
    account: AccountId,
}

impl Service {
    /// A turn for a request of `principal`.
    ///
    /// # Errors
    /// The limit that is reached; the client waits for one of its requests and tries again.
    pub(crate) fn turn(&self, principal: &Principal) -> Result<Turn, RequestError> {
        let mut running = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(principal.account).or_default();
        if *count >= MAX_CONCURRENT {
            return Err(RequestError::Limit("maxConcurrentRequests"));
        }
        *count += 1;
        Ok(Turn { turns: self.turns.clone(), account: principal.account })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.account);
            }
        }
    }
}

/// Requests of one person at the same time: several pages and programs with some each.
pub(crate) const MAX_CONCURRENT: usize = 16;

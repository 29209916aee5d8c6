//! Which of the latest indices were used (RFC 3711 §3.3.2).

/// A window over the 128 highest indices.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    /// One above the highest recorded index; zero while there is none.
    top: u64,
    /// Bit *n* is set when `top - 1 - n` was used.
    used: u128,
}

impl Window {
    /// Whether `index` is neither used nor too old.
    pub(super) fn is_fresh(&self, index: u64) -> bool {
        match self.top.checked_sub(index + 1) {
            None => true,
            Some(age) => age < 128 && self.used & (1 << age) == 0,
        }
    }

    /// Records `index` as used. Only after the packet proved authentic.
    pub(super) fn record(&mut self, index: u64) {
        match self.top.checked_sub(index + 1) {
            Some(age) if age < 128 => self.used |= 1 << age,
            Some(_) => {}
            None => {
                let ahead = index + 1 - self.top;
                self.used = if ahead < 128 { self.used << ahead | 1 } else { 1 };
                self.top = index + 1;
            }
        }
    }

    /// The highest recorded index.
    pub(super) fn highest(&self) -> Option<u64> {
        self.top.checked_sub(1)
    }
}

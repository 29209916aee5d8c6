//! What the hub tells meetings about itself.

/// Settings of [`crate::Meetings`].
#[derive(Debug, Clone)]
pub struct Config {
    /// The hub's build, told to clients so that one of another build reloads.
    pub build: String,
    /// `https://hub.example` without a trailing slash, put before links for guests; the links are
    /// paths when it is absent, and the page puts its own origin before them.
    pub base_url: Option<String>,
    /// IANA zone in which sample meetings begin at full hours.
    pub time_zone: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { build: "dev".to_owned(), base_url: None, time_zone: "Asia/Ho_Chi_Minh".to_owned() }
    }
}

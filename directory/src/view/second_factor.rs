//! The JSON of the second factor.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whether the own account has a second factor.
#[derive(Debug, Clone, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorView {
    /// On since; null when it is off.
    pub since: Option<Timestamp>,
    /// Recovery codes not used yet.
    pub recovery_codes: u32,
}

/// What the telephone is to be told.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorProposal {
    /// The key in base32, in groups of four.
    pub key: String,
    /// The same with names, as a link authenticator programs open.
    pub link: String,
    /// That link as a QR code; null when it is too long for one.
    pub picture: Option<CodePicture>,
}

/// A QR code.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CodePicture {
    /// Modules on a side.
    pub side: u32,
    /// The dark modules as the path of an SVG drawing, one unit each.
    pub path: String,
}

/// Begins a second factor.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorPasswordRequest {
    /// The account's password.
    pub password: String,
}

/// Confirms, renews or ends a second factor.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorCodeRequest {
    /// The code now on the telephone, or a recovery code.
    pub code: String,
}

/// Recovery codes; the only time they are shown.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodesView {
    /// Each is good once.
    pub codes: Vec<String>,
}

//! `--sample`: the province of Quảng Bình as it was in 2021, with invented people.

use directory::sample::SampleSignIn;

use crate::services::Services;

/// The password of every sample sign-in.
pub const PASSWORD: &str = directory::sample::PASSWORD;

/// A sample sign-in to print.
pub type SignIn = SampleSignIn;

/// Fills empty stores; stores that hold something stay as they are. Answers the sign-ins.
///
/// # Errors
/// What could not be written.
pub async fn load(services: &Services) -> Result<Vec<SignIn>, String> {
    let sample = services.directory.load_sample().await.map_err(|cause| format!("sample people: {cause}"))?;
    Ok(sample.sign_ins)
}

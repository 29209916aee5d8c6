//! Errors as the client gets them: a status, a word for programs, a sentence for the person, and an id
//! that the log line has too.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base::random::{Random, System};
use serde_json::{Value, json};

use crate::{DirectoryError, SignInError};

/// An error on its way to the client.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// One more field: `left`, `until`.
    detail: Option<(&'static str, Value)>,
    /// For the log alone.
    cause: Option<String>,
}

impl Failure {
    /// A failure with nothing but a word and a sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None, cause: None }
    }

    /// Nobody is signed in.
    pub fn sign_in_required() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signInRequired",
            "Chưa đăng nhập hoặc phiên đăng nhập đã hết hạn. Đề nghị đăng nhập lại.",
        )
    }

    /// The request's body, path or query cannot be read.
    pub fn malformed(cause: impl ToString) -> Self {
        let message =
            "Yêu cầu không đúng định dạng nên chưa được thực hiện. Đề nghị tải lại trang rồi thử lại.";
        Self { cause: Some(cause.to_string()), ..Self::new(StatusCode::BAD_REQUEST, "malformed", message) }
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.detail = Some((name, value));
        self
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        let message = error.message();
        match error {
            SignInError::WrongPassword { left } => {
                Self::new(StatusCode::UNAUTHORIZED, "wrongPassword", message).with("left", json!(left))
            }
            SignInError::LockedUntil(until) => {
                Self::new(StatusCode::LOCKED, "locked", message).with("until", json!(until))
            }
            SignInError::TooMany(until) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "tooMany", message).with("until", json!(until))
            }
            SignInError::Disabled => Self::new(StatusCode::FORBIDDEN, "disabled", message),
            SignInError::MustChange(_) => Self::new(StatusCode::FORBIDDEN, "passwordChangeRequired", message),
            SignInError::CodeNeeded => Self::new(StatusCode::UNAUTHORIZED, "codeNeeded", message),
            SignInError::WrongCode { left } => {
                Self::new(StatusCode::UNAUTHORIZED, "wrongCode", message).with("left", json!(left))
            }
            SignInError::CodesLockedUntil(until) => {
                Self::new(StatusCode::LOCKED, "codesLocked", message).with("until", json!(until))
            }
            SignInError::AppPasswordNeeded => Self::new(StatusCode::FORBIDDEN, "appPasswordNeeded", message),
            SignInError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message),
            SignInError::Unavailable(cause) => Self {
                cause: Some(cause.to_string()),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            },
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let (code, message) = (error.code(), error.message());
        match error {
            // A 401 would make the client believe that the session has ended.
            DirectoryError::SignIn(SignInError::WrongPassword { left }) => {
                let message = format!("Mật khẩu hiện tại không đúng. Còn {left} lần thử.");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrongPassword", message)
                    .with("left", json!(left))
            }
            DirectoryError::SignIn(SignInError::WrongCode { left }) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrongCode", message).with("left", json!(left))
            }
            DirectoryError::SignIn(cause) => cause.into(),
            DirectoryError::Forbidden => Self::new(StatusCode::FORBIDDEN, code, message),
            DirectoryError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, code, message),
            DirectoryError::Invalid { .. } | DirectoryError::Password(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
            }
            DirectoryError::Unavailable(cause) => Self {
                cause: Some(cause.to_string()),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
            },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let id = format!("HT-{:06x}", System.next_u32() & 0x00ff_ffff);
        let cause = self.cause.as_deref().unwrap_or("");
        if self.status.is_server_error() {
            tracing::error!(id, code = self.code, cause, "directory: a request failed");
        } else {
            tracing::info!(id, code = self.code, cause, "directory: a request was refused");
        }
        let mut error = json!({ "code": self.code, "message": self.message, "id": id });
        if let (Some((name, value)), Some(fields)) = (self.detail, error.as_object_mut()) {
            fields.insert(name.to_owned(), value);
        }
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}

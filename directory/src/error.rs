//! What can go wrong, from the reader's side, with the sentence each person is answered.

use std::fmt;

use base::Timestamp;
use directory_core::{PasswordDue, PasswordProblem};

/// Why a sign-in was refused.
#[derive(Debug)]
pub enum SignInError {
    /// Login or password is wrong; so many attempts are left. Also the answer for unknown logins.
    WrongPassword {
        /// Attempts left before the lock.
        left: u32,
    },
    /// Locked after repeated failures until this moment.
    LockedUntil(Timestamp),
    /// Too many failures from one network address; looked at again from this moment.
    TooMany(Timestamp),
    /// An administrator switched the account off. Said only to who knows the password.
    Disabled,
    /// A mail program signs in with a temporary or expired password: it must be changed in the browser first.
    MustChange(PasswordDue),
    /// The password is right; the code of the second factor is asked for.
    CodeNeeded,
    /// The code is wrong or was used before.
    WrongCode {
        /// Attempts left before the lock, where they are counted.
        left: Option<u32>,
    },
    /// No code is looked at before this moment.
    CodesLockedUntil(Timestamp),
    /// A mail program signs in with the password of an account that has a second factor.
    AppPasswordNeeded,
    /// Too many sign-ins at this moment.
    Busy,
    /// The store failed.
    Unavailable(sqlx::Error),
}

impl SignInError {
    /// The sentence for the person.
    pub fn message(&self) -> String {
        match self {
            Self::WrongPassword { left } => {
                format!("Tên đăng nhập hoặc mật khẩu không đúng. Còn {left} lần thử.")
            }
            Self::LockedUntil(_) => "Tài khoản tạm khóa trong 15 phút do nhập sai mật khẩu 5 lần. \
                 Liên hệ cán bộ CNTT của đơn vị để được hỗ trợ."
                .to_owned(),
            Self::TooMany(_) => "Có quá nhiều lần đăng nhập sai từ địa chỉ mạng này. Hệ thống tạm ngừng \
                 nhận đăng nhập từ đây. Vui lòng thử lại sau ít phút."
                .to_owned(),
            Self::Disabled => "Tài khoản đang bị khóa. Hệ thống không cho phép đăng nhập. \
                 Liên hệ cán bộ CNTT của đơn vị để được hỗ trợ."
                .to_owned(),
            Self::MustChange(due) => due.message().to_owned(),
            Self::CodeNeeded => {
                "Mật khẩu đúng. Tài khoản này bật xác thực hai lớp. Đề nghị nhập mã xác thực \
                 trên điện thoại."
                    .to_owned()
            }
            Self::WrongCode { left } => {
                let left = left.map_or(String::new(), |left| format!(" Còn {left} lần thử."));
                format!("Mã không đúng hoặc đã dùng. Đề nghị nhập mã đang hiện trên điện thoại.{left}")
            }
            Self::CodesLockedUntil(_) => "Mã xác thực bị nhập sai 5 lần. Hệ thống tạm ngừng nhận mã của tài \
                 khoản này trong 15 phút. Liên hệ cán bộ CNTT của đơn vị để được hỗ trợ."
                .to_owned(),
            Self::AppPasswordNeeded => "Tài khoản bật xác thực hai lớp. Phần mềm thư phải dùng mật khẩu ứng \
                 dụng, tạo tại trang Mật khẩu ứng dụng."
                .to_owned(),
            Self::Busy | Self::Unavailable(_) => BUSY.to_owned(),
        }
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for SignInError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Unavailable(cause) = self { Some(cause) } else { None }
    }
}

impl From<sqlx::Error> for SignInError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Unavailable(cause)
    }
}

/// Why the directory did not do what was asked.
#[derive(Debug)]
pub enum DirectoryError {
    /// The actor may not do this.
    Forbidden,
    /// What the act is about does not exist.
    NotFound(&'static str),
    /// A field is not acceptable.
    Invalid {
        /// Which, for programs.
        code: &'static str,
        /// The sentence for the person.
        message: &'static str,
    },
    /// The new password breaks the policy.
    Password(PasswordProblem),
    /// The current password was wrong, or the account is locked.
    SignIn(SignInError),
    /// The store failed.
    Unavailable(sqlx::Error),
}

impl DirectoryError {
    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::NotFound(_) => "notFound",
            Self::Invalid { code, .. } => code,
            Self::Password(problem) => problem.code(),
            Self::SignIn(_) => "wrongPassword",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// The sentence for the person.
    pub fn message(&self) -> String {
        match self {
            Self::Forbidden => "Tài khoản không có quyền thực hiện thao tác này. Thao tác đã bị từ chối. \
                 Đề nghị liên hệ quản trị hệ thống."
                .to_owned(),
            Self::NotFound(what) => {
                format!("Không tìm thấy {what}. Thông tin có thể đã thay đổi. Đề nghị tải lại danh sách.")
            }
            Self::Invalid { message, .. } => (*message).to_owned(),
            Self::Password(problem) => problem.message().to_owned(),
            Self::SignIn(cause) => cause.message(),
            Self::Unavailable(_) => BUSY.to_owned(),
        }
    }
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for DirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable(cause) => Some(cause),
            Self::SignIn(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for DirectoryError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Unavailable(cause)
    }
}

impl From<SignInError> for DirectoryError {
    fn from(cause: SignInError) -> Self {
        Self::SignIn(cause)
    }
}

const BUSY: &str = "Hệ thống đang bận, vui lòng thử lại sau ít phút.";

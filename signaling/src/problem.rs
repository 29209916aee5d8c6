//! Errors as people read them: what happened, what the system does, what to do; with an id for the log.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base::random::System;
use serde::Serialize;
use signaling_core::{PlanFault, Refusal};
use ts_rs::TS;

/// The body of every error.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ErrorDetail {
    /// For programs.
    pub code: String,
    /// For people, in Vietnamese.
    pub message: String,
    /// The log line has it too.
    pub id: String,
}

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    id: String,
}

/// A short random id that a person can read out on the telephone.
pub(crate) fn log_id() -> String {
    base::log_id(&mut System)
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        let id = log_id();
        tracing::info!(id, code, "meetings: request refused");
        Self { status, code, message, id }
    }

    pub(crate) fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signedOut",
            "Phiên đăng nhập đã hết. Yêu cầu chưa được thực hiện. Đăng nhập lại rồi thử lại.",
        )
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Tài khoản không có quyền thực hiện việc này với cuộc họp. Không có gì thay đổi. \
             Liên hệ người tổ chức hoặc chủ trì cuộc họp.",
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "unknownMeeting",
            "Không tìm thấy cuộc họp hoặc đường dẫn không còn hiệu lực. Kiểm tra lại đường dẫn trong giấy mời.",
        )
    }

    pub(crate) fn secret() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "notSecretNeeded",
            "Hệ thống này không dùng cho nội dung bí mật nhà nước. \
             Đề nghị xác nhận cuộc họp không có nội dung bí mật nhà nước.",
        )
    }

    pub(crate) fn unknown_room() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknownRoom",
            "Phòng họp đã chọn không còn trong danh sách. Cuộc họp chưa được lưu. Chọn phòng họp khác.",
        )
    }

    pub(crate) fn malformed() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "malformed",
            "Dữ liệu gửi lên không đúng định dạng. Yêu cầu chưa được thực hiện. Tải lại trang rồi thử lại.",
        )
    }

    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Máy chủ đang bận hoặc đang khởi động lại. Yêu cầu chưa được thực hiện. Thử lại sau ít phút.",
        )
    }

    pub(crate) fn old_client() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "wrongSubprotocol",
            "Trang đang mở không cùng phiên bản với máy chủ. Tải lại trang rồi thử lại.",
        )
    }

    fn plan(fault: PlanFault) -> Self {
        let (code, message) = match fault {
            PlanFault::TitleMissing => (
                "titleMissing",
                "Chưa nhập tên cuộc họp. Cuộc họp chưa được lưu. Nhập tên cuộc họp rồi thử lại.",
            ),
            PlanFault::TitleTooLong => (
                "titleTooLong",
                "Tên cuộc họp dài quá 300 ký tự. Cuộc họp chưa được lưu. Rút gọn tên rồi thử lại.",
            ),
            PlanFault::EndsBeforeStart => (
                "endsBeforeStart",
                "Giờ kết thúc phải sau giờ bắt đầu. Cuộc họp chưa được lưu. Sửa lại thời gian rồi thử lại.",
            ),
            PlanFault::TooLong => {
                ("tooLong", "Cuộc họp dài quá 7 ngày. Cuộc họp chưa được lưu. Chia thành nhiều cuộc họp.")
            }
            PlanFault::TooManyInvitees => (
                "tooManyInvitees",
                "Danh sách mời quá 5.000 người. Cuộc họp chưa được lưu. Mời theo đơn vị thay cho từng người.",
            ),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.id)
    }
}

impl From<PlanFault> for Problem {
    fn from(fault: PlanFault) -> Self {
        Self::plan(fault)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Plan(fault) => Self::plan(fault),
            Refusal::Ended => Self::new(
                StatusCode::CONFLICT,
                "ended",
                "Cuộc họp đã kết thúc hoặc đã hủy nên không thay đổi được nữa. Có thể tạo cuộc họp mới.",
            ),
            Refusal::BadText => Self::malformed(),
            _ => Self::forbidden(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(cause: sqlx::Error) -> Self {
        let id = log_id();
        tracing::error!(id, %cause, "meetings: the store failed");
        let message = "Không đọc hoặc ghi được dữ liệu cuộc họp. Dữ liệu đã lưu trước đó không bị mất. \
             Thử lại; nếu vẫn lỗi, báo mã lỗi cho cán bộ kỹ thuật.";
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: "internal", message, id }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let message = format!("{} Mã lỗi: {}.", self.message, self.id);
        let error = ErrorDetail { code: self.code.to_owned(), message, id: self.id };
        (self.status, Json(ErrorBody { error })).into_response()
    }
}

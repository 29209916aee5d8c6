//! Acts that are kept for good, each with a sentence an inspector can read, and the bytes over which
//! the chain of hashes runs.

use base::{Timestamp, id::AuditId};

use crate::{Posting, Sending};

/// An act worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// Sample data was loaded.
    SampleLoaded,
    /// Somebody signed in.
    SignedIn,
    /// An account was locked after wrong passwords.
    Locked,
    /// Somebody changed the own password.
    PasswordChanged,
    /// Sign-in asks for a code from now on.
    SecondFactorOn,
    /// Sign-in asks for no code any more.
    SecondFactorOff,
    /// IT staff took the second factor off an account.
    SecondFactorReset,
    /// A recovery code opened the second step.
    RecoveryCodeUsed,
    /// The recovery codes were replaced.
    RecoveryCodesRenewed,
    /// Too many wrong codes.
    CodesLocked,
    /// Somebody ended a session from the list.
    SessionEnded,
    /// A person was created with account and mailbox.
    PersonCreated {
        /// The sign-in name.
        login: String,
        /// The address.
        address: String,
    },
    /// A temporary password was issued.
    PasswordReset,
    /// An account was switched off.
    AccountDisabled,
    /// An account was switched on again.
    AccountEnabled,
    /// A room was created.
    RoomCreated,
    /// A token for a seat of a meeting was issued.
    TokenIssued {
        /// Whom it is for.
        name: String,
        /// The role it gives.
        role: String,
    },
    /// A token was revoked.
    TokenRevoked {
        /// Whom it was for.
        name: String,
    },
    /// A mail program was given a secret.
    AppPasswordCreated {
        /// What its owner calls it.
        name: String,
    },
    /// A mailbox was given one more address.
    AliasAdded {
        /// The address.
        address: String,
    },
    /// An address was taken from a mailbox.
    AliasRetired {
        /// The address.
        address: String,
    },
    /// A list or position address was created.
    GroupCreated {
        /// Its address.
        address: String,
    },
    /// A list or position address was changed.
    GroupChanged {
        /// Who may write to it from now on.
        posting: Posting,
    },
    /// A list or position address was removed.
    GroupRemoved,
    /// Somebody was added to a list or position by name.
    MemberAdded {
        /// Who.
        name: String,
    },
    /// Somebody was taken off a list or position.
    MemberRemoved {
        /// Who.
        name: String,
    },
    /// Somebody was let into a mailbox.
    Delegated {
        /// Who.
        name: String,
        /// Whether and how that person also sends.
        sending: Sending,
        /// From when, in words.
        from: String,
        /// Until when, in words.
        until: Option<String>,
    },
    /// Somebody may no longer read a mailbox.
    DelegationEnded {
        /// Who.
        name: String,
    },
    /// Another domain means the hub's own.
    DomainAliasAdded,
    /// Another domain no longer means the hub's own.
    DomainAliasRemoved,
    /// A mail program's secret was revoked.
    AppPasswordRevoked {
        /// What its owner calls it.
        name: String,
    },
    /// A mailbox may hold more or less.
    QuotaSet {
        /// Octets; `None` is what is usual.
        bytes: Option<u64>,
    },
    /// Keys that sign letters were made, put to use or thrown away.
    SigningKeysChanged {
        /// What was done, in words.
        act: String,
    },
    /// A letter in the quarantine was read, delivered after all or thrown away.
    QuarantineChanged {
        /// What was done, in words.
        act: String,
    },
    /// A waiting letter was held back, released, tried at once or given up.
    QueueChanged {
        /// What was done, in words.
        act: String,
    },
    /// Letters of another system came into a mailbox.
    LettersMovedIn {
        /// How many.
        count: u64,
    },
}

impl AuditEvent {
    /// The stable word in the store.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SampleLoaded => "sampleLoaded",
            Self::SignedIn => "signedIn",
            Self::Locked => "locked",
            Self::PasswordChanged => "passwordChanged",
            Self::SecondFactorOn => "secondFactorOn",
            Self::SecondFactorOff => "secondFactorOff",
            Self::SecondFactorReset => "secondFactorReset",
            Self::RecoveryCodeUsed => "recoveryCodeUsed",
            Self::RecoveryCodesRenewed => "recoveryCodesRenewed",
            Self::CodesLocked => "codesLocked",
            Self::SessionEnded => "sessionEnded",
            Self::PersonCreated { .. } => "personCreated",
            Self::PasswordReset => "passwordReset",
            Self::AccountDisabled => "accountDisabled",
            Self::AccountEnabled => "accountEnabled",
            Self::RoomCreated => "roomCreated",
            Self::TokenIssued { .. } => "tokenIssued",
            Self::TokenRevoked { .. } => "tokenRevoked",
            Self::AppPasswordCreated { .. } => "appPasswordCreated",
            Self::AppPasswordRevoked { .. } => "appPasswordRevoked",
            Self::QuotaSet { .. } => "quotaSet",
            Self::AliasAdded { .. } => "aliasAdded",
            Self::AliasRetired { .. } => "aliasRetired",
            Self::GroupCreated { .. } => "groupCreated",
            Self::GroupChanged { .. } => "groupChanged",
            Self::GroupRemoved => "groupRemoved",
            Self::MemberAdded { .. } => "memberAdded",
            Self::MemberRemoved { .. } => "memberRemoved",
            Self::Delegated { .. } => "delegated",
            Self::DelegationEnded { .. } => "delegationEnded",
            Self::DomainAliasAdded => "domainAliasAdded",
            Self::DomainAliasRemoved => "domainAliasRemoved",
            Self::SigningKeysChanged { .. } => "signingKeysChanged",
            Self::QuarantineChanged { .. } => "quarantineChanged",
            Self::QueueChanged { .. } => "queueChanged",
            Self::LettersMovedIn { .. } => "lettersMovedIn",
        }
    }

    /// What was done to `object`, in words.
    pub fn sentence(&self, object: &str) -> String {
        match self {
            Self::SampleLoaded => "Nạp dữ liệu mẫu".to_owned(),
            Self::SignedIn => format!("Đăng nhập tài khoản {object}"),
            Self::Locked => format!("Tạm khóa tài khoản {object} do nhập sai mật khẩu 5 lần"),
            Self::PasswordChanged => format!("Đổi mật khẩu tài khoản {object}"),
            Self::SecondFactorOn => format!("Bật xác thực hai lớp cho tài khoản {object}"),
            Self::SecondFactorOff => format!("Tắt xác thực hai lớp của tài khoản {object}"),
            Self::SecondFactorReset => format!("Gỡ xác thực hai lớp của {object}"),
            Self::RecoveryCodeUsed => format!("Dùng một mã dự phòng để xác thực tài khoản {object}"),
            Self::RecoveryCodesRenewed => format!("Cấp lại mã dự phòng của tài khoản {object}"),
            Self::CodesLocked => {
                format!("Tạm ngừng nhận mã xác thực của tài khoản {object} do nhập sai 5 lần")
            }
            Self::SessionEnded => format!("Kết thúc một phiên đăng nhập của tài khoản {object}"),
            Self::PersonCreated { login, address } => {
                format!("Thêm người dùng {object}, tài khoản {login}, hộp thư {address}")
            }
            Self::PasswordReset => format!("Cấp mật khẩu tạm cho {object}"),
            Self::AccountDisabled => format!("Tạm khóa tài khoản của {object}"),
            Self::AccountEnabled => format!("Mở khóa tài khoản của {object}"),
            Self::RoomCreated => format!("Thêm phòng họp {object}"),
            Self::TokenIssued { name, role } => {
                format!("Cấp mã truy cập cho “{name}” (vai trò {role}) vào cuộc họp “{object}”")
            }
            Self::TokenRevoked { name } => {
                format!("Thu hồi mã truy cập của “{name}” vào cuộc họp “{object}”")
            }
            Self::AppPasswordCreated { name } => {
                format!("Tạo mật khẩu ứng dụng “{name}” cho hộp thư {object}")
            }
            Self::AppPasswordRevoked { name } => {
                format!("Thu hồi mật khẩu ứng dụng “{name}” của hộp thư {object}")
            }
            Self::QuotaSet { bytes: Some(bytes) } => {
                format!("Đặt dung lượng hộp thư {object} là {bytes} byte")
            }
            Self::QuotaSet { bytes: None } => format!("Đặt dung lượng hộp thư {object} về mức chung"),
            Self::AliasAdded { address } => format!("Thêm bí danh {address} cho hộp thư {object}"),
            Self::AliasRetired { address } => format!("Bỏ bí danh {address} của hộp thư {object}"),
            Self::GroupCreated { address } => format!("Tạo địa chỉ {address} cho “{object}”"),
            Self::GroupChanged { posting } => {
                let who = match posting {
                    Posting::Members => "chỉ thành viên",
                    Posting::Inside => "mọi người trong hệ thống",
                    Posting::Anyone => "cả người ngoài hệ thống",
                };
                format!("Sửa địa chỉ của “{object}”; được gửi: {who}")
            }
            Self::GroupRemoved => format!("Xóa nhóm người nhận hoặc địa chỉ theo chức vụ “{object}”"),
            Self::MemberAdded { name } => format!("Thêm {name} vào “{object}”"),
            Self::MemberRemoved { name } => format!("Đưa {name} ra khỏi “{object}”"),
            Self::Delegated { name, sending, from, until } => {
                let right = match sending {
                    Sending::Nothing => "đọc",
                    Sending::OnBehalf => "đọc và gửi thay mặt",
                    Sending::As => "đọc và gửi với tư cách hộp thư",
                };
                let until = until.as_ref().map_or("không thời hạn".to_owned(), |at| format!("đến {at}"));
                format!("Ủy quyền hộp thư {object} cho {name}: {right}, từ {from} {until}")
            }
            Self::DelegationEnded { name } => format!("Thôi ủy quyền hộp thư {object} cho {name}"),
            Self::DomainAliasAdded => format!("Thêm tên miền phụ {object}"),
            Self::DomainAliasRemoved => format!("Bỏ tên miền phụ {object}"),
            Self::SigningKeysChanged { act } => format!("{act} khóa ký thư {object}"),
            Self::LettersMovedIn { count } => {
                format!("Chuyển {count} thư từ hệ thống khác vào hộp thư {object}")
            }
            Self::QuarantineChanged { act } => format!("{act} thư bị giữ lại {object}"),
            Self::QueueChanged { act } => format!("{act} thư {object} trong hàng đợi"),
        }
    }
}

/// One line of the log, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place: 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// The sign-in name of who acted.
    pub login: String,
    /// The name of who acted.
    pub actor: String,
    /// [`AuditEvent::code`].
    pub action: String,
    /// [`AuditEvent::sentence`].
    pub sentence: String,
    /// From which network address; empty on the machine itself.
    pub ip: String,
}

impl AuditRecord {
    /// The bytes whose SHA-256, with the previous line's hash before them, is this line's hash.
    ///
    /// Every field is preceded by its length, so that no two lines share their bytes.
    pub fn chained_bytes(&self, previous: &[u8]) -> Vec<u8> {
        let (sequence, id, at) =
            (self.sequence.to_string(), self.id.to_string(), self.at.as_micros().to_string());
        let fields = [&sequence, &id, &at, &self.login, &self.actor, &self.action, &self.sentence, &self.ip];
        let mut bytes = previous.to_vec();
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use base::{Timestamp, id::AuditId};

    use super::AuditRecord;

    #[test]
    fn moving_text_between_fields_changes_the_bytes() {
        let line = |login: &str, actor: &str| AuditRecord {
            sequence: 1,
            id: AuditId::from_u128(1),
            at: Timestamp::from_seconds(1),
            login: login.into(),
            actor: actor.into(),
            action: "signedIn".into(),
            sentence: String::new(),
            ip: String::new(),
        };
        assert_ne!(line("ab", "c").chained_bytes(b""), line("a", "bc").chained_bytes(b""));
        assert_ne!(line("a", "b").chained_bytes(b"x"), line("a", "b").chained_bytes(b"y"));
    }
}

//! What people wait for in a mailbox of 100,000 letters: the first screen and a search. Started by
//! `cargo xtask bench mail`; every line it prints is a row of that table.
//!
//! `LIENTHONG_BENCH_LETTERS` makes it smaller, for a look on a small machine.

use std::{
    fmt::Write as _,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Extension, Router, body::Body, http::Request};
use base::{
    LetterId, MailboxId, Timestamp,
    id::{AccountId, PersonId, UnitId},
    random::{Random, Seeded},
};
use directory_core::{MailboxGrant, MailboxKind, Principal};
use futures_util::future::BoxFuture;
use mail_gateway::{
    Envelope, SubmitError,
    jmap::{Outgoing, Service, router},
    store::{Role, Store},
};
use serde_json::{Value, json};
use tower::ServiceExt;

const AN: MailboxId = MailboxId::from_u128(1);

#[tokio::main]
async fn main() -> ExitCode {
    let letters =
        std::env::var("LIENTHONG_BENCH_LETTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::in_folder(&folder.path().join("mail.db"), folder.path()).await.expect("a store");
    let mut writer = Writer { random: Seeded::new(7), text: 0 };
    fill(&store, &mut writer, letters).await;
    let started = Instant::now();
    store.index_pending().await.expect("an index");
    eprintln!("{letters} letters indexed in {:.0} s", started.elapsed().as_secs_f64());
    let hub =
        router(Service::new(store.clone(), Arc::new(Nobody), "quangbinh.example")).layer(Extension(an()));

    let first = measure(30, |_| ask(&hub, first_screen())).await;
    let mut found = Vec::new();
    for (question, by_rank) in SEARCHES.iter().flat_map(|question| [(question, true), (question, false)]) {
        let times = measure(5, |_| ask(&hub, search(question, by_rank))).await;
        let order = if by_rank { "by rank" } else { "by date" };
        eprintln!("“{question}” {order}: {:.0} ms", milliseconds(at(&times, 0.5)));
        found.extend(times);
    }
    found.sort();
    let share = index_size(&store).await / writer.text as f64 * 100.0;
    let rows = [
        row(
            "JMAP first screen (folders and 50 conversations), median",
            milliseconds(at(&first, 0.5)),
            20.0,
            "ms",
        ),
        row("search, p95 of 120 questions by rank and by date", milliseconds(at(&found, 0.95)), 200.0, "ms"),
        row("index against the text it finds", share, 60.0, "%"),
    ];
    if rows.into_iter().all(|kept| kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(what: &str, measured: f64, must: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.1} {unit} | ≤ {must:.0} {unit} |");
    measured <= must
}

async fn measure<F: Future<Output = ()>>(times: usize, mut work: impl FnMut(usize) -> F) -> Vec<Duration> {
    // The first round fills caches, as the first minute of a working day does.
    work(0).await;
    let mut all = Vec::new();
    for n in 0..times {
        let started = Instant::now();
        work(n).await;
        all.push(started.elapsed());
    }
    all.sort();
    all
}

fn at(sorted: &[Duration], part: f64) -> Duration {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn ask(hub: &Router, calls: Value) {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let body = json!({ "using": using, "methodCalls": calls }).to_string();
    let request = Request::post("/jmap/api").body(Body::from(body)).expect("a request");
    let response = hub.clone().oneshot(request).await.expect("an answer");
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    let answers = answer["methodResponses"].as_array().expect("answers");
    assert!(answers.iter().all(|one| one[0] != "error"), "{answer}");
}

const HEAD: [&str; 8] =
    ["threadId", "mailboxIds", "keywords", "from", "subject", "receivedAt", "preview", "hasAttachment"];

fn first_screen() -> Value {
    list(json!({ "inMailbox": "inbox" }), "receivedAt")
}

fn search(text: &str, by_rank: bool) -> Value {
    list(json!({ "text": text }), if by_rank { "relevance" } else { "receivedAt" })
}

fn list(filter: Value, sort: &str) -> Value {
    let ids = json!({ "resultOf": "q", "name": "Email/query", "path": "/ids" });
    json!([
        ["Mailbox/get", { "accountId": AN, "ids": null }, "m"],
        ["Email/query", {
            "accountId": AN, "filter": filter, "sort": [{ "property": sort, "isAscending": false }],
            "collapseThreads": true, "calculateTotal": true, "limit": 50,
        }, "q"],
        ["Email/get", { "accountId": AN, "#ids": ids, "properties": HEAD }, "e"],
    ])
}

/// Octets of the index.
async fn index_size(store: &Store) -> f64 {
    let sizes = "SELECT CAST(SUM(pgsize) AS BIGINT) FROM dbstat WHERE name LIKE 'letter_index%'";
    let row = database::sqlx::query(sizes).fetch_one(store.database().readers()).await.expect("sizes");
    let size: i64 = database::sqlx::Row::get(&row, 0);
    size as f64
}

/// Delivers `count` letters, one a minute, the last one now.
async fn fill(store: &Store, writer: &mut Writer, count: usize) {
    let started = Instant::now();
    let first = Timestamp::now().minus(Duration::from_secs(60 * count as u64));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..count {
        let (store, raw) = (store.clone(), writer.letter(n));
        let received = first.plus(Duration::from_secs(60 * n as u64));
        tasks.spawn(async move {
            let key = format!("letter-{n}");
            let seen = if n.is_multiple_of(40) { Vec::new() } else { vec!["$seen".to_owned()] };
            store.deliver_letter(key, AN, Role::Inbox, raw.into(), seen, received).await.expect("a delivery");
        });
        if tasks.len() >= 64 {
            tasks.join_next().await;
        }
    }
    while tasks.join_next().await.is_some() {}
    eprintln!("{count} letters delivered in {:.0} s", started.elapsed().as_secs_f64());
}

/// Writes letters as offices do: stock phrases, numbers of documents, names, dates.
struct Writer {
    random: Seeded,
    /// Octets of text written so far.
    text: usize,
}

impl Writer {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.next_u64()).unwrap_or(0) % bound.max(1)
    }

    /// One of `words`, those at the front more often.
    fn of(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(words.len()) * (self.below(100) + 1) / 100;
        words.get(at).copied().unwrap_or_default()
    }

    fn letter(&mut self, n: usize) -> String {
        let (family, middle, given) = (self.of(FAMILY), self.of(MIDDLE), self.of(GIVEN));
        let unit = self.of(UNITS);
        let number = self.below(3000);
        let about = self.of(PHRASES);
        let subject = format!("{number}/{}: V/v {about} {}", self.of(KINDS), self.of(PHRASES));
        let mut body = format!("Kính gửi: {unit}\n\n");
        for _ in 0..15 + self.below(25) {
            let _ = write!(body, "{} {} {}", self.of(PHRASES), self.of(PHRASES), self.of(UNITS));
            if self.below(3) == 0 {
                let (day, month, code) = (self.below(28) + 1, self.below(12) + 1, self.below(90_000));
                let _ = write!(body, " ngày {day:02}/{month:02}/2021, mã số {code}");
            }
            body.push_str(".\n");
        }
        let _ = write!(body, "Trân trọng./.\n{family} {middle} {given}\n");
        let local = base::fold::fold(&format!("{given}{family}")).replace(' ', "");
        let from = format!("{family} {middle} {given} <{local}{}.stttt@quangbinh.example>", self.below(50));
        self.text += from.len() + subject.len() + body.len();
        // A third of the letters answers one from a while ago.
        let answer = if n > 50 && n.is_multiple_of(3) {
            format!("In-Reply-To: <{}@bench>\r\n", n - 50)
        } else {
            String::new()
        };
        format!(
            "Message-ID: <{n}@bench>\r\n{answer}From: {from}\r\nTo: an@quangbinh.example\r\nSubject: {subject}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
            body.replace('\n', "\r\n")
        )
    }
}

struct Nobody;

impl Outgoing for Nobody {
    fn submit<'a>(
        &'a self,
        _key: &'a str,
        envelope: &'a Envelope,
        _letter: &'a [u8],
    ) -> BoxFuture<'a, Result<LetterId, SubmitError>> {
        Box::pin(async move { Err(SubmitError::BadRecipients(envelope.recipients.clone())) })
    }
}

fn an() -> Principal {
    Principal {
        account: AccountId::from_u128(1),
        person: PersonId::from_u128(1),
        session: None,
        name: "Nguyễn Văn An".into(),
        unit: UnitId::from_u128(1),
        unit_name: "Sở Tài chính".into(),
        position: "Chuyên viên".into(),
        order: 90,
        is_admin: false,
        login: "an".into(),
        mailboxes: vec![MailboxGrant {
            mailbox: AN,
            address: "an@quangbinh.example".into(),
            name: "Nguyễn Văn An".into(),
            kind: MailboxKind::Personal,
            may_send: true,
            aliases: Vec::new(),
            sender: None,
            delegated: false,
        }],
    }
}

/// From words in every letter to one letter, with and without marks, addresses, numbers, unfinished.
const SEARCHES: [&str; 12] = [
    "báo cáo",
    "bao cao tinh hinh",
    "hội nghị trực tuyến",
    "\"số liệu\" quý",
    "Sở Thông tin và Truyền thông",
    "stttt",
    "2117/BC-STTTT",
    "hanhnguyen12.stttt@quangbinh.example",
    "Lệ Thủy phòng chống lụt bão",
    "84213",
    "kinh g",
    "không có chữ này",
];
const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Dương", "Đinh"];
const MIDDLE: &[&str] = &["Văn", "Thị", "Đức", "Minh", "Thanh", "Quang", "Thuỳ", "Hữu", "Ngọc", "Xuân"];
const GIVEN: &[&str] = &[
    "An", "Bình", "Hạnh", "Hòa", "Hùng", "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Phương", "Quyết",
    "Sơn", "Thủy", "Tiến", "Trang", "Tuấn", "Uyên", "Vân", "Yến", "Đạt", "Đông",
];
const KINDS: &[&str] = &["BC-STTTT", "GM-UBND", "CV-STC", "QĐ-UBND", "KH-SNN", "TB-VP", "TTr-SNV", "HD-BCĐ"];
const UNITS: &[&str] = &[
    "UBND tỉnh",
    "Sở Thông tin và Truyền thông",
    "Sở Tài chính",
    "Văn phòng UBND tỉnh",
    "Sở NN&PTNT",
    "UBND huyện Lệ Thủy",
    "UBND huyện Quảng Ninh",
    "UBND thành phố Đồng Hới",
    "Sở Nội vụ",
    "UBND huyện Minh Hóa",
    "UBND thị xã Ba Đồn",
    "Sở Giáo dục và Đào tạo",
    "UBND xã Quảng Phú",
    "UBND xã Quang Phú",
    "Ban Quản lý dự án",
    "Chi cục Thủy lợi",
];
const PHRASES: &[&str] = &[
    "báo cáo tình hình thực hiện nhiệm vụ",
    "đề nghị cung cấp số liệu",
    "mời dự hội nghị trực tuyến",
    "triển khai kế hoạch",
    "tổng hợp ý kiến góp ý dự thảo",
    "thông báo lịch công tác tuần",
    "kiểm tra hệ thống họp trực tuyến",
    "phòng chống lụt bão",
    "chuyển đổi số",
    "cải cách hành chính",
    "sử dụng thư điện tử công vụ",
    "bảo đảm an toàn thông tin",
    "quyết toán ngân sách",
    "đơn vị trực thuộc",
    "theo chỉ đạo của Chủ tịch",
    "giải quyết khiếu nại tố cáo",
    "quy hoạch sử dụng đất",
    "hoàn thành trước hạn",
    "kính đề nghị quý cơ quan phối hợp",
    "gửi kèm theo phụ lục",
    "căn cứ văn bản",
    "rà soát hộ nghèo",
    "tập huấn cán bộ kỹ thuật",
    "nâng cấp đường truyền",
    "xây dựng nông thôn mới",
    "tiêm chủng mở rộng",
    "thi đua khen thưởng",
    "dịch vụ công trực tuyến",
    "đối thoại với doanh nghiệp",
    "khắc phục hậu quả mưa lũ",
    "bàn giao thiết bị",
    "điều chỉnh dự toán",
    "thẩm định hồ sơ",
    "đấu thầu mua sắm",
    "giám sát cộng đồng",
    "lấy phiếu tín nhiệm",
    "trồng cây gây rừng",
    "ngộ độc thực phẩm",
    "trợ giúp pháp lý",
    "khảo sát thực địa",
];

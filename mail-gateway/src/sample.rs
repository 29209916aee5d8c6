//! Letters for a hub that is shown or tried: an invitation, a question with its answer, a report with
//! a file, a warning. People and addresses come from the caller's sample directory.

use base::{MailboxId, Timestamp};
use mail_gateway_core::message::{
    Address,
    compose::{Content, Draft, Field, Part},
};

use crate::store::{Role, Store, StoreError};

/// A mailbox that sends and receives sample letters.
#[derive(Debug, Clone)]
pub struct SampleMailbox {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: String,
    /// Its name in *From*.
    pub name: String,
}

/// Fills `mailboxes` with a few letters between them: the first gets one of each kind, every other
/// gets the invitation. Mailboxes that hold something stay as they are.
///
/// # Errors
/// When the store fails.
pub async fn load_sample(
    store: &Store,
    mailboxes: &[SampleMailbox],
    domain: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let [first, second, ..] = mailboxes else { return Ok(()) };
    for one in mailboxes {
        if store.usage(one.mailbox).await?.letters > 0 {
            return Ok(());
        }
    }
    let third = mailboxes.get(2).unwrap_or(second);
    for (number, letter) in letters(first, second, third).into_iter().enumerate() {
        let at = Timestamp::from_seconds(now.as_seconds() - letter.minutes_ago * 60);
        let is_for_all = letter.is_for_all;
        let (from, to) = (letter.from, letter.to);
        let raw = bytes::Bytes::from(write(letter, mailboxes, domain, at));
        let deliver = |mailbox: &SampleMailbox, role, keywords: &[&str]| {
            let keywords = keywords.iter().map(|keyword| (*keyword).to_owned()).collect();
            store.deliver_letter(
                format!("sample {number} {role}"),
                mailbox.mailbox,
                role,
                raw.clone(),
                keywords,
                at,
            )
        };
        deliver(from, Role::Sent, &["$seen"]).await?;
        if is_for_all {
            for mailbox in mailboxes.iter().filter(|one| one.mailbox != from.mailbox) {
                deliver(mailbox, Role::Inbox, &[]).await?;
            }
        } else {
            deliver(to, Role::Inbox, if number % 2 == 0 { &[] } else { &["$seen"] }).await?;
        }
    }
    Ok(())
}

struct Letter<'a> {
    id: &'static str,
    answers: Option<&'static str>,
    from: &'a SampleMailbox,
    to: &'a SampleMailbox,
    is_for_all: bool,
    minutes_ago: i64,
    subject: &'static str,
    text: &'static str,
    html: Option<&'static str>,
    pdf: Option<&'static str>,
}

fn letters<'a>(
    first: &'a SampleMailbox,
    second: &'a SampleMailbox,
    third: &'a SampleMailbox,
) -> Vec<Letter<'a>> {
    let plain = |id, from, to, minutes_ago, subject, text| Letter {
        id,
        answers: None,
        from,
        to,
        is_for_all: false,
        minutes_ago,
        subject,
        text,
        html: None,
        pdf: None,
    };
    vec![
        Letter {
            html: Some(INVITATION_HTML),
            is_for_all: true,
            ..plain(
                "gm",
                second,
                first,
                26 * 60,
                "V/v mời dự Hội nghị trực tuyến ngày 31/03/2021",
                INVITATION,
            )
        },
        plain(
            "so-lieu",
            first,
            third,
            22 * 60,
            "Đề nghị cung cấp số liệu sử dụng thư điện tử công vụ quý I/2021",
            QUESTION,
        ),
        Letter {
            answers: Some("so-lieu"),
            pdf: Some("Báo cáo số liệu quý I-2021.pdf"),
            ..plain(
                "tra-loi",
                third,
                first,
                20 * 60,
                "Re: Đề nghị cung cấp số liệu sử dụng thư điện tử công vụ quý I/2021",
                ANSWER,
            )
        },
        Letter {
            answers: Some("tra-loi"),
            ..plain(
                "cam-on",
                first,
                third,
                19 * 60,
                "Re: Đề nghị cung cấp số liệu sử dụng thư điện tử công vụ quý I/2021",
                THANKS,
            )
        },
        plain("thu", second, first, 5 * 60, "Thông báo lịch chạy thử hệ thống họp trực tuyến", REHEARSAL),
        plain("canh-bao", third, first, 45, "Cảnh báo thư lừa đảo giả mạo", WARNING),
    ]
}

fn write(letter: Letter<'_>, mailboxes: &[SampleMailbox], domain: &str, at: Timestamp) -> Vec<u8> {
    let address = |one: &SampleMailbox| Address { name: Some(one.name.clone()), email: one.address.clone() };
    let to = if letter.is_for_all {
        mailboxes.iter().filter(|one| one.mailbox != letter.from.mailbox).map(address).collect()
    } else {
        vec![address(letter.to)]
    };
    let id = |name: &str| format!("mau-{name}@{domain}");
    let mut fields = vec![
        ("From".to_owned(), Field::Addresses(vec![address(letter.from)])),
        ("To".to_owned(), Field::Addresses(to)),
        ("Subject".to_owned(), Field::Text(letter.subject.to_owned())),
    ];
    if let Some(answered) = letter.answers {
        for name in ["In-Reply-To", "References"] {
            fields.push((name.to_owned(), Field::MessageIds(vec![id(answered)])));
        }
    }
    let text = Part::text("text/plain", letter.text.to_owned());
    let html = letter.html.map(|html| Part::text("text/html", html.to_owned()));
    let files = letter.pdf.map(|name| Part {
        media_type: "application/pdf".to_owned(),
        name: Some(name.to_owned()),
        disposition: Some("attachment".to_owned()),
        cid: None,
        content: Content::Bytes(pdf()),
    });
    let body = Part::usual(Some(text), html, files.into_iter().collect());
    // Every value above is ours and writable; an empty letter would be seen at once.
    Draft { fields, body: Some(body) }.write(&id(letter.id), at).unwrap_or_default()
}

/// A one-page PDF (ISO 32000-1 §7.5) with a correct cross-reference table.
fn pdf() -> Vec<u8> {
    let page = "BT /F1 20 Tf 72 770 Td (Bao cao so lieu quy I/2021) Tj 0 -32 Td /F1 13 Tf \
                (Du lieu mau: 6.000 hop thu, 190 hop thu co quan, 41.250 thu.) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(out.len());
        out.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        out.push_str(&format!("{offset:010} 00000 n \n"));
    }
    out.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    out.into_bytes()
}

const INVITATION: &str = "Kính gửi: Các sở, ban, ngành; UBND các huyện, thị xã, thành phố\n\n\
Trân trọng kính mời dự Hội nghị trực tuyến:\n\n\
- Thời gian: 08 giờ 00 phút, ngày 31 tháng 3 năm 2021 (thứ Tư).\n\
- Địa điểm: điểm cầu tỉnh và điểm cầu của các đơn vị.\n\
- Nội dung: triển khai nhiệm vụ quý II/2021.\n\n\
Đề nghị các đơn vị kiểm tra đường truyền trước 07 giờ 30 phút.\n\nTrân trọng./.\n";
const INVITATION_HTML: &str = "<p><b>Kính gửi:</b> Các sở, ban, ngành; UBND các huyện, thị xã, thành phố</p>\
<p>Trân trọng kính mời dự <b>Hội nghị trực tuyến</b>:</p>\
<table border=\"1\" cellpadding=\"6\" style=\"border-collapse:collapse\">\
<tr><td><b>Thời gian</b></td><td>08 giờ 00 phút, ngày 31 tháng 3 năm 2021 (thứ Tư)</td></tr>\
<tr><td><b>Địa điểm</b></td><td>Điểm cầu tỉnh và điểm cầu của các đơn vị</td></tr>\
<tr><td><b>Nội dung</b></td><td>Triển khai nhiệm vụ quý II/2021</td></tr></table>\
<p>Đề nghị các đơn vị kiểm tra đường truyền trước <span style=\"color:#b3261e\">07 giờ 30 phút</span>.</p>\
<p>Trân trọng./.</p>";
const QUESTION: &str = "Kính gửi: Quý cơ quan/đơn vị\n\n\
Để tổng hợp báo cáo UBND tỉnh, đề nghị cung cấp số liệu sử dụng thư điện tử công vụ quý I/2021 \
(số hộp thư, số thư gửi và nhận, dung lượng) trước ngày 05/04/2021.\n\nTrân trọng./.\n";
const ANSWER: &str = "Kính gửi đồng chí,\n\nGửi kèm báo cáo số liệu sử dụng thư điện tử công vụ quý I/2021 của đơn vị.\n\n\
Trân trọng./.\n";
const THANKS: &str = "Đã nhận được báo cáo. Trân trọng cảm ơn./.\n";
const REHEARSAL: &str = "Kính gửi: Các điểm cầu\n\n\
Lịch chạy thử hệ thống họp trực tuyến: 14:00 ngày 30/03/2021.\n\
Nội dung kiểm tra: micro, camera, trình chiếu, đường truyền.\n\
Đề nghị cán bộ kỹ thuật có mặt trước 15 phút.\n\nTrân trọng./.\n";
const WARNING: &str = "Kính gửi: Cán bộ, công chức, viên chức\n\n\
Thời gian gần đây xuất hiện thư giả mạo cơ quan nhà nước, yêu cầu bấm vào đường dẫn để \"nâng dung lượng hộp thư\".\n\
Đề nghị không mở đường dẫn, không nhập mật khẩu, và báo cho cán bộ CNTT của đơn vị.\n\n\
Hệ thống này không dùng để gửi tài liệu bí mật nhà nước.\n\nTrân trọng./.\n";

#[cfg(test)]
mod tests {
    use mail_gateway_core::message::Summary;

    use super::*;
    use crate::store::query::Order;

    fn mailbox(n: u128) -> SampleMailbox {
        let mailbox = MailboxId::from_u128(n);
        SampleMailbox { mailbox, address: format!("hop{n}@quangbinh.example"), name: format!("Hộp {n}") }
    }

    #[tokio::test]
    async fn sample_letters_are_of_every_kind_and_come_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = crate::store::tests::store(&directory).await;
        let mailboxes: Vec<_> = (1..=4).map(mailbox).collect();
        for _ in 0..2 {
            load_sample(&store, &mailboxes, "quangbinh.example", Timestamp::from_seconds(1_617_000_000))
                .await
                .unwrap();
        }
        let first = mailboxes[0].mailbox;
        let hits = store.query(first, None, Order::OldestFirst).await.unwrap();
        assert_eq!(hits.len(), 6);
        let threads: std::collections::BTreeSet<_> = hits.iter().map(|hit| &hit.thread).collect();
        assert_eq!(threads.len(), 4, "question, answer and thanks are one conversation");
        let ids: Vec<String> = hits.into_iter().map(|hit| hit.id).collect();
        let letters = store.letters(first, &ids).await.unwrap();
        assert_eq!(letters.iter().filter(|letter| letter.summary.has_attachment).count(), 1);
        for letter in &letters {
            let raw = store.open_blob(&letter.blob).await.unwrap();
            assert!(!Summary::of(&raw).preview.is_empty());
        }
        assert_eq!(store.usage(mailboxes[3].mailbox).await.unwrap().letters, 1, "everybody is invited");
    }
}

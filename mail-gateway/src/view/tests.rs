use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use crate::jmap::tests::{AN, Hub, person};

#[tokio::test]
async fn a_hostile_letter_is_shown_behind_two_fences() {
    let hub = Hub::new().await;
    let id = hub
        .deliver(
            AN,
            "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
             <p onclick=alert(1)>Chao</p><script>alert(1)</script><img src='https://evil.example/p.gif'>\
             <img src='cid:p@a'>\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p@a>\r\n\
             Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n",
        )
        .await;
    let reply = hub.get(&format!("/mail/view/{AN}/{id}")).await;
    assert_eq!(reply.status, StatusCode::OK);
    let policy = reply.header("content-security-policy").to_owned();
    for part in [
        "sandbox allow-popups allow-popups-to-escape-sandbox;",
        "default-src 'none'",
        "img-src data:;",
        "frame-ancestors 'self'",
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("x-blocked-images"), "1");
    let text = reply.text();
    assert!(text.contains("<p>Chao</p>") && text.contains("data:image/png;base64,iVBORw0KGgo="), "{text}");
    for danger in ["<script", "onclick", "evil.example"] {
        assert!(!text.contains(danger), "{danger} in {text}");
    }
    let shown = hub.get(&format!("/mail/view/{AN}/{id}?images=1")).await;
    assert!(shown.text().contains("https://evil.example/p.gif"));
    assert!(shown.header("content-security-policy").contains("img-src data: https: http:;"));
}

#[tokio::test]
async fn plain_letters_become_pages_and_other_accounts_letters_do_not() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, "Subject: x\r\n\r\nXem https://qb.example <b>\r\n").await;
    let text = hub.get(&format!("/mail/view/{AN}/{id}")).await.text();
    assert!(text.contains("href=\"https://qb.example\"") && text.contains("&lt;b&gt;"), "{text}");
    let request = Request::get(format!("/mail/view/{AN}/{id}")).body(Body::empty()).unwrap();
    assert_eq!(hub.request(Some(person(2)), request).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lost_body_is_said_in_words() {
    let hub = Hub::new().await;
    let raw = "Subject: x\r\n\r\nmất";
    let id = hub.deliver(AN, raw).await;
    let blob = crate::store::BlobId::of(raw.as_bytes());
    hub.store.blobs().settle().await.unwrap();
    std::fs::remove_file(hub.store.blobs().path(&blob)).unwrap();
    let reply = hub.get(&format!("/mail/view/{AN}/{id}")).await;
    assert_eq!(reply.status, StatusCode::GONE);
    assert!(reply.text().contains("bản sao lưu"));
}

//! What every request passes before a handler sees it: a request id, security headers, and the check
//! that a request which changes something comes from our own pages.

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, UPGRADE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use base::random::{Random, System};
use serde_json::json;

/// Gives the request an id, logs failures under it, and sets the headers every answer carries.
pub async fn identify(request: Request, next: Next) -> Response {
    let id = format!("HT-{:06x}", System.next_u32() & 0x00ff_ffff);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if response.status().is_server_error() {
        tracing::error!(id, %method, path, status = response.status().as_u16(), "http: request failed");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [(REFERRER_POLICY, "same-origin"), (CONTENT_SECURITY_POLICY, PAGE_POLICY)] {
        // A letter's own view brings a stricter policy of its own.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(HeaderName::from_static("permissions-policy"))
        .or_insert(HeaderValue::from_static("camera=(self), microphone=(self), display-capture=(self)"));
    response
}

/// Refuses requests that change something, or open a socket, when another site's page sent them.
///
/// Browsers send `Origin` with every such request and a page cannot forge it; programs send neither
/// `Origin` nor cookies of a browser, so its absence is no danger.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrade = request.headers().contains_key(UPGRADE);
    // Encoders' and players' doors look at a bearer token and at no cookie.
    let by_token = ["/whip/", "/whep/"].iter().any(|door| request.uri().path().starts_with(door));
    if (unsafe_method || upgrade) && !by_token && !origin_matches(request.headers()) {
        tracing::warn!(path = request.uri().path(), "http: refused a request from another origin");
        return refusal(
            StatusCode::FORBIDDEN,
            "foreignOrigin",
            "Yêu cầu đến từ một trang khác nên không được thực hiện. Mở lại hệ thống từ địa chỉ chính thức.",
        );
    }
    next.run(request).await
}

fn origin_matches(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(HOST).map(HeaderValue::to_str)) else {
        return false;
    };
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

/// An error in the one shape all of the hub's errors have.
pub fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let id = format!("HT-{:06x}", System.next_u32() & 0x00ff_ffff);
    tracing::info!(id, code, "http: refused");
    (status, axum::Json(json!({ "error": { "code": code, "message": message, "id": id } }))).into_response()
}

/// Everything comes from the hub itself; inline styles are ours (Svelte transitions), inline scripts are not.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     media-src 'self' blob: mediastream:; connect-src 'self'; frame-src 'self' blob:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use super::{HOST, HeaderMap, ORIGIN, origin_matches};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_things() {
        let own = [(HOST.as_str(), "hub.example:8443"), (ORIGIN.as_str(), "https://hub.example:8443")];
        assert!(origin_matches(&headers(&own)));
        let program = [(HOST.as_str(), "hub.example:8443")];
        assert!(origin_matches(&headers(&program)));
        for foreign in
            ["https://evil.example", "null", "https://hub.example:8443.evil.example", "https://hub.example"]
        {
            let request = headers(&[(HOST.as_str(), "hub.example:8443"), (ORIGIN.as_str(), foreign)]);
            assert!(!origin_matches(&request), "{foreign}");
        }
        assert!(!origin_matches(&headers(&[(HOST.as_str(), "h"), ("sec-fetch-site", "cross-site")])));
    }
}

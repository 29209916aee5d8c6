//! A letter's HTML made harmless: a short list of elements, attributes and style properties survives,
//! everything that runs, loads, submits, redirects or covers the screen does not.
//!
//! The page is served under a sandboxing CSP of its own besides; either fence holds alone.

pub mod page;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ammonia::{Builder, UrlRelative};

/// What to do about pictures that lie on other servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteImages {
    /// Leave them out: loading one tells its sender that the letter was read, where and when.
    Block,
    /// Let the reader's browser load them: the reader asked for it.
    Allow,
}

/// A harmless fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// The fragment.
    pub html: String,
    /// Whether pictures of other servers were left out.
    pub blocked_images: bool,
}

/// Cleans `html`; `pictures` maps Content-IDs to what stands for them (`data:` URLs).
pub fn clean(html: &str, images: RemoteImages, pictures: HashMap<String, String>) -> Clean {
    let blocked = Arc::new(AtomicBool::new(false));
    let input = html.get(..html.floor_char_boundary(MAX_HTML)).unwrap_or_default();
    let input = match bounded(input) {
        Some(input) => input,
        None => {
            let text = mail_parser::decoders::html::html_to_text(input);
            return Clean { html: from_text(&text), blocked_images: false };
        }
    };
    let mut builder = Builder::default();
    builder
        .add_tags(["font", "tfoot", "big"])
        // Links to other places in the page and image maps have no use in a letter.
        .rm_tags(["map", "area"])
        .add_clean_content_tags(["title", "head", "template", "noscript", "iframe", "object", "svg", "math"])
        .add_generic_attributes(["style", "dir", "align", "valign", "bgcolor", "width", "height"])
        .add_tag_attributes("font", ["color", "face", "size"])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_tag_attributes("ol", ["type"])
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .filter_style_properties(HashSet::from(STYLES));
    let seen = Arc::clone(&blocked);
    builder.attribute_filter(move |element, attribute, value| match (element, attribute) {
        (_, "style") => Some(Cow::Owned(plain_style(value))),
        ("img", "src") => picture(value, images, &pictures, &seen),
        (_, "href") => is_link(value).then_some(Cow::Borrowed(value)),
        // `cite` is a link nobody sees.
        (_, "cite" | "src" | "background" | "srcset") => None,
        _ => Some(Cow::Borrowed(value)),
    });
    let html = builder.clean(&input).to_string();
    Clean { html, blocked_images: blocked.load(Ordering::Relaxed) }
}

/// `html` in a form that is parsed in bounded time and memory; `None` when it has too many tags.
///
/// HTML's tree construction repeats every open formatting element in every new paragraph (the
/// "active formatting elements"), so n of them can make n² nodes. Only those with attributes count:
/// of equal ones three are kept. A letter that could do this loses them to `span`.
fn bounded(html: &str) -> Option<Cow<'_, str>> {
    let tags = html.bytes().filter(|b| *b == b'<').count();
    if tags > MAX_TAGS {
        return None;
    }
    let formatting = html.match_indices('<').filter(|(at, _)| formatting_at(html, at + 1).is_some()).count();
    if formatting.saturating_mul(tags) <= MAX_REPEATED {
        return Some(Cow::Borrowed(html));
    }
    let mut out = String::with_capacity(html.len());
    let mut from = 0;
    for (at, _) in html.match_indices('<') {
        if let Some(length) = formatting_at(html, at + 1) {
            out.push_str(html.get(from..=at).unwrap_or_default());
            out.push_str("span");
            from = at + 1 + length;
        }
    }
    out.push_str(html.get(from..).unwrap_or_default());
    Some(Cow::Owned(out))
}

/// The length of the name of the formatting element with attributes whose name begins at `at`.
fn formatting_at(html: &str, at: usize) -> Option<usize> {
    let rest = html.as_bytes().get(at..)?;
    let length = rest.iter().take(8).position(|b| !b.is_ascii_alphabetic())?;
    let has_more = rest.get(length).is_some_and(|b| *b != b'>');
    let name = rest.get(..length)?;
    (has_more && FORMATTING.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()))).then_some(length)
}

/// HTML's formatting elements but `a`, of which only one is ever open.
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Tags of one letter that are shown as HTML; nesting costs their square.
const MAX_TAGS: usize = 30_000;
/// Nodes that repeated formatting may make.
const MAX_REPEATED: usize = 2_000_000;

/// Whether a letter may link there. `data:` and `cid:` are for pictures only.
fn is_link(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme))
}

fn picture<'v>(
    value: &'v str,
    images: RemoteImages,
    pictures: &HashMap<String, String>,
    blocked: &AtomicBool,
) -> Option<Cow<'v, str>> {
    let trimmed = value.trim();
    let lower = trimmed.get(..trimmed.floor_char_boundary(64)).unwrap_or_default().to_ascii_lowercase();
    if lower.starts_with("cid:") {
        let id = trimmed.get(4..).unwrap_or_default();
        return pictures.get(id).map(|url| Cow::Owned(url.clone()));
    }
    // SVG is a document that can hold scripts and references; raster formats are only pixels.
    let raster = ["png", "jpeg", "jpg", "gif", "webp", "bmp"];
    if lower.strip_prefix("data:image/").is_some_and(|rest| {
        raster.iter().any(|kind| rest.strip_prefix(kind).is_some_and(|rest| rest.starts_with(";base64,")))
    }) {
        return Some(Cow::Borrowed(value));
    }
    if lower.starts_with("http://") || lower.starts_with("https://") {
        if images == RemoteImages::Allow {
            return Some(Cow::Borrowed(value));
        }
        blocked.store(true, Ordering::Relaxed);
    }
    None
}

/// The declarations of `style` that cannot load anything: no functions that take addresses, no
/// escapes that could spell one, no at-rules. Property names are filtered afterwards.
fn plain_style(style: &str) -> String {
    let kept: Vec<&str> = style
        .split(';')
        .filter(|declaration| {
            let lower = declaration.to_ascii_lowercase();
            !["url", "image", "expression", "javascript", "var(", "env(", "attr(", "\\", "@", "/*", "<", "{"]
                .iter()
                .any(|danger| lower.contains(danger))
        })
        .collect();
    kept.join(";")
}

/// Plain text as HTML: escaped, line breaks kept, web and mail addresses made links, quotations marked.
pub fn from_text(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(MAX_HTML)).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut quoted = false;
    for line in text.lines() {
        let is_quote = line.starts_with('>');
        if is_quote != quoted {
            out.push_str(if is_quote { "<div class=\"quote\">" } else { "</div>" });
            quoted = is_quote;
        }
        linked_line(line, &mut out);
        out.push('\n');
    }
    if quoted {
        out.push_str("</div>");
    }
    format!("<div class=\"plain\">{out}</div>")
}

fn linked_line(line: &str, out: &mut String) {
    for piece in line.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let core = word.trim_matches(|c: char| "()<>[]{}\"',;!?.:".contains(c));
        let target = if core.starts_with("http://") || core.starts_with("https://") {
            Some(core.to_owned())
        } else if core.starts_with("www.") && core.len() > 6 {
            Some(format!("https://{core}"))
        } else if is_address(core) {
            Some(format!("mailto:{core}"))
        } else {
            None
        };
        match (target, word.find(core)) {
            (Some(target), Some(at)) if !core.is_empty() => {
                let (before, rest) = piece.split_at(at);
                let (inside, after) = rest.split_at(core.len());
                escape(before, out);
                out.push_str("<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"");
                escape(&target, out);
                out.push_str("\">");
                escape(inside, out);
                out.push_str("</a>");
                escape(after, out);
            }
            _ => escape(piece, out),
        }
    }
}

fn is_address(word: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
    };
    word.len() <= 254
        && word
            .split_once('@')
            .is_some_and(|(local, domain)| plain(local) && plain(domain) && domain.contains('.'))
}

/// `text` with what HTML would interpret escaped.
pub fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// Octets of HTML that are shown; a person does not read more.
const MAX_HTML: usize = 2 * 1024 * 1024;

/// Style properties a letter may use: how text looks and where it stands within the letter.
const STYLES: [&str; 58] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "color",
    "direction",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "margin",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
];

#[cfg(test)]
mod tests;

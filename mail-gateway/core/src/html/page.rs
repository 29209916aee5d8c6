//! The text of a whole letter as one harmless fragment.

use std::collections::HashMap;

use base64::Engine;
use mail_parser::{Message, MimeHeaders, PartType};

use super::{RemoteImages, clean, from_text};
use crate::message::parse::{media_type, parse};

/// The fragment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Harmless HTML.
    pub body: String,
    /// Whether pictures of other servers were left out.
    pub blocked_images: bool,
}

/// The text of the letter `raw`: its HTML cleaned, its plain parts made HTML.
pub fn page(raw: &[u8], images: RemoteImages) -> Page {
    let message = parse(raw);
    let mut page = Page::default();
    for id in message.html_body.iter().take(MAX_PARTS) {
        let Some(part) = message.part(*id) else { continue };
        match &part.body {
            PartType::Html(text) => {
                let clean = clean(text, images, pictures(&message));
                page.blocked_images |= clean.blocked_images;
                page.body.push_str(&clean.html);
            }
            PartType::Text(text) => page.body.push_str(&from_text(text)),
            _ => {}
        }
    }
    page
}

/// The pictures inside the letter, by Content-ID, as `data:` URLs: a sandboxed page sends no cookies,
/// so it could not load them from the hub.
fn pictures(message: &Message<'_>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut total = 0;
    for part in message.parts.iter().take(MAX_PARTS_SEARCHED) {
        let (Some(id), kind) = (part.content_id(), media_type(part)) else { continue };
        let raster = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];
        total += part.len();
        if raster.contains(&kind.as_str()) && total <= MAX_PICTURES {
            let data = base64::engine::general_purpose::STANDARD.encode(part.contents());
            found.insert(id.trim_matches(['<', '>']).to_owned(), format!("data:{kind};base64,{data}"));
        }
    }
    found
}

/// Body parts that are shown.
const MAX_PARTS: usize = 50;
/// Parts among which pictures are looked for.
const MAX_PARTS_SEARCHED: usize = 1000;
/// Octets of pictures shown inside one letter.
const MAX_PICTURES: usize = 12 * 1024 * 1024;

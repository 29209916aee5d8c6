//! The Email object (RFC 8621 §4): which properties a client wants and how they are rendered.

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use serde_json::{Value, json};

use super::{MethodError, Object};
use crate::message::{
    Summary,
    blob::{BlobId, PartBlob},
    header::{self, HeaderProperty},
    parse, text,
};

/// What a client wants of each letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Plain properties.
    pub properties: Vec<String>,
    /// Header properties, with the names they are asked by.
    pub headers: Vec<(String, HeaderProperty)>,
    /// Properties of body parts.
    pub body_properties: Vec<String>,
    /// Values of text parts, of HTML parts, of all of both.
    pub fetch: [bool; 3],
    /// Octets of a value; 0 is no limit.
    pub max_value: usize,
}

/// Properties a client gets when it does not say (RFC 8621 §4.2).
const DEFAULT: [&str; 25] = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
    "bodyValues",
];
/// Those of body parts.
const DEFAULT_BODY: [&str; 10] =
    ["partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"];
/// Properties that need the body itself.
const OF_BODY: [&str; 6] = ["bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments", "headers"];

/// Our own, of a mailbox that several people keep: who marked a letter as handled, who wrote it.
const OF_HANDLING: [&str; 2] = ["handledBy", "writtenBy"];

impl Wanted {
    /// Reads the arguments of `Email/get`.
    ///
    /// # Errors
    /// `invalidArguments` for unknown properties.
    pub fn parse(arguments: &Object) -> Result<Self, MethodError> {
        let mut wanted = Self {
            properties: Vec::new(),
            headers: Vec::new(),
            body_properties: DEFAULT_BODY.map(str::to_owned).to_vec(),
            fetch: ["fetchTextBodyValues", "fetchHTMLBodyValues", "fetchAllBodyValues"]
                .map(|name| arguments.get(name).and_then(Value::as_bool).unwrap_or(false)),
            max_value: arguments
                .get("maxBodyValueBytes")
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(0),
        };
        match strings(arguments, "properties")? {
            None => wanted.properties = DEFAULT.map(str::to_owned).to_vec(),
            Some(names) => {
                for name in names {
                    wanted.add(name)?;
                }
            }
        }
        if let Some(names) = strings(arguments, "bodyProperties")? {
            wanted.body_properties = names;
        }
        Ok(wanted)
    }

    fn add(&mut self, name: String) -> Result<(), MethodError> {
        if name.starts_with("header:") {
            let header = HeaderProperty::parse(&name);
            let header = header.ok_or_else(|| MethodError::invalid(format!("properties: {name}")))?;
            self.headers.push((name, header));
        } else if DEFAULT.contains(&name.as_str())
            || OF_BODY.contains(&name.as_str())
            || OF_HANDLING.contains(&name.as_str())
        {
            self.properties.push(name);
        } else {
            return Err(MethodError::invalid(format!("properties: {name}")));
        }
        Ok(())
    }

    /// Whether who did what must be read.
    pub fn needs_acts(&self) -> bool {
        self.properties.iter().any(|name| OF_HANDLING.contains(&name.as_str()))
    }

    /// Whether the body must be read.
    pub fn needs_body(&self) -> bool {
        !self.headers.is_empty() || self.properties.iter().any(|name| OF_BODY.contains(&name.as_str()))
    }
}

/// An argument that is a list of strings, or absent.
///
/// # Errors
/// `invalidArguments` for another shape.
pub fn strings(arguments: &Object, name: &str) -> Result<Option<Vec<String>>, MethodError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            let items = items.iter().map(|item| item.as_str().map(str::to_owned));
            items
                .collect::<Option<Vec<_>>>()
                .map(Some)
                .ok_or_else(|| MethodError::invalid(format!("{name} holds a value that is not a string")))
        }
        Some(_) => Err(MethodError::invalid(format!("{name} is not a list"))),
    }
}

/// A property the summary answers; `None` when it is not one of those.
pub fn fact(summary: &Summary, name: &str) -> Option<Value> {
    Some(match name {
        "size" => json!(summary.size),
        "messageId" => json!(summary.message_id),
        "inReplyTo" => json!(summary.in_reply_to),
        "references" => json!(summary.references),
        "sender" => json!(summary.sender),
        "from" => json!(summary.from),
        "to" => json!(summary.to),
        "cc" => json!(summary.cc),
        "bcc" => json!(summary.bcc),
        "replyTo" => json!(summary.reply_to),
        "subject" => json!(summary.subject),
        "sentAt" => json!(summary.sent_at),
        "hasAttachment" => json!(summary.has_attachment),
        "preview" => json!(summary.preview),
        _ => return None,
    })
}

/// Adds the properties that need the body to `into`.
pub fn render(raw: &[u8], blob: &BlobId, wanted: &Wanted, into: &mut Object) {
    let message = parse::parse(raw);
    let view = View { message: &message, blob, wanted };
    for name in &wanted.properties {
        let value = match name.as_str() {
            "headers" => header::all(&message),
            "textBody" => view.list(&message.text_body),
            "htmlBody" => view.list(&message.html_body),
            "attachments" => view.list(&message.attachments),
            "bodyStructure" => view.part(0, MAX_DEPTH, &mut { MAX_PARTS }),
            "bodyValues" => view.values(),
            _ => continue,
        };
        into.insert(name.clone(), value);
    }
    for (name, property) in &wanted.headers {
        into.insert(name.clone(), property.value(&message));
    }
}

struct View<'a> {
    message: &'a Message<'a>,
    blob: &'a BlobId,
    wanted: &'a Wanted,
}

impl View<'_> {
    fn list(&self, parts: &[u32]) -> Value {
        parts.iter().take(MAX_PARTS).map(|id| self.part(*id, 1, &mut { 1 })).collect()
    }

    /// One EmailBodyPart (RFC 8621 §4.1.4), with its sub-parts while `depth` and `budget` last.
    fn part(&self, id: u32, depth: usize, budget: &mut usize) -> Value {
        let Some(part) = self.message.part(id) else { return Value::Null };
        *budget = budget.saturating_sub(1);
        let is_multipart = part.is_multipart();
        let mut out = Object::new();
        for name in &self.wanted.body_properties {
            let value = match name.as_str() {
                "partId" if is_multipart => Value::Null,
                "partId" => json!(id.to_string()),
                "blobId" if is_multipart => Value::Null,
                "blobId" => json!(PartBlob { blob: self.blob.clone(), part: Some(id) }.to_string()),
                "size" => json!(part.len()),
                "name" => json!(parse::file_name(part)),
                "type" => json!(parse::media_type(part)),
                "charset" => json!(charset(part)),
                "disposition" => json!(part.content_disposition().map(|d| d.ctype().to_ascii_lowercase())),
                "cid" => json!(part.content_id().map(|id| id.trim_matches(['<', '>']))),
                "language" => match part.content_language() {
                    mail_parser::HeaderValue::Text(one) => json!([one]),
                    mail_parser::HeaderValue::TextList(list) => json!(list),
                    _ => Value::Null,
                },
                "location" => json!(part.content_location()),
                _ => continue,
            };
            out.insert(name.clone(), value);
        }
        if let (Some(parts), Some(below)) = (part.sub_parts(), depth.checked_sub(1)) {
            let mut children = Vec::new();
            for child in parts {
                if *budget == 0 || below == 0 {
                    break;
                }
                children.push(self.part(*child, below, budget));
            }
            out.insert("subParts".to_owned(), Value::Array(children));
        }
        Value::Object(out)
    }

    fn values(&self) -> Value {
        let [texts, htmls, all] = self.wanted.fetch;
        let mut values = Object::new();
        let lists = [(texts || all, &self.message.text_body), (htmls || all, &self.message.html_body)];
        for (_, list) in lists.iter().filter(|(wanted, _)| *wanted) {
            for id in list.iter().take(MAX_PARTS) {
                let Some(part) = self.message.part(*id) else { continue };
                let (PartType::Text(value) | PartType::Html(value)) = &part.body else { continue };
                let whole = value.replace("\r\n", "\n");
                let limit = if self.wanted.max_value == 0 { whole.len() } else { self.wanted.max_value };
                let cut = whole.floor_char_boundary(limit);
                values.insert(
                    id.to_string(),
                    json!({
                        "value": whole.get(..cut).unwrap_or_default(),
                        "isEncodingProblem": part.is_encoding_problem,
                        "isTruncated": cut < whole.len(),
                    }),
                );
            }
        }
        Value::Object(values)
    }
}

fn charset(part: &MessagePart<'_>) -> Option<String> {
    if !part.is_text() {
        return None;
    }
    let named = part.content_type().and_then(|kind| kind.attribute("charset"));
    // RFC 8621 §4.1.4: the implicit charset of text is us-ascii.
    Some(named.map_or_else(|| "us-ascii".to_owned(), text::nfc))
}

/// Parts of one letter that are shown.
const MAX_PARTS: usize = 1000;
/// Parts within parts that are shown.
const MAX_DEPTH: usize = 50;

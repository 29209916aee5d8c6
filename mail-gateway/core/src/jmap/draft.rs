//! The Email object a client creates (RFC 8621 §4.6), as a letter to be written.

use std::collections::BTreeMap;

use mail_parser::DateTime;
use serde_json::Value;

use super::{Object, SetError};
use crate::message::{
    Address,
    compose::{Content, Draft, Field, Part, is_media_type},
    header::{Form, HeaderProperty},
};

/// Bytes of the blobs a draft names.
pub type BlobBytes = BTreeMap<String, Vec<u8>>;

/// The blob ids that `email` names anywhere in its body.
pub fn blobs(email: &Object) -> Vec<String> {
    fn visit(value: &Value, depth: usize, found: &mut Vec<String>) {
        if depth == 0 || found.len() > MAX_PARTS {
            return;
        }
        match value {
            Value::Object(members) => {
                if let Some(blob) = members.get("blobId").and_then(Value::as_str) {
                    found.push(blob.to_owned());
                }
                if let Some(parts) = members.get("subParts") {
                    visit(parts, depth - 1, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, depth - 1, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for name in ["bodyStructure", "textBody", "htmlBody", "attachments"] {
        if let Some(value) = email.get(name) {
            visit(value, MAX_DEPTH, &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Reads `email`, from which `mailboxIds`, `keywords` and `receivedAt` were taken already.
///
/// # Errors
/// `invalidProperties` naming what is wrong, `blobNotFound` naming blobs that are not in `bytes`.
pub fn parse(email: Object, bytes: &BlobBytes) -> Result<Draft, SetError> {
    let missing: Vec<String> = blobs(&email).into_iter().filter(|blob| !bytes.contains_key(blob)).collect();
    if !missing.is_empty() {
        return Err(SetError::new("blobNotFound").with("notFound", serde_json::json!(missing)));
    }
    let mut draft = Draft::default();
    let mut body = Object::new();
    for (name, value) in email {
        match name.as_str() {
            "bodyStructure" | "textBody" | "htmlBody" | "attachments" | "bodyValues" => {
                body.insert(name, value);
            }
            _ if value.is_null() => {}
            _ => {
                let (field, content) = field(&name, &value).ok_or_else(|| SetError::invalid(&[&name]))?;
                if draft.fields.iter().any(|(other, _)| other.eq_ignore_ascii_case(&field)) {
                    return Err(SetError::invalid(&[&name]));
                }
                if content != Field::Addresses(Vec::new()) {
                    draft.fields.push((field, content));
                }
            }
        }
    }
    let reader = Reader { values: body.get("bodyValues").and_then(Value::as_object), bytes };
    draft.body = Some(reader.body(&body)?);
    Ok(draft)
}

fn field(name: &str, value: &Value) -> Option<(String, Field)> {
    let (field, form) = match name {
        "messageId" => ("Message-ID", Form::MessageIds),
        "inReplyTo" => ("In-Reply-To", Form::MessageIds),
        "references" => ("References", Form::MessageIds),
        "sender" => ("Sender", Form::Addresses),
        "from" => ("From", Form::Addresses),
        "to" => ("To", Form::Addresses),
        "cc" => ("Cc", Form::Addresses),
        "bcc" => ("Bcc", Form::Addresses),
        "replyTo" => ("Reply-To", Form::Addresses),
        "subject" => ("Subject", Form::Text),
        "sentAt" => ("Date", Form::Date),
        _ => {
            let header = HeaderProperty::parse(name).filter(|header| !header.all)?;
            // RFC 8621 §4.6: fields of the body are described by the parts.
            if header.name.to_ascii_lowercase().starts_with("content-") {
                return None;
            }
            let content = content(header.form, value)?;
            return Some((header.name, content));
        }
    };
    Some((field.to_owned(), content(form, value)?))
}

fn content(form: Form, value: &Value) -> Option<Field> {
    let strings = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    };
    Some(match form {
        Form::Raw => Field::Raw(value.as_str()?.to_owned()),
        Form::Text => Field::Text(value.as_str()?.to_owned()),
        Form::Addresses => Field::Addresses(serde_json::from_value::<Vec<Address>>(value.clone()).ok()?),
        Form::GroupedAddresses => {
            let groups: Vec<crate::message::address::Group> = serde_json::from_value(value.clone()).ok()?;
            Field::Addresses(groups.into_iter().flat_map(|group| group.addresses).collect())
        }
        Form::MessageIds => Field::MessageIds(strings(value)?),
        Form::Date => {
            let date = DateTime::parse_rfc3339(value.as_str().filter(|text| text.len() >= 20)?)?;
            Field::Date(date.is_valid().then(|| date.to_rfc822())?)
        }
        Form::Urls => Field::Urls(strings(value)?),
    })
}

struct Reader<'a> {
    values: Option<&'a Object>,
    bytes: &'a BlobBytes,
}

impl Reader<'_> {
    fn body(&self, body: &Object) -> Result<Part, SetError> {
        if let Some(structure) = body.get("bodyStructure").filter(|value| !value.is_null()) {
            if body.contains_key("textBody")
                || body.contains_key("htmlBody")
                || body.contains_key("attachments")
            {
                return Err(SetError::invalid(&["bodyStructure"]));
            }
            return self.part(structure, "bodyStructure", None, MAX_DEPTH);
        }
        let text = self.single(body, "textBody", "text/plain")?;
        let html = self.single(body, "htmlBody", "text/html")?;
        let mut attachments = Vec::new();
        if let Some(list) = body.get("attachments").filter(|value| !value.is_null()) {
            let list = list.as_array().filter(|list| list.len() <= MAX_PARTS);
            for one in list.ok_or_else(|| SetError::invalid(&["attachments"]))? {
                let mut part = self.part(one, "attachments", None, 2)?;
                part.disposition.get_or_insert_with(|| "attachment".to_owned());
                attachments.push(part);
            }
        }
        Ok(Part::usual(text, html, attachments))
    }

    /// RFC 8621 §4.6: `textBody` and `htmlBody` hold exactly one part of their type.
    fn single(&self, body: &Object, name: &str, media_type: &str) -> Result<Option<Part>, SetError> {
        match body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) if list.is_empty() => Ok(None),
            Some(Value::Array(list)) if list.len() == 1 => {
                let one = list.first().ok_or_else(|| SetError::invalid(&[name]))?;
                let part = self.part(one, name, Some(media_type), 1)?;
                if part.media_type == media_type { Ok(Some(part)) } else { Err(SetError::invalid(&[name])) }
            }
            Some(_) => Err(SetError::invalid(&[name])),
        }
    }

    fn part(
        &self,
        value: &Value,
        property: &str,
        default_type: Option<&str>,
        depth: usize,
    ) -> Result<Part, SetError> {
        let wrong = || SetError::invalid(&[property]);
        let depth = depth.checked_sub(1).ok_or_else(wrong)?;
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let sub_parts = value.get("subParts").and_then(Value::as_array);
        let content = match (member("partId"), member("blobId"), sub_parts) {
            (None, None, Some(parts)) if parts.len() <= MAX_PARTS => {
                let parts = parts.iter().map(|part| self.part(part, property, None, depth));
                Content::Parts(parts.collect::<Result<_, _>>()?)
            }
            (Some(id), None, None) => {
                let value = self.values.and_then(|values| values.get(&id)?.get("value")?.as_str());
                Content::Text(value.ok_or_else(|| SetError::invalid(&["bodyValues"]))?.to_owned())
            }
            (None, Some(blob), None) => {
                let bytes = self.bytes.get(&blob).ok_or_else(|| SetError::new("blobNotFound"))?;
                Content::Bytes(bytes.clone())
            }
            _ => return Err(wrong()),
        };
        let fallback = match content {
            Content::Text(_) => "text/plain",
            Content::Bytes(_) => "application/octet-stream",
            Content::Parts(_) => "multipart/mixed",
        };
        let media_type = member("type").unwrap_or_else(|| default_type.unwrap_or(fallback).to_owned());
        let is_multipart = media_type.to_ascii_lowercase().starts_with("multipart/");
        if !is_media_type(&media_type) || is_multipart != matches!(content, Content::Parts(_)) {
            return Err(wrong());
        }
        let disposition = member("disposition").filter(|d| d == "inline" || d == "attachment");
        Ok(Part {
            media_type: media_type.to_ascii_lowercase(),
            name: member("name"),
            disposition,
            cid: member("cid"),
            content,
        })
    }
}

/// Parts of one draft.
const MAX_PARTS: usize = 200;
/// Parts within parts.
const MAX_DEPTH: usize = 10;

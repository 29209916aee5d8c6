//! The letter that answers while its recipient is away (RFC 5230 §5).

use base::Timestamp;
use mail_parser::PartType;

use super::VacationReply;
use crate::message::{
    self, Address,
    compose::{Draft, Field, Part, Unwritable, is_message_id},
};

impl VacationReply {
    /// The letter, from `own` unless the script chose another of the mailbox's addresses; it travels
    /// with the null sender, so that nothing answers it.
    ///
    /// # Errors
    /// When a value cannot stand in a letter.
    pub fn letter(&self, own: &str, message_id: &str, now: Timestamp) -> Result<Vec<u8>, Unwritable> {
        let address = |email: &str| vec![Address { name: None, email: email.to_owned() }];
        let mut fields = vec![
            ("From".to_owned(), Field::Addresses(address(self.from.as_deref().unwrap_or(own)))),
            ("To".to_owned(), Field::Addresses(address(&self.to))),
            ("Subject".to_owned(), Field::Text(self.subject.clone())),
            // RFC 3834 §5: whoever answers letters by machine must leave this one alone.
            ("Auto-Submitted".to_owned(), Field::Raw("auto-replied (vacation)".to_owned())),
        ];
        // RFC 5230 §5.8; an id that cannot be quoted is left out.
        if let Some(id) = self.in_reply_to.as_ref().filter(|id| is_message_id(id)) {
            for name in ["In-Reply-To", "References"] {
                fields.push((name.to_owned(), Field::MessageIds(vec![id.clone()])));
            }
        }
        Draft { fields, body: Some(self.body()) }.write(message_id, now)
    }

    /// §5.7: text, or with `:mime` the entity the script wrote, of which text and HTML are taken.
    fn body(&self) -> Part {
        if !self.mime {
            return Part::text("text/plain", self.text.clone());
        }
        let entity = message::parse::parse(self.text.as_bytes());
        let html = entity.html_bodies().find_map(|part| match &part.body {
            PartType::Html(html) => Some(Part::text("text/html", html.to_string())),
            _ => None,
        });
        let text = Part::text("text/plain", message::parse::plain_text(&entity));
        Part::usual(Some(text), html, Vec::new())
    }
}

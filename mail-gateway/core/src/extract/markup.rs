//! XML as a stream of starts, ends and text: all that taking the words out of an Office file needs.
//! No entities but the five of XML 1.0 §4.6 and character references, so nothing can unfold.

/// One piece of a document. Names are local: what stands after the prefix.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// `<name attributes>`; an empty element is followed by its end.
    Start(&'a str, &'a str),
    /// `</name>`
    End(&'a str),
    /// Text with its entities resolved.
    Text(String),
}

/// The pieces of `source`.
pub(super) struct Pieces<'a> {
    source: &'a str,
    /// The end that an empty element still owes.
    owed: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    /// Reads `source` from its beginning.
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, owed: None }
    }

    fn tag(&mut self) -> Option<Piece<'a>> {
        let (whole, rest) = self.source.split_once('>')?;
        self.source = rest;
        let inside = whole.strip_prefix('<')?;
        if let Some(name) = inside.strip_prefix('/') {
            return Some(Piece::End(local(name.trim_end())));
        }
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (name, attributes) = inside.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((inside, ""));
        let name = local(name);
        if is_empty {
            self.owed = Some(name);
        }
        Some(Piece::Start(name, attributes))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.owed.take() {
            return Some(Piece::End(name));
        }
        loop {
            if let Some(rest) = self.source.strip_prefix("<![CDATA[") {
                let (text, rest) = rest.split_once("]]>").unwrap_or((rest, ""));
                self.source = rest;
                return Some(Piece::Text(text.to_owned()));
            }
            let skipped = [("<!--", "-->"), ("<?", "?>"), ("<!", ">")]
                .into_iter()
                .find(|(open, _)| self.source.starts_with(open));
            if let Some((_, close)) = skipped {
                self.source = self.source.split_once(close)?.1;
                continue;
            }
            if self.source.starts_with('<') {
                return self.tag();
            }
            let end = self.source.find('<').unwrap_or(self.source.len());
            let (text, rest) = self.source.split_at(end);
            self.source = rest;
            return (!text.is_empty()).then(|| Piece::Text(resolve(text)));
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn resolve(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let named = after.split_once(';').filter(|(name, _)| name.len() <= MAX_ENTITY);
        let resolved = named.and_then(|(name, after)| Some((character(name)?, after)));
        match resolved {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

/// Characters of the longest entity name that is looked up.
const MAX_ENTITY: usize = 10;

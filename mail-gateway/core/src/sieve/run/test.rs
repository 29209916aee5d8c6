//! What tests find (RFC 5228 §5 and the extensions').

use super::{
    Captures, Duplicate, EnvelopePart, Halt, Headers, Local, MatchKind, Matching, Moment, Part, Run, Test,
    Text, Zone, matching, split,
};
use crate::sieve::Action;

impl Run<'_> {
    pub(super) fn test(&mut self, test: &Test) -> Result<bool, Halt> {
        self.spend(1)?;
        Ok(match test {
            Test::True => true,
            Test::False => false,
            Test::Not(inner) => !self.test(inner)?,
            Test::All(tests) => {
                for test in tests {
                    if !self.test(test)? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Any(tests) => {
                for test in tests {
                    if self.test(test)? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::Exists(names) => {
                let names = self.expand_all(names)?;
                self.spend(names.len())?;
                names.iter().all(|name| self.letter.has(name))
            }
            Test::Size { over, limit } => {
                if *over {
                    self.letter.size() > *limit
                } else {
                    self.letter.size() < *limit
                }
            }
            Test::Header(headers) => self.header(headers, None)?,
            Test::Address { headers, part } => self.header(headers, Some(*part))?,
            Test::Envelope { parts, part, how, keys } => self.envelope(parts, *part, *how, keys)?,
            Test::Body { transform, how, keys } => {
                // Reading a body costs as much as many steps.
                self.spend(500)?;
                let values = self.letter.body(transform);
                self.any(*how, &values, keys)?
            }
            Test::Strings { sources, how, keys } => {
                let mut values = self.expand_all(sources)?;
                if matches!(how.kind, MatchKind::Count(_)) {
                    // RFC 5229 §5: empty strings do not count.
                    values.retain(|value| !value.is_empty());
                }
                self.any(*how, &values, keys)?
            }
            Test::HasFlag { variables, how, keys } => self.has_flag(variables, *how, keys)?,
            Test::Date { moment, zone, part, how, keys } => self.date(moment, *zone, part, *how, keys)?,
            Test::MailboxExists(names) => {
                let names = self.expand_all(names)?;
                names.iter().all(|name| is_inbox(name) || self.around.folders.contains(name))
            }
            Test::SpecialUseExists { folder, uses } => {
                let folder = folder.as_ref().map(|text| self.expand(text)).transpose()?;
                let uses = self.expand_all(uses)?;
                let there = folder.is_none_or(|name| is_inbox(&name) || self.around.folders.contains(&name));
                let known =
                    |wanted: &String| self.around.special_uses.iter().any(|u| u.eq_ignore_ascii_case(wanted));
                there && uses.iter().all(known)
            }
            Test::Duplicate(duplicate) => self.duplicate(duplicate)?,
        })
    }

    fn header(&mut self, headers: &Headers, part: Option<Part>) -> Result<bool, Halt> {
        let mut values = Vec::new();
        for name in self.expand_all(&headers.names)? {
            match part {
                None => values.extend(self.letter.values(&name, headers.index)),
                Some(part) => {
                    let addresses = self.letter.addresses(&name, headers.index);
                    values.extend(addresses.iter().filter_map(|address| part_of(address, part)));
                }
            }
            self.spend(1 + values.len())?;
        }
        self.any(headers.how, &values, &headers.keys)
    }

    fn envelope(
        &mut self,
        parts: &[EnvelopePart],
        part: Part,
        how: Matching,
        keys: &[Text],
    ) -> Result<bool, Halt> {
        let mut values = Vec::new();
        for which in parts {
            let address = match which {
                EnvelopePart::From => self.around.sender,
                EnvelopePart::To => self.around.recipient,
            };
            // §5.4: the null sender is the empty string, whatever part is asked for.
            if address.is_empty() {
                values.push(String::new());
            } else {
                values.extend(part_of(address, part));
            }
        }
        self.any(how, &values, keys)
    }

    fn has_flag(&mut self, variables: &[String], how: Matching, keys: &[Text]) -> Result<bool, Halt> {
        let values = if variables.is_empty() {
            self.flags.clone()
        } else {
            let texts = variables.iter().filter_map(|name| self.variables.get(name));
            texts.flat_map(|text| split(text)).collect()
        };
        self.any(how, &values, keys)
    }

    fn date(
        &mut self,
        moment: &Moment,
        zone: Option<Zone>,
        part: &str,
        how: Matching,
        keys: &[Text],
    ) -> Result<bool, Halt> {
        let local = match moment {
            Moment::Now => Some(Local::new(self.around.now.as_seconds(), self.around.offset)),
            Moment::Header { name, index } => {
                let name = self.expand(name)?;
                self.letter.values(&name, *index).first().and_then(|field| Local::parse(field))
            }
        };
        let local = local.map(|local| match zone {
            None => local.in_zone(self.around.offset),
            Some(Zone::Offset(offset)) => local.in_zone(offset),
            Some(Zone::Original) => local,
        });
        let value = local.and_then(|local| local.part(part));
        self.any(how, value.as_slice(), keys)
    }

    /// RFC 7352 §3: a letter is remembered by its id, or by what the script names.
    fn duplicate(&mut self, duplicate: &Duplicate) -> Result<bool, Halt> {
        let id = match (&duplicate.unique, &duplicate.header) {
            (Some(unique), _) => Some(self.expand(unique)?),
            (None, Some(header)) => {
                let name = self.expand(header)?;
                self.letter.values(&name, None).into_iter().next()
            }
            (None, None) => self.letter.message_id().map(str::to_owned),
        };
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(false) };
        let handle = duplicate.handle.as_ref().map(|text| self.expand(text)).transpose()?.unwrap_or_default();
        let id: String = id.chars().take(500).collect();
        let key = format!("duplicate:{}:{id}", handle.chars().take(200).collect::<String>());
        let seen = self.around.remembered.contains(&key);
        if !seen || duplicate.last {
            self.act(Action::Remember { key, seconds: duplicate.seconds })?;
        }
        Ok(seen)
    }

    /// Whether one of the values matches one of the keys; what wildcards stood for is kept.
    fn any(&mut self, how: Matching, values: &[String], keys: &[Text]) -> Result<bool, Halt> {
        let keys = self.expand_all(keys)?;
        if let MatchKind::Count(relation) = how.kind {
            self.spend(keys.len())?;
            return Ok(keys.iter().any(|key| matching::count(how, relation, values.len(), key)));
        }
        for value in values {
            for key in &keys {
                let found = matching::matches(how, value, key, &mut |cost| self.spend(cost))?;
                if let Some(captures) = found {
                    self.keep_captures(how, captures);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn keep_captures(&mut self, how: Matching, captures: Captures) {
        // RFC 5229 §3.2: only `:matches` sets them, and a failed test leaves them as they were.
        if how.kind == MatchKind::Matches {
            self.captures = captures;
        }
    }
}

fn is_inbox(name: &str) -> bool {
    name.eq_ignore_ascii_case("inbox")
}

/// A part of an address; `None` when it has no such part (RFC 5233 §4: no detail without a `+`).
fn part_of(address: &str, part: Part) -> Option<String> {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let detail = local.split_once('+');
    Some(match part {
        Part::All => address.to_owned(),
        Part::Local => local.to_owned(),
        Part::Domain => domain.to_owned(),
        Part::User => detail.map_or(local, |(user, _)| user).to_owned(),
        Part::Detail => detail?.1.to_owned(),
    })
}

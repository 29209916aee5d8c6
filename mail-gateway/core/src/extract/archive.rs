//! The members of a ZIP file (APPNOTE 6.3), as Office files use it: stored or deflated, no encryption.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::Budget;

/// A ZIP file whose directory was read.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    members: Vec<Member>,
}

struct Member {
    name: String,
    method: u16,
    compressed: usize,
    header: usize,
}

/// What is inside a member.
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// Whether the budget or damage cut it.
    pub(super) is_partial: bool,
}

impl<'a> Archive<'a> {
    /// Reads the central directory; `None` when there is none.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        // APPNOTE 4.3.16: the record stands at the end, before a comment of 65,535 octets at most.
        let from = bytes.len().saturating_sub(END + usize::from(u16::MAX));
        let tail = bytes.get(from..)?;
        let at = from + tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
        let mut place = usize::try_from(u32_at(bytes, at + 16)?).ok()?;
        let count = usize::from(u16_at(bytes, at + 10)?).min(MAX_MEMBERS);
        let mut members = Vec::new();
        for _ in 0..count {
            if bytes.get(place..place.checked_add(4)?) != Some(b"PK\x01\x02") {
                break;
            }
            let name = usize::from(u16_at(bytes, place + 28)?);
            let rest = usize::from(u16_at(bytes, place + 30)?) + usize::from(u16_at(bytes, place + 32)?);
            members.push(Member {
                name: String::from_utf8_lossy(bytes.get(place + 46..place + 46 + name)?).into_owned(),
                method: u16_at(bytes, place + 10)?,
                compressed: usize::try_from(u32_at(bytes, place + 20)?).ok()?,
                header: usize::try_from(u32_at(bytes, place + 42)?).ok()?,
            });
            place = place.checked_add(46 + name + rest)?;
        }
        Some(Self { bytes, members })
    }

    /// The names of the members, in the order of the directory.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// The bytes of the member `name`, unpacked within the budget.
    pub(super) fn read(&self, name: &str, budget: &mut Budget) -> Option<Content> {
        let member = self.members.iter().find(|member| member.name == name)?;
        let header = member.header;
        let skip = usize::from(u16_at(self.bytes, header.checked_add(26)?)?)
            + usize::from(u16_at(self.bytes, header + 28)?);
        let data = self.bytes.get(header.checked_add(30 + skip)?..)?;
        let data = data.get(..member.compressed.min(data.len()))?;
        if !budget.work(data.len()) {
            return Some(Content { bytes: Vec::new(), is_partial: true });
        }
        let content = match member.method {
            0 => {
                let end = data.len().min(budget.inflated);
                Content { bytes: data.get(..end)?.to_vec(), is_partial: end < data.len() }
            }
            8 => match decompress_to_vec_with_limit(data, budget.inflated) {
                Ok(bytes) => Content { bytes, is_partial: false },
                // What came out before the limit or the damage is still worth reading.
                Err(cut) => Content { bytes: cut.output, is_partial: true },
            },
            _ => Content { bytes: Vec::new(), is_partial: true },
        };
        budget.inflated = budget.inflated.saturating_sub(content.bytes.len());
        Some(content)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Octets of the end record without its comment.
const END: usize = 22;
/// Members of one file that are known; Office files have some dozens.
const MAX_MEMBERS: usize = 4096;

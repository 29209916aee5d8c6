//! What mail programs read to set themselves up: Thunderbird's autoconfig, Outlook's autodiscover (the plain XML
//! one), and a profile for Apple's devices.
//!
//! Every answer is the same for every address of the domain, so none tells whether an address exists.

use std::fmt::Write as _;

use crate::html::escape;

/// How mail programs reach this hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The domain of the addresses.
    pub domain: String,
    /// Its name in programs' lists of accounts.
    pub name: String,
    /// The server's name.
    pub host: String,
    /// The doors that are open, the best first.
    pub doors: Vec<Door>,
}

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// What is spoken.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// TLS from the first byte; else STARTTLS.
    pub implicit_tls: bool,
}

/// What is spoken at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Reading, letters stay on the server.
    Imap,
    /// Fetching.
    Pop3,
    /// Sending.
    Smtp,
}

impl Protocol {
    const fn lower(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Smtp => "smtp",
        }
    }
}

impl Programs {
    /// Whether `address` is one of this domain.
    pub fn serves(&self, address: &str) -> bool {
        address.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.eq_ignore_ascii_case(&self.domain)
                && !address.contains(char::is_whitespace)
        })
    }

    /// The best door of a protocol.
    pub fn door(&self, protocol: Protocol) -> Option<Door> {
        self.doors.iter().copied().find(|door| door.protocol == protocol)
    }

    /// Autoconfig 1.1 (draft-bucksch-autoconfig): every open door, the programs choose.
    pub fn autoconfig(&self) -> String {
        let (domain, name, host) = (xml(&self.domain), xml(&self.name), xml(&self.host));
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n\
             <emailProvider id=\"{domain}\">\n<domain>{domain}</domain>\n<displayName>{name}</displayName>\n\
             <displayShortName>{name}</displayShortName>\n"
        );
        for Door { protocol, port, implicit_tls } in &self.doors {
            let side = if *protocol == Protocol::Smtp { "outgoing" } else { "incoming" };
            let socket = if *implicit_tls { "SSL" } else { "STARTTLS" };
            let kind = protocol.lower();
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "<{side}Server type=\"{kind}\">\n<hostname>{host}</hostname>\n<port>{port}</port>\n\
                 <socketType>{socket}</socketType>\n<username>%EMAILADDRESS%</username>\n\
                 <authentication>password-cleartext</authentication>\n</{side}Server>\n"
            );
        }
        out.push_str("</emailProvider>\n</clientConfig>\n");
        out
    }

    /// The answer to a request of Outlook for `address` ([MS-OXDSCLI] §2.2.4).
    pub fn autodiscover(&self, address: &str) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n\
             <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\n\
             <Account>\n<AccountType>email</AccountType>\n<Action>settings</Action>\n",
        );
        let (host, login) = (xml(&self.host), xml(address));
        for door in [Protocol::Imap, Protocol::Pop3, Protocol::Smtp].into_iter().filter_map(|p| self.door(p))
        {
            let kind = door.protocol.lower().to_uppercase();
            let encryption = if door.implicit_tls { "SSL" } else { "TLS" };
            let _ = write!(
                out,
                "<Protocol>\n<Type>{kind}</Type>\n<Server>{host}</Server>\n<Port>{}</Port>\n\
                 <LoginName>{login}</LoginName>\n<DomainRequired>off</DomainRequired>\n<SPA>off</SPA>\n\
                 <SSL>on</SSL>\n<Encryption>{encryption}</Encryption>\n<AuthRequired>on</AuthRequired>\n",
                door.port
            );
            if door.protocol == Protocol::Smtp {
                out.push_str("<UsePOPAuth>off</UsePOPAuth>\n<SMTPLast>off</SMTPLast>\n");
            }
            out.push_str("</Protocol>\n");
        }
        out.push_str("</Account>\n</Response>\n</Autodiscover>\n");
        out
    }

    /// A configuration profile for the mailbox `address` of `person`. One with the same `id` replaces it on a
    /// device. `None` when no door for it is open.
    pub fn apple(&self, address: &str, person: &str, id: &str) -> Option<String> {
        let (imap, smtp) = (self.door(Protocol::Imap)?, self.door(Protocol::Smtp)?);
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\
             <key>PayloadContent</key>\n<array>\n<dict>\n",
        );
        let text = |out: &mut String, key: &str, value: &str| {
            let _ = writeln!(out, "<key>{key}</key><string>{}</string>", xml(value));
        };
        let number = |out: &mut String, key: &str, value: u16| {
            let _ = writeln!(out, "<key>{key}</key><integer>{value}</integer>");
        };
        let yes = |out: &mut String, key: &str| {
            let _ = writeln!(out, "<key>{key}</key><true/>");
        };
        text(&mut out, "PayloadType", "com.apple.mail.managed");
        text(&mut out, "PayloadIdentifier", &format!("{}.{id}.mail", self.domain));
        text(&mut out, "PayloadUUID", &format!("{id}-mail"));
        number(&mut out, "PayloadVersion", 1);
        text(&mut out, "PayloadDisplayName", address);
        text(&mut out, "EmailAccountType", "EmailTypeIMAP");
        text(&mut out, "EmailAccountName", person);
        text(&mut out, "EmailAccountDescription", address);
        text(&mut out, "EmailAddress", address);
        for (side, door) in [("Incoming", imap), ("Outgoing", smtp)] {
            text(&mut out, &format!("{side}MailServerHostName"), &self.host);
            number(&mut out, &format!("{side}MailServerPortNumber"), door.port);
            text(&mut out, &format!("{side}MailServerUsername"), address);
            text(&mut out, &format!("{side}MailServerAuthentication"), "EmailAuthPassword");
            yes(&mut out, &format!("{side}MailServerUseSSL"));
        }
        yes(&mut out, "OutgoingPasswordSameAsIncomingPassword");
        out.push_str("</dict>\n</array>\n");
        text(&mut out, "PayloadType", "Configuration");
        text(&mut out, "PayloadIdentifier", &format!("{}.{id}", self.domain));
        text(&mut out, "PayloadUUID", id);
        number(&mut out, "PayloadVersion", 1);
        text(&mut out, "PayloadDisplayName", &format!("{} ({address})", self.name));
        text(&mut out, "PayloadOrganization", &self.name);
        out.push_str("</dict>\n</plist>\n");
        Some(out)
    }
}

/// The address in a request of Outlook ([MS-OXDSCLI] §2.2.3); such a request is a few lines of XML.
pub fn asked_address(request: &str) -> Option<&str> {
    let (_, rest) = request.split_once("<EMailAddress>")?;
    let (address, _) = rest.split_once("</EMailAddress>")?;
    Some(address.trim()).filter(|address| address.len() <= LONGEST_ADDRESS)
}

fn xml(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

/// RFC 5321 §4.5.3.1.3.
const LONGEST_ADDRESS: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;

    fn programs() -> Programs {
        let door = |protocol, port, implicit_tls| Door { protocol, port, implicit_tls };
        Programs {
            domain: "quangbinh.example".into(),
            name: "Thư <công vụ>".into(),
            host: "thu.quangbinh.example".into(),
            doors: vec![
                door(Protocol::Imap, 993, true),
                door(Protocol::Imap, 143, false),
                door(Protocol::Smtp, 465, true),
            ],
        }
    }

    #[test]
    fn every_open_door_is_named_once_and_names_are_escaped() {
        let text = programs().autoconfig();
        assert_eq!(text.matches("<incomingServer type=\"imap\">").count(), 2, "{text}");
        assert_eq!(text.matches("<outgoingServer type=\"smtp\">").count(), 1);
        assert!(text.contains("<port>143</port>\n<socketType>STARTTLS</socketType>"));
        assert!(text.contains("Thư &lt;công vụ&gt;") && !text.contains("pop3"));
    }

    #[test]
    fn outlook_is_told_the_best_door_of_each_kind() {
        let asked = "<Autodiscover><Request><EMailAddress> an@quangbinh.example </EMailAddress></Request></Autodiscover>";
        let address = asked_address(asked).unwrap();
        assert!(programs().serves(address));
        let text = programs().autodiscover(address);
        assert!(text.contains("<Type>IMAP</Type>\n<Server>thu.quangbinh.example</Server>\n<Port>993</Port>"));
        assert!(text.contains("<LoginName>an@quangbinh.example</LoginName>") && !text.contains("143"));
    }

    #[test]
    fn other_domains_are_not_served() {
        for address in ["an@other.example", "@quangbinh.example", "an", "", "a n@quangbinh.example"] {
            assert!(!programs().serves(address), "{address}");
        }
        assert!(programs().serves("An.STTTT@QuangBinh.example"));
    }

    #[test]
    fn a_profile_needs_reading_and_sending() {
        let profile = |programs: &Programs| programs.apple("an@quangbinh.example", "Ân", "P");
        let text = profile(&programs()).unwrap();
        assert!(text.contains("<key>IncomingMailServerPortNumber</key><integer>993</integer>"), "{text}");
        let mut deaf = programs();
        deaf.doors.retain(|door| door.protocol == Protocol::Imap);
        assert_eq!(profile(&deaf), None);
    }

    #[test]
    fn fuzz_requests_of_outlook() {
        bolero::check!().with_type::<String>().for_each(|request| {
            if let Some(address) = asked_address(request) {
                assert!(!programs().autodiscover(address).contains("<script"));
            }
        });
    }
}

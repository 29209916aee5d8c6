//! Letters from outside, by Python's smtplib.

use std::path::Path;

use testkit::Hub;

use crate::{administration::text, mail_programs::python};

/// Brings a stranger's letter, with a file where one is named; the reply that settled its fate: the one to its
/// recipient when that was a refusal, else the one to its data.
pub fn bring(hub: &Hub, to: &str, subject: &str, body: &str, file: Option<&Path>) -> String {
    let program = r#"
import pathlib, smtplib, sys
from email.message import EmailMessage
from email.policy import SMTP
host, port, to, subject, body, *files = sys.argv[1:]
letter = EmailMessage()
letter["From"], letter["To"], letter["Subject"] = "Ke toan <la@la.example>", to, subject
letter.set_content(body)
for file in map(pathlib.Path, files):
    letter.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
with smtplib.SMTP(host, int(port), timeout=90) as client:
    client.ehlo("la.example")
    client.mail("la@la.example")
    code, words = client.rcpt(to)
    if code == 250:
        code, words = client.data(letter.as_bytes(policy=SMTP))
    print(code, words.decode())
"#;
    let file = file.map(|path| path.display().to_string());
    let mut arguments = vec![to, subject, body];
    arguments.extend(file.as_deref());
    text(&python(hub, "smtp", program, &arguments))
}

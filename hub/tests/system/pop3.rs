//! POP3 as Python's poplib speaks it, beside the webmail on the same mailbox.

use testkit::{Client, Hub, PASSWORD};

use crate::{
    hub,
    jmap::Mailbox,
    mail_programs::{address, admin, python, said},
    power_cut::send,
};

const LISTENERS: [&str; 2] = ["pop3.listen=127.0.0.1:0", "pop3s.listen=127.0.0.1:0"];

/// poplib signs in over either door, then runs the lines given.
fn poplib(hub: &Hub, door: &str, login: &str, secret: &str, lines: &str) -> std::process::Output {
    let program = format!(
        r#"
import poplib, ssl, sys
host, port, door, login, secret = sys.argv[1:6]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if door == "pop3s":
    client = poplib.POP3_SSL(host, int(port), context=context, timeout=60)
else:
    client = poplib.POP3(host, int(port), timeout=60)
    assert "STLS" in client.capa() and "SASL" not in client.capa(), client.capa()
    client.stls(context)
client.utf8()
client.user(login)
client.pass_(secret)
{lines}
"#
    );
    python(hub, door, &program, &[door, login, secret])
}

struct Clerk {
    hub: Hub,
    mailbox: Mailbox,
    own: String,
    secret: String,
}

fn clerk() -> Clerk {
    let hub = hub(&LISTENERS);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let (own, mailbox) = (address(&client), Mailbox::personal(&client));
    let secret = admin(&hub, &["app-password", "create", "--mailbox", &own, "--name", "poplib"]);
    Clerk { hub, mailbox, own, secret }
}

#[test]
fn letters_are_read_over_both_doors_and_keep_their_ids() {
    let Clerk { hub, mailbox, own, secret } = clerk();
    send(&mailbox, &own, &own, "Đọc bằng POP3");
    mailbox.expect("Đọc bằng POP3");
    let read = "count, octets = client.stat()\n\
        uids = client.uidl()[1]\n\
        letter = client.retr(count)[1]\n\
        assert sum(len(line) + 2 for line in letter) == int(client.list(count).split()[2]), 'the size is exact'\n\
        top = client.top(count, 0)[1]\n\
        assert b'' in top and len(top) < len(letter)\n\
        print(uids[-1].decode(), [line for line in letter if line.lower().startswith(b'subject')])\n\
        client.quit()";
    let first = poplib(&hub, "pop3s", &own, &secret, read);
    assert!(first.status.success() && said(&first).contains("utf-8"), "{}", said(&first));
    let second = poplib(&hub, "pop3", &own, &secret, read);
    assert_eq!(said(&first), said(&second), "the same letter under the same id");
    let wrong = poplib(&hub, "pop3s", &own, "sai", "client.quit()");
    assert!(said(&wrong).contains("[AUTH]"), "{}", said(&wrong));
}

#[test]
fn deletions_wait_for_quit_and_a_mailbox_has_one_reader() {
    let Clerk { hub, mailbox, own, secret } = clerk();
    send(&mailbox, &own, &own, "Xóa bằng POP3");
    mailbox.expect("Xóa bằng POP3");
    // One in the inbox, one among what was sent.
    let before = mailbox.letters("Xóa bằng POP3").len();
    // The line breaks: nothing is deleted.
    let broken = poplib(&hub, "pop3s", &own, &secret, "client.dele(client.stat()[0])\nclient.sock.close()");
    assert!(broken.status.success(), "{}", said(&broken));
    assert_eq!(mailbox.letters("Xóa bằng POP3").len(), before);
    let lines = "second = poplib.POP3_SSL(host, int(port), context=context, timeout=60)\n\
        second.user(login)\n\
        try:\n    second.pass_(secret)\n    sys.exit('two readers')\n\
        except poplib.error_proto as refused:\n    assert b'[IN-USE]' in refused.args[0], refused\n\
        last = client.stat()[0]\n\
        client.dele(last)\n\
        assert client.stat()[0] == last - 1\n\
        client.quit()";
    let mut deleted = poplib(&hub, "pop3s", &own, &secret, lines);
    // The hub may not have seen yet that the first line broke.
    for _ in 0..50 {
        if deleted.status.success() || !said(&deleted).contains("[IN-USE]") {
            break;
        }
        deleted = poplib(&hub, "pop3s", &own, &secret, lines);
    }
    assert!(deleted.status.success(), "{}", said(&deleted));
    assert_eq!(mailbox.letters("Xóa bằng POP3").len(), before - 1, "the webmail sees it gone from the inbox");
}

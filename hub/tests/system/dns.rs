//! What to publish in DNS, and the keys behind it, on the command line beside a running hub.

use std::process::Output;

use testkit::Client;

use crate::hub;

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn the_records_are_printed_ready_to_paste_and_looked_up() {
    // Nobody answers on this port of the loopback address: DNS is not there.
    let hub = hub(&["mail.host=thu.quangbinh.example", "mail.mta_sts=testing", "dns.resolvers=127.0.0.1:9"]);
    let printed = text(&hub.admin(&["dns"]));
    for wanted in [
        "quangbinh.example. 3600 IN MX 10 thu.quangbinh.example.",
        "quangbinh.example. 3600 IN TXT \"v=spf1 mx -all\"",
        "_dmarc.quangbinh.example. 3600 IN TXT \"v=DMARC1; p=quarantine;",
        "_mta-sts.quangbinh.example. 3600 IN TXT \"v=STSv1; id=",
        "_smtp._tls.quangbinh.example. 3600 IN TXT \"v=TLSRPTv1;",
        "_imaps._tcp.quangbinh.example. 3600 IN SRV 0 1 ",
        "autoconfig.quangbinh.example. 3600 IN CNAME thu.quangbinh.example.",
    ] {
        assert!(printed.contains(wanted), "{wanted} is not in {printed}");
    }
    assert_eq!(printed.matches("\"v=DKIM1; k=").count(), 2, "{printed}");
    let policy = Client::new(hub.address("http")).get("/.well-known/mta-sts.txt");
    assert_eq!(policy.status, 200);
    assert!(String::from_utf8_lossy(&policy.body).contains("mode: testing\r\nmx: thu.quangbinh.example\r\n"));
    let checked = hub.admin(&["dns", "--check"]);
    assert!(!checked.status.success());
    assert!(String::from_utf8_lossy(&checked.stderr).contains("unknown: "), "DNS that is silent is no proof");
}

#[test]
fn signing_keys_are_changed_in_steps_and_the_old_ones_stay_published() {
    let hub = hub(&["dns.resolvers=127.0.0.1:9"]);
    let first = text(&hub.admin(&["dkim", "list"]));
    assert_eq!(first.matches("in use").count(), 2, "{first}");
    assert!(!hub.admin(&["dkim", "activate"]).status.success(), "there is nothing to change to");
    let printed = text(&hub.admin(&["dkim", "rotate"]));
    assert_eq!(printed.matches("._domainkey.quangbinh.example. 3600 IN TXT").count(), 2, "{printed}");
    let refused = hub.admin(&["dkim", "activate"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("publish it first"), "{refused:?}");
    let used = text(&hub.admin(&["dkim", "activate", "--unchecked"]));
    let listed = text(&hub.admin(&["dkim", "list"]));
    assert!(used.lines().all(|selector| listed.contains(&format!("{selector}\t"))), "{listed}");
    assert_eq!(text(&hub.admin(&["dns"])).matches("v=DKIM1").count(), 4, "letters on their way still verify");
    assert_eq!(text(&hub.admin(&["dkim", "retire"])).lines().count(), 2);
    assert_eq!(text(&hub.admin(&["dns"])).matches("v=DKIM1").count(), 2);
    let audit = text(&hub.admin(&["audit"]));
    assert!(audit.contains("Tạo khóa ký thư") && audit.contains("Hủy khóa ký thư"), "{audit}");
}

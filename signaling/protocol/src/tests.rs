use crate::{ChatTo, ClientFrame, ClientMessage, MediaWish, Resume};

#[test]
fn fuzz_any_bytes_are_read_or_refused_and_what_is_read_can_be_written() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(frame) = ClientFrame::parse(&text) {
            let written = serde_json::to_string(&frame).expect("a frame has a JSON form");
            assert_eq!(ClientFrame::parse(&written).as_ref(), Ok(&frame));
        }
    });
}

#[test]
fn frames_keep_their_shape() {
    let cases = [
        (
            r#"{"id":1,"type":"enter","name":"Cô Hạnh","resume":{"token":"t","lastEvent":7},"media":{"microphone":true,"camera":false,"screen":false}}"#,
            ClientMessage::Enter {
                name: Some("Cô Hạnh".to_owned()),
                resume: Some(Resume { token: "t".to_owned(), last_event: 7 }),
                media: MediaWish { microphone: true, ..MediaWish::default() },
            },
        ),
        (
            r#"{"id":1,"type":"chat","to":"chair","text":"Xin phát biểu","later":"field"}"#,
            ClientMessage::Chat { to: ChatTo::Chair, text: "Xin phát biểu".to_owned() },
        ),
        (r#"{"id":1,"type":"muteAll"}"#, ClientMessage::MuteAll),
        (r#"{"id":1,"type":"ping","sentAt":12.5}"#, ClientMessage::Ping { sent_at: 12.5 }),
    ];
    for (text, message) in cases {
        assert_eq!(ClientFrame::parse(text), Ok(ClientFrame { id: 1, message }), "{text}");
    }
}

#[test]
fn an_unknown_message_is_refused_by_name_with_its_id() {
    let refused = ClientFrame::parse(r#"{"id":9,"type":"dance"}"#).unwrap_err();
    assert_eq!(refused.id, 9);
    assert!(refused.detail.contains("dance"), "{}", refused.detail);
    assert_eq!(ClientFrame::parse("}{").unwrap_err().id, 0);
}

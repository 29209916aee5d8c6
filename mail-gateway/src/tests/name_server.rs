//! A name server on 127.0.0.1 that knows what a test tells it.

use std::{collections::HashMap, net::SocketAddr};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::TXT},
};
use tokio::net::UdpSocket;

/// What the server answers about a name.
pub(crate) enum Says {
    /// A text.
    Text(String),
    /// That it cannot answer now (SERVFAIL).
    Trouble,
    /// Nothing, ever.
    Nothing,
}

/// Starts a server with `records`; every other name has nothing.
pub(crate) async fn start(records: Vec<(String, Says)>) -> SocketAddr {
    let records: HashMap<String, Says> =
        records.into_iter().map(|(name, says)| (format!("{name}."), says)).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (n, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..n]).unwrap();
            let name = question.queries[0].name().to_ascii().to_lowercase();
            if matches!(records.get(&name), Some(Says::Nothing)) {
                continue;
            }
            let answer = answer(question, &records);
            socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
        }
    });
    address
}

/// The texts `records`.
pub(crate) async fn with_texts(records: &[(&str, &str)]) -> SocketAddr {
    let text = |(name, text): &(&str, &str)| ((*name).to_owned(), Says::Text((*text).to_owned()));
    start(records.iter().map(text).collect()).await
}

fn answer(question: Message, records: &HashMap<String, Says>) -> Message {
    let query = question.queries[0].clone();
    let mut answer = question.into_response();
    answer.edns = None;
    match (query.query_type(), records.get(&query.name().to_ascii().to_lowercase())) {
        (RecordType::TXT, Some(Says::Text(text))) => {
            let pieces = text.as_bytes().chunks(255).map(|p| String::from_utf8(p.to_vec()).unwrap());
            let data = RData::TXT(TXT::new(pieces.collect()));
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
        }
        (_, Some(Says::Trouble)) => answer.metadata.response_code = ResponseCode::ServFail,
        _ => {}
    }
    answer
}

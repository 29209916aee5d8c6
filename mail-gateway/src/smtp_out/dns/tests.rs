//! A name server on a socket of our own.

use std::net::Ipv4Addr;

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, Record, RecordType,
        rdata::{A, MX},
    },
};
use tokio::net::UdpSocket;

use super::*;

async fn dns() -> Dns {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        loop {
            let (n, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let answer = answer(Message::from_vec(&buffer[..n]).unwrap());
            socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
        }
    });
    Dns::new(&[address])
}

fn answer(question: Message) -> Message {
    let query = question.queries[0].clone();
    let mut answer = question.into_response();
    answer.edns = None;
    let mut mx = |preference, name: &str| {
        let data = RData::MX(MX::new(preference, Name::from_ascii(name).unwrap()));
        answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
    };
    match (query.name().to_ascii().as_str(), query.query_type()) {
        ("bo.example.", RecordType::MX) => {
            mx(20, "hai.bo.example.");
            mx(10, "MOT.bo.example.");
        }
        ("im.example.", RecordType::MX) => mx(0, "."),
        ("mot.bo.example.", RecordType::A) => {
            let data = RData::A(A(Ipv4Addr::new(127, 0, 0, 7)));
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
        }
        ("khong.example.", _) => answer.metadata.response_code = ResponseCode::NXDomain,
        ("hong.example.", _) => answer.metadata.response_code = ResponseCode::ServFail,
        _ => {}
    }
    answer
}

#[tokio::test]
async fn letters_go_to_the_best_exchanger_first_or_to_the_domain_itself() {
    let dns = dns().await;
    assert_eq!(dns.exchangers("bo.example").await.unwrap(), ["mot.bo.example", "hai.bo.example"]);
    assert_eq!(dns.exchangers("trong.example").await.unwrap(), ["trong.example"]);
    assert_eq!(dns.addresses("mot.bo.example").await.unwrap(), [IpAddr::from([127, 0, 0, 7])]);
    assert_eq!(dns.addresses("127.0.0.9").await.unwrap(), [IpAddr::from([127, 0, 0, 9])]);
}

#[tokio::test]
async fn what_never_works_is_told_from_what_does_not_work_now() {
    let dns = dns().await;
    assert!(matches!(dns.exchangers("im.example").await, Err(NoWay::Never(a)) if a.status == "5.1.10"));
    assert!(matches!(dns.exchangers("khong.example").await, Err(NoWay::Never(a)) if a.status == "5.1.2"));
    assert!(matches!(dns.addresses("trong.example").await, Err(NoWay::Never(a)) if a.status == "5.4.4"));
    assert!(matches!(dns.exchangers("hong.example").await, Err(NoWay::NotNow(_))));
}

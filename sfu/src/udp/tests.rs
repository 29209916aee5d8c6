//! Over loopback, where the kernel does everything a network would but lose packets.

use super::*;

fn socket() -> Socket {
    Socket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Receives until `count` datagrams came; the kernel delivers on loopback before `send` returns.
fn receive(socket: &Socket, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut inbox = Inbox::default();
    let mut got = Vec::new();
    while got.len() < count && socket.receive(&mut inbox).unwrap() > 0 {
        inbox.for_each(|remote, bytes| got.push((remote, bytes.to_vec())));
    }
    got
}

/// Frames of unequal packets, to two receivers in turn.
fn datagrams() -> Vec<(usize, Vec<u8>)> {
    let lengths = [1_100, 1_100, 1_100, 600, 90, 1_100, 1_100, 1_101, 0, 50, 50];
    let run = |to: usize| lengths.iter().enumerate().map(move |(at, &len)| (to, vec![at as u8; len]));
    run(0).chain(run(1)).chain(std::iter::repeat_n((0, vec![7; 500]), 100)).collect()
}

fn arrive_whole_and_in_order(mut sender: Socket) -> Counters {
    let receivers = [socket(), socket()];
    let datagrams = datagrams();
    let to = |at: usize| receivers[at].address();
    sender.send(datagrams.iter().map(|(at, bytes)| (to(*at), &bytes[..])));
    for (at, receiver) in receivers.iter().enumerate() {
        // An empty datagram carries nothing to hand on.
        let expected: Vec<_> = datagrams
            .iter()
            .filter(|(to, bytes)| *to == at && !bytes.is_empty())
            .map(|(_, bytes)| bytes)
            .collect();
        let got = receive(receiver, expected.len());
        assert!(got.iter().all(|(from, _)| *from == sender.address()));
        assert_eq!(got.iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), expected);
    }
    assert_eq!(sender.counters().sent, datagrams.len() as u64);
    assert!(!sender.has_backlog());
    sender.counters()
}

#[test]
fn runs_arrive_whole_and_in_order_with_few_messages() {
    let counters = arrive_whole_and_in_order(socket());
    assert!(counters.messages < 30, "{counters:?}");
}

#[test]
fn packets_given_to_every_receiver_in_turn_still_go_in_runs() {
    let (mut sender, receivers) = (socket(), [socket(), socket(), socket()]);
    let packets: Vec<Vec<u8>> = (0..30_u8).map(|number| vec![number; 1_000]).collect();
    let to_all = |bytes| receivers.iter().map(move |receiver| (receiver.address(), bytes));
    sender.send(packets.iter().flat_map(|bytes| to_all(&bytes[..])));
    for receiver in &receivers {
        let got = receive(receiver, packets.len());
        assert_eq!(got.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), packets);
    }
    assert_eq!((sender.counters().sent, sender.counters().messages), (90, 6));
}

#[test]
fn without_segmentation_everything_arrives_as_well() {
    let counters = arrive_whole_and_in_order(socket().without_segments());
    assert_eq!(counters.messages, counters.sent);
}

#[test]
fn what_the_kernel_refuses_to_cut_goes_one_by_one() {
    let sender = socket();
    let on: libc::c_int = 1;
    // SAFETY: the option takes an int, whose address and size are given.
    let set = unsafe {
        libc::setsockopt(
            sender.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NO_CHECK,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    assert_eq!(set, 0);
    // Linux cuts nothing for sockets that send no checksum: EINVAL for every run.
    let counters = arrive_whole_and_in_order(sender);
    assert_eq!((counters.messages, counters.failed), (counters.sent, 0));
}

#[test]
fn a_destination_nobody_can_reach_hurts_no_other() {
    let (mut sender, receiver) = (socket(), socket());
    // A socket bound to loopback may not leave it; documentation addresses are never local.
    let nowhere = SocketAddr::from(([192, 0, 2, 1], 9));
    let list = [
        (nowhere, &b"lost"[..]),
        (receiver.address(), b"kept"),
        (nowhere, b"lost"),
        (receiver.address(), b"too"),
    ];
    sender.send(list.into_iter());
    let got = receive(&receiver, 2);
    assert_eq!(got.iter().map(|(_, bytes)| &bytes[..]).collect::<Vec<_>>(), [&b"kept"[..], b"too"]);
    assert_eq!(sender.counters().sent + sender.counters().failed, 4);
}

#[test]
fn what_the_kernel_has_no_room_for_waits_and_goes_later() {
    let (mut sender, receiver) = (socket(), socket());
    sender.backlog.push(receiver.address(), b"first");
    assert!(sender.has_backlog());
    sender.send([(receiver.address(), &b"second"[..])].into_iter());
    assert!(!sender.has_backlog());
    let got = receive(&receiver, 2);
    assert_eq!(got.iter().map(|(_, bytes)| &bytes[..]).collect::<Vec<_>>(), [&b"first"[..], b"second"]);
}

#[test]
fn nothing_to_receive_is_no_error() {
    assert_eq!(socket().receive(&mut Inbox::default()).unwrap(), 0);
}

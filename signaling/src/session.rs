//! One socket, one loop: frames in, frames out, a pulse.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use base::{
    Timestamp,
    id::{AccountId, MeetingId, SessionId},
};
use signaling_core::Visitor;
use signaling_protocol::{ClientFrame, ClientMessage, RefusalCode, ServerMessage};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use crate::{
    live::{Attach, Message, VisitId},
    outgoing::{CLOSE_NORMAL, CLOSE_POLICY, CLOSE_TOO_BIG, Kind, Next, Outgoing},
    problem,
    rate::Rate,
    registry::Shared,
    translate,
};

/// How often the hub pings (RFC 6455 §5.5.2): browsers answer even when the page's timers sleep.
const PULSE: Duration = Duration::from_secs(3);
/// Without any frame for this long, pongs included, the connection is lost; so is one that takes
/// nothing for this long.
const IDLE: Duration = Duration::from_secs(10);
/// Frames beyond the allowed rate after which the socket is closed instead of answered.
const PATIENCE: u32 = 200;
/// How long a closed socket may still take what was queued.
const FAREWELL: Duration = Duration::from_secs(2);

/// Who is at the other end, as far as the HTTP request told.
pub(crate) enum Caller {
    /// Signed in.
    Person {
        /// As the meeting knows people.
        visitor: Visitor,
        /// His account, to close this socket when it is disabled.
        account: AccountId,
        /// His sign-in, to close this socket when it ends.
        session: Option<SessionId>,
    },
    /// With a valid guest link.
    Guest,
    /// With a valid token in the place of a guest link's secret.
    Bearer(Visitor),
    /// Whoever it is, the meeting or the link does not exist.
    Stranger,
}

static VISITS: AtomicU64 = AtomicU64::new(1);

/// Serves one socket until it is gone.
pub(crate) async fn run(shared: Arc<Shared>, meeting: MeetingId, caller: Caller, mut socket: WebSocket) {
    let mut session = Session::new(shared, meeting, caller);
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            next = session.outgoing.next() => match next {
                Next::Frame(text) => {
                    if !write(&mut socket, Frame::Text(text)).await {
                        break;
                    }
                }
                Next::Behind => session.behind().await,
                Next::Close(code) => {
                    say_goodbye(socket, code).await;
                    break;
                }
            },
            incoming = socket.recv() => match incoming {
                Some(Ok(frame)) => {
                    heard = Instant::now();
                    session.hear(frame).await;
                }
                Some(Err(cause)) => {
                    // tungstenite reads no further after an oversized or broken frame.
                    tracing::debug!(meeting = %session.meeting, %cause, "socket broken");
                    say_goodbye(socket, CLOSE_TOO_BIG).await;
                    break;
                }
                None => break,
            },
            _ = pulse.tick() => {
                if heard.elapsed() > IDLE {
                    tracing::debug!(meeting = %session.meeting, "socket silent");
                    break;
                }
                if !write(&mut socket, Frame::Ping(Default::default())).await {
                    break;
                }
            }
        }
    }
    session.gone().await;
}

/// `false`: the socket is dead, or its client has taken nothing for too long.
async fn write(socket: &mut WebSocket, frame: Frame) -> bool {
    matches!(timeout(IDLE, socket.send(frame)).await, Ok(Ok(())))
}

/// RFC 6455 §7.1.1: say close, then read until the peer has closed, lest a reset destroys the last frames.
async fn say_goodbye(mut socket: WebSocket, code: u16) {
    let farewell = async {
        let close = CloseFrame { code, reason: Default::default() };
        if socket.send(Frame::Close(Some(close))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A peer that does not answer is simply dropped.
    let _ = timeout(FAREWELL, farewell).await;
}

struct Session {
    shared: Arc<Shared>,
    meeting: MeetingId,
    caller: Caller,
    visit: VisitId,
    outgoing: Arc<Outgoing>,
    /// The meeting's inbox, since `Enter`.
    live: Option<mpsc::Sender<Message>>,
    rate: Rate,
    too_fast: u32,
}

impl Session {
    fn new(shared: Arc<Shared>, meeting: MeetingId, caller: Caller) -> Self {
        Self {
            shared,
            meeting,
            caller,
            visit: VISITS.fetch_add(1, Ordering::Relaxed),
            outgoing: Arc::default(),
            live: None,
            rate: Rate::new(Instant::now()),
            too_fast: 0,
        }
    }

    async fn hear(&mut self, frame: Frame) {
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(_) => return self.malformed(0, "frames are JSON text"),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => return,
        };
        let allowed = self.rate.allows(Instant::now());
        let frame = match ClientFrame::parse(&text) {
            _ if !allowed && self.too_fast >= PATIENCE => return self.outgoing.close(CLOSE_POLICY),
            Ok(frame) if allowed => frame,
            Err(unreadable) if allowed => return self.malformed(unreadable.id, &unreadable.detail),
            Ok(ClientFrame { id, .. }) | Err(signaling_protocol::Unreadable { id, .. }) => {
                self.too_fast += 1;
                return self.refuse(id, RefusalCode::TooFast, "too many messages".to_owned());
            }
        };
        match frame.message {
            ClientMessage::Ping { sent_at } => {
                self.say(&ServerMessage::Pong { sent_at, server_time: Timestamp::now() });
            }
            ClientMessage::Enter { name, resume, media } => {
                let resume = resume.map(|resume| (resume.token, resume.last_event));
                self.enter(frame.id, name, resume, translate::wish(media)).await;
            }
            message => {
                let id = frame.id;
                let frame = ClientFrame { id, message };
                let sent = match &self.live {
                    Some(live) => live.send(Message::Frame { visit: self.visit, frame }).await.is_ok(),
                    None => false,
                };
                if !sent {
                    self.refuse(id, RefusalCode::OutOfOrder, "enter first".to_owned());
                }
            }
        }
    }

    async fn enter(
        &mut self,
        frame: u32,
        name: Option<String>,
        resume: Option<(String, u64)>,
        wish: signaling_core::MediaWish,
    ) {
        let (visitor, account, session) = match &self.caller {
            Caller::Person { visitor, account, session } => (visitor.clone(), Some(*account), *session),
            Caller::Bearer(visitor) => (visitor.clone(), None, None),
            Caller::Guest => (Visitor::Guest { name: name.unwrap_or_default() }, None, None),
            Caller::Stranger => {
                self.refuse(frame, RefusalCode::UnknownMeeting, "no such meeting or link".to_owned());
                return self.outgoing.close(CLOSE_NORMAL);
            }
        };
        let outgoing = Arc::clone(&self.outgoing);
        let visit = self.visit;
        let attach = Attach { visit, outgoing, visitor, account, session, frame, resume, wish };
        self.live = self.shared.send(self.meeting, Message::Attach(Box::new(attach)));
        if self.live.is_none() {
            self.refuse(frame, RefusalCode::Unavailable, "the hub is stopping or overloaded".to_owned());
        }
    }

    async fn behind(&mut self) {
        if let Some(live) = &self.live {
            let _ = live.send(Message::Behind { visit: self.visit }).await;
        }
    }

    async fn gone(self) {
        if let Some(live) = self.live {
            // The meeting may have left memory first; then nobody needs to know.
            let _ = live.send(Message::Detach { visit: self.visit }).await;
        }
    }

    /// RFC 8259 is not met, or not our protocol: the sender is told, the socket stays.
    fn malformed(&self, id: u32, detail: &str) {
        let log = problem::log_id();
        tracing::warn!(meeting = %self.meeting, id = log, detail, "malformed frame");
        self.refuse(id, RefusalCode::Malformed, format!("{detail} ({log})"));
    }

    fn refuse(&self, id: u32, code: RefusalCode, detail: String) {
        self.say(&ServerMessage::Refused { id, code, detail });
    }

    fn say(&self, message: &ServerMessage) {
        self.outgoing.push(Kind::Answer, crate::live::encode(message));
    }
}

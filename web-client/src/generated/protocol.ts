// Generated from the hub's Rust types by `cargo xtask types`. Do not edit.

/**
 * A sign-in: one person's or one service's credentials.
 */
export type AccountId = string;

/**
 * A secret of a mail program.
 */
export type AppPasswordId = string;

/**
 * An administrative act in the audit log.
 */
export type AuditId = string;

/**
 * A line of chat.
 */
export type ChatLine = { 
/**
 * The number of the event that carried it.
 */
number: number, 
/**
 * Who wrote it.
 */
from: SeatId, 
/**
 * The writer's name, kept when the seat is gone.
 */
name: string, 
/**
 * Who reads it.
 */
to: ChatTo, 
/**
 * The text, plain.
 */
text: string, 
/**
 * When.
 */
at: Timestamp, };

/**
 * Readers of a line of chat.
 */
export type ChatTo = "all" | "chair";

/**
 * One frame from a client: a message and the number its answer will carry.
 */
export type ClientFrame = { 
/**
 * Chosen by the client, echoed in [`crate::ServerMessage::Done`] or `Refused`.
 */
id: number, } & ({ "type": "enter", 
/**
 * A guest's one-time name; ignored for signed-in people, whose name is the directory's.
 */
name?: string | null, 
/**
 * Present when returning: yields the missed events instead of a snapshot where possible.
 */
resume?: Resume | null, 
/**
 * What the client is about to send.
 */
media: MediaWish, } | { "type": "offer", 
/**
 * SDP, at most [`crate::MAX_FRAME`] bytes.
 */
sdp: string, } | { "type": "view", 
/**
 * One entry per video slot in use, the most important first: on a thin line they are served in
 * this order. Slots not named are empty.
 */
slots: Array<View>, } | { "type": "media", 
/**
 * The new wish.
 */
media: MediaWish, } | { "type": "chat", 
/**
 * Who reads it.
 */
to: ChatTo, 
/**
 * At most 2,000 characters.
 */
text: string, } | { "type": "hand", 
/**
 * `true` raises.
 */
raised: boolean, } | { "type": "mute", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "muteAll" } | { "type": "admit", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "deny", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "remove", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "lock", 
/**
 * `true` locks.
 */
locked: boolean, } | { "type": "call", 
/**
 * Whom; `null` takes the floor back.
 */
seat: SeatId | null, } | { "type": "leave" } | { "type": "end" } | { "type": "ping", 
/**
 * The client's own clock in ms, echoed.
 */
sentAt: number, });

/**
 * A client's message.
 */
export type ClientMessage = { "type": "enter", 
/**
 * A guest's one-time name; ignored for signed-in people, whose name is the directory's.
 */
name?: string | null, 
/**
 * Present when returning: yields the missed events instead of a snapshot where possible.
 */
resume?: Resume | null, 
/**
 * What the client is about to send.
 */
media: MediaWish, } | { "type": "offer", 
/**
 * SDP, at most [`crate::MAX_FRAME`] bytes.
 */
sdp: string, } | { "type": "view", 
/**
 * One entry per video slot in use, the most important first: on a thin line they are served in
 * this order. Slots not named are empty.
 */
slots: Array<View>, } | { "type": "media", 
/**
 * The new wish.
 */
media: MediaWish, } | { "type": "chat", 
/**
 * Who reads it.
 */
to: ChatTo, 
/**
 * At most 2,000 characters.
 */
text: string, } | { "type": "hand", 
/**
 * `true` raises.
 */
raised: boolean, } | { "type": "mute", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "muteAll" } | { "type": "admit", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "deny", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "remove", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "lock", 
/**
 * `true` locks.
 */
locked: boolean, } | { "type": "call", 
/**
 * Whom; `null` takes the floor back.
 */
seat: SeatId | null, } | { "type": "leave" } | { "type": "end" } | { "type": "ping", 
/**
 * The client's own clock in ms, echoed.
 */
sentAt: number, };

/**
 * Why a meeting ended.
 */
export type EndReason = "chair" | "cancelled" | "shutdown";

/**
 * What changed.
 */
export type Event = { "type": "seat", 
/**
 * Its state now.
 */
seat: Seat, } | { "type": "left", 
/**
 * Which.
 */
seat: SeatId, 
/**
 * Why.
 */
reason: LeaveReason, } | { "type": "chat", 
/**
 * The line.
 */
line: ChatLine, } | { "type": "meeting", 
/**
 * The facts now.
 */
meeting: MeetingView, } | { "type": "muted", 
/**
 * Whose.
 */
seat: SeatId, 
/**
 * Which.
 */
kind: MediaKind, 
/**
 * By whom.
 */
by: SeatId, } | { "type": "ended", 
/**
 * Why.
 */
reason: EndReason, 
/**
 * Name of who ended it, if somebody did.
 */
by: string | null, };

/**
 * Who may speak.
 */
export type Floor = "open" | "called";

/**
 * A named set of persons.
 */
export type GroupId = string;

/**
 * Why a seat left.
 */
export type LeaveReason = "left" | "lost" | "removed" | "denied";

/**
 * How good a line is.
 */
export type LineGrade = "good" | "weak" | "poor" | "lost";

/**
 * A mail address's store (*hộp thư*): personal or agency. It is the JMAP account id of that store.
 */
export type MailboxId = string;

/**
 * The four things a participant can send.
 */
export type MediaKind = "microphone" | "camera" | "screen" | "screenAudio";

/**
 * The truth about one of a seat's tracks, as the hub sees it at ingress.
 */
export type MediaState = "off" | "sending" | "lost" | "gated";

/**
 * What a participant wants to send.
 */
export type MediaWish = { 
/**
 * Microphone switched on.
 */
microphone: boolean, 
/**
 * Camera switched on.
 */
camera: boolean, 
/**
 * Screen being presented.
 */
screen: boolean, };

/**
 * A meeting.
 */
export type MeetingId = string;

/**
 * Where the meeting stands.
 */
export type MeetingStatus = "scheduled" | "live" | "ended" | "cancelled";

/**
 * The meeting's own facts.
 */
export type MeetingView = { 
/**
 * Which.
 */
id: MeetingId, 
/**
 * *Tên cuộc họp*.
 */
title: string, 
/**
 * The chair's name and position for the header, empty if none is set.
 */
chair: string, 
/**
 * Planned start.
 */
startsAt: Timestamp, 
/**
 * Planned end.
 */
endsAt: Timestamp, 
/**
 * Since when it is live.
 */
liveSince: Timestamp | null, 
/**
 * Where it stands.
 */
status: MeetingStatus, 
/**
 * Who may speak.
 */
floor: Floor, 
/**
 * The seat that was given the floor (*đang phát biểu*); it may have left since.
 */
called: SeatId | null, 
/**
 * Since when.
 */
calledAt: Timestamp | null, 
/**
 * Nobody new may enter.
 */
locked: boolean, };

/**
 * An event and its place in the meeting's list.
 */
export type NumberedEvent = { 
/**
 * Rising by one; a gap means events this seat may not see.
 */
number: number, 
/**
 * When.
 */
at: Timestamp, 
/**
 * What.
 */
event: Event, };

/**
 * A natural person of the directory.
 */
export type PersonId = string;

/**
 * Why a message was refused.
 */
export type RefusalCode = "malformed" | "badOffer" | "forbidden" | "unknownSeat" | "locked" | "ended" | "unknownMeeting" | "nameNeeded" | "alreadyPresenting" | "tooFast" | "unavailable" | "outOfOrder";

/**
 * A TURN server and a pass for it (RFC 8656), as an `RTCIceServer` wants them.
 */
export type Relay = { 
/**
 * Where it is: `turns:HOST:PORT?transport=tcp`.
 */
url: string, 
/**
 * Names the pass.
 */
username: string, 
/**
 * Its password.
 */
credential: string, };

/**
 * The proof of an earlier visit.
 */
export type Resume = { 
/**
 * From [`crate::ServerMessage::Welcome`].
 */
token: string, 
/**
 * The number of the last event seen.
 */
lastEvent: number, };

/**
 * What a seat may do; the names are those of access tokens.
 */
export type Role = "chair" | "moderator" | "secretary" | "delegate" | "site" | "guest" | "observer" | "operator";

/**
 * A meeting room (*phòng họp*).
 */
export type RoomId = string;

/**
 * A participant.
 */
export type Seat = { 
/**
 * Stable over reconnects and reloads.
 */
id: SeatId, 
/**
 * The directory's person, absent for guests.
 */
person: PersonId | null, 
/**
 * *Họ và tên*, whole.
 */
name: string, 
/**
 * Unit's name ("Sở Tài chính"), empty for guests.
 */
unit: string, 
/**
 * Position ("Chuyên viên"), may be empty.
 */
position: string, 
/**
 * What it may do.
 */
role: Role, 
/**
 * Protocol order: tiles stand in this order, never by loudness.
 */
order: number, 
/**
 * `false` while the visit is interrupted; the seat is kept for 60 s.
 */
connected: boolean, 
/**
 * `true` while in the waiting room.
 */
waiting: boolean, 
/**
 * When the hand went up, if it is up.
 */
handRaisedAt: Timestamp | null, 
/**
 * What is really arriving.
 */
media: SeatMedia, 
/**
 * When this participant first entered.
 */
joinedAt: Timestamp, };

/**
 * A participant's place in a meeting; survives reconnects, reloads and changes of device.
 */
export type SeatId = string;

/**
 * A voice.
 */
export type SeatLevel = { 
/**
 * Whose.
 */
seat: SeatId, 
/**
 * RFC 6464 level: 0 loudest … 127 silence, in −dBov.
 */
level: number, };

/**
 * A participant's line in the last second.
 */
export type SeatLine = { 
/**
 * Whose.
 */
seat: SeatId, 
/**
 * In a word, settled: one bad second changes nothing.
 */
grade: LineGrade, 
/**
 * Per cent lost on the way to the hub.
 */
lostUp: number, 
/**
 * Per cent lost on the way from the hub.
 */
lostDown: number, 
/**
 * Milliseconds there and back; absent while not measured.
 */
delay: number | null, 
/**
 * kbit/s to the hub.
 */
up: number, 
/**
 * kbit/s from the hub.
 */
down: number, 
/**
 * kbit/s that the way from the hub would carry; absent when nothing is known to limit it.
 */
estimate: number | null, 
/**
 * Pictures that are off for the line's sake.
 */
saving: number, 
/**
 * What the participant sends.
 */
tracks: Array<TrackLine>, };

/**
 * The four tracks of a seat.
 */
export type SeatMedia = { 
/**
 * Voice.
 */
microphone: MediaState, 
/**
 * Face.
 */
camera: MediaState, 
/**
 * Presented screen.
 */
screen: MediaState, };

/**
 * The hub's message.
 */
export type ServerMessage = { "type": "welcome", 
/**
 * The own seat.
 */
seat: SeatId, 
/**
 * For [`crate::Resume`]; valid 60 s after the socket died, and across reloads of the page.
 */
resumeToken: string, 
/**
 * The hub's clock.
 */
serverTime: Timestamp, 
/**
 * The hub's build; a client of another build reloads when idle.
 */
build: string, 
/**
 * A way for media through networks that let only HTTPS out; absent where the hub has none.
 */
relay: Relay | null, 
/**
 * Absent when the visit was resumed and only missed events follow.
 */
snapshot: Snapshot | null, } | { "type": "waiting", 
/**
 * Own place in the queue, from 1.
 */
position: number, 
/**
 * The meeting's title.
 */
title: string, } | { "type": "answer", 
/**
 * Echo of the offer's frame id.
 */
id: number, 
/**
 * SDP.
 */
sdp: string, } | { "type": "event" } & NumberedEvent | { "type": "snapshot" } & Snapshot | { "type": "slot", 
/**
 * Audio or video slot.
 */
kind: SlotKind, 
/**
 * Index in the order of the offer's `recvonly` m-lines of that kind.
 */
slot: number, 
/**
 * What it carries; nothing when absent.
 */
source: Source | null, 
/**
 * RTP timestamp, as the receiver sees it, of the first frame of the new source.
 */
rtpTimestamp: number | null, 
/**
 * The source sends, but this client's line is too thin to show it now.
 */
saving: boolean, } | { "type": "demand", 
/**
 * Which track.
 */
kind: MediaKind, 
/**
 * Lowest layer first.
 */
layers: Array<boolean>, } | { "type": "levels", 
/**
 * Level per speaking seat.
 */
levels: Array<SeatLevel>, } | { "type": "lines", 
/**
 * By seat; those not named are as before.
 */
lines: Array<SeatLine>, } | { "type": "done", 
/**
 * Echo.
 */
id: number, } | { "type": "refused", 
/**
 * Echo; 0 when the frame could not be read.
 */
id: number, 
/**
 * Why, for the client's own words.
 */
code: RefusalCode, 
/**
 * Why, for a technician; English, no secrets.
 */
detail: string, } | { "type": "pong", 
/**
 * Echo.
 */
sentAt: number, 
/**
 * The hub's clock.
 */
serverTime: Timestamp, } | { "type": "goodbye", 
/**
 * Why; absent when another tab of the same person took the seat over.
 */
reason: LeaveReason | null, };

/**
 * A browser session of an account.
 */
export type SessionId = string;

/**
 * A site (*điểm cầu*).
 */
export type SiteId = string;

/**
 * Kind of a receive slot.
 */
export type SlotKind = "audio" | "video";

/**
 * Everything a client needs to draw the meeting.
 */
export type Snapshot = { 
/**
 * The number of the last event it contains.
 */
number: number, 
/**
 * The meeting.
 */
meeting: MeetingView, 
/**
 * All seats, in protocol order; waiting ones only for those who may admit.
 */
seats: Array<Seat>, 
/**
 * The last 200 lines this seat may read.
 */
chat: Array<ChatLine>, };

/**
 * A source of video: whose, and which.
 */
export type Source = { 
/**
 * Whose.
 */
seat: SeatId, 
/**
 * Which of that seat's tracks.
 */
kind: MediaKind, };

/**
 * Microseconds since 1970-01-01T00:00:00Z. Zones exist only at the edges (screens, letters).
 */
export type Timestamp = number;

/**
 * A track that arrives at the hub.
 */
export type TrackLine = { 
/**
 * Which.
 */
kind: MediaKind, 
/**
 * kbit/s of all its layers.
 */
kbit: number, 
/**
 * Layers that send.
 */
layers: number, };

/**
 * An organisational unit: province, district, commune, department, division.
 */
export type UnitId = string;

/**
 * One video slot's wish.
 */
export type View = { 
/**
 * Index among the video slots, in the order of the `recvonly` video m-lines of the offer.
 */
slot: number, 
/**
 * What it shows.
 */
source: Source, 
/**
 * The height in device pixels it is drawn at; decides the layer.
 */
height: number, };

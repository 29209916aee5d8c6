// Wire types of `lienthong.v1`, the same as signaling/protocol.

export type Timestamp = number;
export type SeatId = string;
export type MeetingId = string;
export type PersonId = string;

export type MediaKind = "microphone" | "camera" | "screen" | "screenAudio";
export type ChatTo = "all" | "chair";
export type Resume = { token: string; lastEvent: number };
export type MediaWish = { microphone: boolean; camera: boolean; screen: boolean };
export type Source = { seat: SeatId; kind: MediaKind };
export type View = { slot: number; source: Source; height: number };

export type ClientMessage =
    | { type: "enter"; name?: string; resume?: Resume; media: MediaWish }
    | { type: "offer"; sdp: string }
    | { type: "view"; slots: Array<View> }
    | { type: "media"; media: MediaWish }
    | { type: "chat"; to: ChatTo; text: string }
    | { type: "hand"; raised: boolean }
    | { type: "mute"; seat: SeatId }
    | { type: "muteAll" }
    | { type: "admit"; seat: SeatId }
    | { type: "deny"; seat: SeatId }
    | { type: "remove"; seat: SeatId }
    | { type: "lock"; locked: boolean }
    | { type: "leave" }
    | { type: "end" }
    | { type: "ping"; sentAt: number };

export type ClientFrame = { id: number } & ClientMessage;

export type SlotKind = "audio" | "video";
export type SeatLevel = { seat: SeatId; level: number };
export type RefusalCode =
    | "malformed"
    | "badOffer"
    | "forbidden"
    | "unknownSeat"
    | "locked"
    | "ended"
    | "unknownMeeting"
    | "nameNeeded"
    | "alreadyPresenting"
    | "tooFast"
    | "unavailable"
    | "outOfOrder";

export type Role =
    | "chair"
    | "moderator"
    | "secretary"
    | "delegate"
    | "site"
    | "guest"
    | "observer"
    | "operator";
export type MeetingStatus = "scheduled" | "live" | "ended" | "cancelled";
export type Floor = "open" | "called";
export type MediaState = "off" | "sending" | "lost" | "gated";
export type SeatMedia = { microphone: MediaState; camera: MediaState; screen: MediaState };

export type Seat = {
    id: SeatId;
    person: PersonId | null;
    name: string;
    unit: string;
    position: string;
    role: Role;
    order: number;
    connected: boolean;
    waiting: boolean;
    handRaisedAt: Timestamp | null;
    media: SeatMedia;
    joinedAt: Timestamp;
};

export type ChatLine = {
    number: number;
    from: SeatId;
    name: string;
    to: ChatTo;
    text: string;
    at: Timestamp;
};

export type MeetingView = {
    id: MeetingId;
    title: string;
    chair: string;
    startsAt: Timestamp;
    endsAt: Timestamp;
    liveSince: Timestamp | null;
    status: MeetingStatus;
    floor: Floor;
    locked: boolean;
};

export type Snapshot = { number: number; meeting: MeetingView; seats: Array<Seat>; chat: Array<ChatLine> };
export type LeaveReason = "left" | "lost" | "removed" | "denied";
export type EndReason = "chair" | "cancelled" | "shutdown";

export type Event =
    | { type: "seat"; seat: Seat }
    | { type: "left"; seat: SeatId; reason: LeaveReason }
    | { type: "chat"; line: ChatLine }
    | { type: "meeting"; meeting: MeetingView }
    | { type: "muted"; seat: SeatId; kind: MediaKind; by: SeatId }
    | { type: "ended"; reason: EndReason; by: string | null };

export type NumberedEvent = { number: number; at: Timestamp; event: Event };

export type ServerMessage =
    | {
          type: "welcome";
          seat: SeatId;
          resumeToken: string;
          serverTime: Timestamp;
          build: string;
          snapshot: Snapshot | null;
      }
    | { type: "waiting"; position: number; title: string }
    | { type: "answer"; id: number; sdp: string }
    | ({ type: "event" } & NumberedEvent)
    | ({ type: "snapshot" } & Snapshot)
    | { type: "slot"; kind: SlotKind; slot: number; source: Source | null; rtpTimestamp: number | null }
    | { type: "levels"; levels: Array<SeatLevel> }
    | { type: "done"; id: number }
    | { type: "refused"; id: number; code: RefusalCode; detail: string }
    | { type: "pong"; sentAt: number; serverTime: Timestamp }
    | { type: "goodbye"; reason: LeaveReason | null };

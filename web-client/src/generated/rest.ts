// Generated from the hub's Rust types by `cargo xtask types`. Do not edit.

import type { AppPasswordId, AuditId, Floor, GroupId, MailboxId, MeetingId, MeetingStatus, PersonId, Role, RoomId, SessionId, Timestamp, UnitId } from './protocol';

/**
 * Whether an account may sign in.
 */
export type AccountState = "active" | "disabled";

/**
 * A mailbox as IT staff see one.
 */
export type AdminMailboxView = { 
/**
 * Id.
 */
id: MailboxId, 
/**
 * Primary address.
 */
address: string, 
/**
 * Name shown in *From*.
 */
name: string, 
/**
 * Personal or agency.
 */
kind: MailboxKind, 
/**
 * The unit's name.
 */
unitName: string, 
/**
 * Names of who reads it.
 */
readers: Array<string>, 
/**
 * Letters in it, when mail tells.
 */
letters: number | null, 
/**
 * Octets in it, when mail tells.
 */
bytes: number | null, 
/**
 * Octets it may hold, when mail tells.
 */
limit: number | null, };

/**
 * A person as IT staff see one.
 */
export type AdminPersonView = { 
/**
 * Id.
 */
id: PersonId, 
/**
 * Full name.
 */
name: string, 
/**
 * Title.
 */
position: string, 
/**
 * Unit.
 */
unit: UnitId, 
/**
 * The unit's name.
 */
unitName: string, 
/**
 * Sign-in name; empty without an account.
 */
login: string, 
/**
 * Personal address; empty without a mailbox.
 */
address: string, 
/**
 * Whether the account may sign in.
 */
state: AccountState, 
/**
 * IT staff.
 */
isAdmin: boolean, 
/**
 * The password is a temporary one.
 */
mustChangePassword: boolean, 
/**
 * Sign-in asks for a code too.
 */
secondFactor: boolean, 
/**
 * Last successful sign-in.
 */
lastSignIn: Timestamp | null, };

/**
 * One more address of a mailbox.
 */
export type AliasView = { 
/**
 * The address, which is also its key.
 */
id: string, 
/**
 * The address.
 */
address: string, 
/**
 * Primary address of the mailbox; empty when retired.
 */
mailbox: string, 
/**
 * That mailbox's name; empty when retired.
 */
name: string, 
/**
 * Takes no letters any more and is never given to anybody else.
 */
retired: boolean, };

/**
 * What somebody invited answers.
 */
export type AnswerRequest = { 
/**
 * Where the invitation went: a mailbox the reader may send from.
 */
address: string, 
/**
 * The answer.
 */
attendance: 'accepted' | 'declined' | 'delegated', 
/**
 * The reason, or a word to the organiser; at most 500 characters.
 */
comment: string, 
/**
 * Who comes instead; needed with `delegated`.
 */
substitute?: PersonId, };

/**
 * An answer to an invitation.
 */
export type AnswerView = { 
/**
 * What was said.
 */
attendance: 'accepted' | 'declined' | 'delegated', 
/**
 * The reason, or a word to the organiser; may be empty.
 */
comment: string, 
/**
 * Who comes instead; empty if nobody.
 */
substitute: string, 
/**
 * When.
 */
at: Timestamp, };

/**
 * A secret of a mail program, without the secret.
 */
export type AppPasswordView = { 
/**
 * Id.
 */
id: AppPasswordId, 
/**
 * What its owner calls it.
 */
name: string, 
/**
 * The mailbox it opens.
 */
mailbox: MailboxId, 
/**
 * That mailbox's address, the program's user name.
 */
address: string, 
/**
 * When it was made.
 */
createdAt: Timestamp, 
/**
 * When a program used it last.
 */
lastUsed: Timestamp | null, 
/**
 * From which network address; empty before the first use.
 */
lastIp: string, };

/**
 * One line of the audit log.
 */
export type AuditView = { 
/**
 * Id.
 */
id: AuditId, 
/**
 * Its place in the chain.
 */
sequence: number, 
/**
 * When.
 */
at: Timestamp, 
/**
 * Who acted: the name.
 */
actor: string, 
/**
 * Who acted: the sign-in name.
 */
login: string, 
/**
 * The act, for programs.
 */
action: string, 
/**
 * The act, in words.
 */
sentence: string, 
/**
 * From which network address; empty on the machine itself.
 */
ip: string, };

/**
 * A QR code.
 */
export type CodePicture = { 
/**
 * Modules on a side.
 */
side: number, 
/**
 * The dark modules as the path of an SVG drawing, one unit each.
 */
path: string, };

/**
 * A person just created; the only time the temporary password is shown.
 */
export type CreatedPersonView = { 
/**
 * The person.
 */
person: PersonView, 
/**
 * Sign-in name.
 */
login: string, 
/**
 * Personal address.
 */
address: string, 
/**
 * Password for the first sign-in.
 */
temporaryPassword: string, };

/**
 * A right that holds or will hold.
 */
export type DelegationView = { 
/**
 * Who has it.
 */
person: PersonId, 
/**
 * Full name.
 */
name: string, 
/**
 * Unit of the first position.
 */
unitName: string, 
/**
 * That person's own address; may be empty.
 */
address: string, 
/**
 * Whether and how that person also sends.
 */
sending: Sending, 
/**
 * From when; 0 when always.
 */
from: Timestamp, 
/**
 * Until when; null when for good.
 */
until: Timestamp | null, };

/**
 * Who reads one mailbox by right.
 */
export type DelegationsView = { 
/**
 * The mailbox.
 */
mailbox: MailboxId, 
/**
 * Its address.
 */
address: string, 
/**
 * The rights, the earliest first.
 */
items: Array<DelegationView>, };

/**
 * One line of a search's answer.
 */
export type DirectoryEntry = { 
/**
 * Person, unit or mailbox.
 */
kind: EntryKind, 
/**
 * The person's, unit's or mailbox's id.
 */
id: string, 
/**
 * The name, with its type for a unit.
 */
name: string, 
/**
 * What tells namesakes apart: position and unit of a person, parent of a unit.
 */
detail: string, 
/**
 * Where a letter to it goes.
 */
address: string | null, };

/**
 * What was found.
 */
export type EntryKind = "person" | "unit" | "mailbox";

/**
 * What the page before the meeting shows; guests see it without signing in.
 */
export type EntryView = { 
/**
 * Which.
 */
id: MeetingId, 
/**
 * *Tên cuộc họp*.
 */
title: string, 
/**
 * The chair's name and position, empty if none is named.
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
 * Where it stands.
 */
status: MeetingStatus, 
/**
 * The meeting room's name.
 */
room: string | null, 
/**
 * `true`: entering needs a name, as nobody is signed in.
 */
asGuest: boolean, 
/**
 * The hub's clock.
 */
serverTime: Timestamp, };

/**
 * The body of every error.
 */
export type ErrorBody = { 
/**
 * The error.
 */
error: ErrorDetail, };

/**
 * What went wrong.
 */
export type ErrorDetail = { 
/**
 * For programs.
 */
code: string, 
/**
 * For people, in Vietnamese.
 */
message: string, 
/**
 * The log line has it too.
 */
id: string, };

/**
 * What a list or position address shall be from now on.
 */
export type GroupChangeRequest = { 
/**
 * Its name.
 */
name: string, 
/**
 * Where its people are looked for; absent: named members alone.
 */
unit?: UnitId, 
/**
 * How far below the unit.
 */
reach: Reach, 
/**
 * Only holders of this title.
 */
title: string, 
/**
 * Who may write to it.
 */
posting: Posting, };

/**
 * What a group's address means.
 */
export type GroupKind = "list" | "position";

/**
 * A member by name.
 */
export type GroupMemberView = { 
/**
 * Who.
 */
person: PersonId, 
/**
 * Full name.
 */
name: string, 
/**
 * From when.
 */
from: Timestamp, 
/**
 * Until when.
 */
until: Timestamp | null, };

/**
 * A list or a position address.
 */
export type GroupView = { 
/**
 * Id.
 */
id: GroupId, 
/**
 * List or position.
 */
kind: GroupKind, 
/**
 * Its address.
 */
address: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Where its people are looked for.
 */
unit: UnitId | null, 
/**
 * That unit's name.
 */
unitName: string, 
/**
 * How far below the unit.
 */
reach: Reach | null, 
/**
 * Only holders of this title; empty: everybody.
 */
title: string, 
/**
 * Who may write to it.
 */
posting: Posting, 
/**
 * How many people are behind it today.
 */
count: number, 
/**
 * The first names of them.
 */
people: Array<string>, 
/**
 * Members by name: guests, acting holders.
 */
members: Array<GroupMemberView>, };

/**
 * A link for guests.
 */
export type GuestLink = { 
/**
 * The link; begins with `/` where the hub does not know its own address.
 */
url: string, 
/**
 * The token alone.
 */
token: string, };

/**
 * A link for guests that works; its secret was shown once, when it was made.
 */
export type GuestLinkView = { 
/**
 * Names the link when it is revoked; opens no door.
 */
id: string, 
/**
 * For whom it is.
 */
label: string, 
/**
 * When it was made.
 */
createdAt: Timestamp, };

/**
 * A file of a held letter.
 */
export type HeldFile = { 
/**
 * Its name; empty when it has none.
 */
name: string, 
/**
 * Octets.
 */
octets: number, };

/**
 * A held letter.
 */
export type HeldLetter = { 
/**
 * Its id, as in the log.
 */
id: string, 
/**
 * Envelope sender; empty is the null sender.
 */
sender: string, 
/**
 * Its subject.
 */
subject: string, 
/**
 * Whom it is for.
 */
recipients: Array<string>, 
/**
 * Why it is held: `program`, `suspect`, `infected` or `spam`.
 */
reason: string, 
/**
 * The file's name, the domain that asks for caution, the virus's name, or the score.
 */
detail: string, 
/**
 * Octets.
 */
octets: number, 
/**
 * When it was held.
 */
heldAt: Timestamp, };

/**
 * The hub as its pages show it.
 */
export type HubView = { 
/**
 * Mail domain.
 */
domain: string, 
/**
 * Name.
 */
name: string, 
/**
 * Build.
 */
build: string, };

/**
 * Somebody invited.
 */
export type InviteeView = { 
/**
 * Absent for a unit's agency mailbox.
 */
person: PersonId | null, 
/**
 * *Họ và tên*, or the mailbox's name.
 */
name: string, 
/**
 * Mail address.
 */
address: string, 
/**
 * Unit's name.
 */
unitName: string, 
/**
 * *Chức vụ*.
 */
position: string, 
/**
 * Role in the meeting.
 */
role: Role, 
/**
 * The newest answer to the invitation.
 */
answer: AnswerView | null, };

/**
 * A secret just made, shown once.
 */
export type IssuedAppPasswordView = { 
/**
 * The secret.
 */
secret: string, 
/**
 * The program's user name.
 */
login: string, 
/**
 * The row.
 */
entry: AppPasswordView, };

/**
 * A mailbox its reader may open.
 */
export type MailboxGrant = { 
/**
 * The mailbox; also the JMAP account id.
 */
mailbox: MailboxId, 
/**
 * Its primary address.
 */
address: string, 
/**
 * The name shown in *From*.
 */
name: string, 
/**
 * Personal or agency.
 */
kind: MailboxKind, 
/**
 * Whether the reader may also send as this address.
 */
maySend: boolean, 
/**
 * Other addresses its letters may be from: aliases, and positions its person holds today.
 */
aliases: Array<string>, 
/**
 * The reader's own address, when that must stand in `Sender` beside the mailbox's in `From`.
 */
sender: string | null, 
/**
 * Somebody else's, opened to the reader by delegation: its rules stay its owner's.
 */
delegated: boolean, };

/**
 * Whose letters a mailbox holds.
 */
export type MailboxKind = "personal" | "agency";

/**
 * Changes to a meeting; what is absent stays.
 */
export type MeetingChange = { 
/**
 * New title.
 */
title?: string, 
/**
 * New start.
 */
startsAt?: Timestamp, 
/**
 * New end.
 */
endsAt?: Timestamp, 
/**
 * New room; `null` for none.
 */
room?: string | null, 
/**
 * New list of persons; goes together with `units`.
 */
persons?: Array<PersonId>, 
/**
 * New list of units; goes together with `persons`.
 */
units?: Array<UnitId>, 
/**
 * New rule of the floor.
 */
floor?: Floor, 
/**
 * New roles of invited persons, whole: whoever is not named is a delegate. They hold from the next
 * entering on.
 */
roles?: Array<RoleOf>, };

/**
 * A meeting whole.
 */
export type MeetingDetail = { 
/**
 * Which meeting room.
 */
roomId: RoomId | null, 
/**
 * Who may speak.
 */
floor: Floor, 
/**
 * Who is invited, in protocol order.
 */
invitees: Array<InviteeView>, 
/**
 * Invited units.
 */
units: Array<UnitId>, 
/**
 * iCalendar SEQUENCE.
 */
sequence: number, 
/**
 * Whether the reader may make links for guests.
 */
mayInviteGuests: boolean, 
/**
 * Which.
 */
id: MeetingId, 
/**
 * *Tên cuộc họp*.
 */
title: string, 
/**
 * Planned start.
 */
startsAt: Timestamp, 
/**
 * Planned end.
 */
endsAt: Timestamp, 
/**
 * Where it stands; a meeting that is long over and empty counts as ended.
 */
status: MeetingStatus, 
/**
 * The chair's name and position, empty if none is named.
 */
chair: string, 
/**
 * Who called it, empty for one made on the command line.
 */
organiser: string, 
/**
 * The meeting room's name.
 */
room: string | null, 
/**
 * Participants who are in now.
 */
present: number, 
/**
 * Whether the reader may change or cancel it.
 */
mayEdit: boolean, };

/**
 * A meeting in a list.
 */
export type MeetingSummary = { 
/**
 * Which.
 */
id: MeetingId, 
/**
 * *Tên cuộc họp*.
 */
title: string, 
/**
 * Planned start.
 */
startsAt: Timestamp, 
/**
 * Planned end.
 */
endsAt: Timestamp, 
/**
 * Where it stands; a meeting that is long over and empty counts as ended.
 */
status: MeetingStatus, 
/**
 * The chair's name and position, empty if none is named.
 */
chair: string, 
/**
 * Who called it, empty for one made on the command line.
 */
organiser: string, 
/**
 * The meeting room's name.
 */
room: string | null, 
/**
 * Participants who are in now.
 */
present: number, 
/**
 * Whether the reader may change or cancel it.
 */
mayEdit: boolean, };

/**
 * An alias to be given.
 */
export type NewAliasRequest = { 
/**
 * Address of the mailbox.
 */
mailbox: string, 
/**
 * The alias, or what stands before its `@`.
 */
address: string, };

/**
 * A secret to be made.
 */
export type NewAppPasswordRequest = { 
/**
 * What its owner calls it.
 */
name: string, 
/**
 * The mailbox it shall open.
 */
mailbox: MailboxId, };

/**
 * A right to be given.
 */
export type NewDelegationRequest = { 
/**
 * Who gets it.
 */
person: PersonId, 
/**
 * Whether and how that person also sends.
 */
sending: Sending, 
/**
 * From when; now when absent.
 */
from?: Timestamp, 
/**
 * Until when; for good when absent.
 */
until?: Timestamp, };

/**
 * A member to be added by name.
 */
export type NewGroupMemberRequest = { 
/**
 * Who.
 */
person: PersonId, 
/**
 * From when; now when absent.
 */
from?: Timestamp, 
/**
 * Until when.
 */
until?: Timestamp, };

/**
 * A list or position address to be created.
 */
export type NewGroupRequest = { 
/**
 * List or position.
 */
kind: GroupKind, 
/**
 * The address, or what stands before its `@`.
 */
address: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Where its people are looked for; absent: named members alone.
 */
unit?: UnitId, 
/**
 * How far below the unit.
 */
reach: Reach, 
/**
 * Only holders of this title.
 */
title: string, 
/**
 * Who may write to it.
 */
posting: Posting, };

/**
 * What may be said about a new link for guests.
 */
export type NewGuestLink = { 
/**
 * For whom it is; at most 120 characters, may be empty.
 */
label: string, };

/**
 * A new meeting.
 */
export type NewMeeting = { 
/**
 * *Tên cuộc họp*.
 */
title: string, 
/**
 * Planned start.
 */
startsAt: Timestamp, 
/**
 * Planned end.
 */
endsAt: Timestamp, 
/**
 * Meeting room.
 */
room?: RoomId, 
/**
 * Invited persons.
 */
persons: Array<PersonId>, 
/**
 * Invited units.
 */
units: Array<UnitId>, 
/**
 * Who may speak; open unless told otherwise.
 */
floor?: Floor, 
/**
 * *Chủ trì*; whoever creates the meeting unless told otherwise.
 */
chair?: PersonId, 
/**
 * *Thư ký*.
 */
secretary?: PersonId, 
/**
 * Other roles; whoever is not named is a delegate.
 */
roles?: Array<RoleOf>, 
/**
 * The confirmation that nothing in it is a state secret; anything but `true` is refused.
 */
notSecret: boolean, };

/**
 * A person to be created.
 */
export type NewPersonRequest = { 
/**
 * Full name.
 */
name: string, 
/**
 * Unit.
 */
unit: UnitId, 
/**
 * Title.
 */
position: string, 
/**
 * Sign-in name; made from the name when absent.
 */
login?: string, };

/**
 * A room to be created.
 */
export type NewRoomRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Whose; the root unit when absent.
 */
unit?: UnitId, 
/**
 * Building and floor.
 */
place: string, 
/**
 * Seats.
 */
seats: number, };

/**
 * A held letter that is being read.
 */
export type OpenedHeldLetter = { 
/**
 * The letter.
 */
letter: HeldLetter, 
/**
 * Its own `From`, as written: anybody can write anything there.
 */
author: string, 
/**
 * What the hub found out about the sender (RFC 8601); empty when nothing was checked.
 */
checks: string, 
/**
 * Its text, HTML reduced to words.
 */
text: string, 
/**
 * Whether the text goes on.
 */
isCut: boolean, 
/**
 * Its files.
 */
files: Array<HeldFile>, };

/**
 * A page of a list.
 */
export type Page<T> = { 
/**
 * The lines.
 */
items: Array<T>, 
/**
 * Lines on all pages.
 */
total: number, 
/**
 * This page, from 1.
 */
page: number, 
/**
 * Lines of a full page.
 */
pageSize: number, };

/**
 * A change of the own password.
 */
export type PasswordRequest = { 
/**
 * The present one.
 */
current: string, 
/**
 * The next one.
 */
new: string, };

/**
 * One person.
 */
export type PersonView = { 
/**
 * Id.
 */
id: PersonId, 
/**
 * Full name.
 */
name: string, 
/**
 * Title.
 */
position: string, 
/**
 * Unit.
 */
unit: UnitId, 
/**
 * The unit's name.
 */
unitName: string, 
/**
 * Personal address.
 */
address: string | null, 
/**
 * Protocol order.
 */
order: number, };

/**
 * Who may write to a group.
 */
export type Posting = "members" | "inside" | "anyone";

/**
 * What is to be done to a waiting letter.
 */
export type QueueActRequest = { 
/**
 * Hold, release, retry or bounce.
 */
act: 'hold' | 'release' | 'retry' | 'bounce', };

/**
 * For how many addressees it was done.
 */
export type QueueActedView = { 
/**
 * Those who waited; who is being sent to at the moment is not among them.
 */
recipients: number, };

/**
 * A letter that waits for at least one addressee.
 */
export type QueuedLetter = { 
/**
 * Its id, as in the log.
 */
id: string, 
/**
 * Envelope sender; empty is the null sender.
 */
sender: string, 
/**
 * Its subject; empty for reports and for letters queued by an older build.
 */
subject: string, 
/**
 * 0 thường, 3 khẩn, 6 thượng khẩn, 9 hỏa tốc.
 */
priority: number, 
/**
 * When it was accepted.
 */
acceptedAt: Timestamp, 
/**
 * Those who do not have it yet.
 */
recipients: Array<QueuedRecipient>, };

/**
 * An addressee who does not have the letter yet.
 */
export type QueuedRecipient = { 
/**
 * The address.
 */
address: string, 
/**
 * What is happening.
 */
state: QueuedState, 
/**
 * When it is tried next.
 */
dueAt: Timestamp, 
/**
 * Attempts so far.
 */
attempts: number, 
/**
 * The other side's last words, or why it could not be asked; empty before the first attempt.
 */
lastAnswer: string, };

/**
 * What is happening for one addressee.
 */
export type QueuedState = "waiting" | "sending" | "held";

/**
 * How much a mailbox may hold.
 */
export type QuotaRequest = { 
/**
 * Octets; absent or null is what is usual for its kind.
 */
bytes: number | null, };

/**
 * How far below its unit a rule looks.
 */
export type Reach = "unit" | "divisions" | "everything";

/**
 * Recovery codes; the only time they are shown.
 */
export type RecoveryCodesView = { 
/**
 * Each is good once.
 */
codes: Array<string>, };

/**
 * Who got a letter that was let go.
 */
export type ReleasedView = { 
/**
 * The addresses that have it.
 */
delivered: Array<string>, 
/**
 * The addresses that nobody has any more.
 */
gone: Array<string>, };

/**
 * An invited person's role.
 */
export type RoleOf = { 
/**
 * Whose.
 */
person: PersonId, 
/**
 * Any but `guest`, which comes by link.
 */
role: Role, };

/**
 * One meeting room.
 */
export type RoomView = { 
/**
 * Id.
 */
id: RoomId, 
/**
 * Name.
 */
name: string, 
/**
 * Whose.
 */
unit: UnitId, 
/**
 * That unit's name.
 */
unitName: string, 
/**
 * Building and floor; may be empty.
 */
place: string, 
/**
 * Seats; 0 when not known.
 */
seats: number, };

/**
 * Confirms, renews or ends a second factor.
 */
export type SecondFactorCodeRequest = { 
/**
 * The code now on the telephone, or a recovery code.
 */
code: string, };

/**
 * Begins a second factor.
 */
export type SecondFactorPasswordRequest = { 
/**
 * The account's password.
 */
password: string, };

/**
 * What the telephone is to be told.
 */
export type SecondFactorProposal = { 
/**
 * The key in base32, in groups of four.
 */
key: string, 
/**
 * The same with names, as a link authenticator programs open.
 */
link: string, 
/**
 * That link as a QR code; null when it is too long for one.
 */
picture: CodePicture | null, };

/**
 * Whether the own account has a second factor.
 */
export type SecondFactorView = { 
/**
 * On since; null when it is off.
 */
since: Timestamp | null, 
/**
 * Recovery codes not used yet.
 */
recoveryCodes: number, };

/**
 * How a reader may send from a mailbox.
 */
export type Sending = "nothing" | "onBehalf" | "as";

/**
 * One of the own sessions.
 */
export type SessionEntry = { 
/**
 * Id.
 */
id: SessionId, 
/**
 * Signed in at.
 */
createdAt: Timestamp, 
/**
 * Last used, to five minutes.
 */
lastSeen: Timestamp, 
/**
 * From which network address.
 */
ip: string, 
/**
 * With which browser.
 */
userAgent: string, 
/**
 * The one that asks.
 */
current: boolean, };

/**
 * The signed-in person.
 */
export type SessionPerson = { 
/**
 * Id.
 */
id: PersonId, 
/**
 * Full name.
 */
name: string, 
/**
 * Unit of the first position.
 */
unit: UnitId, 
/**
 * That unit's name.
 */
unitName: string, 
/**
 * Title of the first position.
 */
position: string, };

/**
 * Who is signed in, and where.
 */
export type SessionView = { 
/**
 * The person.
 */
person: SessionPerson, 
/**
 * The sign-in name.
 */
login: string, 
/**
 * Shows the console.
 */
isAdmin: boolean, 
/**
 * The password is a temporary or expired one: nothing else works before it is changed.
 */
mustChangePassword: boolean, 
/**
 * When the password reaches its age; null when it never does or is a temporary one.
 */
passwordExpires: Timestamp | null, 
/**
 * Mailboxes, the personal one first.
 */
mailboxes: Array<MailboxGrant>, 
/**
 * The hub.
 */
hub: HubView, 
/**
 * The hub's clock, by which the client corrects its own.
 */
serverTime: Timestamp, };

/**
 * Credentials.
 */
export type SignInRequest = { 
/**
 * Sign-in name or personal address.
 */
login: string, 
/**
 * Password.
 */
password: string, 
/**
 * The code of the second factor; asked for by the answer `codeNeeded`.
 */
code?: string, };

/**
 * A password just reset; the only time it is shown.
 */
export type TemporaryPasswordView = { 
/**
 * Password for the next sign-in.
 */
temporaryPassword: string, };

/**
 * What sort of unit; the level is a matter of the tree, never of the kind.
 */
export type UnitKind = "province" | "district" | "commune" | "agency" | "division" | "centre";

/**
 * One unit of the tree; the whole tree comes as a list in protocol order, parents first.
 */
export type UnitView = { 
/**
 * Id.
 */
id: UnitId, 
/**
 * The unit above.
 */
parent: UnitId | null, 
/**
 * Kind.
 */
kind: UnitKind, 
/**
 * Full name.
 */
name: string, 
/**
 * Short name.
 */
shortName: string, 
/**
 * Protocol order among its siblings.
 */
order: number, 
/**
 * Identifier code.
 */
code: string, 
/**
 * How many people hold a position in it.
 */
people: number, 
/**
 * Address of its agency mailbox.
 */
address: string | null, };

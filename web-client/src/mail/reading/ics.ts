// Reads the invitation in a letter: iCalendar (RFC 5545) under iMIP (RFC 6047), one VEVENT.

export interface Invitation {
    /** REQUEST, CANCEL, … (RFC 5546 §1.4). */
    method: string;
    uid: string;
    sequence: number;
    title: string;
    /** ms since the epoch; null where the letter is malformed. */
    startsAt: number | null;
    endsAt: number | null;
    place: string;
    organiser: string;
    cancelled: boolean;
    /** In a letter that answers an invitation: who says what. */
    answer: ReadAnswer | null;
}

export interface ReadAnswer {
    name: string;
    attendance: "accepted" | "declined" | "delegated" | "tentative";
    /** Address of who comes instead, or empty. */
    substitute: string;
    comment: string;
}

export function readInvitation(text: string): Invitation | null {
    const lines = unfold(text);
    const begin = lines.findIndex((line) => /^BEGIN:VEVENT$/i.test(line));
    if (begin < 0) return null;
    const end = lines.findIndex((line, index) => index > begin && /^END:VEVENT$/i.test(line));
    const event = lines.slice(begin + 1, end < 0 ? undefined : end);
    const calendar = lines.slice(0, begin);

    const uid = property(event, "UID")?.value ?? "";
    if (uid === "") return null;
    const method = (property(calendar, "METHOD")?.value ?? "REQUEST").toUpperCase();
    const organiser = property(event, "ORGANIZER");
    return {
        method,
        uid,
        sequence: Number(property(event, "SEQUENCE")?.value ?? "0") || 0,
        title: unescape(property(event, "SUMMARY")?.value ?? ""),
        startsAt: moment(property(event, "DTSTART")),
        endsAt: moment(property(event, "DTEND")),
        place: unescape(property(event, "LOCATION")?.value ?? ""),
        organiser: organiser?.parameters.CN ?? organiser?.value.replace(/^mailto:/i, "") ?? "",
        answer: method === "REPLY" ? answerIn(event) : null,
        cancelled: method === "CANCEL" || /^CANCELLED$/i.test(property(event, "STATUS")?.value ?? ""),
    };
}

/** RFC 5546 §3.2.3: a reply has the one attendee who answers. */
function answerIn(event: readonly string[]): ReadAnswer | null {
    const attendee = property(event, "ATTENDEE");
    const said = attendee?.parameters.PARTSTAT?.toLowerCase();
    if (!attendee || (said !== "accepted" && said !== "declined" && said !== "delegated" && said !== "tentative"))
        return null;
    const address = (text: string) => text.replace(/^mailto:/i, "");
    return {
        name: attendee.parameters.CN ?? address(attendee.value),
        attendance: said,
        substitute: address(attendee.parameters["DELEGATED-TO"] ?? ""),
        comment: unescape(property(event, "COMMENT")?.value ?? ""),
    };
}

/** The meeting a UID `{meetingId}@{domain}` of our own hub names, else null. */
export function meetingOf(uid: string, ownDomain: string): string | null {
    const [id, domain, ...rest] = uid.split("@");
    if (!id || rest.length > 0 || domain?.toLowerCase() !== ownDomain.toLowerCase()) return null;
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : null;
}

interface Property {
    value: string;
    parameters: Record<string, string>;
}

/** RFC 5545 §3.1: a line beginning with a blank continues the one before. */
function unfold(text: string): string[] {
    return text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
}

function property(lines: readonly string[], name: string): Property | undefined {
    // An alarm inside the event has a DESCRIPTION and a DURATION of its own.
    let depth = 0;
    for (const line of lines) {
        if (/^BEGIN:/i.test(line)) depth += 1;
        else if (/^END:/i.test(line)) depth -= 1;
        else if (depth <= 0 || /^METHOD[:;]/i.test(line)) {
            const found = parseLine(line);
            if (found && found.name === name) return found;
        }
    }
    return undefined;
}

/** `NAME;PARAM="a;b":value` */
function parseLine(line: string): (Property & { name: string }) | null {
    const match = /^([A-Za-z0-9-]+)((?:;[^=:;]+=(?:"[^"]*"|[^":;]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)$/s.exec(line);
    if (!match) return null;
    const parameters: Record<string, string> = {};
    for (const [, key, value] of (match[2] ?? "").matchAll(/;([^=]+)=("[^"]*"|[^;]*)/g)) {
        if (key !== undefined && value !== undefined) parameters[key.toUpperCase()] = value.replace(/^"|"$/g, "");
    }
    return { name: (match[1] ?? "").toUpperCase(), parameters, value: match[3] ?? "" };
}

/** RFC 5545 §3.3.11. */
function unescape(text: string): string {
    return text.replace(/\\([nN,;\\])/g, (_, c: string) => (c === "n" || c === "N" ? "\n" : c));
}

/** RFC 5545 §3.3.5. A local time is Vietnam's: UTC+7, no summer time, whatever its TZID is called. */
function moment(property: Property | undefined): number | null {
    const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(property?.value ?? "");
    if (!match) return null;
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
    const utc = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
    return match[7] === "Z" ? utc : utc - 7 * 3_600_000;
}

import { describe, expect, it } from "vitest";
import { meetingOf, readInvitation } from "./ics";

const MEETING = "0193557e-0000-7000-8000-000000000001";
const invitation = (method: string, extra = ""): string =>
    [
        "BEGIN:VCALENDAR",
        `METHOD:${method}`,
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Ho_Chi_Minh",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        `UID:${MEETING}@qb.example`,
        "SEQUENCE:2",
        "DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T080000",
        "DTEND:20261124T030000Z",
        "SUMMARY:Giao ban UBND tỉnh\\, tháng 1",
        " 1/2026",
        'ORGANIZER;CN="Sở TT&TT: văn thư";ROLE=CHAIR:mailto:stttt@qb.example',
        "LOCATION:Phòng họp số 1\\nUBND tỉnh",
        ...(extra ? [extra] : []),
        "BEGIN:VALARM",
        "DESCRIPTION:Nhắc",
        "LOCATION:không phải đây",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ].join("\r\n");

describe("an invitation", () => {
    it("gives title, times in Vietnam, place and organiser", () => {
        expect(readInvitation(invitation("REQUEST"))).toEqual({
            method: "REQUEST",
            uid: `${MEETING}@qb.example`,
            sequence: 2,
            title: "Giao ban UBND tỉnh, tháng 11/2026",
            startsAt: Date.UTC(2026, 10, 24, 1),
            endsAt: Date.UTC(2026, 10, 24, 3),
            place: "Phòng họp số 1\nUBND tỉnh",
            organiser: "Sở TT&TT: văn thư",
            cancelled: false,
            answer: null,
        });
    });

    it("is cancelled by its method or its status", () => {
        expect(readInvitation(invitation("CANCEL"))?.cancelled).toBe(true);
        expect(readInvitation(invitation("REQUEST", "STATUS:CANCELLED"))?.cancelled).toBe(true);
    });

    it("is answered by its one attendee", () => {
        const attendee =
            'ATTENDEE;CN="Bà Lan";PARTSTAT=DELEGATED;DELEGATED-TO="mailto:hai@qb.example":mailto:lan@qb.example';
        expect(readInvitation(invitation("REPLY", `${attendee}\r\nCOMMENT:Bận họp\\, xin vắng`))?.answer).toEqual({
            name: "Bà Lan",
            attendance: "delegated",
            substitute: "hai@qb.example",
            comment: "Bận họp, xin vắng",
        });
        expect(readInvitation(invitation("REPLY", "ATTENDEE;PARTSTAT=X:mailto:lan@qb.example"))?.answer).toBeNull();
        expect(readInvitation(invitation("REQUEST", attendee))?.answer).toBeNull();
    });

    it("is none where there is no event, or no UID", () => {
        expect(readInvitation("xin chào")).toBeNull();
        expect(readInvitation("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT")).toBeNull();
    });

    it("leads only into meetings of the own hub", () => {
        expect(meetingOf(`${MEETING}@QB.example`, "qb.example")).toBe(MEETING);
        expect(meetingOf(`${MEETING}@other.example`, "qb.example")).toBeNull();
        expect(meetingOf("../../evil@qb.example", "qb.example")).toBeNull();
        expect(meetingOf(`${MEETING}@qb.example@x`, "qb.example")).toBeNull();
    });
});

// Meetings as the hub tells of them, in the milliseconds the schedule reckons with.

import type { GuestLink, GuestLinkView, MeetingDetail, MeetingSummary, RoomView } from "../generated";
import { api } from "../lib/api";
import { rolesOf, times, type Form } from "./form";
import type { Timed } from "./schedule";

export interface Meeting extends Timed {
    summary: MeetingSummary;
}

export function timed(summary: MeetingSummary): Meeting {
    return {
        id: summary.id,
        startsAt: summary.startsAt / 1000,
        endsAt: summary.endsAt / 1000,
        ended: summary.status === "ended",
        cancelled: summary.status === "cancelled",
        summary,
    };
}

const DAY_MS = 86_400_000;

/** My meetings between two moments (ms). */
export async function meetingsBetween(from: number, to: number): Promise<Meeting[]> {
    const list = await api<MeetingSummary[]>(`/api/meetings?from=${from * 1000}&to=${to * 1000}`);
    return list.map(timed);
}

/** What the list shows: a week back, two months ahead. */
export function meetingsAround(now: number): Promise<Meeting[]> {
    return meetingsBetween(Math.floor(now) - 7 * DAY_MS, Math.floor(now) + 62 * DAY_MS);
}

export function meeting(id: string): Promise<MeetingDetail> {
    return api<MeetingDetail>(`/api/meetings/${encodeURIComponent(id)}`);
}

export function rooms(): Promise<RoomView[]> {
    return api<RoomView[]>("/api/directory/rooms");
}

/** Creates the meeting, or changes the one with `id`; who is invited is sent only when it changed. */
export function save(form: Form, id: string | null, invitedChanged: boolean): Promise<MeetingDetail> {
    const planned = times(form);
    const invited = {
        persons: form.invited.filter((one) => one.kind === "person").map((one) => one.id),
        units: form.invited.filter((one) => one.kind === "unit").map((one) => one.id),
    };
    const body = {
        title: form.title.trim(),
        startsAt: (planned?.startsAt ?? 0) * 1000,
        endsAt: (planned?.endsAt ?? 0) * 1000,
        room: form.room === "" ? null : form.room,
        floor: form.floor,
        ...(invitedChanged ? { ...invited, roles: rolesOf(form) } : {}),
    };
    return id === null
        ? api<MeetingDetail>("/api/meetings", { method: "POST", body: { ...body, notSecret: form.notSecret } })
        : api<MeetingDetail>(`/api/meetings/${encodeURIComponent(id)}`, { method: "PATCH", body });
}

export function cancel(id: string): Promise<unknown> {
    return api(`/api/meetings/${encodeURIComponent(id)}/cancel`, { method: "POST" });
}

export async function guestLink(id: string, label: string): Promise<string> {
    const answer = await api<GuestLink>(`/api/meetings/${encodeURIComponent(id)}/guest-link`, {
        method: "POST",
        body: { label },
    });
    return new URL(answer.url, location.origin).href;
}

export function guestLinks(id: string): Promise<GuestLinkView[]> {
    return api<GuestLinkView[]>(`/api/meetings/${encodeURIComponent(id)}/guest-links`);
}

export function revokeGuestLink(id: string, link: string): Promise<void> {
    return api(`/api/meetings/${encodeURIComponent(id)}/guest-links/${encodeURIComponent(link)}`, { method: "DELETE" });
}

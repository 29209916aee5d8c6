// Which area answers which address. Each is fetched when it is first visited.

import type { Component } from "svelte";
import { match } from "../lib/route";

export interface Area {
    id: "signIn" | "password" | "meeting" | "home" | "mail" | "calendar" | "admin";
    pattern: string;
    load: () => Promise<{ default: Component<Record<string, never>> }>;
    /** Visitors without an account may come in (guests of a meeting). */
    open?: boolean;
    /** Drawn without header and bottom bar. */
    bare?: boolean;
}

export const areas: Area[] = [
    { id: "signIn", pattern: "/dang-nhap", load: () => import("../signin/SignInPage.svelte"), open: true, bare: true },
    { id: "password", pattern: "/doi-mat-khau", load: () => import("../signin/PasswordPage.svelte"), bare: true },
    { id: "meeting", pattern: "/hop/:id", load: () => import("../meeting/MeetingPage.svelte"), open: true, bare: true },
    { id: "home", pattern: "/", load: () => import("../home/HomePage.svelte") },
    { id: "home", pattern: "/hop", load: () => import("../home/HomePage.svelte") },
    { id: "mail", pattern: "/thu/*", load: () => import("../mail/MailArea.svelte") },
    { id: "calendar", pattern: "/lich/*", load: () => import("../calendar/CalendarArea.svelte") },
    { id: "admin", pattern: "/quan-tri/*", load: () => import("../admin/AdminArea.svelte") },
];

export function areaOf(path: string): Area | null {
    return areas.find((area) => match(area.pattern, path) !== null) ?? null;
}

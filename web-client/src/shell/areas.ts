// Which area answers which address. Each is fetched when it is first visited.

import type { Component } from "svelte";
import { match, type Parameters } from "../lib/route";

export interface Area {
    id: "signIn" | "password" | "account" | "meeting" | "home" | "mail" | "calendar" | "admin";
    pattern: string;
    /** The page; it is given the parts of its address (`rest` after `*`), which it may ignore. */
    load: () => Promise<{ default: Component<{ parameters: Parameters }> | Component<Record<string, never>> }>;
    /** Visitors without an account may come in (guests of a meeting). */
    open?: boolean;
    /** Drawn without header and bottom bar. */
    bare?: boolean;
}

export const areas: Area[] = [
    { id: "signIn", pattern: "/dang-nhap", load: () => import("../signin/SignInPage.svelte"), open: true, bare: true },
    { id: "password", pattern: "/doi-mat-khau", load: () => import("../signin/PasswordPage.svelte"), bare: true },
    { id: "account", pattern: "/mat-khau-ung-dung", load: () => import("../account/AppPasswords.svelte") },
    { id: "account", pattern: "/xac-thuc-hai-lop", load: () => import("../account/SecondFactor.svelte") },
    { id: "meeting", pattern: "/hop/:id", load: () => import("../meeting/MeetingPage.svelte"), open: true, bare: true },
    { id: "home", pattern: "/", load: () => import("../home/HomePage.svelte") },
    { id: "home", pattern: "/hop", load: () => import("../home/HomePage.svelte") },
    { id: "mail", pattern: "/thu/*", load: () => import("../mail/MailArea.svelte") },
    { id: "calendar", pattern: "/lich/*", load: () => import("../calendar/CalendarArea.svelte") },
    { id: "admin", pattern: "/quan-tri/*", load: () => import("../admin/AdminArea.svelte") },
];

export function areaOf(path: string): { area: Area; parameters: Parameters } | null {
    for (const area of areas) {
        const parameters = match(area.pattern, path);
        if (parameters) return { area, parameters };
    }
    return null;
}

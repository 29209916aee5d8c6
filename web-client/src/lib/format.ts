// Dates, numbers and names as the administration writes them. The browser's own locale data differs
// from house style ("15:30:00 31/3/2021"), so everything is put together here. Moments are µs since
// 1970, shown in the fixed zone UTC+7 without daylight saving.

import type { Language } from "./i18n/index.svelte";

const ZONE_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

const WEEKDAYS: Record<Language, readonly string[]> = {
    vi: ["Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"],
    en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
};
const WEEKDAYS_SHORT: Record<Language, readonly string[]> = {
    vi: ["CN", "T2", "T3", "T4", "T5", "T6", "T7"],
    en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};

const local = (at: number) => new Date(at / 1000 + ZONE_MS);
const two = (value: number) => String(value).padStart(2, "0");

/** The number of the local day, for comparing days. */
export const dayNumber = (at: number) => Math.floor((at / 1000 + ZONE_MS) / DAY_MS);

/** `15:30` */
export function time(at: number): string {
    const d = local(at);
    return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
}

/** `31/03/2021` */
export function date(at: number): string {
    const d = local(at);
    return `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`;
}

/** `15:30 31/03/2021` */
export const dateTime = (at: number) => `${time(at)} ${date(at)}`;

/** `15:30 ngày 31/03/2021` */
export function dateTimeSentence(at: number, language: Language = "vi"): string {
    return language === "vi" ? `${time(at)} ngày ${date(at)}` : `${time(at)} on ${date(at)}`;
}

/** `Thứ Hai` */
export const weekday = (at: number, language: Language = "vi") => WEEKDAYS[language][local(at).getUTCDay()] ?? "";

/** `T2` … `CN` */
export const weekdayShort = (at: number, language: Language = "vi") =>
    WEEKDAYS_SHORT[language][local(at).getUTCDay()] ?? "";

/** `Thứ Hai, 29/03` */
export const dayHeading = (at: number, language: Language = "vi") =>
    `${weekday(at, language)}, ${date(at).slice(0, 5)}`;

/** `ngày 05 tháng 01 năm 2021`, `ngày 15 tháng 3 năm 2021`: zeros for days < 10 and months 1, 2 only. */
export function documentDate(at: number): string {
    const d = local(at);
    const month = d.getUTCMonth() + 1;
    return `ngày ${two(d.getUTCDate())} tháng ${month <= 2 ? two(month) : month} năm ${d.getUTCFullYear()}`;
}

/** `08 giờ 00 phút, ngày 13 tháng 9 năm 2016 (thứ Ba)` */
export function invitationDate(at: number): string {
    const d = local(at);
    const day = weekday(at).replace(/^./, (first) => first.toLocaleLowerCase("vi"));
    return `${two(d.getUTCHours())} giờ ${two(d.getUTCMinutes())} phút, ${documentDate(at)} (${day})`;
}

/** `Hôm nay`, `Hôm qua`, `Ngày mai`, else nothing. */
export function nearDay(at: number, now: number, language: Language = "vi"): string | null {
    const names = language === "vi" ? ["Hôm qua", "Hôm nay", "Ngày mai"] : ["Yesterday", "Today", "Tomorrow"];
    return names[dayNumber(at) - dayNumber(now) + 1] ?? null;
}

/** For lists of letters: `08:12` today, `Hôm qua`, else the date. */
export function listMoment(at: number, now: number, language: Language = "vi"): string {
    const distance = dayNumber(now) - dayNumber(at);
    if (distance === 0) return time(at);
    if (distance === 1) return language === "vi" ? "Hôm qua" : "Yesterday";
    return date(at);
}

/** `Vừa xong`, `10 phút trước`, `3 giờ trước`, then the date and time. */
export function ago(at: number, now: number, language: Language = "vi"): string {
    const minutes = Math.floor((now - at) / 60_000_000);
    if (minutes < 1) return language === "vi" ? "Vừa xong" : "Just now";
    if (minutes < 60) return language === "vi" ? `${minutes} phút trước` : `${minutes} min ago`;
    if (minutes < 24 * 60) {
        const hours = Math.floor(minutes / 60);
        return language === "vi" ? `${hours} giờ trước` : `${hours} h ago`;
    }
    return dateTime(at);
}

/** `00:42:10` from milliseconds. */
export function elapsed(milliseconds: number): string {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
}

/** `1.234.567,5` — at most `decimals` digits after the comma. */
export function number(value: number, decimals = 1, language: Language = "vi"): string {
    const factor = 10 ** decimals;
    const [whole = "0", fraction] = String(Math.round(Math.abs(value) * factor) / factor).split(".");
    const [group, comma] = language === "vi" ? [".", ","] : [",", "."];
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
    const sign = value < 0 && Number(`${whole}.${fraction ?? 0}`) !== 0 ? "-" : "";
    return sign + grouped + (fraction ? comma + fraction : "");
}

/** `94,5%` */
export const percent = (value: number, decimals = 1, language: Language = "vi") =>
    `${number(value, decimals, language)}%`;

/** `25,4 MB` */
export function bytes(count: number, language: Language = "vi"): string {
    if (count < 1000) return `${count} B`;
    const units = ["kB", "MB", "GB", "TB"];
    let value = count / 1000;
    let unit = 0;
    while (value >= 999.95 && unit < units.length - 1) {
        value /= 1000;
        unit += 1;
    }
    return `${number(value, unit === 0 ? 0 : 1, language)} ${units[unit]}`;
}

/** Middle and given name's initials: `Trần Thị Mỹ Hạnh` → `MH`; never split into first and last. */
export function initials(name: string): string {
    const words = name.trim().split(/\s+/).filter(Boolean);
    return words
        .slice(-2)
        .map((word) => [...word][0] ?? "")
        .join("")
        .toLocaleUpperCase("vi");
}

/** Lower case without diacritics, `đ` as `d`: the form in which people are searched. */
export function fold(text: string): string {
    return text
        .normalize("NFD")
        .replace(/[\u0300-\u036f]/g, "")
        .replace(/[đĐ]/g, "d")
        .toLowerCase();
}

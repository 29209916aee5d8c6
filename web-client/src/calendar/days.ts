// Days of Vietnam (UTC+7, no summer time), counted, so that arithmetic on them is plain.

const DAY_MS = 86_400_000;
const OFFSET_MS = 7 * 3_600_000;

/** The number of the day in which `ms` lies; 0 is 01/01/1970. */
export function dayOf(ms: number): number {
    return Math.floor((ms + OFFSET_MS) / DAY_MS);
}

/** When day `day` begins, in ms. */
export function startOf(day: number): number {
    return day * DAY_MS - OFFSET_MS;
}

/** 0 Monday … 6 Sunday: weeks begin on Monday. */
export function weekday(day: number): number {
    return (((day + 3) % 7) + 7) % 7;
}

export function mondayOf(day: number): number {
    return day - weekday(day);
}

/** Minutes since midnight in Vietnam. */
export function minutesOf(ms: number): number {
    return Math.floor((ms + OFFSET_MS - dayOf(ms) * DAY_MS) / 60_000);
}

/** Day, month, year of a day. */
export function parts(day: number): { day: number; month: number; year: number } {
    const date = new Date(day * DAY_MS);
    return { day: date.getUTCDate(), month: date.getUTCMonth() + 1, year: date.getUTCFullYear() };
}

/** The day of a calendar date, or null where there is none (30/02). */
export function fromParts(day: number, month: number, year: number): number | null {
    const found = Math.floor(Date.UTC(year, month - 1, day) / DAY_MS);
    const back = parts(found);
    return back.day === day && back.month === month && back.year === year ? found : null;
}

/** ISO 8601 number of the week and its year, by its Thursday. */
export function weekNumber(day: number): { week: number; year: number } {
    const thursday = mondayOf(day) + 3;
    const { year } = parts(thursday);
    const first = fromParts(1, 1, year) ?? thursday;
    return { week: Math.floor((thursday - first) / 7) + 1, year };
}

/** "dd/MM/yyyy" as people write it, one-digit days and two-digit years included; null where it is no date. */
export function parseDate(text: string): number | null {
    const match = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})\s*$/.exec(text);
    if (!match) return null;
    const year = Number(match[3]);
    return fromParts(Number(match[1]), Number(match[2]), year < 100 ? 2000 + year : year);
}

/** "HH:mm", "8:00", "8h", "8h30", "0830" as minutes since midnight; null where it is no time. */
export function parseTime(text: string): number | null {
    const match = /^\s*(\d{1,2})\s*(?:[:hg.]\s*(\d{1,2})?|(\d\d))?\s*$/i.exec(text);
    if (!match) return null;
    const hours = Number(match[1]);
    const minutes = Number(match[2] ?? match[3] ?? 0);
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

/** "31/03/2021" */
export function dateText(day: number): string {
    const { day: d, month, year } = parts(day);
    return `${two(d)}/${two(month)}/${year}`;
}

/** "08:30" */
export function timeText(minutes: number): string {
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(number: number): string {
    return String(number).padStart(2, "0");
}

// What the hub answers by itself while the owner of a mailbox is away (RFC 8621 §8), as the form shows it.

import { dateText, dayOf, parseDate, startOf } from "../../calendar/days";

/** RFC 8621 §8, as far as the form goes: what is saved has no `htmlBody`. */
export interface VacationResponse {
    id: "singleton";
    isEnabled: boolean;
    fromDate: string | null;
    toDate: string | null;
    subject: string | null;
    textBody: string | null;
}

export interface VacationForm {
    enabled: boolean;
    /** Days as people write them, 25/11/2026; both included; empty for none. */
    from: string;
    to: string;
    subject: string;
    text: string;
}

export type VacationFault = "dayWrong" | "lastDayWrong" | "daysReversed" | "over" | "textMissing";

export function formOf(response: VacationResponse): VacationForm {
    const day = (moment: string | null, back: number) =>
        moment === null ? "" : dateText(dayOf(Date.parse(moment)) - back);
    return {
        enabled: response.isEnabled,
        from: day(response.fromDate, 0),
        // The answer ends with the last moment of the day.
        to: day(response.toDate, 1),
        subject: response.subject ?? "",
        text: response.textBody ?? "",
    };
}

/** The change to send; UTC as RFC 8620 §1.4 wants it. A day that is none counts as empty. */
export function changeOf(form: VacationForm): Omit<VacationResponse, "id"> & { htmlBody: null } {
    const midnight = (text: string, after: number) => {
        const day = parseDate(text);
        return day === null ? null : new Date(startOf(day + after)).toISOString().replace(".000", "");
    };
    return {
        isEnabled: form.enabled,
        fromDate: midnight(form.from, 0),
        toDate: midnight(form.to, 1),
        subject: form.subject.trim() === "" ? null : form.subject.trim(),
        textBody: form.text.trim() === "" ? null : form.text,
        htmlBody: null,
    };
}

/** What keeps the form from being saved; `now` in µs. */
export function faultOf(form: VacationForm, now: number): VacationFault | null {
    const wrong = (text: string) => text.trim() !== "" && parseDate(text) === null;
    if (wrong(form.from)) return "dayWrong";
    if (wrong(form.to)) return "lastDayWrong";
    if (!form.enabled) return null;
    const { fromDate, toDate } = changeOf(form);
    if (fromDate !== null && toDate !== null && fromDate >= toDate) return "daysReversed";
    if (toDate !== null && Date.parse(toDate) * 1000 <= now) return "over";
    return form.text.trim() === "" ? "textMissing" : null;
}

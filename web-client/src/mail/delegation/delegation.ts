// A right to somebody's mailbox as the form has it, and as the hub is told.

import { parseDate, startOf } from "../../calendar/days";
import type { NewDelegationRequest, Sending } from "../../generated";
import type { Chosen } from "../../people/tree";

export interface DelegationForm {
    person: Chosen | null;
    sending: Sending;
    /** Days as people write them, 25/11/2026; both included; empty: from now, for good. */
    from: string;
    to: string;
}

export type DelegationFault = "personMissing" | "dayWrong" | "lastDayWrong" | "daysReversed" | "over";

export const SENDING: readonly Sending[] = ["nothing", "onBehalf", "as"];

export const emptyForm = (): DelegationForm => ({ person: null, sending: "onBehalf", from: "", to: "" });

/** µs; the right ends with the last moment of its last day. */
function midnight(text: string, after: number): number | undefined {
    const day = parseDate(text);
    return day === null ? undefined : startOf(day + after) * 1000;
}

export function requestOf(form: DelegationForm): NewDelegationRequest | null {
    if (form.person === null) return null;
    const request: NewDelegationRequest = { person: form.person.id, sending: form.sending };
    const [from, until] = [midnight(form.from, 0), midnight(form.to, 1)];
    if (from !== undefined) request.from = from;
    if (until !== undefined) request.until = until;
    return request;
}

/** What keeps the right from being given; `now` in µs. */
export function faultOf(form: DelegationForm, now: number): DelegationFault | null {
    const wrong = (text: string) => text.trim() !== "" && parseDate(text) === null;
    if (form.person === null) return "personMissing";
    if (wrong(form.from)) return "dayWrong";
    if (wrong(form.to)) return "lastDayWrong";
    const [from, until] = [midnight(form.from, 0) ?? now, midnight(form.to, 1)];
    if (until === undefined) return null;
    if (until <= now) return "over";
    return until <= from ? "daysReversed" : null;
}

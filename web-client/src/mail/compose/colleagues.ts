// Who else answers a letter of a mailbox that several people keep.

import type { EmailFull } from "../types";
import { shown } from "./addresses";

/** A colleague who writes an answer, or has sent one. */
export interface Colleague {
    name: string;
    /** When the draft was last kept, or the answer was sent. */
    at: string;
    sent: boolean;
}

/** What is asked of each letter of the conversation. */
export type Answer = Pick<EmailFull, "id" | "keywords" | "from" | "inReplyTo" | "receivedAt" | "writtenBy">;

/**
 * The colleagues among `letters` who answer a letter with one of these `messageIds`; `me` is not one's own
 * colleague. A letter counts as an answer when the mailbox itself, `address`, wrote it.
 */
export function colleagues(
    letters: readonly Answer[],
    messageIds: readonly string[],
    me: string,
    address: string,
): Colleague[] {
    const answers = letters.filter(
        (letter) =>
            letter.inReplyTo?.some((id) => messageIds.includes(id)) &&
            letter.writtenBy?.personId !== me &&
            (letter.keywords.$draft ||
                letter.writtenBy ||
                letter.from?.some((one) => one.email.toLowerCase() === address.toLowerCase())),
    );
    return answers
        .map((letter) => ({
            name: letter.writtenBy?.name ?? shown(letter.from?.[0]),
            at: letter.writtenBy?.at ?? letter.receivedAt,
            sent: !letter.keywords.$draft,
        }))
        .sort((a, b) => a.at.localeCompare(b.at));
}

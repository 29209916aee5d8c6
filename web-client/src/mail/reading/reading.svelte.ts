// The conversation being read.

import { from, need } from "../jmap";
import { HEAD, post } from "../post.svelte";
import { MARKS, RESULTS } from "./provenance";
import type { EmailFull, GetResponse } from "../types";

const FULL = [
    ...HEAD,
    "cc",
    "bcc",
    "sender",
    "replyTo",
    "sentAt",
    "messageId",
    "inReplyTo",
    "references",
    "textBody",
    "htmlBody",
    "attachments",
    "bodyValues",
    MARKS,
    RESULTS,
];
/** Longer texts are cut by the hub; the frame shows them whole. */
const MAX_TEXT = 512 * 1024;

const BODIES = {
    bodyProperties: ["partId", "blobId", "size", "name", "type", "disposition", "cid"],
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: MAX_TEXT,
};

class Reading {
    account = $state("");
    /** The letter whose row was opened. */
    id = $state<string | null>(null);
    state = $state<"none" | "loading" | "ready" | "failed">("none");
    error = $state.raw<unknown>(null);
    /** Oldest first. */
    letters = $state.raw<EmailFull[]>([]);
    #visit = 0;

    async open(account: string, id: string | null): Promise<void> {
        if (id === this.id && account === this.account && this.state !== "failed") return;
        Object.assign(this, { account, id, letters: [], state: id === null ? "none" : "loading" });
        await this.refresh();
    }

    async refresh(): Promise<void> {
        const visit = ++this.#visit;
        if (this.id === null) return;
        try {
            const letters = await fetchConversation(this.account, this.id);
            if (visit !== this.#visit) return;
            this.letters = letters;
            this.state = letters.length > 0 ? "ready" : "none";
        } catch (error) {
            if (visit !== this.#visit || this.state === "ready") return;
            this.error = error;
            this.state = "failed";
        }
    }
}

async function fetchConversation(accountId: string, id: string): Promise<EmailFull[]> {
    const [own, , whole] = await post.jmap.request([
        ["Email/get", { accountId, ids: [id], properties: FULL, ...BODIES }],
        ["Thread/get", { accountId, "#ids": from(0, "Email/get", "/list/*/threadId") }],
        ["Email/get", { accountId, "#ids": from(1, "Thread/get", "/list/*/emailIds"), properties: FULL, ...BODIES }],
    ]);
    const letters = whole instanceof Error ? [] : need<GetResponse<EmailFull>>(whole).list;
    const list = letters.length > 0 ? letters : need<GetResponse<EmailFull>>(own).list;
    const trash = new Set(
        (post.folders[accountId] ?? []).filter((folder) => folder.role === "trash").map((folder) => folder.id),
    );
    // Letters of the conversation that were thrown away come up again only when opened from the bin.
    const kept = list.filter((letter) => letter.id === id || !Object.keys(letter.mailboxIds).some((f) => trash.has(f)));
    return kept.sort((a, b) => a.receivedAt.localeCompare(b.receivedAt));
}

/** One letter with its bodies, for a draft that is taken up again. */
export async function fetchLetter(accountId: string, id: string): Promise<EmailFull | undefined> {
    const answer = await post.jmap.call<GetResponse<EmailFull>>("Email/get", {
        accountId,
        ids: [id],
        properties: FULL,
        ...BODIES,
    });
    return answer.list[0];
}

export const reading = new Reading();

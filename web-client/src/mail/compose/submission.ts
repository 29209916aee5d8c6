// Sends a saved draft, after a delay in which the sender may think again (RFC 8621 §7).

import { toasts } from "../../ui/toasts.svelte";
import { byRole } from "../folders/folders";
import { JmapError } from "../jmap";
import { note, take, unsent, type Leaving } from "./leaving";
import { post } from "../post.svelte";
import type { EmailHead, GetResponse, SetResponse } from "../types";
import { t } from "../words";

export interface Submission {
    account: string;
    emailId: string;
    identityId: string;
    delaySeconds: number;
    /** The sender thought again. */
    undone: () => void;
    /** The hub refuses these recipients, or, when empty, the whole letter. */
    refused: (addresses: string[]) => void;
}

/** Letters whose delay runs. Closing the page sends them: the sender pressed *Gửi*. */
const waiting = new Map<string, { go: () => void; letter: Leaving }>();

export function submit(submission: Submission) {
    const { account, emailId } = submission;
    const go = (): void => {
        clearTimeout(timer);
        if (!waiting.delete(emailId)) return;
        toasts.dismiss(notice);
        void deliver(submission);
    };
    const timer = setTimeout(go, submission.delaySeconds * 1000);
    waiting.set(emailId, { go, letter: { account, emailId } });
    const notice = toasts.show(t("sendingSoon"), {
        seconds: submission.delaySeconds,
        action: {
            label: t("undo"),
            act: () => {
                clearTimeout(timer);
                if (waiting.delete(emailId)) submission.undone();
            },
        },
    });
}

/** The submission as one method call; the same for the ordinary way and for the last moment. */
function call({ account, emailId, identityId }: Submission): [string, Record<string, unknown>] {
    const folders = post.folders[account] ?? [];
    const drafts = byRole(folders, "drafts")?.id;
    const sent = byRole(folders, "sent")?.id;
    const moved = drafts && sent ? { [`mailboxIds/${drafts}`]: null, [`mailboxIds/${sent}`]: true } : {};
    return [
        "EmailSubmission/set",
        {
            accountId: account,
            create: { sending: { identityId, emailId } },
            onSuccessUpdateEmail: { "#sending": { ...moved, "keywords/$draft": null, "keywords/$seen": true } },
        },
    ];
}

async function deliver(submission: Submission): Promise<void> {
    try {
        const [name, args] = call(submission);
        const answer = await post.jmap.call<SetResponse>(name, args);
        const error = answer.notCreated?.sending;
        if (!error) {
            toasts.show(t("sent"));
            await post.refreshFolders(submission.account);
            return;
        }
        const addresses = error.invalidRecipients ?? [];
        const why =
            addresses.length > 0 ? t("unknownRecipients", { addresses: addresses.join(", ") }) : error.description;
        toasts.show(why || t("sendFailed"), { tone: "error" });
        submission.refused(addresses);
    } catch (error) {
        toasts.show(error instanceof JmapError && error.status === 0 ? error.message : t("sendFailed"), {
            tone: "error",
        });
        submission.refused([]);
    }
}

/** Tells of letters that the hub refused after the page was closed. */
export async function reportUnsent(): Promise<void> {
    let letters: Leaving[] = [];
    try {
        letters = take(localStorage);
    } catch {
        // Nothing was stored.
    }
    if (letters.length === 0) return;
    // The last page's request may still be on its way.
    await new Promise((resume) => setTimeout(resume, SETTLED));
    for (const { account, emailId } of letters) {
        const args = { accountId: account, ids: [emailId], properties: ["keywords", "subject"] };
        const answer = await post.jmap.call<GetResponse<EmailHead>>("Email/get", args).catch(() => null);
        for (const letter of unsent(answer?.list ?? []))
            toasts.show(t("leftUnsent", { subject: letter.subject || t("noSubject") }), { tone: "error" });
    }
}

/** Milliseconds after which a letter that was going to leave has left. */
const SETTLED = 3_000;

if (typeof addEventListener === "function") {
    // `keepalive` lets the request outlive the page.
    addEventListener("pagehide", () => {
        const leaving = [...waiting.values()];
        try {
            note(
                leaving.map((one) => one.letter),
                localStorage,
            );
        } catch {
            // Private windows may refuse storage; the letters leave all the same.
        }
        for (const { go } of leaving) go();
    });
}

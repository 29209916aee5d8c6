// Files on their way to the hub, with their progress and the limit of one letter.

import { bytes } from "../../lib/format";
import { toasts } from "../../ui/toasts.svelte";
import type { Attachment } from "./draft";
import { JmapError } from "../jmap";
import { post } from "../post.svelte";
import { MAX_ATTACHMENTS } from "./warnings";
import { t } from "../words";

export interface Upload {
    key: number;
    name: string;
    size: number;
    /** 0 to 1. */
    share: number;
    stop: AbortController;
}

const tooLarge = (file: File) => ({ name: file.name, size: bytes(file.size), limit: bytes(25_000_000) });

export class Uploads {
    list = $state<Upload[]>([]);
    #next = 1;

    /** Uploads `files` as far as they fit beside `present` bytes; `done` gets each one as it arrives. */
    async add(account: string, files: File[], present: number, done: (attachment: Attachment) => void): Promise<void> {
        let total = present + this.list.reduce((sum, upload) => sum + upload.size, 0);
        const fitting = files.filter((file) => {
            if (total + file.size > MAX_ATTACHMENTS) {
                toasts.show(t("tooLarge", tooLarge(file)), { tone: "error" });
                return false;
            }
            total += file.size;
            return true;
        });
        await Promise.all(fitting.map((file) => this.#upload(account, file, done)));
    }

    cancelAll() {
        for (const upload of this.list) upload.stop.abort();
    }

    async #upload(account: string, file: File, done: (attachment: Attachment) => void): Promise<void> {
        const key = this.#next++;
        this.list.push({ key, name: file.name, size: file.size, share: 0, stop: new AbortController() });
        const entry = this.list.find((upload) => upload.key === key);
        if (!entry) return;
        try {
            const answer = await post.jmap.upload(account, file, (share) => (entry.share = share), entry.stop.signal);
            // macOS hands out decomposed names; letters carry composed ones.
            done({ blobId: answer.blobId, name: file.name.normalize("NFC"), type: answer.type, size: file.size });
        } catch (error) {
            const status = error instanceof JmapError ? error.status : 0;
            if (!entry.stop.signal.aborted) {
                toasts.show(status === 413 ? t("tooLarge", tooLarge(file)) : t("uploadFailed", { name: file.name }), {
                    tone: "error",
                });
            }
        } finally {
            this.list = this.list.filter((upload) => upload.key !== key);
        }
    }
}

/** Copies files of one account into another: a blob belongs to its account (RFC 8620 §6). */
export async function carry(attachments: Attachment[], from: string, to: string): Promise<Attachment[]> {
    if (from === to) return attachments;
    return Promise.all(
        attachments.map(async (file) => {
            const response = await fetch(post.jmap.downloadUrl(from, file.blobId, file.name, file.type));
            if (!response.ok) throw new JmapError("download", t("uploadFailed", { name: file.name }), response.status);
            const blob = new Blob([await response.blob()], { type: file.type });
            const answer = await post.jmap.upload(to, blob, () => {}, new AbortController().signal);
            return { ...file, blobId: answer.blobId };
        }),
    );
}

// The letter being written: begun, kept safe, sent, or thrown away.

import { nowMillis } from "../../lib/clock";
import { dateTimeSentence } from "../../lib/format";
import { language } from "../../lib/i18n/index.svelte";
import { session } from "../../lib/session.svelte";
import { toasts } from "../../ui/toasts.svelte";
import { fromJmap, type Recipient } from "./addresses";
import { ask } from "./asking";
import type { Colleague } from "./colleagues";
import { files, safeHtml } from "../reading/body";
import { forget, isEmpty, keep, leftOver, toEmail, type Draft } from "./draft";
import { byRole } from "../folders/folders";
import { JmapError } from "../jmap";
import { post } from "../post.svelte";
import { begin, escape, quote, senderFor, type Kind, type Sender } from "./reply";
import { submit } from "./submission";
import type { EmailFull, GetResponse, Identity, SetResponse } from "../types";
import { carry, Uploads } from "./uploads.svelte";
import { t } from "../words";

/** A change reaches the hub this long after the last one. */
const SAVE_AFTER_MS = 5_000;
const UNDO_SECONDS = 10;
const EMPTY_LINE = "<p><br></p>";

class Composer {
    draft = $state<Draft | null>(null);
    /** Changes whenever another letter comes into the editor. */
    edition = $state(0);
    savedAt = $state<number | null>(null);
    saveFailed = $state(false);
    sending = $state(false);
    uploads = new Uploads();
    /** The letter before anything was typed; `null` for one that was kept before. */
    #began: Draft | null = null;
    #identities: Record<string, Identity> = {};
    #timer: ReturnType<typeof setTimeout> | undefined;
    #saving: Promise<void> = Promise.resolve();
    #release: (() => void) | null = null;

    /** Mailboxes the person may send from. */
    get senders(): Sender[] {
        return post.accounts
            .filter((account) => account.maySend)
            .map(({ mailbox, address, name, kind, sender }) => ({
                mailbox,
                address,
                name,
                agency: kind === "agency",
                onBehalf: sender !== null,
            }));
    }

    get sender(): Sender | undefined {
        return this.senders.find((sender) => sender.mailbox === this.draft?.account);
    }

    async write(account: string, to: Recipient[] = []): Promise<void> {
        const sender = senderFor(account, this.senders);
        if (!sender) return;
        const html = EMPTY_LINE + (await this.signature(sender));
        this.#begin({ ...blank(sender.mailbox, html), to });
    }

    async answer(kind: Kind, account: string, letter: EmailFull): Promise<void> {
        const sender = senderFor(account, this.senders);
        if (!sender) return;
        const own = [...this.senders.map((one) => one.address), post.account(account)?.address ?? ""];
        const at = dateTimeSentence(Date.parse(letter.sentAt ?? letter.receivedAt) * 1000, language.current);
        const quoted = quote(kind, letter, safeHtml(letter), at, quoteWords());
        const html = EMPTY_LINE + (await this.signature(sender)) + EMPTY_LINE + quoted;
        const carried = kind === "forward" ? await this.#forwarded(letter, account, sender.mailbox) : [];
        const answers = kind === "forward" ? undefined : { account, letter: letter.id };
        this.#begin({ ...blank(sender.mailbox, html), ...begin(kind, letter, own), answers, attachments: carried });
        // Where several people keep a mailbox, the others see at once that somebody answers.
        const box = post.account(account);
        const shared = box?.kind === "agency" || box?.delegated;
        if (answers && shared && sender.mailbox === account) void this.save(true);
    }

    /** Who else answers the letter that this one answers; nobody, where the hub cannot be asked. */
    async colleagues(): Promise<Colleague[]> {
        const { draft } = this;
        if (!draft?.inReplyTo) return [];
        const at = draft.answers ?? { account: draft.account, letter: draft.serverId ?? "" };
        return ask(at.account, at.letter, $state.snapshot(draft.inReplyTo)).catch(() => []);
    }

    /** Takes up a draft that lies on the hub. */
    resume(account: string, letter: EmailFull) {
        const html = safeHtml(letter) || EMPTY_LINE;
        const attachments = files(letter).map(({ blobId, name, type, size }) => ({
            blobId: blobId ?? "",
            name: name ?? t("unnamedFile"),
            type,
            size,
        }));
        this.#take({
            ...blank(account, html),
            serverId: letter.id,
            to: fromJmap(letter.to),
            cc: fromJmap(letter.cc),
            bcc: fromJmap(letter.bcc),
            subject: letter.subject ?? "",
            attachments,
            inReplyTo: letter.inReplyTo,
            references: letter.references,
        });
    }

    /** Letters a crash left on this computer; those another tab is writing are not among them. */
    async leftOver(): Promise<Draft[]> {
        const held = (await navigator.locks?.query())?.held?.map((lock) => lock.name) ?? [];
        return leftOver(localStorage, person(), nowMillis()).filter((draft) => !held.includes(`draft:${draft.key}`));
    }

    recover(draft: Draft) {
        const account = this.senders.some((sender) => sender.mailbox === draft.account)
            ? draft.account
            : (this.senders[0]?.mailbox ?? draft.account);
        this.#take({ ...draft, account });
        this.changed();
    }

    dismiss(draft: Draft) {
        forget(localStorage, person(), draft.key);
    }

    /** Something was typed: kept here at once, on the hub five seconds later. */
    changed() {
        const { draft } = this;
        if (!draft) return;
        draft.changedAt = nowMillis();
        if (!isEmpty(draft, this.#began)) keep(localStorage, person(), $state.snapshot(draft));
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
    }

    /** Saves on the hub, one save at a time. A failure is shown, the local copy stays until it is there. */
    async save(always = false): Promise<boolean> {
        clearTimeout(this.#timer);
        this.#saving = this.#saving.then(() => this.#save(always));
        await this.#saving;
        return !this.saveFailed;
    }

    /** Puts the letter aside among the drafts. */
    async close(): Promise<void> {
        const { draft } = this;
        if (!draft) return;
        if (isEmpty(draft, this.#began)) this.#destroy(draft);
        else if (!(await this.save())) return;
        else if (draft.serverId !== null) toasts.show(t("draftKept"));
        this.#leave(draft);
    }

    /** Throws the letter away; ten seconds to think again. */
    discard() {
        const { draft } = this;
        if (!draft) return;
        const copy = $state.snapshot(draft);
        this.#destroy(draft);
        this.#leave(draft);
        if (isEmpty(copy, this.#began)) return;
        toasts.undo(t("discarded"), t("undo"), () => {
            this.#take({ ...copy, serverId: null });
            this.changed();
        });
    }

    async send(): Promise<void> {
        const { draft, sender } = this;
        if (!draft || !sender || this.sending) return;
        this.sending = true;
        const saved = await this.save(true);
        this.sending = false;
        const id = draft.serverId;
        if (!saved || id === null) {
            toasts.show(t("sendNotSaved"), { tone: "error" });
            return;
        }
        const copy = $state.snapshot(draft);
        this.#leave(draft);
        submit({
            account: copy.account,
            emailId: id,
            identityId: this.#identities[copy.account]?.id ?? copy.account,
            delaySeconds: UNDO_SECONDS,
            undone: () => this.#take(copy),
            refused: (addresses) => this.#refused(copy, addresses),
        });
    }

    /** Sends from another mailbox: draft and files move there. */
    async from(account: string): Promise<void> {
        const { draft } = this;
        if (!draft || draft.account === account) return;
        await this.#saving;
        try {
            draft.attachments = await carry($state.snapshot(draft.attachments), draft.account, account);
        } catch (error) {
            toasts.error(error);
            return;
        }
        this.#destroy(draft);
        draft.account = account;
        await this.#identity(account);
        this.changed();
    }

    async signature(sender: Sender): Promise<string> {
        const identity = await this.#identity(sender.mailbox);
        const own = identity?.htmlSignature || (identity?.textSignature && escape(identity.textSignature));
        if (own) return `<div>${own}</div>`;
        const who = session.current?.person;
        const lines = sender.agency
            ? [sender.name]
            : [who?.name, [who?.position, who?.unitName].filter(Boolean).join(" – ")];
        const text = ["Trân trọng./.", ...lines].filter(Boolean).map((line) => escape(line ?? ""));
        return `<div>${text.join("<br>")}</div>`;
    }

    /** Changes the signature of a mailbox for letters from now on. */
    async setSignature(account: string, htmlSignature: string): Promise<void> {
        const identity = await this.#identity(account);
        if (!identity) throw new JmapError("notFound", t("signatureFailed"));
        const update = { [identity.id]: { htmlSignature } };
        const answer = await post.jmap.call<SetResponse>("Identity/set", { accountId: account, update });
        if (answer.notUpdated?.[identity.id]) throw new JmapError("forbidden", t("signatureFailed"));
        this.#identities[account] = { ...identity, htmlSignature };
    }

    #begin(draft: Draft) {
        this.#take(draft, $state.snapshot(draft));
    }

    #take(draft: Draft, began: Draft | null = null) {
        if (this.draft && this.draft.key !== draft.key) void this.close();
        this.draft = draft;
        this.#began = began;
        this.savedAt = null;
        this.saveFailed = false;
        this.edition += 1;
        void this.#identity(draft.account);
        // The lock tells other tabs that this letter is no leftover of a crash.
        this.#release?.();
        const held = new Promise<void>((release) => (this.#release = release));
        void navigator.locks?.request(`draft:${draft.key}`, { ifAvailable: true }, () => held);
    }

    #leave(draft: Draft) {
        clearTimeout(this.#timer);
        this.uploads.cancelAll();
        forget(localStorage, person(), draft.key);
        if (this.draft?.key !== draft.key) return;
        this.draft = null;
        this.#release?.();
        this.#release = null;
    }

    async #save(always: boolean): Promise<void> {
        const { draft, sender } = this;
        if (!draft || !sender || (!always && isEmpty(draft, this.#began))) return;
        const folder = byRole(post.folders[draft.account] ?? [], "drafts");
        const changedAt = draft.changedAt;
        const copy = $state.snapshot(draft);
        try {
            if (!folder) throw new JmapError("notFound");
            const answer = await post.jmap.call<SetResponse>("Email/set", {
                accountId: draft.account,
                create: { draft: toEmail(copy, { name: sender.name, email: sender.address }, folder.id) },
                ...(copy.serverId === null ? {} : { destroy: [copy.serverId] }),
            });
            const created = answer.created?.draft;
            if (!created) throw new JmapError(answer.notCreated?.draft?.type ?? "serverFail");
            draft.serverId = created.id;
            this.savedAt = nowMillis();
            this.saveFailed = false;
            if (draft.changedAt === changedAt) forget(localStorage, person(), draft.key);
            else keep(localStorage, person(), $state.snapshot(draft));
        } catch {
            this.saveFailed = true;
        }
    }

    #destroy(draft: Draft) {
        const { account } = draft;
        // What is just being saved has no id yet.
        void this.#saving.then(() => {
            const { serverId } = draft;
            draft.serverId = null;
            if (serverId === null) return;
            // A draft that stays behind on the hub does no harm: it can be deleted there.
            void post.jmap.call("Email/set", { accountId: account, destroy: [serverId] }).catch(() => {});
        });
    }

    #refused(copy: Draft, addresses: string[]) {
        const bad = new Set(addresses.map((address) => address.toLowerCase()));
        const marked = (list: Recipient[]): Recipient[] =>
            list.map((one) => (bad.has(one.email.toLowerCase()) ? { ...one, problem: "unknown" } : one));
        this.#take({ ...copy, to: marked(copy.to), cc: marked(copy.cc), bcc: marked(copy.bcc) });
        this.changed();
    }

    async #forwarded(letter: EmailFull, from: string, to: string): Promise<Draft["attachments"]> {
        const all = files(letter).map(({ blobId, name, type, size }) => ({
            blobId: blobId ?? "",
            name: name ?? t("unnamedFile"),
            type,
            size,
        }));
        try {
            return await carry(all, from, to);
        } catch (error) {
            toasts.error(error);
            return [];
        }
    }

    async #identity(account: string): Promise<Identity | undefined> {
        const known = this.#identities[account];
        if (known) return known;
        try {
            const answer = await post.jmap.call<GetResponse<Identity>>("Identity/get", {
                accountId: account,
                ids: null,
            });
            const [first] = answer.list;
            if (first) this.#identities[account] = first;
            return first;
        } catch {
            return undefined;
        }
    }
}

function blank(account: string, html: string): Draft {
    return {
        key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
        account,
        serverId: null,
        to: [],
        cc: [],
        bcc: [],
        subject: "",
        html,
        attachments: [],
        inReplyTo: null,
        references: null,
        changedAt: nowMillis(),
    };
}

function person(): string {
    return session.current?.person.id ?? "";
}

function quoteWords() {
    return {
        wrote: (name: string, at: string) => t("quoteWrote", { name, at }),
        forwarded: t("quoteForwarded"),
        from: t("from"),
        to: t("to"),
        cc: t("cc"),
        date: t("date"),
        subject: t("subject"),
    };
}

export const composer = new Composer();

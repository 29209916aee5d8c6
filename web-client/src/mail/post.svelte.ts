// The post office of the signed-in person: one JMAP connection, the folders of every mailbox, and the
// push channel that keeps counts and notices true on every page.

import { unread as shellUnread } from "../lib/unread.svelte";
import { session } from "../lib/session.svelte";
import type { MailboxGrant } from "../generated";
import { toasts } from "../ui/toasts.svelte";
import { shown } from "./compose/addresses";
import { byRole, sorted, unread } from "./folders/folders";
import { from, Jmap, JmapError, need, type Call } from "./jmap";
import type { ChangesResponse, EmailHead, GetResponse, Mailbox, Quota, StateChange } from "./types";
import { t } from "./words";

export const HEAD = [
    "id",
    "threadId",
    "mailboxIds",
    "keywords",
    "from",
    "to",
    "subject",
    "receivedAt",
    "preview",
    "hasAttachment",
    "size",
    "handledBy",
    "writtenBy",
];

class Post {
    state = $state<"idle" | "loading" | "ready" | "failed">("idle");
    error = $state.raw<unknown>(null);
    /** By mailbox of the directory, which is the JMAP account. */
    folders = $state.raw<Record<string, Mailbox[]>>({});
    /** How full each mailbox is. */
    quotas = $state.raw<Record<string, Quota>>({});
    #jmap: Jmap | null = null;
    #seen: Record<string, string> = {};
    #stream: EventSource | null = null;
    #watchers = new Set<(account: string) => void>();
    #person: string | null = null;

    /** The mailboxes the person may read, the personal one first. */
    get accounts(): MailboxGrant[] {
        const all = session.current?.mailboxes ?? [];
        return [...all].sort((a, b) => Number(a.kind === "agency") - Number(b.kind === "agency"));
    }

    get jmap(): Jmap {
        if (!this.#jmap) throw new JmapError("session", t("notConnected"));
        return this.#jmap;
    }

    account(id: string): MailboxGrant | undefined {
        return this.accounts.find((account) => account.mailbox === id);
    }

    /** Connects once; another person, or a stream that ended with its session, begins anew. */
    async start(): Promise<void> {
        const person = session.current?.person.id ?? null;
        const running =
            this.state === "loading" || (this.state === "ready" && this.#stream?.readyState !== EventSource.CLOSED);
        if (person === null || (running && person === this.#person)) return;
        this.stop();
        this.#person = person;
        this.state = "loading";
        try {
            this.#jmap = await Jmap.open();
            await this.#loadAll();
            this.#stream = this.#jmap.listen((change) => void this.#changed(change));
            this.state = "ready";
        } catch (error) {
            this.error = error;
            this.state = "failed";
        }
    }

    stop() {
        this.#stream?.close();
        this.#stream = null;
        this.#jmap = null;
        this.folders = {};
        this.state = "idle";
        this.#count();
    }

    /** Calls `act` when letters of an account changed, until the returned function is called. */
    watch(act: (account: string) => void): () => void {
        this.#watchers.add(act);
        return () => this.#watchers.delete(act);
    }

    /** Fetches the folders of `account` again: after an act of one's own. */
    async refreshFolders(account: string): Promise<void> {
        const [folders, quota] = await this.jmap.request([
            ["Mailbox/get", { accountId: account, ids: null }],
            ["Quota/get", { accountId: account, ids: null }],
        ]);
        this.#take(account, need<GetResponse<Mailbox>>(folders));
        this.#measure(account, quota);
    }

    async #loadAll(): Promise<void> {
        const calls: Call[] = this.accounts.flatMap(({ mailbox }): Call[] => [
            ["Mailbox/get", { accountId: mailbox, ids: null }],
            ["Email/get", { accountId: mailbox, ids: [], properties: ["id"] }],
            ["Quota/get", { accountId: mailbox, ids: null }],
        ]);
        if (calls.length === 0) return;
        const answers = await this.jmap.request(calls);
        this.accounts.forEach(({ mailbox }, index) => {
            this.#take(mailbox, need<GetResponse<Mailbox>>(answers[3 * index]));
            this.#seen[mailbox] = need<GetResponse<EmailHead>>(answers[3 * index + 1]).state;
            this.#measure(mailbox, answers[3 * index + 2]);
        });
    }

    #take(account: string, answer: GetResponse<Mailbox>) {
        this.folders = { ...this.folders, [account]: sorted(answer.list) };
        this.#count();
    }

    #measure(account: string, answer: unknown) {
        const quota = answer instanceof JmapError ? undefined : (answer as GetResponse<Quota> | undefined)?.list[0];
        if (quota) this.quotas = { ...this.quotas, [account]: quota };
    }

    #count() {
        shellUnread.mail = Object.values(this.folders).reduce((sum, folders) => sum + unread(folders), 0);
    }

    async #changed(change: StateChange): Promise<void> {
        for (const [account, types] of Object.entries(change.changed)) {
            if (!this.account(account) || types.Email === this.#seen[account]) continue;
            try {
                await this.#catchUp(account);
            } catch {
                // The next change, or the next visit, brings what this one missed.
            }
            for (const act of this.#watchers) act(account);
        }
    }

    async #catchUp(account: string): Promise<void> {
        const [changes, created, folders] = await this.jmap.request([
            ["Email/changes", { accountId: account, sinceState: this.#seen[account], maxChanges: 50 }],
            ["Email/get", { accountId: account, "#ids": from(0, "Email/changes", "/created"), properties: HEAD }],
            ["Mailbox/get", { accountId: account, ids: null }],
        ]);
        this.#take(account, need<GetResponse<Mailbox>>(folders));
        if (changes instanceof JmapError || (changes as ChangesResponse).hasMoreChanges) {
            // RFC 8620 §5.2 cannotCalculateChanges, or too many: the watchers load everything again.
            const now = await this.jmap.call<GetResponse<EmailHead>>("Email/get", { accountId: account, ids: [] });
            this.#seen[account] = now.state;
            return;
        }
        this.#seen[account] = (changes as ChangesResponse).newState;
        if (!(created instanceof JmapError)) this.#announce(account, (created as GetResponse<EmailHead>).list);
    }

    #announce(account: string, letters: EmailHead[]) {
        const inbox = byRole(this.folders[account] ?? [], "inbox")?.id ?? "";
        const fresh = letters.filter((letter) => letter.mailboxIds[inbox] && !letter.keywords.$seen);
        const [first] = fresh;
        if (!first) return;
        toasts.show(
            fresh.length === 1
                ? t("arrived", { from: shown(first.from?.[0]), subject: first.subject || t("noSubject") })
                : t("arrivedMany", { count: fresh.length }),
        );
    }
}

export const post = new Post();

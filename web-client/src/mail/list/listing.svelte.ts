// The letters of one folder, or of one search, page by page; and what is done to them.

import { SvelteSet } from "svelte/reactivity";
import { nowMillis } from "../../lib/clock";
import { toasts } from "../../ui/toasts.svelte";
import { byRole } from "../folders/folders";
import { from, JmapError, need } from "../jmap";
import { HANDLED, keyword, moveTo, PAGE, patched, rows, type ListRow, type Mark, type Patches } from "./list";
import { HEAD, post } from "../post.svelte";
import { EVERYTHING, filterOf, type Narrowing } from "./search";
import type { EmailHead, GetResponse, QueryResponse, SetResponse } from "../types";
import { t } from "../words";

interface Thread {
    id: string;
    emailIds: string[];
}

interface Page {
    heads: EmailHead[];
    threads: Thread[];
    /** Every letter of the conversations shown: where it lies and how it is marked. */
    letters: EmailHead[];
    total: number;
    /** Of a search: the place in the text that answers it, by letter (RFC 8621 §5). */
    snippets: Map<string, string>;
}

interface Snippet {
    emailId: string;
    preview: string | null;
}

/** What is said of a mark set, and of one taken away. */
const SAID = {
    $seen: ["markedRead", "markedUnread"],
    $flagged: ["starred", "unstarred"],
    [HANDLED]: ["markedHandled", "markedUnhandled"],
} as const;

class Listing {
    account = $state("");
    folder = $state("");
    query = $state("");
    state = $state<"loading" | "ready" | "failed">("loading");
    error = $state.raw<unknown>(null);
    rows = $state.raw<ListRow[]>([]);
    total = $state(0);
    more = $state(false);
    selected = new SvelteSet<string>();
    narrowing = $state.raw<Narrowing>(EVERYTHING);
    snippets = $state.raw<ReadonlyMap<string, string>>(new Map());
    #letters = new Map<string, EmailHead>();
    #visit = 0;

    /** Shows a folder, or the results of `query` in the whole account. */
    async open(account: string, folder: string, query: string): Promise<void> {
        if (account === this.account && folder === this.folder && query === this.query && this.state !== "failed")
            return;
        // A new search begins wide; what narrowed the last one would hide letters unnoticed.
        const narrowing = query === this.query && account === this.account ? this.narrowing : EVERYTHING;
        Object.assign(this, { account, folder, query, narrowing, state: "loading", rows: [], total: 0 });
        this.selected.clear();
        await this.#load(PAGE);
    }

    /** Narrows the search down, or sorts it otherwise. */
    async narrow(change: Partial<Narrowing>): Promise<void> {
        this.narrowing = { ...this.narrowing, ...change };
        Object.assign(this, { state: "loading", rows: [], total: 0 });
        this.selected.clear();
        await this.#load(PAGE);
    }

    /** Loads again as much as is shown, without anything blinking. */
    async refresh(): Promise<void> {
        if (this.account !== "") await this.#load(Math.max(PAGE, this.rows.length));
    }

    async loadMore(): Promise<void> {
        if (this.more || this.rows.length >= this.total) return;
        this.more = true;
        await this.#load(this.rows.length + PAGE);
        this.more = false;
    }

    /** The letters of a row that the list is about: in a folder, those lying in it. */
    lettersOf(row: ListRow): EmailHead[] {
        const known = row.letters.flatMap((id) => this.#letters.get(id) ?? []);
        const here = this.query === "" ? known.filter((letter) => letter.mailboxIds[this.folder]) : known;
        return here.length > 0 ? here : [row.head];
    }

    /** Whoever may only read a mailbox leaves its letters as they are, unread ones too. */
    get readOnly(): boolean {
        return post.account(this.account)?.maySend === false;
    }

    mark(heads: EmailHead[], name: Mark, on: boolean, quiet = false) {
        if (this.readOnly) return;
        const { apply, undo } = keyword(heads, name, on);
        if (Object.keys(apply).length === 0) return;
        const said = SAID[name][on ? 0 : 1];
        void this.#change(apply);
        if (!quiet) toasts.undo(t(said, { count: heads.length }), t("undo"), () => void this.#change(undo));
    }

    /** Moves letters; the words say what was done. */
    move(heads: EmailHead[], folder: string, said: string) {
        const { apply, undo } = moveTo(heads, folder);
        void this.#change(apply);
        this.selected.clear();
        toasts.undo(said, t("undo"), () => void this.#change(undo));
    }

    /** To the bin; from the bin there is no way back, the caller has asked. */
    async remove(heads: EmailHead[]): Promise<void> {
        const trash = byRole(post.folders[this.account] ?? [], "trash");
        if (trash && heads.some((head) => !head.mailboxIds[trash.id])) {
            this.move(heads, trash.id, t("deleted", { count: heads.length }));
            return;
        }
        this.selected.clear();
        await this.#set({ destroy: heads.map((head) => head.id) });
        toasts.show(t("deletedForever", { count: heads.length }));
    }

    async #change(patches: Patches): Promise<void> {
        // The screen first: the hub's answer corrects it where it disagrees.
        const changed = (head: EmailHead): EmailHead => {
            const patch = patches[head.id];
            return patch ? patched(head, patch) : head;
        };
        for (const [id, head] of this.#letters) this.#letters.set(id, changed(head));
        this.rows = this.#drawn(this.rows.map((row) => ({ ...row, head: changed(row.head) })));
        await this.#set({ update: patches });
    }

    async #set(change: Record<string, unknown>): Promise<void> {
        try {
            const answer = await post.jmap.call<SetResponse>("Email/set", { accountId: this.account, ...change });
            const refused = Object.values({ ...answer.notUpdated, ...answer.notDestroyed })[0];
            if (refused) throw new JmapError(refused.type, t("changeRefused"));
        } catch (error) {
            toasts.error(error instanceof JmapError && error.status ? t("changeFailed") : error);
        }
        await Promise.allSettled([this.refresh(), post.refreshFolders(this.account)]);
    }

    /** Rows without what has left the folder, unread marks from the letters. */
    #drawn(list: ListRow[]): ListRow[] {
        return list
            .filter((row) => this.query !== "" || this.lettersOf(row).some((letter) => letter.mailboxIds[this.folder]))
            .map((row) => ({
                ...row,
                unread: this.lettersOf(row).some((letter) => !letter.keywords.$seen && !letter.keywords.$draft),
            }));
    }

    async #load(limit: number): Promise<void> {
        const visit = ++this.#visit;
        try {
            const page = await fetchPage(this.account, this.folder, this.query, this.narrowing, limit);
            if (visit !== this.#visit) return;
            this.#letters = new Map([...page.heads, ...page.letters].map((letter) => [letter.id, letter]));
            const threads = new Map(page.threads.map((thread) => [thread.id, thread.emailIds]));
            this.rows = this.#drawn(rows(page.heads, threads));
            this.total = page.total;
            this.snippets = page.snippets;
            this.state = "ready";
        } catch (error) {
            if (visit !== this.#visit) return;
            // What is on the screen already stays there.
            if (this.state === "ready") return;
            this.error = error;
            this.state = "failed";
        }
    }
}

/** One request: ids, heads, conversations and the letters in them. */
async function fetchPage(
    accountId: string,
    folder: string,
    query: string,
    narrowing: Narrowing,
    limit: number,
): Promise<Page> {
    const searching = query !== "";
    const filter = searching ? filterOf(query, narrowing, new Date(nowMillis())) : { inMailbox: folder };
    const property = searching && !narrowing.newest ? "relevance" : "receivedAt";
    const [found, heads, threads, letters, snippets] = await post.jmap.request([
        [
            "Email/query",
            {
                accountId,
                filter,
                sort: [{ property, isAscending: false }],
                collapseThreads: true,
                position: 0,
                limit,
                calculateTotal: true,
            },
        ],
        ["Email/get", { accountId, "#ids": from(0, "Email/query", "/ids"), properties: HEAD }],
        ["Thread/get", { accountId, "#ids": from(1, "Email/get", "/list/*/threadId") }],
        ["Email/get", { accountId, "#ids": from(2, "Thread/get", "/list/*/emailIds"), properties: HEAD }],
        ...(searching ? [snippetsOf(accountId, filter)] : []),
    ]);
    const { ids, total } = need<QueryResponse>(found);
    const list = need<GetResponse<EmailHead>>(heads).list;
    const known = new Map(list.map((head) => [head.id, head]));
    return {
        // Email/get answers in any order (RFC 8620 §5.1).
        heads: ids.flatMap((id) => known.get(id) ?? []),
        threads: threads instanceof JmapError ? [] : (threads as GetResponse<Thread>).list,
        letters: letters instanceof JmapError ? [] : (letters as GetResponse<EmailHead>).list,
        total: total ?? ids.length,
        snippets: new Map(
            snippets === undefined || snippets instanceof JmapError
                ? []
                : (snippets as GetResponse<Snippet>).list.flatMap((one) =>
                      one.preview === null ? [] : [[one.emailId, one.preview] as const],
                  ),
        ),
    };
}

function snippetsOf(accountId: string, filter: Record<string, unknown>): [string, Record<string, unknown>] {
    return ["SearchSnippet/get", { accountId, filter, "#emailIds": from(0, "Email/query", "/ids") }];
}

export const listing = new Listing();

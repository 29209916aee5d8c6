// Reads and writes the filter scripts of a mailbox (RFC 9661).

import { JmapError } from "../jmap";
import { post } from "../post.svelte";
import type { GetResponse, SetResponse } from "../types";
import { renamed, rulesOf, scriptOf, type Rule } from "./rules";

const SIEVE = "urn:ietf:params:jmap:sieve";
const NAME = "Quy tắc lọc thư";

interface SieveScript {
    id: string;
    name: string;
    blobId: string;
    isActive: boolean;
}

export interface Filters {
    /** RFC 8620 §5.3: what others change in the meantime is not overwritten. */
    state: string;
    /** The script with the rules; null when there is none yet. */
    own: string | null;
    rules: Rule[];
    /** The script in force when it was written by hand. */
    foreign: { name: string; text: string } | null;
    names: string[];
}

export async function loadFilters(account: string): Promise<Filters> {
    const { list, state } = await post.jmap.call<GetResponse<SieveScript>>("SieveScript/get", {
        accountId: account,
        ids: null,
    });
    const texts = await Promise.all(list.map((script) => textOf(account, script)));
    const filters: Filters = { state, own: null, rules: [], foreign: null, names: list.map(({ name }) => name) };
    list.forEach((script, place) => {
        const text = texts[place] ?? "";
        const rules = rulesOf(text);
        if (rules === null) {
            if (script.isActive) filters.foreign = { name: script.name, text };
        } else if (filters.own === null || script.isActive) {
            [filters.own, filters.rules] = [script.id, rules];
        }
    });
    return filters;
}

async function textOf(account: string, script: SieveScript): Promise<string> {
    const answer = await post.jmap.fetch(
        post.jmap.downloadUrl(account, script.blobId, "rules.sieve", "application/sieve"),
    );
    if (!answer.ok) throw new JmapError("download", null, answer.status);
    return answer.text();
}

/** Saves `rules` as the script in force. A script written by hand stays, no longer in force. */
export async function saveRules(account: string, filters: Filters, rules: readonly Rule[]): Promise<Filters> {
    const kept = renamed(rules, post.folders[account] ?? []);
    const file = new Blob([scriptOf(kept)], { type: "application/sieve" });
    const { blobId } = await post.jmap.upload(account, file, () => {}, new AbortController().signal);
    let name = NAME;
    while (filters.names.includes(name)) name += " *";
    const answer = await post.jmap.call<SetResponse>("SieveScript/set", {
        accountId: account,
        ifInState: filters.state,
        ...(filters.own === null
            ? { create: { rules: { name, blobId } }, onSuccessActivateScript: "#rules" }
            : { update: { [filters.own]: { blobId } }, onSuccessActivateScript: filters.own }),
    });
    const own = filters.own ?? answer.created?.rules?.id ?? null;
    const failed = Object.values({ ...answer.notCreated, ...answer.notUpdated })[0];
    if (failed || own === null) throw new JmapError(failed?.type ?? "serverFail", failed?.description);
    const names = filters.own === null ? [...filters.names, name] : filters.names;
    return { state: answer.newState, own, rules: kept, foreign: null, names };
}

/** After a folder got another name: rules that file into it follow. */
export async function followNames(account: string): Promise<void> {
    const filters = await loadFilters(account);
    const now = renamed(filters.rules, post.folders[account] ?? []);
    if (filters.foreign === null && filters.own !== null && scriptOf(now) !== scriptOf(filters.rules)) {
        await saveRules(account, filters, now);
    }
}

/** Where a rule may forward to, as the hub's administrators decided. */
export function forwarding(account: string): "off" | "inside" | "anywhere" {
    const capability = post.jmap.session.accounts[account]?.accountCapabilities[SIEVE];
    const word = (capability as { forwarding?: string } | undefined)?.forwarding;
    return word === "inside" || word === "anywhere" ? word : "off";
}

// Asks the hub who else answers a letter: before an answer is begun, and again before it is sent.

import { session } from "../../lib/session.svelte";
import { from, need } from "../jmap";
import { post } from "../post.svelte";
import type { EmailFull, GetResponse } from "../types";
import { colleagues, type Colleague } from "./colleagues";

/** What is asked of each letter of the conversation. */
const PROPERTIES = ["id", "keywords", "from", "inReplyTo", "receivedAt", "writtenBy", "mailboxIds"];

/** The colleagues who answer `messageIds` in the conversation of `letter`. */
export async function ask(
    accountId: string,
    letter: string,
    messageIds: readonly string[] | null,
): Promise<Colleague[]> {
    if (!messageIds?.length) return [];
    const answers = await post.jmap.request([
        ["Email/get", { accountId, ids: [letter], properties: ["threadId"] }],
        ["Thread/get", { accountId, "#ids": from(0, "Email/get", "/list/*/threadId") }],
        ["Email/get", { accountId, "#ids": from(1, "Thread/get", "/list/*/emailIds"), properties: PROPERTIES }],
    ]);
    const trash = (post.folders[accountId] ?? []).find((folder) => folder.role === "trash")?.id ?? "";
    const list = need<GetResponse<EmailFull>>(answers[2]).list.filter((one) => !one.mailboxIds[trash]);
    return colleagues(list, messageIds, session.current?.person.id ?? "", post.account(accountId)?.address ?? "");
}

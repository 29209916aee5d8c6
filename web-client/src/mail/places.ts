// Addresses of the mail area, and the words of its folders.

import type { Mailbox } from "./types";
import { t } from "./words";

/** Where a folder, or a letter in it, is shown. */
export function place(account: string, folder: string, letter: string | null = null, query = ""): string {
    const parts = [account, folder, ...(letter === null ? [] : [letter])].map(encodeURIComponent).join("/");
    return `/thu/${parts}${query === "" ? "" : `?q=${encodeURIComponent(query)}`}`;
}

/** What `/thu/{account}/{folder}/{letter}` names; `rest` comes from the router, still encoded or not. */
export function parsePlace(rest: string): { account: string | null; folder: string | null; letter: string | null } {
    const [account, folder, letter] = rest.split("/").filter(Boolean).map(decode);
    return { account: account ?? null, folder: folder ?? null, letter: letter ?? null };
}

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

/** The name of a folder on the screen: the glossary's for the known ones, else its own. */
export function folderName(folder: Mailbox): string {
    switch (folder.role) {
        case "inbox":
            return t("inbox");
        case "important":
            return t("important");
        case "sent":
            return t("sentFolder");
        case "drafts":
            return t("drafts");
        case "archive":
            return t("archive");
        case "junk":
            return t("junk");
        case "trash":
            return t("trash");
        default:
            return folder.name;
    }
}

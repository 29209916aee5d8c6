// Folders in the order people expect, with the words of the screen for the known ones.

import type { Mailbox, Role, SetResponse } from "../types";

const ORDER: Role[] = ["inbox", "important", "sent", "drafts", "archive", "junk", "trash"];

/** Known folders first, in fixed order; then the person's own, by name. */
export function sorted(folders: readonly Mailbox[]): Mailbox[] {
    const rank = (folder: Mailbox): number => {
        const place = folder.role === null ? -1 : ORDER.indexOf(folder.role);
        return place < 0 ? ORDER.length : place;
    };
    const collator = new Intl.Collator("vi");
    return [...folders].sort(
        (a, b) => rank(a) - rank(b) || a.sortOrder - b.sortOrder || collator.compare(a.name, b.name),
    );
}

export function byRole(folders: readonly Mailbox[], role: Role): Mailbox | undefined {
    return folders.find((folder) => folder.role === role);
}

/** The number shown beside a folder: drafts count all letters, bins none, the others the unread. */
export function badge(folder: Mailbox): number {
    if (folder.role === "drafts") return folder.totalEmails;
    if (folder.role === "sent" || folder.role === "trash" || folder.role === "junk") return 0;
    return folder.unreadEmails;
}

/** Unread letters that count as "new" for the person: those of the inbox. */
export function unread(folders: readonly Mailbox[]): number {
    return byRole(folders, "inbox")?.unreadEmails ?? 0;
}

/** Where a letter may be moved to from `current`. */
export function targets(folders: readonly Mailbox[], current: string): Mailbox[] {
    return sorted(folders).filter(
        (folder) => folder.id !== current && folder.role !== "drafts" && folder.role !== "sent",
    );
}

export type NameFault = "folderNameMissing" | "folderNameTaken";

/** What is wrong with a new name beside those of `others`. */
export function nameFault(name: string, others: readonly Mailbox[]): NameFault | null {
    const wanted = name.trim().normalize("NFC").toLocaleLowerCase("vi");
    if (wanted === "") return "folderNameMissing";
    const taken = others.some((folder) => folder.name.normalize("NFC").toLocaleLowerCase("vi") === wanted);
    return taken ? "folderNameTaken" : null;
}

export type FolderRefusal = "folderNotEmpty" | "folderNameTaken" | "folderFailed";

/** Why the hub did not change a folder (RFC 8621 §2.5); null when it did. */
export function refusalOf(answer: SetResponse): FolderRefusal | null {
    const errors = [answer.notCreated, answer.notUpdated, answer.notDestroyed];
    const [error] = errors.flatMap((one) => Object.values(one ?? {}));
    if (!error) return null;
    if (error.type === "mailboxHasEmail" || error.type === "mailboxHasChild") return "folderNotEmpty";
    return error.type === "invalidProperties" ? "folderNameTaken" : "folderFailed";
}

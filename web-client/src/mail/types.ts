// The parts of JMAP (RFC 8620, RFC 8621) that the webmail speaks, by hand.

/** RFC 8621 §4.1.2.3. */
export interface EmailAddress {
    name: string | null;
    email: string;
}

/** RFC 8621 §2. */
export interface Mailbox {
    id: string;
    name: string;
    parentId: string | null;
    role: Role | null;
    sortOrder: number;
    totalEmails: number;
    unreadEmails: number;
}

/** RFC 9425 §4: the one quota of a mailbox, in octets. */
export interface Quota {
    used: number;
    hardLimit: number;
    warnLimit: number;
}

/** The roles of RFC 8621 §2 that the hub creates. */
export type Role = "inbox" | "important" | "sent" | "drafts" | "archive" | "junk" | "trash";

/** RFC 8621 §4.1.4. */
export interface BodyPart {
    partId: string | null;
    blobId: string | null;
    size: number;
    name: string | null;
    type: string;
    disposition: string | null;
    cid: string | null;
}

/** RFC 8621 §4.1.4. */
export interface BodyValue {
    value: string;
    isTruncated: boolean;
}

/** Our own (urn:lienthong:params:jmap:handling): who did something with a letter, and when. */
export interface Act {
    personId: string;
    name: string;
    at: string;
}

/** What a row of the list shows. */
export interface EmailHead {
    id: string;
    threadId: string;
    mailboxIds: Record<string, true>;
    keywords: Record<string, true>;
    from: EmailAddress[] | null;
    to: EmailAddress[] | null;
    subject: string | null;
    receivedAt: string;
    preview: string;
    hasAttachment: boolean;
    size: number;
    /** Who marked it as handled. */
    handledBy?: Act | null;
    /** Who writes this draft, or wrote this sent letter. */
    writtenBy?: Act | null;
}

/** What the reading pane shows. */
export interface EmailFull extends EmailHead {
    cc: EmailAddress[] | null;
    bcc: EmailAddress[] | null;
    /** Who wrote for the author (RFC 5322 §3.6.2); absent from letters fetched for another purpose. */
    sender?: EmailAddress[] | null;
    replyTo: EmailAddress[] | null;
    sentAt: string | null;
    messageId: string[] | null;
    inReplyTo: string[] | null;
    references: string[] | null;
    textBody: BodyPart[];
    htmlBody: BodyPart[];
    attachments: BodyPart[];
    bodyValues: Record<string, BodyValue>;
    /** RFC 8621 §4.1.3: raw fields, the topmost first. */
    "header:X-Lienthong-Mark:all"?: string[];
    "header:Authentication-Results:all"?: string[];
}

/** RFC 8621 §6. */
export interface Identity {
    id: string;
    name: string;
    email: string;
    htmlSignature: string;
    textSignature: string;
}

/** RFC 8620 §2. */
export interface Session {
    apiUrl: string;
    uploadUrl: string;
    downloadUrl: string;
    eventSourceUrl: string;
    accounts: Record<
        string,
        { name: string; isPersonal: boolean; isReadOnly: boolean; accountCapabilities: Record<string, unknown> }
    >;
    primaryAccounts: Record<string, string>;
}

/** RFC 8620 §5.3: why one creation or change was refused. */
export interface SetError {
    type: string;
    description?: string | null;
    /** RFC 8621 §7.5: which addresses were refused. */
    invalidRecipients?: string[];
    properties?: string[];
    maxSize?: number;
}

/** RFC 8620 §5.3. */
export interface SetResponse {
    accountId: string;
    oldState: string | null;
    newState: string;
    created?: Record<string, { id: string; blobId?: string; size?: number }> | null;
    updated?: Record<string, unknown> | null;
    destroyed?: string[] | null;
    notCreated?: Record<string, SetError> | null;
    notUpdated?: Record<string, SetError> | null;
    notDestroyed?: Record<string, SetError> | null;
}

/** RFC 8620 §5.5. */
export interface QueryResponse {
    accountId: string;
    queryState: string;
    position: number;
    ids: string[];
    total?: number;
}

/** RFC 8620 §5.1. */
export interface GetResponse<T> {
    accountId: string;
    state: string;
    list: T[];
    notFound: string[];
}

/** RFC 8620 §5.2. */
export interface ChangesResponse {
    accountId: string;
    oldState: string;
    newState: string;
    hasMoreChanges: boolean;
    created: string[];
    updated: string[];
    destroyed: string[];
}

/** RFC 8620 §6.1. */
export interface UploadResponse {
    accountId: string;
    blobId: string;
    type: string;
    size: number;
}

/** RFC 8620 §7.1. */
export interface StateChange {
    "@type": "StateChange";
    changed: Record<string, Record<string, string>>;
}

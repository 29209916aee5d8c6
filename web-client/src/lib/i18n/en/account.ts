import type vi from "../vi/account";

const en: Record<keyof typeof vi, string> = {
    loading: "Loading…",
    failed: "The list could not be loaded",
    title: "App passwords",
    about:
        "Use an app password for Thunderbird, Outlook, phones and scanners instead of your account's password. " +
        "Each opens one mailbox and can be revoked alone when a device is lost.",
    create: "Create an app password",
    none: "No app passwords yet",
    name: "Device or program",
    nameHint: "For example: Thunderbird at the office",
    nameMissing: "Enter a name.",
    mailbox: "Mailbox",
    created: "Created",
    lastUsed: "Last used",
    never: "Never",
    revoke: "Revoke",
    revokeOne: "Revoke “{name}”",
    revoked: "“{name}” is revoked.",
    cancel: "Cancel",
    issuedTitle: "New app password",
    issuedText: "Enter these two lines in the mail program. The password is shown only once.",
    login: "User name",
    secret: "App password",
    copy: "Copy",
    copied: "Copied.",
    programs: "Mail program settings",
    programsAbout:
        "Thunderbird and Outlook find their settings when you enter your address and an app password. If not, enter these.",
    server: "Server",
    imap: "Receiving (IMAP)",
    pop3: "Receiving (POP3)",
    smtp: "Sending (SMTP)",
    door: "port {port}, security {security}",
    profile: "Settings profile for iPhone, iPad and Mac: {address}",
    done: "Done",
};
export default en;

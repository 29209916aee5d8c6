// The webmail's own filter rules and the one Sieve script (RFC 5228) they are kept in. Above each rule's commands
// stands the rule itself as JSON in a comment, so that it can be read back; a script that differs from what its
// comments would give was changed by hand, and is left alone.

/** All conditions that are set must hold; what is done follows. */
export interface Rule {
    enabled: boolean;
    from: string;
    to: string;
    subject: string;
    attachment: boolean;
    /** Larger than so many megabytes; 0 for any size. */
    over: number;
    /** The id of the folder the letter goes to; empty: it stays. */
    folder: string;
    /** How a script names that folder: `\Junk` for a special use (RFC 8579), else names from the top, `A/B`. */
    path: string;
    read: boolean;
    star: boolean;
    /** An address that gets a copy; empty for none. */
    forward: string;
    /** No later rule is looked at. */
    stop: boolean;
}

export const EMPTY: Rule = {
    enabled: true,
    from: "",
    to: "",
    subject: "",
    attachment: false,
    over: 0,
    folder: "",
    path: "",
    read: false,
    star: false,
    forward: "",
    stop: true,
};

const HEAD = "# lienthong-rules 1";
const RULE = "# rule ";

/** The script that does what `rules` say, in their order. */
export function scriptOf(rules: readonly Rule[]): string {
    const parts = rules.map((rule) => {
        const comment = RULE + JSON.stringify(rule);
        if (!rule.enabled) return comment;
        return `${comment}\nif allof (${conditions(rule).join(", ")}) {\n${acts(rule)
            .map((act) => `    ${act}\n`)
            .join("")}}`;
    });
    const requires = '["fileinto", "copy", "imap4flags", "special-use", "comparator-i;unicode-casemap"]';
    return `${HEAD}\nrequire ${requires};\n${parts.map((part) => `\n${part}\n`).join("")}`;
}

/** The rules of a script the webmail wrote; null for any other. */
export function rulesOf(script: string): Rule[] | null {
    if (!script.startsWith(HEAD)) return null;
    try {
        const lines = script.split("\n").filter((line) => line.startsWith(RULE));
        const rules = lines.map((line) => ({ ...EMPTY, ...(JSON.parse(line.slice(RULE.length)) as Partial<Rule>) }));
        return scriptOf(rules) === script ? rules : null;
    } catch {
        return null;
    }
}

function conditions(rule: Rule): string[] {
    const contains = (headers: string, text: string) =>
        text === "" ? [] : [`header :comparator "i;unicode-casemap" :contains ${headers} ${quoted(text)}`];
    const all = [
        ...contains('"From"', rule.from),
        ...contains('["To", "Cc"]', rule.to),
        ...contains('"Subject"', rule.subject),
        // RFC 2046 §5.1.3: programs send attached files as parts of one such letter.
        ...(rule.attachment ? ['header :contains "Content-Type" "multipart/mixed"'] : []),
        ...(rule.over > 0 ? [`size :over ${rule.over}M`] : []),
    ];
    return all.length === 0 ? ["true"] : all;
}

function acts(rule: Rule): string[] {
    const flags = [...(rule.read ? ["\\Seen"] : []), ...(rule.star ? ["\\Flagged"] : [])];
    return [
        // RFC 5232 §5: the flags of a letter hold for all that is done with it afterwards.
        ...(flags.length > 0 ? [`addflag [${flags.map(quoted).join(", ")}];`] : []),
        ...(rule.forward === "" ? [] : [`redirect :copy ${quoted(rule.forward)};`]),
        ...(rule.path === "" ? [] : [`${into(rule.path)};`]),
        ...(rule.stop ? ["stop;"] : []),
    ];
}

function into(path: string): string {
    if (!path.startsWith("\\")) return `fileinto ${quoted(path)}`;
    return path === "\\Inbox" ? "keep" : `fileinto :specialuse ${quoted(path)} ${quoted(path.slice(1))}`;
}

/** RFC 5228 §2.4.2. */
function quoted(text: string): string {
    return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

interface Place {
    id: string;
    name: string;
    parentId: string | null;
    role: string | null;
}

/** How a script names a folder; null when there is none of this id. */
export function pathOf(id: string, folders: readonly Place[]): string | null {
    const folder = folders.find((one) => one.id === id);
    if (!folder) return null;
    if (folder.role !== null) return `\\${folder.role.charAt(0).toUpperCase()}${folder.role.slice(1)}`;
    const above = folder.parentId === null ? "" : pathOf(folder.parentId, folders.filter((one) => one.id !== id));
    return above === null || above === "" ? folder.name : `${above}/${folder.name}`;
}

/** The rules with their folders named as they are called now. */
export function renamed(rules: readonly Rule[], folders: readonly Place[]): Rule[] {
    return rules.map((rule) => ({ ...rule, path: pathOf(rule.folder, folders) ?? rule.path }));
}

export type RuleFault = "ruleNoCondition" | "ruleNoAct" | "ruleAddressWrong" | "ruleSizeWrong";

export function faultOf(rule: Rule): RuleFault | null {
    if (!Number.isInteger(rule.over) || rule.over < 0 || rule.over > 1000) return "ruleSizeWrong";
    if (rule.forward !== "" && !/^[^\s@"<>,]+@[^\s@"<>,]+\.[^\s@"<>,]+$/.test(rule.forward)) return "ruleAddressWrong";
    const condition = rule.from || rule.to || rule.subject || rule.attachment || rule.over > 0;
    if (!condition) return "ruleNoCondition";
    return rule.folder || rule.read || rule.star || rule.forward ? null : "ruleNoAct";
}

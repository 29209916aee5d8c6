// A filter rule in words, as the list of rules shows it.

import { folderName } from "../places";
import type { Mailbox } from "../types";
import { t } from "../words";
import type { Rule } from "./rules";

export function conditionsInWords(rule: Rule): string {
    return [
        rule.from && t("saysFrom", { text: rule.from }),
        rule.to && t("saysTo", { text: rule.to }),
        rule.subject && t("saysSubject", { text: rule.subject }),
        rule.attachment && t("saysAttachment"),
        rule.over > 0 && t("saysOver", { size: rule.over }),
    ]
        .filter(Boolean)
        .join("; ");
}

export function actsInWords(rule: Rule, folders: readonly Mailbox[]): string {
    const folder = folders.find((one) => one.id === rule.folder);
    return [
        rule.folder && (folder ? t("saysFolder", { folder: folderName(folder) }) : t("saysFolderGone")),
        rule.read && t("saysRead"),
        rule.star && t("saysStar"),
        rule.forward && t("saysForward", { address: rule.forward }),
        rule.stop && t("saysStop"),
    ]
        .filter(Boolean)
        .join("; ");
}

// What is said of colleagues at the same letter.

import { dateTimeSentence } from "../../lib/format";
import { language } from "../../lib/i18n/index.svelte";
import type { Colleague } from "./colleagues";
import { t } from "../words";

export function colleagueSays({ name, at, sent }: Colleague): string {
    return t(sent ? "colleagueAnswered" : "colleagueWriting", { name, at: moment(at) });
}

/** A moment of JMAP as people read it. */
export function moment(at: string): string {
    return dateTimeSentence(Date.parse(at) * 1000, language.current);
}

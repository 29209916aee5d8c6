// Begins an answer, unless a colleague is at it already: then the clerk decides.

import { composer } from "./composer.svelte";
import { ask } from "./asking";
import type { Colleague } from "./colleagues";
import type { Kind } from "./reply";
import type { EmailFull } from "../types";

class Guard {
    /** Who answers already; empty when there is nothing to decide. */
    others = $state.raw<Colleague[]>([]);
    #go: (() => void) | null = null;

    async answer(kind: Kind, account: string, letter: EmailFull): Promise<void> {
        const go = (): void => void composer.answer(kind, account, letter);
        // Without an answer from the hub the clerk may still write: sending asks again.
        const others = kind === "forward" ? [] : await ask(account, letter.id, letter.messageId).catch(() => []);
        if (others.length === 0) return go();
        this.#go = go;
        this.others = others;
    }

    decide(write: boolean) {
        const go = this.#go;
        this.others = [];
        this.#go = null;
        if (write) go?.();
    }
}

export const guard = new Guard();

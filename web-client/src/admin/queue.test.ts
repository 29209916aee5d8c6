import { describe, expect, it } from "vitest";
import type { QueuedLetter } from "../generated";
import { isHeld, lastWords, nextTry, priority } from "./queue";

type Recipient = QueuedLetter["recipients"][number];
const one = (change: Partial<Recipient>): Recipient => ({
    address: "a@bo.example",
    state: "waiting",
    dueAt: 5,
    attempts: 0,
    lastAnswer: "",
    ...change,
});
const letter = (...recipients: Recipient[]): QueuedLetter => ({
    id: "1",
    sender: "",
    subject: "",
    priority: 0,
    acceptedAt: 1,
    recipients,
});

describe("a waiting letter", () => {
    it("is held only when all of it is", () => {
        expect(isHeld(letter(one({ state: "held" }), one({})))).toBe(false);
        expect(isHeld(letter(one({ state: "held" })))).toBe(true);
    });

    it("is tried next when the first of its addressees is; not said while one is being tried", () => {
        expect(nextTry(letter(one({ dueAt: 9 }), one({ dueAt: 4 }), one({ dueAt: 1, state: "held" })))).toBe(4);
        expect(nextTry(letter(one({ state: "sending" }), one({})))).toBeNull();
    });

    it("shows what the most tried addressee's server said", () => {
        expect(lastWords(letter(one({}), one({ attempts: 1, lastAnswer: "451" }), one({ attempts: 4, lastAnswer: "421" })))).toBe("421");
        expect(lastWords(letter(one({})))).toBe("");
    });

    it("bears the official word for its urgency", () => {
        expect([0, 3, 6, 9].map(priority)).toEqual([null, "urgent", "express", "flash"]);
    });
});

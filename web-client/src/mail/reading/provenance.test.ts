import { describe, expect, it } from "vitest";
import { MARKS, provenance, RESULTS } from "./provenance";
import type { EmailFull } from "../types";

const letter = (from: string, marks: string[] = [], results: string[] = []): EmailFull =>
    ({ from: [{ name: null, email: from }], [MARKS]: marks, [RESULTS]: results }) as unknown as EmailFull;
const ours = [" qb.example; outside"];

describe("where a letter came from", () => {
    it("is inside when nobody brought it, and outside when its author is", () => {
        expect(provenance(letter("an@qb.example"), "qb.example")).toEqual({
            outside: false,
            impostor: false,
            checks: [],
        });
        expect(provenance(letter("ai@khac.example"), "qb.example").outside).toBe(true);
    });

    it("is a stranger's when one of our addresses was brought from outside without proof", () => {
        const forged = letter("an@qb.example", ours, [" qb.example; spf=fail; dkim=none; dmarc=none"]);
        expect(provenance(forged, "QB.example")).toMatchObject({ outside: true, impostor: true });
        const proven = letter("an@qb.example", ours, [" qb.example; dkim=pass header.d=qb.example; dmarc=pass"]);
        expect(provenance(proven, "qb.example")).toMatchObject({ outside: true, impostor: false });
    });

    it("is told by the hub's own fields alone", () => {
        const other = letter("an@qb.example", [" khac.example; outside"], [" khac.example; dmarc=fail"]);
        expect(provenance(other, "qb.example")).toEqual({ outside: false, impostor: false, checks: [] });
    });

    it("shows each check once, the best signature counting", () => {
        const field =
            " qb.example;\r\n\tdkim=fail (bad; really) header.d=a;\r\n\tdkim=pass header.d=b;\r\n\tspf=temperror;\r\n\tdmarc=softfail";
        expect(provenance(letter("ai@b.example", ours, [field]), "qb.example").checks).toEqual([
            { name: "SPF", verdict: "unsure" },
            { name: "DKIM", verdict: "pass" },
            { name: "DMARC", verdict: "fail" },
        ]);
    });
});

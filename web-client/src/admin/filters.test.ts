import { describe, expect, it } from "vitest";
import { changed, pages, read, write } from "./filters";

describe("console filters", () => {
    it("go into the address and come back", () => {
        const filters = { q: "Trần Hạnh", unit: "u1", page: 3 };
        expect(read(write(filters))).toEqual(filters);
        expect(write({ q: " ", unit: "", page: 1 })).toBe("");
        expect(read("?page=-2")).toEqual({ q: "", unit: "", page: 1 });
    });

    it("a new search begins at the first page, turning pages keeps the search", () => {
        const filters = { q: "an", unit: "", page: 3 };
        expect(changed(filters, { q: "binh" }).page).toBe(1);
        expect(changed(filters, { page: 4 })).toEqual({ q: "an", unit: "", page: 4 });
        expect(pages(0, 50)).toBe(1);
        expect(pages(51, 50)).toBe(2);
    });
});

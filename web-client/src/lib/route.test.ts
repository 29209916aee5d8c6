import { expect, test } from "vitest";
import { match, safeReturn } from "./route";

test("named parts and rests", () => {
    expect(match("/hop/:id", "/hop/abc")).toEqual({ id: "abc" });
    expect(match("/hop/:id", "/hop")).toBeNull();
    expect(match("/hop/:id", "/hop/a/b")).toBeNull();
    expect(match("/hop", "/hop/")).toEqual({});
    expect(match("/thu/*", "/thu")).toEqual({ rest: "" });
    expect(match("/thu/*", "/thu/hop-thu-den/12")).toEqual({ rest: "hop-thu-den/12" });
    expect(match("/", "/")).toEqual({});
    expect(match("/", "/gi-do")).toBeNull();
    expect(match("/hop/:id", "/hop/%E0%A4%A")).toEqual({ id: "%E0%A4%A" });
});

test("sign-in returns only to places of ours", () => {
    expect(safeReturn("/hop/abc?khach=1")).toBe("/hop/abc?khach=1");
    for (const bad of [null, "", "https://evil.example", "//evil.example", "/\\evil.example", "/dang-nhap?tiep=/"])
        expect(safeReturn(bad)).toBe("/");
});

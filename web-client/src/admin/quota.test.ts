import { expect, test } from "vitest";
import { gigabytes } from "./quota";

test("gigabytes are read with comma or point, and nothing means the usual", () => {
    expect(gigabytes(" 2,5 ")).toBe(2_500_000_000);
    expect(gigabytes("10")).toBe(10_000_000_000);
    expect(gigabytes("0.1")).toBe(100_000_000);
    expect(gigabytes("  ")).toBeNull();
    for (const bad of ["0", "0,01", "-1", "1e3", "20000", "nhiều"]) expect(gigabytes(bad)).toBeUndefined();
});

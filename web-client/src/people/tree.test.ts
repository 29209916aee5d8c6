import { describe, expect, it } from "vitest";
import { matches } from "./matches";
import {
    UnitTree,
    byAddress,
    coverage,
    move,
    toggle,
    typeAhead,
    union,
    without,
    type Chosen,
    type TreeUnit,
} from "./tree";

const unit = (id: string, parent: string | null, name: string, people = 1, shortName = ""): TreeUnit => ({
    id,
    parent,
    name,
    shortName,
    order: 0,
    people,
});

const tree = new UnitTree([
    unit("ubnd", null, "UBND tỉnh Quảng Bình", 2),
    unit("stttt", "ubnd", "Sở Thông tin và Truyền thông", 3, "Sở TT&TT"),
    unit("cntt", "stttt", "Phòng Công nghệ thông tin", 4),
    unit("donghoi", "ubnd", "Thành phố Đồng Hới", 5),
    unit("lost", "gone", "Đơn vị cũ", 0),
]);

const person = (id: string): Chosen => ({ kind: "person", id, name: id, detail: "", address: `${id}@a.vn` });

describe("the organisation tree", () => {
    it("shows closed units without what is under them, and never loses a unit whose parent is missing", () => {
        expect(tree.rows(new Set()).map((row) => row.unit.id)).toEqual(["ubnd", "lost"]);
        const open = tree.rows(new Set(["ubnd", "stttt"]));
        expect(open.map((row) => `${row.unit.id} ${row.level} ${row.position}/${row.siblings}`)).toEqual([
            "ubnd 1 1/2",
            "stttt 2 1/2",
            "cntt 3 1/1",
            "donghoi 2 2/2",
            "lost 1 2/2",
        ]);
    });

    it("counts the people under a unit", () => {
        expect(tree.peopleWithin("stttt")).toBe(7);
        expect(tree.peopleWithin("ubnd")).toBe(14);
    });

    it("says the parent of a unit, since names collide", () => {
        expect(tree.label("cntt")).toBe("Phòng Công nghệ thông tin – Sở TT&TT");
        expect(tree.label("stttt")).toBe("Sở Thông tin và Truyền thông");
    });

    it("walks with the arrow keys as WAI-ARIA describes", () => {
        const rows = tree.rows(new Set(["ubnd"]));
        expect(move(rows, "ubnd", "ArrowDown")).toEqual({ focus: "stttt" });
        expect(move(rows, "stttt", "ArrowRight")).toEqual({ expand: "stttt" });
        expect(move(rows, "ubnd", "ArrowRight")).toEqual({ focus: "stttt" });
        expect(move(rows, "stttt", "ArrowLeft")).toEqual({ focus: "ubnd" });
        expect(move(rows, "ubnd", "ArrowLeft")).toEqual({ collapse: "ubnd" });
        expect(move(rows, "lost", "ArrowDown")).toBeNull();
        expect(move(rows, "donghoi", "Home")).toEqual({ focus: "ubnd" });
        expect(move(rows, "ubnd", "End")).toEqual({ focus: "lost" });
    });

    it("finds by typing without marks, đ included, and goes round", () => {
        const rows = tree.rows(new Set(["ubnd", "stttt"]));
        expect(typeAhead(rows, "donghoi", "don")).toBe("lost");
        expect(typeAhead(rows, "ubnd", "so tt")).toBe("stttt");
        expect(typeAhead(rows, "lost", "p")).toBe("cntt");
        expect(typeAhead(rows, "ubnd", "xyz")).toBeNull();
    });
});

describe("the chosen list", () => {
    it("takes a whole unit in and out, and keeps each person once", () => {
        const unitPeople = [person("an"), person("binh")];
        const chosen = union([person("an")], unitPeople);
        expect(chosen.map((one) => one.id)).toEqual(["an", "binh"]);
        expect(coverage(chosen, unitPeople)).toBe("all");
        expect(coverage(toggle(chosen, person("an")), unitPeople)).toBe("some");
        expect(coverage(without(chosen, unitPeople), unitPeople)).toBe("none");
    });

    it("knows a recipient again by its address, typed or picked", () => {
        const typed: Chosen = { ...person("x"), kind: "mailbox", id: "x", address: "AN@a.vn" };
        expect(coverage([byAddress(typed)], [byAddress(person("an"))])).toBe("all");
    });

    it("tells a person from a unit of the same id", () => {
        const both = union([person("x")], [{ ...person("x"), kind: "unit" }]);
        expect(both).toHaveLength(2);
    });
});

describe("search", () => {
    it("finds words, beginnings and initials in any order, with or without marks", () => {
        expect(matches("Trần Thị Mỹ Hạnh", "hanh my")).toBe(true);
        expect(matches("Đặng Hữu Nam", "dang")).toBe(true);
        expect(matches("Ủy ban nhân dân", "ubnd")).toBe(true);
        expect(matches("Trần Thị Mỹ Hạnh", "nam")).toBe(false);
    });
});

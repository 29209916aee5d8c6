import { describe, expect, it } from "vitest";
import { EMPTY, faultOf, pathOf, renamed, rulesOf, scriptOf, type Rule } from "./rules";

const folders = [
    { id: "inbox", name: "Inbox", parentId: null, role: "inbox" },
    { id: "junk", name: "Junk", parentId: null, role: "junk" },
    { id: "F1", name: "Sở Y tế", parentId: null, role: null },
    { id: "F2", name: "Báo cáo", parentId: "F1", role: null },
];
const report: Rule = { ...EMPTY, from: "soyte", subject: 'V/v "báo cáo" \\', folder: "F2", path: "Sở Y tế/Báo cáo", read: true };

describe("filter rules", () => {
    it("are read back from the script as they were, in their order, off or on", () => {
        const rules = [report, { ...EMPTY, enabled: false, over: 5, forward: "an@quangbinh.example" }];
        expect(rulesOf(scriptOf(rules))).toEqual(rules);
        expect(rulesOf(scriptOf([]))).toEqual([]);
    });

    it("leave a script alone that somebody changed or wrote by hand", () => {
        expect(rulesOf('require "fileinto";\nfileinto "A";\n')).toBeNull();
        expect(rulesOf(scriptOf([report]).replace("stop;", "keep;"))).toBeNull();
        expect(rulesOf(scriptOf([report]).replace("{", "["))).toBeNull();
    });

    it("quote what people typed, so that no text becomes a command", () => {
        const script = scriptOf([report]);
        expect(script).toContain(':contains "Subject" "V/v \\"báo cáo\\" \\\\"');
        expect(scriptOf([{ ...report, subject: "a\nstop; discard;" }]).split("\n").filter((l) => l.startsWith("# rule"))).toHaveLength(1);
    });

    it("name a folder by its place, a system folder by its use", () => {
        expect(folders.map(({ id }) => pathOf(id, folders))).toEqual(["\\Inbox", "\\Junk", "Sở Y tế", "Sở Y tế/Báo cáo"]);
        expect(pathOf("gone", folders)).toBeNull();
        const moved = folders.map((one) => (one.id === "F1" ? { ...one, name: "Sở Y" } : one));
        expect(renamed([report], moved)[0]?.path).toBe("Sở Y/Báo cáo");
        expect(scriptOf([{ ...report, path: "\\Junk" }])).toContain('fileinto :specialuse "\\\\Junk" "Junk";');
    });

    it("need something to look for and something to do", () => {
        expect(faultOf(report)).toBeNull();
        expect(faultOf({ ...report, from: "", subject: "" })).toBe("ruleNoCondition");
        expect(faultOf({ ...report, folder: "", read: false })).toBe("ruleNoAct");
        expect(faultOf({ ...report, forward: "an@" })).toBe("ruleAddressWrong");
        expect(faultOf({ ...report, over: NaN })).toBe("ruleSizeWrong");
    });
});

import { describe, expect, it } from "vitest";
import { Jmap, JmapError, from, need } from "./jmap";

const session = {
    apiUrl: "/jmap/api",
    uploadUrl: "/jmap/upload/{accountId}/",
    downloadUrl: "/jmap/download/{accountId}/{blobId}/{name}?type={type}",
    eventSourceUrl: "/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}",
    accounts: {},
    primaryAccounts: {},
};

/** A hub that answers the session and then `answers`, and remembers what it was asked. */
async function opened(answers: unknown, status = 200): Promise<{ jmap: Jmap; asked: unknown[] }> {
    const asked: unknown[] = [];
    const jmap = await Jmap.open(async (url, init) => {
        if (url === "/jmap/session") return new Response(JSON.stringify(session));
        asked.push(JSON.parse(String(init?.body)));
        return new Response(JSON.stringify({ methodResponses: answers }), { status });
    });
    return { jmap, asked };
}

describe("a JMAP request", () => {
    it("sends all calls of a view at once and refers back to earlier results", async () => {
        const { jmap, asked } = await opened([
            ["Email/query", { ids: ["a"] }, "0"],
            ["Email/get", { list: [] }, "1"],
        ]);
        await jmap.request([
            ["Email/query", { accountId: "m" }],
            ["Email/get", { accountId: "m", "#ids": from(0, "Email/query", "/ids") }],
        ]);
        expect(asked).toEqual([
            {
                using: expect.arrayContaining(["urn:ietf:params:jmap:mail"]),
                methodCalls: [
                    ["Email/query", { accountId: "m" }, "0"],
                    [
                        "Email/get",
                        { accountId: "m", "#ids": { resultOf: "0", name: "Email/query", path: "/ids" } },
                        "1",
                    ],
                ],
            },
        ]);
    });

    it("keeps the failure of one call apart from the others", async () => {
        const { jmap } = await opened([
            ["error", { type: "cannotCalculateChanges" }, "0"],
            ["Email/get", { list: [1] }, "1"],
        ]);
        const [first, second] = await jmap.request([
            ["Email/changes", {}],
            ["Email/get", {}],
        ]);
        expect(first).toBeInstanceOf(JmapError);
        expect((first as JmapError).type).toBe("cannotCalculateChanges");
        expect(need<{ list: number[] }>(second).list).toEqual([1]);
        expect(() => need(first)).toThrow();
    });

    it("takes the own answer of a call that has a second, implicit one", async () => {
        const { jmap } = await opened([
            ["EmailSubmission/set", { created: { s: {} } }, "0"],
            ["Email/set", { updated: {} }, "0"],
        ]);
        const [answer] = await jmap.request([["EmailSubmission/set", {}]]);
        expect(answer).toEqual({ created: { s: {} } });
    });

    it("says which status a refused request had", async () => {
        const { jmap } = await opened([], 401);
        await expect(jmap.request([["Mailbox/get", {}]])).rejects.toMatchObject({ status: 401 });
    });

    it("fills download addresses with names that need quoting", async () => {
        const { jmap } = await opened([]);
        expect(jmap.downloadUrl("m", "b", "Báo cáo/1.pdf", "application/pdf")).toBe(
            "/jmap/download/m/b/B%C3%A1o%20c%C3%A1o%2F1.pdf?type=application%2Fpdf",
        );
    });
});

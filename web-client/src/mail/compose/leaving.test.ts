import { expect, test } from "vitest";
import { note, take, unsent } from "./leaving";

function storage(held: string | null = null) {
    return {
        getItem: () => held,
        setItem: (_: string, value: string) => void (held = value),
        removeItem: () => void (held = null),
    };
}

test("letters sent by closing the page are told of once, whatever stands in the browser", () => {
    const store = storage();
    note([{ account: "a", emailId: "1" }], store);
    note([{ account: "a", emailId: "2" }], store);
    expect(take(store).map((letter) => letter.emailId)).toEqual(["1", "2"]);
    expect(take(store)).toEqual([]);
    expect(take(storage("{broken"))).toEqual([]);
    expect(take(storage('[{"account":1},null]'))).toEqual([]);
});

test("what still is a draft did not leave", () => {
    const letters: { keywords: Record<string, true> }[] = [{ keywords: { $draft: true } }, { keywords: { $seen: true } }];
    expect(unsent(letters)).toEqual([letters[0]]);
});

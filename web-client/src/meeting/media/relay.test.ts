import { expect, test } from "vitest";
import { iceServers } from "./relay";

const relay = { url: "turns:hub.example:8443?transport=tcp", username: "u", credential: "c" };

test("the relay is asked for where the page came from", () => {
    const from = (protocol: string, hostname: string, port: string) =>
        iceServers(relay, { protocol, hostname, port })[0]?.urls;
    expect(from("https:", "hop.tinh.example", "")).toBe("turns:hop.tinh.example:443?transport=tcp");
    expect(from("https:", "[2001:db8::1]", "8443")).toBe("turns:[2001:db8::1]:8443?transport=tcp");
    expect(from("http:", "localhost", "8080")).toBe(relay.url);
});

test("a hub without a relay names none", () => {
    expect(iceServers(null, { protocol: "https:", hostname: "hop.tinh.example", port: "" })).toEqual([]);
});

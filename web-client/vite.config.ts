// The build: one shell, one lazily loaded area per route, hashed assets the hub serves as immutable.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const hub = process.env.HUB ?? "http://127.0.0.1:8080";

export default defineConfig({
    plugins: [svelte()],
    build: {
        outDir: "dist",
        manifest: true,
        target: ["chrome109", "firefox115", "safari16.4"],
        cssTarget: ["chrome109", "firefox115", "safari16.4"],
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
    },
    server: {
        proxy: {
            "/api": { target: hub, ws: true },
            "/jmap": hub,
            "/mail": hub,
            "/.well-known": hub,
        },
    },
    test: { include: ["src/**/*.test.ts"], environment: "node" },
});

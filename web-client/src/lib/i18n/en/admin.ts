import type vi from "../vi/admin";

export default {
    loading: "Loading…",
} satisfies Record<keyof typeof vi, string>;

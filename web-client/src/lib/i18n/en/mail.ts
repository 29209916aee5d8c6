import type vi from "../vi/mail";

export default {
    loading: "Loading…",
} satisfies Record<keyof typeof vi, string>;

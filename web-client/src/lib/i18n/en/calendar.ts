import type vi from "../vi/calendar";

export default {
    loading: "Loading…",
} satisfies Record<keyof typeof vi, string>;

import type vi from "../vi/meeting";

export default {} satisfies Record<keyof typeof vi, string>;

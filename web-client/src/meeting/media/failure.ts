// Why a device could not be opened, from the names the browsers give (Media Capture and Streams §10.2).

export type Failure = "refused" | "missing" | "busy" | "insecure" | "other";

export function failureOf(error: unknown): Failure {
    const name = error instanceof Error || error instanceof DOMException ? error.name : "";
    switch (name) {
        case "NotAllowedError":
        case "SecurityError":
            return "refused";
        case "NotFoundError":
        case "OverconstrainedError":
            return "missing";
        case "NotReadableError":
        case "AbortError":
            return "busy";
        default:
            return name === "InsecureError" ? "insecure" : "other";
    }
}

// A JMAP client (RFC 8620): calls of one view travel in one request, later ones refer to the
// results of earlier ones. Signed in by the session cookie.

import type { Session, StateChange, UploadResponse } from "./types";

/** A method call: name and arguments; its id in the request is its place. */
export type Call = [name: string, args: Record<string, unknown>];

/** A failed request or method (RFC 8620 §3.6): `type` is "cannotCalculateChanges", "forbidden", … */
export class JmapError extends Error {
    constructor(
        readonly type: string,
        description?: string | null,
        readonly status = 0,
    ) {
        super(description ?? type);
    }
}

const USING = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:sieve",
];

/** A reference to the result of the call at place `call` (RFC 8620 §3.7). */
export function from(call: number, name: string, path: string): Record<string, string> {
    return { resultOf: String(call), name, path };
}

/** Answers in the order of the calls; a call that failed is a `JmapError` in its place. */
export type Answers = (unknown | JmapError)[];

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export class Jmap {
    private constructor(
        readonly session: Session,
        readonly fetch: Fetch,
    ) {}

    static async open(fetch: Fetch = (input, init) => globalThis.fetch(input, init)): Promise<Jmap> {
        const response = await fetch("/jmap/session", { headers: { accept: "application/json" } });
        if (!response.ok) throw new JmapError("session", null, response.status);
        return new Jmap((await response.json()) as Session, fetch);
    }

    /** Sends `calls` as one request. */
    async request(calls: readonly Call[]): Promise<Answers> {
        const methodCalls = calls.map(([name, args], place) => [name, args, String(place)]);
        const response = await this.fetch(this.session.apiUrl, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ using: USING, methodCalls }),
            // A letter sent while the page closes must still leave.
            keepalive: calls.some(([name]) => name === "EmailSubmission/set"),
        });
        if (!response.ok) throw new JmapError("request", null, response.status);
        const { methodResponses } = (await response.json()) as { methodResponses: [string, unknown, string][] };
        // One call may have several answers (onSuccessUpdateEmail, RFC 8621 §7.5): the first is its own.
        return calls.map((_, place) => {
            const answer = methodResponses.find(([, , id]) => id === String(place));
            if (!answer) return new JmapError("serverPartialFail");
            const [name, body] = answer;
            if (name !== "error") return body;
            const error = body as { type: string; description?: string };
            return new JmapError(error.type, error.description);
        });
    }

    /** One call whose failure throws. */
    async call<T>(name: string, args: Record<string, unknown>): Promise<T> {
        const [answer] = await this.request([[name, args]]);
        return need<T>(answer);
    }

    /** Uploads with progress (RFC 8620 §6.1); `fetch` cannot tell how far an upload is. */
    upload(
        account: string,
        file: Blob,
        progress: (share: number) => void,
        signal: AbortSignal,
    ): Promise<UploadResponse> {
        const url = this.session.uploadUrl.replace("{accountId}", encodeURIComponent(account));
        return new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.open("POST", url);
            request.setRequestHeader("content-type", file.type || "application/octet-stream");
            request.responseType = "json";
            request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
            request.onload = () =>
                request.status >= 200 && request.status < 300
                    ? resolve(request.response as UploadResponse)
                    : reject(new JmapError("upload", null, request.status));
            request.onerror = () => reject(new JmapError("network"));
            request.onabort = () => reject(new JmapError("aborted"));
            signal.addEventListener("abort", () => request.abort(), { once: true });
            request.send(file);
        });
    }

    /** Where a blob is downloaded (RFC 8620 §6.2). */
    downloadUrl(account: string, blob: string, name: string, type: string): string {
        return this.session.downloadUrl
            .replace("{accountId}", encodeURIComponent(account))
            .replace("{blobId}", encodeURIComponent(blob))
            .replace("{name}", encodeURIComponent(name))
            .replace("{type}", encodeURIComponent(type));
    }

    /** Listens for changes (RFC 8620 §7.3) until the returned stream is closed, by us or by the hub. */
    listen(changed: (change: StateChange) => void): EventSource {
        const url = this.session.eventSourceUrl
            .replace("{types}", "*")
            .replace("{closeafter}", "no")
            .replace("{ping}", "30");
        const source = new EventSource(url);
        source.addEventListener("state", (event) => changed(JSON.parse(event.data as string) as StateChange));
        return source;
    }
}

/** The answer, or its error thrown. */
export function need<T>(answer: unknown): T {
    if (answer instanceof JmapError) throw answer;
    return answer as T;
}

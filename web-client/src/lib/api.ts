// Requests to the hub. A failure is an ApiError whose message can be shown to people as it is.

import { language } from "./i18n/index.svelte";

export class ApiError extends Error {
    constructor(
        /** HTTP status; 0 when the hub could not be reached. */
        readonly status: number,
        /** The hub's own name for what went wrong, or `offline`. */
        readonly code: string,
        message: string,
        /** The number a technician finds in the log. */
        readonly id: string | null = null,
        /** Further fields of the error ("left", "until"). */
        readonly details: Record<string, unknown> = {},
    ) {
        super(message);
        this.name = "ApiError";
    }
}

/** Every refusal of the hub has this body. */
interface ErrorBody {
    error: { code: string; message?: string; id?: string } & Record<string, unknown>;
}

export interface Request {
    method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
    body?: unknown;
    signal?: AbortSignal;
    /** The caller handles 401 itself (sign-in, guests); otherwise the visitor goes to sign-in. */
    ownSignIn?: boolean;
}

let onExpired: () => void = () => {};

/** What happens when the hub says that nobody is signed in; set once by the session. */
export function whenExpired(act: () => void) {
    onExpired = act;
}

export async function api<T>(path: string, request: Request = {}): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    let response: Response;
    try {
        response = await fetch(path, {
            method: request.method ?? "GET",
            headers,
            body: request.body === undefined ? undefined : JSON.stringify(request.body),
            signal: request.signal,
            credentials: "same-origin",
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw new ApiError(0, "offline", words("offline"));
    }
    if (response.ok) {
        if (response.status === 204 || response.headers.get("content-length") === "0") return undefined as T;
        return (await response.json()) as T;
    }
    if (response.status === 401 && !request.ownSignIn) onExpired();
    throw await refusal(response);
}

async function refusal(response: Response): Promise<ApiError> {
    let body: Partial<ErrorBody> = {};
    try {
        body = (await response.json()) as Partial<ErrorBody>;
    } catch {
        // Not one of the hub's own answers (a proxy's page): the status must do.
    }
    const { code, message, id, ...details } = body.error ?? {};
    return new ApiError(
        response.status,
        code ?? `http${response.status}`,
        message ?? words(response.status),
        id ?? null,
        details,
    );
}

/** Words for failures the hub did not describe. */
function words(reason: number | "offline"): string {
    const vi = language.current === "vi";
    if (reason === "offline")
        return vi
            ? "Không kết nối được với máy chủ. Kiểm tra kết nối mạng rồi bấm Thử lại."
            : "The server cannot be reached. Check the network, then try again.";
    if (reason === 401) return vi ? "Phiên đăng nhập đã hết hạn. Đề nghị đăng nhập lại." : "Please sign in again.";
    if (reason === 403) return vi ? "Tài khoản này không có quyền thực hiện việc này." : "This account may not do that.";
    if (reason === 404) return vi ? "Không tìm thấy nội dung yêu cầu." : "Not found.";
    if (reason === 413) return vi ? "Dữ liệu gửi lên vượt quá giới hạn cho phép." : "Too large.";
    return vi
        ? `Hệ thống đang bận, vui lòng thử lại sau ít phút. Mã lỗi: HT-${reason}.`
        : `The system is busy, please try again in a few minutes. Error: HT-${reason}.`;
}

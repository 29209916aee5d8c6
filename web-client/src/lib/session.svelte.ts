// Who is signed in, as the hub says.

import type { SessionView } from "../generated";
import { api, ApiError, whenExpired } from "./api";
import { correct } from "./clock";
import { go, router } from "./router.svelte";

class Session {
    current = $state.raw<SessionView | null>(null);
    /** `failed`: the hub could not be asked. */
    state = $state<"loading" | "in" | "out" | "failed">("loading");
    /** Set when a running session ended by itself: sign-in says so. */
    expired = $state(false);

    constructor() {
        whenExpired(() => this.#expire());
    }

    async load(): Promise<void> {
        try {
            this.#take(await api<SessionView>("/api/session", { ownSignIn: true }));
        } catch (error) {
            this.current = null;
            this.state = error instanceof ApiError && error.status === 401 ? "out" : "failed";
        }
    }

    /** `code`: of the second factor, once the hub has answered `codeNeeded`. */
    async signIn(login: string, password: string, code?: string): Promise<SessionView> {
        const view = await api<SessionView>("/api/session", {
            method: "POST",
            body: { login, password, code },
            ownSignIn: true,
        });
        this.#take(view);
        return view;
    }

    async signOut(): Promise<void> {
        try {
            await api<void>("/api/session", { method: "DELETE", ownSignIn: true });
        } finally {
            this.current = null;
            this.state = "out";
            this.expired = false;
            go("/dang-nhap");
        }
    }

    #take(view: SessionView) {
        correct(view.serverTime);
        this.current = view;
        this.state = "in";
        this.expired = false;
    }

    #expire() {
        this.expired = this.state === "in";
        this.current = null;
        this.state = "out";
        if (router.path !== "/dang-nhap") {
            const here = location.pathname + location.search;
            go(`/dang-nhap?tiep=${encodeURIComponent(here)}`, { replace: true });
        }
    }
}

export const session = new Session();

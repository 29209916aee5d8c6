// The address bar as state. Plain `<a href="/…">` links are enough: clicks on them are taken over here.

class Router {
    path = $state(location.pathname);
    search = $state.raw(new URLSearchParams(location.search));
    /** Asked before leaving the page; `false` keeps the visitor where they are. */
    #guard: (() => boolean) | null = null;

    constructor() {
        addEventListener("popstate", () => this.#read());
        addEventListener("click", (event) => this.#click(event));
    }

    go(address: string, options: { replace?: boolean } = {}) {
        if (this.#guard && !this.#guard()) return;
        if (options.replace) history.replaceState(null, "", address);
        else history.pushState(null, "", address);
        this.#read();
        if (!options.replace) scrollTo(0, 0);
    }

    /** Installs a question before leaving; returns how to remove it. */
    guard(question: () => boolean): () => void {
        this.#guard = question;
        return () => {
            if (this.#guard === question) this.#guard = null;
        };
    }

    #read() {
        this.path = location.pathname;
        this.search = new URLSearchParams(location.search);
    }

    #click(event: MouseEvent) {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const link = event.target instanceof Element ? event.target.closest("a") : null;
        if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
        if (/^\/(api|jmap|mail)\//.test(link.pathname)) return;
        if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
        event.preventDefault();
        this.go(link.pathname + link.search + link.hash);
    }
}

export const router = new Router();
export const go = (address: string, options?: { replace?: boolean }) => router.go(address, options);

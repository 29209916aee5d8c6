// Short notices at the foot of the screen; with `undo` they stay ten seconds and can take the act back.

export interface Toast {
    id: number;
    text: string;
    tone: "plain" | "error";
    action?: { label: string; act: () => void };
}

/** More than this many at once would cover the page: the oldest goes. */
const MOST = 4;

class Toasts {
    list = $state<Toast[]>([]);
    /** Where notices can stand: the page, and each open dialog above it. */
    #places = $state.raw<symbol[]>([]);
    #next = 1;
    #timers = new Map<number, ReturnType<typeof setTimeout>>();

    show(text: string, options: { tone?: Toast["tone"]; action?: Toast["action"]; seconds?: number } = {}): number {
        const id = this.#next++;
        this.list.push({ id, text, tone: options.tone ?? "plain", action: options.action });
        while (this.list.length > MOST) this.dismiss(this.list[0]?.id ?? 0);
        const seconds = options.seconds ?? (options.action || options.tone === "error" ? 10 : 5);
        this.#timers.set(
            id,
            setTimeout(() => this.dismiss(id), seconds * 1000),
        );
        return id;
    }

    /** Offers a place until the returned function is called. */
    offer(place: symbol): () => void {
        this.#places = [...this.#places, place];
        return () => (this.#places = this.#places.filter((one) => one !== place));
    }

    /** What stands at this place: everything at the topmost, since a dialog makes all below it unreachable. */
    at(place: symbol): Toast[] {
        return this.#places.at(-1) === place ? this.list : [];
    }

    error(error: unknown): number {
        return this.show(error instanceof Error ? error.message : String(error), { tone: "error" });
    }

    /** The act has been carried out already; `undo` takes it back. */
    undo(text: string, label: string, undo: () => void): number {
        return this.show(text, { action: { label, act: undo } });
    }

    dismiss(id: number) {
        clearTimeout(this.#timers.get(id));
        this.#timers.delete(id);
        this.list = this.list.filter((toast) => toast.id !== id);
    }
}

export const toasts = new Toasts();

// Choices that belong to this browser: size of letters, single-letter shortcuts.

export type FontSize = "small" | "normal" | "large";

function read(key: string): string | null {
    try {
        return localStorage.getItem(key);
    } catch {
        return null;
    }
}

function write(key: string, value: string) {
    try {
        localStorage.setItem(key, value);
    } catch {
        // Private windows may refuse storage; the choice then lasts as long as the page.
    }
}

function storedSize(): FontSize {
    const size = read("lt.fontSize");
    return size === "small" || size === "large" ? size : "normal";
}

class Preferences {
    fontSize = $state<FontSize>(storedSize());
    /** WCAG 2.1.4: single-letter shortcuts can be switched off. */
    shortcuts = $state(read("lt.shortcuts") !== "off");

    setFontSize(size: FontSize) {
        this.fontSize = size;
        write("lt.fontSize", size);
        this.apply();
    }

    setShortcuts(on: boolean) {
        this.shortcuts = on;
        write("lt.shortcuts", on ? "on" : "off");
    }

    apply() {
        document.documentElement.dataset.size = this.fontSize;
    }
}

export const preferences = new Preferences();

// Words of the screens. Vietnamese is in the bundle of each area; English is fetched when it is chosen.
// A key that is missing in either language does not compile.

export type Language = "vi" | "en";
export type Words = Record<string, string>;
export type Parameters = Record<string, string | number>;

const STORED = "lt.language";

function remembered(): Language {
    try {
        return localStorage.getItem(STORED) === "en" ? "en" : "vi";
    } catch {
        return "vi";
    }
}

class LanguageChoice {
    current = $state<Language>(remembered());

    choose(language: Language) {
        this.current = language;
        try {
            localStorage.setItem(STORED, language);
        } catch {
            // Private windows may refuse storage; the choice then lasts as long as the page.
        }
        document.documentElement.lang = language;
    }
}

export const language = new LanguageChoice();

/** Puts `parameters` into the `{places}` of a text. */
export function fill(text: string, parameters?: Parameters): string {
    if (!parameters) return text;
    return text.replace(/\{(\w+)\}/g, (place, name: string) => String(parameters[name] ?? place));
}

/** The translator of one area: `t("key", { name })` is reactive when read in a component. */
export function dictionary<T extends Words>(vi: T, loadEnglish: () => Promise<{ default: Record<keyof T, string> }>) {
    let english = $state.raw<Record<keyof T, string> | null>(null);
    let loading = false;
    return (key: keyof T & string, parameters?: Parameters): string => {
        if (language.current === "en" && !english && !loading) {
            loading = true;
            void loadEnglish()
                .then((module) => (english = module.default))
                .catch(() => (loading = false));
        }
        const text = (language.current === "en" ? english?.[key] : undefined) ?? vi[key] ?? key;
        return fill(text, parameters);
    };
}

import { toasts } from "../ui/toasts.svelte";
import { t } from "./words";

/** Puts a secret on the clipboard. Plain http has none: there the text is selected and copied by hand. */
export function copy(text: string) {
    void navigator.clipboard?.writeText(text).then(
        () => toasts.show(t("copied")),
        () => {},
    );
}

import { tick } from "svelte";

/** Puts the focus on the first field of `form` that is marked faulty, once the page shows the faults. */
export async function focusFaulty(form: HTMLFormElement): Promise<void> {
    await tick();
    const faulty = [...form.elements].find((field) => field.ariaInvalid === "true");
    if (faulty instanceof HTMLElement) faulty.focus();
}

// A foreign letter's HTML made harmless for quoting and printing. Reading itself happens in a
// sandboxed frame; what stands here becomes part of our own page, so scripts, forms, styles and
// everything that would be fetched from elsewhere go.

import DOMPurify from "dompurify";

const REFUSED = [
    "style",
    "form",
    "input",
    "button",
    "textarea",
    "select",
    "iframe",
    "object",
    "embed",
    "video",
    "audio",
];

/** Clean nodes for the editor or the page. */
export function cleanFragment(html: string): DocumentFragment {
    const fragment = DOMPurify.sanitize(html, {
        RETURN_DOM_FRAGMENT: true,
        FORBID_TAGS: REFUSED,
        FORBID_ATTR: ["style", "class", "id", "background", "srcset"],
        ALLOW_DATA_ATTR: false,
    });
    // Pictures from elsewhere would tell their owner that the letter is being read.
    for (const image of fragment.querySelectorAll("img")) {
        if (!image.getAttribute("src")?.startsWith("data:")) image.remove();
    }
    for (const link of fragment.querySelectorAll("a")) link.setAttribute("rel", "noopener noreferrer");
    return fragment;
}

export function clean(html: string): string {
    const holder = document.createElement("div");
    holder.append(cleanFragment(html));
    return holder.innerHTML;
}
